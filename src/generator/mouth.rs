//! Where the inside of the mouth is in a frame.
//!
//! The upper teeth belong to the skull, the lower teeth and the tongue to the jaw. Each has
//! a plane a little behind the lips, measured in centimetres.

use nalgebra::Vector3;

use super::RenderOptions;
use super::affine::Affine;
use super::frame::MouthFrame;
use crate::geometry::topology::INNER_LIPS;
use crate::geometry::{FaceGeometry, LANDMARKS, Pose, smoothstep};
use crate::motion::{Coefficients, coefficient, lip_gap};
use crate::portrait::Portrait;
use crate::portrait::outline::Outline;
use crate::transfer::TargetGeometry;

/// How far the teeth stand behind the inner border of the lips, centimetres.
const BEHIND: f64 = 0.6;
/// How far the biting edge of the upper teeth shows below a resting upper lip, centimetres.
const INCISOR_SHOW: f64 = 0.27;
/// The same for a smile that is refined afterwards: the net's teeth end there, and where those below them end elsewhere there is a second edge.
/// Judged by eye on laughs, at .27, .36 and .45. In mouths that talk it would cost 1.2 dB of likeness to the clips' own.
const SMILE_SHOW: f64 = 0.43;
/// How far a smile of 1 lifts the middle of the upper lip, centimetres (`models/expression_basis.safetensors`): the teeth of a photo that smiles hang
/// so much farther below its lip than below one that rests.
const SMILE_LIFT: f64 = 0.27;
/// Mean smile above which that begins to hold, and holds altogether.
const SMILE: [f64; 2] = [0.2, 0.6];
/// How far the lower teeth's edge lies below a resting lower lip's border, centimetres.
const LOWER_COVER: f64 = 0.14;
/// How far the lower teeth rise above the lower lip at most, centimetres: an open mouth's
/// lower lip covers all but their edges.
const LOWER_SHOW: f64 = 0.16;
/// Mean of `mouthLowerDown` above which lips bare the lower teeth, which stay with the jaw then, and do so altogether; `jawOpen` from which on they
/// do no more: the skin of a chin does not follow a jaw all the way, and behind it teeth would fill an open mouth. Judged by eye on
/// grimaces.
const BARED: [f64; 2] = [0.25, 0.45];
const OPENED: [f64; 2] = [0.15, 0.4];
/// Share of an opening in which lips bare the lower teeth that the upper teeth fill at least: where its height leaves the row under the lip, as
/// in a face that looks down, it comes as far below. Judged by eye on grimaces.
const BARED_SHOW: f64 = 0.38;
/// How far shut upper teeth cover the lower ones, centimetres.
const OVERBITE: f64 = 0.08;
/// Gaps of lips up to which nothing but a dark seam is between them, and from which on teeth are seen that a photo shows, centimetres.
const SEAM: [f64; 2] = [0.04, 0.22];
/// How much more than in the photo lips smile where teeth begin to be seen that its parted lips do not show, and are.
const SMILES_MORE: [f64; 2] = [0.2, 0.5];
/// A photo whose upper teeth end at a smaller height of its opening shows nothing below them.
const SPLIT: f32 = 0.01;
/// Landmarks of the chin: they move with the jaw.
const CHIN: [usize; 5] = [152, 148, 377, 175, 199];
/// Lip motion over which the redrawn opening fades in, centimetres.
const CHANGE: [f64; 2] = [0.04, 0.20];
/// Lip gap beyond the photo's closed one over which it fades in, centimetres.
const PART: [f64; 2] = [0.02, 0.12];
/// Teeth of a photo that shows none, before tint and shade.
const TEETH: [f32; 3] = [0.89, 0.86, 0.82];

