use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ImageBuffer, ImageEncoder, ImageFormat, Luma, Rgb, RgbImage, Rgba, RgbaImage};
use moxcms::{ColorProfile, ToneReprCurve};
use proptest::prelude::*;
use proptest::sample::Index;
use ritratto::Error;
use ritratto::photo::{LIMIT_MEGAPIXELS, decode};

const LIMIT: u32 = 4096;

/// A 16 x 24 gradient: red grows to the right, green downwards; the fixtures show it too.
fn colour(x: u32, y: u32) -> [u8; 3] {
    [(x * 15) as u8, (y * 10) as u8, (255 - x * 8 - y * 4) as u8]
}

fn gradient() -> RgbImage {
    RgbImage::from_fn(16, 24, |x, y| Rgb(colour(x, y)))
}

fn encode(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.into().write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).unwrap()
}

/// One valid file of each kind: made here, or a fixture where the encoder does not know the kind.
fn valid_files() -> Vec<(&'static str, Vec<u8>)> {
    let formats = [
        ("jpeg", ImageFormat::Jpeg),
        ("png", ImageFormat::Png),
        ("webp", ImageFormat::WebP),
        ("gif", ImageFormat::Gif),
        ("bmp", ImageFormat::Bmp),
    ];
    let made = formats.map(|(name, format)| (name, encode(gradient(), format)));
    let stored = ["cmyk.jpg", "progressive.jpg", "lossy.webp", "animated.webp", "animated.png"];
    made.into_iter().chain(stored.map(|name| (name, fixture(name)))).collect()
}

fn assert_shows_gradient(picture: &RgbaImage, tolerance: f64, name: &str) {
    assert_eq!(picture.dimensions(), (16, 24), "{name}");
    assert!(picture.pixels().all(|p| p.0[3] == 255), "{name} is not opaque");
    let mut sum = 0.0;
    for (x, y, pixel) in picture.enumerate_pixels() {
        for (a, b) in pixel.0.iter().zip(colour(x, y)) {
            sum += (f64::from(*a) - f64::from(b)).abs();
        }
    }
    let mean = sum / f64::from(16 * 24 * 3);
    assert!(mean < tolerance, "{name}: off by {mean} on average");
}

#[test]
fn every_kind_shows_the_same_picture() {
    for (name, bytes) in valid_files() {
        // CMYK without a profile, and the few colours of a GIF, are only similar.
        let tolerance = if matches!(name, "cmyk.jpg" | "gif") { 12.0 } else { 6.0 };
        assert_shows_gradient(&decode(&bytes, LIMIT).unwrap(), tolerance, name);
    }
}

#[test]
fn deep_grey_and_transparent_pictures_become_opaque_8_bit_colour() {
    let deep = ImageBuffer::from_fn(16, 24, |x, y| Rgb(colour(x, y).map(|c| u16::from(c) * 257)));
    assert_shows_gradient(&decode(&encode(deep, ImageFormat::Png), LIMIT).unwrap(), 0.1, "16 bit");

    let grey = ImageBuffer::from_fn(9, 5, |x, _| Luma([(x * 20) as u8]));
    for format in [ImageFormat::Png, ImageFormat::Jpeg] {
        let picture = decode(&encode(grey.clone(), format), LIMIT).unwrap();
        let [r, g, b, a] = picture.get_pixel(8, 2).0;
        assert!(r == g && g == b && a == 255 && r.abs_diff(160) < 8);
    }

    let clear = RgbaImage::from_fn(4, 4, |x, _| Rgba([200, 0, 0, if x < 2 { 0 } else { 255 }]));
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let picture = decode(&encode(clear.clone(), format), LIMIT).unwrap();
        assert_eq!(picture.get_pixel(0, 0).0, [255, 255, 255, 255]);
        assert_eq!(picture.get_pixel(3, 0).0, [200, 0, 0, 255]);
    }
}

/// The JPEG with an EXIF segment that says how it is turned.
fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let tiff =
        [&b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"[..], &[orientation, 0, 0, 0, 0, 0, 0]].concat();
    let length = (tiff.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xFF, 0xE1], &length, &tiff, &jpeg[2..]].concat()
}

