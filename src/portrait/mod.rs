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
use crate::motion::{Coefficients, FaceMotion};
use crate::transfer::TargetGeometry;
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
    /// Brightness of the brightest white that is seen, as if no lid shaded it, or of a white behind dark glass, 0 to 1; `None` where hardly any is seen.
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

/// What is known of the inside of the mouth.
#[derive(Debug, Clone)]
pub struct MouthLayer {
    /// Linear factor on the painted interior's colours so that it fits the photo's light, RGB.
    pub tint: [f32; 3],
    /// What the photo makes of what is painted, whatever its light.
    pub tone: Tone,
    /// How far the lips are open in the photo, centimetres.
    pub gap: f32,
    /// Colour of the teeth that the photo shows, RGB, 0 to 1.
    pub teeth: Option<[f32; 3]>,
    /// Height in the photo's opening (0 at the lower lip, 1 at the upper) above which it belongs
    /// to the skull and below which to the jaw.
    pub split: f32,
    /// Height at which the upper teeth end that the photo shows: at `split`, or above the shadow of a lip that they reach down to.
    pub upper_end: f32,
    /// Whether what belongs to the jaw shows lower teeth.
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
    /// The photo with the person filled in from the background where the head may uncover it.
    /// Bit-identical to the photo away from the head.
    pub plate: RgbaImage,
    /// What the face hides of its surroundings, if it is turned enough to hide anything.
    pub surroundings: Option<Disocclusion>,
    /// What the face hides of itself, if it is turned enough to hide anything.
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

    /// The vertices under a target geometry: the mesh's, then the rim's. At rest every position is its source, the mesh's exactly.
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
