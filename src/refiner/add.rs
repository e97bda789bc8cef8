//! Applies the nets' grids to a picture on the CPU, as `add.wgsl` does.

use std::ops::Range;

use image::RgbaImage;
use nalgebra::Vector2;

use super::brightness::{Brightness, bright};
use super::corners::Corners;
use super::hue::{
    LITTLE, around_mouths, behind_teeth, hued, lit, mean_of, staying, toothlike, unbleached, without_haze,
};
use super::net::{CELL, RGB};
use super::paint::Painted;
use super::patch::{FADE, Part};
use super::plan::{Plan, White};
use super::ports::PATCHES;
use super::shading::{Shading, Zone};
use super::surface::bounds;
use crate::nets::vectorized;
use crate::portrait::tone::Tone;

/// Distance over which teeth are told apart, pixels of a mouth's patch: about half a tooth.
const AROUND: f32 = 4.0;
/// The places around a pixel with which it is compared then, in units of [`AROUND`].
const PLACES: [[f32; 2]; 8] =
    [[-1.0, -1.0], [0.0, -1.0], [1.0, -1.0], [-1.0, 0.0], [1.0, 0.0], [-1.0, 1.0], [0.0, 1.0], [1.0, 1.0]];
/// Share of the fine detail that stays ([`Plan::detail`]) at which no tongue is out for sure.
const CALM: f32 = 0.5;

/// The cut patches and the nets' grids for them. Patches without weight need neither.
pub(super) struct Answers<'a> {
    /// The cut patches, four numbers a pixel: RGB in \[0, 1\], and one that is not used.
    pub(super) rendered: &'a [Vec<f32>; PATCHES],
    /// The grid of each patch, cell by cell.
    pub(super) grids: &'a [Vec<f32>; PATCHES],
}

/// Changes the picture where patches lie, by the frame's plan and the nets' answers. Where a blend mask is 0, the
/// picture stays as it is.
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
                // Adding .5 rounds, as the number is not negative. (`round` is a function call for older processors.)
                *value = (after.clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
            }
        }
    }
}

/// The colour `before` after a change, which a photo of a single tone limits to its own hue.
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
    /// Place of the first pixel between the centres of the patch's pixels, pixels of the patch.
    from: [f32; 2],
    /// RGBA.
    pixels: &'a [u8],
    /// The picture's fine detail at each pixel.
    details: &'a [f32],
    /// Share of the change that is shown at each pixel, 0 to 1.
    limits: &'a [f32],
}

impl Row<'_> {
    /// Adds the patch's change of each pixel to `changes`.
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

/// A patch of the frame with everything that changes its pixels.
struct Patch {
    part: Part,
    side: usize,
    weight: f32,
    shading: Shading,
    /// Share of the net's whole change in the opening that is shown, 0 to 1.
    inside: f32,
    /// Share of the picture's fine detail in the opening that stays, 0 to 1; less where [`staying`] says so.
    kept: f32,
    white: White,
    /// Place of the picture's first pixel between the centres of the patch's pixels, pixels of the patch.
    first: [f32; 2],
    /// Steps in the patch from one column of the picture to the next, and from one row to the next, pixels of the
    /// patch.
    ways: [[f32; 2]; 2],
}

impl Patch {
    fn new(k: usize, plan: &Plan, answers: &Answers<'_>) -> Self {
        let (part, (frame, weight)) = (Part::ALL[k], &plan.placed[k]);
        let (inside, kept) = if part == Part::Mouth { (plan.inside, plan.detail) } else { (1.0, 0.0) };
        let shading = Shading::new(part, &answers.grids[k], &answers.rendered[k], &plan.masks[k], plan.paint);
        let place = |x: f64, y: f64| frame.to_patch(Vector2::new(x + 0.5, y + 0.5)) - Vector2::repeat(0.5);
        let first = place(0.0, 0.0);
        let ways = [place(1.0, 0.0), place(0.0, 1.0)].map(|at| at - first);
        let pair = |v: Vector2<f64>| [v.x as f32, v.y as f32];
        Self {
            part,
            side: frame.side,
            weight: *weight,
            shading,
            inside,
            kept,
            white: plan.white[k],
            first: pair(first),
            ways: ways.map(pair),
        }
    }

    /// Place of a pixel of the picture between the centres of the patch's pixels.
    fn at(&self, x: u32, y: u32) -> [f32; 2] {
        [0, 1].map(|axis| self.first[axis] + x as f32 * self.ways[0][axis] + y as f32 * self.ways[1][axis])
    }

