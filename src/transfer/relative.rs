//! Relative transfer: the portrait moves by as much as the driver moved from its neutral face.
//!
//! Landmark motion is taken in the canonical frame, so head size and pose are out of
//! it; around mouth and eyes it is scaled to the portrait's own proportions.

use std::sync::LazyLock;

use nalgebra::Vector3;

use super::{TargetGeometry, lids};
use crate::geometry::topology::{EYES, Eye, LIPS};
use crate::geometry::{CanonicalFace, Pose, VERTICES, smoothstep};
use crate::motion::{FaceMotion, eye_width, lid_gap};

/// Reach of the mouth's scaling around the lips, centimetres.
const MOUTH_REACH: f64 = 3.0;
/// Reach of an eye's scaling around its lids, centimetres.
const EYE_REACH: f64 = 1.6;
/// Smallest and largest scale of mouth width, lower face height and lid gap.
const WIDTH_RATIO: [f64; 2] = [0.7, 1.4];
const HEIGHT_RATIO: [f64; 2] = [0.75, 1.35];
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

/// Puts the driver's motion from `neutral` to `current` on the portrait's `rest` face.
/// All shapes hold 478 landmarks. The pose is not limited here.
#[must_use]
pub fn transfer(rest: &FaceMotion, neutral: &FaceMotion, current: &FaceMotion) -> TargetGeometry {
    let mut shape = rest.shape.clone();
    let width = ratio(mouth_width(rest), mouth_width(neutral), WIDTH_RATIO) - 1.0;
    let height = ratio(lower_face(rest), lower_face(neutral), HEIGHT_RATIO) - 1.0;
    let lids =
        EYES.each_ref().map(|eye| ratio(lid_gap(&rest.shape, eye), lid_gap(&neutral.shape, eye), LID_RATIO) - 1.0);
    let reach = &*REACH;
    for i in 0..VERTICES {
        let mut moved = current.shape[i] - neutral.shape[i];
        moved.x *= 1.0 + width * reach.mouth[i];
        moved.y *= 1.0 + height * reach.mouth[i];
        for (lid, near) in lids.iter().zip(&reach.eyes) {
            moved.y *= 1.0 + lid * near[i];
            moved.z *= 1.0 + lid * near[i];
        }
        shape[i] += moved;
    }
    lids::snap(&mut shape, &rest.shape, &neutral.shape, &current.shape);
    for eye in &EYES {
        place_iris(&mut shape, eye, rest, neutral, current);
    }
    TargetGeometry { shape, pose: relative_pose(&rest.pose, &neutral.pose, &current.pose) }
}

/// The head turns and moves by as much as the driver's; distance is taken as a ratio.
fn relative_pose(rest: &Pose, neutral: &Pose, current: &Pose) -> Pose {
    let mut translation = rest.translation + (current.translation - neutral.translation);
    if neutral.translation.z < 0.0 && current.translation.z < 0.0 {
        translation.z = rest.translation.z * current.translation.z / neutral.translation.z;
    }
    Pose { rotation: current.rotation * neutral.rotation.inverse() * rest.rotation, translation }
}

/// Moves an iris by the driver's gaze, in eye widths from the middle between the corners.
fn place_iris(shape: &mut [Vector3<f64>], eye: &Eye, rest: &FaceMotion, neutral: &FaceMotion, current: &FaceMotion) {
    let middle = |s: &[Vector3<f64>]| (s[eye.corners[0]] + s[eye.corners[1]]) / 2.0;
    let local = |s: &[Vector3<f64>]| (s[eye.iris[0]] - middle(s)) / eye_width(s, eye).max(1e-6);
    let gaze = local(&rest.shape) + local(&current.shape) - local(&neutral.shape);
    let centre = middle(shape) + gaze * eye_width(&rest.shape, eye);
    let shift = centre - rest.shape[eye.iris[0]];
    for &i in &eye.iris {
        shape[i] = rest.shape[i] + shift;
    }
}

fn mouth_width(face: &FaceMotion) -> f64 {
    (face.shape[61] - face.shape[291]).norm()
}

/// Height from the base of the nose to the chin, centimetres.
fn lower_face(face: &FaceMotion) -> f64 {
    (face.shape[2].y - face.shape[152].y).abs()
}

fn ratio(own: f64, other: f64, [least, most]: [f64; 2]) -> f64 {
    (own / other.max(1e-6)).clamp(least, most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::LANDMARKS;
    use nalgebra::Rotation3;
    use proptest::prelude::*;

    fn face(stretch: f64, tilt: f64) -> FaceMotion {
        let mut shape: Vec<Vector3<f64>> =
            CanonicalFace::get().positions.iter().map(|p| Vector3::new(p.x * stretch, p.y, p.z)).collect();
        for eye in &EYES {
            let centre = (shape[eye.upper] + shape[eye.lower]) / 2.0;
            for k in 0..5 {
                let angle = k as f64 * std::f64::consts::FRAC_PI_2;
                let radius = if k == 0 { 0.0 } else { 0.5 };
                shape.push(centre + Vector3::new(angle.cos(), angle.sin(), 0.0) * radius);
            }
        }
        assert_eq!(shape.len(), LANDMARKS);
        let pose =
            Pose { rotation: Rotation3::from_euler_angles(tilt, 0.0, 0.0), translation: Vector3::new(0.0, 1.0, -40.0) };
        FaceMotion { shape, pose, coefficients: [0.0; 52] }
    }

    #[test]
    fn a_still_driver_changes_nothing() {
        let (rest, driver) = (face(1.1, 0.1), face(0.95, -0.1));
        let target = transfer(&rest, &driver, &driver);
        for (a, b) in target.shape.iter().zip(&rest.shape) {
            assert!((a - b).norm() < 1e-9);
        }
        assert!(target.pose.rotation.angle_to(&rest.pose.rotation) < 1e-9);
    }

    #[test]
    fn a_closed_driver_closes_the_lids() {
        let (rest, neutral) = (face(1.1, 0.1), face(0.95, -0.1));
        let mut closed = neutral.clone();
        for eye in &EYES {
            for k in 1..8 {
                let (lower, upper) = (eye.lids[k], eye.lids[16 - k]);
                // A closed eye as the net sees it: a fifth of the gap is left.
                closed.shape[upper] = closed.shape[lower].lerp(&closed.shape[upper], 0.2);
            }
        }
        let target = transfer(&rest, &neutral, &closed);
        for eye in &EYES {
            assert!(lid_gap(&target.shape, eye) < 0.02 * eye_width(&target.shape, eye));
        }
    }

    proptest! {
        /// The same person as driver and portrait: landmarks must come out as the driver's.
        #[test]
        fn self_reenactment_is_exact(moves in prop::collection::vec(prop::array::uniform3(-0.05..0.05f64), VERTICES), turn in -0.2..0.2f64) {
            let rest = face(1.0, 0.0);
            let mut current = face(1.0, turn);
            for (point, shift) in current.shape.iter_mut().zip(&moves) {
                *point += Vector3::from(*shift);
            }
            let target = transfer(&rest, &rest, &current);
            // Lid points may be snapped, so they are looked at in the test above.
            for (i, (a, b)) in target.shape.iter().zip(&current.shape).enumerate().take(VERTICES) {
                if EYES.iter().all(|eye| !eye.lids.contains(&i)) {
                    prop_assert!((a - b).norm() < 1e-9);
                }
            }
            prop_assert!(target.pose.rotation.angle_to(&current.pose.rotation) < 1e-9);
        }
    }
}
