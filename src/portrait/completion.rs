//! What a turned face hides of itself, for when it turns back.
//!
//! The nose stands before the cheek behind it, and the far side is seen edge-on: the photo has the nose's own lit edge there, or a few pixels
//! for a whole cheek. Faces are nearly symmetric, so that the near side says what is hidden of the far one. Its colours are
//! taken from the mirror image on the canonical face's texture coordinates, with the light of what is seen of the far side.

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

/// Texels a pixel of the face's height: the texture coordinates leave some of the square empty.
const TEXELS: f64 = 1.2;
/// Smallest and largest side of the square, texels.
const SIDES: [f64; 2] = [64.0, 640.0];
/// Degrees by which a head turns back until what is hidden is shown at all, and altogether.
const TURNED_BACK: [f64; 2] = [1.0, 6.0];
/// From this turn on, degrees, the photo hides enough for a mirror image to be better than it, and altogether.
const TURNED: [f64; 2] = [10.0, 20.0];
/// How well the near side must be seen to stand for the far one.
const MIRRORED: [f64; 2] = [0.4, 0.9];
/// How well both sides must be seen for their light to be compared. Less than for colours to be shown: what is seen edge-on is lit from the side.
const LIT: f32 = 0.5;
/// How far what is hidden passes over into what is seen, and how far light is evened out, as shares of the square's side.
const SEAM: f32 = 0.01;
const LIGHT: f32 = 0.02;
/// How far around an eye's lids things belong to it, centimetres.
const AROUND_EYES: f64 = 2.0;
/// A face of which less is hidden, as a share of the square, is seen whole.
const LEAST: f32 = 0.002;

/// What the photo does not show of a face.
#[derive(Debug, Clone)]
pub struct Completion {
    /// In texture coordinates: colours, and as alpha how much they stand for the photo's.
    pub picture: RgbaImage,
    /// The head's turn in the photo, degrees.
    yaw: f64,
}

impl Completion {
    /// For a photo and its matte; `None` if it shows the whole face.
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
        // Which side is the far one: less of it is seen.
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
            // Read between texels at the face's border, they go on beyond it.
            membrane(&colours, &found.face)
        });
        let picture = RgbaImage::from_fn(size as u32, size as u32, |x, y| {
            let k = y as usize * size + x as usize;
            let byte = |value: f32| (value * 255.0).round().clamp(0.0, 255.0) as u8;
            let [r, g, b] = completed.each_ref().map(|plane| byte(plane.data[k]));
            Rgba([r, g, b, byte(turned * alpha.data[k] * far.data[k])])
        });
        Some(Self { picture, yaw })
    }

    /// How much a mirror image is better than what a photo of a head with this pose shows of its far side, \[0, 1\].
    #[must_use]
    pub fn share(photo: &Pose) -> f64 {
        smoothstep(photo.angles()[0].abs(), TURNED[0], TURNED[1])
    }

    /// Where the picture shows each vertex of the face, pixels.
    pub fn places(&self) -> impl Iterator<Item = [f32; 2]> {
        let size = self.picture.width() as f32;
        CanonicalFace::get().uv.iter().map(move |place| place.map(|share| share as f32 * size))
    }

    /// The photo with nothing before its eyes and what is around them.
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

    /// How much of it shall be shown of a head, \[0, 1\]; 0 where it looks as it does in the photo.
    #[must_use]
    pub fn shown(&self, head: &Pose) -> f32 {
        let [yaw, ..] = head.angles();
        smoothstep((self.yaw - yaw) * self.yaw.signum(), TURNED_BACK[0], TURNED_BACK[1]) as f32
    }
}

/// The eyes of a face, completed; what it hides of them in the photo is taken from what is known of it.
#[must_use]
pub fn eyes(photo: &RgbaImage, face: &FaceGeometry, hidden: Option<&Completion>) -> [EyeLayer; 2] {
    let uncovered = hidden.map(|hidden| hidden.uncover_eyes(photo, face));
    let seen = uncovered.as_ref().unwrap_or(photo);
    EYES.each_ref().map(|eye| eyes::complete(seen, &face.landmarks, eye))
}

/// How much the mirror image stands for each texel. `near` is how well that one is seen.
fn shares(found: &Unwrapped, near: &Plane, radius: usize) -> Plane {
    let size = found.face.width;
    // Where there is no face nothing is known: what is beside it goes on to its border.
    let even = |plane: &Plane| {
        let inside = plane.zip(&found.face, f32::min).blurred(radius);
        inside.zip(&found.face.blurred(radius), |sum, weight| if weight > 1e-3 { sum / weight } else { 0.0 })
    };
    // What closed eyes and lips hide is painted by itself.
    let corner = |i: &usize| Vector2::from(CanonicalFace::get().uv[*i].map(|share| (share * size as f64) as f32));
    let opening = |outline: &[usize]| filled_polygon(&outline.iter().map(corner).collect::<Vec<_>>(), size, size);
    let openings = EYES.iter().map(|eye| opening(&eye.lids)).chain([opening(&INNER_LIPS)]);
    let skin = openings.fold(found.face.clone(), |skin, opening| skin.zip(&opening, |skin, open| skin * (1.0 - open)));
    // A fold, a lip's corner are left alone. The last of what is seen is mixed with what lies behind it.
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
