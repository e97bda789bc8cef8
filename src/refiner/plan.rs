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
use crate::motion::{TargetGeometry, coefficient, eye_width, lid_gap, lip_gap};
use crate::portrait::Portrait;
use crate::portrait::tone::Tone;
use crate::transfer::lips::mouth_width;

/// Largest distance of a landmark of the mouth or eye from its place in the photo, centimetres. The refiner's change is
/// not shown below the first value and is shown in full above the second, so that what nothing moved stays the photo's
/// own.
const MOVED: [f64; 2] = [0.02, 0.10];
/// Gap between the lids divided by the eye's width: the eye counts as shut below the first value, and as open above the
/// second.
const SHUT: [f64; 2] = [0.06, 0.18];
/// Share of the refiner's change that is shown at a shut eye, and on lips that are parted in the photo and shut in the
/// frame, 0 to 1. At a shut eye geometry already has the skin of the lid, and the few shut eyes in the net's training
/// data are darker than most.
const SHOWN_SHUT: f64 = 0.35;
/// Gap between the lips in the frame, mouth widths: they count as shut below the first value, and not at all above the
/// second. The net has seen few pairs in which lips are parted in the photo and shut in the frame, and draws them less
/// shut than geometry does.
const LIPS_SHUT: [f64; 2] = [0.01, 0.06];
/// Gap between the lips in the photo, mouth widths: they do not count as parted below the first value, and count fully
/// above the second.
const LIPS_PARTED: [f64; 2] = [0.03, 0.08];

/// Share of the net's change between the lips that is shown where the photo itself shows teeth, 0 to 1. Held-out smiles
/// that are moved away and back look most like their photo to a recognition net from .25 to .5. With the whole change
/// the few people of whom there are two photos come nearer to their second one (inner mouth 1 dB), but the net has seen
/// nearly no smiles that open wide: there its change is a grey haze.
const OVER_TEETH: f32 = 0.4;
/// Takes the place of [`OVER_TEETH`] where the mouth has lost the photo's smile: in most pictures a mouth that does not
/// smile shows no teeth, so the net turns the photo's teeth grey. Judged by eye on smiles that become surprised.
const OVER_LOST_SMILE: f32 = 0.1;
/// How much less the mouth smiles than in the photo (difference of the mean `mouthSmile` coefficients, 0 to 1): the
/// smile is not lost below the first value, and is lost above the second.
const LOST_SMILE: [f64; 2] = [0.2, 0.5];
/// Share of the net's change between the lips that is shown where lips are drawn apart before a nearly shut jaw and
/// bare the lower teeth, 0 to 1. The net has seen nearly no such faces: it makes both rows grey and their gaps black.
/// Judged by eye on grimaces, at .25, .3 and .5.
const OVER_BARED: f32 = 0.35;
/// Share of geometry's fine detail between the lips (the gaps between teeth) that stays whatever the net says, 0 to 1.
/// The net cannot know where the gaps are and would remove them, but with all of the detail the teeth, which are
/// softer, get a grid of sharp lines. Held-out mouths are as near to their photos with .6 as with all of it.
const KEPT_DETAIL: f32 = 0.6;

/// Quantile of the brightness of the photo's patch that counts as its lit skin: this share of its pixels is darker.
/// Nothing around a mouth or an eye is brightened beyond it. The same number is in `train/refiner_hues.py`. On held-out
/// mouths a bound at .65 to .85 is .1 dB better than none in true pairs and no worse in others, on eyes .05 dB: what is
/// brighter is a streak, or a blotch where a frown opens to a stare.
const LIT: f64 = 0.8;

/// An upper bound of brightness that bounds nothing.
const ANY_WHITE: f32 = 1e3;

/// Brightness, 0 to 1, beyond which the refiner brightens nothing in a patch.
#[derive(Debug, Clone, Copy)]
pub(super) struct White {
    /// The bound outside the opening between lips or lids.
    pub(super) around: f32,
    /// The bound between an eye's lids.
    pub(super) eye: f32,
}

impl White {
    /// Bounds nothing.
    #[cfg(test)]
    pub(super) const ANY: Self = Self { around: ANY_WHITE, eye: ANY_WHITE };
}

/// A patch of this frame: where it lies in the output, and the share of the refiner's change that is shown there, 0 to
/// 1.
pub(super) type Placed = (PatchFrame, f32);

/// The patches of a frame, the inputs of the nets beside the pixels, and how much of the nets' answer is shown.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) placed: [Placed; PATCHES],
    /// Bytes, [`MASKS`](super::masks::MASKS) for each pixel of a patch.
    pub(super) masks: [Vec<u8>; PATCHES],
    pub(super) codes: [[f32; CODE]; PATCHES],
    /// For each patch, the shares of the net's newest grid in the grid that is shown; the rest is the grid shown
    /// before.
    pub(super) fresh: [Fresh; PATCHES],
    /// Share of the mouth net's paint that is shown, 0 to 1; see [`painted_share`].
    pub(super) paint: f32,
    /// Share of the mouth net's whole change between the lips (grid and paint) that is shown, 0 to 1.
    pub(super) inside: f32,
    /// Share of geometry's fine detail between the lips that stays whatever the net says, 0 to 1. Less stays where a
    /// pixel becomes darker, much brighter or another hue.
    pub(super) detail: f32,
    /// For each patch, the brightness beyond which nothing is brightened.
    pub(super) white: [White; PATCHES],
    /// Tone of the photo, which is applied to everything the refiner adds.
    pub(super) tone: Tone,
}

