//! Motion: what a face does, as numbers without a pixel.

pub mod builtin;
mod components;
pub mod file;
pub(crate) mod mirror;
mod noise;
mod recorder;
pub mod smoothing;
mod target;
mod track;
mod units;

pub use recorder::MotionRecorder;
pub use target::TargetGeometry;
pub use track::{MotionTrack, Origin};

use nalgebra::Vector3;

use crate::geometry::topology::{Eye, LOWER_LIP, UPPER_LIP};
use crate::geometry::{FaceGeometry, Pose, Shape};

/// Number of expression coefficients (ARKit's names; MediaPipe's order, with the tongue where it has `_neutral`).
pub const COEFFICIENTS: usize = 52;

/// Names of the expression coefficients, in the blendshape net's order. The net's first output, `_neutral`, means
/// nothing; the landmark net's coefficient of the tongue takes its place.
pub const COEFFICIENT_NAMES: [&str; COEFFICIENTS] = [
    "tongueOut",
    "browDownLeft",
    "browDownRight",
    "browInnerUp",
    "browOuterUpLeft",
    "browOuterUpRight",
    "cheekPuff",
    "cheekSquintLeft",
    "cheekSquintRight",
    "eyeBlinkLeft",
    "eyeBlinkRight",
    "eyeLookDownLeft",
    "eyeLookDownRight",
    "eyeLookInLeft",
    "eyeLookInRight",
    "eyeLookOutLeft",
    "eyeLookOutRight",
    "eyeLookUpLeft",
    "eyeLookUpRight",
    "eyeSquintLeft",
    "eyeSquintRight",
    "eyeWideLeft",
    "eyeWideRight",
    "jawForward",
    "jawLeft",
    "jawOpen",
    "jawRight",
    "mouthClose",
    "mouthDimpleLeft",
    "mouthDimpleRight",
    "mouthFrownLeft",
    "mouthFrownRight",
    "mouthFunnel",
    "mouthLeft",
    "mouthLowerDownLeft",
    "mouthLowerDownRight",
    "mouthPressLeft",
    "mouthPressRight",
    "mouthPucker",
    "mouthRight",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
    "mouthShrugUpper",
    "mouthSmileLeft",
    "mouthSmileRight",
    "mouthStretchLeft",
    "mouthStretchRight",
    "mouthUpperUpLeft",
    "mouthUpperUpRight",
    "noseSneerLeft",
    "noseSneerRight",
];

/// Index of a coefficient in [`COEFFICIENT_NAMES`]. It is for names in the program; look for names from outside in
/// that list.
///
/// # Panics
///
/// If no coefficient has this name: a misspelt name would otherwise quietly move another part of the face. In a
/// constant this is a compile error.
#[must_use]
pub const fn coefficient(name: &str) -> usize {
    let mut place = 0;
    while place < COEFFICIENTS {
        if same(COEFFICIENT_NAMES[place].as_bytes(), name.as_bytes()) {
            return place;
        }
        place += 1;
    }
    panic!("no expression coefficient has this name")
}

/// Whether two texts are the same. Constants cannot use `==` for it yet.
const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

/// Expression coefficients in \[0, 1\], in the order of [`COEFFICIENT_NAMES`].
pub type Coefficients = [f32; COEFFICIENTS];

/// What one face does at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct FaceMotion {
    /// 478 landmarks, canonical frame, centimetres: pose undone.
    pub shape: Shape,
    /// Head pose.
    pub pose: Pose,
    /// Expression coefficients.
    pub coefficients: Coefficients,
}

impl FaceMotion {
    /// The motion of a face that was just measured.
    #[must_use]
    pub fn new(face: &FaceGeometry, coefficients: Coefficients) -> Self {
        Self { shape: face.shape.clone(), pose: face.pose, coefficients }
    }
}

/// Distance between the middles of an eye's lids, centimetres.
#[must_use]
pub fn lid_gap(shape: &[Vector3<f64>], eye: &Eye) -> f64 {
    (shape[eye.upper] - shape[eye.lower]).norm()
}

/// Distance between an eye's corners, centimetres.
#[must_use]
pub fn eye_width(shape: &[Vector3<f64>], eye: &Eye) -> f64 {
    (shape[eye.corners[0]] - shape[eye.corners[1]]).norm()
}

/// Distance between the middles of the inner lips, centimetres.
#[must_use]
pub fn lip_gap(shape: &[Vector3<f64>]) -> f64 {
    (shape[UPPER_LIP] - shape[LOWER_LIP]).norm()
}
