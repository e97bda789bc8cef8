//! Keeps the frame rate: measures how long frames take and says which tier to draw.
//!
//! Tiers are numbered from the best, 0, to the cheapest. Frames that take too long lead to the next cheaper tier,
//! frames with much time to spare to the next better one. Between the two limits lies a wide band in which nothing
//! happens, every step needs a run of frames that agree, and a better tier that was tried and did not hold is left alone
//! for a while that doubles each time: so the picture never goes to and fro.

/// A median above this, milliseconds (15 frames a second), leads to the next cheaper tier.
pub const SLOW: f64 = 1000.0 / 15.0;
/// A median below this, milliseconds, leaves time for the next better tier.
pub const FAST: f64 = 0.45 * SLOW;
/// Frames after a step from one tier to another that are not measured: the first ones compile kernels and fill caches.
const WARM_UP: usize = 8;
/// Frames in a window: the median of their times is judged.
const WINDOW: usize = 24;
/// Windows in a row that must be fast before a better tier is tried.
const PATIENCE: u32 = 3;
/// After each failure of a better tier the `PATIENCE` windows before its next try are doubled, at most this many times.
const MOST_DOUBLINGS: u32 = 8;
/// Windows, about ten minutes, after which a better tier counts as one that holds, and its failures are forgotten: a
/// tier whose times are near the limit may be good for a minute and fail again and again.
const HOLDS: u32 = 400;

/// Decides which tier is drawn.
#[derive(Debug, Clone)]
pub struct Governor {
    tier: usize,
    /// The best and the cheapest tier that may be drawn.
    range: (usize, usize),
    /// Milliseconds of the frames since the last judgement.
    times: Vec<f64>,
    /// The median that was judged last, milliseconds; `None` as long as none was.
    median: Option<f64>,
    /// How many of the `WARM_UP` frames since the last step have been passed over.
    ignored: usize,
    /// Windows in a row with time to spare.
    fast: u32,
    /// Windows since the last step.
    since_step: u32,
    /// Whether the last step was one to a better tier.
    climbed: bool,
    /// For each tier, how often a step up to it did not hold.
    failures: Vec<u32>,
}

impl Governor {
    /// For tiers `0..tiers`, at least one; begins with the best.
    #[must_use]
    pub fn new(tiers: usize) -> Self {
        let tiers = tiers.max(1);
        Self {
            tier: 0,
            range: (0, tiers - 1),
            times: Vec::with_capacity(WINDOW),
            median: None,
            ignored: 0,
            fast: 0,
            since_step: 0,
            climbed: false,
            failures: vec![0; tiers],
        }
    }

    /// The tier to draw.
    #[must_use]
    pub fn tier(&self) -> usize {
        self.tier
    }

    /// Whether frames leave time for a better tier. Before the first window has been measured it says yes.
    #[must_use]
    pub fn has_time(&self) -> bool {
        self.median.is_none_or(|median| median < FAST)
    }

    /// Allows only the tiers from `best` to `cheapest`, and forgets failures and measured times: something else is
    /// drawn now.
    pub fn allow(&mut self, best: usize, cheapest: usize) {
        let last = self.failures.len() - 1;
        let best = best.min(last);
        self.range = (best, cheapest.clamp(best, last));
        self.failures.fill(0);
        self.climbed = false;
        self.go(self.tier.clamp(self.range.0, self.range.1));
    }

    /// Goes to a tier, or to the nearest one that is allowed: a guess, from which measuring goes on.
    pub fn begin(&mut self, tier: usize) {
        self.climbed = false;
        self.go(tier.clamp(self.range.0, self.range.1));
    }

    /// Takes how long a frame took, milliseconds. Returns the new tier, if the tier changes with the next frame.
    pub fn frame(&mut self, milliseconds: f64) -> Option<usize> {
        if !milliseconds.is_finite() {
            return None;
        }
        if self.ignored < WARM_UP {
            self.ignored += 1;
            return None;
        }
        self.times.push(milliseconds);
        if self.times.len() < WINDOW {
            return None;
        }
        self.times.sort_by(f64::total_cmp);
        let median = self.times[WINDOW / 2];
        self.times.clear();
        self.median = Some(median);
        self.judge(median)
    }

    fn judge(&mut self, median: f64) -> Option<usize> {
        self.since_step += 1;
        if self.climbed && self.since_step >= HOLDS {
            // The tier has held: its next failure begins with the shortest wait again.
            self.climbed = false;
            self.failures[self.tier] = 0;
        }
        if median > SLOW {
            self.fast = 0;
            if self.tier == self.range.1 {
                return None;
            }
            if self.climbed {
                self.failures[self.tier] = (self.failures[self.tier] + 1).min(MOST_DOUBLINGS);
            }
            self.climbed = false;
            self.go(self.tier + 1);
            return Some(self.tier);
        }
        self.fast = if median < FAST { self.fast + 1 } else { 0 };
        if self.tier > self.range.0 && self.fast >= PATIENCE << self.failures[self.tier - 1] {
            self.climbed = true;
            self.go(self.tier - 1);
            return Some(self.tier);
        }
        None
    }

