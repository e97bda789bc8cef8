//! Rotated rectangles of a picture, from which the nets' inputs are cut.

use std::f32::consts::TAU;

use super::Detection;
use crate::geometry::LANDMARKS;
use crate::geometry::topology::OUTER_EYE_CORNERS;

/// Ratio of the region's sides to those of the face's bounds (MediaPipe's `RectTransformation`).
const MARGIN: f32 = 1.5;

/// A rotated square or rectangle of the picture that is given to the landmark net.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Region {
    /// Centre, pixels.
    pub centre: [f32; 2],
    /// Width and height, pixels.
    pub size: [f32; 2],
    /// Rotation, radians, clockwise in the picture.
    pub rotation: f32,
}

impl Region {
    /// The smallest square around a whole picture, turned clockwise by quarter turns.
    #[must_use]
    pub fn around(width: u32, height: u32, quarter_turns: u8) -> Self {
        let side = width.max(height) as f32;
        Self {
            centre: [width as f32 / 2.0, height as f32 / 2.0],
            size: [side; 2],
            rotation: f32::from(quarter_turns % 4) * TAU / 4.0,
        }
    }

    /// The region in which the landmarks of a detected face are looked for: its box, enlarged and
    /// turned so that the eyes are level.
    #[must_use]
    pub fn from_detection(detection: &Detection) -> Self {
        let [left, top, right, bottom] = detection.bounds;
        let [first, second, ..] = detection.keypoints;
        Self {
            centre: [(left + right) / 2.0, (top + bottom) / 2.0],
            size: [(right - left) * MARGIN, (bottom - top) * MARGIN],
            rotation: level(first, second),
        }
    }

    /// The region in which a face with these landmarks is looked for in the next frame.
    /// `None` unless there are 478 finite points that are not all in one place.
    #[must_use]
    pub fn from_landmarks(landmarks: &[[f32; 3]]) -> Option<Self> {
        let (mut low, mut high) = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
        for point in landmarks {
            for axis in 0..2 {
                low[axis] = low[axis].min(point[axis]);
                high[axis] = high[axis].max(point[axis]);
            }
        }
        let side = (high[0] - low[0]).max(high[1] - low[1]) * MARGIN;
        let finite = landmarks.iter().flatten().all(|value| value.is_finite());
        if landmarks.len() < LANDMARKS || !finite || side <= 0.0 {
            return None;
        }
        let [right, left] = OUTER_EYE_CORNERS.map(|index| [landmarks[index][0], landmarks[index][1]]);
        Some(Self {
            centre: [(low[0] + high[0]) / 2.0, (low[1] + high[1]) / 2.0],
            size: [side; 2],
            rotation: level(right, left),
        })
    }

    /// The region's axes in the picture, pixels: the vector from its left to its right
    /// edge and the vector from its top to its bottom edge.
    #[must_use]
    pub fn axes(&self) -> [[f32; 2]; 2] {
        let (sin, cos) = self.rotation.sin_cos();
        let [width, height] = self.size;
        [[cos * width, sin * width], [-sin * height, cos * height]]
    }

    /// The picture's place, pixels, of a place in the region, whose top left corner is (0, 0) and bottom right corner
    /// (1, 1).
    #[must_use]
    pub fn to_picture(&self, place: [f32; 2]) -> [f32; 2] {
        let [across, down] = self.axes();
        let [u, v] = place.map(|value| value - 0.5);
        [self.centre[0] + u * across[0] + v * down[0], self.centre[1] + u * across[1] + v * down[1]]
    }

    /// Whether the region is finite and overlaps a `width` x `height` picture.
    #[must_use]
    pub fn touches(&self, width: u32, height: u32) -> bool {
        let finite = self.centre.iter().chain(&self.size).all(|value| value.is_finite()) && self.rotation.is_finite();
        let reach = self.size[0].hypot(self.size[1]) / 2.0;
        let near = |centre: f32, limit: u32| centre + reach > 0.0 && centre - reach < limit as f32;
        finite
            && self.size.iter().all(|&side| side >= 1.0)
            && near(self.centre[0], width)
            && near(self.centre[1], height)
    }
}

