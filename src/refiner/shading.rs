//! A patch's grid read at any place between its cells.

use super::brightness::bright;
use super::corners::Corners;
use super::hue::{fleshy, paler};
use super::masks::MASKS;
use super::net::{BRIGHTNESSES, CELL, GRID, PAINT, RGB, ZONE, values};
use super::paint::Painted;
use super::patch::Part;

/// Numbers of a pixel of a cut patch.
const RGBA: usize = 4;
/// Bounds of the sharpness, as in `train/refiner_net.py`.
const SHARPNESSES: [f32; 2] = [-1.0, 2.0];
/// Numbers of a level of brightness: three gains and three offsets, each padded to a vector of four.
const VECTORS: usize = 2 * RGBA;
/// Numbers of a zone of a cell: blend mask and sharpness, padded to a vector of four, then the levels.
const VALUES: usize = RGBA + VECTORS * BRIGHTNESSES;
type Cell = [f32; VALUES];

/// One of the two parts of a patch that have values of their own in each cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zone {
    /// The opening between lips or lids.
    Opening,
    /// Everything around the opening.
    Around,
}

/// A zone's values at a place, interpolated from the grid.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Said {
    /// Blend mask: share of the change that is shown, 0 to 1.
    pub(super) mask: f32,
    /// Share of each colour that is added to itself.
    pub(super) gain: [f32; RGB],
    /// What is added to each colour, brightness 0 to 1.
    pub(super) offset: [f32; RGB],
    /// Share of the picture's fine detail that is added.
    pub(super) sharpness: f32,
}

/// A patch as the net saw it, and the net's answer to it.
pub(super) struct Shading {
    part: Part,
    /// The cells of each zone.
    cells: [Vec<Cell>; 2],
    /// For each pixel of the cut patch, its brightness, and the share of it that lies in the opening, both 0 to 1.
    pub(super) seen: Vec<[f32; 2]>,
    /// The mouth's paint; an eye has none.
    pub(super) paint: Option<Painted>,
    /// Whether a cell's pixels stay as they are, for each cell.
    pub(super) silent: Vec<bool>,
}

impl Shading {
    /// From the grid of a part, its cut patch `rendered` (four numbers a pixel) and its masks; the share `paint` of the
    /// mouth's paint is shown.
    pub(super) fn new(part: Part, grid: &[f32], rendered: &[f32], masks: &[u8], paint: f32) -> Self {
        let pixels = rendered.chunks_exact(RGBA).zip(masks.chunks_exact(MASKS));
        let seen: Vec<[f32; 2]> =
            pixels.map(|(cut, masks)| [bright([cut[0], cut[1], cut[2]]), f32::from(masks[0]) / 255.0]).collect();
        let silent = silent(part, grid, paint);
        let opening = seen.iter().map(|[_, opening]| *opening);
        let painted = (part == Part::Mouth).then(|| Painted::new(grid, opening, &silent, paint));
        Self { part, cells: [cells(part, grid, 0), cells(part, grid, ZONE)], seen, paint: painted, silent }
    }

    /// A zone's values at the place `at` between the pixels of the patch, where the patch's brightness is `level`, 0 to
    /// 1.
    #[inline(always)]
    pub(super) fn said(&self, zone: Zone, at: [f32; 2], level: f32) -> Said {
        let cells = Corners::around(at.map(|v| (v + 0.5) / CELL as f32 - 0.5), self.part.side() / CELL);
        let Some(cells) = cells.each(|cell| self.cells[zone as usize].get(cell)) else { return Said::default() };
        let [mask, sharpness] = weighted(cells, 0);
        if mask <= 0.0 {
            return Said::default();
        }
        let level = level.clamp(0.0, 1.0) * (BRIGHTNESSES - 1) as f32;
        let low = (level as usize).min(BRIGHTNESSES - 2);
        let share = level - low as f32;
        // Gains and offsets of the two levels next to the brightness, interpolated between the cells.
        let two: [f32; 2 * VECTORS] = weighted(cells, RGBA + VECTORS * low);
        let said: [f32; VECTORS] = std::array::from_fn(|k| two[k] + share * (two[VECTORS + k] - two[k]));
        let [r, g, b, _, x, y, z, _] = said;
        let (gains, offsets) = ([r, g, b], [x, y, z]);
        let in_mouth = self.part == Part::Mouth && zone == Zone::Opening;
        Said { mask, gain: paler(gains), offset: if in_mouth { fleshy(offsets) } else { paler(offsets) }, sharpness }
    }
}

/// Weighted sum of four cells' numbers, from number `first` on.
#[inline(always)]
fn weighted<const N: usize>(cells: [(&Cell, f32); 4], first: usize) -> [f32; N] {
    let mut sums = [0.0; N];
    for (cell, weight) in cells {
        if let Some(values) = cell.get(first..).and_then(|rest| rest.first_chunk::<N>()) {
            sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += weight * value);
        }
    }
    sums
}

/// The cells of the zone whose values begin at `first` in each cell of a part's grid.
fn cells(part: Part, grid: &[f32], first: usize) -> Vec<Cell> {
    let cell = |values: &[f32]| {
        let mut cell = [0.0; VALUES];
        if let Some([mask, sharpness, levels @ ..]) = values.get(first..).and_then(|rest| rest.first_chunk::<ZONE>()) {
            // Each cell's mask is exactly 0 at -2 and below, and exactly 1 at 2 and above.
            cell[0] = (0.5 + 0.25 * mask).clamp(0.0, 1.0);
            cell[1] = sharpness.clamp(SHARPNESSES[0], SHARPNESSES[1]);
            for (to, from) in cell[RGBA..].chunks_exact_mut(RGBA).zip(levels.chunks_exact(RGB)) {
                to[..RGB].copy_from_slice(from);
            }
        }
        cell
    };
    grid.chunks_exact(values(part)).map(cell).collect()
}

impl Said {
    /// The change of a colour by gain and offset, before sharpening and before the mask.
    #[inline(always)]
    pub(super) fn shades(&self, colour: [f32; RGB]) -> [f32; RGB] {
        [0, 1, 2].map(|c| self.gain[c] * colour[c] + self.offset[c])
    }

    /// The change of a colour by gain, offset and sharpness, before the mask; `fine` is the picture's fine detail
    /// there.
    #[inline(always)]
    pub(super) fn of(&self, colour: [f32; RGB], fine: f32) -> [f32; RGB] {
        self.shades(colour).map(|v| v + self.sharpness * fine)
    }
}

/// For each cell of a patch's grid, whether the masks and shares of paint of the cell and of all its neighbours are 0.
/// In most of a patch that is so, and the pixels of such cells can be skipped.
fn silent(part: Part, grid: &[f32], paint: f32) -> Vec<bool> {
    let side = part.side() / CELL;
    // The net's number from which a mask or a share is made: at -2 and below it gives 0, see `cells`.
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
