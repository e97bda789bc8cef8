//! The far outline of a turned face, drawn in to where the photo shows it.
//!
//! Landmarks bridge a sunken cheek and the hollow between cheekbone and jaw: there the mesh would carry background along as if it were skin.
//! Where the matte says that nobody is there yet, vertices at the outline move in to where somebody is; the rim carries what lies beyond.

use image::GrayImage;
use nalgebra::{Vector2, Vector3};

use super::silhouette::{DIRECTIONS, Silhouette, turn, widened};
use crate::geometry::topology::EYES;
use crate::geometry::{FaceGeometry, VERTICES, smoothstep};

/// The matte where there is nothing but skin.
const SKIN: u8 = 230;
/// How far inside the landmarks' outline the face is looked for, and how far inside it vertices move for it, less and less; shares of the
/// face's width. The second is so much larger that no triangle turns over.
const FARTHEST: f32 = 0.08;
const MOVING: f64 = 0.16;
/// Directions on either side over which the way in is evened out.
const AROUND: usize = 6;

impl Silhouette {
    /// The face with its outline where the matte has it.
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

    /// How far inside the landmarks' outline the face begins in a direction, pixels; none if it does not begin nearby.
    fn way_in(&self, matte: &GrayImage, k: usize) -> f32 {
        let most = (FARTHEST * self.width) as u32;
        let skin = |step: &u32| self.seen(matte, k, -(*step as f32)).is_none_or(|share| share >= SKIN);
        (0..=most).find(skin).unwrap_or_default() as f32
    }
}