/// The rotation of the line from `from` to `to` against one that points right, clockwise in the picture, in (-pi, pi].
fn level(from: [f32; 2], to: [f32; 2]) -> f32 {
    (to[1] - from[1]).atan2(to[0] - from[0])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn face(centre: [f32; 2], radius: f32, rotation: f32) -> Vec<[f32; 3]> {
        let (sin, cos) = rotation.sin_cos();
        let mut points: Vec<[f32; 3]> = (0..LANDMARKS)
            .map(|i| {
                let angle = i as f32 / LANDMARKS as f32 * TAU;
                [centre[0] + radius * angle.cos(), centre[1] + radius * angle.sin(), 0.0]
            })
            .collect();
        for (index, side) in OUTER_EYE_CORNERS.into_iter().zip([-0.4, 0.4]) {
            points[index] = [centre[0] + radius * side * cos, centre[1] + radius * side * sin, 0.0];
        }
        points
    }

    proptest! {
        #[test]
        fn corners_keep_size_and_centre(
            centre in prop::array::uniform2(-500.0..2000.0f32),
            size in prop::array::uniform2(1.0..900.0f32),
            rotation in -3.1..3.1f32,
        ) {
            let region = Region { centre, size, rotation };
            let [a, b, c, d] = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]].map(|p| region.to_picture(p));
            let length = |p: [f32; 2], q: [f32; 2]| (p[0] - q[0]).hypot(p[1] - q[1]);
            prop_assert!((length(a, b) - size[0]).abs() < 0.01 && (length(b, c) - size[1]).abs() < 0.01);
            prop_assert!((length(a, c) - length(b, d)).abs() < 0.01, "not a rectangle");
            prop_assert!(((a[0] + c[0]) / 2.0 - centre[0]).abs() < 0.01);
            prop_assert!(((a[1] + c[1]) / 2.0 - centre[1]).abs() < 0.01);
        }

        #[test]
        fn landmarks_give_a_level_square_that_holds_them(
            centre in prop::array::uniform2(0.0..2000.0f32), radius in 5.0..600.0f32, rotation in -3.1..3.1f32,
        ) {
            let points = face(centre, radius, rotation);
            let region = Region::from_landmarks(&points).unwrap();
            prop_assert!((region.size[0] - 3.0 * radius).abs() < 0.01 * radius);
            prop_assert!((region.size[0] - region.size[1]).abs() < 1e-3);
            prop_assert!((region.rotation - rotation).abs() < 1e-2);
            // The circle's points lie within the square at any rotation.
            let [across, down] = region.axes();
            for p in &points {
                let d = [p[0] - region.centre[0], p[1] - region.centre[1]];
                let along = |axis: [f32; 2]| (d[0] * axis[0] + d[1] * axis[1]) / region.size[0].powi(2);
                prop_assert!(along(across).abs() < 0.5 && along(down).abs() < 0.5);
            }
        }

        #[test]
        fn a_turned_detection_gives_a_turned_region(angle in -3.1..3.1f32) {
            let (sin, cos) = angle.sin_cos();
            let mut keypoints = [[100.0, 100.0]; 6];
            keypoints[1] = [100.0 + 40.0 * cos, 100.0 + 40.0 * sin];
            let region = Region::from_detection(&Detection { bounds: [50.0, 60.0, 150.0, 160.0], keypoints, score: 1.0 });
            prop_assert!((region.rotation - angle).abs() < 1e-4);
            prop_assert_eq!(region.centre, [100.0, 110.0]);
            prop_assert_eq!(region.size, [150.0, 150.0]);
        }
    }

    #[test]
    fn useless_landmarks_give_no_region() {
        assert_eq!(Region::from_landmarks(&[]), None);
        assert_eq!(Region::from_landmarks(&[[5.0, 5.0, 0.0]; LANDMARKS]), None);
        let mut points = face([100.0, 100.0], 50.0, 0.0);
        points[7][1] = f32::NAN;
        assert_eq!(Region::from_landmarks(&points), None);
    }

    #[test]
    fn a_region_far_outside_touches_nothing() {
        let region = |centre: [f32; 2], side: f32| Region { centre, size: [side; 2], rotation: 0.3 };
        assert!(region([50.0, 50.0], 30.0).touches(100, 100));
        assert!(!region([400.0, 50.0], 30.0).touches(100, 100));
        assert!(!region([50.0, f32::NAN], 30.0).touches(100, 100));
        assert!(!region([50.0, 50.0], 0.0).touches(100, 100));
    }
}
