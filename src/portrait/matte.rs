//! From the net's small mask to a matte at the photo's size that follows the hair.
//!
//! The mask is decided where the net could not ([`undecided`]), cleaned (one person, no small holes,
//! the face inside), and refined twice with
//! the photo's colours: by a guided filter, and, where the colours of person and background
//! differ, by the place of each pixel's colour between the two.

mod component;
mod guided;
mod undecided;

use image::imageops::thumbnail;
use image::{GrayImage, Luma, Rgba, RgbaImage};

use super::plane::{Plane, Tap};
use super::region::FaceRegion;
use crate::geometry::{FaceGeometry, smoothstep};
use component::part_at;
use guided::LocalLine;

/// Long side of the small picture on which everything but the last step is done, pixels.
const WORKING_SIDE: u32 = 512;
/// The net has failed if it takes less than this share of the face oval for a person.
const NEEDED_COVER: f32 = 0.7;
/// Smallest variance of colours (0..1) that the guided filter follows.
const GUIDE_EPSILON: f32 = 4e-4;
/// Values of the matte, 0 to 1, that become exactly 0 and exactly 1; the range between is stretched.
const CLIP: (f32, f32) = (0.08, 0.92);
/// Least value of the matte, 0 to 1, that counts as the person when it is asked what lies [`NEAR`].
const SOLID: f32 = 0.85;
/// Distances from the solid person, face widths: soft pixels stay below the first and are background beyond the second.
/// Hair is soft within these; threads of half a person far from everybody are edges of blurred lights.
const NEAR: [f32; 2] = [0.06, 0.13];
/// Least value of the matte, of 255, at which a pixel shows the person and nothing behind.
pub(super) const OPAQUE: u8 = 230;

/// The person matte at the photo's size, 255 = person.
///
/// `mask` is the net's mask of the whole photo, of any size. Only the part with the face is
/// kept. The face oval is always 255. If the mask misses the face, it is replaced by a smooth
/// hull around head and shoulders ([`FaceRegion::person_hull`]).
#[must_use]
pub fn refine(mask: &GrayImage, photo: &RgbaImage, face: &FaceGeometry) -> GrayImage {
    let (width, height) = photo.dimensions();
    if photo.is_empty() || mask.is_empty() {
        return GrayImage::new(width, height);
    }
    let small = small_size(width, height);
    let colours = planes(&thumbnail(photo, small.0, small.1));
    let scale = (small.0 as f32 / width as f32, small.1 as f32 / height as f32);
    let region = FaceRegion::new(face, scale.0, scale.1);
    let reach = region.as_ref().map_or(0.1 * small.0.min(small.1) as f32, |region| region.width);
    let mask = Plane::from_gray(mask).resized(small.0 as usize, small.1 as usize);
    // Undecided pixels come first: half-seen hair may be all that joins the rest of the hair to the head, and cleaning
    // keeps only what is joined to it.
    let mask = cleaned(&undecided::decide(&mask, &colours, reach), region.as_ref());
    let line = LocalLine::fit(&colours, &mask, at_least_one(0.035 * reach), GUIDE_EPSILON);
    let between = Between::new(&colours, &mask, reach);

    let full = FaceRegion::new(face, 1.0, 1.0);
    let oval = full.map(|region| region.oval_mask(width as usize, height as usize, 1.0));
    let last = Last { scale, mask, line, between, oval };
    let mut matte = GrayImage::new(width, height);
    for (y, (photo, out)) in photo.rows().zip(matte.rows_mut()).enumerate() {
        last.row(y, photo, out);
    }
    without_threads(&mut matte, small, reach);
    matte
}

