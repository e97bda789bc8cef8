//! Transfer: puts a motion on another person, with that person's own proportions.
//!
//! [`relative`] carries landmark motion over, [`limits`] keeps a head turn inside
//! what a single photo can show, [`Reenactment`] does both over time.

pub mod lids;
pub mod limits;
pub mod reenactment;
pub mod relative;

pub use reenactment::{LostFace, Reenactment, ReenactmentOptions};

use crate::geometry::{Pose, Shape};
use crate::motion::FaceMotion;

/// The geometry that the generator shall show: this person's landmarks and pose.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetGeometry {
    /// 478 landmarks, canonical frame, centimetres.
    pub shape: Shape,
    /// Head pose.
    pub pose: Pose,
}

impl TargetGeometry {
    /// The geometry that `motion` itself has.
    #[must_use]
    pub fn of(motion: &FaceMotion) -> Self {
        Self { shape: motion.shape.clone(), pose: motion.pose }
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
        let turn = (other.pose.rotation * self.pose.rotation.inverse()).powf(share);
        Self {
            shape: self.shape.iter().zip(&other.shape).map(|(a, b)| a.lerp(b, share)).collect(),
            pose: Pose {
                rotation: turn * self.pose.rotation,
                translation: self.pose.translation.lerp(&other.pose.translation, share),
            },
        }
    }
}
