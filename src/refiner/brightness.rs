//! The brightness of a picture, and its finest detail.

use std::ops::Range;

use image::RgbaImage;

use super::patch::PatchFrame;
use crate::nets::vectorized;

/// Shares of red, green and blue in the brightness (ITU-R BT.601), as in `add.wgsl` and `train/refiner_hues.py`.
const LUMINANCE: [f32; 3] = [0.299, 0.587, 0.114];
/// Number of neighbouring places whose mean is taken from a pixel to get its fine detail.
const NEIGHBOURS: usize = 4;
/// Number of pixels around each of these places between which its brightness is interpolated.
const AROUND: usize = 4;

/// The brightness of a colour.
pub(super) fn bright(colour: [f32; 3]) -> f32 {
    colour.iter().zip(LUMINANCE).map(|(v, share)| v * share).sum()
}

/// The brightness of a picture around a patch before it changes, in \[0, 1\].
pub(super) struct Brightness {
    values: Vec<f32>,
    /// Columns of `values`.
    columns: usize,
    /// Rows above and columns to the left of `area` that `values` has, pixels.
    reach: usize,
    /// The pixels whose detail is asked for: left, top, right, bottom.
    area: [u32; 4],
    /// The pixels whose weighted mean a pixel is compared with: rows down, columns to the right, weight.
    taps: [(isize, isize, f32); NEIGHBOURS * AROUND],
}

impl Brightness {
    /// The brightness in `area`, `[left, top, right, bottom]`, and around it as far as a pixel of the patch reaches.
    /// Outside the picture its border pixels are repeated.
    pub(super) fn around(picture: &RgbaImage, area: [u32; 4], frame: &PatchFrame) -> Self {
        let reach = frame.across.norm().ceil() as usize + 1;
        let [left, top, right, bottom] = area.map(|v| v as usize);
        let (columns, rows) = (right - left + 2 * reach, bottom - top + 2 * reach);
        let inside = |at: usize, size: u32| (at.saturating_sub(reach) as u32).min(size.saturating_sub(1));
        let mut values = Vec::with_capacity(columns * rows);
        for y in (top..top + rows).map(|y| inside(y, picture.height())) {
            values.extend((left..left + columns).map(|x| {
                let [colour @ .., _] = picture.get_pixel(inside(x, picture.width()), y).0.map(f32::from);
                bright(colour) / 255.0
            }));
        }
        let ways = [-frame.across, frame.across, -frame.down, frame.down].map(|way| [way.x as f32, way.y as f32]);
        // A step of this length ends between the same four pixels, seen from the pixel where it begins.
        let taps = std::array::from_fn(|k| {
            let ([x, y], corner) = (ways[k / AROUND], k % AROUND);
            let (column, row) = (x.floor(), y.floor());
            let (across, down) = (x - column, y - row);
            let shares = [[1.0 - across, across], [1.0 - down, down]];
            let share = shares[0][corner % 2] * shares[1][corner / 2] / NEIGHBOURS as f32;
            (row as isize + (corner / 2) as isize, column as isize + (corner % 2) as isize, share)
        });
        Self { values, columns, reach, area, taps }
    }

    /// The fine detail of row `y` of the picture in these columns of the area: each pixel's brightness less the mean
    /// brightness at four places one pixel of the patch away.
    pub(super) fn details(&self, y: u32, columns: Range<usize>) -> Vec<f32> {
        let first = ((y - self.area[1]) as usize + self.reach) * self.columns + self.reach + columns.start;
        let row = |from: usize| self.values.get(from..from + columns.len()).unwrap_or_default();
        let mut details = row(first).to_vec();
        vectorized(
            #[inline(always)]
            || {
                for &(down, across, share) in &self.taps {
                    let from = first.saturating_add_signed(down * self.columns as isize + across);
                    details.iter_mut().zip(row(from)).for_each(|(detail, value)| *detail -= share * value);
                }
            },
        );
        details
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::Vector2;

    #[test]
    fn detail_is_what_a_slope_has_not_and_a_spot_has() {
        let frame = |across, down| PatchFrame { side: 8, origin: Vector2::zeros(), across, down };
        // Turned, and as large as 1.7 pixels.
        let turned = frame(Vector2::new(1.5, 0.8), Vector2::new(-0.8, 1.5));
        let slope = RgbaImage::from_fn(24, 24, |x, y| image::Rgba([(4 * x + 3 * y) as u8; 4]));
        let mut spot = slope.clone();
        spot.get_pixel_mut(12, 12).0 = [255; 4];
        let [of_slope, of_spot] = [&slope, &spot].map(|picture| {
            let brightness = Brightness::around(picture, [4, 4, 20, 20], &turned);
            (4..20).flat_map(|y| brightness.details(y, 0..16)).collect::<Vec<_>>()
        });
        assert_eq!(of_slope.len(), 16 * 16);
        assert!(of_slope.iter().all(|detail| detail.abs() < 1e-5));
        let middle = 8 * 16 + 8;
        assert!((of_spot[middle] - (255.0 - 84.0) / 255.0).abs() < 1e-5, "{}", of_spot[middle]);
        // The neighbours of the spot have negative detail, as the spot raises their means.
        assert!(of_spot.iter().enumerate().all(|(k, &detail)| k == middle || detail < 1e-5));
        assert!((of_spot.iter().sum::<f32>()).abs() < 1e-4);
    }

    #[test]
    fn a_picture_goes_on_at_its_border() {
        let picture = RgbaImage::from_pixel(6, 5, image::Rgba([90; 4]));
        let frame =
            PatchFrame { side: 8, origin: Vector2::zeros(), across: Vector2::x() * 4.0, down: Vector2::y() * 4.0 };
        let brightness = Brightness::around(&picture, [0, 0, 6, 5], &frame);
        assert!((0..5).flat_map(|y| brightness.details(y, 0..6)).all(|detail| detail.abs() < 1e-6));
    }
}
