//! Times of things that run in turns.

use std::fmt::{self, Display, Formatter};
use std::time::{Duration, Instant};

use anyhow::Result;

/// Rounds before anything counts.
const WARM: usize = 2;
/// Rounds that count at least, and for how long there are more of them.
const ROUNDS: usize = 7;
const ENOUGH: Duration = Duration::from_secs(5);

/// How long something took, seconds.
pub struct Spread {
    pub median: f64,
    pub quartiles: [f64; 2],
}

impl Spread {
    fn of(mut times: Vec<f64>) -> Self {
        times.sort_by(f64::total_cmp);
        let at = |share: usize| times.get(times.len() * share / 4).copied().unwrap_or(f64::NAN);
        Self { median: at(2), quartiles: [at(1), at(3)] }
    }
}

impl Display for Spread {
    /// Milliseconds.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let [low, high] = self.quartiles.map(|time| 1e3 * time);
        f.pad(&format!("{:.2} ({low:.2}-{high:.2})", 1e3 * self.median))
    }
}

/// Runs two things in turns. `settle` waits until nothing is under way: what one leaves behind when it has its answer
/// must not be counted as the other's time.
pub fn in_turns(mut runs: [&mut dyn FnMut() -> Result<()>; 2], settle: impl Fn() -> Result<()>) -> Result<[Spread; 2]> {
    let mut times = [Vec::new(), Vec::new()];
    let begun = Instant::now();
    for round in 0.. {
        for (run, times) in runs.iter_mut().zip(&mut times) {
            settle()?;
            let start = Instant::now();
            run()?;
            if round >= WARM {
                times.push(start.elapsed().as_secs_f64());
            }
        }
        if round >= WARM + ROUNDS && begun.elapsed() > ENOUGH {
            break;
        }
    }
    Ok(times.map(Spread::of))
}
