//! Targets posed by hand, for the render tests.

use nalgebra::{Rotation3, Vector3};
use ritratto::geometry::topology::{EYES, Eye};
use ritratto::motion::TargetGeometry;

/// Turns the head by yaw, pitch and roll, degrees.
pub fn turn(mut target: TargetGeometry, yaw: f64, pitch: f64, roll: f64) -> TargetGeometry {
    let [x, y, z] = [-pitch, yaw, roll].map(f64::to_radians);
    target.pose.rotation = Rotation3::from_euler_angles(x, y, z) * target.pose.rotation;
    target
}

/// Leaves a share of an eye's opening.
pub fn close_eye(mut target: TargetGeometry, eye: &Eye, open: f64) -> TargetGeometry {
    for k in 1..8 {
        let (lower, upper) = (eye.lids[k], eye.lids[16 - k]);
        let closing = (target.shape[upper] - target.shape[lower]) * (1.0 - open);
        target.shape[upper] -= closing * 0.85;
        target.shape[lower] += closing * 0.15;
    }
    target
}

/// Moves both irises, centimetres.
pub fn look(mut target: TargetGeometry, x: f64, y: f64) -> TargetGeometry {
    for &i in EYES.iter().flat_map(|eye| &eye.iris) {
        target.shape[i] += Vector3::new(x, y, 0.0);
    }
    target
}
