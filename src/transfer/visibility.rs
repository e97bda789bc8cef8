//! How much of a change of expression a bent photo shows.
//!
//! A photo that is bent shows less of a new expression than a face that makes it: the wrinkles, shades and folds of
//! that expression are missing. The encoder's coefficients are steep in their middle and flat at their ends, so
//! changes are compared in log-odds. For each coefficient the change that the encoder reads from the render was
//! divided by the change that was asked for. These shares were measured on 1,740 refined renders of 58 training
//! photos (`cargo xtask quality --gains` prints such shares for fewer). The smaller a share is, the more strongly a
//! change is asked for.

use std::sync::LazyLock;

use nalgebra::Vector3;

use crate::geometry::topology::{EYES, LIPS};
use crate::geometry::{VERTICES, smoothstep};
use crate::motion::{COEFFICIENT_NAMES, COEFFICIENTS, Coefficients};

/// Share of a change that renders show, by the beginning of the coefficient's name, so that left and right have one
/// number; 1 for coefficients that are not listed. Rolled lips (.52) are left out: if they are asked for more
/// strongly, the decoder rolls them less.
const SHOWN: [(&str, f32); 18] = [
    ("browDown", 0.67),
    ("browInnerUp", 0.52),
    ("browOuterUp", 0.62),
    ("eyeBlink", 0.65),
    ("eyeLookDown", 0.57),
    ("eyeLookIn", 0.78),
    ("eyeLookOut", 0.78),
    ("eyeLookUp", 0.49),
    ("eyeSquint", 0.59),
    ("eyeWide", 0.80),
    ("mouthFunnel", 0.53),
    ("mouthLowerDown", 0.78),
    ("mouthPress", 0.56),
    ("mouthPucker", 0.61),
    ("mouthShrug", 0.60),
    ("mouthSmile", 0.83),
    ("mouthStretch", 0.48),
    ("mouthUpperUp", 0.78),
];
/// Share of the missing change that is made up for. It is not 1, because the differences between photos and the noise
/// of a driver grow with it.
const MADE_UP: f32 = 0.6;
/// Coefficients whose missing change is made up for wholly: a look upwards is a small motion, and renders show the
/// smallest share of it but one.
const WHOLLY: &str = "eyeLookUp";
/// Coefficients that grow in proportion to the motion, and the factor by which their change itself (not its log-odds)
/// is asked for more strongly.
const SIDEWAYS: ([&str; 2], f32) = (["mouthLeft", "mouthRight"], 2.0);
/// Largest coefficient that is asked for, unless the driver shows a larger one: hardly any face in the data does.
const LARGEST: f32 = 0.9;
/// Added to a coefficient and to what it lacks to 1 before odds are taken, so that the noise of a calm face, near 0,
/// does not change them by much.
const FLOOR: f32 = 0.03;
/// How much two shapes count as different people or expressions, by the root mean square distance of their landmarks:
/// not at all below the first, wholly above the second; centimetres. Two shapes of one person in one expression are
/// below the first.
const SAME: [f64; 2] = [0.15, 0.30];

/// The logarithm of a coefficient's odds, kept finite at 0 and 1.
#[must_use]
pub fn odds(coefficient: f32) -> f32 {
    ((coefficient + FLOOR) / (1.0 - coefficient + FLOOR)).ln()
}

/// The coefficient that has these [`odds`].
fn of_odds(odds: f32) -> f32 {
    (1.0 + FLOOR) - (1.0 + 2.0 * FLOOR) / (1.0 + odds.exp())
}

