//! Moves the grids that are shown towards the nets' new ones on the CPU, as `keep.wgsl` does.

use super::net::{CELL, GRID, PAINT, ZONE, values};
use super::patch::Part;
use super::steady::Fresh;

/// Moves the `shown` grid of a part towards the `new` one by the shares `fresh`; both hold their values cell by cell.
/// `opened` says for each pixel of the patch, row by row, whether it lay between the lips when the grid was last moved.
pub(super) fn keep(shown: &mut Vec<f32>, new: Vec<f32>, part: Part, fresh: Fresh, opened: &[bool]) {
    if fresh == Fresh::ALL || shown.len() != new.len() {
        *shown = new;
        return;
    }
    let columns = part.side() / CELL;
    let was_open = |cell: usize, inner: usize| {
        let (row, column) = (cell / columns * CELL + inner / CELL, cell % columns * CELL + inner % CELL);
        part == Part::Mouth && opened.get(row * part.side() + column).copied().unwrap_or(false)
    };
    let cells = shown.chunks_exact_mut(values(part)).zip(new.chunks_exact(values(part)));
    for (cell, (shown, new)) in cells.enumerate() {
        let all_open = (0..CELL * CELL).all(|inner| was_open(cell, inner));
        for (value, (shown, new)) in shown.iter_mut().zip(new).enumerate() {
            let open = if value < GRID { all_open && value < ZONE } else { was_open(cell, (value - GRID) / PAINT) };
            let share = if open { fresh.inside } else { fresh.around };
            *shown = if share < 1.0 { *shown + share * (new - *shown) } else { *new };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_between_the_lips_is_remembered_and_what_comes_into_sight_is_not() {
        let part = Part::Mouth;
        let (cells, count) = (part.side() / CELL, values(part));
        // Open from the second column of the second cell on.
        let opened: Vec<bool> = (0..part.side() * part.side()).map(|pixel| pixel % part.side() > CELL).collect();
        let mut shown = vec![0.0; cells * cells * count];
        let fresh = Fresh { inside: 0.25, around: 1.0 };
        keep(&mut shown, vec![1.0; cells * cells * count], part, fresh, &opened);
        let [shut, edge, open] = [0, 1, 2].map(|cell| &shown[cell * count..][..count]);
        assert!(shut.iter().all(|&v| v == 1.0));
        // In a cell that was open in part, only the paint has values for each pixel; the cell's other values take the
        // share `around`.
        assert!(edge[..GRID].iter().all(|&v| v == 1.0));
        assert_eq!([edge[GRID], edge[GRID + PAINT]], [1.0, 0.25]);
        // The zone around the lips takes the share `around` in every cell.
        assert!(open[..ZONE].iter().all(|&v| v == 0.25) && open[ZONE..GRID].iter().all(|&v| v == 1.0));
        assert!(open[GRID..].iter().all(|&v| v == 0.25));
    }

    #[test]
    fn the_first_grid_is_taken_as_it_is_and_so_is_an_eyes() {
        let mut shown = Vec::new();
        let mouth = vec![0.5; (Part::Mouth.side() / CELL).pow(2) * values(Part::Mouth)];
        keep(&mut shown, mouth.clone(), Part::Mouth, Fresh::NONE, &[]);
        assert_eq!(shown, mouth);
        let eye = vec![0.5; (Part::LeftEye.side() / CELL).pow(2) * values(Part::LeftEye)];
        let mut shown = vec![0.0; eye.len()];
        keep(&mut shown, eye, Part::LeftEye, Fresh { inside: 0.0, around: 0.5 }, &[true; 96 * 96]);
        assert!(shown.iter().all(|&v| v == 0.25));
    }
}
