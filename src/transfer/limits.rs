//! Soft limits: what one photo can show of a head that turns and moves.
//!
//! Judged by eye on renders, a turn looks right up to about 15 degrees and like a mask at 35. So
//! beyond the free range a motion is bent towards a ceiling that it never passes.

use nalgebra::{Rotation3, Unit, UnitQuaternion, Vector3};

use crate::geometry::Pose;

/// Free range and ceiling of turning (yaw and pitch) from the photo's pose, degrees.
pub const TURN: [f64; 2] = [16.0, 30.0];
/// Free range and ceiling of leaning (roll in the picture plane) from the photo's pose, degrees.
pub const LEAN: [f64; 2] = [25.0, 45.0];
/// Free range and ceiling of sideways and upward movement, centimetres.
pub const SHIFT: [f64; 2] = [3.0, 8.0];
/// Free range and ceiling of the distance, as the natural logarithm of its ratio to the photo's (about 10 % and 22 %).
/// Shoulders do not come nearer with the head, so that beyond the ceiling a head looks too big for its body.
pub const APPROACH: [f64; 2] = [0.10, 0.20];

/// Bends a value beyond the free range towards the ceiling. Odd, monotone and
/// once differentiable; the identity within the free range.
#[must_use]
pub fn soft_limit(value: f64, [free, ceiling]: [f64; 2]) -> f64 {
    let size = value.abs();
    if size <= free {
        return value;
    }
    let room = ceiling - free;
    value.signum() * (free + room * ((size - free) / room).tanh())
}

/// Keeps `target` within the soft limits around `rest`.
#[must_use]
pub fn limit_pose(rest: &Pose, target: &Pose) -> Pose {
    let relative = UnitQuaternion::from_rotation_matrix(&(target.rotation * rest.rotation.inverse()));
    // Swing-twist around the line of sight: the twist is the lean, the swing is the turn.
    let twist = UnitQuaternion::try_new(nalgebra::Quaternion::new(relative.w, 0.0, 0.0, relative.k), 1e-9)
        .unwrap_or_else(UnitQuaternion::identity);
    let swing = relative * twist.inverse();
    let rotation = bend(&swing, TURN) * bend(&twist, LEAN) * rest.rotation;
    let [shift, from] = [target.translation - rest.translation, rest.translation];
    let aside = Vector3::new(shift.x, shift.y, 0.0);
    let length = aside.norm();
    let kept = if length > 0.0 { aside * (soft_limit(length, SHIFT) / length) } else { aside };
    let ratio = if from.z < 0.0 && target.translation.z < 0.0 { (target.translation.z / from.z).ln() } else { 0.0 };
    let distance = from.z * soft_limit(ratio, APPROACH).exp();
    Pose { rotation, translation: Vector3::new(from.x + kept.x, from.y + kept.y, distance) }
}

fn bend(rotation: &UnitQuaternion<f64>, range: [f64; 2]) -> Rotation3<f64> {
    let angle = rotation.angle();
    match rotation.axis() {
        Some(axis) => {
            let kept = soft_limit(angle.to_degrees(), range).to_radians();
            Rotation3::from_axis_angle(&Unit::new_normalize(axis.into_inner()), kept)
        }
        None => Rotation3::identity(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn soft_limit_is_monotone_odd_and_bounded(a in -200.0..200.0f64, b in -200.0..200.0f64) {
            let (low, high) = (a.min(b), a.max(b));
            prop_assert!(soft_limit(low, TURN) <= soft_limit(high, TURN) + 1e-12);
            prop_assert!(soft_limit(a, TURN).abs() <= TURN[1]);
            prop_assert!((soft_limit(a, TURN) + soft_limit(-a, TURN)).abs() < 1e-12);
        }

        #[test]
        fn poses_stay_inside(
            yaw in -3.0..3.0f64, pitch in -1.5..1.5f64, roll in -3.0..3.0f64,
            t in prop::array::uniform3(-50.0..50.0f64),
        ) {
            let rest = Pose { rotation: Rotation3::from_euler_angles(0.1, -0.2, 0.05), translation: Vector3::new(1.0, 2.0, -45.0) };
            let target = Pose {
                rotation: Rotation3::from_euler_angles(pitch, yaw, roll) * rest.rotation,
                translation: rest.translation + Vector3::from(t),
            };
            let kept = limit_pose(&rest, &target);
            prop_assert!(kept.rotation.angle_to(&rest.rotation).to_degrees() <= TURN[1] + LEAN[1] + 1e-6);
            prop_assert!((kept.translation - rest.translation).xy().norm() <= SHIFT[1] + 1e-9);
            prop_assert!(kept.translation.z < 0.0);
        }

        #[test]
        fn small_motion_is_untouched(yaw in -0.15..0.15f64, roll in -0.2..0.2f64, x in -1.5..1.5f64, z in -4.0..4.0f64) {
            let rest = Pose { rotation: Rotation3::from_euler_angles(0.1, -0.2, 0.05), translation: Vector3::new(1.0, 2.0, -45.0) };
            let target = Pose {
                rotation: Rotation3::from_euler_angles(0.0, yaw, roll) * rest.rotation,
                translation: rest.translation + Vector3::new(x, -x, z),
            };
            let kept = limit_pose(&rest, &target);
            // Not by angle: the arc cosine is inexact near 0.
            prop_assert!((kept.rotation.matrix() - target.rotation.matrix()).norm() < 1e-9);
            prop_assert!((kept.translation - target.translation).norm() < 1e-9);
        }
    }
}