/// Takes away what is soft and far from the solid person. `small` is the size of the working picture, `reach` the face
/// width in it.
fn without_threads(matte: &mut GrayImage, small: (u32, u32), reach: f32) {
    let solid = Plane::from_gray(&thumbnail(matte, small.0, small.1)).map(|m| if m >= SOLID { 1.0 } else { 0.0 });
    let [least, most] = NEAR.map(|distance| distance * reach);
    let near = solid.dilated(at_least_one((least + most) / 2.0)).box_mean(at_least_one((most - least) / 2.0));
    let scale = (small.0 as f32 / matte.width() as f32, small.1 as f32 / matte.height() as f32);
    for (x, y, pixel) in matte.enumerate_pixels_mut().filter(|(_, _, pixel)| (1..OPAQUE).contains(&pixel.0[0])) {
        let tap = Tap::new((x as f32 + 0.5) * scale.0, (y as f32 + 0.5) * scale.1, near.width, near.height);
        pixel.0[0] = (f32::from(pixel.0[0]) * tap.read(&near)).round() as u8;
    }
}

/// The last step: from the small pictures to the photo's own pixels.
struct Last {
    /// Width and height of a pixel of the photo, in pixels of the small pictures.
    scale: (f32, f32),
    mask: Plane,
    line: LocalLine,
    between: Between,
    oval: Option<Plane>,
}

impl Last {
    /// A row of the matte. (A function of its own: browsers optimise functions that are called often.)
    #[inline(never)]
    fn row<'a>(
        &self,
        y: usize,
        photo: impl Iterator<Item = &'a Rgba<u8>>,
        out: impl Iterator<Item = &'a mut Luma<u8>>,
    ) {
        let Self { scale, mask, line, between, oval } = self;
        for (x, (pixel, out)) in photo.zip(out).enumerate() {
            let tap = Tap::new((x as f32 + 0.5) * scale.0, (y as f32 + 0.5) * scale.1, mask.width, mask.height);
            let band = tap.read(&between.band);
            let inside = tap.read(mask);
            let mut value = inside;
            if band > 0.0 {
                let colour = [0, 1, 2].map(|c| f32::from(pixel.0[c]) / 255.0);
                let refined = between.mixed(&tap, colour, line.at(&tap, colour));
                value += (refined - inside) * band;
            }
            value = (value - CLIP.0) / (CLIP.1 - CLIP.0);
            if oval.as_ref().is_some_and(|oval| oval.at(x, y) > 0.5) {
                value = 1.0;
            }
            out.0[0] = (value.clamp(0.0, 1.0) * 255.0).round() as u8;
        }
    }
}

/// Size of the working picture.
pub(super) fn small_size(width: u32, height: u32) -> (u32, u32) {
    let scale = (f64::from(WORKING_SIDE) / f64::from(width.max(height))).min(1.0);
    let side = |length: u32| ((f64::from(length) * scale).round() as u32).max(1);
    (side(width), side(height))
}

/// Colour planes of a picture, 0..1.
pub(super) fn planes(picture: &RgbaImage) -> [Plane; 3] {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    [0, 1, 2].map(|c| Plane { width, height, data: picture.pixels().map(|p| f32::from(p.0[c]) / 255.0).collect() })
}

pub(super) fn at_least_one(length: f32) -> usize {
    (length.round() as usize).max(1)
}

/// The mask of one person, without small holes and with the whole face. If the net has failed, it is a hull around head
/// and shoulders.
fn cleaned(mask: &Plane, region: Option<&FaceRegion>) -> Plane {
    let Some(region) = region else { return mask.clone() };
    let oval = region.oval_mask(mask.width, mask.height, 1.0);
    let area: f32 = oval.data.iter().sum();
    let covered: f32 = oval.zip(mask, |o, m| if m > 0.5 { o } else { 0.0 }).data.iter().sum();
    if area < 1.0 {
        return mask.clone();
    }
    let mask = if covered < NEEDED_COVER * area { region.person_hull(mask.width, mask.height) } else { mask.clone() };
    let with_face = mask.zip(&oval, f32::max);
    let column = (region.nose.x.max(0.0) as usize).min(mask.width - 1);
    let row = (region.nose.y.max(0.0) as usize).min(mask.height - 1);
    let part = part_at(&with_face, column, row, (0.08 * area) as usize);
    // The mask's own soft edge around that part stays; other people and things are removed.
    let around = part.dilated(at_least_one(0.09 * region.width)).blurred(at_least_one(0.015 * region.width));
    let soft = with_face.zip(&around, |m, a| m * a);
    let holes_filled = part.zip(&with_face, |p, m| if p > 0.5 && m <= 0.5 { 1.0 } else { 0.0 });
    soft.zip(&holes_filled, f32::max)
}

