//! Limits on the hues that the nets may give a colour, as in `add.wgsl` and `train/refiner_hues.py`: what the nets have
//! learnt about hues fits the photos they know best, and would tint the teeth of others.
//!
//! A hue is measured as the distance of a colour from grey (the mean of red, green and blue) along two unit vectors,
//! [`FLESH`] and [`YELLOW`]. "For brightness 1" means: divided by the mean of red, green and blue.

use super::brightness::bright;
use super::pipelines::HUE;
use crate::geometry::smoothstep;

/// Hue of a tongue: the direction from grey to flesh in RGB, of length 1. It is that of `TONGUE` in the generator's
/// `mouth.wgsl`.
const FLESH: [f32; 3] = [0.817, -0.418, -0.399];
/// Most that an offset adds to the mean of a colour in a mouth's opening, brightness 0 to 1.
const LIFT: f32 = 0.4;
/// The direction from blue to yellow in RGB, of length 1 and at right angles to [`FLESH`].
const YELLOW: [f32; 3] = [0.011, 0.702, -0.713];
/// How far along [`YELLOW`] teeth are for brightness 1 in the photos that the net was trained on: the first value, plus
/// the second times how far along [`YELLOW`], for brightness 1, the colour is that they cover (a line through 157
/// mouths).
const WARMTH: [f32; 2] = [0.03, 0.36];
/// How far along [`FLESH`] the teeth in those photos are for each unit along [`YELLOW`].
const WARM: f32 = 1.2;
/// Brightness, 0 to 1, below which a colour's hue is lost in rounding; divisors are at least this, or are raised by it.
const DARK: f32 = 0.05;
/// Largest share of its brightness that a pixel around a mouth may lose.
const DARKEN: f32 = 0.15;
/// How much farther along [`FLESH`] a pixel around a mouth may become, for brightness 1: a lip may become a little
/// redder than it was, but skin must not look bruised.
const RUDDIER: f32 = 0.02;
/// How much farther against [`YELLOW`] a pixel around a mouth may become, for brightness 1, for the same reason.
const BLUER: f32 = 0.04;
/// Smallest divisor: a share of paint, or a difference of brightness, that is smaller counts as this much.
pub(super) const LITTLE: f32 = 1e-4;
/// How many times as far along [`YELLOW`] as most teeth in this light (see [`warmth`]) the yellowest teeth are.
const YELLOWEST: f32 = 1.5;
/// How far along [`FLESH`] a painted colour of brightness 1 is in white light: at least the first value, which is that
/// of the palest teeth, and at most the second, a little more than that of the dark behind a tongue.
const REDNESS: [f32; 2] = [0.05, 0.9];
/// How far along [`FLESH`] what lies behind teeth is at least, for brightness 1.
const CAVITY: f32 = 0.45;
/// Brightness, 0 to 1, of what lies behind teeth: below the first value it must be as red as [`CAVITY`]; above the
/// second it may be as pale as a tooth.
const TOOTH: [f32; 2] = [0.45, 0.65];
/// Brightness, 0 to 1, that what lies behind teeth has at most where it is darker than [`TOOTH`]: that of the brightest
/// tongues.
const TONGUE: f32 = 0.42;
/// Brightness, 0 to 1, of geometry's teeth: a colour darker than the first value is none, one brighter than the second
/// is one unless it has the hue of what lies behind teeth.
const TOOTHLIKE: [f32; 2] = [0.3, 0.55];
/// Ratio of the new to the old brightness at which a repainted pixel starts to lose geometry's fine detail, and at
/// which all of it is gone: the detail of a tooth says nothing of the flesh painted over it.
const COVERED: [f32; 2] = [1.5, 3.0];
/// How far a repainted pixel's hue moves along [`FLESH`], either way, for brightness 1: it keeps geometry's fine detail
/// below the first value and loses all of it above the second.
const REPAINTED: [f32; 2] = [0.2, 0.5];

#[inline(always)]
pub(super) fn mean_of(colours: [f32; 3]) -> f32 {
    colours.iter().sum::<f32>() / 3.0
}

/// [`smoothstep`] of single precision.
#[inline(always)]
fn between(value: f32, [from, to]: [f32; 2]) -> f32 {
    smoothstep(f64::from(value), f64::from(from), f64::from(to)) as f32
}

/// How far a colour is from grey along [`FLESH`], the hue of a tongue.
#[inline(always)]
fn of_flesh(colours: [f32; 3]) -> f32 {
    let mean = mean_of(colours);
    colours.iter().zip(FLESH).map(|(v, hue)| (v - mean) * hue).sum()
}

