//! Colour profiles: what a camera means by its numbers, as the numbers that screens take for the same colours (sRGB).

use image::RgbaImage;
use moxcms::{ColorProfile, DataColorSpace};

/// Steps of linear light that are told apart on the way back: where the curve of sRGB is steepest, five to a step of 8 bits.
const LIGHT_STEPS: usize = 1 << 14;
/// How far white may be from white, as a share of its light: a profile that is farther off is damaged, or no screen's.
const WHITE_LEEWAY: f64 = 0.1;
/// Channels of an sRGB picture change by so much at most in another wording of the same profile.
const ROUNDING: u8 = 1;

/// Converts a picture to sRGB by the ICC profile that its file carries. A profile that cannot be read, is not of red, green and blue, or
/// says its colours by tables alone (those of scanners and printers) leaves the picture as it is, and so does that of sRGB.
pub fn convert(picture: &mut RgbaImage, profile: &[u8]) {
    let Some(conversion) = Conversion::read(profile).filter(|conversion| !conversion.keeps_all()) else { return };
    for pixel in picture.pixels_mut() {
        let [red, green, blue, alpha] = pixel.0;
        let [red, green, blue] = conversion.apply([red, green, blue]);
        pixel.0 = [red, green, blue, alpha];
    }
}

/// A curve for each channel, a matrix of light, and the curve of sRGB.
struct Conversion {
    linear: [Box<[f32; 256]>; 3],
    matrix: [[f32; 3]; 3],
    encoded: Vec<u8>,
}

impl Conversion {
    fn read(profile: &[u8]) -> Option<Self> {
        let profile = ColorProfile::new_from_slice(profile).ok()?;
        if profile.color_space != DataColorSpace::Rgb || profile.pcs != DataColorSpace::Xyz {
            return None;
        }
        let matrix = profile.transform_matrix(&ColorProfile::new_srgb()).v;
        let white = matrix.map(|row| row.iter().sum::<f64>());
        // What is not a number is not near to 1 either.
        if !white.iter().all(|light| (light - 1.0).abs() <= WHITE_LEEWAY) {
            return None;
        }
        Some(Self {
            linear: [
                profile.build_r_linearize_table::<u8, 256, 8>(false).ok()?,
                profile.build_g_linearize_table::<u8, 256, 8>(false).ok()?,
                profile.build_b_linearize_table::<u8, 256, 8>(false).ok()?,
            ],
            matrix: matrix.map(|row| row.map(|part| part as f32)),
            encoded: (0..LIGHT_STEPS).map(|step| encode(step as f32 / (LIGHT_STEPS - 1) as f32)).collect(),
        })
    }

    fn apply(&self, [red, green, blue]: [u8; 3]) -> [u8; 3] {
        let light = [(0, red), (1, green), (2, blue)].map(|(channel, value)| self.linear[channel][usize::from(value)]);
        self.matrix.map(|row| {
            let sum = row[0] * light[0] + row[1] * light[1] + row[2] * light[2];
            // Colours that no screen of sRGB has become the nearest of each channel.
            self.encoded[(sum.clamp(0.0, 1.0) * (LIGHT_STEPS - 1) as f32 + 0.5) as usize]
        })
    }

    /// Whether colours stay as they are but for rounding, so that a picture is better left alone.
    fn keeps_all(&self) -> bool {
        let levels = || (0..=255u8).step_by(51);
        let mut colours =
            levels().flat_map(|red| levels().flat_map(move |green| levels().map(move |blue| [red, green, blue])));
        colours.all(|colour| self.apply(colour).iter().zip(colour).all(|(to, from)| to.abs_diff(from) <= ROUNDING))
    }
}

/// The curve of sRGB (IEC 61966-2-1): light from 0 to 1 as a channel's value.
fn encode(light: f32) -> u8 {
    let value = if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
    (value * 255.0).round() as u8
}
