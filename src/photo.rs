//! Photos: bytes of a file to an upright, opaque picture.

mod profile;

use std::io::Cursor;

use image::imageops::{self, FilterType};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, RgbaImage};

use crate::error::{Error, Result};

/// The largest accepted picture, millions of pixels. Cameras that are sold with
/// 24 megapixels deliver up to 24.4.
pub const LIMIT_MEGAPIXELS: u32 = 25;

/// Decodes a JPEG, PNG, WebP, GIF or BMP file (of an animation the first frame).
///
/// The result is upright (EXIF orientation is applied), opaque (transparent
/// pixels are laid on white), sRGB (a colour profile of red, green and blue is
/// applied), 8 bits a channel, and scaled down so that its long side is at most
/// `limit_long_side` pixels.
///
/// # Errors
/// [`Error::ImageTooLarge`] above [`LIMIT_MEGAPIXELS`], judged by the header alone;
/// [`Error::NotAnImage`] for everything that is damaged, cut off or of another kind.
pub fn decode(bytes: &[u8], limit_long_side: u32) -> Result<RgbaImage> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(not_an_image)?;
    let format = reader.format();
    let mut decoder = reader.into_decoder().map_err(not_an_image)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > u64::from(LIMIT_MEGAPIXELS) * 1_000_000 {
        return Err(Error::ImageTooLarge { width, height, limit_megapixels: LIMIT_MEGAPIXELS });
    }
    if width == 0 || height == 0 {
        return Err(not_an_image("it has no pixels"));
    }
    if format == Some(ImageFormat::Jpeg) && !jpeg_is_whole(bytes) {
        return Err(not_an_image("it is cut off"));
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    // Of a profile that is damaged the picture is still there.
    let colours = decoder.icc_profile().ok().flatten();
    let mut picture = DynamicImage::from_decoder(decoder).map_err(not_an_image)?;
    picture.apply_orientation(orientation);
    let mut picture = picture.into_rgba8();
    if let Some(colours) = colours {
        profile::convert(&mut picture, &colours);
    }
    let picture = lay_on_white(picture);
    let long_side = picture.width().max(picture.height());
    Ok(if long_side > limit_long_side { scale(&picture, limit_long_side) } else { picture })
}

/// Scales a picture so that its long side is `long_side` pixels (at least 1).
#[must_use]
pub fn scale(picture: &RgbaImage, long_side: u32) -> RgbaImage {
    let (width, height) = picture.dimensions();
    let factor = f64::from(long_side.max(1)) / f64::from(width.max(height).max(1));
    let side = |pixels: u32| ((f64::from(pixels) * factor).round() as u32).max(1);
    let (to_width, to_height) = (side(width), side(height));
    // Far reductions: an exact area average to twice the size is as sharp in the end and several times faster.
    if factor <= 0.25 {
        let half_way = imageops::thumbnail(picture, to_width * 2, to_height * 2);
        imageops::resize(&half_way, to_width, to_height, FilterType::Lanczos3)
    } else {
        imageops::resize(picture, to_width, to_height, FilterType::Lanczos3)
    }
}

fn not_an_image(reason: impl ToString) -> Error {
    Error::NotAnImage { reason: reason.to_string() }
}

fn lay_on_white(mut picture: RgbaImage) -> RgbaImage {
    for pixel in picture.pixels_mut().filter(|pixel| pixel.0[3] != 255) {
        let alpha = u16::from(pixel.0[3]);
        for channel in &mut pixel.0[..3] {
            let over = u16::from(*channel) * alpha + 255 * (255 - alpha);
            *channel = ((over + 127) / 255) as u8;
        }
        pixel.0[3] = 255;
    }
    picture
}

/// Whether a JPEG has its end-of-image marker (0xFFD9). The decoder fills the
/// missing part of a file that is cut off with grey and reports no error.
fn jpeg_is_whole(bytes: &[u8]) -> bool {
    let mut at = 2;
    loop {
        // In entropy-coded data 0xFF is followed by 0 (stuffing) or a restart marker; anything else is a segment.
        let segment = bytes.get(at..).and_then(|rest| {
            rest.windows(2).position(|pair| pair[0] == 0xFF && !matches!(pair[1], 0x00 | 0x01 | 0xD0..=0xD8 | 0xFF))
        });
        let Some(offset) = segment else { return false };
        at += offset + 2;
        if bytes.get(at - 1) == Some(&0xD9) {
            return true;
        }
        // A segment's own bytes are skipped: a thumbnail has an end marker too.
        let Some(&[high, low]) = bytes.get(at..at + 2) else { return false };
        at += usize::from(u16::from_be_bytes([high, low]));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use image::Rgba;

    #[test]
    fn transparent_pixels_become_white() {
        let picture = RgbaImage::from_raw(3, 1, vec![10, 20, 30, 0, 10, 20, 30, 255, 0, 0, 0, 128]).unwrap();
        let flat = lay_on_white(picture);
        assert_eq!(flat.get_pixel(0, 0), &Rgba([255, 255, 255, 255]));
        assert_eq!(flat.get_pixel(1, 0), &Rgba([10, 20, 30, 255]));
        assert_eq!(flat.get_pixel(2, 0), &Rgba([127, 127, 127, 255]));
    }

    #[test]
    fn scaling_keeps_the_shape_and_the_mean() {
        let picture = RgbaImage::from_fn(800, 500, |x, _| if x < 400 { Rgba([200; 4]) } else { Rgba([40; 4]) });
        for long_side in [1, 7, 100, 300, 1000] {
            let scaled = scale(&picture, long_side);
            assert_eq!(scaled.width(), long_side);
            assert_eq!(scaled.height(), ((f64::from(long_side) * 0.625).round() as u32).max(1));
            let mean = scaled.pixels().map(|p| f64::from(p.0[0])).sum::<f64>() / scaled.pixels().len() as f64;
            assert!((mean - 120.0).abs() < 12.0, "{long_side}: {mean}");
        }
    }
}
