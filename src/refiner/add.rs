//! Adds to a picture on the CPU what the nets' grids say, as `add.wgsl` does.

use image::RgbaImage;
use nalgebra::Vector2;

use super::brightness::{Brightness, bright};
use super::masks::MASKS;
use super::net::{BRIGHTNESSES, CELL, GRID, PAINT, RGB, SHARED, ZONE, values};
use super::patch::{FADE, Part};
use super::pipelines::HUE;
use super::plan::{Placed, Plan};
use super::ports::PATCHES;
use super::surface::bounds;
use crate::geometry::smoothstep;

/// Hue of a tongue, and the most that is added to all of a colour in an open mouth, as in `add.wgsl`.
const FLESH: [f32; 3] = [0.817, -0.418, -0.399];
const LIFT: f32 = 0.4;
/// Teeth in the photos that the net was trained on, as in `add.wgsl`: the way from blue to yellow, across [`FLESH`]; how far along it
/// they are for brightness 1, and how far for each part of what they cover (a line through 157 mouths); how far along
/// [`FLESH`] for each part of yellow; and a brightness, next to which a hue is lost in rounding.
const YELLOW: [f32; 3] = [0.011, 0.702, -0.713];
const WARMTH: [f32; 2] = [0.03, 0.36];
const WARM: f32 = 1.2;
const DARK: f32 = 0.05;
/// How far along [`FLESH`] a painted colour of brightness 1 is in white light: least, palest teeth, and most, a little more than the
/// dark behind a tongue.
const REDNESS: [f32; 2] = [0.05, 0.9];
/// Numbers of a pixel that was cut.
const RGBA: usize = 4;
/// Bounds of the sharpness, as in `train/refiner_net.py`.
const SHARPNESS: [f32; 2] = [-1.0, 2.0];

/// Indices of the four values around a place between the centres of a square, and their weights.
struct Corners {
    index: [usize; 4],
    weight: [f32; 4],
}

impl Corners {
    /// In a square of `side` x `side` values; the first value's centre is at 0.
    fn around(at: [f32; 2], side: usize) -> Self {
        let axis = |at: f32| {
            let at = at.clamp(0.0, (side - 1) as f32);
            (at as usize, (at as usize + 1).min(side - 1), at - at.floor())
        };
        let ((left, right, x), (top, bottom, y)) = (axis(at[0]), axis(at[1]));
        Self {
            index: [top * side + left, top * side + right, bottom * side + left, bottom * side + right],
            weight: [(1.0 - x) * (1.0 - y), x * (1.0 - y), (1.0 - x) * y, x * y],
        }
    }

    /// The values of a zone in each of the four cells, from `first` on, if the grid has them: of each cell `values`.
    fn rows<'a>(&self, grid: &'a [f32], values: usize, first: usize) -> Option<[&'a [f32; ZONE]; 4]> {
        let row = |corner: usize| grid.get(self.index[corner] * values + first..)?.first_chunk();
        Some([row(0)?, row(1)?, row(2)?, row(3)?])
    }

    /// The mean of what `value` says of the four.
    fn mean(&self, value: impl Fn(usize) -> f32) -> f32 {
        self.index.iter().zip(self.weight).map(|(&index, weight)| weight * value(index)).sum()
    }
}

/// How many pixels around the patches are looked at: as far as a pixel of a patch reaches.
fn reach(placed: &[Placed]) -> u32 {
    placed.iter().map(|(frame, _)| frame.across.norm().ceil() as u32 + 1).max().unwrap_or(1)
}

/// What nets have seen of the patches, and what they say of them. Patches without weight need neither.
pub(super) struct Answers<'a> {
    /// The patches that were cut, four numbers for each pixel: RGB in \[0, 1\], and one that is not looked at.
    pub(super) rendered: &'a [Vec<f32>; PATCHES],
    /// The values of each cell together.
    pub(super) grids: &'a [Vec<f32>; PATCHES],
}

