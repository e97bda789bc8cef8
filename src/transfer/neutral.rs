//! The driver's neutral face, found while it is watched.

use nalgebra::{Rotation3, UnitQuaternion};

use crate::geometry::Pose;
use crate::motion::{COEFFICIENT_NAMES, FaceMotion};

/// How the driver's neutral face is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Calibration {
    /// The first frame with a face: exact where a clip begins with the photo's own moment.
    #[default]
    FirstFrame,
    /// The calmest part of the first second, for a live camera.
    FirstSecond,
}

/// How long [`Calibration::FirstSecond`] watches, seconds.
const WATCH: f64 = 1.0;
/// How fast a frame's weight in the mean falls with the sum of its coefficients (those of gaze left out): by the factor
/// e for each 1 / CALM of the sum.
const CALM: f64 = 1.5;

/// Averages the frames of the first second, calm ones more than lively ones.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    mean: Option<FaceMotion>,
    weight: f64,
    since: Option<f64>,
}

impl Watch {
    /// Takes one more frame at `time` seconds; returns the neutral face so far, or `None` when the first second is
    /// over.
    pub fn take(&mut self, motion: &FaceMotion, time: f64) -> Option<FaceMotion> {
        let since = *self.since.get_or_insert(time);
        if time - since > WATCH {
            return None;
        }
        let activity: f32 = COEFFICIENT_NAMES
            .iter()
            .zip(&motion.coefficients)
            .filter(|(name, _)| !name.starts_with("eyeLook"))
            .map(|(_, c)| c)
            .sum();
        let weight = (-CALM * f64::from(activity)).exp();
        self.weight += weight;
        let share = weight / self.weight.max(f64::MIN_POSITIVE);
        let mean = match self.mean.take() {
            Some(before) => between(&before, motion, share),
            None => motion.clone(),
        };
        Some(self.mean.insert(mean).clone())
    }
}

fn between(a: &FaceMotion, b: &FaceMotion, share: f64) -> FaceMotion {
    let [from, to] = [a, b].map(|m| UnitQuaternion::from_rotation_matrix(&m.pose.rotation));
    let rotation: Rotation3<f64> = from.nlerp(&to, share).to_rotation_matrix();
    let mut coefficients = a.coefficients;
    for (own, other) in coefficients.iter_mut().zip(&b.coefficients) {
        *own += (other - *own) * share as f32;
    }
    FaceMotion {
        shape: a.shape.iter().zip(&b.shape).map(|(p, q)| p.lerp(q, share)).collect(),
        pose: Pose { rotation, translation: a.pose.translation.lerp(&b.pose.translation, share) },
        coefficients,
    }
}
