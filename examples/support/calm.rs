//! A face at rest, whatever its photo shows: photos smile.

use ritratto::motion::{Coefficients, coefficient};

/// Coefficients that are lowered.
const LOWERED: [&str; 8] = [
    "jawOpen",
    "mouthSmileLeft",
    "mouthSmileRight",
    "mouthPucker",
    "eyeSquintLeft",
    "eyeSquintRight",
    "eyeBlinkLeft",
    "eyeBlinkRight",
];
/// What they are lowered to, if they are above it.
const MOST: f32 = 0.05;

/// Coefficients with mouth and eyes at rest.
pub fn calm(mut coefficients: Coefficients) -> Coefficients {
    LOWERED.map(coefficient).into_iter().for_each(|i| coefficients[i] = coefficients[i].min(MOST));
    coefficients
}