/// How far a colour is from grey along [`YELLOW`].
#[inline(always)]
fn of_yellow(colour: [f32; 3]) -> f32 {
    colour.iter().zip(YELLOW).map(|(v, hue)| v * hue).sum()
}

/// How warm white teeth look in the light that falls on `colour`: how far along [`YELLOW`] they are for brightness 1.
pub(super) fn warmth(colour: [f32; 3]) -> f32 {
    WARMTH[0] + WARMTH[1] * of_yellow(colour) / (mean_of(colour) + DARK)
}

/// How far a colour in geometry's mouth counts as what lies behind its teeth, flesh in the dark: 0 not at all, 1
/// entirely. `smooth` is the colour's mean without its fine detail.
pub(super) fn behind_teeth(colour: [f32; 3], smooth: f32) -> f32 {
    (of_flesh(colour) / (CAVITY * smooth.max(DARK))).clamp(0.0, 1.0)
}

/// Brightness that is seen in the end where a colour of brightness `was` would become `becomes` and the share `share`
/// of that change is shown: half of a tooth over the dark is a grey haze.
fn seen(was: f32, becomes: f32, share: f32) -> f32 {
    was + share * (becomes - was)
}

/// How far along [`FLESH`] a new colour must be at least, for brightness 1. It covers a colour that counts by `behind`,
/// 0 to 1, as lying behind teeth, and is seen with the brightness `bright` in the end.
fn least_redness(behind: f32, bright: f32) -> f32 {
    CAVITY * behind * (1.0 - between(bright, TOOTH))
}

/// The mean of a painted colour, and how far along [`FLESH`] it is in white light, limited to the range from the palest
/// teeth to dark flesh ([`REDNESS`]).
pub(super) fn bounded(paint: [f32; 3]) -> [f32; 2] {
    let mean = mean_of(paint).max(0.0);
    [mean, of_flesh(paint).clamp(REDNESS[0] * mean, REDNESS[1] * mean)]
}

/// The colour of paint in the light of the mouth. The paint comes as `[mean, flesh]` from [`bounded`], times its share
/// `shown`; the result is times `shown` too. The paint covers `colour`, which counts by `behind`, 0 to 1, as lying
/// behind teeth, and the share `inside` of the whole change is shown.
pub(super) fn lit([mean, flesh]: [f32; 2], shown: f32, colour: [f32; 3], behind: f32, inside: f32) -> [f32; 3] {
    let warmth = warmth(colour);
    let bright = seen(mean_of(colour), mean / shown.max(LITTLE), inside);
    let flesh = (flesh + WARM * warmth * mean).max(least_redness(behind, bright) * mean);
    [0, 1, 2].map(|c| mean + flesh * FLESH[c] + warmth * mean * YELLOW[c])
}

/// Corrects a change of `colour` in a mouth, so that the result is no greener and no yellower than both `colour` itself
/// and teeth in this light. `behind`, 0 to 1, is how far `colour` counts as lying behind teeth; the share `inside` of
/// the change is shown.
pub(super) fn hued(change: [f32; 3], colour: [f32; 3], behind: f32, inside: f32) -> [f32; 3] {
    let becomes = [0, 1, 2].map(|c| colour[c] + change[c]);
    let (light, bright, mean) = (warmth(colour), mean_of(colour).max(DARK), mean_of(becomes).max(0.0));
    let red = of_flesh(colour) / bright;
    let asked = least_redness(behind, seen(mean_of(colour), mean, inside));
    let least = (REDNESS[0] + WARM * light).max(asked).min(red) * mean;
    let most = (YELLOWEST * light).max(of_yellow(colour) / bright) * mean;
    let (missing, excess) = ((least - of_flesh(becomes)).max(0.0), (of_yellow(becomes) - most).max(0.0));
    [0, 1, 2].map(|c| change[c] + missing * FLESH[c] - excess * YELLOW[c])
}

/// Share of geometry's fine detail that stays where a colour becomes another one, 0 to 1. `becomes` is the new colour
/// without the detail, `colour` the old one with it, `smooth` the old one's mean without it. Where dark or flesh covers
/// a tooth, the gap beside that tooth goes with it; where another tooth covers what lies behind, the old edge goes too.
#[inline(always)]
pub(super) fn staying(becomes: [f32; 3], colour: [f32; 3], smooth: f32) -> f32 {
    let (mean, smooth) = (mean_of(becomes), smooth.max(DARK));
    let ratio = mean / smooth;
    let redder = of_flesh(becomes) / mean.max(DARK) - of_flesh(colour) / smooth;
    ratio.clamp(0.0, 1.0) * (1.0 - between(ratio, COVERED)) * (1.0 - between(redder.abs(), REPAINTED))
}

