//! Cuts a region out of a picture as a net's input.

use image::RgbaImage;

use super::Region;
use super::nets::{DETECTOR_SIDE, LANDMARK_SIDE};

/// What a region shows where it reaches outside the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Border {
    /// The nearest pixel of the picture.
    Replicate,
    /// Black.
    Zero,
}

/// The form of a net's input: a region as `side` x `side` pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Input {
    pub(super) side: usize,
    pub(super) border: Border,
    /// The values that levels of 0 and of 255 become.
    pub(super) range: [f32; 2],
}

impl Input {
    /// The input of the face detector.
    pub(super) const DETECTOR: Self = Self { side: DETECTOR_SIDE, border: Border::Zero, range: [-1.0, 1.0] };
    /// The input of the landmark net.
    pub(super) const LANDMARKS: Self = Self { side: LANDMARK_SIDE, border: Border::Replicate, range: [0.0, 1.0] };

    /// Difference of value for one level.
    pub(super) fn gain(&self) -> f32 {
        (self.range[1] - self.range[0]) / 255.0
    }

    /// The input for a region of a picture, rows of RGB.
    pub(super) fn of(&self, picture: &RgbaImage, region: &Region) -> Vec<f32> {
        crop(picture, region, self.side, self.border, self.range)
    }
}

/// Number of places between two pixels, as an exponent of 2: OpenCV's `warpPerspective` has 32.
const STEP_BITS: u32 = 5;
const STEPS: i64 = 1 << STEP_BITS;

/// Samples `region` to `side` x `side` pixels by bilinear interpolation; the alpha
/// channel is ignored. Returns rows of RGB, scaled so that 0 and 255 become `range`.
///
/// The region's corners map to 0 and `side` *without* a half-pixel offset: the value at
/// column `i` is taken at the picture coordinate of `i / side`, where whole picture
/// coordinates are pixel centres. This is what MediaPipe's CPU path does and what the
/// nets expect; half a pixel more moves the landmarks by up to 1.5 % of the eye distance.
/// Places are rounded to 1/32 pixel and values to whole levels, as MediaPipe's are: without the rounding the
/// landmarks of hard pictures differ from MediaPipe's by up to .6 % of the eye distance.
pub(crate) fn crop(picture: &RgbaImage, region: &Region, side: usize, border: Border, range: [f32; 2]) -> Vec<f32> {
    let (width, height) = (i64::from(picture.width()), i64::from(picture.height()));
    let mut out = vec![range[0]; side * side * 3];
    if width == 0 || height == 0 {
        return out;
    }
    let pixels = picture.as_raw();
    let gain = (range[1] - range[0]) / 255.0;
    // Offset of a pixel in `pixels`, and the factor on its weight: 0 where black lies outside the picture.
    let locate = |x: i64, y: i64| {
        let (inside_x, inside_y) = (x.clamp(0, width - 1), y.clamp(0, height - 1));
        let kept = border == Border::Replicate || (inside_x == x && inside_y == y);
        ((inside_y * width + inside_x) as usize * 4, u32::from(kept))
    };
    let [origin, across, down] = frame(region, side);
    for (row, line) in out.chunks_exact_mut(side * 3).enumerate() {
        let start = [0, 1].map(|axis| origin[axis] + down[axis] * row as f64);
        for (column, target) in line.chunks_exact_mut(3).enumerate() {
            // Places of an absurd region are clamped to half of the largest integer, so that adding 1 does not
            // overflow.
            let place = |axis: usize| {
                ((start[axis] + across[axis] * column as f64).round_ties_even() as i64)
                    .clamp(i64::MIN / 2, i64::MAX / 2)
            };
            let (x, y) = (place(0), place(1));
            let (left, top) = (x >> STEP_BITS, y >> STEP_BITS);
            let (right_share, lower_share) = ((x & (STEPS - 1)) as u32, (y & (STEPS - 1)) as u32);
            let (left_share, upper_share) = (STEPS as u32 - right_share, STEPS as u32 - lower_share);
            let taps = [
                (locate(left, top), left_share * upper_share),
                (locate(left + 1, top), right_share * upper_share),
                (locate(left, top + 1), left_share * lower_share),
                (locate(left + 1, top + 1), right_share * lower_share),
            ];
            for (channel, value) in target.iter_mut().enumerate() {
                let sum: u32 = taps.iter().map(|((at, kept), w)| u32::from(pixels[at + channel]) * kept * w).sum();
                let half = 1 << (2 * STEP_BITS - 1);
                *value = range[0] + ((sum + half) >> (2 * STEP_BITS)) as f32 * gain;
            }
        }
    }
    out
}

