//! Pursed lips draw together and hardly become thicker.
//!
//! The blendshape net reads full lips as pursed ones, so the pucker that the decoder has learnt is mostly a fuller
//! pair of lips: as `mouthPucker` goes from 0 to 1, the upper lip becomes .5 cm thicker and the mouth .3 cm narrower.
//! In people who say "oo" before a camera it is the other way round. In 608 frames of twelve clips (jaws nearly shut,
//! each clip's mean taken off) a `mouthPucker` of 1 goes with a mouth that is .5 to 1.1 cm narrower, an upper lip
//! that is .1 to .2 cm thicker and a lower lip that is 0 to .3 cm thicker. The first number of each range is from a
//! fit with other coefficients in it, the second from one without. A kiss goes further than speech.

use std::sync::LazyLock;

use nalgebra::Vector3;

use crate::geometry::topology::LIPS;
use crate::geometry::{CanonicalFace, smoothstep};
use crate::motion::{Coefficients, coefficient};

/// Factor on the sideways part of the decoder's pucker.
const SIDEWAYS: f64 = 2.3;
/// Factor on its part up and down.
const UPRIGHT: f64 = 0.42;
/// Distances from the lips, centimetres: skin below the first moves as changed here, skin above the second as the
/// decoder moves it.
const REACH: [f64; 2] = [0.3, 3.0];

/// How far these factors apply to each vertex of the face, 0 to 1.
static SHARE: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let far = CanonicalFace::get().distance_to(&LIPS);
    far.into_iter().map(|distance| 1.0 - smoothstep(distance, REACH[0], REACH[1])).collect()
});

/// The coefficients `asked` with the pucker that the face already shows; `None` if no other pucker is asked for.
pub(super) fn without(shown: &Coefficients, asked: &Coefficients) -> Option<Coefficients> {
    let index = coefficient("mouthPucker");
    let mut less = *asked;
    less[index] = shown[index];
    (asked[index] != shown[index]).then_some(less)
}

/// Turns the decoder's fuller lips into a pucker. `moves` are the displacements with its pucker, `less` those without
/// it ([`without`]); canonical frame, centimetres.
pub(super) fn draw_together(moves: &mut [Vector3<f64>], less: &[Vector3<f64>]) {
    for ((point, less), share) in moves.iter_mut().zip(less).zip(SHARE.iter()) {
        let way = *point - less;
        point.x += share * (SIDEWAYS - 1.0) * way.x;
        point.y += share * (UPRIGHT - 1.0) * way.y;
    }
}
