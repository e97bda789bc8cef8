//! Head pose: the rigid motion from the canonical to the camera frame.

use nalgebra::{Matrix3, Rotation3, Vector3};

/// Rotation and translation, canonical -> camera: `x_camera = R x + t`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pose {
    /// Rotation.
    pub rotation: Rotation3<f64>,
    /// Translation, centimetres.
    pub translation: Vector3<f64>,
}

impl Pose {
    /// Applies the pose to a canonical point.
    #[must_use]
    pub fn apply(&self, point: &Vector3<f64>) -> Vector3<f64> {
        self.rotation * point + self.translation
    }

    /// The canonical point that the pose takes to this point of the camera frame.
    #[must_use]
    pub fn undo(&self, point: &Vector3<f64>) -> Vector3<f64> {
        self.rotation.inverse() * (point - self.translation)
    }

    /// Yaw, pitch and roll in degrees: yaw > 0 turns towards the picture's right,
    /// pitch > 0 looks up, roll > 0 leans counter-clockwise.
    #[must_use]
    pub fn angles(&self) -> [f64; 3] {
        let m = self.rotation.matrix();
        let yaw = m[(0, 2)].atan2(m[(2, 2)]);
        let pitch = m[(1, 2)].clamp(-1.0, 1.0).asin();
        let roll = m[(1, 0)].atan2(m[(1, 1)]);
        [yaw.to_degrees(), pitch.to_degrees(), roll.to_degrees()]
    }
}

/// `pose` turned by yaw, pitch and roll in degrees (signs as [`Pose::angles`]), in the camera's frame.
#[must_use]
pub fn turned(pose: &Pose, [yaw, pitch, roll]: [f64; 3]) -> Pose {
    let turn = Rotation3::from_euler_angles(-pitch.to_radians(), yaw.to_radians(), roll.to_radians());
    Pose { rotation: turn * pose.rotation, translation: pose.translation }
}

/// A weighted orthogonal fit with isotropic scale: `target = scale R source + t`.
#[derive(Debug, Clone, Copy)]
pub struct Similarity {
    /// Isotropic scale.
    pub scale: f64,
    /// Rotation.
    pub rotation: Rotation3<f64>,
    /// Translation.
    pub translation: Vector3<f64>,
}

/// Fits `source` to `target` by weighted orthogonal Procrustes analysis, the way
/// MediaPipe's `procrustes_solver` does (to which it comes within 1e-5).
#[must_use]
pub fn procrustes(source: &[Vector3<f64>], target: &[Vector3<f64>], weights: &[f64]) -> Similarity {
    let total: f64 = weights.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    let mut centre = Vector3::zeros();
    for (p, &w) in source.iter().zip(weights) {
        centre += p * (w / total);
    }
    let mut design = Matrix3::zeros();
    let mut spread = 0.0;
    for ((p, q), &w) in source.iter().zip(target).zip(weights) {
        design += w * q * (p - centre).transpose();
        spread += w * (p - centre).dot(p);
    }
    let svd = design.svd(true, true);
    let mut u = svd.u.unwrap_or_else(Matrix3::identity);
    let v_t = svd.v_t.unwrap_or_else(Matrix3::identity);
    if u.determinant() * v_t.determinant() < 0.0 {
        // A reflection is not a pose: the axis of the smallest singular value is reversed.
        let smallest = svd.singular_values.imin();
        let turned = -u.column(smallest);
        u.set_column(smallest, &turned);
    }
    let rotation = Rotation3::from_matrix_unchecked(u * v_t);
    let mut aligned = 0.0;
    for ((p, q), &w) in source.iter().zip(target).zip(weights) {
        aligned += w * (rotation * (p - centre)).dot(q);
    }
    let scale = if spread > 0.0 { aligned / spread } else { 1.0 };
    let mut translation = Vector3::zeros();
    for ((p, q), &w) in source.iter().zip(target).zip(weights) {
        translation += (q - rotation * p * scale) * (w / total);
    }
    Similarity { scale, rotation, translation }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn procrustes_recovers_a_similarity(
            axis in prop::array::uniform3(-1.0..1.0f64),
            t in prop::array::uniform3(-20.0..20.0f64),
            scale in 0.2..4.0f64,
            points in prop::collection::vec(prop::array::uniform3(-8.0..8.0f64), 6..30),
        ) {
            let source: Vec<_> = points.into_iter().map(Vector3::from).collect();
            let rotation = Rotation3::new(Vector3::from(axis) * 2.5);
            let t = Vector3::from(t);
            let target: Vec<_> = source.iter().map(|p| rotation * p * scale + t).collect();
            let weights: Vec<_> = (0..source.len()).map(|i| 0.1 + (i % 3) as f64).collect();
            let fit = procrustes(&source, &target, &weights);
            for (p, q) in source.iter().zip(&target) {
                let moved = fit.rotation * p * fit.scale + fit.translation;
                prop_assert!((moved - q).norm() < 1e-6, "{moved} against {q}");
            }
        }
    }
}
