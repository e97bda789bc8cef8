//! Masks that tell the net where things are in a patch.
//!
//! A mask is the share of a pixel that an outline covers, taken from the distance to the outline:
//! ½ on it, 0 and 1 half a pixel outside and inside. Lips or lids that are shut leave a line of ½, so
//! that their seam can be seen.

use nalgebra::Vector2;

use super::patch::{Part, PatchFrame};
use crate::geometry::topology::{EYES, Eye, INNER_LIPS, OUTER_LIPS};
use crate::nets::vectorized;
use crate::portrait::outline::{Outline, squared_distance};

/// Masks of a patch.
pub const MASKS: usize = 2;

/// The masks of a patch, pixel by pixel, 0 to 255. Mouth: opening between the lips, lips. Eye:
/// opening between the lids, disc of the iris.
///
/// `places` are the 478 landmarks in the picture that `frame` lies in, as [`PatchFrame::of`] took them.
#[must_use]
pub fn masks(part: Part, frame: &PatchFrame, places: &[Vector2<f64>]) -> Vec<u8> {
    let at = |i: usize| frame.to_patch(places.get(i).copied().unwrap_or_default());
    match part {
        Part::Mouth => mouth(frame.side, at),
        Part::RightEye => eye(frame.side, &EYES[0], at),
        Part::LeftEye => eye(frame.side, &EYES[1], at),
    }
}

fn mouth(side: usize, at: impl Fn(usize) -> Vector2<f64>) -> Vec<u8> {
    let opening = coverage(side, &outline(&INNER_LIPS, 10, &at));
    let mut lips = coverage(side, &outline(&OUTER_LIPS, 10, &at));
    lips.iter_mut().zip(&opening).for_each(|(lips, inner)| *lips = (*lips - inner).max(0.0));
    bytes([&opening, &lips])
}

fn eye(side: usize, eye: &Eye, at: impl Fn(usize) -> Vector2<f64>) -> Vec<u8> {
    let opening = coverage(side, &outline(&eye.lids, 8, &at));
    let centre = at(eye.iris[0]);
    let radius = eye.iris[1..].iter().map(|&i| (at(i) - centre).norm()).sum::<f64>() / 4.0;
    bytes([&opening, &disc(side, centre, radius)])
}

/// Share of each pixel that a disc covers, row by row.
fn disc(side: usize, centre: Vector2<f64>, radius: f64) -> Vec<f32> {
    let mut shares = vec![0.0; side * side];
    let [left, top] = [0, 1].map(|axis| first(side, centre[axis] - radius - 0.5));
    let [right, bottom] = [0, 1].map(|axis| first(side, centre[axis] + radius + 0.5));
    for (row, y) in shares.chunks_exact_mut(side).zip(0..bottom).skip(top) {
        for (share, x) in row.iter_mut().zip(0..right).skip(left) {
            let distance = (Vector2::new(f64::from(x as u32), f64::from(y as u32)).add_scalar(0.5) - centre).norm();
            *share = (0.5 + radius - distance).clamp(0.0, 1.0) as f32;
        }
    }
    shares
}

/// The first column or row whose centre is not before a place.
fn first(side: usize, place: f64) -> usize {
    // Rounded up by hand; `ceil` is a function call for older processors.
    let place = (place - 0.5).clamp(0.0, side as f64);
    let before = place as usize;
    before + usize::from(before as f64 != place)
}

fn bytes(masks: [&[f32]; MASKS]) -> Vec<u8> {
    // Adding .5 rounds, as no number is negative. (`round` is a function call for older processors, and few processors
    // can turn vectors into bytes at once.)
    let mut bytes = vec![0; MASKS * masks[0].len()];
    vectorized(
        #[inline(always)]
        || {
            for (bytes, (first, second)) in bytes.as_chunks_mut().0.iter_mut().zip(masks[0].iter().zip(masks[1])) {
                *bytes = [(first * 255.0 + 0.5) as i32 as u8, (second * 255.0 + 0.5) as i32 as u8];
            }
        },
    );
    bytes
}

fn outline(landmarks: &[usize], turn: usize, at: impl Fn(usize) -> Vector2<f64>) -> Outline {
    let points: Vec<[f32; 2]> = landmarks.iter().map(|&i| at(i)).map(|p| [p.x as f32, p.y as f32]).collect();
    Outline::through(&points, turn)
}

