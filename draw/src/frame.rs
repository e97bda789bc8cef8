//! What is needed for one frame beside the mesh. `frame.wgsl` has the same fields under the same names in the same
//! layout (vectors of four begin at multiples of 16 bytes). A 2 x 2 matrix is stored as its rows, one after the other.

use bytemuck::{Pod, Zeroable};

use crate::tone::Tone;

/// One eye.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct EyeFrame {
    /// Matrix of the map from target pixels to the photo's pixels that follows the head but not the gaze.
    pub to_photo: [f32; 4],
    /// Offset of the map [`Self::to_photo`], pixels of the photo.
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
    /// Points along the upper lid. Each has its place between the corners (0 to 1), the stretch of the lid (its height
    /// in the target over that in the photo), the lid's height, and how far its edge lies above the line between the
    /// corners; the last two in pixels of the photo.
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
    /// Left, top, right and bottom in the photo of the opening's surroundings, pixels: the redrawn opening covers only
    /// places that the mesh takes from there.
    pub reach: [f32; 4],
    /// Matrix of the map from target pixels to centimetres in the plane of the upper teeth, which belongs to the skull.
    pub to_skull: [f32; 4],
    /// Matrix of the map from target pixels to centimetres in the plane of the lower teeth, which belongs to the jaw.
    pub to_jaw: [f32; 4],
    /// Offset of the map [`Self::to_skull`], centimetres.
    pub skull_offset: [f32; 2],
    /// Offset of the map [`Self::to_jaw`], centimetres.
    pub jaw_offset: [f32; 2],
    /// Matrix of the map from centimetres in the skull's plane to the photo's pixels.
    pub skull_to_photo: [f32; 4],
    /// Matrix of the map from centimetres in the jaw's plane to the photo's pixels.
    pub jaw_to_photo: [f32; 4],
    /// Offset of the map [`Self::skull_to_photo`], pixels of the photo.
    pub skull_photo_offset: [f32; 2],
    /// Offset of the map [`Self::jaw_to_photo`], pixels of the photo.
    pub jaw_photo_offset: [f32; 2],
    /// The mouth's patch in the photo: origin and size, pixels.
    pub patch_area: [f32; 4],
    /// Factor on painted colours for the light in the photo, RGB.
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
    /// Height of the biting edge of painted lower teeth in the jaw's plane, centimetres.
    pub lower_edge: f32,
    /// Width of a target pixel in the skull's plane, centimetres.
    pub scale: f32,
    /// Height in the photo's opening (0 at the lower lip, 1 at the upper): what the photo shows below it belongs to the
    /// jaw.
    pub split: f32,
    /// How far the lower teeth are bared beyond what the photo shows of them, 0 to 1.
    pub bared: f32,
    /// Share of the jaw's part of the photo's opening that is shown, 0 to 1.
    pub lower_reuse: f32,
    /// How far lips are shut that show their teeth in the photo, 0 to 1: a dark seam is drawn between them.
    pub seam: f32,
    /// Height above the border of the photo's opening at which its upper teeth end in gums, centimetres.
    pub gums: f32,
    /// Height in the photo's opening (0 to 1): what the photo shows above it belongs to the skull. It is `split`, or
    /// higher up, where the upper teeth end.
    pub upper_end: f32,
    /// How far inside the border of the photo's opening lips and the blur of their edges end, below and above the
    /// opening, pixels of the photo: nearer to the border its picture is not shown.
    pub margin: [f32; 2],
    /// Tone of the photo, which is applied to painted colours.
    pub tone: Tone,
}

/// One frame.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Frame {
    /// The photo's size, pixels.
    pub size: [f32; 2],
    /// The mark's top left corner, output pixels.
    pub mark: [f32; 2],
    /// Pixels of the photo that an output pixel covers across and down.
    pub scale: [f32; 2],
    /// Share by which the patch of surroundings, what the face hides in the photo behind it, is shown, 0 to 1.
    pub uncovered: f32,
    /// Share by which the rim, the band around the outline that turns into sight, is shown, 0 to 1.
    pub rim: f32,
    /// The patch of surroundings: origin and size, pixels of the photo.
    pub surroundings: [f32; 4],
    /// Share by which the completion, what the face hides of itself in the photo, is shown, 0 to 1.
    pub completed: f32,
    /// Fills up 16 bytes.
    pub padding: [f32; 3],
    /// The two eyes.
    pub eyes: [EyeFrame; 2],
    /// The mouth.
    pub mouth: MouthFrame,
}
