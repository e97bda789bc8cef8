//! Curves over a loop: what an animator draws, with the end running into the beginning.

/// A point of a curve: time (seconds from the start of the loop) and value.
pub(super) type Key = (f64, f64);

/// The value at `time` of a curve through `keys` that repeats after `period` seconds.
///
/// Piecewise cubic with the slopes of Fritsch and Butland (1984): continuous in
/// value and speed, and never beyond the keys, so that a hold stays a hold. `keys`
/// are in order of time, within one period.
pub(super) fn sample(keys: &[Key], period: f64, time: f64) -> f64 {
    let count = keys.len();
    let Some(last) = count.checked_sub(1) else { return 0.0 };
    let key = |index: isize| {
        let turn = index.div_euclid(count as isize);
        let (at, value) = keys[index.rem_euclid(count as isize) as usize];
        (at + turn as f64 * period, value)
    };
    let time = time.rem_euclid(period);
    let index = keys.iter().rposition(|&(at, _)| at <= time).map_or(last as isize - count as isize, |i| i as isize);
    let [a, b, c, d] = [key(index - 1), key(index), key(index + 1), key(index + 2)];
    let (before, here, after) = (Span::of(a, b), Span::of(b, c), Span::of(c, d));
    let u = ((time - b.0) / here.length).clamp(0.0, 1.0);
    let (start, end) = (slope(before, here) * here.length, slope(here, after) * here.length);
    let (u2, u3) = (u * u, u * u * u);
    b.1 * (2.0 * u3 - 3.0 * u2 + 1.0) + start * (u3 - 2.0 * u2 + u) + c.1 * (3.0 * u2 - 2.0 * u3) + end * (u3 - u2)
}

#[derive(Clone, Copy)]
struct Span {
    length: f64,
    rise: f64,
}

impl Span {
    fn of(from: Key, to: Key) -> Self {
        let length = (to.0 - from.0).max(1e-6);
        Self { length, rise: (to.1 - from.1) / length }
    }
}

/// Slope at the key between two spans: a weighted harmonic mean, 0 at a peak.
fn slope(left: Span, right: Span) -> f64 {
    if left.rise * right.rise <= 0.0 {
        return 0.0;
    }
    let (a, b) = (2.0 * right.length + left.length, right.length + 2.0 * left.length);
    (a + b) / (a / left.rise + b / right.rise)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keys() -> impl Strategy<Value = Vec<Key>> {
        prop::collection::vec((0.05..1.0f64, -1.0..1.0f64), 1..9).prop_map(|steps| {
            let mut at = 0.0;
            steps
                .into_iter()
                .map(|(step, value)| {
                    at += step;
                    (at, value)
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn passes_through_its_keys_and_stays_between_them(keys in keys(), time in -20.0..20.0f64) {
            let period = 10.0;
            for &(at, value) in &keys {
                prop_assert!((sample(&keys, period, at) - value).abs() < 1e-9);
            }
            let low = keys.iter().map(|k| k.1).fold(f64::INFINITY, f64::min);
            let high = keys.iter().map(|k| k.1).fold(f64::NEG_INFINITY, f64::max);
            prop_assert!((low - 1e-9..=high + 1e-9).contains(&sample(&keys, period, time)));
        }

        #[test]
        fn has_no_jump_in_value_or_speed(keys in keys(), time in 0.0..10.0f64) {
            let (period, h) = (10.0, 1e-6);
            let at = |t| sample(&keys, period, t);
            let (left, right) = ((at(time) - at(time - h)) / h, (at(time + h) - at(time)) / h);
            prop_assert!((left - right).abs() < 0.02, "{left} {right}");
            let (left, right) = ((at(0.0) - at(-h)) / h, (at(h) - at(0.0)) / h);
            prop_assert!((left - right).abs() < 0.02, "{left} {right}");
        }
    }
}
