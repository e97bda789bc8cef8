//! Adds to a picture on the CPU what the nets' grids say, as `add.wgsl` does.

use image::RgbaImage;
use nalgebra::Vector2;

use super::brightness::{Brightness, bright};
use super::hue::{fleshy, not_green, of_mouths, paler, warmth};
use super::masks::MASKS;
use super::net::{BRIGHTNESSES, CELL, GRID, PAINT, RGB, SHARED, ZONE, values};
use super::patch::{FADE, Part, PatchFrame};
use super::plan::Plan;
use super::ports::PATCHES;
use super::surface::bounds;

/// Numbers of a pixel that was cut.
const RGBA: usize = 4;
/// Bounds of the sharpness, as in `train/refiner_net.py`.
const SHARPNESS: [f32; 2] = [-1.0, 2.0];
/// Gains and offsets of red, green and blue at a level of brightness.
const LEVEL: usize = 2 * RGB;

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
            let low = at as usize;
            (low, (low + 1).min(side - 1), at - low as f32)
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

/// What nets have seen of the patches, and what they say of them. Patches without weight need neither.
pub(super) struct Answers<'a> {
    /// The patches that were cut, four numbers for each pixel: RGB in \[0, 1\], and one that is not looked at.
    pub(super) rendered: &'a [Vec<f32>; PATCHES],
    /// The values of each cell together.
    pub(super) grids: &'a [Vec<f32>; PATCHES],
}

/// Changes the picture where patches lie, as a frame's plan and what the nets say of it ask for. Where a mask is 0, the picture
/// stays as it is.
pub(super) fn add(picture: &mut RgbaImage, plan: &Plan, answers: &Answers<'_>) {
    let size = [picture.width(), picture.height()];
    let Some([left, top, right, bottom]) = bounds(&plan.placed, size) else { return };
    let columns = (right - left) as usize;
    let mut changes = vec![[0.0f32; RGB]; columns * (bottom - top) as usize];
    for (k, (frame, weight)) in plan.placed.iter().enumerate() {
        let Some(area) = bounds(&plan.placed[k..=k], size) else { continue };
        let patch = Patch::new(k, frame, *weight, plan, answers);
        let brightness = Brightness::around(picture, area, frame);
        let from = Vector2::new(f64::from(area[0]) + 0.5, f64::from(area[1]) + 0.5);
        let ways = [Vector2::x(), Vector2::y()].map(|way| frame.to_patch(from + way) - frame.to_patch(from));
        let from = frame.to_patch(from);
        for y in area[1]..area[3] {
            let row = from + f64::from(y - area[1]) * ways[1];
            let start = (y - top) as usize * columns;
            for (x, fine) in (area[0]..area[2]).zip(brightness.details(y)) {
                let at = row + f64::from(x - area[0]) * ways[0];
                let Some(limit) = patch.limit([at.x as f32, at.y as f32]) else { continue };
                let [colour @ .., _] = picture.get_pixel(x, y).0.map(|v| f32::from(v) / 255.0);
                let change = patch.change([at.x as f32 - 0.5, at.y as f32 - 0.5], colour, fine);
                let sum = &mut changes[start + (x - left) as usize];
                sum.iter_mut().zip(change).for_each(|(sum, change)| *sum += limit * change);
            }
        }
    }
    let places = (top..bottom).flat_map(|y| (left..right).map(move |x| (x, y)));
    for ((x, y), change) in places.zip(changes).filter(|(_, change)| *change != [0.0; RGB]) {
        let pixel = picture.get_pixel_mut(x, y);
        let [before @ .., _] = pixel.0.map(|v| f32::from(v) / 255.0);
        let [was, becomes] =
            [[0.0; RGB], change].map(|change| plan.tone.apply([0, 1, 2].map(|c| before[c] + change[c])));
        for (c, value) in pixel.0.iter_mut().take(RGB).enumerate() {
            *value = ((before[c] + becomes[c] - was[c]).clamp(0.0, 1.0) * 255.0).round() as u8;
        }
    }
}

