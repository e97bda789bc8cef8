//! Where the rows of teeth stand in a frame.
//!
//! The upper row belongs to the skull and hangs below the upper lip. The lower row belongs to the jaw and moves with
//! the chin, unless a lip that is drawn down bares it: then both rows meet, as in a grimace.

use nalgebra::Vector3;

use super::affine::Affine;
use crate::geometry::topology::{INNER_MOUTH_CORNERS, LOWER_LIP, UPPER_LIP};
use crate::geometry::{FaceGeometry, Pose, smoothstep};
use crate::motion::{Coefficients, TargetGeometry, coefficient};
use crate::portrait::Portrait;

/// How far the teeth stand behind the inner border of the lips, centimetres.
const BEHIND: f64 = 0.6;
/// How far the biting edge of the upper teeth shows below a resting upper lip, centimetres.
const INCISOR_SHOW: f64 = 0.27;
/// Takes the place of [`INCISOR_SHOW`] in a smile that is refined afterwards, centimetres: the net paints its teeth to
/// this edge, and where geometry's teeth below them end elsewhere a second edge is seen. Judged by eye on laughs, at
/// .27, .36 and .45. In mouths that talk it would cost 1.2 dB of likeness to the clips' own mouths.
const SMILE_SHOW: f64 = 0.43;
/// How far a smile of 1 lifts the middle of the upper lip, centimetres (`models/expression_basis.safetensors`). In a
/// photo that smiles the teeth hang this much farther below the lip than in one whose lips rest.
const SMILE_LIFT: f64 = 0.27;
/// Mean of the two `mouthSmile` coefficients, 0 to 1: [`INCISOR_SHOW`] holds below the first value, [`SMILE_SHOW`]
/// above the second.
const SMILE: [f64; 2] = [0.2, 0.6];
/// How far the edge of the lower teeth lies below the border of a resting lower lip, centimetres.
pub(super) const LOWER_COVER: f64 = 0.14;
/// How far the lower teeth rise above the lower lip at most, centimetres: the lower lip of an open mouth covers all but
/// their edges.
const LOWER_SHOW: f64 = 0.16;
/// Mean of the two `mouthLowerDown` coefficients, 0 to 1: the lips do not bare the lower teeth below the first value,
/// and bare them fully above the second. Bared teeth meet the upper row, whatever the skin of the chin does. Judged by
/// eye on grimaces.
const BARED: [f64; 2] = [0.25, 0.45];
/// `jawOpen`, 0 to 1: the lower teeth can be bared fully below the first value, and not at all above the second. The
/// skin of a chin does not follow the jaw all the way, so behind it bared teeth would fill an open mouth. Judged by eye
/// on grimaces.
const OPENED: [f64; 2] = [0.15, 0.4];
/// When the lips bare the lower teeth, the upper row covers at least this share of the opening's height. Without it the
/// row would stay hidden under the lip of a face that looks down. Judged by eye on grimaces.
const BARED_SHOW: f64 = 0.38;
/// How far the upper teeth of a shut jaw cover the lower ones, centimetres.
const OVERBITE: f64 = 0.08;
/// How much more than in the photo the lips smile (difference of the mean `mouthSmile` coefficients). A photo's parted
/// lips without visible teeth are shown as they are below the first value; above the second the mouth is painted
/// instead, because such a smile shows teeth.
const SMILES_MORE: [f64; 2] = [0.2, 0.5];
/// `tongueOut`, 0 to 1: a tongue hides nothing of the photo's own opening below the first value (there it is only
/// guessed at), and all of it above the second. Then the whole mouth is painted, as if the photo showed it shut. Judged
/// by eye on smiles.
const TONGUE: [f64; 2] = [0.5, 0.9];
/// Landmarks of the chin, which move with the jaw.
const JAW: [usize; 5] = [152, 148, 377, 175, 199];

/// Both rows of teeth under a target; canonical frame, centimetres.
pub(super) struct Rows {
    /// How much the lower teeth are bared beyond what the photo shows of them, 0 to 1.
    pub(super) bared: f64,
    /// How far the biting edge of the painted upper row lies below the upper lip's border in the photo.
    pub(super) show: f64,
    /// Origin of the plane of the upper teeth in the photo.
    pub(super) skull: Vector3<f64>,
    /// Origin of the plane of lower teeth and tongue in the photo.
    pub(super) jaw: Vector3<f64>,
    /// How far the upper row is drawn below its place on the skull; see [`BARED_SHOW`].
    pub(super) lowered: f64,
    /// Motion of the jaw's plane from the photo to the target.
    pub(super) chin: Vector3<f64>,
}

