//! Connected parts of a mask.

use crate::portrait::plane::Plane;

/// Connected parts of a mask: pixels on the same side of 1/2 that touch at a side. Each pixel has the number of its
/// part; parts are numbered from 0 in reading order.
struct Parts {
    labels: Vec<u32>,
    sizes: Vec<usize>,
    touches_border: Vec<bool>,
}

fn parts(mask: &Plane) -> Parts {
    let (width, height) = (mask.width, mask.height);
    let inside = |k: usize| mask.data[k] > 0.5;
    let mut found = Parts { labels: vec![u32::MAX; width * height], sizes: vec![], touches_border: vec![] };
    let mut open = Vec::new();
    for start in 0..width * height {
        if found.labels[start] != u32::MAX {
            continue;
        }
        let label = found.sizes.len() as u32;
        found.labels[start] = label;
        open.push(start);
        let (mut size, mut border) = (0, false);
        while let Some(k) = open.pop() {
            let (x, y) = (k % width, k / width);
            size += 1;
            border |= x == 0 || y == 0 || x + 1 == width || y + 1 == height;
            let neighbours =
                [(x > 0, 1, true), (x + 1 < width, 1, false), (y > 0, width, true), (y + 1 < height, width, false)];
            for (exists, step, back) in neighbours {
                if !exists {
                    continue;
                }
                let n = if back { k - step } else { k + step };
                if found.labels[n] == u32::MAX && inside(n) == inside(k) {
                    found.labels[n] = label;
                    open.push(n);
                }
            }
        }
        found.sizes.push(size);
        found.touches_border.push(border);
    }
    found
}

/// 1 where the part of the mask (above 1/2) that holds pixel (x, y) is, with those of its
/// holes filled that have fewer than `hole` pixels and do not touch the border; 0 elsewhere.
#[must_use]
pub fn part_at(mask: &Plane, x: usize, y: usize, hole: usize) -> Plane {
    let found = parts(mask);
    let seed = found.labels[y * mask.width + x];
    let only = Plane { data: found.labels.iter().map(|&l| f32::from(u8::from(l == seed))).collect(), ..*mask };
    // All other pixels may be holes in this part, whatever the mask said there.
    let rest = parts(&only);
    let filled = rest.labels.iter().zip(&only.data).map(|(&l, &v)| {
        let small = rest.sizes[l as usize] < hole && !rest.touches_border[l as usize];
        if v > 0.5 || small { 1.0 } else { 0.0 }
    });
    Plane { data: filled.collect(), ..*mask }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane(rows: &[&str]) -> Plane {
        Plane::from_fn(rows[0].len(), rows.len(), |x, y| f32::from(u8::from(rows[y].as_bytes()[x] == b'#')))
    }

    #[test]
    fn keeps_one_part_and_fills_small_holes() {
        let mask = plane(&["#####.##", "#.###.##", "#####.##", "#...#...", "#...#.##", "#####.##"]);
        let expected = plane(&["#####...", "#####...", "#####...", "#...#...", "#...#...", "#####..."]);
        assert_eq!(part_at(&mask, 0, 0, 4), expected);
    }

    #[test]
    fn a_bay_at_the_border_is_no_hole() {
        let mask = plane(&["##.##", "##.##", "#####"]);
        assert_eq!(part_at(&mask, 0, 0, 100), mask);
    }
}