/// How far a colour of geometry's mouth counts as a tooth, 0 to 1. `behind`, 0 to 1, is how far it counts as lying behind
/// teeth, `smooth` its mean without its fine detail.
#[inline(always)]
pub(super) fn toothlike(behind: f32, smooth: f32) -> f32 {
    between(smooth, TOOTHLIKE) * (1.0 - behind)
}

/// A new colour in a mouth. Where it covers what lies behind teeth (`behind`, 0 to 1, or 0 where a tongue is out) and is
/// no tooth, it becomes no brighter than [`TONGUE`] and at least as red as [`CAVITY`]: a guess between tooth and tongue
/// is a haze.
#[inline(always)]
pub(super) fn without_haze(becomes: [f32; 3], behind: f32) -> [f32; 3] {
    let bright = mean_of(becomes).max(LITTLE);
    let dimmed = becomes.map(|v| v * (TONGUE / bright).min(1.0));
    let missing = (CAVITY * mean_of(dimmed) - of_flesh(dimmed)).max(0.0);
    let share = behind * (1.0 - between(bright, TOOTH));
    [0, 1, 2].map(|c| becomes[c] + share * (dimmed[c] + missing * FLESH[c] - becomes[c]))
}

/// Share of a change of brightness that is made around a mouth, where the brightness without fine detail is `smooth`.
/// All of a small darkening is made, but in sum no more than the share [`DARKEN`] of `smooth`: a fold shades the skin,
/// a blotch hides it. Brightening is not limited here.
#[inline(always)]
fn undarkened(change: f32, smooth: f32) -> f32 {
    let way = change.min(0.0) / (DARKEN * smooth.max(DARK));
    (1.0 + way * way).sqrt().recip()
}

/// Share of a brightening by `change` that is made where the brightness is `before`: all of a small one, but the result
/// does not exceed `white`. Darkening is not limited here.
#[inline(always)]
pub(super) fn unbleached(change: f32, before: f32, white: f32) -> f32 {
    let way = change.max(0.0) / (white - before).max(LITTLE);
    (1.0 + way * way).sqrt().recip()
}

/// Limits a change of `colour` around a mouth. `fine` is the fine detail in the colour's brightness, `white` the
/// brightness of the photo's lit skin. The result is no brighter than `white`, not much darker than before
/// ([`undarkened`]), not much redder or bluer ([`RUDDIER`], [`BLUER`]), and no yellower than before.
#[inline(always)]
pub(super) fn around_mouths(change: [f32; 3], colour: [f32; 3], fine: f32, white: f32) -> [f32; 3] {
    let (rise, before) = (bright(change), bright(colour) - fine);
    let made = undarkened(rise, before) * unbleached(rise, before, white);
    let change = change.map(|v| made * v);
    let becomes = [0, 1, 2].map(|c| colour[c] + change[c]);
    let [is, was] = [becomes, colour].map(|colour| (mean_of(colour) - fine).max(DARK));
    let [flesh, yellow] = [of_flesh(colour), of_yellow(colour)].map(|hue| hue * (is / was));
    let (excess, missing) = (of_yellow(becomes) - yellow.max(0.0), yellow - BLUER * is - of_yellow(becomes));
    let (yellower, redder) =
        (excess.max(0.0) - missing.max(0.0), (of_flesh(becomes) - flesh.max(0.0) - RUDDIER * is).max(0.0));
    let hued = [0, 1, 2].map(|c| becomes[c] - yellower * YELLOW[c] - redder * FLESH[c]);
    // Correcting the hue must not make the pixel brighter.
    let dimmed = (bright(becomes).max(LITTLE) / bright(hued).max(LITTLE)).min(1.0);
    [0, 1, 2].map(|c| dimmed * hued[c] - colour[c])
}

/// Pulls a colour towards its mean of red, green and blue: the share [`HUE`] of the distance is kept, and half of that
/// of its part against [`FLESH`], towards green, as neither skin nor teeth turn green.
#[inline(always)]
pub(super) fn paler(colours: [f32; 3]) -> [f32; 3] {
    let (mean, against) = (mean_of(colours), 0.5 * of_flesh(colours).min(0.0));
    [0, 1, 2].map(|c| mean + HUE as f32 * (colours[c] - mean - against * FLESH[c]))
}