/// Share of each pixel that an outline covers, row by row. Distances are computed only for pixels near a segment; for
/// the others it is enough to know whether they lie inside.
fn coverage(side: usize, outline: &Outline) -> Vec<f32> {
    // Squared distances to the outline, at most .25: beyond half a pixel the distance does not matter.
    let mut near = vec![0.25f32; side * side];
    // 1 inside and -1 outside.
    let mut signs = vec![-1.0f32; side * side];
    let first = |place: f32| first(side, f64::from(place));
    for (from, to) in outline.segments() {
        let [left, top] = [0, 1].map(|axis| first(from[axis].min(to[axis]) - 0.5));
        let [right, bottom] = [0, 1].map(|axis| first(from[axis].max(to[axis]) + 0.5));
        for (x, y) in (top..bottom).flat_map(|y| (left..right).map(move |x| (x, y))) {
            let squared = squared_distance([x as f32 + 0.5, y as f32 + 0.5], from, to);
            near[y * side + x] = near[y * side + x].min(squared);
        }
        // Even-odd rule: in each row, everything left of a crossing changes sides.
        for y in first(from[1].min(to[1]))..first(from[1].max(to[1])) {
            let crossing = from[0] + (y as f32 + 0.5 - from[1]) / (to[1] - from[1]) * (to[0] - from[0]);
            signs[y * side..][..side][..first(crossing)].iter_mut().for_each(|sign| *sign = -*sign);
        }
    }
    signs.iter_mut().zip(&near).for_each(|(sign, squared)| *sign = 0.5 + *sign * squared.sqrt());
    signs
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::geometry::{CanonicalFace, LANDMARKS};

    /// The canonical face from the front, 20 pixels a centimetre, its lips `open` centimetres apart.
    fn places(open: f64) -> Vec<Vector2<f64>> {
        let mut points = CanonicalFace::get().positions.clone();
        points.resize(LANDMARKS, nalgebra::Vector3::zeros());
        for (centre, eye) in [(468, &EYES[0]), (473, &EYES[1])] {
            let middle = (points[eye.corners[0]] + points[eye.corners[1]]) / 2.0;
            let ways = [[0.0, 0.0], [0.6, 0.0], [0.0, 0.6], [-0.6, 0.0], [0.0, -0.6]];
            for (k, [x, y]) in ways.into_iter().enumerate() {
                points[centre + k] = middle + nalgebra::Vector3::new(x, y, 0.0);
            }
        }
        for i in crate::geometry::topology::LOWER_INNER_LIP {
            points[i].y -= open;
        }
        points.iter().map(|p| Vector2::new(300.0 + 20.0 * p.x, 300.0 - 20.0 * p.y)).collect()
    }

    fn area(masks: &[u8], channel: usize) -> f64 {
        masks.iter().skip(channel).step_by(MASKS).map(|&v| f64::from(v) / 255.0).sum()
    }

    #[test]
    fn an_opening_mouth_has_a_growing_opening_between_its_lips() {
        let of = |open: f64| {
            let places = places(open);
            masks(Part::Mouth, &PatchFrame::of(Part::Mouth, &places).unwrap(), &places)
        };
        let (shut, wide) = (of(0.0), of(1.5));
        assert_eq!(shut.len(), 96 * 96 * MASKS);
        assert!(area(&wide, 0) > area(&shut, 0) + 300.0, "{} {}", area(&shut, 0), area(&wide, 0));
        assert!(area(&shut, 1) > 100.0);
    }

    #[test]
    fn coverage_is_the_distance_to_the_outline_at_every_pixel() {
        for (open, way) in [(0.0, 0.0), (0.01, 0.3), (1.5, 0.7), (1.5, -50.0)] {
            let places: Vec<_> = places(open).iter().map(|p| p + Vector2::repeat(way)).collect();
            // An outline that lies beyond the patch must not disturb it.
            for frame in [Part::Mouth, Part::RightEye].map(|part| PatchFrame::of(part, &places).unwrap()) {
                let outline = outline(&INNER_LIPS, 10, |i| frame.to_patch(places[i]) + Vector2::repeat(way));
                for (k, found) in coverage(frame.side, &outline).into_iter().enumerate() {
                    let point = [k % frame.side, k / frame.side].map(|v| v as f32 + 0.5);
                    let [lower, upper] = outline.arc_distances(point);
                    let sign = if outline.contains(point) { 1.0 } else { -1.0 };
                    let wanted = (0.5 + sign * lower.min(upper)).clamp(0.0, 1.0);
                    assert!((found - wanted).abs() < 1e-4, "{found} for {wanted} at {point:?}");
                }
            }
        }
    }

    #[test]
    fn both_eyes_look_alike() {
        let places = places(0.0);
        let of = |part| masks(part, &PatchFrame::of(part, &places).unwrap(), &places);
        let (right, left) = (of(Part::RightEye), of(Part::LeftEye));
        let apart = right.iter().zip(&left).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / right.len() as f64;
        assert!(apart < 3.0, "{apart}");
        let radius = 0.6 * 20.0 / PatchFrame::of(Part::RightEye, &places).unwrap().scale();
        assert!((area(&right, 1) / (std::f64::consts::PI * radius * radius) - 1.0).abs() < 0.05);
    }
}
