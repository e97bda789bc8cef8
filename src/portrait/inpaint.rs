//! Fills a hole in a picture from its surroundings.
//!
//! Pieces of the surroundings ([`super::patches`]) are searched on a small copy and taken
//! from the picture itself, so that the fill is as sharp and as grainy as the surroundings. Where
//! there is nothing to take from, the rim's colours are continued as a membrane: the solution of
//! Laplace's equation with the hole's rim as boundary (Pérez, Gangnet, Blake: "Poisson Image
//! Editing", SIGGRAPH 2003, with no guidance), found from coarse to fine.

use super::patches::{Steps, search};
use super::plane::{Plane, Tap};

/// Sweeps of relaxation at each level. Few are enough, as the coarser level has solved all but the finest waves.
const SWEEPS: usize = 12;

/// How many times as strongly a background's colours are continued sideways as up and down (see [`membrane`]): what is
/// left and right of a head are mostly parts of the same sky, wall or ground, and what is above and below it is not.
pub const SIDEWAYS: f32 = 6.0;

/// Continues `values` smoothly to where `known` is 0; where it is 1 they stay as they are.
/// `sideways` is how many times as strongly they are continued left and right as up and down, above 0; 1 makes no
/// difference between the two. Picture borders let no flow through. With nothing known the result is 0.
#[must_use]
pub fn membrane(values: &Plane, known: &Plane, sideways: f32) -> Plane {
    let (width, height) = (values.width, values.height);
    if width * height <= 1 || known.data.iter().all(|&k| k > 0.5) {
        return values.zip(known, |v, k| if k > 0.5 { v } else { 0.0 });
    }
    if !known.data.iter().any(|&k| k > 0.5) {
        return Plane::filled(width, height, 0.0);
    }
    let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
    let mut coarse = Plane::filled(half_width, half_height, 0.0);
    let mut weight = coarse.clone();
    for y in 0..height {
        for x in 0..width {
            if known.at(x, y) > 0.5 {
                let k = y / 2 * half_width + x / 2;
                coarse.data[k] += values.at(x, y);
                weight.data[k] += 1.0;
            }
        }
    }
    let coarse = coarse.zip(&weight, |v, w| if w > 0.0 { v / w } else { 0.0 });
    let coarse = membrane(&coarse, &weight.map(|w| if w > 0.0 { 1.0 } else { 0.0 }), sideways);
    let mut out = Plane::from_fn(width, height, |x, y| {
        if known.at(x, y) > 0.5 {
            values.at(x, y)
        } else {
            coarse.sample((x as f32 + 0.5) / 2.0, (y as f32 + 0.5) / 2.0)
        }
    });
    // Column and index of each unknown pixel, stored: a division for each pixel of each sweep would take longer than
    // the rest.
    let unknown: Vec<(usize, usize)> =
        (0..width * height).filter(|&k| known.data[k] <= 0.5).map(|k| (k % width, k)).collect();
    for _ in 0..SWEEPS {
        for &(x, k) in &unknown {
            let data = &out.data;
            let left = if x > 0 { data[k - 1] } else { data[k] };
            let right = if x + 1 < width { data[k + 1] } else { data[k] };
            let above = if k >= width { data[k - width] } else { data[k] };
            let below = data.get(k + width).copied().unwrap_or(data[k]);
            out.data[k] = (sideways * (left + right) + above + below) / (2.0 * (sideways + 1.0));
        }
    }
    out
}

/// Long side of the grid on which patches are searched, pixels.
const PATCH_SIDE: usize = 176;

/// A picture with a hole, prepared on small copies for filling at any size.
#[derive(Debug)]
pub struct Fill {
    coarse: [Plane; 3],
    known: Plane,
    patches: Option<(Steps, [Plane; 3])>,
}

