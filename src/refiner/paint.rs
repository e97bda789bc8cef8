//! What the mouth's net paints between the lips, prepared pixel by pixel, as `paint_at` in `add.wgsl` does.
//!
//! The net says the colours of a cell's pixels in one row of numbers, and rules similar lines into every cell: a plaid
//! on tongues and across teeth. So each pixel shows the mean of the paint around it over the width of a cell. What
//! tells teeth apart is geometry's own detail.

use super::hue::{LITTLE, bounded};
use super::net::{CELL, GRID, PAINT, values};
use super::patch::Part;

/// Shares of the paint of five pixels in a row in that of the middle one. Lines that come back with every cell, or twice
/// in one, vanish: the sums over every fourth and every second number are all alike.
pub(super) const SPAN: [f32; 5] = [0.125, 0.25, 0.25, 0.25, 0.125];
/// What a pixel has of its paint: mean and redness of the colour (from [`bounded`]) and the paint's share, then how much
/// of the opening between the lips they were taken from, by which all three are still multiplied.
type Paint = [f32; 4];

/// The mouth's paint at each pixel of its patch.
pub(super) struct Painted(Vec<Paint>);

impl Painted {
    /// From the mouth's grid; the share `paint` of it is shown. `opening` is how much of each pixel lies between the
    /// lips, 0 to 1; what the net paints elsewhere counts for nothing. In `silent` cells it paints nothing.
    pub(super) fn new(grid: &[f32], opening: impl Iterator<Item = f32>, silent: &[bool], paint: f32) -> Self {
        let side = Part::Mouth.side();
        let own = |pixel: usize, open: f32| -> Paint {
            let (row, column) = (pixel / side, pixel % side);
            let cell = row / CELL * (side / CELL) + column / CELL;
            let first = cell * values(Part::Mouth) + GRID + PAINT * (row % CELL * CELL + column % CELL);
            let said = grid.get(first..).and_then(|rest| rest.first_chunk::<PAINT>());
            let Some([colour @ .., share]) = said.filter(|_| silent.get(cell) == Some(&false)) else {
                return [0.0, 0.0, 0.0, open];
            };
            // The paint's share is exactly 0 where the net says -2 or less, and exactly `paint` from 2 on.
            let share = open * paint * (0.5 + 0.25 * share).clamp(0.0, 1.0);
            let [mean, flesh] = bounded(*colour);
            [share * mean, share * flesh, share, open]
        };
        let pixels: Vec<Paint> = opening.enumerate().map(|(pixel, open)| own(pixel, open)).collect();
        Self(over_span(&over_span(&pixels, side), side))
    }

    /// The paint of every pixel, as [`Self::shown`] takes it.
    pub(super) fn pixels(&self) -> &[Paint] {
        &self.0
    }

    /// Mean and redness of the painted colour, both times the paint's share, then the share, from a weighted mean of
    /// [`Self::pixels`].
    #[inline(always)]
    pub(super) fn shown([mean, flesh, share, open]: Paint) -> [f32; 3] {
        let whole = 1.0 / open.max(LITTLE);
        [mean * whole, flesh * whole, share * whole]
    }
}

/// The weighted means by [`SPAN`] along rows, whose ends go on beyond the border, as columns: done twice it is both axes.
fn over_span(pixels: &[Paint], side: usize) -> Vec<Paint> {
    let reach = SPAN.len() / 2;
    let mut means = vec![[0.0; 4]; pixels.len()];
    for (y, row) in pixels.chunks_exact(side).enumerate() {
        for (x, mean) in means[y..].iter_mut().step_by(side).enumerate() {
            for (k, weight) in SPAN.into_iter().enumerate() {
                let near = row[(x + k).saturating_sub(reach).min(side - 1)];
                mean.iter_mut().zip(near).for_each(|(sum, value)| *sum += weight * value);
            }
        }
    }
    means
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grid that paints each pixel with this brightness and share, by its row and column.
    fn grid(paint: impl Fn(usize, usize) -> [f32; 2]) -> Vec<f32> {
        let (side, cells) = (Part::Mouth.side(), Part::Mouth.side() / CELL);
        let mut grid = vec![0.0; cells * cells * values(Part::Mouth)];
        for (row, column) in (0..side * side).map(|pixel| (pixel / side, pixel % side)) {
            let cell = row / CELL * cells + column / CELL;
            let first = cell * values(Part::Mouth) + GRID + PAINT * (row % CELL * CELL + column % CELL);
            let [bright, share] = paint(row, column);
            grid[first..first + PAINT].copy_from_slice(&[bright, bright, bright, share]);
        }
        grid
    }

    fn at(painted: &Painted, row: usize, column: usize) -> [f32; 3] {
        Painted::shown(painted.pixels()[row * Part::Mouth.side() + column])
    }

    #[test]
    fn lines_that_come_back_with_every_cell_vanish() {
        let side = Part::Mouth.side();
        let speaks = vec![false; (side / CELL).pow(2)];
        for period in [2, CELL] {
            let comb = |at: usize| if at % period == 1 { 0.3 } else { 0.0 };
            let lines = grid(|row, column| [0.4 + comb(row) + comb(column), 2.0]);
            let painted = Painted::new(&lines, std::iter::repeat_n(1.0, side * side), &speaks, 1.0);
            let means: Vec<f32> = (10..30).flat_map(|k| [at(&painted, k, 40)[0], at(&painted, 40, k)[0]]).collect();
            let wanted = 0.4 + 0.6 / period as f32;
            assert!(means.iter().all(|mean| (mean - wanted).abs() < 1e-5), "{means:?} for {wanted}");
        }
    }

    #[test]
    fn what_is_painted_beyond_the_lips_counts_for_nothing() {
        let side = Part::Mouth.side();
        let speaks = vec![false; (side / CELL).pow(2)];
        // The opening is the upper half. Below it the paint is white, and its share is whole.
        let paint = grid(|row, _| if row < side / 2 { [0.2, 0.0] } else { [1.0, 2.0] });
        let opening = (0..side * side).map(|pixel| if pixel < side * side / 2 { 1.0 } else { 0.0 });
        let painted = Painted::new(&paint, opening, &speaks, 0.5);
        for row in [0, side / 4, side / 2 - 1] {
            let [mean, _, share] = at(&painted, row, side / 3);
            // Half of the paint is shown, and the net itself says half.
            assert!((share - 0.25).abs() < 1e-5 && (mean - 0.25 * 0.2).abs() < 1e-5, "{row}: {mean}, {share}");
        }
    }
}
