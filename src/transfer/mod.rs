//! Transfer: puts a motion on another person, with that person's own proportions.
//!
//! The [`decoder`] turns wanted coefficients into this person's landmarks, [`expression`] decides which coefficients
//! are wanted and adds the driver's finer detail, [`lids`] and [`lips`] shut eyes and mouth where the driver's are
//! shut, [`unfold`] keeps the skin from folding over, [`limits`] keeps a head turn within the range that a single
//! photo can show, and [`Reenactment`] does all of this over time.

mod authored;
mod bone;
pub mod decoder;
pub mod expression;
pub mod lids;
pub mod limits;
pub mod lips;
mod movable;
mod neutral;
mod options;
pub mod person;
mod pucker;
pub mod reenactment;
pub mod relative;
pub mod unfold;
pub mod visibility;

pub use decoder::ExpressionDecoder;
pub use neutral::Calibration;
pub use options::{ExpressionMode, TransferOptions};
pub use person::Person;
pub use reenactment::{LostFace, Reenactment, ReenactmentOptions};

use nalgebra::UnitQuaternion;

pub use crate::geometry::pose::turned;
use crate::geometry::{Pose, Shape};
use crate::motion::{Coefficients, FaceMotion};

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
