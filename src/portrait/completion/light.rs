//! The light of a face's far side on its near side's colours.
//!
//! Skin is alike on both sides, light is not. Where both sides are seen, the logarithm of the ratio of their colours
//! is the difference in light. The light that a surface gets is nearly a quadratic function of its normal
//! (Ramamoorthi, Hanrahan: "An Efficient Representation for Irradiance Environment Maps", SIGGRAPH 2001). Only those
//! terms that change their sign from one side to the other can make the sides differ. They are fitted. What the fit
//! leaves (shadows, skin that is not alike) is continued as a membrane from where it is seen.

use nalgebra::{Matrix3, Vector3};

use super::unwrapped::Unwrapped;
use crate::portrait::inpaint::membrane;
use crate::portrait::plane::Plane;

/// Added to colours (0 to 1) before their ratio is taken, so that dark ones have no large ratio.
const DARK: f32 = 0.03;
/// Largest logarithm of that ratio, to either side.
const MOST: f32 = 0.8;
/// Damping of the fit (ridge regression), as a share of the square's texels, so that a small visible area gives no
/// strong light.
const DAMPING: f32 = 0.002;

/// The colours of `near` in the light of `far`. `known` is 1 where the photo shows both; `radius` is how far the
/// light is evened out, texels.
pub fn carried(far: &Plane, near: &Plane, known: &Plane, face: &Unwrapped, radius: usize) -> Plane {
    let ratio = far.zip(near, |far, near| ((far + DARK) / (near + DARK)).ln().clamp(-MOST, MOST));
    let fitted = fitted(&ratio, known, face);
    let left = ratio.zip(&fitted, |ratio, fitted| ratio - fitted);
    let weight = known.blurred(radius);
    let even = left.zip(known, |left, known| left * known).blurred(radius).zip(&weight, |sum, w| sum / w.max(1e-4));
    let left = membrane(&even, known, 1.0).blurred(radius / 2);
    let light = fitted.zip(&left, |fitted, left| (fitted + left).clamp(-MOST, MOST));
    near.zip(&light, |near, light| (near + DARK) * light.exp() - DARK)
}

/// The function of the surface's normal that comes nearest to `ratio` where that is known: quadratic, and of the
/// other sign on the other side.
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