/// What is known of a patch.
struct Patch<'a> {
    part: Part,
    side: usize,
    weight: f32,
    /// Brightness of each pixel that was cut, and how much of it is in the opening, 0 to 1.
    seen: Vec<[f32; 2]>,
    grid: &'a [f32],
    /// The cells whose pixels stay as they are.
    silent: Vec<bool>,
    /// Share of what is painted that is shown, and of all that is said in the opening.
    paint: f32,
    inside: f32,
}

impl<'a> Patch<'a> {
    fn new(k: usize, frame: &PatchFrame, weight: f32, plan: &Plan, answers: &Answers<'a>) -> Self {
        let (part, grid) = (Part::ALL[k], answers.grids[k].as_slice());
        let pixels = answers.rendered[k].chunks_exact(RGBA).zip(plan.masks[k].chunks_exact(MASKS));
        let seen = pixels.map(|(cut, masks)| [bright([cut[0], cut[1], cut[2]]), f32::from(masks[0]) / 255.0]).collect();
        let (silent, side, paint) = (silent(part, grid, plan.paint), frame.side, plan.paint);
        Self {
            part,
            side,
            weight,
            seen,
            grid,
            silent,
            paint,
            inside: if part == Part::Mouth { plan.inside } else { 1.0 },
        }
    }

    /// How much may be changed at a place of the patch, if anything is.
    fn limit(&self, at: [f32; 2]) -> Option<f32> {
        let [column, row] = at.map(|v| v as usize / CELL);
        let silent = self.silent.get(row * (self.side / CELL) + column);
        let edge = at.map(|v| (v - 0.5).min(self.side as f32 - 0.5 - v));
        let edge = edge[0].min(edge[1]) / (FADE as f32 * self.side as f32);
        if edge <= 0.0 || silent.is_none_or(|&silent| silent) {
            return None;
        }
        let edge = edge.min(1.0);
        Some(self.weight * edge * edge * (3.0 - 2.0 * edge))
    }

    /// What is to be added to a colour at a place between the pixels of the patch; `fine` is the picture's detail there.
    fn change(&self, at: [f32; 2], colour: [f32; RGB], fine: f32) -> [f32; RGB] {
        let pixels = Corners::around(at, self.side);
        let [level, opening] = [0, 1].map(|c| pixels.mean(|index| self.seen.get(index).map_or(0.0, |v| v[c])));
        let cells = Corners::around(at.map(|v| (v + 0.5) / CELL as f32 - 0.5), self.side / CELL);
        let mut change = [0.0; RGB];
        for (first, share) in [(0, self.inside * opening), (ZONE, 1.0 - opening)] {
            if share <= 0.0 {
                continue;
            }
            let inside = self.part == Part::Mouth && first == 0;
            let rows = cells.rows(self.grid, values(self.part), first);
            let mut added = rows.map_or([0.0; RGB], |rows| added(&cells, rows, (colour, level), fine, inside));
            if inside {
                let paint = painted(&pixels, self.grid, self.side, warmth(colour));
                let [paint @ .., shown] = paint.map(|v| self.paint * v);
                added = [0, 1, 2].map(|c| (1.0 - shown) * added[c] + paint[c] - shown * colour[c]);
            }
            change.iter_mut().zip(added).for_each(|(change, added)| *change += share * added);
        }
        change
    }
}

