//! Bone: the parts of a face that no expression moves.
//!
//! The landmark net lets the bridge of the nose grow and shrink with the shades around it. When a face drives its own
//! photo, that motion fits the picture; on somebody else's face it would change the proportions.

use std::sync::LazyLock;

use nalgebra::Vector3;

use crate::geometry::{CanonicalFace, smoothstep};

/// The ridge of the nose, from between the eyes to its base.
const RIDGE: [usize; 8] = [168, 6, 197, 195, 5, 4, 1, 2];
/// Distance from the ridge of the nose from which skin is wholly free to move, centimetres.
const REACH: f64 = 2.0;

/// How free each of the face's vertices is to move, 0 to 1.
static FREE: LazyLock<Vec<f64>> = LazyLock::new(|| {
    CanonicalFace::get().distance_to(&RIDGE).into_iter().map(|distance| smoothstep(distance, 0.0, REACH)).collect()
});

/// Takes `share` (0 to 1) of the displacements away on bone, and the less the farther from it.
pub fn hold(moves: &mut [Vector3<f64>], share: f64) {
    for (by, free) in moves.iter_mut().zip(FREE.iter()) {
        *by *= 1.0 - share * (1.0 - free);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::LANDMARKS;

    #[test]
    fn the_nose_stays_and_the_mouth_moves() {
        let mut moves = vec![Vector3::new(0.1, 0.2, 0.3); LANDMARKS];
        hold(&mut moves, 1.0);
        assert!(moves[6].norm() < 1e-12 && moves[2].norm() < 1e-12);
        assert!((moves[14] - Vector3::new(0.1, 0.2, 0.3)).norm() < 1e-12);
        hold(&mut moves, 0.0);
        assert!(moves[473].norm() > 0.3);
    }
}
