//! Hues that the nets may give a colour, as in `add.wgsl` and `train/refiner_net.py`: what they have learned of hues fits the photos
//! they know best, and would tint the teeth of others.

use super::pipelines::HUE;

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
const YELLOWEST: f32 = 1.5;
/// How far along [`FLESH`] a painted colour of brightness 1 is in white light: least, palest teeth, and most, a little more than the
/// dark behind a tongue.
const REDNESS: [f32; 2] = [0.05, 0.9];

#[inline(always)]
fn mean_of(colours: [f32; 3]) -> f32 {
    colours.iter().sum::<f32>() / 3.0
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

/// The mean of a painted colour, and how far along [`FLESH`] it is in white light, between palest teeth and dark flesh.
pub(super) fn bounded(paint: [f32; 3]) -> [f32; 2] {
    let mean = mean_of(paint).max(0.0);
    [mean, of_flesh(paint).clamp(REDNESS[0] * mean, REDNESS[1] * mean)]
}

/// A colour of a mouth, told by what [`bounded`] says of it, under a light.
pub(super) fn lit([mean, flesh]: [f32; 2], warmth: f32) -> [f32; 3] {
    let flesh = flesh + WARM * warmth * mean;
    [0, 1, 2].map(|c| mean + flesh * FLESH[c] + warmth * mean * YELLOW[c])
}

/// What is to be added to a colour in a mouth, without turning it greener or yellower than it is and than teeth are in this light.
pub(super) fn hued(change: [f32; 3], colour: [f32; 3]) -> [f32; 3] {
    let becomes = [0, 1, 2].map(|c| colour[c] + change[c]);
    let (light, bright, mean) = (warmth(colour), mean_of(colour).max(DARK), mean_of(becomes).max(0.0));
    let least = (REDNESS[0] + WARM * light).min(of_flesh(colour) / bright) * mean;
    let most = (YELLOWEST * light).max(of_yellow(colour) / bright) * mean;
    let (missing, excess) = ((least - of_flesh(becomes)).max(0.0), (of_yellow(becomes) - most).max(0.0));
    [0, 1, 2].map(|c| change[c] + missing * FLESH[c] - excess * YELLOW[c])
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
        fn whatever_is_painted_is_teeth_or_flesh(paint in COLOUR, under in COLOUR) {
            let light = warmth(under);
            let shown = lit(bounded(paint), light);
            let mean = mean_of(paint);
            prop_assert!((mean_of(shown) - mean).abs() < 1e-3);
            let ruddy = of_flesh(shown) - WARM * light * mean;
            prop_assert!(ruddy > REDNESS[0] * mean - 2e-3 && ruddy < REDNESS[1] * mean + 2e-3);
            prop_assert!((of_yellow(shown) - light * mean).abs() < 2e-3);
        }

        #[test]
        fn nothing_turns_green_or_yellow(change in [-0.5..0.5f32, -0.5..0.5, -0.5..0.5], colour in COLOUR) {
            let allowed = hued(change, colour);
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
            let allowed = hued([0.0; 3], colour);
            // Colours that are nearly black count as a little brighter.
            prop_assert!(mean_of(colour) < DARK || allowed.iter().all(|v| v.abs() < 1e-5));
        }
    }
}