#[test]
fn exif_orientation_is_honoured() {
    let jpeg = encode(gradient(), ImageFormat::Jpeg);
    for orientation in 1..=8 {
        let picture = decode(&with_orientation(&jpeg, orientation), LIMIT).unwrap();
        assert_eq!(picture.dimensions(), if orientation < 5 { (16, 24) } else { (24, 16) });
    }
    // 3: turned by half, the reddest and greenest corner comes first. 6: turned by a quarter, top left becomes top right.
    let half = decode(&with_orientation(&jpeg, 3), LIMIT).unwrap();
    assert!(half.get_pixel(0, 0).0[0] > 180 && half.get_pixel(0, 0).0[1] > 180);
    let quarter = decode(&with_orientation(&jpeg, 6), LIMIT).unwrap();
    assert!(quarter.get_pixel(23, 0).0[0] < 60 && quarter.get_pixel(23, 0).0[1] < 60);
    assert!(quarter.get_pixel(0, 0).0[1] > 180);
}

/// A picture of one colour, in a file that carries this colour profile.
fn with_profile(format: ImageFormat, colour: [u8; 3], profile: Vec<u8>) -> Vec<u8> {
    fn write(mut encoder: impl ImageEncoder, picture: &RgbImage, profile: Vec<u8>) {
        encoder.set_icc_profile(profile).unwrap();
        encoder.write_image(picture, 16, 16, image::ExtendedColorType::Rgb8).unwrap();
    }
    let picture = RgbImage::from_pixel(16, 16, Rgb(colour));
    let mut bytes = Vec::new();
    match format {
        ImageFormat::Jpeg => write(JpegEncoder::new_with_quality(&mut bytes, 100), &picture, profile),
        ImageFormat::WebP => write(WebPEncoder::new_lossless(&mut bytes), &picture, profile),
        _ => write(PngEncoder::new(&mut bytes), &picture, profile),
    }
    bytes
}

fn assert_colour(bytes: &[u8], wanted: [u8; 3], tolerance: u8, name: &str) {
    let picture = decode(bytes, LIMIT).unwrap();
    for pixel in picture.pixels() {
        let near = pixel.0.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) <= tolerance);
        assert!(near && pixel.0[3] == 255, "{name}: {pixel:?} for {wanted:?}");
    }
}

#[test]
fn a_colour_profile_is_applied() {
    let p3 = ColorProfile::new_display_p3().encode().unwrap();
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        assert_colour(&with_profile(format, [191, 143, 115], p3.clone()), [200, 140, 110], 2, "Display P3");
        // What no screen of sRGB shows is as red as it can be; grey is grey everywhere.
        assert_colour(&with_profile(format, [255, 0, 0], p3.clone()), [255, 0, 0], 2, "the reddest red");
        assert_colour(&with_profile(format, [128, 128, 128], p3.clone()), [128, 128, 128], 1, "grey");
    }
    // The same colour in Adobe RGB, whose curve is another one.
    let adobe = ColorProfile::new_adobe_rgb().encode().unwrap();
    assert_colour(&with_profile(ImageFormat::Png, [184, 139, 111], adobe), [200, 140, 110], 2, "Adobe RGB");
}

#[test]
fn a_colour_profile_that_says_nothing_changes_nothing() {
    let mut tilted = ColorProfile::new_display_p3();
    // It would make white a blue.
    (tilted.red_colorant.x, tilted.red_colorant.y, tilted.red_colorant.z) = (0.01, 0.01, 0.01);
    let colour = [203, 60, 7];
    for (name, profile) in [
        ("sRGB", ColorProfile::new_srgb().encode().unwrap()),
        ("of a grey picture", ColorProfile::new_gray_with_gamma(1.2).encode().unwrap()),
        ("white is not white", tilted.encode().unwrap()),
        ("no profile", b"this is a text".to_vec()),
        ("cut off", ColorProfile::new_display_p3().encode().unwrap()[..300].to_vec()),
    ] {
        assert_colour(&with_profile(ImageFormat::Png, colour, profile), colour, 0, name);
    }
}

#[test]
fn a_single_pixel_is_a_picture() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP, ImageFormat::Gif, ImageFormat::Bmp] {
        let picture = decode(&encode(RgbImage::new(1, 1), format), LIMIT).unwrap();
        assert_eq!(picture.dimensions(), (1, 1));
    }
}

#[test]
fn large_pictures_are_scaled_to_the_limit() {
    let bytes = encode(RgbImage::from_pixel(1500, 1000, Rgb([90, 120, 200])), ImageFormat::Png);
    for limit in [1499, 600, 333, 1] {
        let picture = decode(&bytes, limit).unwrap();
        assert_eq!(picture.width(), limit);
        assert!(picture.pixels().all(|p| p.0 == [90, 120, 200, 255]));
    }
    assert_eq!(decode(&bytes, 1500).unwrap().dimensions(), (1500, 1000));
}

