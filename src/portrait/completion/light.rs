//! The light of a face's far side on its near side's colours.
//!
//! Skin is alike on both sides, light is not. In the logarithm the one is taken from the other where both sides are seen. How light
//! falls on a surface is nearly a quadratic of the way it looks (Ramamoorthi, Hanrahan: "An Efficient Representation for
//! Irradiance Environment Maps", SIGGRAPH 2001); only what changes its sign with the sides can make them differ. That is
//! fitted, and what it leaves (shadows, skin that is not alike) goes on from where it is seen as a membrane.

use nalgebra::{Matrix3, Vector3};

use super::unwrapped::Unwrapped;
use crate::portrait::inpaint::membrane;
use crate::portrait::plane::Plane;

/// Floor under colours whose ratio is taken, and the largest ratio, as a logarithm.
const DARK: f32 = 0.03;
const MOST: f32 = 0.8;
/// Damping of the fit (ridge regression), as a share of the square's texels: little that is seen makes no strong light.
const DAMPING: f32 = 0.002;

/// The colours of `near` in the light of `far`, known where both are seen; `radius` is how far light is evened out, texels.
pub fn carried(far: &Plane, near: &Plane, known: &Plane, face: &Unwrapped, radius: usize) -> Plane {
    let ratio = far.zip(near, |far, near| ((far + DARK) / (near + DARK)).ln().clamp(-MOST, MOST));
    let fitted = fitted(&ratio, known, face);
    let left = ratio.zip(&fitted, |ratio, fitted| ratio - fitted);
    let weight = known.blurred(radius);
    let even = left.zip(known, |left, known| left * known).blurred(radius).zip(&weight, |sum, w| sum / w.max(1e-4));
    let left = membrane(&even, known).blurred(radius / 2);
    let light = fitted.zip(&left, |fitted, left| (fitted + left).clamp(-MOST, MOST));
    near.zip(&light, |near, light| (near + DARK) * light.exp() - DARK)
}

/// The quadratic of the way a surface looks that comes nearest to `ratio` where that is known.
fn fitted(ratio: &Plane, known: &Plane, face: &Unwrapped) -> Plane {
    let [nx, ny, nz] = &face.normal;
    let terms = |k: usize| Vector3::new(nx.data[k], nx.data[k] * ny.data[k], nx.data[k] * nz.data[k]);
    let (mut squares, mut sum) = (Matrix3::identity() * (DAMPING * known.data.len() as f32), Vector3::zeros());
    for k in (0..known.data.len()).filter(|&k| known.data[k] > 0.5) {
        squares += terms(k) * terms(k).transpose();
        sum += terms(k) * ratio.data[k];
    }
    let found = squares.cholesky().map_or_else(Vector3::zeros, |squares| squares.solve(&sum));
    Plane { data: (0..known.data.len()).map(|k| terms(k).dot(&found)).collect(), ..*ratio }
}
