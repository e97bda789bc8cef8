//! What the generator is to show.

use nalgebra::UnitQuaternion;

use super::{Coefficients, FaceMotion};
use crate::geometry::{Pose, Shape};

/// The geometry that the generator is to show: this person's landmarks and pose.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetGeometry {
    /// 478 landmarks, canonical frame, centimetres.
    pub shape: Shape,
    /// Head pose.
    pub pose: Pose,
    /// The 52 coefficients that this shape stands for, in \[0, 1\].
    pub coefficients: Coefficients,
}

impl TargetGeometry {
    /// The geometry that `motion` itself has.
    #[must_use]
    pub fn of(motion: &FaceMotion) -> Self {
        Self { shape: motion.shape.clone(), pose: motion.pose, coefficients: motion.coefficients }
    }

    /// Between `self` (share 0) and `other` (share 1); rotations along the shortest arc.
    #[must_use]
    pub fn blend(&self, other: &Self, share: f64) -> Self {
        if share <= 0.0 {
            return self.clone();
        }
        if share >= 1.0 {
            return other.clone();
        }
        // As a quaternion, a turn by almost nothing has a finite power.
        let turn = UnitQuaternion::from_rotation_matrix(&(other.pose.rotation * self.pose.rotation.inverse()));
        let turn = turn.powf(share).to_rotation_matrix();
        Self {
            shape: self.shape.iter().zip(&other.shape).map(|(a, b)| a.lerp(b, share)).collect(),
            pose: Pose {
                rotation: turn * self.pose.rotation,
                translation: self.pose.translation.lerp(&other.pose.translation, share),
            },
            coefficients: std::array::from_fn(|i| {
                let (a, b) = (self.coefficients[i], other.coefficients[i]);
                a + (b - a) * share as f32
            }),
        }
    }
}
