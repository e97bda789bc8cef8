//! What a turned face hides of itself. It is shown when the head turns back.
//!
//! The nose stands before the cheek behind it, and the far side of the face is seen edge-on: there the photo has the
//! nose's own lit edge, or a few pixels for a whole cheek. Faces are nearly symmetric, so that the near side tells
//! the hidden part of the far one. In the canonical face's texture coordinates its colours are taken from the mirror
//! image, in the light that falls on the visible part of the far side.

mod light;
mod unwrapped;

use image::{GrayImage, Rgba, RgbaImage};
use nalgebra::Vector2;

use super::inpaint::membrane;
use super::plane::{Plane, Tap};
use super::region::filled_polygon;
use super::{EyeLayer, eyes};
use crate::geometry::topology::{CHIN, EYES, FOREHEAD, INNER_LIPS};
use crate::geometry::{CanonicalFace, FaceGeometry, Pose, VERTICES, smoothstep};
use unwrapped::{Unwrapped, fill};

/// Side of the texture's square, in texels for each pixel of the face's height in the photo. It is more than 1
/// because the texture coordinates leave some of the square empty.
const TEXELS: f64 = 1.2;
/// Smallest and largest side of the square, texels.
const SIDES: [f64; 2] = [64.0, 640.0];
/// How much of the hidden part is shown, by the angle by which the head has turned back from the photo's pose: nothing
/// below the first, all above the second; degrees.
const TURNED_BACK: [f64; 2] = [1.0, 6.0];
/// How much the mirror image replaces the photo on the far side, by the yaw of the head in the photo: nothing below the
/// first, where the photo itself is better, all above the second; degrees.
const TURNED: [f64; 2] = [10.0, 20.0];
/// How far the near side may stand for the far one, by how well the photo shows the near side ([`Unwrapped::seen`]):
/// not at all below the first, wholly above the second.
const MIRRORED: [f64; 2] = [0.4, 0.9];
/// How well the photo must show both sides ([`Unwrapped::seen`]) for their light to be compared. It is less than what
/// colours need to be shown, as surfaces that are seen edge-on tell of light from the side.
const LIT: f32 = 0.5;
/// Width over which the hidden part passes over into the visible one, as a share of the square's side.
const SEAM: f32 = 0.01;
/// Radius over which the ratio of light is evened out, as a share of the square's side.
const LIGHT: f32 = 0.02;
/// How far around an eye's lids skin is uncovered together with the eye, centimetres.
const AROUND_EYES: f64 = 2.0;
/// Least hidden area that is completed, as a share of the square: a face that hides less counts as seen whole.
const LEAST: f32 = 0.002;

/// The part of a face that the photo does not show, made from the part that it shows.
#[derive(Debug, Clone)]
pub struct Completion {
    /// The completed face in texture coordinates: colours, and as alpha how much they replace the photo's.
    pub picture: RgbaImage,
    /// The head's turn in the photo, degrees.
    yaw: f64,
}

impl Completion {
    /// Completes the face of a photo with this matte; `None` if the photo shows the whole face.
    #[must_use]
    pub fn find(photo: &RgbaImage, matte: &GrayImage, face: &FaceGeometry) -> Option<Self> {
        let [yaw, ..] = face.pose.angles();
        let turned = Self::share(&face.pose) as f32;
        if photo.is_empty() || matte.dimensions() != photo.dimensions() || !yaw.is_finite() || turned <= 0.0 {
            return None;
        }
        let [top, chin] = [FOREHEAD, CHIN].map(|i| face.camera.project(&face.pose.apply(&face.shape[i])));
        let size = (TEXELS * (chin - top).norm()).clamp(SIDES[0], SIDES[1]) as usize;
        let found = Unwrapped::of(face, matte, size);
        let across = |plane: &Plane| Plane::from_fn(size, size, |x, y| plane.at(size - 1 - x, y));
        let radius = |share: f32| ((share * size as f32).round() as usize).max(1);
        let alpha = shares(&found, &across(&found.seen), radius(SEAM));
        if alpha.data.iter().sum::<f32>() < LEAST * (size * size) as f32 {
            return None;
        }
        let colours = [0, 1, 2].map(|c| colours(photo, &found.place, c));
        // The far side is the one of which less is seen.
        let half = |left: bool| {
            let columns = if left { 0..size / 2 } else { size.div_ceil(2)..size };
            (0..size).flat_map(|y| columns.clone().map(move |x| (x, y))).map(|(x, y)| found.seen.at(x, y)).sum::<f32>()
        };
        let left = half(true) < half(false);
        let far = Plane::from_fn(size, size, |x, _| if (x < size / 2) == left { 1.0 } else { 0.0 });
        let both = found.seen.zip(&across(&found.seen), |a, b| if a.min(b) > LIT { 1.0 } else { 0.0 });
        let known = both.zip(&far, f32::min);
        let completed = colours.each_ref().map(|plane| {
            let near = across(plane);
            let colours = light::carried(plane, &near, &known, &found, radius(LIGHT));
            // The colours are continued beyond the face's border, as reading between texels there reaches over it.
            membrane(&colours, &found.face, 1.0)
        });
        let picture = RgbaImage::from_fn(size as u32, size as u32, |x, y| {
            let k = y as usize * size + x as usize;
            let byte = |value: f32| (value * 255.0).round().clamp(0.0, 255.0) as u8;
            let [r, g, b] = completed.each_ref().map(|plane| byte(plane.data[k]));
            Rgba([r, g, b, byte(turned * alpha.data[k] * far.data[k])])
        });
        Some(Self { picture, yaw })
    }

    /// How much of the far side the mirror image may replace in a photo of a head with this pose, \[0, 1\].
    #[must_use]
    pub fn share(photo: &Pose) -> f64 {
        smoothstep(photo.angles()[0].abs(), TURNED[0], TURNED[1])
    }