/// Changes the picture where patches lie, as a frame's plan and what the nets say of it ask for. Where a mask is 0, the picture
/// stays as it is.
pub(super) fn add(picture: &mut RgbaImage, Plan { placed, masks, paint, .. }: &Plan, answers: &Answers<'_>) {
    let Some([left, top, right, bottom]) = bounds(placed, [picture.width(), picture.height()]) else { return };
    let reach = reach(placed);
    let seen = [
        left.saturating_sub(reach),
        top.saturating_sub(reach),
        (right + reach).min(picture.width()),
        (bottom + reach).min(picture.height()),
    ];
    let brightness = Brightness::of(picture, seen);
    let size = [picture.width(), picture.height()];
    let covered = placed.each_ref().map(|placed| bounds(std::slice::from_ref(placed), size).unwrap_or_default());
    for (x, y) in (top..bottom).flat_map(|y| (left..right).map(move |x| (x, y))) {
        let place = Vector2::new(f64::from(x) + 0.5, f64::from(y) + 0.5);
        let pixel = picture.get_pixel_mut(x, y);
        let [before @ .., _] = pixel.0.map(|v| f32::from(v) / 255.0);
        let mut colour = before;
        for (k, (placed, masks)) in placed.iter().zip(masks).enumerate() {
            let [left, top, right, bottom] = covered[k];
            if x < left || y < top || x >= right || y >= bottom {
                continue;
            }
            let fine = || brightness.detail([x as i32, y as i32], &placed.0);
            let [rendered, grid] = [&answers.rendered[k], &answers.grids[k]];
            let said = Said { part: Part::ALL[k], rendered, masks, grid, paint: *paint };
            if let Some(change) = change(&said, placed, place, before, fine) {
                colour.iter_mut().zip(change).for_each(|(colour, change)| *colour += change);
            }
        }
        if colour != before {
            let [r, g, b] = colour.map(|v| (v.clamp(0.0, 1.0) * 255.0).round() as u8);
            pixel.0 = [r, g, b, pixel.0[3]];
        }
    }
}

/// What is known of a patch.
struct Said<'a> {
    part: Part,
    rendered: &'a [f32],
    masks: &'a [u8],
    grid: &'a [f32],
    /// Share of what is painted that is shown.
    paint: f32,
}

/// What a patch adds to a colour at a place of the picture, if anything; `fine` is the picture's detail there.
fn change(
    &Said { part, rendered, masks, grid, paint: share_of_paint }: &Said<'_>,
    (frame, weight): &Placed,
    place: Vector2<f64>,
    colour: [f32; 3],
    fine: impl Fn() -> f32,
) -> Option<[f32; 3]> {
    if *weight <= 0.0 {
        return None;
    }
    let at = frame.to_patch(place) - Vector2::repeat(0.5);
    let last = (frame.side - 1) as f64;
    let edge = at.x.min(at.y).min(last - at.x).min(last - at.y);
    let limit = weight * smoothstep(edge, 0.0, FADE * frame.side as f64) as f32;
    if limit <= 0.0 {
        return None;
    }
    let at = [at.x as f32, at.y as f32];
    let pixels = Corners::around(at, frame.side);
    let level =
        pixels.mean(|index| rendered.get(RGBA * index..).and_then(|v| v.first_chunk()).map_or(0.0, |&v| bright(v)));
    let opening = pixels.mean(|index| masks.get(index * MASKS).map_or(0.0, |&v| f32::from(v) / 255.0));
    let cells = Corners::around(at.map(|v| (v + 0.5) / CELL as f32 - 0.5), frame.side / CELL);
    let mut change = [0.0; 3];
    for (first, share) in [(0, opening), (ZONE, 1.0 - opening)] {
        if share > 0.0 {
            let inside = part == Part::Mouth && first == 0;
            let rows = cells.rows(grid, values(part), first);
            let mut added = rows.map_or([0.0; RGB], |rows| added(&cells, rows, (colour, level), &fine, inside));
            if inside {
                let paint = painted(&pixels, grid, frame.side, warmth(colour));
                let [paint @ .., shown] = paint.map(|v| share_of_paint * v);
                added = [0, 1, 2].map(|c| (1.0 - shown) * added[c] + paint[c] - shown * colour[c]);
            }
            change.iter_mut().zip(added).for_each(|(change, added)| *change += limit * share * added);
        }
    }
    Some(change)
}

