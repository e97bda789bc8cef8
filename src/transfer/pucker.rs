//! Lips that purse draw together and hardly become thicker.
//!
//! The blendshape net reads full lips as pursed ones, so what the decoder has learned of a pucker is mostly a fuller pair of lips: from none to
//! all of it, an upper lip becomes .5 cm thicker and the mouth .3 cm narrower. People who say "oo" before a camera do the reverse. In 608 frames
//! of twelve clips (jaws nearly shut, each clip's own mean left out) the whole coefficient goes with a mouth .5 to 1.1 cm narrower, an upper
//! lip .1 to .2 and a lower lip 0 to .3 cm thicker: the first with other coefficients in the fit, the last without. A kiss goes
//! further than speech.

use std::sync::LazyLock;

use nalgebra::Vector3;

use crate::geometry::topology::LIPS;
use crate::geometry::{CanonicalFace, smoothstep};
use crate::motion::{Coefficients, coefficient};

/// How many times as far lips go sideways and up or down as the decoder has it.
const SIDEWAYS: f64 = 2.3;
const UPRIGHT: f64 = 0.42;
/// Distances from the lips up to which skin goes with them and from which on it goes as the decoder has it, centimetres.
const REACH: [f64; 2] = [0.3, 3.0];

/// How much of the change each vertex of the face takes, 0 to 1.
static SHARE: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let far = CanonicalFace::get().distance_to(&LIPS);
    far.into_iter().map(|distance| 1.0 - smoothstep(distance, REACH[0], REACH[1])).collect()
});

/// What is asked for with the pucker that a face shows; `None` where that is asked for.
pub(super) fn without(shown: &Coefficients, asked: &Coefficients) -> Option<Coefficients> {
    let index = coefficient("mouthPucker");
    let mut less = *asked;
    less[index] = shown[index];
    (asked[index] != shown[index]).then_some(less)
}

/// Makes a pucker of what the decoder takes for one: `moves` are the displacements with it, `less` those [`without`]; canonical frame,
/// centimetres.
pub(super) fn draw_together(moves: &mut [Vector3<f64>], less: &[Vector3<f64>]) {
    for ((point, less), share) in moves.iter_mut().zip(less).zip(SHARE.iter()) {
        let way = *point - less;
        point.x += share * (SIDEWAYS - 1.0) * way.x;
        point.y += share * (UPRIGHT - 1.0) * way.y;
    }
}
