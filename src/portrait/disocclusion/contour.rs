//! The far outline of a turned face, drawn in to where the photo shows it.
//!
//! Landmarks bridge a sunken cheek and the hollow between cheekbone and jaw: there the mesh would carry background
//! along as if it were skin. Where the matte has nobody just inside the landmarks' outline, vertices at the outline
//! move in to where it has somebody. The rim carries what lies beyond.

use image::GrayImage;
use nalgebra::{Vector2, Vector3};

use super::directions::{DIRECTIONS, turn, widened};
use super::silhouette::Silhouette;
use crate::geometry::topology::EYES;
use crate::geometry::{FaceGeometry, VERTICES, smoothstep};
use crate::portrait::matte::OPAQUE;

/// How far inside the landmarks' outline the face is looked for, as a share of the face's width.
const FARTHEST: f32 = 0.08;
/// How far inside the landmarks' outline vertices move with it, the less the farther inside, as a share of the face's
/// width. It is so much larger than [`FARTHEST`] that no triangle turns over.
const MOVING: f64 = 0.16;
/// Directions on either side over which the distance that the outline moves in is evened out.
const AROUND: usize = 6;

impl Silhouette {
    /// The face with its far outline drawn in to where the matte has somebody.
    pub fn fitted(&self, face: &FaceGeometry, matte: &GrayImage) -> FaceGeometry {
        let ways: Vec<f32> = (0..DIRECTIONS).map(|k| self.way_in(matte, k) * self.hidden[k]).collect();
        let ways = widened(&ways, AROUND);
        let moved = |index: usize, point: &Vector3<f64>| {
            let camera = face.pose.apply(point);
            let place = face.camera.project(&camera);
            let way = place.cast::<f32>() - self.centre;
            let (k, _) = turn(way);
            let inside = f64::from((self.reach[k] - way.norm()) / self.width);
            let share = 1.0 - smoothstep(inside, 0.0, MOVING);
            if index >= VERTICES || ways[k] <= 0.0 || share <= 0.0 || EYES.iter().any(|eye| eye.lids.contains(&index)) {
                return *point;
            }
            let in_place: Vector2<f64> = place - (way.normalize() * ways[k]).cast() * share;
            face.pose.undo(&face.camera.unproject(&in_place, -camera.z))
        };
        let shape = face.shape.iter().enumerate().map(|(index, point)| moved(index, point)).collect();
        FaceGeometry { shape, ..face.clone() }
    }

    /// How far inside the landmarks' outline the matte begins to have somebody in a direction, pixels; 0 if it does not
    /// within [`FARTHEST`].
    fn way_in(&self, matte: &GrayImage, k: usize) -> f32 {
        let most = (FARTHEST * self.width) as u32;
        let skin = |step: &u32| self.seen(matte, k, -(*step as f32)).is_none_or(|share| share >= OPAQUE);
        (0..=most).find(skin).unwrap_or_default() as f32
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use image::Luma;

    use super::*;
    use crate::portrait::mesh::HeadMesh;
    use crate::portrait::prepare::tests::seen;

    #[test]
    fn the_far_outline_moves_in_to_where_the_matte_has_somebody() {
        for yaw in [-28.0, 28.0] {
            let face = seen(yaw).geometry();
            let outline = Silhouette::of(&HeadMesh::build(&face), &GrayImage::new(600, 600)).unwrap();
            let bridged = 0.03 * outline.width;
            let matte = GrayImage::from_fn(600, 600, |x, y| {
                let way = Vector2::new(x as f32 + 0.5, y as f32 + 0.5) - outline.centre;
                Luma([if way.norm() < outline.reach[turn(way).0] - bridged { 255 } else { 0 }])
            });
            let fitted = outline.fitted(&face, &matte);
            let place = |face: &FaceGeometry, i: usize| face.camera.project(&face.pose.apply(&face.shape[i])).cast();
            let mut moved = 0;
            for i in 0..VERTICES {
                let (before, after): (Vector2<f32>, Vector2<f32>) = (place(&face, i), place(&fitted, i));
                let way = before - outline.centre;
                let (k, _) = turn(way);
                let inside = outline.reach[k] - way.norm();
                if outline.hidden[k] <= 0.0 || f64::from(inside) > MOVING * f64::from(outline.width) {
                    // Directions beside those that hide something move a little with them.
                    assert!((after - before).norm() < 0.5 * bridged, "{yaw}: vertex {i} moved");
                } else if outline.hidden[k] > 0.99 && inside < 1.0 && !EYES.iter().any(|eye| eye.lids.contains(&i)) {
                    let way_in = (before - after).norm();
                    assert!((way_in - bridged).abs() < 0.2 * bridged + 1.5, "{yaw}: vertex {i} moved by {way_in}");
                    moved += 1;
                }
            }
            assert!(moved > 5, "{yaw}: {moved}");
            // Where the matte has somebody all over, nothing moves.
            let everybody = GrayImage::from_pixel(600, 600, Luma([255]));
            assert_eq!(outline.fitted(&face, &everybody).shape, face.shape);
        }
    }
}