    fn go(&mut self, tier: usize) {
        self.tier = tier;
        self.times.clear();
        self.ignored = 0;
        self.fast = 0;
        self.since_step = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Draws `frames` frames that cost `cost(frame, tier)` each; the frames at which the tier changed, with the new one.
    fn simulate(governor: &mut Governor, frames: usize, cost: impl Fn(usize, usize) -> f64) -> Vec<(usize, usize)> {
        (0..frames).filter_map(|k| governor.frame(cost(k, governor.tier())).map(|tier| (k, tier))).collect()
    }

    #[test]
    fn a_fast_machine_stays_at_the_best_tier() {
        let mut governor = Governor::new(4);
        assert_eq!(simulate(&mut governor, 5000, |_, _| 9.0), []);
        assert_eq!(governor.tier(), 0);
    }

    #[test]
    fn a_slow_machine_steps_down_until_it_keeps_up_and_stays_there() {
        let mut governor = Governor::new(4);
        let changes = simulate(&mut governor, 20_000, |_, tier| [300.0, 150.0, 60.0, 35.0][tier]);
        assert_eq!(changes.iter().map(|&(_, tier)| tier).collect::<Vec<_>>(), [1, 2]);
        assert!(changes[1].0 < 2 * (WARM_UP + WINDOW), "{changes:?}");
    }

    #[test]
    fn the_cheapest_tier_is_the_last_however_slow() {
        let mut governor = Governor::new(3);
        assert_eq!(simulate(&mut governor, 5000, |_, _| 900.0).len(), 2);
        assert_eq!(governor.tier(), 2);
    }

    #[test]
    fn a_load_that_passes_is_stepped_back_up_from() {
        let mut governor = Governor::new(3);
        let cost = |k: usize, tier: usize| [25.0, 20.0, 12.0][tier] * if k < 400 { 6.0 } else { 1.0 };
        let changes = simulate(&mut governor, 3000, cost);
        assert_eq!(changes.iter().map(|&(_, tier)| tier).collect::<Vec<_>>(), [1, 2, 1, 0]);
    }

    #[test]
    fn single_hitches_change_nothing() {
        let mut governor = Governor::new(3);
        let hitch = |k: usize, _| if k.is_multiple_of(4) { 800.0 } else { 20.0 };
        assert_eq!(simulate(&mut governor, 5000, hitch), []);
    }

    #[test]
    fn times_between_the_limits_keep_every_tier() {
        let mut governor = Governor::new(3);
        governor.allow(0, 2);
        simulate(&mut governor, WARM_UP + WINDOW, |_, _| 100.0);
        assert_eq!(governor.tier(), 1);
        let between = |k: usize, _| FAST + 1.0 + (k % 7) as f64 / 7.0 * (SLOW - FAST - 2.0);
        assert_eq!(simulate(&mut governor, 5000, between), []);
    }

    /// The better tier always looks affordable from below and never is: each try comes after twice the wait.
    #[test]
    fn a_tier_that_does_not_hold_is_tried_ever_more_rarely() {
        let mut governor = Governor::new(2);
        let changes = simulate(&mut governor, 40_000, |_, tier| [120.0, 5.0][tier]);
        let tries: Vec<usize> = changes.iter().filter(|&&(_, tier)| tier == 0).map(|&(k, _)| k).collect();
        assert!(tries.len() <= 10, "{} tries", tries.len());
        let waits: Vec<usize> = tries.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(waits.windows(2).all(|pair| 2 * pair[1] > 3 * pair[0]), "{waits:?}");
    }

    #[test]
    fn what_may_be_drawn_can_be_limited() {
        let mut governor = Governor::new(4);
        governor.allow(1, 2);
        assert_eq!(governor.tier(), 1);
        simulate(&mut governor, 1000, |_, _| 900.0);
        assert_eq!(governor.tier(), 2);
        governor.allow(0, 0);
        assert_eq!(governor.tier(), 0);
        assert_eq!(simulate(&mut governor, 1000, |_, _| 900.0), []);
        governor.allow(7, 3);
        assert_eq!(governor.tier(), 3);
    }

    #[test]
    fn a_guess_is_put_right() {
        let mut governor = Governor::new(4);
        governor.begin(3);
        assert_eq!(governor.tier(), 3);
        simulate(&mut governor, 2000, |_, _| 5.0);
        assert_eq!(governor.tier(), 0);
        governor.allow(1, 2);
        governor.begin(0);
        assert_eq!(governor.tier(), 1);
    }

    #[test]
    fn there_is_time_until_frames_say_otherwise() {
        let mut governor = Governor::new(4);
        assert!(governor.has_time());
        simulate(&mut governor, WARM_UP + WINDOW, |_, _| 0.9 * SLOW);
        assert!(!governor.has_time());
        // What is drawn changes, the machine does not.
        governor.allow(1, 2);
        governor.begin(2);
        assert!(!governor.has_time());
        simulate(&mut governor, WARM_UP + WINDOW, |_, _| 0.5 * FAST);
        assert!(governor.has_time());
    }

    #[test]
    fn times_that_are_no_numbers_are_left_out() {
        let mut governor = Governor::new(2);
        assert_eq!(simulate(&mut governor, 1000, |_, _| f64::NAN), []);
        assert_eq!(simulate(&mut governor, 1000, |_, _| f64::INFINITY), []);
    }

    proptest! {
        /// Whatever the tiers cost, and however the times scatter, it comes to rest: few steps in a long run.
        #[test]
        fn it_never_flaps(costs in prop::collection::vec(2.0..200.0f64, 1..5), noise in 0.0..0.4f64, seed in any::<u64>()) {
            let mut governor = Governor::new(costs.len());
            let mut state = seed;
            let mut changes = 0;
            for _ in 0..30_000 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let scatter = 1.0 + noise * ((state >> 33) as f64 / f64::from(1u32 << 30) - 1.0);
                changes += usize::from(governor.frame(costs[governor.tier()] * scatter).is_some());
                prop_assert!(governor.tier() < costs.len());
            }
            // Down once through all tiers, and tries upward that become rarer and rarer.
            prop_assert!(changes <= 2 * 12 + costs.len(), "{changes} changes");
        }
    }
}