impl Fill {
    /// Prepares the hole where `known` is 0. `scale` is the width over which the rim's
    /// colours are averaged for the membrane, pixels.
    #[must_use]
    pub fn new(colours: &[Plane; 3], known: &Plane, scale: usize) -> Self {
        let weight = known.blurred(scale);
        let coarse = colours.each_ref().map(|plane| {
            let mean = plane.zip(known, |v, k| v * k).blurred(scale).zip(&weight, |s, w| s / w.max(1e-6));
            membrane(&mean, known, SIDEWAYS)
        });
        let shrink = (PATCH_SIDE as f32 / known.width.max(known.height) as f32).min(1.0);
        let side = |length: usize| ((length as f32 * shrink).round() as usize).max(1);
        let (width, height) = (side(known.width), side(known.height));
        // A cell of the grid is known if all of its pixels are.
        let reach = if shrink < 1.0 { (0.5 / shrink).ceil() as usize } else { 0 };
        let clear = known.map(|k| 1.0 - k).dilated(reach).map(|u| 1.0 - u).resized(width, height);
        let clear = clear.map(|k| if k > 0.5 { 1.0 } else { 0.0 });
        let small = colours.each_ref().map(|plane| plane.box_mean(reach / 2).resized(width, height));
        let patches = search(&small, &clear).map(|mut steps| {
            // Known cells take their own colour.
            for (step, _) in steps.steps.iter_mut().zip(&clear.data).filter(|(_, k)| **k > 0.5) {
                *step = [0, 0];
            }
            let levels = small.each_ref().map(|plane| seam_levels(plane, &clear, &steps));
            (steps, levels)
        });
        Self { coarse, known: known.clone(), patches }
    }

    /// The filled colour (0..1) at a place in pixels of the picture given to [`Fill::new`], and the share of that
    /// colour that was copied and has the picture's own grain. `detail` gives the full picture's colour at such a
    /// place.
    #[must_use]
    pub fn at(&self, x: f32, y: f32, detail: impl Fn(f32, f32) -> [f32; 3]) -> ([f32; 3], f32) {
        let (width, height) = (self.known.width, self.known.height);
        let here = Tap::new(x, y, width, height);
        let mut colour = self.coarse.each_ref().map(|plane| here.read(plane));
        let Some((steps, levels)) = &self.patches else { return (colour, 0.0) };
        let cell = [width as f32 / steps.width as f32, height as f32 / steps.height as f32];
        let tap = Tap::new(x / cell[0], y / cell[1], steps.width, steps.height);
        let mut sum = [0.0; 3];
        let mut total = 0.0;
        for (k, weight) in tap.corners() {
            let [dx, dy] = steps.steps[k];
            let (u, v) = (x + dx as f32 * cell[0], y + dy as f32 * cell[1]);
            if weight <= 0.0 || Tap::new(u, v, width, height).read(&self.known) < 0.999 {
                continue;
            }
            let found = detail(u, v);
            for (c, s) in sum.iter_mut().enumerate() {
                *s += weight * (found[c] + levels[c].data[k]);
            }
            total += weight;
        }
        for (value, s) in colour.iter_mut().zip(sum) {
            *value += s - total * *value;
        }
        (colour, total)
    }
}