/// What is painted between the pixels of a mouth's patch where light is so warm, times its share, and the share.
fn painted(pixels: &Corners, grid: &[f32], side: usize, warmth: f32) -> [f32; PAINT] {
    let mut sum = [0.0; PAINT];
    for (index, weight) in pixels.index.iter().zip(pixels.weight) {
        let (x, y) = (index % side, index / side);
        let (cell, inner) = (y / CELL * (side / CELL) + x / CELL, y % CELL * CELL + x % CELL);
        let first = cell * values(Part::Mouth) + GRID + PAINT * inner;
        let Some([colour @ .., share]) = grid.get(first..).and_then(|rest| rest.first_chunk::<PAINT>()) else {
            continue;
        };
        // Exactly 0 and 1 at its ends.
        let share = weight * (0.5 + 0.25 * share).clamp(0.0, 1.0);
        let colour = of_mouths(*colour, warmth);
        sum.iter_mut().zip(colour.iter().chain(&[1.0])).for_each(|(sum, v)| *sum += share * v);
    }
    sum
}

/// What a zone of a grid, of which each cell's `values` are given, adds to a colour where the patch has this brightness; `fine` says
/// the picture's detail, `inside` is between lips.
fn added(
    cells: &Corners,
    values: [&[f32; ZONE]; 4],
    (colour, level): ([f32; 3], f32),
    fine: &impl Fn() -> f32,
    inside: bool,
) -> [f32; 3] {
    let mean = |of: &dyn Fn(&[f32; ZONE]) -> f32| -> f32 {
        values.iter().zip(cells.weight).map(|(values, weight)| weight * of(values)).sum()
    };
    // Exactly 0 and 1 at its ends, in each cell.
    let mask = mean(&|values| (0.5 + 0.25 * values[0]).clamp(0.0, 1.0));
    if mask <= 0.0 {
        return [0.0; 3];
    }
    let level = level.clamp(0.0, 1.0) * (BRIGHTNESSES - 1) as f32;
    let low = (level as usize).min(BRIGHTNESSES - 2);
    let share = level - low as f32;
    // Gains and offsets of the two levels around the colour's brightness, between the cells.
    let mut six = [0.0; 6];
    for (values, weight) in values.iter().zip(cells.weight) {
        let levels = values[SHARED + 6 * low..].iter().zip(&values[SHARED + 6 * (low + 1)..]);
        let (below, above) = (weight * (1.0 - share), weight * share);
        six.iter_mut().zip(levels).for_each(|(sum, (a, b))| *sum += below * a + above * b);
    }
    let [gains @ .., _, _, _] = six;
    let [_, _, _, offsets @ ..] = six;
    let (gain, offset) = (paler(gains), if inside { fleshy(offsets) } else { paler(offsets) });
    let [least, most] = SHARPNESS;
    let detail = fine() * mean(&|values| values[1].clamp(least, most));
    let change = [0, 1, 2].map(|c| gain[c] * colour[c] + offset[c] + detail);
    (if inside { not_green(change, colour) } else { change }).map(|v| mask * v)
}

fn mean_of(colours: [f32; 3]) -> f32 {
    colours.iter().sum::<f32>() / 3.0
}

/// How far colours are from grey towards a tongue's hue.
fn of_flesh(colours: [f32; 3]) -> f32 {
    let mean = mean_of(colours);
    colours.iter().zip(FLESH).map(|(v, hue)| (v - mean) * hue).sum()
}

/// How warm the light on a colour makes white teeth: the way to yellow for brightness 1.
fn warmth(colour: [f32; 3]) -> f32 {
    let yellow: f32 = colour.iter().zip(YELLOW).map(|(v, hue)| v * hue).sum();
    WARMTH[0] + WARMTH[1] * yellow / (mean_of(colour) + DARK)
}

/// A painted colour as mouths have them under a light, from white over red to black: brightness and redness are its own.
fn of_mouths(paint: [f32; 3], warmth: f32) -> [f32; 3] {
    let mean = mean_of(paint).max(0.0);
    let flesh = of_flesh(paint).clamp(REDNESS[0] * mean, REDNESS[1] * mean) + WARM * warmth * mean;
    [0, 1, 2].map(|c| mean + flesh * FLESH[c] + warmth * mean * YELLOW[c])
}

