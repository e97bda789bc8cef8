//! The skin of a closed lid, made from the bare skin around the eye.

use super::eyes::step;
use super::holes::{Weighted, fill};
use super::outline::{Field, Outline};

/// Distances from the opening between the lids at which skin is taken for the lid's, eye widths: none below the first,
/// all from the second to the third, none above the fourth.
const SKIN: [f32; 4] = [0.08, 0.16, 0.34, 0.5];
/// Weight of skin below the eye, against 1 for skin above it: the upper lid looks like the skin above.
const BELOW: f32 = 0.01;
/// Distances from the outline of the brow, eye widths: below the first a pixel counts as hair, above the second as
/// bare.
const BROW: [f32; 2] = [0.02, 0.1];
/// Shares of the skin's usual [`hue`] by which hair is told from skin, as hair is greyer: below the first a pixel is
/// hair, above the second it is skin.
const HAIR: [f32; 2] = [0.4, 0.75];
/// Least [`hue`] of the skin, as a share of its brightness (the sum of the channels), that hair can be told from.
const COLOURFUL: f32 = 0.03;
/// Brightness of a shut lid as a share of the cheek's, for [`WARM`].
const SHADED: [f32; 2] = [0.7, 1.0];
/// Least [`hue`] of a shut lid as a share of the cheek's: of one that is darker than the first of [`SHADED`], and of one
/// brighter than the second. Of 73 shut lids in photos the twelve darkest have at least .93, nineteen of twenty .5.
/// Hair of a brow that is taken for skin makes lids grey.
const WARM: [f32; 2] = [0.9, 0.5];
/// Least brightness of a shut lid as a share of the cheek's: the second percentile of the same lids. Under a low brow
/// the skin above an open eye lies in its shadow.
const DARKEST: f32 = 0.45;

/// The picture of a closed lid: RGB (of 255) at every pixel of the field's patch, whose colours in the photo are
/// `colours`. The eye's opening, `width` pixels wide, is filled from the skin around it, without the hair of `brow`.
/// `cheek` is the colour of the cheek below, if no glass is before the eye.
pub(super) fn skin(
    colours: &[[f32; 3]],
    field: &Field,
    width: f32,
    brow: &Outline,
    cheek: Option<[f32; 3]>,
) -> Vec<[f32; 3]> {
    let around = |distance: f32| {
        step(-distance, SKIN[0] * width, SKIN[1] * width) * (1.0 - step(-distance, SKIN[2] * width, SKIN[3] * width))
    };
    let bare = |place: [f32; 2]| {
        let [lower, upper] = brow.arc_distances(place);
        let far = if brow.contains(place) { 0.0 } else { lower.min(upper) };
        step(far, BROW[0] * width, BROW[1] * width)
    };
    // How surely each pixel is skin, told by its place alone, 0 to 1.
    let places = field.values.iter().zip(field.patch.centres());
    let near: Vec<f32> = places.map(|(value, place)| around(value[0]) * bare(place)).collect();
    let usual_hue = usual(&near, colours, hue).filter(|&hue| hue > COLOURFUL);
    let usual = usual(&near, colours, brightness).unwrap_or(1.0).max(1.0);
    let pixels: Vec<Weighted> = near
        .iter()
        .zip(&field.values)
        .zip(colours)
        .map(|((near, value), colour)| {
            // Lashes and hair beside the brow are darker and greyer than skin; highlights are brighter.
            let share = brightness(colour) / usual;
            let hairless = usual_hue.map_or(1.0, |usual| step(hue(colour) / usual, HAIR[0], HAIR[1]));
            let [r, g, b] = *colour;
            // Skin below the eye is bluer and thinner, and often baggy.
            let above = BELOW + (1.0 - BELOW) * value[2];
            [r, g, b, above * near * hairless * step(share, 0.55, 0.8) * (1.0 - 0.8 * step(share, 1.25, 1.6))]
        })
        .collect();
    let [width, height] = field.patch.size;
    let mut skin = fill(&pixels, width as usize, height as usize);
    if let Some(cheek) = cheek {
        skin.iter_mut().for_each(|colour| *colour = lit_as(cheek, *colour));
    }
    skin
}

/// A lid's colour, no darker and no greyer than lids are beside such a cheek.
fn lit_as(cheek: [f32; 3], colour: [f32; 3]) -> [f32; 3] {
    let lit = brightness(&cheek).max(1.0);
    let share = brightness(&colour) / lit;
    let least = hue(&cheek) * (WARM[0] + (WARM[1] - WARM[0]) * step(share, SHADED[0], SHADED[1]));
    // Towards the cheek's colour at the lid's brightness, as far as needed.
    let towards = ((least - hue(&colour)) / (hue(&cheek) - hue(&colour)).max(1e-3)).clamp(0.0, 1.0);
    let lifted = share.max(DARKEST) / share.max(1e-3);
    std::array::from_fn(|c| lifted * (colour[c] + towards * (cheek[c] * share - colour[c])))
}

fn brightness(colour: &[f32; 3]) -> f32 {
    colour.iter().sum()
}

/// How far a colour is from blue towards red, as a share of its [`brightness`].
fn hue(colour: &[f32; 3]) -> f32 {
    (colour[0] - colour[2]) / brightness(colour).max(1.0)
}

/// The median of `of` over the colours of the pixels that are skin by their place (`near` above 1/2).
fn usual(near: &[f32], colours: &[[f32; 3]], of: fn(&[f32; 3]) -> f32) -> Option<f32> {
    let mut order: Vec<f32> =
        near.iter().zip(colours).filter(|(near, _)| **near > 0.5).map(|(_, colour)| of(colour)).collect();
    order.sort_by(f32::total_cmp);
    order.get(order.len() / 2).copied()
}
