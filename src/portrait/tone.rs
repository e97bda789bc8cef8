//! Photos without colours of their own: black and white, or toned in one hue.

use bytemuck::Zeroable;
use image::RgbaImage;
use nalgebra::{Matrix2, Vector2};
pub use ritratto_draw::Tone;

use crate::geometry::smoothstep;

/// About how many pixels of the photo are sampled.
const SAMPLES: usize = 20_000;
/// Root mean square distance (colours 0 to 1) of a photo's colours from the curve that has one colour for each
/// brightness: below the first the photo counts as one without colours of its own, above the second as one with
/// colours. Of 1,755 portraits those in black and white are below .01 and toned ones below .018; of those in colours
/// a hundredth is below .02.
const RESIDUAL: [f64; 2] = [0.01, 0.018];

/// The tone of a photo: each channel's distance from the mean of the channels, as a quadratic of that mean without a
/// constant term, fitted by least squares, and how surely the photo has no other colours.
#[must_use]
pub fn tone(photo: &RgbaImage) -> Tone {
    let step = (photo.as_raw().len() / 4 / SAMPLES).max(1);
    let samples = || {
        photo.pixels().step_by(step).map(|pixel| {
            let [colour @ .., _] = pixel.0.map(|v| f64::from(v) / 255.0);
            let mean = colour.iter().sum::<f64>() / 3.0;
            (Vector2::new(mean, mean * mean), colour.map(|v| v - mean))
        })
    };
    let count = samples().count().max(1) as f64;
    let squares: Matrix2<f64> = samples().map(|(basis, _)| basis * basis.transpose()).sum();
    let Some(inverse) = squares.try_inverse() else { return Tone::zeroed() };
    let curves = [0, 1, 2].map(|c| inverse * samples().map(|(basis, hue)| basis * hue[c]).sum::<Vector2<f64>>());
    let residual = |(basis, hue): (Vector2<f64>, [f64; 3])| -> f64 {
        hue.iter().zip(&curves).map(|(hue, curve)| (hue - basis.dot(curve)).powi(2)).sum()
    };
    let residual = (samples().map(residual).sum::<f64>() / count).sqrt();
    let curve = |k: usize| curves.map(|curve| curve[k] as f32);
    let single = 1.0 - smoothstep(residual, RESIDUAL[0], RESIDUAL[1]);
    Tone { linear: curve(0), single: single as f32, square: curve(1), padding: 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgba;

    /// Skin, lips, hair and a wall, shaded.
    fn photo(colour: impl Fn([f32; 3]) -> [f32; 3]) -> RgbaImage {
        const COLOURS: [[f32; 3]; 4] = [[0.8, 0.6, 0.5], [0.7, 0.35, 0.35], [0.2, 0.15, 0.1], [0.6, 0.65, 0.7]];
        RgbaImage::from_fn(120, 100, |x, y| {
            let shade = 0.4 + 0.6 * (y as f32 / 100.0);
            let [r, g, b] = colour(COLOURS[x as usize / 30].map(|v| v * shade)).map(|v| (v * 255.0).round() as u8);
            Rgba([r, g, b, 255])
        })
    }

    fn grey(colour: [f32; 3]) -> [f32; 3] {
        [0.3 * colour[0] + 0.6 * colour[1] + 0.1 * colour[2]; 3]
    }

    #[test]
    fn a_photo_with_colours_keeps_those_that_are_painted() {
        let found = tone(&photo(|colour| colour));
        assert_eq!(found.single, 0.0);
        assert_eq!(found.apply([0.5, 0.2, 0.3]), [0.5, 0.2, 0.3]);
    }

    #[test]
    fn in_black_and_white_nothing_is_red() {
        let found = tone(&photo(grey));
        assert_eq!(found.single, 1.0);
        assert!(found.apply([0.6, 0.3, 0.3]).iter().all(|v| (v - 0.4).abs() < 1e-3), "{found:?}");
        // A photo of one colour says nothing about others.
        let plain = tone(&RgbaImage::from_pixel(8, 8, Rgba([90, 60, 50, 255])));
        assert!(plain.apply([0.5, 0.2, 0.3]).iter().all(|v| v.is_finite()), "{plain:?}");
        assert_eq!(tone(&RgbaImage::new(4, 4)), Tone::zeroed());
    }

    #[test]
    fn in_sepia_all_is_sepia() {
        let sepia = |colour| {
            let [grey, ..] = grey(colour);
            [(1.07 * grey + 0.03).min(1.0), 0.92 * grey + 0.02, 0.74 * grey]
        };
        let found = tone(&photo(sepia));
        assert!(found.single > 0.9, "{found:?}");
        let [r, g, b] = found.apply([0.4, 0.4, 0.7]);
        assert!(r > g + 0.03 && g > b + 0.03, "{r} {g} {b}");
        assert!((r + g + b - 1.5).abs() < 0.02, "brightness stays");
    }
}
