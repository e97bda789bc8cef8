//! What a frame asks of the refiner, wherever it runs.

use super::brightness::bright;
use super::code::{CODE, code, told};
use super::masks::{MASKS, masks};
use super::patch::{Part, PatchFrame};
use super::ports::PATCHES;
use super::steady::{Fresh, Steady};
use crate::error::Result;
use crate::generator::{bared_teeth, reused, smile};
use crate::geometry::topology::EYES;
use crate::geometry::{Shape, smoothstep};
use crate::motion::{coefficient, eye_width, lid_gap, lip_gap};
use crate::portrait::Portrait;
use crate::portrait::tone::Tone;
use crate::transfer::TargetGeometry;
use crate::transfer::lips::mouth_width;

/// How far a landmark of mouth or eye is from its place in the photo, centimetres, where the refiner
/// begins to be shown and where it is shown in full: what nothing moved stays the photo's own.
const MOVED: [f64; 2] = [0.02, 0.10];
/// Gap of the lids over the eye's width below which they count as shut, and above which they do not; and how much of the
/// refiner is shown at a shut eye. Geometry knows a shut lid's skin, and what few shut eyes the net has seen are
/// darker than most.
const SHUT: [f64; 2] = [0.06, 0.18];
const SHOWN_SHUT: f64 = 0.35;
/// Gaps of the lips, mouth widths: up to the first they are shut, from the second on they are parted. Of lips that are
/// parted in the photo and shut now the net has seen few, and draws them less shut than geometry does.
const LIPS_SHUT: [f64; 2] = [0.01, 0.06];
const LIPS_PARTED: [f64; 2] = [0.03, 0.08];

/// Share of what is said between lips that is shown over a photo's own teeth. Held-out smiles that are moved and back look likest their
/// photo to a recognition net from .25 to .5. All of it is nearer to the second photo of the few people of whom there are two (inner
/// mouth 1 dB), but of smiles that open wide the net has seen nearly none: there it is a grey haze.
const OVER_TEETH: f32 = 0.4;
/// The same where the mouth smiles less than in the photo, by the first of these it begins and from the second on it is so: who has lost a smile
/// shows no teeth in most pictures, and the net turns those of the photo grey. Judged by eye on smiles that are surprised.
const OVER_LOST_SMILE: f32 = 0.1;
const LOST_SMILE: [f64; 2] = [0.2, 0.5];
/// The same over lower teeth that are bared by lips drawn apart before a jaw that is nearly shut: of such faces, too, the net has seen nearly
/// none, and it makes both rows grey and their gaps black. Judged by eye on grimaces, at .25, .3 and .5.
const OVER_BARED: f32 = 0.35;
/// Share of geometry's detail between lips that stays: gaps between teeth. A net that cannot know where they are would let go of them, but
/// all of it is a grid of sharp lines on teeth that are softer. Held-out mouths are as near to their photos with .6 as with all.
const KEPT_DETAIL: f32 = 0.6;

/// Share of a photo's pixels around a mouth or an eye that are darker than what nothing there is brightened beyond, as in
/// `train/refiner_hues.py`. On held-out mouths a bound at .65 to .85 is .1 dB better than none in true pairs and no worse in others, on eyes .05 dB:
/// brighter is a streak, or a blotch where a frown opens to a stare.
const LIT: f64 = 0.8;

/// A white that bounds nothing.
const ANY_WHITE: f32 = 1e3;

/// Brightness beyond which nothing of a patch is brightened, 0 to 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct White {
    /// Around the opening.
    pub(super) around: f32,
    /// In an eye's opening.
    pub(super) eye: f32,
}

impl White {
    /// Bounds nothing.
    #[cfg(test)]
    pub(super) const ANY: Self = Self { around: ANY_WHITE, eye: ANY_WHITE };
}

/// A patch of this frame: where it lies in the output, and how much of its change is shown, 0 to 1.
pub(super) type Placed = (PatchFrame, f32);

