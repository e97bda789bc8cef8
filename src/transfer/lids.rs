//! Lids: the landmarks of a closed eye still leave a gap, so the lids are snapped shut here. Nor do they part too far.

use nalgebra::Vector3;

use crate::geometry::smoothstep;
use crate::geometry::topology::EYES;
use crate::motion::{Coefficients, coefficient, eye_width, lid_gap};

/// Gap in eye widths below which an eye counts as closed (in measurements on photos,
/// closed eyes are .05 to .12, open ones .31 to .41).
pub const CLOSED: f64 = 0.10;
/// Least gap of the neutral eye that the driver's openness is measured against, eye widths. A smaller one counts as
/// this.
const NEUTRAL_MINIMUM: f64 = 0.2;
/// Share of the closing movement that the upper lid makes; the lower lid makes the rest.
const UPPER_SHARE: f64 = 0.85;
/// How far lids are shut, by the wanted `eyeBlink`: not at all below the first, wholly above the second.
const BLINK: [f64; 2] = [0.48, 0.64];
/// How much [`BLINK`] applies, by how much more `eyeBlink` is wanted than the photo shows: not at all below the
/// first, wholly above the second.
const CHANGE: [f64; 2] = [0.0, 0.15];
/// Gap in the middle of a well opened eye, eye widths. An eye that is narrower in the photo may open up to it.
const OPEN: f64 = 0.30;

/// Gaps in the middle of an eye, eye widths: above the first, lids part less than they are asked to, and they never
/// reach the second. Of the eyes in 1,751 photos eight have an `eyeWide` of .3 to .6, and the median of their gaps is
/// .49. The decoder has seen no larger `eyeWide`; without this bound lids would part ever further with it.
const WIDE: [f64; 2] = [0.40, 0.52];
/// Least range, eye widths, by which an eye may open beyond the first of [`WIDE`], or beyond its gap in the photo if
/// that is larger: for eyes that are wide in the photo already.
const WIDER: f64 = 0.08;

/// How far a driver's eyes are open: 0 at [`CLOSED`], 1 at the gap of its neutral face.
#[must_use]
pub fn openness(neutral: &[Vector3<f64>], current: &[Vector3<f64>]) -> [f64; 2] {
    EYES.each_ref().map(|eye| {
        let gap = lid_gap(current, eye) / eye_width(current, eye).max(1e-6);
        let open = (lid_gap(neutral, eye) / eye_width(neutral, eye).max(1e-6)).max(NEUTRAL_MINIMUM);
        ((gap - CLOSED) / (open - CLOSED)).clamp(0.0, 1.0)
    })
}

/// How far each eye may be open, 0 to 1, if it is to show the coefficients `wanted` and shows `rest` in the photo.
#[must_use]
pub fn openness_of(wanted: &Coefficients, rest: &Coefficients) -> [f64; 2] {
    ["eyeBlinkRight", "eyeBlinkLeft"].map(|name| {
        let index = coefficient(name);
        let (wanted, rest) = (f64::from(wanted[index]), f64::from(rest[index]));
        1.0 - smoothstep(wanted, BLINK[0], BLINK[1]) * smoothstep(wanted - rest, CHANGE[0], CHANGE[1])
    })
}

/// Keeps the lids of `shape` from parting further than real lids do. `share` is how much of the excess is taken away
/// (0: nothing, 1: all), `rest` is the portrait's own shape.
pub fn bound(shape: &mut [Vector3<f64>], rest: &[Vector3<f64>], share: f64) {
    for eye in &EYES {
        let width = eye_width(rest, eye);
        for k in 1..8 {
            let (lower, upper) = (eye.lids[k], eye.lids[16 - k]);
            let (apart, before) = (shape[upper] - shape[lower], (rest[upper] - rest[lower]).norm());
            let distance = apart.norm();
            let height = width * (std::f64::consts::PI * k as f64 / 8.0).sin();
            let from = before.max(WIDE[0] * height);
            let room = (WIDE[1] * height - from).max(WIDER * height);
            if distance > from && room > 0.0 {
                let wanted = from + room * ((distance - from) / room).tanh();
                let closing = apart / distance * ((wanted - distance) * share);
                shape[upper] += closing * UPPER_SHARE;
                shape[lower] -= closing * (1.0 - UPPER_SHARE);
            }
        }
    }
}

