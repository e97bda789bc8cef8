//! The "AI-animated" mark.

use image::imageops::FilterType;
use image::{DynamicImage, RgbaImage};

/// Made once by `assets/make_mark.py`.
const PICTURE: &[u8] = include_bytes!("../../assets/mark.png");
/// Height of the mark, shares of the picture's long side.
const HEIGHT: f32 = 0.022;
/// Smallest height of the mark, pixels.
const LEAST_HEIGHT: f32 = 13.0;
/// Distance from the picture's border, in mark heights.
const MARGIN: f32 = 0.6;

/// The mark for a picture of `width` x `height` pixels, and the place of its top left corner.
pub fn fitted(width: u32, height: u32) -> (RgbaImage, [f32; 2]) {
    // The file is part of the program and covered by a test.
    let picture =
        image::load_from_memory(PICTURE).map(DynamicImage::into_rgba8).unwrap_or_else(|_| RgbaImage::new(1, 1));
    let wanted = (HEIGHT * width.max(height) as f32).max(LEAST_HEIGHT).round();
    // A picture that is too narrow for the mark gets a smaller mark.
    let scale = (wanted / picture.height() as f32).min(0.9 * width as f32 / picture.width() as f32);
    let [w, h] = [picture.width(), picture.height()].map(|side| ((side as f32 * scale).round() as u32).max(1));
    let mark = image::imageops::resize(&picture, w, h, FilterType::Triangle);
    let margin = (MARGIN * h as f32).round();
    let corner = [(width as f32 - w as f32 - margin).max(0.0), (height as f32 - h as f32 - margin).max(0.0)];
    (mark, corner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mark_fits_every_picture() {
        for (width, height) in [(64, 64), (320, 400), (2048, 1365), (64, 2048)] {
            let (mark, [x, y]) = fitted(width, height);
            assert!(x + mark.width() as f32 <= width as f32 && y + mark.height() as f32 <= height as f32);
            assert!(mark.width() > 30, "{} wide in {width} x {height}", mark.width());
            assert!(mark.pixels().any(|p| p[3] > 200 && p[0] > 200));
        }
    }
}
