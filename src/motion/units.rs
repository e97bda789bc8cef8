//! The whole numbers as which a motion is kept, in memory and in files: their units, their
//! ranges, and the conversions from and to a [`FaceMotion`].

use nalgebra::{Quaternion, UnitQuaternion, Vector3};

use super::{COEFFICIENTS, Coefficients, FaceMotion};
use crate::error::{Error, Result};
use crate::geometry::{LANDMARKS, Pose, Shape};

/// Units that stand for 1 in a component of the rotation's quaternion.
const ROTATION: f64 = 16_384.0;
/// Units for each centimetre of the head's translation.
const TRANSLATION: f64 = 256.0;
/// Units that stand for a coefficient of 1. So 0 and 1 are kept exactly.
const COEFFICIENT: f64 = 500.0;
/// Units for each centimetre of the neutral face's landmarks.
const LANDMARK: f64 = 1000.0;
/// Units for each centimetre of a score. A score is how much of a component a shape has.
pub(super) const SCORE: f64 = 32.0;

/// Number of a frame's values besides its shape: rotation (w, x, y, z), translation (x, y, z) and coefficients.
pub(super) const PLAIN: usize = 4 + 3 + COEFFICIENTS;
/// Number of coordinates of a shape: x, y, z of all landmarks.
pub(super) const COORDINATES: usize = 3 * LANDMARKS;

/// Largest difference from 1 of a quaternion's length in a file, which is due to rounding only.
const LIMIT_LENGTH: f64 = 1e-3;
/// The head lies within this distance of the camera on each axis, centimetres.
const LIMIT_TRANSLATION: f64 = 10_000.0;
/// Landmarks of the neutral face lie within this distance of the canonical origin on each axis, centimetres.
const LIMIT_LANDMARK: f64 = 100.0;
/// Largest score, units.
pub(super) const LIMIT_SCORE: i32 = 1 << 15;

pub(super) fn refuse(reason: impl ToString) -> Error {
    Error::Motion { reason: reason.to_string() }
}

/// Pose and coefficients in units. A quaternion and its opposite are the same rotation; the one
/// nearer to `before`, the frame before, is taken.
pub(super) fn plain(motion: &FaceMotion, before: Option<&[i32]>) -> Result<[i32; PLAIN]> {
    let q = UnitQuaternion::from_rotation_matrix(&motion.pose.rotation);
    let mut rotation = [q.w, q.i, q.j, q.k];
    let agreement = before.map_or(q.w, |before| rotation.iter().zip(before).map(|(a, &b)| a * f64::from(b)).sum());
    if agreement < 0.0 {
        rotation = rotation.map(|v| -v);
    }
    let mut out = [0; PLAIN];
    let (pose, coefficients) = out.split_at_mut(7);
    for (to, from) in pose[..4].iter_mut().zip(rotation) {
        *to = whole(from * ROTATION, 2.0 * ROTATION)?;
    }
    for (to, from) in pose[4..].iter_mut().zip(&motion.pose.translation) {
        *to = whole(from * TRANSLATION, LIMIT_TRANSLATION * TRANSLATION)?;
    }
    for (to, &from) in coefficients.iter_mut().zip(&motion.coefficients) {
        *to = whole(f64::from(from).clamp(0.0, 1.0) * COEFFICIENT, COEFFICIENT)?;
    }
    Ok(out)
}

/// The landmarks of a neutral face in units: x, y, z in turn.
pub(super) fn landmarks(shape: &Shape) -> Result<Vec<i32>> {
    if shape.len() != LANDMARKS {
        return Err(refuse(format!("a face has {} landmarks, not {LANDMARKS}", shape.len())));
    }
    shape.iter().flatten().map(|v| whole(v * LANDMARK, LIMIT_LANDMARK * LANDMARK)).collect()
}

fn whole(value: f64, limit: f64) -> Result<i32> {
    if value.abs() <= limit { Ok(value.round() as i32) } else { Err(refuse("a number is not finite or too large")) }
}

/// Refuses pose and coefficients out of range.
pub(super) fn check_plain(values: &[i32]) -> Result<()> {
    let length = values[..4].iter().map(|&v| (f64::from(v) / ROTATION).powi(2)).sum::<f64>().sqrt();
    if (length - 1.0).abs() > LIMIT_LENGTH {
        return Err(refuse("a rotation is not a unit quaternion"));
    }
    if values[4..7].iter().any(|&v| f64::from(v).abs() > LIMIT_TRANSLATION * TRANSLATION) {
        return Err(refuse(format!("the head is more than {LIMIT_TRANSLATION} cm away")));
    }
    if values[7..].iter().any(|&v| v < 0 || f64::from(v) > COEFFICIENT) {
        return Err(refuse("a coefficient is not between 0 and 1"));
    }
    Ok(())
}

/// Refuses a neutral face whose landmarks are out of range.
pub(super) fn check_landmarks(values: &[i32]) -> Result<()> {
    if values.iter().any(|&v| f64::from(v).abs() > LIMIT_LANDMARK * LANDMARK) {
        return Err(refuse("a landmark is more than a metre away from the face"));
    }
    Ok(())
}

/// The pose that [`plain`] values stand for.
pub(super) fn pose(values: &[i32]) -> Pose {
    let [w, x, y, z] = [0, 1, 2, 3].map(|i| f64::from(values[i]));
    Pose {
        rotation: UnitQuaternion::from_quaternion(Quaternion::new(w, x, y, z)).to_rotation_matrix(),
        translation: Vector3::new(values[4], values[5], values[6]).map(|v| f64::from(v) / TRANSLATION),
    }
}

/// The coefficients that [`plain`] values stand for.
pub(super) fn coefficients(values: &[i32]) -> Coefficients {
    std::array::from_fn(|i| (f64::from(values[7 + i]) / COEFFICIENT) as f32)
}

/// The shape that [`landmarks`] stand for.
pub(super) fn shape(values: &[i32]) -> Shape {
    values.chunks_exact(3).map(|p| Vector3::new(p[0], p[1], p[2]).map(|v| f64::from(v) / LANDMARK)).collect()
}
