//! Masks that tell the net where things are in a patch.
//!
//! A mask is the share of a pixel that an outline covers, taken from the distance to the outline:
//! ½ on it, 0 and 1 half a pixel outside and inside. Lips or lids that are shut leave a line of ½, so
//! that their seam can be seen.

use nalgebra::Vector2;

use super::patch::{Part, PatchFrame};
use crate::geometry::topology::{EYES, Eye, INNER_LIPS, OUTER_LIPS};
use crate::portrait::outline::Outline;

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
    let opening = Area::of(&INNER_LIPS, 10, &at);
    let lips = Area::of(&OUTER_LIPS, 10, &at);
    each(side, |point| {
        let inner = opening.coverage(point);
        [inner, (lips.coverage(point) - inner).max(0.0)]
    })
}

fn eye(side: usize, eye: &Eye, at: impl Fn(usize) -> Vector2<f64>) -> Vec<u8> {
    let opening = Area::of(&eye.lids, 8, &at);
    let centre = at(eye.iris[0]);
    let radius = eye.iris[1..].iter().map(|&i| (at(i) - centre).norm()).sum::<f64>() / 4.0;
    each(side, |point| {
        let distance = (Vector2::from(point.map(f64::from)) - centre).norm();
        [opening.coverage(point), (0.5 + radius - distance).clamp(0.0, 1.0) as f32]
    })
}

fn each(side: usize, value: impl Fn([f32; 2]) -> [f32; MASKS]) -> Vec<u8> {
    (0..side)
        .flat_map(|row| (0..side).map(move |column| [column as f32 + 0.5, row as f32 + 0.5]))
        .flat_map(|point| value(point).map(|v| (v * 255.0).round() as u8))
        .collect()
}

/// An outline with its bounds: most pixels are far from it.
struct Area {
    outline: Outline,
    bounds: [f32; 4],
}

impl Area {
    fn of(landmarks: &[usize], turn: usize, at: impl Fn(usize) -> Vector2<f64>) -> Self {
        let points: Vec<[f32; 2]> = landmarks.iter().map(|&i| at(i)).map(|p| [p.x as f32, p.y as f32]).collect();
        let outline = Outline::through(&points, turn);
        Self { bounds: outline.bounds(), outline }
    }

    fn coverage(&self, point: [f32; 2]) -> f32 {
        let [left, top, right, bottom] = self.bounds;
        let [x, y] = point;
        if x < left - 1.0 || y < top - 1.0 || x > right + 1.0 || y > bottom + 1.0 {
            return 0.0;
        }
        let [lower, upper] = self.outline.arc_distances(point);
        let distance = lower.min(upper);
        (0.5 + if self.outline.contains(point) { distance } else { -distance }).clamp(0.0, 1.0)
    }
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
