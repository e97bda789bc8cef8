//! One-channel pictures of floats, and the box filters that matte and plate are made of.

use image::GrayImage;

/// A one-channel picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    /// Width, pixels.
    pub width: usize,
    /// Height, pixels.
    pub height: usize,
    /// Values, row by row.
    pub data: Vec<f32>,
}

impl Plane {
    /// A picture of `width` x `height` equal values.
    #[must_use]
    pub fn filled(width: usize, height: usize, value: f32) -> Self {
        Self { width, height, data: vec![value; width * height] }
    }

    /// A picture from a function of column and row.
    #[must_use]
    pub fn from_fn(width: usize, height: usize, mut value: impl FnMut(usize, usize) -> f32) -> Self {
        let data = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| value(x, y)).collect();
        Self { width, height, data }
    }

    /// A grey picture with 255 as 1.
    #[must_use]
    pub fn from_gray(picture: &GrayImage) -> Self {
        let (width, height) = picture.dimensions();
        let data = picture.iter().map(|&v| f32::from(v) / 255.0).collect();
        Self { width: width as usize, height: height as usize, data }
    }

    /// A picture with `change` applied to every value.
    #[must_use]
    pub fn map(&self, change: impl Fn(f32) -> f32) -> Self {
        Self { data: self.data.iter().map(|&v| change(v)).collect(), ..*self }
    }

    /// Both pictures combined value by value; they must have one size.
    #[must_use]
    pub fn zip(&self, other: &Self, combine: impl Fn(f32, f32) -> f32) -> Self {
        Self { data: self.data.iter().zip(&other.data).map(|(&a, &b)| combine(a, b)).collect(), ..*self }
    }

    /// The value at column `x`, row `y`.
    #[must_use]
    pub fn at(&self, x: usize, y: usize) -> f32 {
        self.data[y * self.width + x]
    }

    /// Bilinear value at a place in pixels, pixel centres at halves; the border repeats outside.
    #[must_use]
    pub fn sample(&self, x: f32, y: f32) -> f32 {
        Tap::new(x, y, self.width, self.height).read(self)
    }

    /// The picture at another size, bilinear.
    #[must_use]
    pub fn resized(&self, width: usize, height: usize) -> Self {
        let (sx, sy) = (self.width as f32 / width as f32, self.height as f32 / height as f32);
        Self::from_fn(width, height, |x, y| self.sample((x as f32 + 0.5) * sx, (y as f32 + 0.5) * sy))
    }

    /// Mean over the square of `2 radius + 1` pixels; only pixels inside the picture count.
    #[must_use]
    pub fn box_mean(&self, radius: usize) -> Self {
        if radius == 0 || self.data.is_empty() {
            return self.clone();
        }
        let mut rows = self.clone();
        let across = shares(self.width, radius);
        // Several rows at once: each row's running sum waits only for its own last addition, not for the other rows'.
        const ROWS: usize = 4;
        for (lines, out) in self.data.chunks(ROWS * self.width).zip(rows.data.chunks_mut(ROWS * self.width)) {
            let mut sums = [0.0f64; ROWS];
            for (sum, line) in sums.iter_mut().zip(lines.chunks(self.width)) {
                *sum = line.iter().take(radius).map(|&v| f64::from(v)).sum();
            }
            let count = lines.len() / self.width;
            for (x, share) in across.iter().enumerate() {
                for (r, sum) in sums.iter_mut().enumerate().take(count) {
                    let start = r * self.width;
                    if x + radius < self.width {
                        *sum += f64::from(lines[start + x + radius]);
                    }
                    if x > radius {
                        *sum -= f64::from(lines[start + x - radius - 1]);
                    }
                    out[start + x] = (*sum * share) as f32;
                }
            }
        }
        let mut out = rows.clone();
        let mut sums = vec![0.0f64; self.width];
        let line = |y: usize| &rows.data[y * self.width..(y + 1) * self.width];
        for y in 0..radius.min(self.height) {
            sums.iter_mut().zip(line(y)).for_each(|(s, &v)| *s += f64::from(v));
        }
        for (y, share) in shares(self.height, radius).into_iter().enumerate() {
            if y + radius < self.height {
                sums.iter_mut().zip(line(y + radius)).for_each(|(s, &v)| *s += f64::from(v));
            }
            if y > radius {
                sums.iter_mut().zip(line(y - radius - 1)).for_each(|(s, &v)| *s -= f64::from(v));
            }
            let target = &mut out.data[y * self.width..(y + 1) * self.width];
            target.iter_mut().zip(&sums).for_each(|(t, &s)| *t = (s * share) as f32);
        }
        out
    }

    /// Three box means: a close approximation of a Gaussian with standard deviation `radius`.
    #[must_use]
    pub fn blurred(&self, radius: usize) -> Self {
        self.box_mean(radius).box_mean(radius).box_mean(radius)
    }

    /// Largest value over the square of `2 radius + 1` pixels.
    #[must_use]
    pub fn dilated(&self, radius: usize) -> Self {
        self.extreme_rows(radius).transposed().extreme_rows(radius).transposed()
    }

    /// Running maximum along the rows by van Herk's method: three comparisons a pixel for any radius.
    fn extreme_rows(&self, radius: usize) -> Self {
        if radius == 0 || self.data.is_empty() {
            return self.clone();
        }
        let window = 2 * radius + 1;
        let padded_width = (self.width + 2 * radius).div_ceil(window) * window;
        let (mut forward, mut backward) = (vec![0.0; padded_width], vec![0.0; padded_width]);
        let mut out = self.clone();
        for (line, target) in self.data.chunks(self.width).zip(out.data.chunks_mut(self.width)) {
            let value =
                |i: usize| i.checked_sub(radius).and_then(|x| line.get(x)).copied().unwrap_or(f32::NEG_INFINITY);
            for i in 0..padded_width {
                forward[i] = if i.is_multiple_of(window) { value(i) } else { value(i).max(forward[i - 1]) };
                let j = padded_width - 1 - i;
                backward[j] = if (j + 1).is_multiple_of(window) { value(j) } else { value(j).max(backward[j + 1]) };
            }
            for (x, t) in target.iter_mut().enumerate() {
                *t = backward[x].max(forward[x + 2 * radius]);
            }
        }
        out
    }

    fn transposed(&self) -> Self {
        Self::from_fn(self.height, self.width, |x, y| self.at(y, x))
    }
}

