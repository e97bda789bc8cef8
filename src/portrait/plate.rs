//! The background plate: the photo without the head. It shows where a moving head uncovers the background.

use image::imageops::thumbnail;
use image::{GrayImage, Rgba, RgbaImage};

use super::inpaint::Fill;
use super::matte::{at_least_one, planes, small_size};
use super::plane::{Plane, Tap};
use super::region::FaceRegion;
use crate::geometry::{FaceGeometry, smoothstep};

/// Least area of clear background above the fade below the chin, as a share of the picture.
const NEEDED_BACKGROUND: f32 = 0.004;
/// Distances below the chin between which the hole fades out, face heights: it is filled in full above the first and
/// not at all below the second, so that the shoulders stay.
const FADE: (f64, f64) = (0.0, 0.22);

/// The photo with the head filled in from the background.
///
/// Pixels away from the person and pixels below the chin are the photo's own, bit for bit.
/// If hair fills the picture so that no background is left, the hair around the face takes
/// the background's place; if the face fills the picture, the photo is returned as it is.
#[must_use]
pub fn fill(photo: &RgbaImage, matte: &GrayImage, face: &FaceGeometry) -> RgbaImage {
    let (width, height) = photo.dimensions();
    let mut plate = photo.clone();
    if photo.is_empty() || matte.dimensions() != photo.dimensions() {
        return plate;
    }
    let small = small_size(width, height);
    let scale = (small.0 as f32 / width as f32, small.1 as f32 / height as f32);
    let Some(region) = FaceRegion::new(face, scale.0, scale.1) else { return plate };
    let Some(hole) = Hole::new(&Plane::from_gray(&thumbnail(matte, small.0, small.1)), &region) else {
        return plate;
    };
    let colours = planes(&thumbnail(photo, small.0, small.1));
    let fill = Fill::new(&colours, &hole.known, at_least_one(0.03 * region.width));
    let last = Last { photo, scale, grain: grain(photo, &hole.known), weight: hole.weight, fill };
    for (y, row) in plate.rows_mut().enumerate() {
        last.row(y as u32, row);
    }
    plate
}

/// The last step: the photo's own pixels under the fill.
struct Last<'a> {
    photo: &'a RgbaImage,
    /// Width and height of a pixel of the photo, in pixels of the small pictures.
    scale: (f32, f32),
    /// Standard deviation of the photo's grain, grey levels of 255.
    grain: f32,
    weight: Plane,
    fill: Fill,
}

impl Last<'_> {
    /// Fills a row of the photo. (A function of its own: browsers optimise functions that are called often.)
    #[inline(never)]
    fn row<'a>(&self, y: u32, row: impl Iterator<Item = &'a mut Rgba<u8>>) {
        let Self { photo, scale, grain, weight, fill } = self;
        let photo_at = |x: f32, y: f32| bilinear(photo, x / scale.0, y / scale.1);
        for (x, pixel) in (0..).zip(row) {
            let (u, v) = ((x as f32 + 0.5) * scale.0, (y as f32 + 0.5) * scale.1);
            let weight = Tap::new(u, v, weight.width, weight.height).read(weight);
            if weight <= 0.0 {
                continue;
            }
            let (colour, share) = fill.at(u, v, photo_at);
            let noise = grain * (1.0 - share) * normal(x, y);
            for (value, filled) in pixel.0.iter_mut().zip(colour) {
                let mixed = f32::from(*value) * (1.0 - weight) + (filled * 255.0 + noise) * weight;
                *value = mixed.round().clamp(0.0, 255.0) as u8;
            }
        }
    }
}

/// The part of the photo that is filled, on the small picture.
struct Hole {
    /// 1 where the photo is clear background.
    known: Plane,
    /// How much of the fill is shown, 0..1; 0 wherever `known` is 1.
    weight: Plane,
}

