//! A net's plan with its memory, and what a thread does of a run.

use std::sync::atomic::{AtomicU32, Ordering};

use super::dense::DensePart;
use super::depthwise::SinglePart;
use super::finish::{Added, Finish};
use super::lanes::{EIGHT, Octet};
use super::memory::Memory;
use super::plan::{Kernel, Part, Plan, Read, Sums, Task};
use super::plane::{Source, Target};
use super::simple;
use super::tickets::{Over, Ticket, next};
use crate::graph::{Graph, Value};
use crate::misfit::Result;

/// Everything that threads share which work on a net.
#[derive(Debug)]
pub struct Job {
    plan: Plan,
    buffers: Memory,
    /// Working memory, one buffer for each thread.
    scratch: Memory,
    tickets: Vec<Ticket>,
    threads: usize,
    run: AtomicU32,
}

impl Job {
    /// Prepares a net for at most this many threads.
    pub fn new(graph: &Graph, threads: usize) -> Result<Self> {
        let threads = threads.max(1);
        let plan = Plan::new(graph, threads)?;
        let buffers = Memory::new(plan.buffers.iter().map(|layout| layout.len()));
        let scratch = Memory::new((0..threads).map(|_| plan.scratch));
        let tickets = plan.tasks.iter().map(|_| Ticket::default()).collect();
        Ok(Self { plan, buffers, scratch, tickets, threads, run: AtomicU32::new(0) })
    }

    /// Gives an input its values.
    ///
    /// # Safety
    /// No run may be under way, and nobody may read or write values meanwhile.
    #[allow(unsafe_code)]
    pub unsafe fn write(&self, input: Value, values: &[f32]) -> Result<()> {
        let (place, layout) = self.plan.input(input, values.len())?;
        for (buffer, rectify) in [(place.plain, false), (place.rectified, true)] {
            if let Some(index) = buffer {
                // SAFETY: the caller's.
                let planes = unsafe { self.buffers.write(index, 0..layout.len()) };
                layout.write(planes, values, rectify);
            }
        }
        Ok(())
    }

    /// Copies an output's values.
    ///
    /// # Safety
    /// No run may be under way, and nobody may write values meanwhile.
    #[allow(unsafe_code)]
    pub unsafe fn read(&self, output: Value, values: &mut [f32]) -> Result<()> {
        let (buffer, layout) = self.plan.output(output, values.len())?;
        // SAFETY: the caller's.
        layout.read(unsafe { self.buffers.read(buffer) }, values);
        Ok(())
    }

    /// Begins a run and gives its number. Threads that are told of it may [work](Self::work) on it, and the one that began
    /// it must.
    ///
    /// # Safety
    /// The run before must be over: the thread that began it has come back from its work.
    #[allow(unsafe_code)]
    pub unsafe fn begin(&self) -> u32 {
        let run = next(self.run.load(Ordering::Relaxed));
        self.run.store(run, Ordering::Relaxed);
        self.tickets.iter().for_each(|ticket| ticket.begin(run));
        run
    }

    /// Works on a run until it is over; of one that is over already, nothing is done. It takes no lock and allocates nothing.
    ///
    /// # Safety
    /// Threads that may be at it at once must have different numbers, below that for which the job was made.
    #[allow(unsafe_code)]
    pub unsafe fn work(&self, run: u32, thread: usize) {
        // `Over` is no failure: other threads have finished the run, and this one holds no part of it.
        let _: std::result::Result<(), Over> =
            self.plan.tasks.iter().zip(&self.tickets).try_for_each(|(task, ticket)| {
                let parts = task.parts.len();
                while let Some(part) = ticket.take(run, parts, thread * parts / self.threads)? {
                    // SAFETY: the ticket gives each part to one thread, and the tasks before this one are done.
                    unsafe { self.part(task, &task.parts[part], thread) };
                    ticket.finish(part);
                }
                ticket.wait(run, parts)
            });
    }

    /// Does a part of a task.
    ///
    /// # Safety
    /// All tasks before must be done, and this thread alone may be at this part.
    #[allow(unsafe_code)]
    unsafe fn part(&self, task: &Task, part: &Part, thread: usize) {
        // SAFETY: nobody writes what this task reads: no task writes what it reads, and those before are done.
        let source = |(buffer, layout): Read| Source { layout, planes: unsafe { self.buffers.read(buffer) } };
        let band = task.layout.band(part);
        // SAFETY: parts of a task have different octets, and nobody reads what the task writes before it is done.
        let target = |buffer: Option<usize>| -> &mut [Octet] {
            buffer.map_or(&mut [], |index| unsafe { self.buffers.write(index, band.clone()) })
        };
        let mut to = Target {
            layout: task.layout,
            first: band.start,
            plain: target(task.to.plain),
            rectified: target(task.to.rectified),
        };
        let (from, to) = (source(task.from), &mut to);
        match &task.kernel {
            Kernel::Dense { sums, film, skip, halved, act } => {
                let film = film.map(|(vector, start)| {
                    let numbers = source(vector).planes;
                    let planes = task.layout.planes();
                    [&numbers[start / EIGHT..][..planes], &numbers[start / EIGHT + planes..][..planes]]
                });
                let added = match skip.map(source) {
                    None => Added::Nothing,
                    Some(skip) if *halved => Added::Halved(skip),
                    Some(skip) => Added::Same(skip),
                };
                let finish = Finish { film, added, act };
                match sums {
                    Sums::Plain(dense) => DensePart { dense, from, to, finish, part }.run(),
                    Sums::Winograd(winograd) => {
                        // SAFETY: each thread has its own.
                        let scratch = unsafe { self.scratch.write(thread, 0..self.scratch.len(thread)) };
                        winograd.run(from, to, finish, part, scratch);
                    }
                }
            }
            Kernel::Depthwise(single) => SinglePart { single, from, to, part }.run(),
            Kernel::Double { skip } => simple::double(from, source(*skip), to, part),
            Kernel::Normalise { gain, epsilon } => simple::normalise(from, to, gain, *epsilon, part),
            Kernel::Turn { skip } => simple::turn(from, skip.map(source), to, part),
        }
    }
}
