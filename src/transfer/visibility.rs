//! How much of a change of expression a moved photo shows.
//!
//! A photo that is bent shows less of a new expression than a face does that makes it: the
//! wrinkles, shades and folds that go with it are missing. Each coefficient's share was measured
//! on renders of training photos (`cargo xtask quality --gains`): what the encoder reads from the
//! render over what it reads from the moved landmarks themselves. A change is asked for by as
//! much more as this share is below 1, within limits.

use std::sync::LazyLock;

use nalgebra::Vector3;

use crate::geometry::topology::{EYES, LIPS};
use crate::geometry::{VERTICES, smoothstep};
use crate::motion::{COEFFICIENT_NAMES, COEFFICIENTS, Coefficients};

/// Shares that were measured; 1 of what is not listed. Left and right share one number. Rolled lips (.60) are
/// left out: asked for more strongly the decoder rolls them less.
const SHOWN: [(&str, f32); 18] = [
    ("browDown", 0.65),
    ("browInnerUp", 0.40),
    ("browOuterUp", 0.57),
    ("eyeBlink", 0.57),
    ("eyeLookDown", 0.48),
    ("eyeLookIn", 0.85),
    ("eyeLookOut", 0.87),
    ("eyeLookUp", 0.47),
    ("eyeSquint", 0.67),
    ("mouthLeft", 0.45),
    ("mouthLowerDown", 0.80),
    ("mouthPress", 0.75),
    ("mouthPucker", 0.66),
    ("mouthRight", 0.45),
    ("mouthShrug", 0.74),
    ("mouthSmile", 0.79),
    ("mouthStretch", 0.65),
    ("mouthUpperUp", 0.80),
];
/// No change is asked for more strongly than this; of a mouth sideways, which is rare, a little more.
const MOST: f32 = 1.5;
const MOST_SIDEWAYS: f32 = 2.2;
/// Nothing is asked for beyond this unless the driver shows it: hardly any face in the data does.
const LARGEST: f32 = 0.9;
/// Mean distance (root of squares) of two shapes of one person in one expression at most, and of two people
/// or expressions at least, centimetres.
const SAME: [f64; 2] = [0.15, 0.30];

/// The coefficients to ask for so that a portrait that shows `rest` will show `wanted`;
/// `emphasis` is the share of the whole correction, 0 to 1.
#[must_use]
pub fn ask(rest: &Coefficients, wanted: &Coefficients, emphasis: f32) -> Coefficients {
    std::array::from_fn(|i| {
        let gain = 1.0 + (GAINS[i] - 1.0) * emphasis;
        (rest[i] + (wanted[i] - rest[i]) * gain).clamp(0.0, LARGEST.max(wanted[i]))
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

/// How much more strongly a change of each coefficient is asked for, at full emphasis.
static GAINS: LazyLock<[f32; COEFFICIENTS]> = LazyLock::new(|| {
    COEFFICIENT_NAMES.map(|name| {
        let shown = SHOWN.iter().find(|(stem, _)| name.starts_with(stem)).map_or(1.0, |(_, share)| *share);
        shown.recip().min(if matches!(name, "mouthLeft" | "mouthRight") { MOST_SIDEWAYS } else { MOST })
    })
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::LANDMARKS;

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
            // So little of the face that its mean hardly notices.
            let noticed = part.len() as f64 / VERTICES as f64;
            assert!(0.32 * noticed.sqrt() < SAME[0]);
            assert_eq!(emphasis(&rest, &moved(0.32)), 1.0);
            assert_eq!(emphasis(&rest, &moved(0.1)), 0.0);
        }
    }
}