impl Plan {
    /// The plan of a frame that shows `target` and follows the frames that `steady` remembers. A pixel of the frame
    /// covers `scale` pixels of the photo; `white` are the photo's [`whites`]. `None` where mouth and eyes are as in
    /// the photo.
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
                // No pass reads the masks of a patch of which nothing is shown.
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

    /// Share of the refiner's change that is shown in a patch, 0 to 1.
    pub(super) fn weight(&self, patch: usize) -> f32 {
        self.placed[patch].1
    }
}

#[cfg(test)]
impl Plan {
    /// A plan whose patches lie at the picture's top left corner, pixel on pixel: everything is new and shown, and all
    /// masks are 0.
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

/// The brightness that bounds each patch of a portrait with these [`photo_patches`]. Skin becomes no brighter than the
/// photo's lit skin. An eye that opens gets no brighter than the white that its photo shows of it; the net would give
/// it the white of most eyes.
pub(super) fn whites(portrait: &Portrait, patches: &[Vec<f32>; PATCHES]) -> [White; PATCHES] {
    let [right, left] = portrait.eyes.each_ref().map(|eye| eye.white.unwrap_or(ANY_WHITE));
    let eyes = [ANY_WHITE, right, left];
    std::array::from_fn(|k| White { around: lit(&patches[k]), eye: eyes[k] })
}

/// Brightness of the lit skin in a photo's patch: its quantile [`LIT`].
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

/// Gap between the lips, mouth widths.
fn relative_gap(shape: &Shape) -> f64 {
    lip_gap(shape) / mouth_width(shape).max(1e-6)
}

/// Share of the mouth net's paint that is shown in a frame of this portrait, 0 to 1. Nothing is painted where the
/// photo's own mouth opening is shown: that is sharper, and it is this person's.
#[must_use]
pub fn painted_share(portrait: &Portrait, target: &TargetGeometry) -> f32 {
    1.0 - reused(portrait, target) as f32
}

/// Share of the net's change between the lips that the photo's own teeth leave, 0 to 1: geometry already has these
/// teeth, and what the net has learnt from other mouths would dim them.
fn over_own_teeth(portrait: &Portrait, target: &TargetGeometry) -> f32 {
    let lost = smile(&portrait.coefficients) - smile(&target.coefficients);
    over_teeth(portrait.mouth.teeth_shown(), lost)
}

/// Share of the net's change between the lips that is shown over the photo's own teeth, 0 to 1. `teeth` is how much of
/// the photo's teeth is shown, 0 to 1; `lost` how much less the mouth smiles than in the photo.
fn over_teeth(teeth: f32, lost: f64) -> f32 {
    let lost = smoothstep(lost, LOST_SMILE[0], LOST_SMILE[1]) as f32;
    1.0 - (1.0 - OVER_TEETH + (OVER_TEETH - OVER_LOST_SMILE) * lost) * teeth
}

/// Share of the net's whole change between the lips that is shown, 0 to 1. `over_teeth` is the share that the photo's
/// own teeth leave; lower teeth that are bared by the share `bared`, 0 to 1, reduce it further, as geometry draws them
/// too. A tongue that is out (`tongue`, 0 to 1) lies over all teeth, so the whole change is shown there.
fn inside_share(over_teeth: f32, bared: f32, tongue: f32) -> f32 {
    let share = over_teeth * (1.0 - (1.0 - OVER_BARED) * bared);
    share + (1.0 - share) * tongue.clamp(0.0, 1.0)
}

/// Share of geometry's fine detail between the lips that stays, 0 to [`KEPT_DETAIL`]: a tongue that is out covers the
/// detail.
fn detail_share(tongue: f32) -> f32 {
    KEPT_DETAIL * (1.0 - tongue.clamp(0.0, 1.0))
}

/// How far the photo's lips count as parted, 0 to 1.
fn parted(rest: &Shape) -> f64 {
    smoothstep(relative_gap(rest), LIPS_PARTED[0], LIPS_PARTED[1])
}

/// Share of the refiner's change that is shown at a part of the face, 0 to 1. `rest` is the photo's shape, `shape` the
/// frame's.
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
        // Landmarks of a brow count for no patch.
        shape[105].y = 1.0;
        assert!(Part::ALL.iter().all(|&part| weight(part, &rest, &shape) == 0.0));
        let lid = EYES[1].lids.iter().copied().find(|i| ![EYES[1].upper, EYES[1].lower].contains(i)).unwrap();
        shape[lid].y -= 0.06;
        let half = weight(Part::LeftEye, &rest, &shape);
        assert!(half > 0.2 && half < 0.8, "{half}");
        assert_eq!(weight(Part::RightEye, &rest, &shape), 0.0);
        // At a shut eye most of the refiner's change is left out.
        shape[EYES[0].upper] = shape[EYES[0].lower];
        assert!((weight(Part::RightEye, &rest, &shape) - SHOWN_SHUT as f32).abs() < 1e-6);
        shape[14].y = -0.5;
        assert_eq!(weight(Part::Mouth, &rest, &shape), 1.0);
        // The same holds for lips that shut, if the photo has them parted.
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
