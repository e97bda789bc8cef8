//! Adds to a picture on the CPU what the nets' grids say, as `add.wgsl` does.

use std::ops::Range;

use image::RgbaImage;
use nalgebra::Vector2;

use super::brightness::Brightness;
use super::corners::Corners;
use super::hue::{lit, not_green, warmth};
use super::net::{CELL, RGB};
use super::patch::{FADE, Part};
use super::plan::Plan;
use super::ports::PATCHES;
use super::shading::{GAIN, MASK, OFFSET, OPENING, SHARPNESS, Shading};
use super::surface::bounds;
use crate::nets::vectorized;
use crate::portrait::tone::Tone;

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
    let Some(area) = bounds(&plan.placed, size) else { return };
    let [columns, rows] = [0, 1].map(|k| (area[k + 2] - area[k]) as usize);
    let mut changes = vec![[0.0f32; RGB]; columns * rows];
    for k in 0..PATCHES {
        let Some(own) = bounds(&plan.placed[k..=k], size) else { continue };
        let patch = Patch::new(k, plan, answers);
        let brightness = Brightness::around(picture, own, &plan.placed[k].0);
        let mut limits = vec![0.0; (own[2] - own[0]) as usize];
        for y in own[1]..own[3] {
            let Some(shown) = patch.limits([own[0], y], &mut limits) else { continue };
            let left = own[0] + shown.start as u32;
            let (start, count) = (4 * (y * size[0] + left) as usize, shown.len());
            let row = Row {
                patch: &patch,
                from: patch.at(left, y),
                pixels: &picture.as_raw()[start..start + 4 * count],
                details: &brightness.details(y, shown.clone()),
                limits: &limits[shown],
            };
            let start = (y - area[1]) as usize * columns + (left - area[0]) as usize;
            vectorized(
                #[inline(always)]
                || row.add_to(&mut changes[start..]),
            );
        }
    }
    let lines = picture.chunks_exact_mut(4 * size[0] as usize).skip(area[1] as usize);
    for (line, changes) in lines.zip(changes.chunks_exact(columns)) {
        let pixels = line[4 * area[0] as usize..].chunks_exact_mut(4).zip(changes);
        for (pixel, change) in pixels.filter(|(_, change)| **change != [0.0; RGB]) {
            let before = [0, 1, 2].map(|c| f32::from(pixel[c]) / 255.0);
            let after = toned(&plan.tone, before, *change);
            for (value, after) in pixel.iter_mut().zip(after) {
                // Rounded: it is not negative. (`round` is a call where processors may be old.)
                *value = (after.clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
            }
        }
    }
}

/// A colour that is changed as a photo of this tone lets it.
fn toned(tone: &Tone, before: [f32; RGB], change: [f32; RGB]) -> [f32; RGB] {
    let becomes = [0, 1, 2].map(|c| before[c] + change[c]);
    if tone.single <= 0.0 {
        return becomes;
    }
    let [was, becomes] = [before, becomes].map(|colour| tone.apply(colour));
    [0, 1, 2].map(|c| before[c] + becomes[c] - was[c])
}

/// Pixels of a row that a patch may change.
struct Row<'a> {
    patch: &'a Patch,
    /// Place of the first one between the centres of the patch's pixels.
    from: [f32; 2],
    /// RGBA.
    pixels: &'a [u8],
    /// The picture's detail at each, and how much of its change is shown.
    details: &'a [f32],
    limits: &'a [f32],
}

impl Row<'_> {
    /// Adds what is said of the pixels to their changes.
    #[inline(always)]
    fn add_to(&self, changes: &mut [[f32; RGB]]) {
        let patch = self.patch;
        let pixels = self.pixels.chunks_exact(4).zip(self.details).zip(self.limits).zip(changes);
        for (column, (((pixel, detail), &limit), change)) in pixels.enumerate() {
            if limit > 0.0 {
                let at = [0, 1].map(|axis| self.from[axis] + column as f32 * patch.ways[0][axis]);
                let colour = [0, 1, 2].map(|c| f32::from(pixel[c]) * (1.0 / 255.0));
                let said = patch.change(at, colour, *detail);
                change.iter_mut().zip(said).for_each(|(sum, change)| *sum += limit * change);
            }
        }
    }
}

/// What is known of a patch.
struct Patch {
    part: Part,
    side: usize,
    weight: f32,
    shading: Shading,
    /// Share of all that is said in the opening that is shown.
    inside: f32,
    /// Place of the picture's first pixel between the centres of the patch's pixels, and ways from column to column and from row to row.
    first: [f32; 2],
    ways: [[f32; 2]; 2],
}