/// The coefficients to ask for so that a portrait that shows `rest` will show `wanted`;
/// `emphasis` is the share of the whole correction, 0 to 1.
#[must_use]
pub fn ask(rest: &Coefficients, wanted: &Coefficients, emphasis: f32) -> Coefficients {
    std::array::from_fn(|i| {
        let more = MORE[i] * emphasis;
        let asked = if SIDEWAYS.0.contains(&COEFFICIENT_NAMES[i]) {
            wanted[i] + (wanted[i] - rest[i]) * (SIDEWAYS.1 - 1.0) * emphasis
        } else if more > 0.0 && rest[i] != wanted[i] {
            let (from, to) = (odds(rest[i]), odds(wanted[i]));
            of_odds(to + (to - from) * more)
        } else {
            wanted[i]
        };
        asked.clamp(0.0, LARGEST.max(wanted[i]))
    })
}

/// How much of the correction a driver needs: none if its neutral face is the photo's own moment, whose
/// landmarks are then known exactly, all of it if it is somebody else or shows another expression with the mouth
/// or an eye. Both shapes hold 478 landmarks.
#[must_use]
pub fn emphasis(rest: &[Vector3<f64>], driver: &[Vector3<f64>]) -> f32 {
    let distance = |i: usize| (rest[i] - driver[i]).norm_squared();
    let mean = |squares: f64, count: usize| (squares / count as f64).sqrt();
    let over = |part: &[usize]| mean(part.iter().copied().map(distance).sum(), part.len());
    let whole = mean((0..VERTICES).map(distance).sum(), VERTICES);
    let farthest = EYES.iter().map(|eye| over(&eye.lids)).fold(whole.max(over(&LIPS)), f64::max);
    smoothstep(farthest, SAME[0], SAME[1]) as f32
}

/// Excess of each coefficient's change in log-odds that is asked for at full emphasis, as a share of the wanted change.
static MORE: LazyLock<[f32; COEFFICIENTS]> = LazyLock::new(|| {
    COEFFICIENT_NAMES.map(|name| {
        let shown = SHOWN.iter().find(|(stem, _)| name.starts_with(stem)).map_or(1.0, |(_, share)| *share);
        let part = if name.starts_with(WHOLLY) { 1.0 } else { MADE_UP };
        part * (shown.recip() - 1.0)
    })
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::LANDMARKS;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_change_is_asked_for_at_least_as_strongly(rest in 0.0_f32..1.0, wanted in 0.0_f32..1.0, emphasis in 0.0_f32..1.0) {
            let asked = ask(&[rest; COEFFICIENTS], &[wanted; COEFFICIENTS], emphasis);
            for asked in asked {
                prop_assert!((0.0..=1.0).contains(&asked));
                let (way, change) = (asked - rest, wanted - rest);
                prop_assert!(way * change >= 0.0 && way.abs() >= change.abs() - 1e-5, "{rest} {wanted} {asked}");
            }
        }

        #[test]
        fn odds_there_and_back(coefficient in 0.0_f32..1.0) {
            prop_assert!((of_odds(odds(coefficient)) - coefficient).abs() < 1e-5);
        }
    }

    #[test]
    fn what_the_photo_shows_is_asked_for_as_it_is() {
        let rest = std::array::from_fn(|i| i as f32 / COEFFICIENTS as f32);
        assert_eq!(ask(&rest, &rest, 1.0), rest);
        assert_eq!(ask(&[0.1; COEFFICIENTS], &rest, 0.0), rest);
    }

    #[test]
    fn another_mouth_or_eye_is_another_moment() {
        let rest = vec![Vector3::zeros(); LANDMARKS];
        assert_eq!(emphasis(&rest, &rest), 0.0);
        for part in [&LIPS[..], &EYES[0].lids[..], &EYES[1].lids[..]] {
            let moved = |by: f64| {
                let mut driver = rest.clone();
                part.iter().for_each(|&i| driver[i].y += by);
                driver
            };
            // A part so small that the mean over the whole face hardly changes.
            let noticed = part.len() as f64 / VERTICES as f64;
            assert!(0.32 * noticed.sqrt() < SAME[0]);
            assert_eq!(emphasis(&rest, &moved(0.32)), 1.0);
            assert_eq!(emphasis(&rest, &moved(0.1)), 0.0);
        }
    }
}
