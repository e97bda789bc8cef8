//! A face in front of the camera: landmarks split into shape and pose.

use nalgebra::{Vector2, Vector3};

use super::camera::NEAR;
use super::pose::procrustes;
use super::topology::OUTER_EYE_CORNERS;
use super::{Camera, CanonicalFace, LANDMARKS, Pose, VERTICES};

/// 478 landmarks in the picture frame (pixels; z scaled like x, smaller is nearer).
pub type Landmarks = Vec<[f32; 3]>;
/// 478 landmarks in the canonical frame (centimetres): the head's pose is undone.
pub type Shape = Vec<Vector3<f64>>;

/// One face: what the camera saw, split into shape and pose.
#[derive(Debug, Clone)]
pub struct FaceGeometry {
    /// The camera of the picture.
    pub camera: Camera,
    /// Landmarks, picture frame.
    pub landmarks: Landmarks,
    /// Shape, canonical frame.
    pub shape: Shape,
    /// Head pose.
    pub pose: Pose,
    /// Scale of MediaPipe's last fit; 1 up to rounding for a real face.
    pub scale: f64,
}

impl FaceGeometry {
    /// Splits landmarks of a `width` x `height` picture into shape and pose.
    ///
    /// The method is MediaPipe's face geometry pipeline: the scale is found by
    /// Procrustes twice (orthographic, then perspective), then a weighted fit of
    /// the canonical face gives the pose. `landmarks` must hold 478 finite points.
    #[must_use]
    pub fn fit(landmarks: &[[f32; 3]], width: u32, height: u32) -> Self {
        let camera = Camera::new(width, height);
        let near = camera.near_plane();
        let canonical = CanonicalFace::get();
        let screen: Vec<Vector3<f64>> = landmarks
            .iter()
            .map(|p| {
                let [x, y, z] = p.map(f64::from);
                Vector3::new(
                    (x / camera.width - 0.5) * near.x,
                    (0.5 - y / camera.height) * near.y,
                    z / camera.width * near.x,
                )
            })
            .collect();
        let vertices = screen.len().min(VERTICES);
        let offset = screen[..vertices].iter().map(|p| p.z).sum::<f64>() / vertices.max(1) as f64;
        let fit = |points: &[Vector3<f64>]| procrustes(&canonical.positions, &points[..vertices], &canonical.weights);
        let flipped: Vec<_> = screen.iter().map(|p| Vector3::new(p.x, p.y, -p.z)).collect();
        let first = fit(&flipped).scale;
        let unproject = |scale: f64| -> Vec<Vector3<f64>> {
            screen
                .iter()
                .map(|p| {
                    let depth = (p.z - offset + NEAR) / scale;
                    Vector3::new(p.x * depth / NEAR, p.y * depth / NEAR, -depth)
                })
                .collect()
        };
        let second = fit(&unproject(first)).scale;
        let metric = unproject(first * second);
        let last = fit(&metric);
        let pose = Pose { rotation: last.rotation, translation: last.translation };
        Self {
            camera,
            landmarks: landmarks.to_vec(),
            shape: metric.iter().map(|p| pose.undo(p)).collect(),
            pose,
            scale: last.scale,
        }
    }

    /// Places in this face's picture, pixels, of canonical points under `pose`.
    #[must_use]
    pub fn project(&self, points: &[Vector3<f64>], pose: &Pose) -> Vec<Vector2<f64>> {
        points.iter().map(|p| self.camera.project(&pose.apply(p))).collect()
    }

    /// Distance of the outer eye corners in the picture, pixels.
    #[must_use]
    pub fn eye_distance(&self) -> f64 {
        eye_distance(&self.landmarks)
    }
}

/// Distance of the outer eye corners, in the landmarks' unit.
#[must_use]
pub fn eye_distance(landmarks: &[[f32; 3]]) -> f64 {
    if landmarks.len() < LANDMARKS {
        return 0.0;
    }
    let [a, b] = OUTER_EYE_CORNERS.map(|i| landmarks[i]);
    f64::from(a[0] - b[0]).hypot(f64::from(a[1] - b[1]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::Rotation3;
    use proptest::prelude::*;

    proptest! {
        /// Shape under pose must land on the landmarks it came from.
        #[test]
        fn split_and_project_is_identity(
            yaw in -0.6..0.6f64, pitch in -0.5..0.5f64, roll in -1.5..1.5f64,
            x in -8.0..8.0f64, y in -8.0..8.0f64, z in -90.0..-25.0f64,
            width in 200u32..1500, height in 200u32..1500,
        ) {
            let camera = Camera::new(width, height);
            let near = camera.near_plane();
            let pose = Pose { rotation: Rotation3::from_euler_angles(pitch, yaw, roll), translation: Vector3::new(x, y, z) };
            let mut points = CanonicalFace::get().positions.clone();
            points.resize(LANDMARKS, Vector3::new(3.0, 2.5, 4.0));
            let scale = -z;
            let landmarks: Vec<[f32; 3]> = points.iter().map(|p| {
                let q = pose.apply(p);
                let uv = camera.project(&q);
                [uv.x as f32, uv.y as f32, ((-q.z / scale - 1.0) / near.x * camera.width) as f32]
            }).collect();
            let face = FaceGeometry::fit(&landmarks, width, height);
            for (p, q) in face.project(&face.shape, &face.pose).iter().zip(&landmarks) {
                prop_assert!((p.x - f64::from(q[0])).abs() < 1e-2 && (p.y - f64::from(q[1])).abs() < 1e-2);
            }
            // MediaPipe finds the scale in two steps only, which leaves up to 4 degrees near the camera.
            prop_assert!(face.pose.rotation.angle_to(&pose.rotation) < 7e-2);
        }
    }
}
