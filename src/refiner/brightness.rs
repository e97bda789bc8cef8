//! The brightness of a picture, at its pixels and between them.

use image::RgbaImage;

use super::patch::PatchFrame;

/// Shares of red, green and blue in the brightness (ITU-R BT.601), as in `add.wgsl` and `train/refiner_net.py`.
const LUMINANCE: [f32; 3] = [0.299, 0.587, 0.114];

/// The brightness of a colour.
pub(super) fn bright(colour: [f32; 3]) -> f32 {
    colour.iter().zip(LUMINANCE).map(|(v, share)| v * share).sum()
}

/// The brightness of a picture before it changes: of all rows and columns between two bounds, in \[0, 1\].
pub(super) struct Brightness {
    low: [i32; 2],
    size: [i32; 2],
    values: Vec<f32>,
}

impl Brightness {
    /// Of the pixels in `[left, top, right, bottom]`.
    pub(super) fn of(picture: &RgbaImage, [left, top, right, bottom]: [u32; 4]) -> Self {
        let mut values = Vec::with_capacity(((right - left) * (bottom - top)) as usize);
        for y in top..bottom {
            values.extend((left..right).map(|x| {
                let [colour @ .., _] = picture.get_pixel(x, y).0.map(|v| f32::from(v) / 255.0);
                bright(colour)
            }));
        }
        Self { low: [left as i32, top as i32], size: [(right - left) as i32, (bottom - top) as i32], values }
    }

    /// Of a pixel.
    fn at(&self, pixel: [i32; 2]) -> f32 {
        let [x, y] = [0, 1].map(|k| (pixel[k] - self.low[k]).clamp(0, self.size[k] - 1));
        self.values.get((y * self.size[0] + x) as usize).copied().unwrap_or(0.0)
    }

    /// Between the centres of pixels; a pixel's own is at its indices.
    fn between(&self, [x, y]: [f32; 2]) -> f32 {
        let (left, top) = (x.floor(), y.floor());
        let (across, down) = (x - left, y - top);
        let [left, top] = [left as i32, top as i32];
        let row = |y: i32| self.at([left, y]) * (1.0 - across) + self.at([left + 1, y]) * across;
        row(top) * (1.0 - down) + row(top + 1) * down
    }

    /// What a pixel has that the mean of its neighbours one pixel of the patch away has not.
    pub(super) fn detail(&self, pixel: [i32; 2], frame: &PatchFrame) -> f32 {
        let [x, y] = pixel.map(|v| v as f32);
        let mean: f32 = [frame.across, frame.down]
            .iter()
            .map(|way| [way.x as f32, way.y as f32])
            .map(|way| self.between([x - way[0], y - way[1]]) + self.between([x + way[0], y + way[1]]))
            .sum();
        self.at(pixel) - 0.25 * mean
    }
}
