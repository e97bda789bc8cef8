//! Hues that the nets may give a colour, as in `add.wgsl` and `train/refiner_hues.py`: what they have learned of hues fits the photos
//! they know best, and would tint the teeth of others.

use super::brightness::bright;
use super::pipelines::HUE;
use crate::geometry::smoothstep;

/// Hue of a tongue, and the most that is added to all of a colour in an open mouth, as in `add.wgsl`.
const FLESH: [f32; 3] = [0.817, -0.418, -0.399];
const LIFT: f32 = 0.4;
/// Teeth in the photos that the net was trained on, as in `add.wgsl`: the way from blue to yellow, across [`FLESH`]; how far along it
/// they are for brightness 1, and how far for each part of what they cover (a line through 157 mouths); how far along
/// [`FLESH`] for each part of yellow; a brightness, next to which a hue is lost in rounding; and how many times as far to yellow as
/// most teeth the yellowest are.
const YELLOW: [f32; 3] = [0.011, 0.702, -0.713];
const WARMTH: [f32; 2] = [0.03, 0.36];
const WARM: f32 = 1.2;
const DARK: f32 = 0.05;
/// Share of its brightness that what is around a mouth loses at most.
const DARKEN: f32 = 0.15;
/// How far along [`FLESH`], and against [`YELLOW`], what is around a mouth goes at most for brightness 1: a lip a little farther than it was,
/// no bruise.
const RUDDIER: f32 = 0.02;
const BLUER: f32 = 0.04;
/// A share next to which nothing is painted.
pub(super) const LITTLE: f32 = 1e-4;
const YELLOWEST: f32 = 1.5;
/// How far along [`FLESH`] a painted colour of brightness 1 is in white light: least, palest teeth, and most, a little more than the
/// dark behind a tongue.
const REDNESS: [f32; 2] = [0.05, 0.9];
/// How far along [`FLESH`] what lies behind teeth is for brightness 1, at least; between these brightnesses it may be a tooth.
const CAVITY: f32 = 0.45;
const TOOTH: [f32; 2] = [0.45, 0.65];
/// So many times as bright as before a colour begins to be and is another thing, of which the detail before knows nothing.
const COVERED: [f32; 2] = [1.5, 3.0];
/// The same for how far its hue goes along [`FLESH`] for brightness 1, whichever way.
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

/// How far colours are from grey towards a tongue's hue.
#[inline(always)]
fn of_flesh(colours: [f32; 3]) -> f32 {
    let mean = mean_of(colours);
    colours.iter().zip(FLESH).map(|(v, hue)| (v - mean) * hue).sum()
}

/// How far a colour is from grey towards [`YELLOW`].
#[inline(always)]
fn of_yellow(colour: [f32; 3]) -> f32 {
    colour.iter().zip(YELLOW).map(|(v, hue)| v * hue).sum()
}

/// How warm the light on a colour makes white teeth: the way to yellow for brightness 1.
pub(super) fn warmth(colour: [f32; 3]) -> f32 {
    WARMTH[0] + WARMTH[1] * of_yellow(colour) / (mean_of(colour) + DARK)
}

/// How much a colour of geometry's mouth, without detail so bright, is what is behind its teeth, 0 to 1: flesh in the dark.
pub(super) fn behind_teeth(colour: [f32; 3], smooth: f32) -> f32 {
    (of_flesh(colour) / (CAVITY * smooth.max(DARK))).clamp(0.0, 1.0)
}

/// How bright a colour that was so bright is seen where a share of what it becomes is shown: half a tooth over the dark is a grey haze.
fn seen(was: f32, becomes: f32, share: f32) -> f32 {
    was + share * (becomes - was)
}

/// How far along [`FLESH`] what is made of such a colour is at least for brightness 1, where it is seen so bright.
fn least_redness(behind: f32, bright: f32) -> f32 {
    CAVITY * behind * (1.0 - between(bright, TOOTH))
}

/// The mean of a painted colour, and how far along [`FLESH`] it is in white light, between palest teeth and dark flesh.
pub(super) fn bounded(paint: [f32; 3]) -> [f32; 2] {
    let mean = mean_of(paint).max(0.0);
    [mean, of_flesh(paint).clamp(REDNESS[0] * mean, REDNESS[1] * mean)]
}

/// A colour of a mouth, told by what [`bounded`] says of it, where it covers `colour`, which is so much behind teeth, and the share
/// `inside` of that is shown; what is told and what comes of it are times the share `shown` of the paint.
pub(super) fn lit([mean, flesh]: [f32; 2], shown: f32, colour: [f32; 3], behind: f32, inside: f32) -> [f32; 3] {
    let warmth = warmth(colour);
    let bright = seen(mean_of(colour), mean / shown.max(LITTLE), inside);
    let flesh = (flesh + WARM * warmth * mean).max(least_redness(behind, bright) * mean);
    [0, 1, 2].map(|c| mean + flesh * FLESH[c] + warmth * mean * YELLOW[c])
}