/// The size in the header is changed; the data stays as it is.
fn with_header_size(format: ImageFormat, side: u16) -> Vec<u8> {
    let mut bytes = encode(gradient(), format);
    let (big, little) = (side.to_be_bytes(), side.to_le_bytes());
    match format {
        ImageFormat::Png => {
            bytes[16..24].copy_from_slice(&[0, 0, big[0], big[1], 0, 0, big[0], big[1]]);
            let sum = crc(&bytes[12..29]);
            bytes[29..33].copy_from_slice(&sum.to_be_bytes());
        }
        ImageFormat::Jpeg => {
            let at = bytes.windows(2).position(|w| w == [0xFF, 0xC0]).unwrap();
            bytes[at + 5..at + 9].copy_from_slice(&[big[0], big[1], big[0], big[1]]);
        }
        ImageFormat::Gif => bytes[6..10].copy_from_slice(&[little[0], little[1], little[0], little[1]]),
        _ => {
            bytes[18..26].copy_from_slice(&[little[0], little[1], 0, 0, little[0], little[1], 0, 0]);
        }
    }
    bytes
}

/// CRC-32 of PNG chunks (ISO 3309).
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |c, _| if c & 1 == 1 { (c >> 1) ^ 0xEDB8_8320 } else { c >> 1 })
    })
}

#[test]
fn a_header_of_100_megapixels_is_refused_unread() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::Bmp] {
        for side in [10_000, 32_000] {
            match decode(&with_header_size(format, side), LIMIT) {
                Err(Error::ImageTooLarge { width, height, limit_megapixels }) => {
                    assert_eq!((width, height), (u32::from(side), u32::from(side)));
                    assert_eq!(limit_megapixels, LIMIT_MEGAPIXELS);
                }
                other => panic!("{format:?}: {:?}", other.map(|p| p.dimensions())),
            }
        }
    }
}

#[test]
fn what_is_cut_off_or_no_picture_is_refused() {
    for (name, bytes) in valid_files() {
        for share in [0.0, 0.1, 0.3, 0.5, 0.7] {
            let cut = &bytes[..(bytes.len() as f64 * share) as usize];
            let result = decode(cut, LIMIT);
            // The first frame of an animation may be whole before the cut.
            let whole_frame = name.starts_with("animated") && share > 0.3 && result.is_ok();
            assert!(whole_frame || matches!(result, Err(Error::NotAnImage { .. })), "{name} cut to {share}");
        }
    }
    for text in
        [&b""[..], b"GIF89a", b"\x89PNG\r\n\x1a\n", b"<svg/>", b"\xff\xd8\xff", b"\xff\xd8\xff\xd9", b"BM", b"RIFF"]
    {
        assert!(matches!(decode(text, LIMIT), Err(Error::NotAnImage { .. })), "{text:?}");
    }
}

#[test]
fn damage_inside_a_file_is_an_error_or_a_picture() {
    for (_, bytes) in valid_files() {
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0xFF;
            if let Err(error) = decode(&damaged, 64) {
                assert!(matches!(error, Error::NotAnImage { .. } | Error::ImageTooLarge { .. }), "{error}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn random_bytes_are_no_picture(bytes in prop::collection::vec(any::<u8>(), 0..400), start in 0usize..6) {
        let starts = [&b""[..], b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", b"\xff\xd8\xff\xe0", b"GIF89a", b"RIFF\0\x01\0\0WEBPVP8 ", b"BM"];
        let _ = decode(&[starts[start], &bytes].concat(), 256);
    }

    #[test]
    fn a_damaged_colour_profile_is_no_reason_to_fail(
        curve in 0usize..3,
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 1..8),
        keep in prop::option::of(any::<Index>()),
    ) {
        let mut profile = ColorProfile::new_display_p3();
        // A table and a mere exponent are read in other ways than the formula of the first.
        let curves = [vec![], (0..40u16).map(|step| step * 1680).collect(), vec![563]];
        if curve > 0 {
            profile.green_trc = Some(ToneReprCurve::Lut(curves[curve].clone()));
        }
        let profile = crate::damage(profile.encode().unwrap(), &changes, keep);
        let picture = decode(&with_profile(ImageFormat::Png, [191, 143, 115], profile), LIMIT).unwrap();
        prop_assert_eq!(picture.dimensions(), (16, 16));
    }

    #[test]
    fn damaged_files_never_panic(
        file in 0usize..10,
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 0..8),
        keep in prop::option::of(any::<Index>()),
    ) {
        let (_, bytes) = valid_files().swap_remove(file);
        let _ = decode(&crate::damage(bytes, &changes, keep), 256);
    }
}