/// What is to be added to a colour in a mouth, without turning it greener than it is and than teeth are in this light.
fn not_green(change: [f32; 3], colour: [f32; 3]) -> [f32; 3] {
    let becomes = [0, 1, 2].map(|c| colour[c] + change[c]);
    let teeth = REDNESS[0] + WARM * warmth(colour);
    let least = teeth.min(of_flesh(colour) / mean_of(colour).max(DARK)) * mean_of(becomes).max(0.0);
    let missing = (least - of_flesh(becomes)).max(0.0);
    [0, 1, 2].map(|c| change[c] + missing * FLESH[c])
}

/// Nearer to the mean of red, green and blue, and less still towards green, which neither skin nor teeth turn.
fn paler(colours: [f32; 3]) -> [f32; 3] {
    let (mean, against) = (mean_of(colours), 0.5 * of_flesh(colours).min(0.0));
    [0, 1, 2].map(|c| mean + HUE as f32 * (colours[c] - mean - against * FLESH[c]))
}

/// The same, but what is of a tongue's hue is kept whole, and nothing is brightened by more than [`LIFT`].
fn fleshy(colours: [f32; 3]) -> [f32; 3] {
    let rise = mean_of(colours).max(1e-3);
    let bounded = LIFT * (rise / LIFT).tanh() / rise;
    let (paler, flesh) = (paler(colours), (1.0 - HUE as f32) * of_flesh(colours).max(0.0));
    [0, 1, 2].map(|c| (paler[c] + flesh * FLESH[c]) * bounded)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::code::CODE;
    use super::super::patch::PatchFrame;
    use super::*;
    use safetensors::SafeTensors;

    /// A picture that is a patch, as it is cut.
    fn cut(picture: &RgbaImage) -> Vec<f32> {
        picture.pixels().flat_map(|pixel| pixel.0.map(|v| f32::from(v) / 255.0)).collect()
    }

    fn plan(placed: [Placed; PATCHES], masks: [Vec<u8>; PATCHES], paint: f32) -> Plan {
        Plan { placed, masks, codes: [[0.0; CODE]; PATCHES], fresh: [1.0; PATCHES], paint }
    }

    /// Numbers of `train/refiner.py` itself: what it adds to a patch with the grid that its net gave.
    #[test]
    fn grids_are_added_as_they_were_trained() {
        let file = std::fs::read("tests/refiner/reference.safetensors").unwrap();
        let stored = SafeTensors::deserialize(&file).unwrap();
        for (shown, name) in [(0, "mouth"), (1, "eye")] {
            let bytes = |key: &str| stored.tensor(&format!("{name}.{key}")).unwrap().data().to_vec();
            let floats = |key: &str| -> Vec<f32> { bytemuck::pod_collect_to_vec(&bytes(key)) };
            let side = Part::ALL[shown].side() as u32;
            let pixels: Vec<u8> = bytes("rendered").chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect();
            let before = RgbaImage::from_raw(side, side, pixels).unwrap();
            let placed: [Placed; PATCHES] = std::array::from_fn(|k| {
                let side = Part::ALL[k].side();
                let frame = PatchFrame { side, origin: Vector2::zeros(), across: Vector2::x(), down: Vector2::y() };
                (frame, if k == shown { 1.0 } else { 0.0 })
            });
            let [mut rendered, mut grids] = [(); 2].map(|()| [const { Vec::new() }; PATCHES]);
            (rendered[shown], grids[shown]) = (cut(&before), floats("grid"));
            let mut masks = [const { Vec::new() }; PATCHES];
            masks[shown] = bytes("masks");
            let mut after = before.clone();
            add(&mut after, &plan(placed, masks, 1.0), &Answers { rendered: &rendered, grids: &grids });
            let change = floats("change");
            for ((k, after), before) in after.pixels().enumerate().zip(before.pixels()) {
                for c in 0..3 {
                    let wanted = (f32::from(before.0[c]) + 255.0 * change[3 * k + c]).clamp(0.0, 255.0);
                    let found = f32::from(after.0[c]);
                    assert!((found - wanted).abs() < 1.0, "{name}, pixel {k}: {found} for {wanted}");
                }
            }
        }
    }

    #[test]
    fn what_is_painted_is_shown_by_its_share_and_only_in_the_opening() {
        let side = Part::Mouth.side();
        let picture = RgbaImage::from_pixel(side as u32, side as u32, image::Rgba([200, 100, 50, 255]));
        let frame = |k: usize| PatchFrame {
            side: Part::ALL[k].side(),
            origin: Vector2::zeros(),
            across: Vector2::x(),
            down: Vector2::y(),
        };
        let placed: [Placed; PATCHES] = std::array::from_fn(|k| (frame(k), if k == 0 { 1.0 } else { 0.0 }));
        // The opening is the patch's upper half; all of it is painted blue, and the grid says nothing.
        let [mut rendered, mut grids] = [(); 2].map(|()| [const { Vec::new() }; PATCHES]);
        rendered[0] = cut(&picture);
        let mut masks = [const { Vec::new() }; PATCHES];
        masks[0] = (0..side * side).flat_map(|k| [if k < side * side / 2 { 255 } else { 0 }, 0]).collect();
        let mut cell = vec![0.0; values(Part::Mouth)];
        (cell[0], cell[ZONE]) = (-2.0, -2.0);
        cell[GRID..].chunks_exact_mut(PAINT).for_each(|paint| paint.copy_from_slice(&[0.0, 0.0, 1.0, 2.0]));
        grids[0] = cell.repeat((side / CELL).pow(2));
        for (share, wanted) in [(0.0, [200, 100, 50]), (0.5, [100, 50, 153]), (1.0, [0, 0, 255])] {
            let mut after = picture.clone();
            add(&mut after, &plan(placed, masks.clone(), share), &Answers { rendered: &rendered, grids: &grids });
            let [middle, below] = [side / 3, 2 * side / 3].map(|y| after.get_pixel(side as u32 / 2, y as u32).0);
            assert!(middle.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) <= 1), "{share}: {middle:?} for {wanted:?}");
            assert_eq!(below, [200, 100, 50, 255]);
        }
    }

    #[test]
    fn what_is_finer_than_the_patch_keeps_its_contrast() {
        // Stripes of a pixel, two to a pixel of the patch, in a grid that adds the more the brighter the patch is.
        let (part, bright) = (Part::RightEye, [0.2, 0.6]);
        let side = part.side();
        let picture = RgbaImage::from_fn(2 * side as u32, 2 * side as u32, |x, _| {
            let value = (255.0 * bright[(x % 2) as usize]) as u8;
            image::Rgba([value, value, value, 255])
        });
        let frame = |step: f64| PatchFrame {
            side,
            origin: Vector2::zeros(),
            across: Vector2::x() * step,
            down: Vector2::y() * step,
        };
        let placed: [Placed; PATCHES] = std::array::from_fn(|k| (frame(2.0), if k == 1 { 1.0 } else { 0.0 }));
        let [mut rendered, mut grids] = [(); 2].map(|()| [const { Vec::new() }; PATCHES]);
        rendered[1] = frame(2.0).colours(&picture).flat_map(|[r, g, b]| [r, g, b, 0.0].map(|v| v / 255.0)).collect();
        let mut cell = vec![0.0; values(part)];
        (cell[0], cell[ZONE]) = (2.0, 2.0);
        for level in 0..BRIGHTNESSES {
            cell[ZONE + SHARED + 2 * RGB * level + RGB..][..RGB].fill(0.1 * level as f32);
        }
        grids[1] = cell.repeat((side / CELL).pow(2));
        let mut masks = [const { Vec::new() }; PATCHES];
        masks[1] = vec![0; MASKS * side * side];
        let mut after = picture.clone();
        add(&mut after, &plan(placed, masks, 1.0), &Answers { rendered: &rendered, grids: &grids });
        let middle = side as u32;
        for x in middle..middle + 2 {
            let [before, after] = [&picture, &after].map(|picture| i32::from(picture.get_pixel(x, middle).0[0]));
            // The patch is .4 bright: 1.2 of the levels up.
            assert!((after - before - 31).abs() <= 1, "{before} becomes {after}");
        }
    }
}
