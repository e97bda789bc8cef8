//! Glasses that stand out beyond the far outline of a turned face.
//!
//! A lens stands before the temple: when the head turns to the viewer it comes to lie inside the outline. There the
//! completed face shows its mirror image ([`Completion`](crate::portrait::completion::Completion)), and the part
//! beyond the outline would be a third lens.

use image::RgbaImage;
use nalgebra::Vector3;

use super::directions::{DIRECTIONS, evened};
use super::silhouette::Silhouette;
use crate::geometry::topology::EYES;
use crate::geometry::{CanonicalFace, FaceGeometry, smoothstep};
use crate::portrait::plane::Tap;

/// How surely something at the height of the eyes stands out beyond the outline, by the distance that it does: 0
/// below the first, 1 above the second; shares of the face's width.
const STANDS_OUT: [f64; 2] = [0.03, 0.07];
/// Distance that something stands out at the cheek, as a share of what stands out beside the eyes: glasses are below
/// the first, hair is above the second.
const BELOW: [f64; 2] = [0.35, 0.6];
/// Directions on either side over which the result is evened out.
const AROUND: usize = 4;
/// The ridge of the nose, from between the brows down.
const RIDGE: [usize; 5] = [9, 8, 168, 6, 197];
/// Distance between the places at which a line on the face is sampled, centimetres.
const STEP: f64 = 0.05;
/// Distance from a place of the nose's ridge to the two that it is compared with, above and below, in [`STEP`]s.
const APART: usize = 8;
/// Distance between the two places below an eye that are compared, in [`STEP`]s.
const EDGE: usize = 6;
/// Distance below the lid at which these comparisons begin, in [`STEP`]s: nearer there are lashes.
const LASHES: usize = 10;
/// How far below the middle of the cheek these comparisons end, centimetres.
const BELOW_CHEEK: f64 = 0.6;
/// Half the width of the line across the nose over which the ridge's brightness is averaged, centimetres.
const HALF_WIDTH: f64 = 0.2;
/// Product of two contrasts: that of a bar across the nose, and that of an edge all along below the near eye. A face
/// below the first wears no glasses, one above the second does. A frown alone has the bar, and bags under the eyes
/// alone have the edge. Of 39 people with glasses 35 were above the mean of the two numbers, and 2 of 56 without
/// (measured on ridges that reached down to the nose's tip).
const WORN: [f64; 2] = [0.075, 0.115];
/// Added to brightnesses that contrasts are divided by, of 255, so that noise in nearly black places has no contrast.
const DARK: f64 = 20.0;

/// How surely glasses stand beyond the outline in each direction, \[0, 1\].
pub fn glasses(photo: &RgbaImage, face: &FaceGeometry, outline: &Silhouette) -> Vec<f32> {
    let usual = &CanonicalFace::get().positions;
    let mean = |of: &dyn Fn(usize) -> f64| (of(0) + of(1)) / 2.0;
    let brow = mean(&|side| EYES[side].brow.iter().map(|&i| usual[i].y).fold(f64::MIN, f64::max));
    let cheek = mean(&|side| usual[EYES[side].cheek].y);
    let lid = mean(&|side| usual[EYES[side].lower].y);
    let height = |k: usize| outline.anchors[k].on(usual).y;
    let far = |k: &usize| outline.beyond_oval[*k] > 0.5;
    let between = |low: f64, high: f64| {
        (0..DIRECTIONS).filter(far).filter(move |&k| (low..high).contains(&height(k))).map(|k| outline.stands_out[k])
    };
    let beside = f64::from(between((lid + cheek) / 2.0, brow).fold(0.0, f32::max));
    // A lens ends: somewhere at the cheek below it hardly anything stands out, while hair hangs down farther.
    let below = f64::from(between(2.0 * cheek - lid, cheek).fold(f32::MAX, f32::min));
    let alone = 1.0 - smoothstep(below / beside.max(1e-6), BELOW[0], BELOW[1]);
    let worn = smoothstep(bar_across_nose(photo, face) * edge_below_eye(photo, face), WORN[0], WORN[1]);
    let share = (smoothstep(beside, STANDS_OUT[0], STANDS_OUT[1]) * alone * worn) as f32;
    let within = |k: usize| if far(&k) && (cheek..brow).contains(&height(k)) { share } else { 0.0 };
    evened(&(0..DIRECTIONS).map(within).collect::<Vec<_>>(), AROUND)
}

