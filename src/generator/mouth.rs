//! Where the inside of the mouth is in a frame.
//!
//! Its outline is that of the inner lips. Upper teeth lie in a plane that belongs to the skull, lower teeth and tongue
//! in one that belongs to the jaw; both planes stand a little behind the lips and are measured in centimetres.

use nalgebra::Vector3;

use super::RenderOptions;
use super::frame::MouthFrame;
use super::teeth::{LOWER_COVER, Rows, pixel, plane, reused};
use crate::geometry::topology::{INNER_LIPS, INNER_MOUTH_CORNERS, LOWER_LIP};
use crate::geometry::{LANDMARKS, smoothstep};
use crate::motion::{TargetGeometry, lip_gap};
use crate::portrait::Portrait;
use crate::portrait::outline::Outline;

/// Gap between the lips, centimetres, where the photo shows teeth: below the first value only a dark seam is drawn
/// between the lips, above the second the photo's teeth are seen.
const SEAM: [f64; 2] = [0.04, 0.22];
/// Height in the photo's opening, 0 at the lower lip and 1 at the upper: if the upper teeth end below it, the photo has
/// nothing under them that could be shown.
const SPLIT: f32 = 0.01;
/// Largest motion of a landmark of the inner lips, centimetres: the redrawn opening is not shown below the first value,
/// and is shown fully above the second.
const CHANGE: [f64; 2] = [0.04, 0.20];
/// How much wider the gap between the lips is than the photo's closed one, centimetres: the redrawn opening is not
/// shown below the first value, and is shown fully above the second.
const PART: [f64; 2] = [0.02, 0.12];
/// How far the lower lip has fallen below its place in the photo, centimetres: below the first value all that the photo
/// shows below its upper teeth stays with them; above the second nothing of it does.
const FALLEN: [f64; 2] = [0.05, 0.3];
/// Length of the crown of an upper incisor, centimetres. It is that of a long one, so that no gums are painted over
/// teeth.
const CROWN: f32 = 0.95;
/// A height above the opening that is never reached, centimetres: no gums are painted.
const NO_GUMS: f32 = 1e3;
/// How far inside the border of the photo's opening its picture is shown: pixels, which an edge is blurred over, and
/// centimetres.
const BORDER: [f32; 2] = [0.5, 0.03];
/// Takes the place of [`BORDER`] at the upper lip, whose edge and shadow would be a line across teeth that are seen
/// farther up. Judged by eye on smiles that laugh.
const UPPER_BORDER: [f32; 2] = [1.5, 0.08];
/// Height of the upper teeth that the photo shows, centimetres: below the first value [`UPPER_BORDER`] holds; above the
/// second, that of a whole crown, [`BORDER`] does, because gums are next to the lip, and all that the lip uncovers.
const WHOLE: [f64; 2] = [0.7, 0.95];
/// Most of the height of the upper teeth, as the photo shows it, that [`UPPER_BORDER`] takes away.
const HIDDEN: f32 = 0.3;
/// Colour of the teeth if the photo shows none, RGB, 0 to 1, before tint and shade.
const TEETH: [f32; 3] = [0.89, 0.86, 0.82];