/// What is to be added to a colour in a mouth that is so much behind teeth, without turning it greener or yellower than it is and than
/// teeth are in this light; of what is added the share `inside` is shown.
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

/// Share of the detail of a colour that stays where what is without it, `smooth` in the mean, becomes another one: the gap of a tooth goes
/// with the tooth that is covered, by dark or by flesh, and so does its edge where another covers what lies behind it.
#[inline(always)]
pub(super) fn staying(becomes: [f32; 3], colour: [f32; 3], smooth: f32) -> f32 {
    let (mean, smooth) = (mean_of(becomes), smooth.max(DARK));
    let ratio = mean / smooth;
    let redder = of_flesh(becomes) / mean.max(DARK) - of_flesh(colour) / smooth;
    ratio.clamp(0.0, 1.0) * (1.0 - between(ratio, COVERED)) * (1.0 - between(redder.abs(), REPAINTED))
}

/// Share of a change of the brightness around a mouth that is made where without detail it is so bright: all of a small one, never more than
/// [`DARKEN`] of it: a fold shades skin, a blotch hides it.
#[inline(always)]
fn undarkened(change: f32, smooth: f32) -> f32 {
    let way = change.min(0.0) / (DARKEN * smooth.max(DARK));
    (1.0 + way * way).sqrt().recip()
}

/// Share of a brightening that is made where it is so bright: all of a small one, nothing beyond `white`.
#[inline(always)]
pub(super) fn unbleached(change: f32, before: f32, white: f32) -> f32 {
    let way = change.max(0.0) / (white - before).max(LITTLE);
    (1.0 + way * way).sqrt().recip()
}

/// What is made of a change around a mouth, of a colour with so much detail, where lit skin of the photo is as bright as `white`: nothing becomes
/// brighter than that, much darker ([`undarkened`]), much redder or bluer ([`RUDDIER`], [`BLUER`]), or yellower than it was.
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
    // Its hue back makes nothing brighter.
    let dimmed = (bright(becomes).max(LITTLE) / bright(hued).max(LITTLE)).min(1.0);
    [0, 1, 2].map(|c| dimmed * hued[c] - colour[c])
}

/// Nearer to the mean of red, green and blue, and less still towards green, which neither skin nor teeth turn.
#[inline(always)]
pub(super) fn paler(colours: [f32; 3]) -> [f32; 3] {
    let (mean, against) = (mean_of(colours), 0.5 * of_flesh(colours).min(0.0));
    [0, 1, 2].map(|c| mean + HUE as f32 * (colours[c] - mean - against * FLESH[c]))
}

/// The same, but what is of a tongue's hue is kept whole, and nothing is brightened by more than [`LIFT`].
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
            // A part of it has the same hue.
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
        fn nothing_turns_green_or_yellow(change in [-0.5..0.5f32, -0.5..0.5, -0.5..0.5], colour in COLOUR) {
            let allowed = hued(change, colour, 0.0, 1.0);
            let becomes = [0, 1, 2].map(|c| colour[c] + allowed[c]);
            let wanted = [0, 1, 2].map(|c| colour[c] + change[c]);
            prop_assert!((mean_of(becomes) - mean_of(wanted)).abs() < 1e-3);
            // Flesh and yellow are not quite across each other.
            prop_assert!(of_flesh(becomes) > of_flesh(wanted) - 2e-3);
            prop_assert!(of_yellow(becomes) < of_yellow(wanted) + 2e-3);
            let least = (REDNESS[0] + WARM * warmth(colour)).min(of_flesh(colour) / mean_of(colour).max(DARK));
            prop_assert!(of_flesh(becomes) >= least * mean_of(becomes).max(0.0) - 2e-3);
            let most = (YELLOWEST * warmth(colour)).max(of_yellow(colour) / mean_of(colour).max(DARK));
            prop_assert!(of_yellow(becomes) <= most * mean_of(becomes).max(0.0) + 2e-3);
        }

        #[test]
        fn what_changes_nothing_is_left_alone(colour in COLOUR) {
            // Geometry's own colours are as red as they ask for, whatever is behind teeth.
            let allowed = hued([0.0; 3], colour, behind_teeth(colour, mean_of(colour)), 1.0);
            // Colours that are nearly black count as a little brighter.
            prop_assert!(mean_of(colour) < DARK || allowed.iter().all(|v| v.abs() < 1e-5));
        }

        #[test]
        fn skin_is_shaded_and_never_hidden(before in DARK..1.0, change in -1.0..1.0f32) {
            let made = change * undarkened(change, before);
            prop_assert!(made >= -DARKEN * before - 1e-6 && (change < 0.0 || made == change));
            // Nearly all of a fold's shade is there.
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
            // Hues are told by their share of the brightness, and neither gets much redder nor much bluer.
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
            // Nearly all of a little more light is there.
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
            // A tooth that becomes flesh.
            prop_assert!(staying(1.0, 0.62 + 0.3 * share) < 1e-6);
        }
    }
}
