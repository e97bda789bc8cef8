//! What the grid of a patch says between its cells, and what is painted between its pixels.

use super::brightness::bright;
use super::corners::Corners;
use super::hue::{bounded, fleshy, paler};
use super::masks::MASKS;
use super::net::{BRIGHTNESSES, CELL, GRID, PAINT, RGB, ZONE, values};
use super::patch::Part;

/// Numbers of a pixel that was cut.
const RGBA: usize = 4;
/// Bounds of the sharpness, as in `train/refiner_net.py`.
const SHARPNESSES: [f32; 2] = [-1.0, 2.0];
/// Gains and offsets of red, green and blue at a level of brightness, each three in a vector of four.
const VECTORS: usize = 2 * RGBA;
/// A zone of a cell: its blend mask and its sharpness in a vector, then the levels.
const VALUES: usize = RGBA + VECTORS * BRIGHTNESSES;
type Cell = [f32; VALUES];

/// A part of the patch that has values of its own in each cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zone {
    /// Between lips or lids.
    Opening,
    /// The rest.
    Around,
}

/// What a zone says at a place.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Said {
    /// Share of it that is shown, 0 to 1.
    pub(super) mask: f32,
    /// How much of each colour is added to itself, and how much to all of it.
    pub(super) gain: [f32; RGB],
    pub(super) offset: [f32; RGB],
    /// How much of the picture's detail is added.
    pub(super) sharpness: f32,
}

/// What is known of a patch and said of it.
pub(super) struct Shading {
    part: Part,
    /// The cells of each zone.
    cells: [Vec<Cell>; 2],
    /// Brightness of each pixel that was cut, and how much of it is in the opening, 0 to 1.
    pub(super) seen: Vec<[f32; 2]>,
    /// What is painted in a mouth: mean and redness of the colour, both times its share, and the share.
    pub(super) paint: Vec<[f32; 3]>,
    /// The cells whose pixels stay as they are.
    pub(super) silent: Vec<bool>,
}

impl Shading {
    /// Of the grid of a part, whose patch was cut like this; of what is painted the share `paint` is shown.
    pub(super) fn new(part: Part, grid: &[f32], rendered: &[f32], masks: &[u8], paint: f32) -> Self {
        let side = part.side();
        let pixels = rendered.chunks_exact(RGBA).zip(masks.chunks_exact(MASKS));
        let seen = pixels.map(|(cut, masks)| [bright([cut[0], cut[1], cut[2]]), f32::from(masks[0]) / 255.0]).collect();
        let silent = silent(part, grid, paint);
        let mut painted = vec![[0.0; 3]; if part == Part::Mouth { side * side } else { 0 }];
        for (pixel, shown) in painted.iter_mut().enumerate() {
            let (row, column) = (pixel / side, pixel % side);
            let cell = row / CELL * (side / CELL) + column / CELL;
            let first = cell * values(part) + GRID + PAINT * (row % CELL * CELL + column % CELL);
            let own = grid.get(first..).and_then(|rest| rest.first_chunk::<PAINT>());
            if let Some([colour @ .., share]) = own.filter(|_| silent.get(cell) == Some(&false)) {
                // Exactly 0 and 1 at its ends.
                let share = paint * (0.5 + 0.25 * share).clamp(0.0, 1.0);
                let [mean, flesh] = bounded(*colour);
                *shown = [share * mean, share * flesh, share];
            }
        }
        Self { part, cells: [cells(part, grid, 0), cells(part, grid, ZONE)], seen, paint: painted, silent }
    }

    /// What a zone says at a place between the pixels of the patch, where the patch is so bright.
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
        // Gains and offsets of the two levels around the brightness, between the cells.
        let two: [f32; 2 * VECTORS] = weighted(cells, RGBA + VECTORS * low);
        let said: [f32; VECTORS] = std::array::from_fn(|k| two[k] + share * (two[VECTORS + k] - two[k]));
        let [r, g, b, _, x, y, z, _] = said;
        let (gains, offsets) = ([r, g, b], [x, y, z]);
        let in_mouth = self.part == Part::Mouth && zone == Zone::Opening;
        Said { mask, gain: paler(gains), offset: if in_mouth { fleshy(offsets) } else { paler(offsets) }, sharpness }
    }
}

/// Numbers of four cells from `first` on, by their weights.
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
            // Exactly 0 and 1 at its ends, in each cell.
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
    /// What is to be added to a colour, but for its detail and for the mask.
    #[inline(always)]
    pub(super) fn shades(&self, colour: [f32; RGB]) -> [f32; RGB] {
        [0, 1, 2].map(|c| self.gain[c] * colour[c] + self.offset[c])
    }

    /// What is to be added to a colour, but for the mask; `fine` is the picture's detail there.
    #[inline(always)]
    pub(super) fn of(&self, colour: [f32; RGB], fine: f32) -> [f32; RGB] {
        self.shades(colour).map(|v| v + self.sharpness * fine)
    }
}

/// Whether nothing is said of each cell of a patch's grid, nor of any cell beside it: in most of a patch that is so, and its pixels
/// need not be looked at.
fn silent(part: Part, grid: &[f32], paint: f32) -> Vec<bool> {
    let side = part.side() / CELL;
    // A mask is 0 up to here, see `Shading`.
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
