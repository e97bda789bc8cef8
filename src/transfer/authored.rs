//! Expressions that the training data has no examples of, made by hand.
//!
//! The blendshape net hardly ever reports puffed cheeks, sneers and a jaw pushed forward, and never more than
//! .13 of a jaw moved sideways, so the decoder could not learn them; editors and authored motions still ask for them. Each is a
//! smooth bump of displacement around a place of the canonical face.

use std::sync::LazyLock;

use nalgebra::Vector3;

use crate::geometry::{CanonicalFace, Shape, VERTICES, smoothstep};
use crate::motion::{Coefficients, coefficient};

/// A bump: how the skin around one landmark moves at coefficient 1, canonical frame, centimetres.
struct Bump {
    name: &'static str,
    landmark: usize,
    reach: f64,
    push: [f64; 3],
}

const fn bump(name: &'static str, landmark: usize, reach: f64, push: [f64; 3]) -> Bump {
    Bump { name, landmark, reach, push }
}

/// The person's right is at negative x. Sizes are judged by eye on renders.
const BUMPS: [Bump; 15] = [
    bump("jawLeft", 152, 6.0, [2.2, 0.0, 0.0]),
    bump("jawRight", 152, 6.0, [-2.2, 0.0, 0.0]),
    bump("jawLeft", 17, 2.5, [0.8, 0.0, 0.0]),
    bump("jawRight", 17, 2.5, [-0.8, 0.0, 0.0]),
    bump("cheekPuff", 192, 4.2, [-0.55, 0.0, 0.45]),
    bump("cheekPuff", 416, 4.2, [0.55, 0.0, 0.45]),
    bump("cheekPuff", 0, 1.6, [0.0, -0.06, 0.25]),
    bump("cheekPuff", 17, 1.6, [0.0, 0.06, 0.25]),
    bump("noseSneerRight", 129, 1.5, [-0.06, 0.30, 0.05]),
    bump("noseSneerLeft", 358, 1.5, [0.06, 0.30, 0.05]),
    bump("noseSneerRight", 36, 2.2, [-0.03, 0.20, 0.10]),
    bump("noseSneerLeft", 266, 2.2, [0.03, 0.20, 0.10]),
    bump("jawForward", 152, 4.5, [0.0, 0.05, 0.9]),
    bump("jawForward", 17, 2.0, [0.0, 0.0, 0.25]),
    bump("jawForward", 175, 2.5, [0.0, 0.0, 0.15]),
];

/// Coefficient and displacement field of each bump.
static FIELDS: LazyLock<Vec<(usize, Shape)>> = LazyLock::new(|| {
    let canonical = CanonicalFace::get();
    let field = |bump: &Bump| {
        let push = Vector3::from(bump.push);
        let near = canonical.distance_to(&[bump.landmark]).into_iter();
        near.map(|distance| push * (1.0 - smoothstep(distance, 0.0, bump.reach))).collect()
    };
    BUMPS.iter().map(|bump| (coefficient(bump.name), field(bump))).collect()
});

/// Adds what `wanted` asks for beyond `rest`, the coefficients that `shape` shows. `shape` holds
/// at least the 468 vertices of the face.
pub fn add(shape: &mut [Vector3<f64>], rest: &Coefficients, wanted: &Coefficients) {
    for (index, field) in FIELDS.iter() {
        let change = f64::from(wanted[*index] - rest[*index]);
        if change == 0.0 {
            continue;
        }
        for (point, step) in shape.iter_mut().zip(field).take(VERTICES) {
            *point += step * change;
        }
    }
}