impl Hole {
    /// The hole is the person with a margin, or the neighbourhood of the face (the oval, 1.25 times as large) if the
    /// person leaves too little background. `None` if that leaves too little, too.
    fn new(matte: &Plane, region: &FaceRegion) -> Option<Self> {
        let margin = at_least_one(0.08 * region.width).max(3);
        let person = matte.map(|m| if m > 0.02 { 1.0 } else { 0.0 });
        let enough = |known: &Plane| {
            let above = |k: usize| {
                let (x, y) = ((k % known.width) as f32, (k / known.width) as f32);
                region.below_chin(x, y) < FADE.1 as f32
            };
            let clear = known.data.iter().enumerate().filter(|&(k, &v)| v > 0.5 && above(k)).count();
            clear as f32 > NEEDED_BACKGROUND * known.data.len() as f32
        };
        [person, region.oval_mask(matte.width, matte.height, 1.25)].iter().find_map(|core| {
            let known = core.dilated(margin).map(|v| 1.0 - v);
            enough(&known).then(|| {
                let mut weight = core.dilated(margin / 2).box_mean(margin / 3);
                for (k, value) in weight.data.iter_mut().enumerate() {
                    let below = region.below_chin((k % known.width) as f32 + 0.5, (k / known.width) as f32 + 0.5);
                    *value *= 1.0 - smoothstep(f64::from(below), FADE.0, FADE.1) as f32;
                    // Exactly 0 here, so that bilinear reading of the weight does not spread the fill to known pixels.
                    if known.data[k] > 0.5 {
                        *value = 0.0;
                    }
                }
                Self { known, weight }
            })
        })
    }
}

/// Colour (0..1) of the photo at a place in pixels, pixel centres at halves.
fn bilinear(photo: &RgbaImage, x: f32, y: f32) -> [f32; 3] {
    let (width, height) = photo.dimensions();
    let x = (x - 0.5).clamp(0.0, (width - 1) as f32);
    let y = (y - 0.5).clamp(0.0, (height - 1) as f32);
    let (x0, y0) = (x as u32, y as u32);
    let (x1, y1) = ((x0 + 1).min(width - 1), (y0 + 1).min(height - 1));
    let (fx, fy) = (x - x0 as f32, y - y0 as f32);
    let corners =
        [(x0, y0, (1.0 - fx) * (1.0 - fy)), (x1, y0, fx * (1.0 - fy)), (x0, y1, (1.0 - fx) * fy), (x1, y1, fx * fy)];
    let mut colour = [0.0; 3];
    for (x, y, weight) in corners {
        let pixel = photo.get_pixel(x, y).0;
        for (value, channel) in colour.iter_mut().zip(pixel) {
            *value += weight / 255.0 * f32::from(channel);
        }
    }
    colour
}

/// Standard deviation of the photo's grain in the known background, grey levels: the median
/// of the absolute response of Immerkaer's noise mask ("Fast Noise Variance Estimation",
/// CVIU 1996; white noise of deviation 1 gives responses of deviation 6), over every fourth pixel and row.
fn grain(photo: &RgbaImage, known: &Plane) -> f32 {
    let (width, height) = photo.dimensions();
    let grey = |x: u32, y: u32| {
        let [r, g, b, _] = photo.get_pixel(x, y).0.map(i32::from);
        2 * r + 5 * g + b
    };
    let mut responses = Vec::new();
    for y in (1..height.saturating_sub(1)).step_by(4) {
        for x in (1..width.saturating_sub(1)).step_by(4) {
            let column = x as usize * known.width / width as usize;
            let row = y as usize * known.height / height as usize;
            if known.at(column, row) < 0.5 {
                continue;
            }
            let corners = grey(x - 1, y - 1) + grey(x + 1, y - 1) + grey(x - 1, y + 1) + grey(x + 1, y + 1);
            let sides = grey(x, y - 1) + grey(x, y + 1) + grey(x - 1, y) + grey(x + 1, y);
            responses.push((corners - 2 * sides + 4 * grey(x, y)).unsigned_abs());
        }
    }
    if responses.is_empty() {
        return 0.0;
    }
    let middle = responses.len() / 2;
    let (_, median, _) = responses.select_nth_unstable(middle);
    // 8: the grey weights' sum. 1.4826: deviation of normal noise over its median absolute value.
    *median as f32 / 8.0 / 6.0 * 1.4826
}

/// A nearly normally distributed number of variance 1 that depends on the pixel only: the sum of four uniform ones.
fn normal(x: u32, y: u32) -> f32 {
    // The finaliser of MurmurHash3 (public domain).
    let mut h = x.wrapping_mul(0x9E37_79B1) ^ y.wrapping_mul(0x85EB_CA77);
    h = (h ^ (h >> 16)).wrapping_mul(0x85EB_CA6B);
    h = (h ^ (h >> 13)).wrapping_mul(0xC2B2_AE35);
    h ^= h >> 16;
    let sum: f32 = h.to_le_bytes().iter().map(|&b| (f32::from(b) - 127.5) / 256.0).sum();
    // Each uniform number has variance 1/12, so that the sum of four has 1/3.
    sum * 3f32.sqrt()
}