/// Closes the lids of `shape` to the share `open` of each eye: no pair of lid points stays
/// wider than this share of its gap in `rest`, the portrait's own shape, or in a well opened eye.
pub fn snap(shape: &mut [Vector3<f64>], rest: &[Vector3<f64>], open: [f64; 2]) {
    for (eye, open) in EYES.iter().zip(open) {
        let width = eye_width(rest, eye);
        // Lid points 1-7 lie on the lower lid, 15-9 face them on the upper lid.
        for k in 1..8 {
            let (lower, upper) = (eye.lids[k], eye.lids[16 - k]);
            let apart = shape[upper] - shape[lower];
            let distance = apart.norm();
            if distance < 1e-9 {
                continue;
            }
            let wide = OPEN * width * (std::f64::consts::PI * k as f64 / 8.0).sin();
            let limit = (rest[upper] - rest[lower]).norm().max(wide) * open;
            let wanted = match (apart.y < 0.0, open < 1.0) {
                // Lids that have crossed each other are made to meet.
                (true, _) if (rest[upper] - rest[lower]).y >= 0.0 => 0.0,
                (_, true) => distance.min(limit),
                (_, false) => distance,
            };
            let closing = apart / distance * (wanted - distance);
            shape[upper] += closing * UPPER_SHARE;
            shape[lower] -= closing * (1.0 - UPPER_SHARE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::CanonicalFace;
    use proptest::prelude::*;

    /// The canonical face with its upper lids raised by `raised` centimetres in the middle.
    fn face(raised: f64) -> Vec<Vector3<f64>> {
        let mut shape = CanonicalFace::get().positions.clone();
        for eye in &EYES {
            for k in 1..8 {
                shape[eye.lids[16 - k]].y += raised * (std::f64::consts::PI * k as f64 / 8.0).sin();
            }
        }
        shape
    }

    fn gap(shape: &[Vector3<f64>]) -> f64 {
        lid_gap(shape, &EYES[0]) / eye_width(shape, &EYES[0])
    }

    proptest! {
        #[test]
        fn lids_part_no_further_than_lids_do(raised in 0.0..4.0f64, more in 0.01..1.0f64, share in 0.0..1.0f64) {
            let rest = face(0.0);
            let bounded = |raised: f64, share: f64| {
                let mut shape = face(raised);
                bound(&mut shape, &rest, share);
                gap(&shape)
            };
            let most = WIDE[1].max(gap(&rest) + WIDER);
            prop_assert!(bounded(raised, 1.0) < most + 1e-6, "{} of {most}", bounded(raised, 1.0));
            // A larger motion never gives a smaller gap, and a share of 0 changes nothing.
            prop_assert!(bounded(raised + more, 1.0) >= bounded(raised, 1.0) - 1e-9);
            prop_assert!((bounded(raised, 0.0) - gap(&face(raised))).abs() < 1e-9);
            let between = bounded(raised, share);
            prop_assert!(between <= gap(&face(raised)) + 1e-9 && between >= bounded(raised, 1.0) - 1e-9);
        }
    }

    #[test]
    fn eyes_as_wide_as_most_are_left_alone() {
        for raised in [0.0, 0.1] {
            let mut shape = face(raised);
            assert!(gap(&shape) < WIDE[0]);
            let before = shape.clone();
            bound(&mut shape, &face(0.0), 1.0);
            assert_eq!(shape, before);
        }
        // And so are eyes that are wide in the photo.
        let wide = face(1.0);
        assert!(gap(&wide) > WIDE[1]);
        let mut shape = wide.clone();
        bound(&mut shape, &wide, 1.0);
        assert_eq!(shape, wide);
    }
}
