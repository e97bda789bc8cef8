//! Relative motion: what a driver does between its neutral face and now, in the portrait's proportions.
//!
//! Landmark motion is taken in the canonical frame, so that head size and pose have no part in
//! it; around mouth and eyes it is scaled to the portrait's own proportions.

use std::sync::LazyLock;

use nalgebra::UnitQuaternion;

use super::lips::mouth_width;
use super::options::TransferOptions;
use crate::geometry::topology::{CHIN, EYES, LIPS, NOSE_BASE};
use crate::geometry::{CanonicalFace, Pose, Shape, VERTICES, smoothstep};
use crate::motion::{FaceMotion, eye_width, lid_gap};

/// Distance from the lips at which the mouth's scaling has faded to nothing, centimetres.
const MOUTH_REACH: f64 = 3.0;
/// Distance from the lids at which an eye's scaling has faded to nothing, centimetres.
const EYE_REACH: f64 = 1.6;
/// Smallest and largest ratio of the portrait's mouth width to the driver's that motion is scaled by.
const WIDTH_RATIO: [f64; 2] = [0.7, 1.4];
/// Smallest and largest ratio of the portrait's height of the lower face to the driver's that motion is scaled by.
const HEIGHT_RATIO: [f64; 2] = [0.75, 1.35];
/// Smallest and largest ratio of the portrait's lid gap to the driver's that motion is scaled by.
const LID_RATIO: [f64; 2] = [0.5, 2.0];

struct Reach {
    mouth: Vec<f64>,
    eyes: [Vec<f64>; 2],
}

static REACH: LazyLock<Reach> = LazyLock::new(|| {
    let canonical = CanonicalFace::get();
    let falloff = |indices: &[usize], reach: f64| -> Vec<f64> {
        canonical.distance_to(indices).into_iter().map(|d| 1.0 - smoothstep(d, 0.0, reach)).collect()
    };
    Reach { mouth: falloff(&LIPS, MOUTH_REACH), eyes: EYES.map(|eye| falloff(&eye.lids, EYE_REACH)) }
});

/// Fits displacements of a driver with the face `neutral` to the proportions of the portrait's
/// face `rest`, and gives them the strengths of `options`. 478 displacements, canonical frame.
#[must_use]
pub fn adapt(mut moves: Shape, rest: &FaceMotion, neutral: &FaceMotion, options: &TransferOptions) -> Shape {
    let width = ratio(mouth_width(&rest.shape), mouth_width(&neutral.shape), WIDTH_RATIO) - 1.0;
    let height = ratio(lower_face(rest), lower_face(neutral), HEIGHT_RATIO) - 1.0;
    let lids =
        EYES.each_ref().map(|eye| ratio(lid_gap(&rest.shape, eye), lid_gap(&neutral.shape, eye), LID_RATIO) - 1.0);
    let reach = &*REACH;
    for (i, moved) in moves.iter_mut().enumerate().take(VERTICES) {
        moved.x *= 1.0 + width * reach.mouth[i];
        moved.y *= 1.0 + height * reach.mouth[i];
        let mut part = 1.0 + (options.lips - 1.0) * reach.mouth[i];
        for (lid, near) in lids.iter().zip(&reach.eyes) {
            moved.y *= 1.0 + lid * near[i];
            moved.z *= 1.0 + lid * near[i];
            part *= 1.0 + (options.eyes - 1.0) * near[i];
        }
        *moved *= options.within(part);
    }
    for eye in &EYES {
        // An iris moves as one piece, as far as its centre does; gaze is measured in eye widths.
        let [centre, border @ ..] = eye.iris;
        let scale = eye_width(&rest.shape, eye) / eye_width(&neutral.shape, eye).max(1e-6);
        moves[centre] *= scale * options.within(options.eyes);
        for point in border {
            moves[point] = moves[centre];
        }
    }
    moves
}

/// The pose in which the head has turned and moved from `rest` by as much as the driver's from `neutral` to
/// `current`, times `strength`. The distance changes by the driver's ratio.
#[must_use]
pub fn relative_pose(rest: &Pose, neutral: &Pose, current: &Pose, strength: f64) -> Pose {
    let mut translation = rest.translation + (current.translation - neutral.translation) * strength;
    if neutral.translation.z < 0.0 && current.translation.z < 0.0 {
        translation.z = rest.translation.z * (current.translation.z / neutral.translation.z).powf(strength);
    }
    // As a quaternion, a turn by almost nothing has a finite power.
    let turn = UnitQuaternion::from_rotation_matrix(&(current.rotation * neutral.rotation.inverse())).powf(strength);
    Pose { rotation: turn.to_rotation_matrix() * rest.rotation, translation }
}

/// Height from the base of the nose to the chin, centimetres.
fn lower_face(face: &FaceMotion) -> f64 {
    (face.shape[NOSE_BASE].y - face.shape[CHIN].y).abs()
}

fn ratio(own: f64, other: f64, [least, most]: [f64; 2]) -> f64 {
    (own / other.max(1e-6)).clamp(least, most)
}