/// Whether nothing is said of each cell of a patch's grid, nor of any cell beside it: in most of a patch that is so, and its pixels
/// need not be looked at.
fn silent(part: Part, grid: &[f32], paint: f32) -> Vec<bool> {
    let side = part.side() / CELL;
    // A mask is 0 up to here, see `added` and `painted`.
    let shown = |value: Option<&f32>| value.is_some_and(|&value| value > -2.0);
    let mut silent = vec![true; side * side];
    for (k, cell) in grid.chunks_exact(values(part)).enumerate() {
        let mut shares = cell[GRID..].iter().skip(PAINT - 1).step_by(PAINT);
        if shown(cell.first()) || shown(cell.get(ZONE)) || (paint > 0.0 && shares.any(|share| shown(Some(share)))) {
            let near = |at: usize| at.saturating_sub(1)..(at + 2).min(side);
            for y in near(k / side) {
                silent[y * side..][near(k % side)].fill(false);
            }
        }
    }
    silent
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

/// What a zone of a grid, of which each cell's `values` are given, adds to a colour where the patch has this brightness; `fine` is
/// the picture's detail, `inside` is between lips.
fn added(
    cells: &Corners,
    values: [&[f32; ZONE]; 4],
    (colour, level): ([f32; RGB], f32),
    fine: f32,
    inside: bool,
) -> [f32; RGB] {
    let mean = |of: &dyn Fn(&[f32; ZONE]) -> f32| -> f32 {
        values.iter().zip(cells.weight).map(|(values, weight)| weight * of(values)).sum()
    };
    // Exactly 0 and 1 at its ends, in each cell.
    let mask = mean(&|values| (0.5 + 0.25 * values[0]).clamp(0.0, 1.0));
    if mask <= 0.0 {
        return [0.0; RGB];
    }
    let level = level.clamp(0.0, 1.0) * (BRIGHTNESSES - 1) as f32;
    let low = (level as usize).min(BRIGHTNESSES - 2);
    let share = level - low as f32;
    // Gains and offsets of the two levels around the colour's brightness, between the cells.
    let mut two = [0.0; 2 * LEVEL];
    for (values, weight) in values.iter().zip(cells.weight) {
        let levels = &values[SHARED + LEVEL * low..][..2 * LEVEL];
        two.iter_mut().zip(levels).for_each(|(sum, value)| *sum += weight * value);
    }
    let between = |k: usize| (1.0 - share) * two[k] + share * two[LEVEL + k];
    let (gains, offsets) = ([0, 1, 2].map(between), [3, 4, 5].map(between));
    let (gain, offset) = (paler(gains), if inside { fleshy(offsets) } else { paler(offsets) });
    let [least, most] = SHARPNESS;
    let detail = fine * mean(&|values| values[1].clamp(least, most));
    let change = [0, 1, 2].map(|c| gain[c] * colour[c] + offset[c] + detail);
    (if inside { not_green(change, colour) } else { change }).map(|v| mask * v)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::code::CODE;
    use super::super::plan::Placed;
    use super::super::steady::Fresh;
    use super::*;
    use safetensors::SafeTensors;

    /// A picture that is a patch, as it is cut.
    fn cut(picture: &RgbaImage) -> Vec<f32> {
        picture.pixels().flat_map(|pixel| pixel.0.map(|v| f32::from(v) / 255.0)).collect()
    }

    fn plan(placed: [Placed; PATCHES], masks: [Vec<u8>; PATCHES], paint: f32) -> Plan {
        Plan {
            placed,
            masks,
            codes: [[0.0; CODE]; PATCHES],
            fresh: [Fresh::ALL; PATCHES],
            paint,
            inside: 1.0,
            tone: bytemuck::Zeroable::zeroed(),
        }
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
        // The opening is the patch's upper half; all of it is painted, as bright as .5 and redder than mouths are, and the grid says nothing.
        let [mut rendered, mut grids] = [(); 2].map(|()| [const { Vec::new() }; PATCHES]);
        rendered[0] = cut(&picture);
        let mut masks = [const { Vec::new() }; PATCHES];
        masks[0] = (0..side * side).flat_map(|k| [if k < side * side / 2 { 255 } else { 0 }, 0]).collect();
        let mut cell = vec![0.0; values(Part::Mouth)];
        (cell[0], cell[ZONE]) = (-2.0, -2.0);
        cell[GRID..].chunks_exact_mut(PAINT).for_each(|paint| paint.copy_from_slice(&[1.5, 0.0, 0.0, 2.0]));
        grids[0] = cell.repeat((side / CELL).pow(2));
        let before = [200, 100, 50];
        let paint = of_mouths([1.5, 0.0, 0.0], warmth(before.map(|v| v as f32 / 255.0))).map(|v| 255.0 * v);
        for share in [0.0f32, 0.5, 1.0] {
            let wanted = [0, 1, 2].map(|c| (share * paint[c] + (1.0 - share) * before[c] as f32) as u8);
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
