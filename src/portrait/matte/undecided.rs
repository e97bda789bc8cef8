//! Where the net cannot decide between person and background, the background's own colour does.
//!
//! Loose hair often comes out half person over a wide area. A half-transparent head shows: when it moves, what is
//! behind it shines through.

use super::super::plane::Plane;
use super::{at_least_one, local_colour};
use crate::geometry::smoothstep;

/// The net is undecided between these values, and wholly so between the inner two.
const UNDECIDED: [f32; 4] = [0.10, 0.30, 0.80, 0.95];
/// What the net is sure is background.
const BACKGROUND: f32 = 0.04;
/// How far background is looked for, widths of the face.
const REACH: f32 = 0.25;
/// A colour this many times as far from the background's mean as it varies begins to be, and is, another thing.
const UNLIKE: [f64; 2] = [2.5, 4.5];
/// The background varies at least this much (standard deviation, colours 0..1).
const LEAST_SPREAD: f32 = 0.045;

/// The mask, raised where it is undecided and the picture does not look like the background nearby.
/// `reach` is the face's width in pixels.
pub fn decide(mask: &Plane, colours: &[Plane; 3], reach: f32) -> Plane {
    let background = mask.map(|m| if m < BACKGROUND { 1.0 } else { 0.0 });
    let (mean, spread) = local_colour(colours, &background, at_least_one(REACH * reach));
    let mut unlike = Plane::filled(mask.width, mask.height, 0.0);
    for (k, out) in unlike.data.iter_mut().enumerate() {
        let distance: f32 = (0..3).map(|c| (colours[c].data[k] - mean[c].data[k]).powi(2)).sum();
        // Without background in reach the spread is infinite and nothing is decided.
        let times = (distance / (spread.data[k] + LEAST_SPREAD * LEAST_SPREAD)).sqrt();
        *out = smoothstep(f64::from(times), UNLIKE[0], UNLIKE[1]) as f32;
    }
    // Single pixels decide nothing: strands are left to what refines the outline.
    let unlike = unlike.box_mean(at_least_one(0.015 * reach));
    mask.zip(&unlike, |m, unlike| {
        let [start, wholly, no_more, end] = UNDECIDED.map(f64::from);
        let m64 = f64::from(m);
        let undecided = (smoothstep(m64, start, wholly) * (1.0 - smoothstep(m64, no_more, end))) as f32;
        // Above the inner range a raised mask goes on being raised, so that the order of values is kept.
        let lift = if m64 > no_more { 1.0 } else { undecided };
        m + (1.0 - m) * lift * unlike
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Background at the left, an undecided area of `colour` at the right.
    fn half(colour: f32) -> Plane {
        let side = 40;
        let at = |x: usize, left: f32, right: f32| if x < side / 2 { left } else { right };
        let plane = |left: f32, right: f32| Plane {
            width: side,
            height: side,
            data: (0..side * side).map(|k| at(k % side, left, right)).collect(),
        };
        decide(&plane(0.0, 0.5), &[plane(0.2, colour), plane(0.2, colour), plane(0.2, colour)], 60.0)
    }

    #[test]
    fn what_looks_unlike_the_background_is_person() {
        assert!(half(0.8).at(30, 20) > 0.95);
        assert_eq!(half(0.8).at(5, 20), 0.0);
    }

    #[test]
    fn what_looks_like_the_background_stays_undecided() {
        assert_eq!(half(0.22).at(30, 20), 0.5);
    }

    #[test]
    fn without_background_nothing_is_decided() {
        let plane = Plane::filled(20, 20, 0.5);
        let decided = decide(&plane, &[plane.clone(), plane.clone(), plane.clone()], 30.0);
        assert!(decided.data.iter().all(|&m| m == 0.5));
    }
}