    /// Place of each vertex of the face in [`picture`](Self::picture), pixels.
    pub fn places(&self) -> impl Iterator<Item = [f32; 2]> {
        let size = self.picture.width() as f32;
        CanonicalFace::get().uv.iter().map(move |place| place.map(|share| share as f32 * size))
    }

    /// The photo in which the eyes and the skin around them are not hidden: hidden parts come from the completed face.
    #[must_use]
    pub fn uncover_eyes(&self, photo: &RgbaImage, face: &FaceGeometry) -> RgbaImage {
        let mut out = photo.clone();
        let (width, height) = (photo.width() as usize, photo.height() as usize);
        let places = face.project(&face.shape[..VERTICES], &face.pose);
        let shown: Vec<Vector2<f32>> = self.places().map(Vector2::from).collect();
        let near = |far: &f64| *far < AROUND_EYES;
        let lids: Vec<usize> = EYES.iter().flat_map(|eye| eye.lids).collect();
        let around: Vec<bool> = CanonicalFace::get().distance_to(&lids).iter().map(near).collect();
        let size = self.picture.width() as usize;
        let triangles = CanonicalFace::get().triangles.iter().map(|triangle| triangle.map(usize::from));
        for corners in triangles.filter(|corners| corners.iter().all(|&i| around[i])) {
            fill(corners.map(|i| places[i].cast()), width, height, |k, weights| {
                let place: Vector2<f32> = (0..3).map(|j| shown[corners[j]] * weights[j]).sum();
                let mut hidden = [0.0f32; 4];
                for (i, weight) in Tap::new(place.x, place.y, size, size).corners() {
                    let texel = &self.picture.as_raw()[4 * i..4 * i + 4];
                    hidden.iter_mut().zip(texel).for_each(|(sum, value)| *sum += weight * f32::from(*value));
                }
                let share = hidden[3] / 255.0;
                let pixel = out.get_pixel_mut((k % width) as u32, (k / width) as u32);
                for (value, hidden) in pixel.0.iter_mut().zip(hidden).take(3) {
                    *value = (f32::from(*value) * (1.0 - share) + hidden * share).round() as u8;
                }
            });
        }
        out
    }

    /// How much of the completed face is shown when the head has this pose, \[0, 1\]; 0 at the photo's own pose.
    #[must_use]
    pub fn shown(&self, head: &Pose) -> f32 {
        let [yaw, ..] = head.angles();
        smoothstep((self.yaw - yaw) * self.yaw.signum(), TURNED_BACK[0], TURNED_BACK[1]) as f32
    }
}

/// The completed eyes of a face. Parts that the face hides in the photo are taken from the completed face, if there
/// is one.
#[must_use]
pub fn eyes(photo: &RgbaImage, face: &FaceGeometry, hidden: Option<&Completion>) -> [EyeLayer; 2] {
    let uncovered = hidden.map(|hidden| hidden.uncover_eyes(photo, face));
    let seen = uncovered.as_ref().unwrap_or(photo);
    EYES.each_ref().map(|eye| eyes::complete(seen, &face.landmarks, eye))
}

/// How much the mirror image replaces each texel, \[0, 1\]. `near` says how well the photo shows the mirror image of
/// it.
fn shares(found: &Unwrapped, near: &Plane, radius: usize) -> Plane {
    let size = found.face.width;
    // Texels without face do not count in the mean, so that values go on unchanged to the face's border.
    let even = |plane: &Plane| {
        let inside = plane.zip(&found.face, f32::min).blurred(radius);
        inside.zip(&found.face.blurred(radius), |sum, weight| if weight > 1e-3 { sum / weight } else { 0.0 })
    };
    // Openings of eyes and mouth are left out: what closed lids and lips hide is painted by other means.
    let corner = |i: &usize| Vector2::from(CanonicalFace::get().uv[*i].map(|share| (share * size as f64) as f32));
    let opening = |outline: &[usize]| filled_polygon(&outline.iter().map(corner).collect::<Vec<_>>(), size, size);
    let openings = EYES.iter().map(|eye| opening(&eye.lids)).chain([opening(&INNER_LIPS)]);
    let skin = openings.fold(found.face.clone(), |skin, opening| skin.zip(&opening, |skin, open| skin * (1.0 - open)));
    // Small hidden spots (a fold, a corner of the lips) are dropped by the first step. The second widens the others
    // by more than the first took away, because the last visible texels are mixed with what lies behind them.
    let hidden = found.seen.zip(&skin, |seen, skin| skin * (1.0 - seen));
    let hidden = hidden.map(|hidden| 1.0 - hidden).dilated(2 * radius).map(|seen| 1.0 - seen).dilated(4 * radius);
    let poor = |seen: f32| 1.0 - smoothstep(f64::from(seen), MIRRORED[0], MIRRORED[1]) as f32;
    let unknown = near.zip(&skin, |seen, skin| skin * poor(seen)).dilated(radius);
    even(&hidden).zip(&even(&unknown), |share, unknown| share * (1.0 - unknown))
}

/// A channel of the photo at each texel, 0 to 1.
fn colours(photo: &RgbaImage, [xs, ys]: &[Plane; 2], channel: usize) -> Plane {
    let (width, height) = (photo.width() as usize, photo.height() as usize);
    let read = |k: usize| {
        let tap = Tap::new(xs.data[k], ys.data[k], width, height);
        tap.corners().map(|(i, weight)| weight * f32::from(photo.as_raw()[4 * i + channel])).sum::<f32>() / 255.0
    };
    Plane { width: xs.width, height: xs.height, data: (0..xs.data.len()).map(read).collect() }
}
