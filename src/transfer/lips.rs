//! Lips: a driver's closed mouth closes the portrait's, whatever the photo shows.

use nalgebra::Vector3;

use crate::geometry::smoothstep;
use crate::geometry::topology::{LOWER_INNER_LIP, MOUTH_CORNERS, UPPER_INNER_LIP};

/// Pairs of facing inner lip points, corners excluded.
pub const PAIRS: usize = UPPER_INNER_LIP.len();
/// Gaps between the driver's lips, mouth widths: below the first they touch, and so do the portrait's;
/// above the second the portrait's own gap stays as it is.
const TOUCH: [f64; 2] = [0.012, 0.06];

/// Distance of the mouth's outer corners, centimetres.
#[must_use]
pub fn mouth_width(shape: &[Vector3<f64>]) -> f64 {
    let [left, right] = MOUTH_CORNERS.map(|i| shape[i]);
    (left - right).norm()
}

/// Gaps between the inner lips, left to right, in mouth widths; 0 where they have crossed.
#[must_use]
pub fn gaps(shape: &[Vector3<f64>]) -> [f64; PAIRS] {
    let width = mouth_width(shape).max(1e-6);
    std::array::from_fn(|k| ((shape[UPPER_INNER_LIP[k]] - shape[LOWER_INNER_LIP[k]]).y / width).max(0.0))
}

/// Makes lips meet that have crossed further than in `rest`, the portrait's own shape. With the
/// `driver`'s gaps (mouth widths) it also closes the lips where the driver's are closed.
pub fn close(shape: &mut [Vector3<f64>], rest: &[Vector3<f64>], driver: Option<&[f64; PAIRS]>) {
    let width = mouth_width(shape);
    for (k, (&upper, &lower)) in UPPER_INNER_LIP.iter().zip(&LOWER_INNER_LIP).enumerate() {
        let apart = shape[upper] - shape[lower];
        // The landmarks of touching lips may be a little crossed in the photo; they may stay so.
        let mut wanted = apart.y.max((rest[upper] - rest[lower]).y.min(0.0));
        if let Some(gaps) = driver {
            let closed = 1.0 - smoothstep(gaps[k], TOUCH[0], TOUCH[1]);
            let touching = if gaps[k] < TOUCH[0] { 0.0 } else { (gaps[k] - TOUCH[0]) * width };
            wanted += closed * (wanted.min(touching) - wanted);
        }
        // Each lip goes half of the way. Depth and width close by the same share as the height does.
        let share = if apart.y.abs() > 1e-9 { wanted / apart.y } else { 1.0 };
        let closing = apart * (0.5 * (1.0 - share));
        shape[upper] -= closing;
        shape[lower] += closing;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::CanonicalFace;
    use proptest::prelude::*;

    fn parted(gaps: &[f64]) -> Vec<Vector3<f64>> {
        let mut shape = CanonicalFace::get().positions.clone();
        for ((&upper, &lower), gap) in UPPER_INNER_LIP.iter().zip(&LOWER_INNER_LIP).zip(gaps) {
            let middle = (shape[upper] + shape[lower]) / 2.0;
            shape[upper] = middle + Vector3::y() * (gap / 2.0);
            shape[lower] = middle - Vector3::y() * (gap / 2.0);
        }
        shape
    }

    proptest! {
        #[test]
        fn lips_never_cross_and_close_with_the_driver(own in prop::collection::vec(-0.5..1.5f64, PAIRS), open in 0.0..0.2f64) {
            let mut shape = parted(&own);
            let driver = [open; PAIRS];
            close(&mut shape, &parted(&[0.0; PAIRS]), Some(&driver));
            for (k, gap) in gaps(&shape).into_iter().enumerate() {
                let apart = shape[UPPER_INNER_LIP[k]].y - shape[LOWER_INNER_LIP[k]].y;
                prop_assert!(apart > -1e-9);
                if open < TOUCH[0] {
                    prop_assert!(gap < 1e-9);
                }
                if open > TOUCH[1] && own[k] > 0.0 {
                    prop_assert!((apart - own[k]).abs() < 1e-9);
                }
            }
        }
    }
}
