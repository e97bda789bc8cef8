//! What is prepared of a portrait once, as plain numbers.

use bytemuck::{Pod, Zeroable};
use serde::{Deserialize, Serialize};

/// RGBA pixels, row by row.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Pixels {
    /// Columns and rows.
    pub size: [u32; 2],
    /// Four bytes a pixel.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
}

/// Distances to an opening at the pixels of a patch of the photo, row by row.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Distances {
    /// Columns and rows.
    pub size: [u32; 2],
    /// Four `f32` a pixel: distance to the outline (positive inside, pixels), distance to the upper arc (positive below it,
    /// pixels), whether the upper arc is the nearer one (0 to 1), height in the opening (0 at the lower arc, 1 at the upper).
    #[serde(with = "serde_bytes")]
    pub values: Vec<u8>,
}

/// An eye, completed; all patches have one size.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EyePatches {
    /// The white of the eye without iris and lids.
    pub white: Pixels,
    /// The whole iris; alpha is its soft border.
    pub iris: Pixels,
    /// Highlights on the iris, to be added to it.
    pub highlight: Pixels,
    /// Skin in place of the eye, for a closed lid.
    pub skin: Pixels,
    /// Distances to the opening between the lids.
    pub opening: Distances,
}

/// A patch of the photo in which what surrounds the face goes on behind it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Surroundings {
    /// Top left corner of the patch in the photo, pixels.
    pub origin: [u32; 2],
    /// Colours, and the matte as their alpha.
    pub pixels: Pixels,
}

impl Surroundings {
    /// Width of the border of the patch in which it equals photo and matte, pixels: interpolation inside this border
    /// never reads beyond the patch. The same as `BORDER` in `sampling.wgsl`.
    pub const BORDER: u32 = 4;
}

/// What a turned face hides of itself in the photo.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Completion {
    /// Colours; alpha is the share by which they replace the photo's.
    pub pixels: Pixels,
    /// Place of each vertex of the face in this picture, pixels.
    pub places: Vec<[f32; 2]>,
}

/// The mesh that carries the head.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Mesh {
    /// Where each vertex takes its colour from, pixels of the photo. The face's vertices come first.
    pub source: Vec<[f32; 2]>,
    /// Number of the face's vertices.
    pub face: usize,
    /// Triangles of face and rings, by the indices of their vertices.
    pub triangles: Vec<[u32; 3]>,
    /// Triangles of the rim, which is drawn over the head, by the indices of their vertices.
    pub rim: Vec<[u32; 3]>,
}

/// Everything that a portrait's frames are drawn from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Layers {
    /// The photo.
    pub photo: Pixels,
    /// The background plate, with the matte as its alpha. As large as the photo.
    pub behind: Pixels,
    /// What the face hides of its surroundings in the photo, if anything.
    pub surroundings: Option<Surroundings>,
    /// What the face hides of itself, if anything.
    pub completion: Option<Completion>,
    /// The person's right and left eye.
    pub eyes: [EyePatches; 2],
    /// Distances to the opening between the lips.
    pub mouth: Distances,
    /// The mesh.
    pub mesh: Mesh,
}

/// A vertex of the mesh in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct PlacedVertex {
    /// Position in the picture, pixels.
    pub position: [f32; 2],
    /// Depth in \[0, 1\], 0 is nearest.
    pub depth: f32,
}

impl Layers {
    /// The layers as bytes, for another module of the same build; `None` when there is no room for them.
    #[must_use]
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        postcard::to_allocvec(self).ok()
    }

    /// The layers from their bytes; `None` for other bytes, or layers whose sizes do not fit each other.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok().filter(Self::fit)
    }

    /// Whether all sizes are consistent: each layer has pixels, as many as its size says, and triangles name existing
    /// vertices.
    #[must_use]
    pub fn fit(&self) -> bool {
        let count = |[width, height]: [u32; 2]| width as usize * height as usize;
        let whole = |pixels: &Pixels| count(pixels.size) > 0 && pixels.bytes.len() == 4 * count(pixels.size);
        let measured = |field: &Distances| count(field.size) > 0 && field.values.len() == 16 * count(field.size);
        let eye = |eye: &EyePatches| {
            [&eye.white, &eye.iris, &eye.highlight, &eye.skin].into_iter().all(whole) && measured(&eye.opening)
        };
        let vertices = self.mesh.source.len();
        whole(&self.photo)
            && whole(&self.behind)
            && self.photo.size == self.behind.size
            && self.surroundings.as_ref().is_none_or(|patch| whole(&patch.pixels))
            && (self.completion.as_ref())
                .is_none_or(|hidden| whole(&hidden.pixels) && hidden.places.len() == self.mesh.face)
            && self.eyes.iter().all(eye)
            && measured(&self.mouth)
            && [&self.mesh.triangles, &self.mesh.rim]
                .iter()
                .all(|triangles| triangles.as_flattened().iter().all(|corner| (*corner as usize) < vertices))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn layers() -> Layers {
        let pixels = |size: [u32; 2]| Pixels { size, bytes: vec![7; 4 * (size[0] * size[1]) as usize] };
        let field = |size: [u32; 2]| Distances { size, values: vec![1; 16 * (size[0] * size[1]) as usize] };
        let eye = || EyePatches {
            white: pixels([3, 2]),
            iris: pixels([3, 2]),
            highlight: pixels([3, 2]),
            skin: pixels([3, 2]),
            opening: field([3, 2]),
        };
        Layers {
            photo: pixels([5, 4]),
            behind: pixels([5, 4]),
            surroundings: Some(Surroundings { origin: [1, 0], pixels: pixels([2, 3]) }),
            completion: Some(Completion { pixels: pixels([2, 2]), places: vec![[1.0; 2]; 3] }),
            eyes: [eye(), eye()],
            mouth: field([2, 2]),
            mesh: Mesh { source: vec![[0.0; 2]; 3], face: 3, triangles: vec![[0, 1, 2]], rim: vec![[2, 1, 0]] },
        }
    }

    #[test]
    fn layers_come_out_of_their_bytes_as_they_went_in() {
        let (layers, bytes) = (layers(), layers().to_bytes().unwrap());
        let found = Layers::from_bytes(&bytes).unwrap();
        assert_eq!(format!("{found:?}"), format!("{layers:?}"));
        assert!((0..bytes.len()).all(|count| Layers::from_bytes(&bytes[..count]).is_none()));
    }

    #[test]
    fn layers_that_do_not_fit_are_refused() {
        let changes: [fn(&mut Layers); 10] = [
            |layers| layers.photo.size = [0, 4],
            |layers| layers.photo.bytes.truncate(79),
            |layers| layers.behind.size = [4, 5],
            |layers| layers.surroundings.iter_mut().for_each(|patch| patch.pixels.size = [2, 4]),
            |layers| layers.completion.iter_mut().for_each(|hidden| hidden.pixels.size = [2, 3]),
            |layers| layers.completion.iter_mut().for_each(|hidden| hidden.places.truncate(2)),
            |layers| layers.eyes[1].skin.size = [9, 9],
            |layers| layers.mouth.values.clear(),
            |layers| layers.mesh.triangles[0][2] = 3,
            |layers| layers.mesh.rim[0][2] = 3,
        ];
        for (number, change) in changes.iter().enumerate() {
            let mut layers = layers();
            change(&mut layers);
            assert!(!layers.fit(), "{number}");
            assert!(Layers::from_bytes(&layers.to_bytes().unwrap()).is_none(), "{number}");
        }
    }
}
