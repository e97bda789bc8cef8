//! From the detector's candidates to faces.

use super::Region;
use super::nets::{ANCHORS, DETECTOR_SIDE, DETECTOR_VALUES};

/// Least score of a candidate that counts, \[0, 1\] (MediaPipe's `min_detection_confidence`).
const MIN_SCORE: f32 = 0.5;
/// Candidates that overlap by more than this are one face (intersection over union).
const SAME_FACE: f32 = 0.5;

/// Least uprightness with which a face is taken without trying the picture turned. On 17 photos of
/// faces that lean by up to 35 degrees, right detections have an uprightness of .78 to .98,
/// and upside-down faces that are taken for upright ones up to .76.
pub(crate) const SURELY_UPRIGHT: f32 = 0.78;
/// By how much a face's uprightness in a turned picture must exceed that in the picture as it is: photos are upright
/// as a rule, and a face that is half outside the picture looks upright in more than one turn.
pub(crate) const TURNED_LEAD: f32 = 0.1;

/// A face that the detector found, in pixels of the picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Detection {
    /// Left, top, right, bottom.
    pub bounds: [f32; 4],
    /// Six keypoints: eyes (right, left of the person), nose tip, mouth, ear tragions.
    pub keypoints: [[f32; 2]; 6],
    /// Confidence in \[0, 1\].
    pub score: f32,
}

impl Detection {
    /// Area of the bounds, square pixels.
    #[must_use]
    pub fn area(&self) -> f32 {
        let [left, top, right, bottom] = self.bounds;
        (right - left).max(0.0) * (bottom - top).max(0.0)
    }

    /// How surely the face is upright in a picture turned by `turn` (radians, clockwise): its
    /// score times the cosine of its lean.
    pub(crate) fn uprightness(&self, turn: f32) -> f32 {
        self.score * (Region::from_detection(self).rotation - turn).cos()
    }

    /// Intersection over union of the bounds.
    fn overlap(&self, other: &Self) -> f32 {
        let side = |axis: usize| {
            (self.bounds[axis + 2].min(other.bounds[axis + 2]) - self.bounds[axis].max(other.bounds[axis])).max(0.0)
        };
        let shared = side(0) * side(1);
        shared / (self.area() + other.area() - shared).max(f32::MIN_POSITIVE)
    }

    /// The numbers of the bounds and the keypoints in one row.
    fn coordinates(&self) -> impl Iterator<Item = f32> {
        self.bounds.into_iter().chain(self.keypoints.into_iter().flatten())
    }

    fn from_coordinates(row: [f32; 16], score: f32) -> Self {
        let mut keypoints = [[0.0; 2]; 6];
        for (index, point) in keypoints.iter_mut().enumerate() {
            *point = [row[4 + 2 * index], row[5 + 2 * index]];
        }
        Self { bounds: [row[0], row[1], row[2], row[3]], keypoints, score }
    }

    /// The detection in picture pixels; its own coordinates are in \[0, 1\] across `region`. The bounds stay upright,
    /// as the region is turned by quarter turns only.
    fn in_picture(&self, region: &Region) -> Self {
        let [left, top, right, bottom] = self.bounds;
        let (a, b) = (region.to_picture([left, top]), region.to_picture([right, bottom]));
        Self {
            bounds: [a[0].min(b[0]), a[1].min(b[1]), a[0].max(b[0]), a[1].max(b[1])],
            keypoints: self.keypoints.map(|point| region.to_picture(point)),
            score: self.score,
        }
    }
}

/// Centres of the anchors in \[0, 1\], row by row: a 16 x 16 grid with two in each cell, then an 8 x 8 grid with
/// six in each cell. All anchors have size 1.
pub(crate) fn anchors() -> Vec<[f32; 2]> {
    let mut centres = Vec::with_capacity(ANCHORS);
    for (cells, copies) in [(16_u8, 2), (8, 6)] {
        for y in 0..cells {
            for x in 0..cells {
                let centre = [x, y].map(|cell| (f32::from(cell) + 0.5) / f32::from(cells));
                centres.extend([centre; 6].iter().take(copies));
            }
        }
    }
    centres
}

/// Faces among the net's `values` (17 for each anchor) of the letterboxed picture
/// `region`, in picture pixels, the largest first.
pub(crate) fn faces(values: &[f32], region: &Region) -> Vec<Detection> {
    let candidates =
        values.chunks_exact(DETECTOR_VALUES).zip(anchors()).filter_map(|(row, anchor)| decode(row, anchor));
    let mut found: Vec<_> = merge(candidates.collect()).iter().map(|face| face.in_picture(region)).collect();
    found.sort_by(|a, b| b.area().total_cmp(&a.area()));
    found
}

/// One candidate, with coordinates in \[0, 1\]; `None` if its score is too low.
fn decode(row: &[f32], anchor: [f32; 2]) -> Option<Detection> {
    let score = *row.get(16)?;
    if score < MIN_SCORE || row.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let mut values = [0.0; 16];
    for (index, (value, &raw)) in values.iter_mut().zip(row).enumerate() {
        *value = raw / DETECTOR_SIDE as f32;
        // All values but width and height are places relative to the anchor.
        if !(2..4).contains(&index) {
            *value += anchor[index % 2];
        }
    }
    let [x, y, width, height, ..] = values;
    values[..4].copy_from_slice(&[x - width / 2.0, y - height / 2.0, x + width / 2.0, y + height / 2.0]);
    Some(Detection::from_coordinates(values, score))
}