/// The region's top left corner, the step from column to column and the step from row to row, all in 1/32 pixels.
pub(super) fn frame(region: &Region, side: usize) -> [[f64; 2]; 3] {
    let (sin, cos) = f64::from(region.rotation).sin_cos();
    let [width, height] = region.size.map(f64::from);
    let steps = STEPS as f64;
    let across = [cos * width, sin * width].map(|length| length * steps);
    let down = [-sin * height, cos * height].map(|length| length * steps);
    let origin = [0, 1].map(|axis| f64::from(region.centre[axis]) * steps - (across[axis] + down[axis]) / 2.0);
    let pixel = |way: [f64; 2]| way.map(|length| length / side as f64);
    [origin, pixel(across), pixel(down)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgba;
    use proptest::prelude::*;

    /// Largest difference of neighbouring pixels in the test picture, at a border to black.
    const STEEPEST: f64 = 240.0;

    /// The definition, one sample at a time, in double precision.
    fn reference(
        picture: &RgbaImage,
        region: &Region,
        side: usize,
        border: Border,
        column: usize,
        row: usize,
    ) -> [f64; 3] {
        let (sin, cos) = f64::from(region.rotation).sin_cos();
        let u = (column as f64 / side as f64 - 0.5) * f64::from(region.size[0]);
        let v = (row as f64 / side as f64 - 0.5) * f64::from(region.size[1]);
        let x = f64::from(region.centre[0]) + cos * u - sin * v;
        let y = f64::from(region.centre[1]) + sin * u + cos * v;
        let mut sum = [0.0; 3];
        for py in [y.floor(), y.floor() + 1.0] {
            for px in [x.floor(), x.floor() + 1.0] {
                let weight = (1.0 - (x - px).abs()) * (1.0 - (y - py).abs());
                let (w, h) = (f64::from(picture.width()), f64::from(picture.height()));
                if border == Border::Zero && (px < 0.0 || py < 0.0 || px >= w || py >= h) {
                    continue;
                }
                let pixel = picture.get_pixel(px.clamp(0.0, w - 1.0) as u32, py.clamp(0.0, h - 1.0) as u32);
                (0..3).for_each(|c| sum[c] += weight * f64::from(pixel.0[c]));
            }
        }
        sum
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn matches_the_definition(
            width in 1u32..40, height in 1u32..40, seed in any::<u32>(), zero in any::<bool>(),
            centre in prop::array::uniform2(-10.0..50.0f32),
            size in prop::array::uniform2(0.5..80.0f32),
            rotation in -3.2..3.2f32,
        ) {
            let picture = RgbaImage::from_fn(width, height, |x, y| {
                let h = (x ^ seed).wrapping_mul(2_654_435_761).wrapping_add(y.wrapping_mul(40_503) ^ seed);
                Rgba([(x * 6) as u8, (y * 6) as u8, (h >> 24) as u8 / 8, 7])
            });
            let region = Region { centre, size, rotation };
            let border = if zero { Border::Zero } else { Border::Replicate };
            let side = 9;
            let out = crop(&picture, &region, side, border, [0.0, 255.0]);
            for row in 0..side {
                for column in 0..side {
                    let want = reference(&picture, &region, side, border, column, row);
                    for (channel, want) in want.into_iter().enumerate() {
                        let found = f64::from(out[(row * side + column) * 3 + channel]);
                        // Half a level of rounding, and 1/64 pixel each way at the steepest place.
                        prop_assert!((found - want).abs() < 0.5 + STEEPEST / 32.0, "{column},{row}: {found} against {want}");
                    }
                }
            }
        }
    }

    #[test]
    fn corners_have_no_half_pixel() {
        let picture = RgbaImage::from_fn(8, 8, |x, y| Rgba([x as u8 * 10, y as u8 * 10, 0, 255]));
        let region = Region { centre: [4.0, 4.0], size: [8.0, 8.0], rotation: 0.0 };
        let out = crop(&picture, &region, 4, Border::Replicate, [0.0, 255.0]);
        let red: Vec<f32> = out.chunks(3).take(4).map(|p| p[0]).collect();
        assert_eq!(red, [0.0, 20.0, 40.0, 60.0]);
    }

    #[test]
    fn degenerate_pictures_and_regions_do_not_panic() {
        let dot = RgbaImage::from_pixel(1, 1, Rgba([255, 0, 128, 255]));
        let wild = [f32::NAN, f32::INFINITY, 1e30, -1e30, 0.0];
        for x in wild {
            for side in wild {
                let region = Region { centre: [x, 3.0], size: [side, side], rotation: side };
                assert_eq!(crop(&dot, &region, 4, Border::Replicate, [-1.0, 1.0]).len(), 48);
            }
        }
        let none = RgbaImage::new(0, 5);
        assert_eq!(crop(&none, &Region::around(0, 5, 0), 2, Border::Zero, [-1.0, 1.0]), vec![-1.0; 12]);
    }
}