/// The patches of a frame, and what the nets are told of them.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) placed: [Placed; PATCHES],
    /// Bytes, [`MASKS`](super::masks::MASKS) for each pixel of a patch.
    pub(super) masks: [Vec<u8>; PATCHES],
    pub(super) codes: [[f32; CODE]; PATCHES],
    /// Shares of each patch's new grid in the grid that is shown.
    pub(super) fresh: [Fresh; PATCHES],
    /// Share of what is painted that is shown, 0 to 1.
    pub(super) paint: f32,
    /// Share of all that is said between lips that is shown, 0 to 1.
    pub(super) inside: f32,
    /// Share of geometry's detail between lips that stays whatever is said there, 0 to 1, as far as nothing becomes darker.
    pub(super) detail: f32,
    /// What bounds each patch.
    pub(super) white: [White; PATCHES],
    /// What the photo makes of what is added.
    pub(super) tone: Tone,
}

impl Plan {
    /// For a frame that shows `target`, after those that `steady` remembers; a pixel of it covers `scale` pixels of the
    /// photo, whose [`whites`] these are. `None` where mouth and eyes are as in the photo.
    ///
    /// # Errors
    /// [`Error::Option`](crate::Error::Option) for a target without 478 landmarks.
    pub(super) fn new(
        portrait: &Portrait,
        target: &TargetGeometry,
        scale: [f32; 2],
        white: [White; PATCHES],
        steady: &mut Steady,
    ) -> Result<Option<Self>> {
        let places = portrait.face.project(&target.shape, &target.pose);
        let [mouth, right, left] = Part::ALL.map(|part| PatchFrame::of(part, &places));
        let frames = [mouth?, right?, left?];
        let weights = Part::ALL.map(|part| weight(part, &portrait.face.shape, &target.shape));
        let tongue = target.coefficients[coefficient("tongueOut")];
        let states = [(&portrait.coefficients, &portrait.face.pose), (&target.coefficients, &target.pose)];
        let codes = Part::ALL.map(|part| told(part, code(states[0], states[1], part.is_mirrored())));
        let shown: [_; PATCHES] =
            std::array::from_fn(|k| steady.follow(Part::ALL[k], frames[k], weights[k], &codes[k], &places));
        Ok(weights.iter().any(|&weight| weight > 0.0).then(|| Self {
            placed: shown.map(|patch| (patch.frame.shrunk(scale), patch.weight)),
            masks: std::array::from_fn(|k| match (Part::ALL[k], &shown[k]) {
                // Nothing looks at what nothing is shown of.
                (part, patch) if patch.weight <= 0.0 => vec![0; MASKS * part.side() * part.side()],
                (part, patch) => masks(part, &patch.frame, &places),
            }),
            codes,
            fresh: shown.map(|patch| patch.fresh),
            white,
            tone: portrait.mouth.tone,
            paint: painted_share(portrait, target),
            inside: inside_share(over_own_teeth(portrait, target), bared_teeth(&target.coefficients) as f32, tongue),
            detail: detail_share(tongue),
        }))
    }

    /// How much of a patch's change is shown, 0 to 1.
    pub(super) fn weight(&self, patch: usize) -> f32 {
        self.placed[patch].1
    }
}

#[cfg(test)]
impl Plan {
    /// Of patches whose pixels are the picture's from its first corner on: all is new and shown, and nothing is masked.
    pub(super) fn at_the_corner(weights: [f32; PATCHES]) -> Self {
        let frame = |part: Part| PatchFrame {
            side: part.side(),
            origin: nalgebra::Vector2::zeros(),
            across: nalgebra::Vector2::x(),
            down: nalgebra::Vector2::y(),
        };
        Self {
            placed: std::array::from_fn(|k| (frame(Part::ALL[k]), weights[k])),
            masks: Part::ALL.map(|part| vec![0; MASKS * part.side() * part.side()]),
            codes: [[0.0; CODE]; PATCHES],
            fresh: [Fresh::ALL; PATCHES],
            paint: 1.0,
            inside: 1.0,
            detail: 0.0,
            white: [White::ANY; PATCHES],
            tone: bytemuck::Zeroable::zeroed(),
        }
    }
}

/// What bounds each patch of a portrait with these [`photo_patches`]. Skin becomes no brighter than it is in the photo where it is lit. An eye that
/// opens has the white that its photo shows of it: the net would make it that of most eyes.
pub(super) fn whites(portrait: &Portrait, patches: &[Vec<f32>; PATCHES]) -> [White; PATCHES] {
    let [right, left] = portrait.eyes.each_ref().map(|eye| eye.white.unwrap_or(ANY_WHITE));
    let eyes = [ANY_WHITE, right, left];
    std::array::from_fn(|k| White { around: lit(&patches[k]), eye: eyes[k] })
}

