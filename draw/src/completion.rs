//! What the photo does not show of a turned face.

use crate::layers::{self, Mesh};
use crate::sampling::{Picture, Texel};

/// The picture, ready to be read.
#[derive(Debug)]
pub struct Completion {
    picture: Picture,
    /// Where it shows the corners of each of the mesh's first triangles, pixels; `None` where it shows nothing.
    corners: Vec<Option<[[f32; 2]; 3]>>,
}

impl Completion {
    pub fn new(layers::Completion { pixels, places }: &layers::Completion, mesh: &Mesh) -> Self {
        let [width, height] = pixels.size.map(|count| count as usize);
        let shows = |corners: [[f32; 2]; 3]| {
            let range = |axis: usize, size: usize| {
                let values = corners.map(|corner| corner[axis]);
                let low = values.into_iter().fold(f32::MAX, f32::min) - 1.0;
                let high = values.into_iter().fold(f32::MIN, f32::max) + 1.0;
                (low.max(0.0) as usize).min(size)..(high.max(0.0).ceil() as usize).min(size)
            };
            let columns = range(0, width);
            range(1, height).any(|y| columns.clone().any(|x| pixels.bytes[4 * (y * width + x) + 3] > 0))
        };
        let triangle = |triangle: &[u32; 3]| {
            let [a, b, c] = triangle.map(|corner| places.get(corner as usize).copied());
            Some([a?, b?, c?]).filter(|corners| shows(*corners))
        };
        Self { picture: Picture::of(pixels), corners: mesh.triangles.iter().map(triangle).collect() }
    }

    /// Where it shows the corners of a triangle of the head; `None` where it shows nothing.
    #[inline(always)]
    pub fn corners(&self, triangle: usize) -> Option<[[f32; 2]; 3]> {
        self.corners.get(triangle).copied().flatten()
    }

    /// Its colours at a place, and as alpha how much they stand for the photo's.
    #[inline(always)]
    pub fn at(&self, place: [f32; 2]) -> Texel {
        self.picture.bilinear(place)
    }
}
