//! Times of things that are repeated, alone or in turns.

use std::fmt::{self, Display, Formatter};
use std::time::{Duration, Instant};

use anyhow::Result;

/// Rounds before the measured ones.
const WARM: usize = 2;
/// Rounds that are measured at least.
const ROUNDS: usize = 7;
/// Time for which rounds go on at least.
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

/// Repeats `round`, which returns how long each of its parts took, seconds: for a few seconds, and a few times at
/// least.
pub fn repeated<const N: usize>(mut round: impl FnMut() -> Result<[f64; N]>) -> Result<[Spread; N]> {
    let mut times = [const { Vec::new() }; N];
    let begun = Instant::now();
    for count in 0.. {
        let took = round()?;
        if count >= WARM {
            times.iter_mut().zip(took).for_each(|(times, took)| times.push(took));
        }
        if count >= WARM + ROUNDS && begun.elapsed() > ENOUGH {
            break;
        }
    }
    Ok(times.map(Spread::of))
}

/// Runs things in turns. `settle` waits until nothing is under way: what one leaves behind when it has its answer
/// must not be counted as the other's time.
pub fn in_turns<const N: usize>(
    mut runs: [&mut dyn FnMut() -> Result<()>; N],
    settle: impl Fn() -> Result<()>,
) -> Result<[Spread; N]> {
    repeated(|| {
        let mut took = [0.0; N];
        for (run, took) in runs.iter_mut().zip(&mut took) {
            settle()?;
            let start = Instant::now();
            run()?;
            *took = start.elapsed().as_secs_f64();
        }
        Ok(took)
    })
}
