//! What is needed for one frame beside the mesh. `frame.wgsl` has the same fields under the same names in the same layout (vectors of four begin at
//! multiples of 16 bytes); matrices of 2 x 2 are their rows one after the other.

use bytemuck::{Pod, Zeroable};

use crate::tone::Tone;

/// One eye.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct EyeFrame {
    /// Target pixels to the photo's pixels, following the head but not the gaze: a matrix, and what is added.
    pub to_photo: [f32; 4],
    /// See [`Self::to_photo`].
    pub offset: [f32; 2],
    /// How far the gaze moves the iris, target pixels.
    pub shift: [f32; 2],
    /// The eye's patch in the photo: origin and size, pixels.
    pub patch_area: [f32; 4],
    /// Both corners in the photo, pixels.
    pub corners: [f32; 4],
    /// Colour of the lashes, RGB, 0 to 1.
    pub lash: [f32; 3],
    /// How far the lids are closed beyond the photo's, 0 to 1.
    pub closed: f32,
    /// Share of the redrawn eyeball that is shown, 0 to 1.
    pub weight: f32,
    /// Width of the eye in the photo, pixels.
    pub width: f32,
    /// Width of the eye in the target, pixels.
    pub target_width: f32,
    /// 1 where the upper lid lies to the left of the way from the first corner to the second, -1 to the right of it.
    pub up: f32,
    /// Along the upper lid: place between the corners (0 to 1), stretch of the lid, its height, and how far its edge lies above the line between the
    /// corners (pixels of the photo).
    pub lid: [[f32; 4]; 9],
}

/// The mouth.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct MouthFrame {
    /// The opening's outline in the target, pixels.
    pub lips: [[f32; 2]; 60],
    /// Left, top, right and bottom of the opening in the target, pixels.
    pub bounds: [f32; 4],
    /// The same of the opening's surroundings in the photo, from which it may take its colours.
    pub reach: [f32; 4],
    /// Target pixels to centimetres in the plane of the skull's teeth: a matrix.
    pub to_skull: [f32; 4],
    /// The same for the jaw's teeth.
    pub to_jaw: [f32; 4],
    /// What [`Self::to_skull`] adds, centimetres.
    pub skull_offset: [f32; 2],
    /// What [`Self::to_jaw`] adds, centimetres.
    pub jaw_offset: [f32; 2],
    /// Centimetres in the skull's plane to the photo's pixels: a matrix.
    pub skull_to_photo: [f32; 4],
    /// The same for the jaw's plane.
    pub jaw_to_photo: [f32; 4],
    /// What [`Self::skull_to_photo`] adds, pixels.
    pub skull_photo_offset: [f32; 2],
    /// What [`Self::jaw_to_photo`] adds, pixels.
    pub jaw_photo_offset: [f32; 2],
    /// The mouth's patch in the photo: origin and size, pixels.
    pub patch_area: [f32; 4],
    /// Factor on painted colours, RGB.
    pub tint: [f32; 3],
    /// Share of the redrawn opening that is shown, 0 to 1.
    pub weight: f32,
    /// Colour of the teeth before tint and shade, RGB, 0 to 1.
    pub teeth: [f32; 3],
    /// How much of the photo's own opening is shown, 0 to 1.
    pub reuse: f32,
    /// Half the mouth's width, centimetres.
    pub half_width: f32,
    /// Height of the biting edge of painted upper teeth in the skull's plane, centimetres.
    pub upper_edge: f32,
    /// The same of the lower teeth in the jaw's plane.
    pub lower_edge: f32,
    /// Centimetres a target pixel is wide.
    pub scale: f32,
    /// Height in the photo's opening (0 at the lower lip, 1 at the upper) below which it belongs to the jaw.
    pub split: f32,
    /// How much the lower teeth are bared, 0 to 1.
    pub bared: f32,
    /// How much of the jaw's part of the photo's opening is shown, 0 to 1.
    pub lower_reuse: f32,
    /// How much lips are shut that show their teeth in the photo, 0 to 1.
    pub seam: f32,
    /// How far above the border of the photo's opening its upper teeth end in gums, centimetres.
    pub gums: f32,
    /// Height in the photo's opening above which it belongs to the skull: `split`, or where the upper teeth end above it.
    pub upper_end: f32,
    /// Fills up 16 bytes.
    pub padding: [f32; 2],
    /// What the photo makes of painted colours.
    pub tone: Tone,
}

/// Everything.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Frame {
    /// The photo's size, pixels.
    pub size: [f32; 2],
    /// The mark's top left corner, output pixels.
    pub mark: [f32; 2],
    /// Pixels of the photo that an output pixel covers across and down.
    pub scale: [f32; 2],
    /// How much of what the face hides of its surroundings is shown, 0 to 1.
    pub uncovered: f32,
    /// How much of the rim that turns into sight is shown, 0 to 1.
    pub rim: f32,
    /// The patch of what surrounds the face: origin and size, pixels of the photo.
    pub surroundings: [f32; 4],
    /// How much of what the face hides of itself is shown, 0 to 1.
    pub completed: f32,
    /// Fills up 16 bytes.
    pub padding: [f32; 3],
    /// The two eyes.
    pub eyes: [EyeFrame; 2],
    /// The mouth.
    pub mouth: MouthFrame,
}
