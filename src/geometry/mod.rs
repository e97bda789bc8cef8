//! The mathematics of a face in front of a camera; no pixels, no GPU.
//!
//! Three coordinate frames:
//! - **picture**: pixels, x right, y down, origin at the picture's top left corner;
//!   a landmark's z has the scale of x, smaller is nearer.
//! - **camera**: centimetres, x right, y up, z towards the viewer (a face in front of the camera has z < 0).
//! - **canonical**: centimetres, the frame of the canonical face: pose undone.

pub mod camera;
pub mod canonical;
pub mod face;
pub mod pose;
pub mod topology;

pub use camera::Camera;
pub use canonical::CanonicalFace;
pub use face::{FaceGeometry, Landmarks, Shape};
pub use pose::Pose;

/// Landmarks of a face: 468 of the skin and 5 for each iris.
pub const LANDMARKS: usize = 478;
/// Vertices of the canonical face: the skin landmarks.
pub const VERTICES: usize = 468;

/// Hermite step: 0 below `a`, 1 above `b`, smooth between.
#[must_use]
pub fn smoothstep(x: f64, a: f64, b: f64) -> f64 {
    let t = ((x - a) / (b - a)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}
