//! Who does what of a frame: threads take its parts one after the other.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use ritratto_nets::rest;

/// Times that is looked, some 20 us, before a thread that waits gives up its core for as long.
const LOOKS: u32 = 1 << 14;

/// The parts of the newest run.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    /// The run, and in the lower half how many parts nobody has taken yet.
    waiting: AtomicU64,
    parts: AtomicU32,
    done: AtomicU32,
}

impl Queue {
    /// A new run of so many parts begins; gives its number. The one before must be over.
    pub(crate) fn begin(&self, parts: u32) -> u32 {
        let run = ((self.waiting.load(Ordering::Relaxed) >> 32) as u32).wrapping_add(1);
        self.parts.store(parts, Ordering::Relaxed);
        self.done.store(0, Ordering::Relaxed);
        self.waiting.store(u64::from(run) << 32 | u64::from(parts), Ordering::Release);
        run
    }

    /// The next part of a run, if it is not over and nobody has taken the last one.
    pub(crate) fn take(&self, run: u32) -> Option<u32> {
        let mut seen = self.waiting.load(Ordering::Acquire);
        loop {
            let left = seen as u32;
            if (seen >> 32) as u32 != run || left == 0 {
                return None;
            }
            match self.waiting.compare_exchange_weak(seen, seen - 1, Ordering::AcqRel, Ordering::Acquire) {
                // The run cannot end before this part is done, so that the number of parts is its own.
                Ok(_) => return Some(self.parts.load(Ordering::Relaxed) - left),
                Err(now) => seen = now,
            }
        }
    }

    /// A part that was taken is done.
    pub(crate) fn finish(&self) {
        self.done.fetch_add(1, Ordering::Release);
    }

    /// Waits until all parts are done: for whoever began the run.
    pub(crate) fn wait(&self) {
        let mut looks = 0_u32;
        while self.done.load(Ordering::Acquire) != self.parts.load(Ordering::Relaxed) {
            looks = looks.wrapping_add(1);
            if looks.is_multiple_of(LOOKS) { rest() } else { std::hint::spin_loop() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_done_once_whoever_comes_late() {
        let (queue, counts) = (Queue::default(), [const { AtomicU32::new(0) }; 50]);
        let newest = AtomicU32::new(0);
        let over = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while over.load(Ordering::Acquire) == 0 {
                        // Often this run is over already.
                        let run = newest.load(Ordering::Acquire);
                        std::thread::yield_now();
                        while let Some(part) = queue.take(run) {
                            counts[part as usize].fetch_add(1, Ordering::Relaxed);
                            queue.finish();
                        }
                    }
                });
            }
            for round in 1..=2000 {
                let parts = 1 + round % counts.len() as u32;
                counts.iter().for_each(|count| count.store(0, Ordering::Relaxed));
                let run = queue.begin(parts);
                newest.store(run, Ordering::Release);
                while let Some(part) = queue.take(run) {
                    counts[part as usize].fetch_add(1, Ordering::Relaxed);
                    queue.finish();
                }
                queue.wait();
                let found: Vec<u32> = counts.iter().map(|count| count.load(Ordering::Relaxed)).collect();
                let wanted: Vec<u32> = (0..counts.len() as u32).map(|part| u32::from(part < parts)).collect();
                assert_eq!(found, wanted, "round {round}");
            }
            over.store(1, Ordering::Release);
        });
    }
}
