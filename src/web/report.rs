//! The objects that tell JavaScript about a frame.

use js_sys::{Float32Array, Object, Reflect};
use nalgebra::UnitQuaternion;
use wasm_bindgen::JsValue;

use crate::encoder::{Detection, Observation};
use crate::motion::FaceMotion;

/// A plain object with these properties.
pub fn object<const N: usize>(properties: [(&str, JsValue); N]) -> JsValue {
    let object = Object::new();
    for (name, value) in properties {
        // Cannot fail: the object was just made and is extensible.
        let _ = Reflect::set(&object, &name.into(), &value);
    }
    object.into()
}

/// Landmarks as x, y in shares of the picture's width and height.
pub fn shares(observation: &Observation) -> Vec<f32> {
    let (width, height) = (observation.size.0.max(1) as f32, observation.size.1.max(1) as f32);
    observation.landmarks.iter().flat_map(|[x, y, _]| [x / width, y / height]).collect()
}

/// A face that was found: `{bounds, keypoints, score}`, places in shares of the picture's width and height.
pub fn face(found: &Detection, (width, height): (u32, u32)) -> JsValue {
    let size = [width.max(1) as f32, height.max(1) as f32];
    let places = |pixels: &[f32]| {
        let shares: Vec<f32> = pixels.iter().zip(size.iter().cycle()).map(|(value, side)| value / side).collect();
        Float32Array::from(shares.as_slice()).into()
    };
    object([
        ("bounds", places(&found.bounds)),
        ("keypoints", places(found.keypoints.as_flattened())),
        ("score", found.score.into()),
    ])
}

/// The motion seen in a driver's frame: `{face, landmarks, coefficients, rotation, translation, angles}`, or
/// `{face: false}` where it shows no face.
pub fn frame(seen: Option<(&FaceMotion, &[f32])>) -> JsValue {
    let Some((motion, landmarks)) = seen else {
        return object([("face", false.into())]);
    };
    let q = UnitQuaternion::from_rotation_matrix(&motion.pose.rotation);
    let list = |values: &[f64]| {
        let values: Vec<f32> = values.iter().map(|&v| v as f32).collect();
        Float32Array::from(values.as_slice()).into()
    };
    object([
        ("face", true.into()),
        ("landmarks", Float32Array::from(landmarks).into()),
        ("coefficients", Float32Array::from(motion.coefficients.as_slice()).into()),
        ("rotation", list(&[q.w, q.i, q.j, q.k])),
        ("translation", list(motion.pose.translation.as_slice())),
        ("angles", list(&motion.pose.angles())),
    ])
}
