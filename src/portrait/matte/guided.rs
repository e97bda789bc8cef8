//! The guided filter with a colour guide (He, Sun, Tang: "Guided Image Filtering",
//! IEEE TPAMI 2013), in its fast form (He, Sun: "Fast Guided Filter", arXiv 1505.00996, 2015):
//! the coefficients are found on a small picture, the line is drawn at full size.

use nalgebra::{Matrix3, Vector3};

use crate::portrait::plane::{Plane, Tap};

/// `matte = slope . colour + offset`, coefficients for each pixel of a small picture.
#[derive(Debug, Clone)]
pub struct LocalLine {
    slope: [Plane; 3],
    offset: Plane,
}

impl LocalLine {
    /// Fits `mask` as a linear function of the `guide` colours (0..1) in every window of `2 radius + 1` pixels.
    /// The fit does not follow colours whose variance is below `epsilon`.
    #[must_use]
    pub fn fit(guide: &[Plane; 3], mask: &Plane, radius: usize, epsilon: f32) -> Self {
        let mean = |a: &Plane, b: &Plane| a.zip(b, |a, b| a * b).box_mean(radius);
        let mean_mask = mask.box_mean(radius);
        let mean_guide = guide.each_ref().map(|plane| plane.box_mean(radius));
        let mean_product = guide.each_ref().map(|plane| mean(plane, mask));
        const PAIRS: [(usize, usize); 6] = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)];
        let second = PAIRS.map(|(i, j)| mean(&guide[i], &guide[j]));
        let mut slope = guide.each_ref().map(|plane| Plane::filled(plane.width, plane.height, 0.0));
        let mut offset = mean_mask.clone();
        for k in 0..mask.data.len() {
            let centre = Vector3::from(mean_guide.each_ref().map(|plane| plane.data[k]));
            let mut covariance = Matrix3::from_diagonal_element(epsilon);
            for ((i, j), plane) in PAIRS.into_iter().zip(&second) {
                let value = plane.data[k] - centre[i] * centre[j];
                covariance[(i, j)] += value;
                if i != j {
                    covariance[(j, i)] += value;
                }
            }
            let product = Vector3::from(mean_product.each_ref().map(|plane| plane.data[k]));
            let cross = product - centre * mean_mask.data[k];
            let line = covariance.try_inverse().map_or_else(Vector3::zeros, |inverse| inverse * cross);
            for (plane, value) in slope.iter_mut().zip(&line) {
                plane.data[k] = *value;
            }
            offset.data[k] -= line.dot(&centre);
        }
        Self { slope: slope.map(|plane| plane.box_mean(radius)), offset: offset.box_mean(radius) }
    }

    /// The matte of a colour at a tap in the small picture; not clipped to 0..1.
    #[must_use]
    pub fn at(&self, tap: &Tap, colour: [f32; 3]) -> f32 {
        let line: f32 = self.slope.iter().zip(colour).map(|(plane, c)| tap.read(plane) * c).sum();
        line + tap.read(&self.offset)
    }
}