/// Contrast of the strongest bar across the nose's ridge: how much brighter, or darker, it is than the places above and
/// below, as a share of their mean brightness.
fn bar_across_nose(photo: &RgbaImage, face: &FaceGeometry) -> f64 {
    let parts = RIDGE.windows(2).map(|ends| [face.shape[ends[0]], face.shape[ends[1]]]);
    let ridge: Vec<f64> =
        parts.flat_map(|[from, to]| along(from, to)).map(|place| across(photo, face, &place)).collect();
    let bar = |k: usize| {
        let [above, here, below] = [ridge[k - APART], ridge[k], ridge[k + APART]];
        let least = (here - above).abs().min((here - below).abs());
        let is_bar = (here - above) * (here - below) > 0.0;
        if is_bar { least / ((above + below) / 2.0 + DARK) } else { 0.0 }
    };
    (APART..ridge.len().saturating_sub(APART)).map(bar).fold(0.0, f64::max)
}

/// Contrast of an edge that runs all along below the near eye. From each landmark of the lower lid the strongest edge
/// on the way down is taken; the second weakest of these counts.
fn edge_below_eye(photo: &RgbaImage, face: &FaceGeometry) -> f64 {
    let [yaw, ..] = face.pose.angles();
    // A face that is turned to its left hides its left side.
    let eye = &EYES[usize::from(yaw < 0.0)];
    let cheek = face.shape[eye.cheek];
    let mut edges: Vec<f64> = eye.lids[1..8]
        .iter()
        .map(|&i| {
            let lid = face.shape[i];
            let end = Vector3::new(lid.x + 0.3 * (cheek.x - lid.x), cheek.y - BELOW_CHEEK, cheek.z);
            let down: Vec<f64> = along(lid, end).map(|place| brightness(photo, face, &place)).collect();
            let edge = |k: usize| (down[k] - down[k + EDGE]).abs() / ((down[k] + down[k + EDGE]) / 2.0 + DARK);
            (LASHES..down.len().saturating_sub(EDGE)).map(edge).fold(0.0, f64::max)
        })
        .collect();
    edges.sort_by(f64::total_cmp);
    edges[1]
}

/// Places on the line from one point to another, [`STEP`] apart; canonical frame, centimetres.
fn along(from: Vector3<f64>, to: Vector3<f64>) -> impl Iterator<Item = Vector3<f64>> {
    let count = ((to - from).norm() / STEP).ceil().max(1.0) as usize;
    (0..count).map(move |k| from + (to - from) * (k as f64 / count as f64))
}

/// Mean brightness of a short line across the nose through `middle`, 0 to 255.
fn across(photo: &RgbaImage, face: &FaceGeometry, middle: &Vector3<f64>) -> f64 {
    let place = |part: i32| middle + Vector3::x() * (f64::from(part) / 3.0 * HALF_WIDTH);
    (-3..=3).map(|part| brightness(photo, face, &place(part))).sum::<f64>() / 7.0
}

/// Brightness of the photo at a place of the face, 0 to 255.
fn brightness(photo: &RgbaImage, face: &FaceGeometry, place: &Vector3<f64>) -> f64 {
    let place = face.camera.project(&face.pose.apply(place)).cast::<f32>();
    let tap = Tap::new(place.x, place.y, photo.width() as usize, photo.height() as usize);
    let of = |k: usize| photo.as_raw()[4 * k..4 * k + 3].iter().map(|&v| f64::from(v)).sum::<f64>() / 3.0;
    tap.corners().map(|(k, weight)| of(k) * f64::from(weight)).sum()
}
