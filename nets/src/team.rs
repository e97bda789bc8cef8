//! Threads that help with nets, natively.

use std::num::NonZero;
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::thread;

use crate::cpu::Job;

/// Most threads of a team: nets this small gain nothing from more.
const MOST: usize = 4;

/// Threads that wait for nets to help with. They live as long as the program.
#[derive(Debug)]
pub struct Team {
    threads: usize,
    board: Arc<Board>,
    /// Locked by the thread whose net the team runs; a thread that finds it locked runs its net alone.
    caller: Mutex<()>,
}

/// The place where waiting threads learn of a new run.
#[derive(Debug, Default)]
struct Board {
    notice: Mutex<Notice>,
    changed: Condvar,
}

/// The newest run.
#[derive(Debug, Default)]
struct Notice {
    count: u64,
    job: Option<(Arc<Job>, u32)>,
}

impl Team {
    /// As many threads as the machine runs at once, up to four.
    #[must_use]
    pub fn of_machine() -> &'static Self {
        static TEAM: OnceLock<Team> = OnceLock::new();
        TEAM.get_or_init(|| Self::new(thread::available_parallelism().map_or(1, NonZero::get).min(MOST)))
    }

    /// A team of this many threads, the caller's own among them, or of fewer if the system does not start as many.
    #[must_use]
    pub fn new(threads: usize) -> Self {
        let board = Arc::new(Board::default());
        let mut helpers = 0;
        for thread in 1..threads {
            let board = Arc::clone(&board);
            let started = thread::Builder::new().name(format!("net {thread}")).spawn(move || board.help(thread));
            helpers += usize::from(started.is_ok());
        }
        // The numbers of those that could not be started are just not used.
        Self { threads: if helpers > 0 { threads } else { 1 }, board, caller: Mutex::new(()) }
    }

    /// Threads, the caller's own among them.
    #[must_use]
    pub const fn threads(&self) -> usize {
        self.threads
    }

    /// Runs a net.
    ///
    /// # Safety
    /// Nobody else may begin a run of this job, or read or write its values, meanwhile. It was made for as many threads as
    /// there are here.
    #[allow(unsafe_code)]
    pub(crate) unsafe fn run(&self, job: &Arc<Job>) {
        // SAFETY: the caller's.
        let run = unsafe { job.begin() };
        let alone = self.threads == 1;
        let free = self.caller.try_lock();
        let helped = !alone && free.is_ok();
        if helped {
            self.board.tell(Some((Arc::clone(job), run)));
        }
        // SAFETY: helpers have other numbers, and help one caller at a time.
        unsafe { job.work(run, 0) };
        if helped {
            self.board.tell(None);
        }
    }
}

impl Board {
    fn tell(&self, job: Option<(Arc<Job>, u32)>) {
        let mut notice = self.notice.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = job.is_some();
        notice.count += u64::from(wanted);
        notice.job = job;
        drop(notice);
        if wanted {
            self.changed.notify_all();
        }
    }

    #[allow(unsafe_code)]
    fn help(&self, thread: usize) {
        let mut seen = 0;
        loop {
            let mut notice = self.notice.lock().unwrap_or_else(PoisonError::into_inner);
            while notice.count == seen || notice.job.is_none() {
                seen = notice.count;
                notice = self.changed.wait(notice).unwrap_or_else(PoisonError::into_inner);
            }
            seen = notice.count;
            let job = notice.job.clone();
            drop(notice);
            if let Some((job, run)) = job {
                // SAFETY: this number is this thread's alone.
                unsafe { job.work(run, thread) };
            }
        }
    }
}
