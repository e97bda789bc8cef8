//! The skin of a closed lid, from what is bare around the eye.

use super::eyes::step;
use super::holes::{Weighted, fill};
use super::outline::{Field, Outline};

/// Distance from the opening at which skin begins and ends to be what a lid looks like, eye widths.
const SKIN: [f32; 4] = [0.08, 0.16, 0.34, 0.5];
/// What skin below the eye counts for an upper lid's, where skin above it counts 1.
const BELOW: f32 = 0.01;
/// How near the brow's border hair grows, and where there is none any more, eye widths.
const BROW: [f32; 2] = [0.02, 0.1];
/// Hair is greyer than skin: what it has of the skin's hue, at most, and what skin has at least; and the least hue, of all light, that skin
/// needs to be told from hair by it.
const HAIR: [f32; 2] = [0.4, 0.75];
const COLOURFUL: f32 = 0.03;

/// RGB (of 255) at every pixel of the field's patch, whose own are `colours`: skin where the eye's opening is, `width` pixels wide, from the
/// skin around it, without what grows on `brow`.
pub(super) fn skin(colours: &[[f32; 3]], field: &Field, width: f32, brow: &Outline) -> Vec<[f32; 3]> {
    let around = |distance: f32| {
        step(-distance, SKIN[0] * width, SKIN[1] * width) * (1.0 - step(-distance, SKIN[2] * width, SKIN[3] * width))
    };
    let bare = |place: [f32; 2]| {
        let [lower, upper] = brow.arc_distances(place);
        let far = if brow.contains(place) { 0.0 } else { lower.min(upper) };
        step(far, BROW[0] * width, BROW[1] * width)
    };
    // How much of each pixel is skin by where it is.
    let places = field.values.iter().zip(field.patch.centres());
    let near: Vec<f32> = places.map(|(value, place)| around(value[0]) * bare(place)).collect();
    let usual_hue = usual(&near, colours, hue).filter(|&hue| hue > COLOURFUL);
    let usual = usual(&near, colours, brightness).unwrap_or(1.0).max(1.0);
    let pixels: Vec<Weighted> = near
        .iter()
        .zip(&field.values)
        .zip(colours)
        .map(|((near, value), colour)| {
            // Lashes and what grows beside the brow are darker than skin and greyer, highlights brighter.
            let share = brightness(colour) / usual;
            let hairless = usual_hue.map_or(1.0, |usual| step(hue(colour) / usual, HAIR[0], HAIR[1]));
            let [r, g, b] = *colour;
            // Below the eye it is bluer, thinner, and often baggy.
            let above = BELOW + (1.0 - BELOW) * value[2];
            [r, g, b, above * near * hairless * step(share, 0.55, 0.8) * (1.0 - 0.8 * step(share, 1.25, 1.6))]
        })
        .collect();
    let [width, height] = field.patch.size;
    fill(&pixels, width as usize, height as usize)
}

fn brightness(colour: &[f32; 3]) -> f32 {
    colour.iter().sum()
}

/// How far a colour is from blue towards red, for brightness 1.
fn hue(colour: &[f32; 3]) -> f32 {
    (colour[0] - colour[2]) / brightness(colour).max(1.0)
}

/// The median of what is told of the colours that are skin by where they are.
fn usual(near: &[f32], colours: &[[f32; 3]], of: fn(&[f32; 3]) -> f32) -> Option<f32> {
    let mut order: Vec<f32> =
        near.iter().zip(colours).filter(|(near, _)| **near > 0.5).map(|(_, colour)| of(colour)).collect();
    order.sort_by(f32::total_cmp);
    order.get(order.len() / 2).copied()
}