/// The mouth under `target`.
pub fn frame(portrait: &Portrait, target: &TargetGeometry, options: RenderOptions) -> MouthFrame {
    let mut frame: MouthFrame = bytemuck::Zeroable::zeroed();
    let (face, layer) = (&portrait.face, &portrait.mouth);
    if target.shape.len() < LANDMARKS || face.shape.len() < LANDMARKS {
        return frame;
    }
    let (rest_gap, gap) = (lip_gap(&face.shape), lip_gap(&target.shape));
    // Where the photo's own opening is not shown, its gap counts as that of closed lips.
    let closed_gap = rest_gap * f64::from(1.0 - layer.shown());
    let change = INNER_LIPS.iter().map(|&i| (target.shape[i] - face.shape[i]).norm()).fold(0.0, f64::max);
    // Lips that shut over teeth that the photo shows are redrawn, too: they leave a seam.
    let teeth = f64::from(layer.teeth_shown());
    let drawn = smoothstep(gap - closed_gap, PART[0], PART[1]).max(teeth);
    let weight = smoothstep(change, CHANGE[0], CHANGE[1]) * drawn;
    if weight <= 0.0 {
        return frame;
    }
    frame.weight = weight as f32;

    let lips = INNER_LIPS.map(|i| pixel(face, &target.pose, &target.shape[i]).map(|v| v as f32));
    let outline = Outline::through(&lips, 10);
    for (slot, point) in frame.lips.iter_mut().zip(&outline.points) {
        *slot = *point;
    }
    let [left, top, right, bottom] = outline.bounds();
    frame.bounds = [left - 2.0, top - 2.0, right + 2.0, bottom + 2.0];
    let patch = layer.field.patch;
    let [x, y, width, height] = [patch.origin[0], patch.origin[1], patch.size[0], patch.size[1]].map(|v| v as f32);
    frame.patch_area = [x, y, width, height];
    frame.reach = [x - 0.1 * width, y - 0.2 * width, x + 1.1 * width, y + height + 0.2 * width];

    let reuse = reused(portrait, target);
    let rows = Rows::stand(portrait, target, reuse, options.refined);
    let to_skull = plane(face, &target.pose, &(rows.skull - Vector3::y() * rows.lowered)).inverse();
    let to_jaw = plane(face, &target.pose, &(rows.jaw + rows.chin)).inverse();
    (frame.to_skull, frame.skull_offset) = (to_skull.matrix_f32(), to_skull.offset_f32());
    (frame.to_jaw, frame.jaw_offset) = (to_jaw.matrix_f32(), to_jaw.offset_f32());
    let (skull_photo, jaw_photo) = (plane(face, &face.pose, &rows.skull), plane(face, &face.pose, &rows.jaw));
    (frame.skull_to_photo, frame.skull_photo_offset) = (skull_photo.matrix_f32(), skull_photo.offset_f32());
    (frame.jaw_to_photo, frame.jaw_photo_offset) = (jaw_photo.matrix_f32(), jaw_photo.offset_f32());

    frame.tint = layer.tint;
    frame.tone = layer.tone;
    frame.reuse = reuse as f32;
    frame.teeth = layer.teeth.map_or(TEETH, |seen| {
        // The photo's teeth carry its light already; the shader puts it on again.
        [0, 1, 2].map(|c| {
            let unlit = (seen[c] / layer.tint[c].max(0.1)).clamp(0.3, 1.0);
            TEETH[c] + frame.reuse * (unlit - TEETH[c])
        })
    });
    frame.bared = rows.bared as f32;
    // Below its upper row the photo shows the shadow of a lip, or the tips of lower teeth. That would hang on the upper
    // row when the lower lip falls away from it, and would lie between the two rows when they are bared.
    let fallen = smoothstep(face.shape[LOWER_LIP].y - target.shape[LOWER_LIP].y, FALLEN[0], FALLEN[1]) as f32;
    frame.split = layer.split;
    frame.upper_end = layer.split + fallen.max(frame.bared) * (layer.upper_end - layer.split);
    // Below its upper teeth a photo shows something dark or the lip, which bared lower teeth replace, unless it shows
    // lower teeth.
    let own = if layer.lower_teeth { 1.0 } else { 1.0 - frame.bared };
    frame.lower_reuse = if layer.split < SPLIT { 0.0 } else { frame.reuse * own };
    frame.seam = (teeth * (1.0 - smoothstep(gap, SEAM[0], SEAM[1]))) as f32;
    // The photo shows `crown` centimetres of its upper teeth; the rest of their crowns goes on under the lip.
    let crown = (1.0 - layer.upper_end) * layer.gap;
    let pixels = frame.skull_to_photo[0].hypot(frame.skull_to_photo[2]);
    frame.margin = margin(pixels, crown);
    frame.gums = layer.teeth.map_or(NO_GUMS, |_| (CROWN - crown).max(0.0));
    let [left, right] = INNER_MOUTH_CORNERS.map(|i| face.shape[i]);
    frame.half_width = ((left - right).norm() / 2.0).max(0.5) as f32;
    frame.upper_edge = -rows.show as f32;
    frame.lower_edge = -LOWER_COVER as f32;
    let [a, b, c, d] = to_skull.matrix;
    frame.scale = (a * d - b * c).abs().sqrt().max(1e-4) as f32;
    frame
}

/// How far inside the border of the photo's opening its picture is shown, below and above, pixels of the photo. A
/// centimetre there has this many `pixels`, and the photo shows `crown` centimetres of its upper teeth.
fn margin(pixels: f32, crown: f32) -> [f32; 2] {
    let [below, above] = [BORDER, UPPER_BORDER].map(|[blur, lip]| blur + lip * pixels);
    let hidden = 1.0 - smoothstep(f64::from(crown), WHOLE[0], WHOLE[1]) as f32;
    [below, below + hidden * (above.min(HIDDEN * crown * pixels) - below).max(0.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edge_of_an_upper_lip_that_covers_teeth_is_left_out_unless_little_would_remain_of_them() {
        for pixels in [10.0, 60.0] {
            let [below, above] = margin(pixels, 0.65);
            assert!(above > below + 1.0, "{pixels}: {below}, {above}");
            // Gums next to the lip are shown, and of a line of teeth most.
            assert_eq!(margin(pixels, 1.1), [below, below]);
            for crown in [0.0, 0.1, 0.2] {
                let [below, above] = margin(pixels, crown);
                assert!(above >= below && above <= below.max(0.3 * crown * pixels), "{pixels}, {crown}: {above}");
            }
        }
    }
}