/// The mouth under `target`.
pub fn frame(portrait: &Portrait, target: &TargetGeometry, options: RenderOptions) -> MouthFrame {
    let mut frame: MouthFrame = bytemuck::Zeroable::zeroed();
    let (face, layer) = (&portrait.face, &portrait.mouth);
    if target.shape.len() < LANDMARKS || face.shape.len() < LANDMARKS {
        return frame;
    }
    let (rest_gap, gap) = (lip_gap(&face.shape), lip_gap(&target.shape));
    // Of lips whose opening is not shown the photo's gap is no opening.
    let closed_gap = rest_gap * f64::from(1.0 - layer.shown());
    let change = INNER_LIPS.iter().map(|&i| (target.shape[i] - face.shape[i]).norm()).fold(0.0, f64::max);
    // Lips that have shut over teeth of the photo leave a seam.
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
    frame.patch = [x, y, width, height];
    frame.reach = [x - 0.1 * width, y - 0.2 * width, x + 1.1 * width, y + height + 0.2 * width];

    // What a photo shows of bared teeth is where it belongs.
    let reuse = reused(portrait, target);
    let bared = (bared_teeth(&target.coefficients) - reuse * bared_teeth(&portrait.coefficients)).max(0.0);
    let show = upper_show(portrait, target, options);
    let centre = (face.shape[78] + face.shape[308]) / 2.0;
    let depth = face.shape[13].z - BEHIND;
    let skull = Vector3::new(centre.x, face.shape[13].y, depth);
    let jaw = Vector3::new(centre.x, face.shape[14].y, depth);
    let in_skull = plane(face, &target.pose, &skull).inverse();
    let lips = [13, 14].map(|i| in_skull.apply(pixel(face, &target.pose, &target.shape[i]))[1]);
    let edge = biting_edge(portrait, show, reuse);
    let lowered = bared * (edge - (lips[0] - BARED_SHOW * (lips[0] - lips[1]))).max(0.0);
    let mut chin = CHIN.iter().map(|&i| target.shape[i] - face.shape[i]).sum::<Vector3<f64>>() / CHIN.len() as f64;
    let lip = target.shape[14].y - face.shape[14].y;
    let covered = chin.y.min(lip + LOWER_COVER + LOWER_SHOW);
    // A jaw is shut when its teeth meet those above; a photo's own lower teeth are where its chin, at most, has them.
    let shut = if layer.lower_teeth { chin.y.min(0.0) } else { edge + OVERBITE + skull.y - (jaw.y - LOWER_COVER) };
    chin.y = covered + bared * (shut - lowered - covered);
    let to_skull = plane(face, &target.pose, &(skull - Vector3::y() * lowered)).inverse();
    let to_jaw = plane(face, &target.pose, &(jaw + chin)).inverse();
    (frame.to_skull, frame.skull_offset) = (to_skull.matrix_f32(), to_skull.offset_f32());
    (frame.to_jaw, frame.jaw_offset) = (to_jaw.matrix_f32(), to_jaw.offset_f32());
    let (skull_photo, jaw_photo) = (plane(face, &face.pose, &skull), plane(face, &face.pose, &jaw));
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
    frame.split = layer.split;
    frame.bared = bared as f32;
    // What a photo shows below its upper teeth is dark or lip, unless it is lower teeth.
    let own = if layer.lower_teeth { 1.0 } else { 1.0 - frame.bared };
    frame.lower_reuse = if layer.split < SPLIT { 0.0 } else { frame.reuse * own };
    frame.seam = (teeth * (1.0 - smoothstep(gap, SEAM[0], SEAM[1]))) as f32;
    frame.half_width = ((face.shape[78] - face.shape[308]).norm() / 2.0).max(0.5) as f32;
    frame.upper_edge = -show as f32;
    frame.lower_edge = -LOWER_COVER as f32;
    let [a, b, c, d] = to_skull.matrix;
    frame.scale = (a * d - b * c).abs().sqrt().max(1e-4) as f32;
    frame
}

/// How far the biting edge of painted upper teeth is below the upper lip's border in the photo, centimetres.
fn upper_show(portrait: &Portrait, target: &TargetGeometry, options: RenderOptions) -> f64 {
    let longer = if options.refined { smoothstep(smile(&target.coefficients), SMILE[0], SMILE[1]) } else { 0.0 };
    INCISOR_SHOW + (SMILE_SHOW - INCISOR_SHOW) * longer + SMILE_LIFT * smile(&portrait.coefficients)
}

/// How high the biting edge of the upper teeth is over the upper lip's border in the photo, centimetres: of those that the photo shows, or of
/// painted ones that show so far below it, where so much of the photo's own opening is shown.
fn biting_edge(portrait: &Portrait, show: f64, reuse: f64) -> f64 {
    let (shape, layer) = (&portrait.face.shape, &portrait.mouth);
    let seen = (1.0 - f64::from(layer.split)) * (shape[14].y - shape[13].y);
    -show + reuse * (seen + show)
}

/// How much of the photo's own opening is shown in a mouth that moves, 0 to 1: what lips that part in the photo show, if it is no teeth, says
/// nothing of the teeth that they show when they smile or bare them. (When they talk they go on hiding them: there it is 1 to 3 dB nearer to
/// the clips' own mouths.)
pub(crate) fn reused(portrait: &Portrait, target: &TargetGeometry) -> f64 {
    let shown = f64::from(portrait.mouth.shown());
    if portrait.mouth.teeth.is_some() {
        return shown;
    }
    let more = smile(&target.coefficients) - smile(&portrait.coefficients);
    shown * (1.0 - smoothstep(more, SMILES_MORE[0], SMILES_MORE[1]).max(bared_teeth(&target.coefficients)))
}

/// Mean of both sides' smiles, 0 to 1.
fn smile(coefficients: &Coefficients) -> f64 {
    mean_of(coefficients, ["mouthSmileLeft", "mouthSmileRight"])
}

/// How much the lower teeth are bared by a lip that is drawn down while the jaw is nearly shut, 0 to 1.
pub(crate) fn bared_teeth(coefficients: &Coefficients) -> f64 {
    let drawn = mean_of(coefficients, ["mouthLowerDownLeft", "mouthLowerDownRight"]);
    let open = f64::from(coefficients[coefficient("jawOpen")]);
    smoothstep(drawn, BARED[0], BARED[1]) * (1.0 - smoothstep(open, OPENED[0], OPENED[1]))
}

fn mean_of(coefficients: &Coefficients, names: [&str; 2]) -> f64 {
    names.iter().map(|name| f64::from(coefficients[coefficient(name)])).sum::<f64>() / 2.0
}

/// Centimetres in the plane through `origin`, parallel to the face, to pixels.
fn plane(face: &FaceGeometry, pose: &Pose, origin: &Vector3<f64>) -> Affine {
    let at = |offset: Vector3<f64>| pixel(face, pose, &(origin + offset));
    Affine::from_frame(at(Vector3::zeros()), at(Vector3::x()), at(Vector3::y()))
}

fn pixel(face: &FaceGeometry, pose: &Pose, point: &Vector3<f64>) -> [f64; 2] {
    let p = face.camera.project(&pose.apply(point));
    [p.x, p.y]
}