/// For each place of a line, the weight of one value in the mean of all values within `radius` of that place: one over
/// how many of them lie inside the line.
fn shares(length: usize, radius: usize) -> Vec<f64> {
    let count = |x: usize| (x + radius + 1).min(length) - x.saturating_sub(radius);
    (0..length).map(|x| 1.0 / count(x) as f64).collect()
}

/// Pixels and weights of a bilinear sample, computed once to read several planes of one size at the same place.
#[derive(Debug, Clone, Copy)]
pub struct Tap {
    indices: [usize; 4],
    weights: [f32; 4],
}

impl Tap {
    /// A place in pixels, pixel centres at halves, in a picture of `width` x `height`.
    #[must_use]
    pub fn new(x: f32, y: f32, width: usize, height: usize) -> Self {
        let x = (x - 0.5).clamp(0.0, width.saturating_sub(1) as f32);
        let y = (y - 0.5).clamp(0.0, height.saturating_sub(1) as f32);
        let (x0, y0) = (x as usize, y as usize);
        let (x1, y1) = ((x0 + 1).min(width.saturating_sub(1)), (y0 + 1).min(height.saturating_sub(1)));
        let (fx, fy) = (x - x0 as f32, y - y0 as f32);
        Self {
            indices: [y0 * width + x0, y0 * width + x1, y1 * width + x0, y1 * width + x1],
            weights: [(1.0 - fx) * (1.0 - fy), fx * (1.0 - fy), (1.0 - fx) * fy, fx * fy],
        }
    }

    /// The four pixels around the place: index and weight.
    pub fn corners(&self) -> impl Iterator<Item = (usize, f32)> {
        self.indices.into_iter().zip(self.weights)
    }

    /// The value of `plane` there.
    #[must_use]
    pub fn read(&self, plane: &Plane) -> f32 {
        self.indices.iter().zip(self.weights).map(|(&i, w)| plane.data[i] * w).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn planes() -> impl Strategy<Value = Plane> {
        (1usize..12, 1usize..12).prop_flat_map(|(width, height)| {
            prop::collection::vec(0.0..1.0f32, width * height).prop_map(move |data| Plane { width, height, data })
        })
    }

    fn window(plane: &Plane, x: usize, y: usize, radius: usize) -> Vec<f32> {
        let rows = y.saturating_sub(radius)..(y + radius + 1).min(plane.height);
        rows.flat_map(|j| (x.saturating_sub(radius)..(x + radius + 1).min(plane.width)).map(move |i| plane.at(i, j)))
            .collect()
    }

    proptest! {
        /// The running filters must give what the plain definition gives.
        #[test]
        fn filters_are_what_they_say(plane in planes(), radius in 0usize..14) {
            let (mean, largest) = (plane.box_mean(radius), plane.dilated(radius));
            for y in 0..plane.height {
                for x in 0..plane.width {
                    let values = window(&plane, x, y, radius);
                    let expected = values.iter().sum::<f32>() / values.len() as f32;
                    prop_assert!((mean.at(x, y) - expected).abs() < 1e-5);
                    prop_assert_eq!(largest.at(x, y), values.iter().copied().fold(0.0, f32::max));
                }
            }
        }

        #[test]
        fn resizing_stays_in_range(plane in planes(), width in 1usize..20, height in 1usize..20) {
            prop_assert!(plane.resized(width, height).data.iter().all(|v| (-1e-6..1.000_001).contains(v)));
            prop_assert_eq!(plane.resized(plane.width, plane.height), plane);
        }
    }
}
