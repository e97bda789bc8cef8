//! Where the rows of teeth stand in a frame.
//!
//! The upper ones belong to the skull and hang below its lip; the lower ones belong to the jaw and go with the chin, unless a lip that is
//! drawn down bares them: then both meet, as those of a grimace do.

use nalgebra::Vector3;

use super::affine::Affine;
use crate::geometry::topology::{INNER_MOUTH_CORNERS, LOWER_LIP, UPPER_LIP};
use crate::geometry::{FaceGeometry, Pose, smoothstep};
use crate::motion::{Coefficients, coefficient};
use crate::portrait::Portrait;
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
pub(super) const LOWER_COVER: f64 = 0.14;
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
/// How much more than in the photo lips smile where teeth begin to be seen that its parted lips do not show, and are.
const SMILES_MORE: [f64; 2] = [0.2, 0.5];
/// `tongueOut` above which a tongue begins to hide what a photo shows of its mouth, and hides it: then all is painted, as in a mouth that the
/// photo shows shut. What is only guessed at hides nothing. Judged by eye on smiles.
const TONGUE: [f64; 2] = [0.5, 0.9];
/// Landmarks of the chin: they move with the jaw.
const JAW: [usize; 5] = [152, 148, 377, 175, 199];

/// Both rows of teeth under a target, canonical frame, centimetres.
pub(super) struct Rows {
    /// How much the lower teeth are bared beyond what the photo shows of them, 0 to 1.
    pub(super) bared: f64,
    /// How far the upper row's biting edge is below the upper lip's border in the photo.
    pub(super) show: f64,
    /// Origins of the planes of upper teeth, and of lower teeth and tongue, in the photo.
    pub(super) skull: Vector3<f64>,
    pub(super) jaw: Vector3<f64>,
    /// How far the upper row is below where the skull has it.
    pub(super) lowered: f64,
    /// How the jaw's plane has moved.
    pub(super) chin: Vector3<f64>,
}

impl Rows {
    /// Of a portrait whose own opening is shown by the share `reuse`, in a frame that is `refined` afterwards or not.
    pub(super) fn stand(portrait: &Portrait, target: &TargetGeometry, reuse: f64, refined: bool) -> Self {
        let (face, layer) = (&portrait.face, &portrait.mouth);
        // What a photo shows of bared teeth is where it belongs.
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
        // A jaw is shut when its teeth meet those above; a photo's own lower teeth are where its chin, at most, has them.
        let shut = if layer.lower_teeth { chin.y.min(0.0) } else { edge + OVERBITE + skull.y - (jaw.y - LOWER_COVER) };
        chin.y = covered + bared * (shut - lowered - covered);
        Self { bared, show, skull, jaw, lowered, chin }
    }
}

/// How far the biting edge of painted upper teeth is below the upper lip's border in the photo, centimetres.
fn upper_show(portrait: &Portrait, target: &TargetGeometry, refined: bool) -> f64 {
    let longer = if refined { smoothstep(smile(&target.coefficients), SMILE[0], SMILE[1]) } else { 0.0 };
    INCISOR_SHOW + (SMILE_SHOW - INCISOR_SHOW) * longer + SMILE_LIFT * smile(&portrait.coefficients)
}

/// How high the biting edge of the upper teeth that are bared is over the upper lip's border in the photo, centimetres: of those that the photo shows, or of
/// painted ones that show so far below it, where so much of the photo's own opening is shown.
fn biting_edge(portrait: &Portrait, show: f64, reuse: f64) -> f64 {
    let (shape, layer) = (&portrait.face.shape, &portrait.mouth);
    let seen = (1.0 - f64::from(layer.upper_end)) * (shape[LOWER_LIP].y - shape[UPPER_LIP].y);
    -show + reuse * (seen + show)
}

/// How much of the photo's own opening is shown in a mouth that moves, 0 to 1: what lips that part in the photo show, if it is no teeth, says
/// nothing of the teeth that they show when they smile or bare them; and a tongue that is out lies over all that it shows. (When they talk they go on hiding them: there it is 1 to 3 dB nearer to
/// the clips' own mouths.)
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
pub(super) fn plane(face: &FaceGeometry, pose: &Pose, origin: &Vector3<f64>) -> Affine {
    let at = |offset: Vector3<f64>| pixel(face, pose, &(origin + offset));
    Affine::from_frame(at(Vector3::zeros()), at(Vector3::x()), at(Vector3::y()))
}

pub(super) fn pixel(face: &FaceGeometry, pose: &Pose, point: &Vector3<f64>) -> [f64; 2] {
    let p = face.camera.project(&pose.apply(point));
    [p.x, p.y]
}