/// Local colours of person and background around the outline.
struct Between {
    /// 1 along the outline, where the mask cannot be trusted to the pixel; 0 away from it.
    band: Plane,
    person: [Plane; 3],
    background: [Plane; 3],
    /// Trust in the two colours, 0..1: 0 where they differ by little against their variance.
    trust: Plane,
}

impl Between {
    fn new(colours: &[Plane; 3], mask: &Plane, reach: f32) -> Self {
        let hard = mask.map(|m| if m > 0.5 { 1.0 } else { 0.0 });
        let share = hard.blurred(at_least_one(0.03 * reach));
        let ramp = |v: f32| smoothstep(f64::from(v), 0.0, 0.12) as f32;
        let band = share.map(|s| ramp(s) * ramp(1.0 - s));
        let sure_person = share.map(|s| if s > 0.97 { 1.0 } else { 0.0 });
        let sure_background = share.map(|s| if s < 0.02 { 1.0 } else { 0.0 });
        let radius = at_least_one(0.12 * reach);
        let (person, person_spread) = local_colour(colours, &sure_person, |plane| plane.blurred(radius));
        let (background, background_spread) = local_colour(colours, &sure_background, |plane| plane.blurred(radius));
        let mut trust = Plane::filled(mask.width, mask.height, 0.0);
        for (k, out) in trust.data.iter_mut().enumerate() {
            let difference: f32 = (0..3).map(|c| (person[c].data[k] - background[c].data[k]).powi(2)).sum();
            let spread = person_spread.data[k] + background_spread.data[k] + 1e-3;
            *out = smoothstep(f64::from(difference / spread), 1.5, 6.0) as f32;
        }
        Self { band, person, background, trust: trust.box_mean(1) }
    }

    /// The `guided` matte, replaced by the place of `colour` between background (0) and person (1) as far as these two
    /// colours are trusted.
    fn mixed(&self, tap: &Tap, colour: [f32; 3], guided: f32) -> f32 {
        let trust = tap.read(&self.trust);
        if trust <= 0.0 {
            return guided;
        }
        let (mut along, mut length) = (0.0, 1e-4);
        for ((value, person), background) in colour.into_iter().zip(&self.person).zip(&self.background) {
            let background = tap.read(background);
            let axis = tap.read(person) - background;
            along += (value - background) * axis;
            length += axis * axis;
        }
        let place = ((along / length - 0.12) / 0.6).clamp(0.0, 1.0);
        // A highlight in the hair, or a dark thing behind it, can have the other side's colour. So the value stays
        // within .5 of the guided matte.
        let place = place.clamp(guided - 0.5, guided + 0.5);
        guided + (place - guided) * trust
    }
}

/// Mean colour of the chosen pixels around each pixel, and their variance, summed over the channels. `blurred` decides
/// how far around. Where no chosen pixel is within reach the variance is infinite.
fn local_colour(colours: &[Plane; 3], chosen: &Plane, blurred: impl Fn(&Plane) -> Plane) -> ([Plane; 3], Plane) {
    let weight = blurred(chosen);
    let mean = |plane: &Plane| {
        let sum = blurred(&plane.zip(chosen, |v, w| v * w));
        sum.zip(&weight, |s, w| if w > 1e-3 { s / w } else { 0.0 })
    };
    let means = colours.each_ref().map(mean);
    let squares = colours.each_ref().map(|plane| mean(&plane.map(|v| v * v)));
    let mut spread = weight.map(|w| if w > 1e-3 { 0.0 } else { f32::INFINITY });
    for (square, mean) in squares.iter().zip(&means) {
        for ((s, &q), &m) in spread.data.iter_mut().zip(&square.data).zip(&mean.data) {
            *s += (q - m * m).max(0.0);
        }
    }
    (means, spread)
}