impl Rows {
    /// The rows of a portrait in a frame. `reuse` is the share of the photo's own opening that is shown, 0 to 1;
    /// `refined` says whether the frame is refined afterwards.
    pub(super) fn stand(portrait: &Portrait, target: &TargetGeometry, reuse: f64, refined: bool) -> Self {
        let (face, layer) = (&portrait.face, &portrait.mouth);
        // Lower teeth that the photo itself shows bared are in their place already.
        let own = if layer.lower_teeth { reuse * bared_teeth(&portrait.coefficients) } else { 0.0 };
        let bared = (bared_teeth(&target.coefficients) - own).max(0.0);
        let show = upper_show(portrait, target, refined);
        let centre = INNER_MOUTH_CORNERS.map(|i| face.shape[i]).iter().sum::<Vector3<f64>>() / 2.0;
        let depth = face.shape[UPPER_LIP].z - BEHIND;
        let skull = Vector3::new(centre.x, face.shape[UPPER_LIP].y, depth);
        let jaw = Vector3::new(centre.x, face.shape[LOWER_LIP].y, depth);
        let in_skull = plane(face, &target.pose, &skull).inverse();
        let lips = [UPPER_LIP, LOWER_LIP].map(|i| in_skull.apply(pixel(face, &target.pose, &target.shape[i]))[1]);
        let edge = biting_edge(portrait, show, reuse);
        let lowered = bared * (edge - (lips[0] - BARED_SHOW * (lips[0] - lips[1]))).max(0.0);
        let mut chin = JAW.iter().map(|&i| target.shape[i] - face.shape[i]).sum::<Vector3<f64>>() / JAW.len() as f64;
        let lip = target.shape[LOWER_LIP].y - face.shape[LOWER_LIP].y;
        let covered = chin.y.min(lip + LOWER_COVER + LOWER_SHOW);
        // Bared painted teeth stand where a shut jaw has them, their edges behind the upper ones. Lower teeth that the
        // photo shows stand where the chin puts them, and never higher than in the photo.
        let shut = if layer.lower_teeth { chin.y.min(0.0) } else { edge + OVERBITE + skull.y - (jaw.y - LOWER_COVER) };
        chin.y = covered + bared * (shut - lowered - covered);
        Self { bared, show, skull, jaw, lowered, chin }
    }
}

/// How far the biting edge of painted upper teeth lies below the upper lip's border in the photo, centimetres.
fn upper_show(portrait: &Portrait, target: &TargetGeometry, refined: bool) -> f64 {
    let longer = if refined { smoothstep(smile(&target.coefficients), SMILE[0], SMILE[1]) } else { 0.0 };
    INCISOR_SHOW + (SMILE_SHOW - INCISOR_SHOW) * longer + SMILE_LIFT * smile(&portrait.coefficients)
}

/// Height of the upper teeth's biting edge over the upper lip's border in the photo, centimetres; it is negative.
/// Painted teeth end `show` below the border, those that the photo shows end where `upper_end` says. The result goes
/// from the first to the second as `reuse`, the share of the photo's own opening that is shown, goes from 0 to 1.
fn biting_edge(portrait: &Portrait, show: f64, reuse: f64) -> f64 {
    let (shape, layer) = (&portrait.face.shape, &portrait.mouth);
    let seen = (1.0 - f64::from(layer.upper_end)) * (shape[LOWER_LIP].y - shape[UPPER_LIP].y);
    -show + reuse * (seen + show)
}

/// How much of the photo's own mouth opening is shown where the mouth moves, 0 to 1. If the photo's lips are parted and
/// show no teeth, their opening says nothing of the teeth that the lips show when they smile or bare them. And a tongue
/// that is out lies over the whole opening. (Lips that talk go on hiding the teeth: there the photo's opening is 1 to 3
/// dB nearer to the clips' own mouths than a painted one.)
pub(crate) fn reused(portrait: &Portrait, target: &TargetGeometry) -> f64 {
    let tongue = smoothstep(f64::from(target.coefficients[coefficient("tongueOut")]), TONGUE[0], TONGUE[1]);
    let shown = f64::from(portrait.mouth.shown()) * (1.0 - tongue);
    if portrait.mouth.teeth.is_some() {
        return shown;
    }
    let more = smile(&target.coefficients) - smile(&portrait.coefficients);
    shown * (1.0 - smoothstep(more, SMILES_MORE[0], SMILES_MORE[1]).max(bared_teeth(&target.coefficients)))
}

/// Mean of both sides' smiles, 0 to 1.
pub(crate) fn smile(coefficients: &Coefficients) -> f64 {
    mean_of(coefficients, ["mouthSmileLeft", "mouthSmileRight"])
}

/// How far a lower lip that is drawn down before a nearly shut jaw bares the lower teeth, 0 to 1.
pub(crate) fn bared_teeth(coefficients: &Coefficients) -> f64 {
    let drawn = mean_of(coefficients, ["mouthLowerDownLeft", "mouthLowerDownRight"]);
    let open = f64::from(coefficients[coefficient("jawOpen")]);
    smoothstep(drawn, BARED[0], BARED[1]) * (1.0 - smoothstep(open, OPENED[0], OPENED[1]))
}

fn mean_of(coefficients: &Coefficients, names: [&str; 2]) -> f64 {
    names.iter().map(|name| f64::from(coefficients[coefficient(name)])).sum::<f64>() / 2.0
}

/// The map from centimetres in the plane through `origin`, parallel to the face, to pixels.
pub(super) fn plane(face: &FaceGeometry, pose: &Pose, origin: &Vector3<f64>) -> Affine {
    let at = |offset: Vector3<f64>| pixel(face, pose, &(origin + offset));
    Affine::from_frame(at(Vector3::zeros()), at(Vector3::x()), at(Vector3::y()))
}

pub(super) fn pixel(face: &FaceGeometry, pose: &Pose, point: &Vector3<f64>) -> [f64; 2] {
    let p = face.camera.project(&pose.apply(point));
    [p.x, p.y]
}
