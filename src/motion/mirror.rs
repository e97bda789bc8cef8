//! A motion as a mirror shows it.

use std::sync::LazyLock;

use nalgebra::{Matrix3, Rotation3, Vector3};

use super::{COEFFICIENT_NAMES, COEFFICIENTS, Coefficients, FaceMotion, coefficient};
use crate::geometry::{CanonicalFace, LANDMARKS, Pose, Shape};

/// For each landmark of the irises the one that is its mirror image: the eyes change places, and so do the points to
/// the left and to the right of an iris's centre.
const IRISES: [usize; 10] = [473, 476, 475, 474, 477, 468, 471, 470, 469, 472];

/// For each landmark the index of the one that is its mirror image.
static POINTS: LazyLock<Vec<usize>> = LazyLock::new(|| {
    let positions = &CanonicalFace::get().positions;
    let across = |p: &Vector3<f64>| Vector3::new(-p.x, p.y, p.z);
    let nearest = |p: Vector3<f64>| {
        let distances = positions.iter().map(|q| (q - p).norm_squared());
        distances.enumerate().min_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(index, _)| index)
    };
    positions.iter().map(|p| nearest(across(p))).chain(IRISES).collect()
});

/// For each coefficient the index of the one that is its mirror image.
static NAMES: LazyLock<[usize; COEFFICIENTS]> = LazyLock::new(|| {
    COEFFICIENT_NAMES.map(|name| match (name.strip_suffix("Left"), name.strip_suffix("Right")) {
        (Some(stem), _) => coefficient(&format!("{stem}Right")),
        (_, Some(stem)) => coefficient(&format!("{stem}Left")),
        _ => coefficient(name),
    })
});

/// Coefficients with left and right swapped.
pub(crate) fn coefficients(of: &Coefficients) -> Coefficients {
    NAMES.map(|i| of[i])
}

/// Landmarks, or their displacements, with left and right swapped; canonical frame.
pub(crate) fn shape(of: &Shape) -> Shape {
    match of.len() {
        LANDMARKS => POINTS.iter().map(|&i| Vector3::new(-of[i].x, of[i].y, of[i].z)).collect(),
        _ => of.clone(),
    }
}

impl FaceMotion {
    /// The same motion with left and right swapped.
    #[must_use]
    pub fn mirrored(&self) -> Self {
        let flip = Matrix3::from_diagonal(&Vector3::new(-1.0, 1.0, 1.0));
        let rotation = Rotation3::from_matrix_unchecked(flip * self.pose.rotation.matrix() * flip);
        Self {
            shape: shape(&self.shape),
            pose: Pose { rotation, translation: flip * self.pose.translation },
            coefficients: coefficients(&self.coefficients),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_mirrored_is_the_same() {
        let mut shape = CanonicalFace::get().positions.clone();
        shape.extend((0..10).map(|k| Vector3::new(f64::from(k), 1.0, 2.0)));
        let rotation = Rotation3::from_euler_angles(0.1, -0.3, 0.2);
        let coefficients = std::array::from_fn(|i| i as f32 / 52.0);
        let motion =
            FaceMotion { shape, pose: Pose { rotation, translation: Vector3::new(1.0, 2.0, -40.0) }, coefficients };
        let once = motion.mirrored();
        assert!((once.pose.angles()[0] + motion.pose.angles()[0]).abs() < 1e-9);
        assert_eq!(once.coefficients[coefficient("eyeBlinkLeft")], motion.coefficients[coefficient("eyeBlinkRight")]);
        let twice = once.mirrored();
        assert_eq!(twice.coefficients, motion.coefficients);
        assert!(twice.shape.iter().zip(&motion.shape).all(|(a, b)| (a - b).norm() < 1e-9));
    }
}
