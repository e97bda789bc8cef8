//! The face of a photo, spread out in the canonical face's texture coordinates.

use image::GrayImage;
use nalgebra::{Vector2, Vector3};

use crate::geometry::{CanonicalFace, FaceGeometry, VERTICES, smoothstep};
use crate::portrait::matte::OPAQUE;
use crate::portrait::plane::Plane;

/// How well the photo shows a surface, by the cosine of the angle between its normal and the direction to the camera: 0
/// below the first, 1 above the second.
const FACING: [f64; 2] = [0.05, 0.25];
/// A place counts as hidden if something lies before it that is nearer by more than this, centimetres.
const NEARER: f32 = 0.8;
/// Width that is added on each side to the things that hide others, as a share of the face's height: their edges are
/// not known to the pixel.
const AROUND: f32 = 0.01;

/// The face on a square of texture coordinates: for each texel, its place in the photo and how well it is seen there.
#[derive(Debug)]
pub struct Unwrapped {
    /// Place of the texel in the photo, x and y, pixels.
    pub place: [Plane; 2],
    /// How well the photo shows the texel, \[0, 1\]; 0 where there is no face.
    pub seen: Plane,
    /// 1 where there is face.
    pub face: Plane,
    /// The surface's normal, canonical frame, of length 1 up to interpolation.
    pub normal: [Plane; 3],
}

impl Unwrapped {
    /// Spreads the face out on a square of `size` x `size` texels.
    pub fn of(face: &FaceGeometry, matte: &GrayImage, size: usize) -> Self {
        let canonical = CanonicalFace::get();
        let points: Vec<Vector3<f64>> = face.shape[..VERTICES].iter().map(|point| face.pose.apply(point)).collect();
        let places: Vec<Vector2<f32>> = points.iter().map(|point| face.camera.project(point).cast()).collect();
        let normals = normals(&face.shape[..VERTICES]);
        let looks = |(normal, point): (&Vector3<f64>, &Vector3<f64>)| {
            -(face.pose.rotation * normal).dot(&point.normalize()) as f32
        };
        let facing: Vec<f32> = normals.iter().zip(&points).map(looks).collect();
        let hiding = Depths::of(&points, &places);
        let (width, height) = matte.dimensions();
        let matte = Plane::from_gray(matte);
        let nothing = || Plane::filled(size, size, 0.0);
        let mut out =
            Self { place: [nothing(), nothing()], seen: nothing(), face: nothing(), normal: [0; 3].map(|_| nothing()) };
        let spread = |i: usize| Vector2::from(canonical.uv[i].map(|t| t as f32)) * size as f32;
        for corners in canonical.triangles.iter().map(|triangle| triangle.map(usize::from)) {
            fill(corners.map(spread), size, size, |k, weights| {
                let mean = |value: &dyn Fn(usize) -> f32| (0..3).map(|j| weights[j] * value(corners[j])).sum::<f32>();
                let [x, y] = [mean(&|i| places[i].x), mean(&|i| places[i].y)];
                let faces = smoothstep(f64::from(mean(&|i| facing[i])), FACING[0], FACING[1]) as f32;
                let inside = x >= 0.0 && y >= 0.0 && x < width as f32 && y < height as f32;
                let hidden =
                    hiding.hide(x, y, mean(&|i| -points[i].z as f32)) || 255.0 * matte.sample(x, y) < f32::from(OPAQUE);
                out.place[0].data[k] = x;
                out.place[1].data[k] = y;
                out.seen.data[k] = if inside && !hidden { faces } else { 0.0 };
                out.face.data[k] = 1.0;
                for (axis, plane) in out.normal.iter_mut().enumerate() {
                    plane.data[k] = mean(&|i| normals[i][axis] as f32);
                }
            });
        }
        out
    }
}

/// The normal of each vertex, of length 1.
fn normals(shape: &[Vector3<f64>]) -> Vec<Vector3<f64>> {
    let mut normals = vec![Vector3::zeros(); shape.len()];
    for corners in CanonicalFace::get().triangles.iter().map(|triangle| triangle.map(usize::from)) {
        let [a, b, c] = corners.map(|i| shape[i]);
        corners.iter().for_each(|&i| normals[i] += (b - a).cross(&(c - a)));
    }
    normals.iter().map(|normal| normal.try_normalize(0.0).unwrap_or_default()).collect()
}

/// How near to the camera the face is at the pixels of the photo.
struct Depths {
    origin: [f32; 2],
    /// Largest z in the camera frame around each pixel, centimetres: minus the distance of what is nearest there.
    nearest: Plane,
}

impl Depths {
    fn of(points: &[Vector3<f64>], places: &[Vector2<f32>]) -> Self {
        let bound = |axis: usize, pick: fn(f32, f32) -> f32, start| places.iter().map(|p| p[axis]).fold(start, pick);
        let low = [0, 1].map(|axis| bound(axis, f32::min, f32::MAX));
        let sizes = [0, 1].map(|axis| (bound(axis, f32::max, f32::MIN) - low[axis]).clamp(1.0, 8192.0) as usize + 1);
        let mut nearest = Plane::filled(sizes[0], sizes[1], f32::NEG_INFINITY);
        for corners in CanonicalFace::get().triangles.iter().map(|triangle| triangle.map(usize::from)) {
            fill(corners.map(|i| places[i] - Vector2::from(low)), sizes[0], sizes[1], |k, weights| {
                let z: f32 = (0..3).map(|j| weights[j] * points[corners[j]].z as f32).sum();
                nearest.data[k] = nearest.data[k].max(z);
            });
        }
        let around = (AROUND * sizes[1] as f32).round().max(1.0) as usize;
        Self { origin: low, nearest: nearest.dilated(around) }
    }

    /// Whether something at or around a place of the photo hides a point at this `distance` from the camera,
    /// centimetres.
    fn hide(&self, x: f32, y: f32, distance: f32) -> bool {
        let [column, row] = [x - self.origin[0], y - self.origin[1]].map(|place| place.max(0.0) as usize);
        let Plane { width, height, .. } = self.nearest;
        let nearest = -self.nearest.at(column.min(width - 1), row.min(height - 1));
        distance - nearest > NEARER
    }
}

/// Calls `paint` for each pixel of a picture whose centre lies in a triangle, with the pixel's index and the weights
/// of the triangle's corners there.
pub fn fill(corners: [Vector2<f32>; 3], width: usize, height: usize, mut paint: impl FnMut(usize, [f32; 3])) {
    let [a, b, c] = corners;
    let area = (b - a).perp(&(c - a));
    if !area.is_finite() || area == 0.0 {
        return;
    }
    let range = |axis: usize, size: usize| {
        let values = corners.map(|corner| corner[axis]);
        let low = values.into_iter().fold(f32::MAX, f32::min).floor().max(0.0) as usize;
        let high = values.into_iter().fold(f32::MIN, f32::max).ceil().max(0.0) as usize;
        low.min(size)..high.min(size)
    };
    for y in range(1, height) {
        for x in range(0, width) {
            let place = Vector2::new(x as f32 + 0.5, y as f32 + 0.5);
            let parts =
                [(b - place).perp(&(c - place)), (c - place).perp(&(a - place)), (a - place).perp(&(b - place))];
            let weights = parts.map(|part| part / area);
            if weights.iter().all(|weight| *weight >= -1e-4) {
                paint(y * width + x, weights);
            }
        }
    }
}