/// How bright a photo's patch is where it is lit.
fn lit(patch: &[f32]) -> f32 {
    let mut ordered: Vec<f32> = patch.as_chunks().0.iter().map(|colour| bright(*colour)).collect();
    ordered.sort_by(f32::total_cmp);
    ordered.get((LIT * ordered.len().saturating_sub(1) as f64) as usize).copied().unwrap_or(ANY_WHITE)
}

/// The photo's own patches, rows of RGB in \[0, 1\].
///
/// # Errors
/// [`Error::Option`](crate::Error::Option) for a face without 478 landmarks.
pub(super) fn photo_patches(portrait: &Portrait) -> Result<[Vec<f32>; PATCHES]> {
    let places = portrait.face.project(&portrait.face.shape, &portrait.face.pose);
    let cut = |part: Part| -> Result<Vec<f32>> {
        Ok(PatchFrame::of(part, &places)?.cut(&portrait.photo).into_iter().map(|v| f32::from(v) / 255.0).collect())
    };
    let [mouth, right, left] = Part::ALL.map(cut);
    Ok([mouth?, right?, left?])
}

/// Gap of the lips, mouth widths.
fn relative_gap(shape: &Shape) -> f64 {
    lip_gap(shape) / mouth_width(shape).max(1e-6)
}

/// Share of what the mouth's net paints that is shown of a portrait in a frame, 0 to 1. Nothing is painted where the photo's own opening is
/// shown: it is sharper, and the person's.
#[must_use]
pub fn painted_share(portrait: &Portrait, target: &TargetGeometry) -> f32 {
    1.0 - reused(portrait, target) as f32
}

/// Share of what is said between lips that is shown as far as the photo shows teeth there, 0 to 1: geometry has them, and what the net knows of
/// other mouths would dim them.
fn over_own_teeth(portrait: &Portrait, target: &TargetGeometry) -> f32 {
    let lost = smile(&portrait.coefficients) - smile(&target.coefficients);
    over_teeth(portrait.mouth.teeth_shown(), lost)
}

/// The same of a mouth that shows so much of its teeth, 0 to 1, and has lost so much of its smile.
fn over_teeth(teeth: f32, lost: f64) -> f32 {
    let lost = smoothstep(lost, LOST_SMILE[0], LOST_SMILE[1]) as f32;
    1.0 - (1.0 - OVER_TEETH + (OVER_TEETH - OVER_LOST_SMILE) * lost) * teeth
}

/// Share of all that is said between lips that is shown, 0 to 1, of which `over_teeth` is left by the photo's own; lower teeth that are bared so
/// much, 0 to 1, are geometry's, too. But a tongue that is out lies over all of them.
fn inside_share(over_teeth: f32, bared: f32, tongue: f32) -> f32 {
    let share = over_teeth * (1.0 - (1.0 - OVER_BARED) * bared);
    share + (1.0 - share) * tongue.clamp(0.0, 1.0)
}

/// Share of geometry's detail between lips that stays, 0 to [`KEPT_DETAIL`]: a tongue that is out covers it.
fn detail_share(tongue: f32) -> f32 {
    KEPT_DETAIL * (1.0 - tongue.clamp(0.0, 1.0))
}

/// How much a photo's lips are parted, 0 to 1.
fn parted(rest: &Shape) -> f64 {
    smoothstep(relative_gap(rest), LIPS_PARTED[0], LIPS_PARTED[1])
}

