//! What a living face does by itself: blinks, breath, drift, and eyes that never rest.

use std::f64::consts::TAU;

use crate::geometry::smoothstep;

/// Closing, closed and opening time of a blink, seconds: 240 ms in all. The lids fall faster than they rise, and stay
/// shut long enough for at least one frame at 30 frames a second to show it.
const BLINK: [f64; 3] = [0.08, 0.04, 0.12];

/// How far a blink that began at `start` has closed the eye: 0 open, 1 shut.
pub(super) fn blink(start: f64, period: f64, time: f64) -> f64 {
    let since = (time - start).rem_euclid(period);
    let [closing, closed, opening] = BLINK;
    smoothstep(since, 0.0, closing) * (1.0 - smoothstep(since, closing + closed, closing + closed + opening))
}

/// A slow, never quite regular drift with mean 0 and an amplitude of about 1, because nobody holds still. Each `seed`
/// gives another drift.
pub(super) fn drift(seed: u32, period: f64, time: f64) -> f64 {
    let phase = |k: u32| f64::from((seed * 7 + k * 5) % 16) / 16.0 + f64::from(seed) * 0.381_966;
    [(1, 0.55), (2, 0.35), (3, 0.2)]
        .iter()
        .map(|&(k, size)| size * (TAU * (f64::from(k) * time / period + phase(k))).sin())
        .sum()
}

/// Approximate time of one breath, seconds: a period is cut into whole breaths.
const BREATH: f64 = 3.6;

/// Breath from -1, breathed out, to 1, breathed in; it goes in quicker than out. A period has a whole number of
/// breaths.
pub(super) fn breath(period: f64, time: f64) -> f64 {
    let count = (period / BREATH).round().max(1.0);
    let phase = TAU * count * time / period;
    (phase - 0.35 * phase.sin()).sin()
}

/// Approximate time between two small jumps of the gaze, seconds.
const FIXATION: f64 = 0.9;
/// Time that a small jump of the gaze takes, seconds.
const JUMP: f64 = 0.05;

/// Offset of the gaze from its target, sideways and up, each in \[-1, 1\]. The eyes rest on one place and then jump to
/// the next, at times that are not quite regular.
pub(super) fn saccade(seed: u32, period: f64, time: f64) -> [f64; 2] {
    let count = (period / FIXATION).round().max(1.0) as u32;
    let slot = period / f64::from(count);
    let time = time.rem_euclid(period);
    let begin = |index: u32| (f64::from(index) + 0.2 + 0.2 * noise(seed, index % count)) * slot;
    // The place after the jump at the beginning of fixation `index`.
    let place = |index: u32| [1, 2].map(|axis| noise(seed + 10 * axis, index % count));
    let index = (0..count).rev().find(|&index| begin(index) <= time).map_or(0, |index| index + count);
    let since = if index == 0 { time + period - begin(count - 1) } else { time - begin(index - count) };
    let (before, here) = if index == 0 { (2 * count - 2, count - 1) } else { (index - 1, index) };
    let share = smoothstep(since, 0.0, JUMP);
    let (from, to) = (place(before), place(here));
    [0, 1].map(|axis| from[axis] + (to[axis] - from[axis]) * share)
}

/// A number in \[-1, 1\] that looks random and is always the same (steps of SplitMix64).
fn noise(seed: u32, index: u32) -> f64 {
    let mut bits = (u64::from(seed) << 32 | u64::from(index)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (bits >> 40) as f64 / f64::from(1 << 23) - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blink_takes_150_to_250_ms_and_shuts_the_eye_in_one_frame() {
        assert!((0.15..=0.25).contains(&BLINK.iter().sum::<f64>()));
        for shift in 0..100 {
            let start = 1.0 + f64::from(shift) / 3000.0;
            assert!((0..90).any(|frame| (blink(start, 3.0, f64::from(frame) / 30.0) - 1.0).abs() < 1e-9));
        }
    }

    #[test]
    fn idle_movement_is_small_and_loops() {
        for period in [3.0, 5.2, 8.0] {
            let all = |time| {
                let [x, y] = saccade(3, period, time);
                [breath(period, time), drift(2, period, time), x, y]
            };
            for step in 0..1000 {
                let time = period * f64::from(step) / 1000.0;
                let (here, later) = (all(time), all(time + period));
                assert!(here.iter().zip(&later).all(|(a, b)| (a - b).abs() < 1e-6), "{time}: {here:?} {later:?}");
                assert!(here.iter().all(|v| v.abs() <= 1.11), "{here:?}");
                // A jump takes a frame or two; nothing is quicker.
                let next = all(time + 0.001);
                assert!(here.iter().zip(&next).all(|(a, b)| (a - b).abs() < 0.07), "{time}: {here:?} {next:?}");
            }
        }
    }
}
