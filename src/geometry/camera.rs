//! The perspective camera that MediaPipe's geometry pipeline assumes.

use nalgebra::{Vector2, Vector3};

/// Vertical field of view, degrees (MediaPipe's face geometry environment).
pub const FIELD_OF_VIEW: f64 = 63.0;
/// Distance of the near plane, centimetres.
pub const NEAR: f64 = 1.0;

/// A camera for pictures of one size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Camera {
    /// Picture width, pixels.
    pub width: f64,
    /// Picture height, pixels.
    pub height: f64,
}

impl Camera {
    /// The camera of a picture of `width` x `height` pixels.
    #[must_use]
    pub fn new(width: u32, height: u32) -> Self {
        Self { width: f64::from(width.max(1)), height: f64::from(height.max(1)) }
    }

    /// Width and height of the near plane, centimetres.
    #[must_use]
    pub fn near_plane(&self) -> Vector2<f64> {
        let height = 2.0 * NEAR * (FIELD_OF_VIEW.to_radians() / 2.0).tan();
        Vector2::new(height * self.width / self.height, height)
    }

    /// The place in the picture, pixels, of a point of the camera frame.
    #[must_use]
    pub fn project(&self, point: &Vector3<f64>) -> Vector2<f64> {
        let near = self.near_plane();
        // A point at or behind the camera is taken just in front of it, so that the result stays finite.
        let depth = (-point.z).max(NEAR * 0.05);
        Vector2::new(
            (point.x * NEAR / depth / near.x + 0.5) * self.width,
            (0.5 - point.y * NEAR / depth / near.y) * self.height,
        )
    }

    /// The point of the camera frame that is seen at a place of the picture, pixels, and lies `depth` centimetres away.
    #[must_use]
    pub fn unproject(&self, place: &Vector2<f64>, depth: f64) -> Vector3<f64> {
        let near = self.near_plane();
        let across = (place.x / self.width - 0.5) * near.x * depth / NEAR;
        let up = (0.5 - place.y / self.height) * near.y * depth / NEAR;
        Vector3::new(across, up, -depth)
    }
}