/// Weighted non-maximum suppression: the best candidate and all that overlap it become
/// one face at their mean, weighted by score, with the best one's score; and so on.
fn merge(mut candidates: Vec<Detection>) -> Vec<Detection> {
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut faces = Vec::new();
    while let Some(best) = candidates.first().cloned() {
        let (same, others): (Vec<_>, Vec<_>) =
            candidates.drain(..).partition(|candidate| *candidate == best || best.overlap(candidate) > SAME_FACE);
        candidates = others;
        let total: f32 = same.iter().map(|candidate| candidate.score).sum();
        let mut mean = [0.0; 16];
        for candidate in &same {
            for (sum, value) in mean.iter_mut().zip(candidate.coordinates()) {
                *sum += value * candidate.score / total;
            }
        }
        faces.push(Detection::from_coordinates(mean, best.score));
    }
    faces
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn boxed(bounds: [f32; 4], score: f32) -> Detection {
        Detection { bounds, keypoints: [[bounds[0], bounds[1]]; 6], score }
    }

    #[test]
    fn anchors_lie_on_the_two_grids() {
        let centres = anchors();
        assert_eq!(centres.len(), ANCHORS);
        assert_eq!(centres[0], [1.0 / 32.0, 1.0 / 32.0]);
        assert_eq!(centres[1], centres[0]);
        assert_eq!(centres[2], [3.0 / 32.0, 1.0 / 32.0]);
        assert_eq!(centres[32], [1.0 / 32.0, 3.0 / 32.0]);
        assert_eq!(centres[512..518], [[1.0 / 16.0; 2]; 6]);
        assert_eq!(centres[518], [3.0 / 16.0, 1.0 / 16.0]);
        assert_eq!(centres[895], [15.0 / 16.0; 2]);
    }

    #[test]
    fn overlapping_candidates_become_one_weighted_face() {
        let faces = merge(vec![
            boxed([0.10, 0.1, 0.30, 0.3], 0.6),
            boxed([0.12, 0.1, 0.32, 0.3], 0.9),
            boxed([0.60, 0.6, 0.80, 0.8], 0.7),
        ]);
        assert_eq!(faces.len(), 2);
        assert!((faces[0].bounds[0] - (0.10 * 0.6 + 0.12 * 0.9) / 1.5).abs() < 1e-6);
        assert!((faces[0].score - 0.9).abs() < f32::EPSILON);
        assert_eq!(faces[1].bounds, [0.60, 0.6, 0.80, 0.8]);
    }

    #[test]
    fn a_candidate_is_decoded_relative_to_its_anchor() {
        let mut values = vec![0.0; ANCHORS * DETECTOR_VALUES];
        let row = &mut values[895 * DETECTOR_VALUES..];
        row[..6].copy_from_slice(&[-12.8, 0.0, 32.0, 64.0, 12.8, 6.4]);
        row[16] = 0.8;
        // A 200 x 100 picture lies in the middle of its 200 x 200 letterbox.
        let found = faces(&values, &Region::around(200, 100, 0));
        assert_eq!(found.len(), 1);
        let want = [(0.9375 - 0.1 - 0.125) * 200.0, (0.9375 - 0.25) * 200.0 - 50.0];
        assert!((found[0].bounds[0] - want[0]).abs() < 1e-3 && (found[0].bounds[1] - want[1]).abs() < 1e-3);
        assert!((found[0].keypoints[0][0] - (0.9375 + 0.1) * 200.0).abs() < 1e-3);
    }

    #[test]
    fn low_and_broken_candidates_do_not_count() {
        let mut values = vec![f32::NAN; ANCHORS * DETECTOR_VALUES];
        assert!(faces(&values, &Region::around(10, 10, 0)).is_empty());
        values.fill(0.49);
        assert!(faces(&values, &Region::around(10, 10, 0)).is_empty());
        assert!(faces(&[], &Region::around(0, 0, 0)).is_empty());
    }

    proptest! {
        /// No two faces overlap by more than the limit's worth of their best candidates, none is lost.
        #[test]
        fn suppression_keeps_every_face_once(
            boxes in prop::collection::vec((0.0..1.0f32, 0.0..1.0f32, 0.05..0.4f32, 0.5..1.0f32), 1..40),
        ) {
            let candidates: Vec<_> =
                boxes.iter().map(|&(x, y, side, score)| boxed([x, y, x + side, y + side], score)).collect();
            let faces = merge(candidates.clone());
            prop_assert!(!faces.is_empty() && faces.len() <= candidates.len());
            prop_assert!(faces.windows(2).all(|pair| pair[0].score >= pair[1].score));
            let best = candidates.iter().map(|c| c.score).fold(0.0, f32::max);
            prop_assert!((faces[0].score - best).abs() < f32::EPSILON);
            for face in &faces {
                prop_assert!(candidates.iter().any(|c| c.overlap(face) > 0.2), "a face where no candidate is");
            }
        }

        /// A face found in a turned picture lies where it is in the upright one.
        #[test]
        fn quarter_turns_are_undone(turns in 0u8..4, x in 0.2..0.8f32, y in 0.2..0.8f32, width in 20u32..400, height in 20u32..400) {
            let region = Region::around(width, height, turns);
            let face = boxed([x - 0.1, y - 0.1, x + 0.1, y + 0.1], 0.9).in_picture(&region);
            let middle = region.to_picture([x, y]);
            let side = 0.2 * width.max(height) as f32;
            prop_assert!(((face.bounds[0] + face.bounds[2]) / 2.0 - middle[0]).abs() < 0.01 * side);
            prop_assert!((face.bounds[2] - face.bounds[0] - side).abs() < 0.01 * side);
            prop_assert!((face.bounds[3] - face.bounds[1] - side).abs() < 0.01 * side);
        }
    }
}
