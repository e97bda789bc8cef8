//! The pixels of a patch, as `cut.wgsl` takes them.

use image::RgbaImage;
use nalgebra::Vector2;

use super::patch::PatchFrame;
use crate::nets::vectorized;

/// Numbers of a pixel of a picture.
const RGBA: usize = 4;
/// Largest number of samples along each axis whose mean a pixel of the patch is.
const MOST_SAMPLES: usize = 4;

impl PatchFrame {
    /// Number of samples along each axis whose mean a pixel of the patch is: about as many as the pixel covers of the
    /// picture's pixels, so that a large picture does not flicker.
    #[must_use]
    pub fn samples(&self) -> usize {
        (self.scale().round() as usize).clamp(1, MOST_SAMPLES)
    }

    /// The patch's pixels, rows of RGB. Samples are bilinear; beyond the picture its border goes on.
    #[must_use]
    pub fn cut(&self, picture: &RgbaImage) -> Vec<u8> {
        self.colours(picture).iter().flat_map(|[r, g, b, _]| [r, g, b].map(|v| v.round() as u8)).collect()
    }

    /// The patch's pixels before [`cut`](Self::cut) rounds them: RGB of each pixel, 0 to 255, and a number that is not
    /// used.
    pub(super) fn colours(&self, picture: &RgbaImage) -> Vec<[f32; RGBA]> {
        let mut colours = vec![[0.0; RGBA]; self.side * self.side];
        if picture.width() > 0 && picture.height() > 0 {
            vectorized(
                #[inline(always)]
                || colours.chunks_exact_mut(self.side).enumerate().for_each(|(y, row)| self.sample(picture, y, row)),
            );
        }
        colours
    }

    /// Fills a row of the patch.
    #[inline(always)]
    fn sample(&self, picture: &RgbaImage, y: usize, row: &mut [[f32; RGBA]]) {
        let samples = self.samples();
        let within = |k: usize| (k as f64 + 0.5) / samples as f64;
        let share = 1.0 / (samples * samples) as f32;
        let way = [self.across.x as f32, self.across.y as f32];
        for (below, right) in (0..samples).flat_map(|below| (0..samples).map(move |right| (below, right))) {
            // Place of this sample of the row's first pixel, counted from the centre of the picture's first pixel.
            let first = self.to_picture(Vector2::new(within(right), y as f64 + within(below))).add_scalar(-0.5);
            let first = [first.x as f32, first.y as f32];
            for (x, sum) in row.iter_mut().enumerate() {
                let colour = bilinear(picture, [0, 1].map(|axis| first[axis] + x as f32 * way[axis]));
                sum.iter_mut().zip(colour).for_each(|(sum, v)| *sum += share * v);
            }
        }
    }
}

/// The colour at a place between the centres of a picture's pixels, RGBA, 0 to 255. The picture has pixels.
#[inline(always)]
fn bilinear(picture: &RgbaImage, place: [f32; 2]) -> [f32; RGBA] {
    let (width, height) = picture.dimensions();
    let axis = |at: f32, size: u32| {
        let at = at.max(0.0).min((size - 1) as f32);
        let low = at as usize;
        (low, (low + 1).min(size as usize - 1), at - low as f32)
    };
    let ((left, right, u), (top, bottom, v)) = (axis(place[0], width), axis(place[1], height));
    let pixels = picture.as_raw();
    let pixel = |x: usize, y: usize| -> [f32; RGBA] {
        let start = RGBA * (y * width as usize + x);
        pixels
            .get(start..)
            .and_then(|rest| rest.first_chunk::<RGBA>())
            .map_or([0.0; RGBA], |pixel| pixel.map(f32::from))
    };
    let between = |a: [f32; RGBA], b: [f32; RGBA], share: f32| -> [f32; RGBA] {
        std::array::from_fn(|c| a[c] + (b[c] - a[c]) * share)
    };
    between(between(pixel(left, top), pixel(right, top), u), between(pixel(left, bottom), pixel(right, bottom), u), v)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgba;

    #[test]
    fn cutting_keeps_pixels_where_the_frame_is_the_picture() {
        let picture = RgbaImage::from_fn(64, 64, |x, y| Rgba([x as u8, y as u8, 7, 255]));
        let frame = PatchFrame { side: 64, origin: Vector2::zeros(), across: Vector2::x(), down: Vector2::y() };
        let cut = frame.cut(&picture);
        assert!(picture.pixels().zip(cut.chunks_exact(3)).all(|(a, b)| a.0[..3] == *b));
        // Twice as large: means of four pixels.
        let frame = PatchFrame { across: Vector2::x() * 2.0, down: Vector2::y() * 2.0, side: 32, ..frame };
        assert_eq!(&frame.cut(&picture)[..3], &[1, 1, 7]);
    }
}