    /// Writes into `limits` the share of the change that is shown at each pixel of a row, 0 to 1, from the pixel `[x,
    /// y]` on. Returns the range that spans all pixels whose share is above 0, or `None` without any.
    fn limits(&self, [x, y]: [u32; 2], limits: &mut [f32]) -> Option<Range<usize>> {
        let (first, way) = (self.at(x, y), self.ways[0]);
        let (last, columns) = ((self.side - 1) as f32, self.side / CELL);
        let steep = 1.0 / (FADE as f32 * self.side as f32);
        let mut shown: Option<Range<usize>> = None;
        for (column, limit) in limits.iter_mut().enumerate() {
            let at = [0, 1].map(|axis| first[axis] + column as f32 * way[axis]);
            let edge = at[0].min(at[1]).min((last - at[0]).min(last - at[1])) * steep;
            *limit = 0.0;
            // The pixel lies inside the patch only if `edge` is above 0.
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

    /// The change of a colour at the place `at` between the pixels of the patch; `fine` is the picture's fine detail
    /// there.
    #[inline(always)]
    fn change(&self, at: [f32; 2], colour: [f32; RGB], fine: f32) -> [f32; RGB] {
        let pixels = Corners::around(at, self.side);
        let [level, opening] = pixels.sum(&self.shading.seen);
        let mut change = [0.0; RGB];
        if opening < 1.0 {
            let said = self.shading.said(Zone::Around, at, level);
            change = said.of(colour, fine).map(|v| (1.0 - opening) * said.mask * v);
            change = match self.part {
                Part::Mouth => around_mouths(change, colour, fine, self.white.around),
                Part::RightEye | Part::LeftEye => {
                    let made = unbleached(bright(change), bright(colour) - fine, self.white.around);
                    change.map(|v| made * v)
                }
            };
        }
        let share = self.inside * opening;
        if share > 0.0 {
            let inside = self.inside_change(&pixels, at, level, colour, fine);
            change.iter_mut().zip(inside).for_each(|(change, inside)| *change += share * inside);
        }
        change
    }

    /// The change that the opening's zone and the mouth's paint make of a colour, before the share `inside`. `pixels`
    /// are the patch's pixels around the place `at`, `level` is the patch's brightness there.
    fn inside_change(&self, pixels: &Corners, at: [f32; 2], level: f32, colour: [f32; RGB], fine: f32) -> [f32; RGB] {
        let said = self.shading.said(Zone::Opening, at, level);
        if self.part != Part::Mouth {
            let change = said.of(colour, fine).map(|v| said.mask * v);
            let made = unbleached(mean_of(change), mean_of(colour), self.white.eye);
            return change.map(|v| made * v);
        }
        let shaded = said.shades(colour);
        let smooth = mean_of(colour) - fine;
        let becomes = [0, 1, 2].map(|c| colour[c] - fine + shaded[c]);
        let softest = self.kept * staying(becomes, colour, smooth) - 1.0;
        let sharpness = said.sharpness.max(softest);
        let behind = behind_teeth(colour, smooth);
        let wanted = shaded.map(|v| v + sharpness * fine);
        let added = hued(wanted, colour, behind, self.inside).map(|v| said.mask * v);
        let paint = self.shading.paint.as_ref().map(|paint| Painted::shown(pixels.sum(paint.pixels())));
        let [mean, flesh, shown] = paint.unwrap_or_default();
        let paint = lit([mean, flesh], shown, colour, behind, self.inside);
        let stays = self.kept * shown * staying(paint.map(|v| v / shown.max(LITTLE)), colour, smooth);
        let toothlike = toothlike(behind, smooth);
        let teeth =
            if stays * toothlike > 0.0 { toothlike * self.tooth_detail(at, bright(colour) - fine) } else { 0.0 };
        let change =
            [0, 1, 2].map(|c| (1.0 - shown) * added[c] + paint[c] - shown * colour[c] + stays * (fine + teeth));
        let changed = 1.0 - (1.0 - shown) * (1.0 - said.mask);
        let seen = [0, 1, 2].map(|c| colour[c] + self.inside * change[c]);
        // A tongue that is out is as bright as it is.
        let calm = (self.kept / CALM).min(1.0);
        let clear = without_haze(seen, changed * behind * calm);
        [0, 1, 2].map(|c| (clear[c] - colour[c]) / self.inside)
    }

    /// Detail of the size of teeth at the place `at` between the patch's pixels: the brightness `here` less its mean
    /// around, over eight places that lie in the opening. It fades out where few of them do.
    fn tooth_detail(&self, at: [f32; 2], here: f32) -> f32 {
        let (mut sum, mut count) = (0.0, 0.0);
        for [x, y] in PLACES {
            let place = [at[0] + AROUND * x, at[1] + AROUND * y];
            let [level, opening] = Corners::around(place, self.side).sum(&self.shading.seen);
            sum += opening * level;
            count += opening;
        }
        (count / 4.0).min(1.0) * (here - sum / count.max(LITTLE))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
