//! What a turned face hides of itself in the photo.

use crate::layers::{self, Mesh};
use crate::sampling::{Picture, Texel};

/// Half the width of the nose's ridge in the face's texture coordinates: less than halfway to an eye's inner corner.
/// The same as `RIDGE` in `head.wgsl`.
const RIDGE: f32 = 0.035;

/// The picture, ready to be read.
#[derive(Debug)]
pub struct Completion {
    picture: Picture,
    width: f32,
    /// For each of the face's triangles, the places of its corners in the picture, pixels, and whether the picture is
    /// not transparent everywhere in that triangle.
    corners: Vec<Option<([[f32; 2]; 3], bool)>>,
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
            let corners = [a?, b?, c?];
            Some((corners, shows(corners)))
        };
        Self {
            picture: Picture::of(pixels),
            width: width as f32,
            corners: mesh.triangles.iter().map(triangle).collect(),
        }
    }

    /// The places of the corners of a triangle of the head in the picture, and whether the picture is not transparent
    /// everywhere there; `None` if the triangle is not of the face.
    #[inline(always)]
    pub fn corners(&self, triangle: usize) -> Option<([[f32; 2]; 3], bool)> {
        self.corners.get(triangle).copied().flatten()
    }

    /// Whether a place of the face (in this picture's pixels) lies beside the nose's ridge, on the side of this eye: 0
    /// is the person's right. Where the nose hides part of an eye in the photo, the eye's patch reaches over the ridge,
    /// and no eye may be drawn there.
    #[inline(always)]
    pub fn beside_nose(&self, [x, _]: [f32; 2], side: usize) -> bool {
        let across = x / self.width - 0.5;
        RIDGE < if side == 0 { -across } else { across }
    }

    /// The picture's colour at a place; alpha is the share by which it replaces the photo's.
    #[inline(always)]
    pub fn at(&self, place: [f32; 2]) -> Texel {
        self.picture.bilinear(place)
    }
}