/// [`paler`] for offsets in a mouth's opening: the part along [`FLESH`] is kept whole, and the mean rises by no more
/// than [`LIFT`]. An open mouth is dark or flesh inside; what might be a tongue or a dark throat would else become a
/// grey veil.
pub(super) fn fleshy(colours: [f32; 3]) -> [f32; 3] {
    let rise = mean_of(colours).max(1e-3);
    let bounded = LIFT * (rise / LIFT).tanh() / rise;
    let (paler, flesh) = (paler(colours), (1.0 - HUE as f32) * of_flesh(colours).max(0.0));
    [0, 1, 2].map(|c| (paler[c] + flesh * FLESH[c]) * bounded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const COLOUR: [std::ops::Range<f32>; 3] = [0.0..1.0, 0.0..1.0, 0.0..1.0];

    #[test]
    fn hues_are_apart_and_of_one_length() {
        for hue in [FLESH, YELLOW] {
            assert!(hue.iter().sum::<f32>().abs() < 1e-3);
            assert!((hue.iter().map(|v| v * v).sum::<f32>() - 1.0).abs() < 2e-3);
        }
        assert!(of_flesh(YELLOW).abs() < 2e-3);
    }

    proptest! {
        #[test]
        fn whatever_is_painted_is_teeth_or_flesh(paint in COLOUR, under in COLOUR, share in 0.01..1.0f32) {
            let light = warmth(under);
            let whole = lit(bounded(paint), 1.0, under, 0.0, 1.0);
            let mean = mean_of(paint);
            prop_assert!((mean_of(whole) - mean).abs() < 1e-3);
            let ruddy = of_flesh(whole) - WARM * light * mean;
            prop_assert!(ruddy > REDNESS[0] * mean - 2e-3 && ruddy < REDNESS[1] * mean + 2e-3);
            prop_assert!((of_yellow(whole) - light * mean).abs() < 2e-3);
            // A share of the paint has the same hue as all of it.
            let part = lit(bounded(paint).map(|v| share * v), share, under, 1.0, 1.0);
            let full = lit(bounded(paint), 1.0, under, 1.0, 1.0);
            prop_assert!(part.iter().zip(full).all(|(a, b)| (a - share * b).abs() < 1e-4));
        }

        #[test]
        fn behind_teeth_only_what_is_seen_as_bright_as_a_tooth_is_pale(
            paint in COLOUR, change in [-0.5..0.5f32, -0.5..0.5, -0.5..0.5], inside in 0.1..1.0f32,
        ) {
            let cavity = [0.15, 0.05, 0.05];
            let behind = behind_teeth(cavity, mean_of(cavity));
            prop_assert_eq!(behind, 1.0);
            let painted = lit(bounded(paint), 1.0, cavity, behind, inside);
            let allowed = hued(change, cavity, behind, inside);
            for becomes in [painted, [0, 1, 2].map(|c| cavity[c] + allowed[c])] {
                let shown = [0, 1, 2].map(|c| cavity[c] + inside * (becomes[c] - cavity[c]));
                let mean = mean_of(shown).max(0.0);
                let least = if mean < TOOTH[0] { CAVITY } else { 0.0 };
                prop_assert!(of_flesh(shown) >= least * mean - 4e-3, "{shown:?}");
            }
        }

        #[test]
        fn behind_teeth_there_is_no_haze(becomes in COLOUR) {
            let clear = without_haze(becomes, 1.0);
            let (was, is) = (mean_of(becomes), mean_of(clear));
            prop_assert!(is <= was + 1e-3);
            if was < TOOTH[0] {
                prop_assert!(is <= TONGUE + 1e-3 && of_flesh(clear) >= CAVITY * is - 4e-3, "{clear:?}");
            }
            // Teeth stay, and so does everything that is no cavity.
            prop_assert!(was < TOOTH[1] || clear == becomes);
            prop_assert_eq!(without_haze(becomes, 0.0), becomes);
        }

        #[test]
        fn nothing_turns_green_or_yellow(change in [-0.5..0.5f32, -0.5..0.5, -0.5..0.5], colour in COLOUR) {
            let allowed = hued(change, colour, 0.0, 1.0);
            let becomes = [0, 1, 2].map(|c| colour[c] + allowed[c]);
            let wanted = [0, 1, 2].map(|c| colour[c] + change[c]);
            prop_assert!((mean_of(becomes) - mean_of(wanted)).abs() < 1e-3);
            // `FLESH` and `YELLOW` are not exactly at right angles.
            prop_assert!(of_flesh(becomes) > of_flesh(wanted) - 2e-3);
            prop_assert!(of_yellow(becomes) < of_yellow(wanted) + 2e-3);
            let least = (REDNESS[0] + WARM * warmth(colour)).min(of_flesh(colour) / mean_of(colour).max(DARK));
            prop_assert!(of_flesh(becomes) >= least * mean_of(becomes).max(0.0) - 2e-3);
            let most = (YELLOWEST * warmth(colour)).max(of_yellow(colour) / mean_of(colour).max(DARK));
            prop_assert!(of_yellow(becomes) <= most * mean_of(becomes).max(0.0) + 2e-3);
        }

        #[test]
        fn what_changes_nothing_is_left_alone(colour in COLOUR) {
            // Geometry's own colours are already as red as `least_redness` asks for.
            let allowed = hued([0.0; 3], colour, behind_teeth(colour, mean_of(colour)), 1.0);
            // Colours that are nearly black are treated as if their brightness were `DARK`.
            prop_assert!(mean_of(colour) < DARK || allowed.iter().all(|v| v.abs() < 1e-5));
        }

        #[test]
        fn skin_is_shaded_and_never_hidden(before in DARK..1.0, change in -1.0..1.0f32) {
            let made = change * undarkened(change, before);
            prop_assert!(made >= -DARKEN * before - 1e-6 && (change < 0.0 || made == change));
            // Nearly all of the slight shade of a fold is kept.
            prop_assert!(change < -0.06 * before || (made - change).abs() <= 0.08 * change.abs() + 1e-6);
        }

        #[test]
        fn skin_keeps_its_hue_and_becomes_no_brighter_than_lit_skin(
            change in [-0.5..0.5f32, -0.5..0.5, -0.5..0.5], colour in COLOUR, white in 0.2..1.0f32,
        ) {
            let made = around_mouths(change, colour, 0.0, white);
            let becomes = [0, 1, 2].map(|c| colour[c] + made[c]);
            prop_assert!(bright(becomes) <= bright(colour).max(white) + 2e-3, "{becomes:?}");
            let yellow = (of_yellow(colour) / mean_of(colour).max(DARK)).max(0.0);
            prop_assert!(of_yellow(becomes) <= yellow * mean_of(becomes).max(DARK) + 2e-3);
            // Hues are compared as shares of the brightness: skin gets neither much redder nor much bluer.
            let hues = |colour: [f32; 3]| [of_flesh(colour), of_yellow(colour)].map(|hue| hue / mean_of(colour).max(DARK));
            let ([red, yellow], [red_before, yellow_before]) = (hues(becomes), hues(colour));
            prop_assert!(red <= red_before.max(0.0) + RUDDIER + 4e-3, "{red_before} -> {red}");
            prop_assert!(yellow >= yellow_before - BLUER - 4e-3, "{yellow_before} -> {yellow}");
            prop_assert_eq!(around_mouths([0.0; 3], colour, 0.01, white), [0.0; 3]);
        }

        #[test]
        fn an_eye_becomes_no_brighter_than_its_white(before in 0.0..1.0f32, change in -1.0..1.0f32, white in 0.2..1.0f32) {
            let made = change * unbleached(change, before, white);
            prop_assert!(before + made <= white.max(before) + 2.0 * LITTLE && (change > 0.0 || made == change));
            // Nearly all of a slight brightening is kept.
            let little = (0.0..0.4 * (white - before)).contains(&change);
            prop_assert!(!little || made > 0.9 * change);
        }

        #[test]
        fn detail_stays_where_nothing_becomes_darker(before in 0.2..1.0f32, share in 0.0..1.0f32) {
            let staying = |factor: f32, red: f32| {
                let of = |mean: f32, red: f32| FLESH.map(|v| mean * (1.0 + red * v));
                staying(of(factor * before, red), of(before, 0.1), before)
            };
            prop_assert!((staying(1.0 + 0.4 * share, 0.1) - 1.0).abs() < 1e-5);
            prop_assert!(staying(3.01 + share, 0.1) < 1e-6);
            let darker = 0.3 + 0.7 * share;
            prop_assert!((staying(darker, 0.1) - darker).abs() < 1e-5);
            // A tooth that becomes flesh loses all of its detail.
            prop_assert!(staying(1.0, 0.62 + 0.3 * share) < 1e-6);
        }
    }
}
