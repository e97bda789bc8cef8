//! Portrait: everything that is prepared once from a photo.

pub mod completion;
pub mod disocclusion;
pub mod eyes;
mod holes;
pub mod inpaint;
mod lens;
mod lid;
pub mod lip_seam;
pub mod matte;
pub mod mesh;
pub mod mouth;
pub mod outline;
pub mod patches;
pub mod plane;
pub mod plate;
mod prepare;
pub mod region;
pub mod segmenter;
pub mod tone;

use image::{GrayImage, RgbaImage};

use crate::geometry::FaceGeometry;
use crate::motion::{Coefficients, FaceMotion, TargetGeometry};
use completion::Completion;
use disocclusion::Disocclusion;
use mesh::{HeadMesh, PlacedVertex};
use outline::Field;
pub use segmenter::Segmenter;
use tone::Tone;

/// One eye, completed behind the lids.
#[derive(Debug, Clone)]
pub struct EyeLayer {
    /// Top left corner of the two patches in the photo, pixels.
    pub origin: [u32; 2],
    /// The white of the eye without iris and lids.
    pub sclera: RgbaImage,
    /// The whole iris; alpha is its soft border. Same size as `sclera`.
    pub iris: RgbaImage,
    /// Iris centre in the photo, pixels.
    pub centre: [f32; 2],
    /// Iris radius, pixels.
    pub radius: f32,
    /// Brightness of the brightest white that the eye shows, as if no lid shaded it, 0 to 1. If hardly any is seen it
    /// is `None`, or, behind dark glass, the brightness of the made-up white.
    pub white: Option<f32>,
    /// Highlights on the iris, to be added to it. Same size as `sclera`.
    pub highlight: RgbaImage,
    /// Skin in place of the eye, for a closed lid. Same size as `sclera`.
    pub lid: RgbaImage,
    /// Distance between the eye's corners, pixels.
    pub width: f32,
    /// Colour of the upper lid's edge, RGB, 0 to 255.
    pub lash: [f32; 3],
    /// Distances to the opening between the lids, over the same patch.
    pub field: Field,
}

/// What the photo shows of the inside of the mouth, and its light.
#[derive(Debug, Clone)]
pub struct MouthLayer {
    /// Linear factor on the painted interior's colours so that it fits the photo's light, RGB.
    pub tint: [f32; 3],
    /// The photo's own hue, if it has only one: it is given to everything that is painted, whatever the light.
    pub tone: Tone,
    /// How far the lips are open in the photo, centimetres.
    pub gap: f32,
    /// Colour of the teeth that the photo shows, RGB, 0 to 1.
    pub teeth: Option<[f32; 3]>,
    /// Height in the photo's opening (0 at the lower lip, 1 at the upper) that divides it: what is above belongs
    /// to the skull, what is below to the jaw.
    pub split: f32,
    /// Height in the opening at which the photo's upper teeth end: `split`, or, where they reach down to the lower
    /// lip, the upper end of that lip's shadow.
    pub upper_end: f32,
    /// Whether the jaw's part of the opening shows lower teeth.
    pub lower_teeth: bool,
    /// Distances to the opening between the lips in the photo.
    pub field: Field,
}

/// A photo that can be animated. Lives on the CPU; the generator uploads it.
#[derive(Debug, Clone)]
pub struct Portrait {
    /// The photo at working size, opaque RGBA.
    pub photo: RgbaImage,
    /// The face in the photo.
    pub face: FaceGeometry,
    /// The expression in the photo.
    pub coefficients: Coefficients,
    /// The mesh that carries the head.
    pub mesh: HeadMesh,
    /// Person matte at the photo's size, 255 = person.
    pub matte: GrayImage,
    /// The photo in which the person is replaced by a continued background where a moving head may uncover it.
    /// Bit-identical to the photo away from the head.
    pub plate: RgbaImage,
    /// The surroundings that the face hides, if it is turned enough to hide any.
    pub surroundings: Option<Disocclusion>,
    /// The part of the face that the face itself hides, if it is turned enough to hide any.
    pub completion: Option<Completion>,
    /// The eyes, person's right first.
    pub eyes: [EyeLayer; 2],
    /// The mouth.
    pub mouth: MouthLayer,
    /// Number of faces in the photo; the largest that can be used was taken.
    pub faces: usize,
}

impl Portrait {
    /// The motion of the photo's own face: the rest state.
    #[must_use]
    pub fn rest(&self) -> FaceMotion {
        FaceMotion::new(&self.face, self.coefficients)
    }

    /// The vertices under a target geometry: the mesh's, then the rim's. At rest every position is its source, the
    /// mesh's exactly.
    #[must_use]
    pub fn place(&self, target: &TargetGeometry) -> Vec<PlacedVertex> {
        let mut placed = self.mesh.place(&self.face, target);
        if let Some(patch) = &self.surroundings {
            let completed = self.completion.as_ref().map_or(0.0, |hidden| hidden.shown(&target.pose));
            patch.rim.place(&self.face, target, completed, &mut placed);
        }
        placed
    }
}