impl Patch {
    fn new(k: usize, plan: &Plan, answers: &Answers<'_>) -> Self {
        let (part, (frame, weight)) = (Part::ALL[k], &plan.placed[k]);
        let shading = Shading::new(part, &answers.grids[k], &answers.rendered[k], &plan.masks[k], plan.paint);
        let inside = if part == Part::Mouth { plan.inside } else { 1.0 };
        let place = |x: f64, y: f64| frame.to_patch(Vector2::new(x + 0.5, y + 0.5)) - Vector2::repeat(0.5);
        let first = place(0.0, 0.0);
        let ways = [place(1.0, 0.0), place(0.0, 1.0)].map(|at| at - first);
        let pair = |v: Vector2<f64>| [v.x as f32, v.y as f32];
        Self { part, side: frame.side, weight: *weight, shading, inside, first: pair(first), ways: ways.map(pair) }
    }

    /// Place of a pixel of the picture between the centres of the patch's pixels.
    fn at(&self, x: u32, y: u32) -> [f32; 2] {
        [0, 1].map(|axis| self.first[axis] + x as f32 * self.ways[0][axis] + y as f32 * self.ways[1][axis])
    }

    /// How much may be changed of the pixels of a row, 0 to 1, and those of them among which all are that may be.
    fn limits(&self, [x, y]: [u32; 2], limits: &mut [f32]) -> Option<Range<usize>> {
        let (first, way) = (self.at(x, y), self.ways[0]);
        let (last, columns) = ((self.side - 1) as f32, self.side / CELL);
        let steep = 1.0 / (FADE as f32 * self.side as f32);
        let mut shown: Option<Range<usize>> = None;
        for (column, limit) in limits.iter_mut().enumerate() {
            let at = [0, 1].map(|axis| first[axis] + column as f32 * way[axis]);
            let edge = at[0].min(at[1]).min((last - at[0]).min(last - at[1])) * steep;
            *limit = 0.0;
            // Which is inside the patch, if it is more than 0.
            if edge > 0.0 {
                let [column_of, row_of] = at.map(|v| (v + 0.5) as usize / CELL);
                let speaks = self.shading.silent.get(row_of * columns + column_of).is_some_and(|&silent| !silent);
                if speaks {
                    let edge = edge.min(1.0);
                    *limit = self.weight * edge * edge * (3.0 - 2.0 * edge);
                    shown = Some(shown.map_or(column, |shown| shown.start)..column + 1);
                }
            }
        }
        shown
    }

    /// What is to be added to a colour at a place between the pixels of the patch; `fine` is the picture's detail there.
    #[inline(always)]
    fn change(&self, at: [f32; 2], colour: [f32; RGB], fine: f32) -> [f32; RGB] {
        let pixels = Corners::around(at, self.side);
        let said = pixels.sum(&self.shading.around);
        let opening = said[OPENING];
        let change = [0, 1, 2].map(|c| said[GAIN + c] * colour[c] + said[OFFSET + c] + said[SHARPNESS] * fine);
        let change = change.map(|v| (1.0 - opening) * v);
        if opening > 0.0 { self.change_inside(&pixels, opening, colour, fine, change) } else { change }
    }

    /// The same with what is added in the opening.
    fn change_inside(
        &self,
        pixels: &Corners,
        opening: f32,
        colour: [f32; RGB],
        fine: f32,
        change: [f32; RGB],
    ) -> [f32; RGB] {
        let said = pixels.sum(&self.shading.inside);
        let mut added = [0, 1, 2].map(|c| said[GAIN + c] * colour[c] + said[OFFSET + c] + said[SHARPNESS] * fine);
        if self.part == Part::Mouth {
            let [mean, flesh, shown] = pixels.sum(&self.shading.paint);
            let (of_grid, paint) =
                (not_green(added, colour).map(|v| said[MASK] * v), lit([mean, flesh], warmth(colour)));
            added = [0, 1, 2].map(|c| (1.0 - shown) * of_grid[c] + paint[c] - shown * colour[c]);
        }
        let share = self.inside * opening;
        [0, 1, 2].map(|c| change[c] + share * added[c])
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::code::CODE;
    use super::super::hue::bounded;
    use super::super::masks::MASKS;
    use super::super::net::{BRIGHTNESSES, GRID, PAINT, SHARED, ZONE, values};
    use super::super::patch::PatchFrame;
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
        let paint = lit(bounded([1.5, 0.0, 0.0]), warmth(before.map(|v| v as f32 / 255.0))).map(|v| 255.0 * v);
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
        rendered[1] =
            frame(2.0).colours(&picture).iter().flat_map(|[r, g, b, _]| [*r, *g, *b, 0.0].map(|v| v / 255.0)).collect();
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
