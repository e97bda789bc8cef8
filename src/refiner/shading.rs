//! What a grid says at each pixel of a patch, for whatever colour is there: made once a frame, as a picture has many more pixels than
//! its patches.

use super::brightness::bright;
use super::corners::Corners;
use super::hue::{bounded, fleshy, paler};
use super::masks::MASKS;
use super::net::{BRIGHTNESSES, CELL, GRID, PAINT, RGB, SHARED, ZONE, values};
use super::patch::Part;

/// Numbers of a pixel that was cut.
const RGBA: usize = 4;
/// Bounds of the sharpness, as in `train/refiner_net.py`.
const SHARPNESSES: [f32; 2] = [-1.0, 2.0];
/// Gains and offsets of red, green and blue at a level of brightness.
const LEVEL: usize = 2 * RGB;

/// What a zone says of a pixel: gains of red, green and blue, offsets and sharpness, each times the zone's blend mask; between lips not
/// yet times it, and the mask. Around the opening the last number is how much of the pixel is in the opening, 0 to 1.
pub(super) type Said = [f32; 8];
/// Where they are among its numbers.
pub(super) const GAIN: usize = 0;
pub(super) const OFFSET: usize = 3;
pub(super) const SHARPNESS: usize = 6;
pub(super) const MASK: usize = 7;
pub(super) const OPENING: usize = 7;

/// What a grid says, pixel by pixel of its patch.
pub(super) struct Shading {
    /// Around the opening, and in it.
    pub(super) around: Vec<Said>,
    pub(super) inside: Vec<Said>,
    /// What is painted in a mouth: mean and redness of the colour, both times its share, and the share.
    pub(super) paint: Vec<[f32; 3]>,
    /// The cells whose pixels stay as they are.
    pub(super) silent: Vec<bool>,
}

impl Shading {
    /// Of the grid of a part, whose patch was cut like this; of what is painted the share `paint` is shown.
    pub(super) fn new(part: Part, grid: &[f32], rendered: &[f32], masks: &[u8], paint: f32) -> Self {
        let side = part.side();
        let opening: Vec<f32> = masks.chunks_exact(MASKS).map(|masks| f32::from(masks[0]) / 255.0).collect();
        let silent = silent(part, grid, paint);
        let [mut around, mut inside] = [(); 2].map(|()| vec![Said::default(); side * side]);
        let mut painted = vec![[0.0; 3]; if part == Part::Mouth { side * side } else { 0 }];
        // Rows and columns of the opening, and one more on each side.
        let mut open = [[usize::MAX, 0]; 2];
        for (pixel, _) in opening.iter().enumerate().filter(|(_, opening)| **opening > 0.0) {
            for (range, at) in open.iter_mut().zip([pixel / side, pixel % side]) {
                *range = [range[0].min(at.saturating_sub(1)), range[1].max(at + 2)];
            }
        }
        let columns = side / CELL;
        for (pixel, cut) in rendered.chunks_exact(RGBA).enumerate().take(opening.len().min(side * side)) {
            let (row, column) = (pixel / side, pixel % side);
            let cell = row / CELL * columns + column / CELL;
            if silent.get(cell).is_none_or(|&silent| silent) {
                continue;
            }
            let level = bright([cut[0], cut[1], cut[2]]);
            let cells = Corners::around([column, row].map(|v| (v as f32 + 0.5) / CELL as f32 - 0.5), columns);
            around[pixel] = said(&cells, (grid, part, ZONE), level, false);
            around[pixel][OPENING] = opening[pixel];
            if (open[0][0]..open[0][1]).contains(&row) && (open[1][0]..open[1][1]).contains(&column) {
                inside[pixel] = said(&cells, (grid, part, 0), level, part == Part::Mouth);
                let first = cell * values(part) + GRID + PAINT * (row % CELL * CELL + column % CELL);
                let own = grid.get(first..).and_then(|rest| rest.first_chunk::<PAINT>());
                if let (Some(shown), Some([colour @ .., share])) = (painted.get_mut(pixel), own) {
                    // Exactly 0 and 1 at its ends.
                    let share = paint * (0.5 + 0.25 * share).clamp(0.0, 1.0);
                    let [mean, flesh] = bounded(*colour);
                    *shown = [share * mean, share * flesh, share];
                }
            }
        }
        Self { around, inside, paint: painted, silent }
    }
}

/// Whether nothing is said of each cell of a patch's grid, nor of any cell beside it: in most of a patch that is so, and its pixels
/// need not be looked at.
fn silent(part: Part, grid: &[f32], paint: f32) -> Vec<bool> {
    let side = part.side() / CELL;
    // A mask is 0 up to here, see `said` and `Shading::new`.
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

/// What a zone, whose values begin at `first` in each cell of a part's grid, says between cells where the patch is so bright; `in_mouth`
/// says that it is between lips.
fn said(cells: &Corners, (grid, part, first): (&[f32], Part, usize), level: f32, in_mouth: bool) -> Said {
    let zone = |cell: usize| grid.get(cell * values(part) + first..)?.first_chunk::<ZONE>();
    let Some(zones) = cells.each(zone) else { return Said::default() };
    // Exactly 0 and 1 at its ends, in each cell.
    let mask: f32 = zones.iter().map(|(zone, weight)| weight * (0.5 + 0.25 * zone[0]).clamp(0.0, 1.0)).sum();
    if mask <= 0.0 && !in_mouth {
        return Said::default();
    }
    let level = level.clamp(0.0, 1.0) * (BRIGHTNESSES - 1) as f32;
    let low = (level as usize).min(BRIGHTNESSES - 2);
    let share = level - low as f32;
    // Gains and offsets of the two levels around the brightness, between the cells.
    let mut two = [0.0; 2 * LEVEL];
    let mut sharpness = 0.0;
    for (zone, weight) in zones {
        sharpness += weight * zone[1].clamp(SHARPNESSES[0], SHARPNESSES[1]);
        let levels = &zone[SHARED + LEVEL * low..][..2 * LEVEL];
        two.iter_mut().zip(levels).for_each(|(sum, value)| *sum += weight * value);
    }
    let between = |k: usize| (1.0 - share) * two[k] + share * two[LEVEL + k];
    let (gains, offsets) = ([0, 1, 2].map(between), [3, 4, 5].map(between));
    let [r, g, b] = paler(gains);
    let [x, y, z] = if in_mouth { fleshy(offsets) } else { paler(offsets) };
    if in_mouth { [r, g, b, x, y, z, sharpness, mask] } else { [r, g, b, x, y, z, sharpness, 0.0].map(|v| mask * v) }
}
