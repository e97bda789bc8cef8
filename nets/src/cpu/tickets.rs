//! Who does what: threads take parts of a net's tasks as they come.
//!
//! No thread is waited for before it has taken something: one that comes late, or that the system does not let run, leaves
//! its share to the others. Waiting for parts that are taken is a matter of microseconds, and is done without going to sleep,
//! unless it lasts: then the system may have taken a thread's core away.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::rest::rest;

/// Most parts of a task. In a ticket's words each part has one of the lowest bits; the other bits are the run's number.
pub(super) const MOST: usize = 8;
/// How often a waiting thread looks at a ticket, some 20 us in all, before it gives up its core for about as long,
/// because the thread that it waits for may need that core.
const LOOKS: u32 = if cfg!(target_arch = "wasm32") { 1 << 14 } else { 1 << 11 };

/// How far a task is in the newest run: parts taken, and parts done.
#[derive(Debug, Default)]
pub(super) struct Ticket {
    taken: AtomicU32,
    done: AtomicU32,
}

/// Says that a run is over, and that another one may have begun.
#[derive(Debug)]
pub(super) struct Over;

/// The parts of a task as bits.
const fn all(parts: usize) -> u32 {
    (1 << parts) - 1
}

impl Ticket {
    /// A new run begins. Nobody may have a part of the one before.
    pub(super) fn begin(&self, run: u32) {
        self.done.store(run << MOST, Ordering::Release);
        self.taken.store(run << MOST, Ordering::Release);
    }

    /// Takes one of a task's `parts` parts that no thread has taken: `wanted`, or else the next one after it, or else
    /// the first. Returns `None` if all are taken. A thread that wants the same share of every task finds the values
    /// that it reads in its own core's cache, because it wrote them.
    pub(super) fn take(&self, run: u32, parts: usize, wanted: usize) -> Result<Option<usize>, Over> {
        let mut seen = self.taken.load(Ordering::Acquire);
        loop {
            if seen >> MOST != run {
                return Err(Over);
            }
            let free = all(parts) & !seen;
            let after = free & !all(wanted);
            let part = if after == 0 { free } else { after }.trailing_zeros();
            if free == 0 {
                return Ok(None);
            }
            match self.taken.compare_exchange_weak(seen, seen | 1 << part, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Ok(Some(part as usize)),
                Err(now) => seen = now,
            }
        }
    }

    /// A part that was taken is done.
    pub(super) fn finish(&self, part: usize) {
        self.done.fetch_or(1 << part, Ordering::Release);
    }

    /// Waits until all parts are done.
    pub(super) fn wait(&self, run: u32, parts: usize) -> Result<(), Over> {
        let mut looks = 0_u32;
        loop {
            let done = self.done.load(Ordering::Acquire);
            if done >> MOST != run {
                return Err(Over);
            }
            if done == run << MOST | all(parts) {
                return Ok(());
            }
            looks = looks.wrapping_add(1);
            if looks.is_multiple_of(LOOKS) {
                rest();
            } else {
                spin_loop();
            }
        }
    }
}

/// The number of the run after this one.
pub(super) const fn next(run: u32) -> u32 {
    (run + 1) & (u32::MAX >> MOST)
}
