//! Computes what the shaders need for one frame beside the mesh. The layout is that of `frame.wgsl`.

use bytemuck::Zeroable;
pub use ritratto_draw::frame::{EyeFrame, Frame, MouthFrame};

use super::RenderOptions;
use crate::geometry::topology::EYES;
use crate::motion::TargetGeometry;
use crate::portrait::Portrait;
use crate::portrait::disocclusion::Disocclusion;
use crate::portrait::mesh::PlacedVertex;

/// The frame that shows `target`. `placed` are the mesh's vertices under it, `mark` is the top left corner of the mark
/// in output pixels, and an output pixel covers `scale` pixels of the photo across and down.
pub fn frame(
    portrait: &Portrait,
    target: &TargetGeometry,
    placed: &[PlacedVertex],
    options: RenderOptions,
    mark: [f32; 2],
    scale: [f32; 2],
) -> Frame {
    let mut frame = Frame::zeroed();
    frame.size = [portrait.photo.width() as f32, portrait.photo.height() as f32];
    frame.mark = mark;
    frame.scale = scale;
    if let Some(patch) = &portrait.surroundings {
        let Disocclusion { origin, picture, .. } = patch;
        [frame.rim, frame.uncovered] = patch.shown(&portrait.mesh, placed);
        let [width, height] = [picture.width(), picture.height()];
        frame.surroundings = [origin[0], origin[1], width, height].map(|pixels| pixels as f32);
    }
    frame.completed = portrait.completion.as_ref().map_or(0.0, |hidden| hidden.shown(&target.pose));
    for side in 0..EYES.len() {
        frame.eyes[side] = super::eyes::frame(portrait, target, side);
    }
    frame.mouth = super::mouth::frame(portrait, target, options);
    frame
}
