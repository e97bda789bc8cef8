//! Expressions that the training data has no examples of, made by hand.
//!
//! The blendshape net hardly ever reports puffed cheeks, sneers and a jaw pushed forward, and never more than
//! .13 of a jaw moved sideways, so the decoder could not learn them; editors and authored motions still ask for
//! them. Puffs, sneers and the jaw forward are smooth bumps of displacement around places of the canonical face.
//! The decoder moves a jaw sideways by too little: here the jaw slides in one piece with the lower lip, and
//! the upper lip goes half as far.

use std::sync::LazyLock;

use nalgebra::Vector3;

use crate::geometry::{CanonicalFace, smoothstep, topology};
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

/// All bumps. The person's right is at negative x. Sizes were judged by eye on renders.
const BUMPS: [Bump; 11] = [
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

/// Landmarks of the lower lip and the chin, which move with the jaw.
const JAW: [usize; 11] = [17, 14, 84, 314, 181, 405, 152, 175, 199, 200, 18];
/// Distance from these landmarks at which skin no longer follows the jaw, centimetres.
const JAW_REACH: f64 = 10.0;
/// Distance below the upper lip's inner edge (landmark 13) from which the skin follows the jaw in full, centimetres.
const LIP_STEP: f64 = 0.35;
/// The share of the jaw's way that the upper lip's inner edge goes, and the height above that edge at which skin no
/// longer follows, centimetres.
const UPPER_LIP: [f64; 2] = [0.5, 1.4];
/// The way of the jaw to a side, centimetres for each unit of the coefficient's log-odds. On bare landmarks the
/// encoder reads a way of .7 cm as a coefficient of .85. In a render it reads about half of the way, which this makes
/// up for.
const JAW_WAY: f64 = 0.26;
/// Largest way of the jaw to a side, centimetres.
const JAW_WIDEST: f64 = 1.45;
/// Added to a coefficient and to what it lacks to 1 before odds are taken, so that the noise of a calm face hardly
/// moves the jaw.
const CALM: f64 = 0.03;

/// How far the jaw is to the person's left with these coefficients, centimetres.
fn slide(coefficients: &Coefficients) -> f64 {
    let way = |name| {
        let value = f64::from(coefficients[coefficient(name)]).clamp(0.0, 1.0);
        let odds = |value: f64| ((value + CALM) / (1.0 - value + CALM)).ln();
        JAW_WAY * (odds(value) - odds(0.0))
    };
    (way("jawLeft") - way("jawRight")).clamp(-JAW_WIDEST, JAW_WIDEST)
}

/// The share of the jaw's way that each vertex goes.
static FOLLOWING: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let canonical = CanonicalFace::get();
    let lip = canonical.positions[topology::UPPER_LIP].y;
    let near = canonical.distance_to(&JAW).into_iter().zip(&canonical.positions);
    near.map(|(distance, place)| {
        let below = lip - place.y;
        let [share, height] = UPPER_LIP;
        let along = share * smoothstep(below, -height, 0.0) + (1.0 - share) * smoothstep(below, 0.0, LIP_STEP);
        (1.0 - smoothstep(distance, 0.0, JAW_REACH)) * along
    })
    .collect()
});

/// A bump's vertices, and the displacement of each at coefficient 1, centimetres.
type Field = Vec<(usize, Vector3<f64>)>;

/// Coefficient and displacement field of each bump.
static FIELDS: LazyLock<Vec<(usize, Field)>> = LazyLock::new(|| {
    let canonical = CanonicalFace::get();
    let field = |bump: &Bump| {
        let push = Vector3::from(bump.push);
        let near = canonical.distance_to(&[bump.landmark]).into_iter().enumerate();
        near.filter(|(_, distance)| *distance < bump.reach)
            .map(|(vertex, distance)| (vertex, push * (1.0 - smoothstep(distance, 0.0, bump.reach))))
            .collect()
    };
    BUMPS.iter().map(|bump| (coefficient(bump.name), field(bump))).collect()
});

/// The coefficients with 0 for those that only this module makes, and for a jaw to the right (see
/// [`Movable`](super::movable::Movable)): the decoder does not know them.
#[must_use]
pub fn left_out(mut coefficients: Coefficients) -> Coefficients {
    let made = BUMPS.iter().map(|bump| bump.name).chain(["jawRight"]);
    made.for_each(|name| coefficients[coefficient(name)] = 0.0);
    coefficients
}

/// Adds to `shape` the displacements that lead from `rest`, the coefficients that it shows, to `wanted`. `shape` holds
/// at least the 468 vertices of the face.
pub fn add(shape: &mut [Vector3<f64>], rest: &Coefficients, wanted: &Coefficients) {
    for (index, field) in FIELDS.iter() {
        let change = f64::from(wanted[*index] - rest[*index]);
        if change == 0.0 {
            continue;
        }
        for (vertex, step) in field {
            shape[*vertex] += step * change;
        }
    }
    let way = slide(wanted) - slide(rest);
    if way != 0.0 {
        for (point, share) in shape.iter_mut().zip(FOLLOWING.iter()) {
            point.x += way * share;
        }
    }
}
