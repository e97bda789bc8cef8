//! Place, direction and size of the face in the photo, as matte and plate need them.

use nalgebra::Vector2;

use super::plane::Plane;
use crate::geometry::topology::OVAL;
use crate::geometry::{FaceGeometry, LANDMARKS};

/// The face oval and its measures, in pixels of some picture.
#[derive(Debug, Clone)]
pub struct FaceRegion {
    /// The face oval.
    pub oval: Vec<Vector2<f32>>,
    /// Tip of the nose (landmark 4).
    pub nose: Vector2<f32>,
    /// Lowest point of the chin (landmark 152).
    pub chin: Vector2<f32>,
    /// Unit vector from the forehead to the chin.
    pub down: Vector2<f32>,
    /// Distance from the top of the forehead (landmark 10) to the chin.
    pub height: f32,
    /// Largest distance across the oval, at a right angle to `down`.
    pub width: f32,
}

impl FaceRegion {
    /// The region of a face in a picture that is the photo scaled by `scale_x` and `scale_y`.
    /// None if the landmarks are not 478 finite points of some extent.
    #[must_use]
    pub fn new(face: &FaceGeometry, scale_x: f32, scale_y: f32) -> Option<Self> {
        if face.landmarks.len() < LANDMARKS || !face.landmarks.iter().flatten().all(|v| v.is_finite()) {
            return None;
        }
        let point = |i: usize| Vector2::new(face.landmarks[i][0] * scale_x, face.landmarks[i][1] * scale_y);
        let axis = point(152) - point(10);
        let height = axis.norm();
        if height < 1.0 {
            return None;
        }
        let down = axis / height;
        let oval: Vec<_> = OVAL.iter().map(|&i| point(i)).collect();
        let across = oval.iter().map(|p| p.x * -down.y + p.y * down.x);
        let (low, high) = across.fold((f32::MAX, f32::MIN), |(low, high), v| (low.min(v), high.max(v)));
        Some(Self { nose: point(4), chin: point(152), down, height, width: (high - low).max(1.0), oval })
    }

    /// 1 for the pixels whose centre is inside the oval, scaled by `factor` about the nose.
    #[must_use]
    pub fn oval_mask(&self, width: usize, height: usize, factor: f32) -> Plane {
        let polygon: Vec<_> = self.oval.iter().map(|p| self.nose + (p - self.nose) * factor).collect();
        filled_polygon(&polygon, width, height)
    }

    /// A smooth outline of head and body for photos on which the matte net fails: an
    /// ellipse around the head (hair reaches as far as the mesh's middle ring, 1.38 of the
    /// oval at the sides and 1.55 at the top), and a body that widens from the neck
    /// to the picture's lower border.
    #[must_use]
    pub fn person_hull(&self, width: usize, height: usize) -> Plane {
        let side = Vector2::new(-self.down.y, self.down.x);
        let centre = self.chin - self.down * (0.58 * self.height);
        let (reach_side, reach_up, reach_down) = (0.62 * self.width, 0.78 * self.height, 0.62 * self.height);
        Plane::from_fn(width, height, |x, y| {
            let d = Vector2::new(x as f32 + 0.5, y as f32 + 0.5) - centre;
            let (across, along) = (d.dot(&side), d.dot(&self.down));
            let head = (across / reach_side).hypot(along / if along < 0.0 { reach_up } else { reach_down });
            let below = (along - 0.58 * self.height) / self.height;
            let neck = 0.34 + 1.5 * (below.max(0.0) / 0.6).min(1.0).powi(2);
            let body = if below > -0.2 { across.abs() / (neck * self.width) } else { f32::MAX };
            // About a tenth of the face wide, 1/2 on the outline.
            (0.5 + (1.0 - head.min(body)) * 5.0).clamp(0.0, 1.0)
        })
    }

    /// How far a point is below the chin, in face heights.
    #[must_use]
    pub fn below_chin(&self, x: f32, y: f32) -> f32 {
        (Vector2::new(x, y) - self.chin).dot(&self.down) / self.height
    }
}

/// 1 for the pixels whose centre is inside the polygon (even-odd rule).
pub(super) fn filled_polygon(polygon: &[Vector2<f32>], width: usize, height: usize) -> Plane {
    let mut plane = Plane::filled(width, height, 0.0);
    let mut crossings = Vec::new();
    for (y, row) in plane.data.chunks_mut(width.max(1)).enumerate() {
        let centre = y as f32 + 0.5;
        crossings.clear();
        for (i, a) in polygon.iter().enumerate() {
            let b = polygon[(i + 1) % polygon.len()];
            if (a.y <= centre) != (b.y <= centre) {
                crossings.push(a.x + (centre - a.y) / (b.y - a.y) * (b.x - a.x));
            }
        }
        crossings.sort_by(f32::total_cmp);
        for pair in crossings.chunks_exact(2) {
            let column = |x: f32| ((x - 0.5).ceil().max(0.0) as usize).min(width);
            let (from, to) = (column(pair[0]), column(pair[1]));
            row[from..to.max(from)].fill(1.0);
        }
    }
    plane
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polygon_covers_its_area() {
        let corners = [(2.0, 3.0), (12.0, 3.0), (12.0, 8.0), (2.0, 8.0)].map(|(x, y)| Vector2::new(x, y));
        let plane = filled_polygon(&corners, 16, 10);
        assert_eq!(plane.data.iter().sum::<f32>(), 50.0);
        assert_eq!((plane.at(2, 3), plane.at(1, 3), plane.at(11, 7), plane.at(12, 7)), (1.0, 0.0, 1.0, 0.0));
    }

    #[test]
    fn polygon_outside_the_picture_is_clipped() {
        let corners = [(-50.0, -50.0), (50.0, -50.0), (50.0, 50.0), (-50.0, 50.0)].map(|(x, y)| Vector2::new(x, y));
        assert!(filled_polygon(&corners, 7, 5).data.iter().all(|&v| v == 1.0));
    }
}