/// How much of the refiner is shown at a part of the face, 0 to 1.
fn weight(part: Part, rest: &Shape, shape: &Shape) -> f32 {
    let moved = part.landmarks().map(|i| (shape[i] - rest[i]).norm()).fold(0.0, f64::max);
    let eye = match part {
        Part::Mouth => None,
        Part::RightEye => Some(&EYES[0]),
        Part::LeftEye => Some(&EYES[1]),
    };
    let shut = match eye {
        Some(eye) => 1.0 - smoothstep(lid_gap(shape, eye) / eye_width(shape, eye).max(1e-6), SHUT[0], SHUT[1]),
        None => parted(rest) * (1.0 - smoothstep(relative_gap(shape), LIPS_SHUT[0], LIPS_SHUT[1])),
    };
    let shown = 1.0 - (1.0 - SHOWN_SHUT) * shut;
    (shown * smoothstep(moved, MOVED[0], MOVED[1])) as f32
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_refined_as_far_as_it_moves() {
        let mut rest = vec![nalgebra::Vector3::zeros(); crate::geometry::LANDMARKS];
        for eye in &EYES {
            rest[eye.corners[1]].x = 3.0;
            rest[eye.upper].y = 1.0;
        }
        let mut shape = rest.clone();
        assert!(Part::ALL.iter().all(|&part| weight(part, &rest, &shape) == 0.0));
        // A brow is in no patch's own part.
        shape[105].y = 1.0;
        assert!(Part::ALL.iter().all(|&part| weight(part, &rest, &shape) == 0.0));
        let lid = EYES[1].lids.iter().copied().find(|i| ![EYES[1].upper, EYES[1].lower].contains(i)).unwrap();
        shape[lid].y -= 0.06;
        let half = weight(Part::LeftEye, &rest, &shape);
        assert!(half > 0.2 && half < 0.8, "{half}");
        assert_eq!(weight(Part::RightEye, &rest, &shape), 0.0);
        // A shut eye is mostly geometry's.
        shape[EYES[0].upper] = shape[EYES[0].lower];
        assert!((weight(Part::RightEye, &rest, &shape) - SHOWN_SHUT as f32).abs() < 1e-6);
        shape[14].y = -0.5;
        assert_eq!(weight(Part::Mouth, &rest, &shape), 1.0);
        // And so are lips that shut, if the photo has them parted.
        let (parted, mut shut) = (shape.clone(), shape);
        shut[14] = shut[13];
        assert!((weight(Part::Mouth, &parted, &shut) - SHOWN_SHUT as f32).abs() < 1e-6);
        assert_eq!(weight(Part::Mouth, &shut, &parted), 1.0);
    }

    #[test]
    fn teeth_that_a_photo_shows_or_that_are_bared_are_mostly_left_alone_but_for_a_tongue() {
        let share = |teeth, bared, tongue| inside_share(over_teeth(teeth, 0.0), bared, tongue);
        assert_eq!(share(0.0, 0.0, 0.0), 1.0);
        assert!((share(1.0, 0.0, 0.0) - OVER_TEETH).abs() < 1e-6);
        assert!((share(0.0, 1.0, 0.0) - OVER_BARED).abs() < 1e-6);
        assert!(share(1.0, 1.0, 0.0) < OVER_TEETH.min(OVER_BARED));
        assert_eq!(share(1.0, 1.0, 1.0), 1.0);
        for half in [share(1.0, 0.0, 0.5), share(0.5, 0.0, 0.0), share(0.0, 0.5, 0.0)] {
            assert!(half > OVER_TEETH && half < 1.0, "{half}");
        }
    }

    #[test]
    fn teeth_of_a_smile_that_is_lost_are_left_alone_still_more() {
        assert_eq!(over_teeth(0.0, 1.0), 1.0);
        assert!((over_teeth(1.0, 1.0) - OVER_LOST_SMILE).abs() < 1e-6);
        assert!((over_teeth(1.0, -0.5) - OVER_TEETH).abs() < 1e-6);
        let half = over_teeth(1.0, 0.35);
        assert!(half > OVER_LOST_SMILE && half < OVER_TEETH, "{half}");
    }

    #[test]
    fn gaps_between_teeth_stay_but_for_a_tongue() {
        assert_eq!(detail_share(0.0), KEPT_DETAIL);
        assert_eq!(detail_share(1.0), 0.0);
    }

    #[test]
    fn a_photo_has_parted_lips_from_some_gap_on() {
        let mut shape = vec![nalgebra::Vector3::zeros(); crate::geometry::LANDMARKS];
        shape[61].x = -2.5;
        shape[291].x = 2.5;
        assert_eq!(parted(&shape), 0.0);
        shape[14].y = -0.25;
        let half = parted(&shape);
        assert!(half > 0.0 && half < 1.0, "{half}");
        shape[14].y = -1.0;
        assert_eq!(parted(&shape), 1.0);
    }
}