/// What has to be added to each copied pixel so that pieces from different places meet
/// without a step. It is the least-squares solution with which neighbours differ as they do at the
/// places they were taken from (Pérez and others, as above), weakly pulled to 0, and 0 at the rim.
fn seam_levels(values: &Plane, known: &Plane, steps: &Steps) -> Plane {
    const SWEEPS: usize = 160;
    /// Steps well above this (colours 0..1) are edges of things, not seams, and stay.
    const STRONG: f32 = 0.1;
    /// Pull to 0 against the pull of one neighbour: evens out over about 1 / sqrt(PULL) pixels.
    const PULL: f32 = 0.003;
    let (width, height) = (values.width as i32, values.height as i32);
    let at = |x: i32, y: i32, step: [i32; 2]| {
        let (u, v) = ((x + step[0]).clamp(0, width - 1), (y + step[1]).clamp(0, height - 1));
        values.at(u as usize, v as usize)
    };
    // For each pixel of the hole: its index, the sum of the steps in brightness to its neighbours, and the neighbours.
    let mut pixels = Vec::new();
    for k in (0..values.data.len()).filter(|&k| known.data[k] <= 0.5) {
        let (x, y) = (k as i32 % width, k as i32 / width);
        let own = steps.steps[k];
        let mut jump = 0.0;
        let mut neighbours = [usize::MAX; 4];
        for (slot, (dx, dy)) in neighbours.iter_mut().zip([(-1, 0), (1, 0), (0, -1), (0, 1)]) {
            let (nx, ny) = (x + dx, y + dy);
            if nx < 0 || ny < 0 || nx >= width || ny >= height {
                continue;
            }
            let n = (ny * width + nx) as usize;
            *slot = n;
            let other = steps.steps[n];
            // Wanted difference: the mean of the differences at both places.
            let wanted = 0.5 * (at(nx, ny, own) - at(x, y, own) + at(nx, ny, other) - at(x, y, other));
            let step = wanted - (at(nx, ny, other) - at(x, y, own));
            jump += step * (-(step / STRONG).powi(2)).exp();
        }
        pixels.push((k, jump, neighbours));
    }
    // Successive over-relaxation with the best factor for a square hole of this many pixels.
    let factor = 2.0 / (1.0 + (std::f32::consts::PI / (pixels.len() as f32).sqrt().max(4.0)).sin());
    let mut out = Plane::filled(values.width, values.height, 0.0);
    for _ in 0..SWEEPS {
        for &(k, jump, neighbours) in &pixels {
            let (mut sum, mut count) = (-jump, 0.0f32);
            for n in neighbours.into_iter().filter(|&n| n != usize::MAX) {
                sum += out.data[n];
                count += 1.0;
            }
            count += PULL;
            out.data[k] += factor * (sum / count - out.data[k]);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn picture() -> impl Strategy<Value = (Plane, Plane)> {
        (1usize..24, 1usize..24).prop_flat_map(|(width, height)| {
            let plane = move || {
                prop::collection::vec(0.0..1.0f32, width * height).prop_map(move |data| Plane { width, height, data })
            };
            (plane(), plane().prop_map(|p| p.map(|v| if v > 0.4 { 1.0 } else { 0.0 })))
        })
    }

    proptest! {
        /// A membrane has no peak of its own, and leaves the known values alone.
        #[test]
        fn membrane_stays_between_its_rims((values, known) in picture(), sideways in 0.1..10.0f32) {
            let out = membrane(&values, &known, sideways);
            let of_known: Vec<f32> =
                values.data.iter().zip(&known.data).filter(|(_, k)| **k > 0.5).map(|(v, _)| *v).collect();
            let low = of_known.iter().copied().fold(f32::MAX, f32::min);
            let high = of_known.iter().copied().fold(f32::MIN, f32::max);
            for (k, &v) in out.data.iter().enumerate() {
                if known.data[k] > 0.5 {
                    prop_assert_eq!(v, values.data[k]);
                } else if of_known.is_empty() {
                    prop_assert_eq!(v, 0.0);
                } else {
                    prop_assert!(v >= low - 1e-5 && v <= high + 1e-5);
                }
            }
        }
    }

    #[test]
    fn membrane_continues_a_gradient() {
        let ramp = Plane::from_fn(64, 8, |x, _| x as f32);
        let known = Plane::from_fn(64, 8, |x, _| if (16..48).contains(&x) { 0.0 } else { 1.0 });
        let out = membrane(&ramp, &known, 1.0);
        assert!(out.data.iter().zip(&ramp.data).all(|(a, b)| (a - b).abs() < 1.5));
    }
    /// A bright sky above a dark ground, and a hole as tall as a head from the ground up into the sky.
    #[test]
    fn a_horizon_goes_on_behind_a_head() {
        let sky = Plane::from_fn(64, 64, |_, y| if y < 32 { 1.0 } else { 0.0 });
        let known = Plane::from_fn(64, 64, |x, y| if (20..44).contains(&x) && y > 8 { 0.0 } else { 1.0 });
        let middle = |sideways: f32| {
            let out = membrane(&sky, &known, sideways);
            [out.at(32, 24), out.at(32, 40)]
        };
        let [[sky, ground], [even_sky, even_ground]] = [SIDEWAYS, 1.0].map(middle);
        assert!(sky > 0.9 && ground < 0.1, "{sky} {ground}");
        assert!(even_sky < 0.85 && even_ground > 0.15, "no test of the direction: {even_sky} {even_ground}");
    }
}
