//! Directions from the middle of a face, like those of a compass: lists with one number for each direction, and where
//! a mesh ends in each.

use std::f32::consts::TAU;

use nalgebra::{Vector2, Vector3};

/// Number of directions from the middle of the face in which its outline is known: two for each degree.
pub const DIRECTIONS: usize = 720;

/// A point on an edge of the face's mesh: the edge's ends, and how far along it the point lies, \[0, 1\].
#[derive(Debug, Clone, Copy)]
pub struct Anchor {
    pub edge: [usize; 2],
    pub share: f32,
}

impl Anchor {
    /// Where the point is on a face of this shape, centimetres.
    pub fn on(&self, shape: &[Vector3<f64>]) -> Vector3<f64> {
        let [a, b] = self.edge.map(|i| shape[i]);
        a + (b - a) * f64::from(self.share)
    }
}

/// For each direction the largest value among it and `count` directions on either side, then evened out over as many.
pub fn widened(values: &[f32], count: usize) -> Vec<f32> {
    let largest: Vec<f32> =
        (0..DIRECTIONS).map(|k| around_direction(k, count).map(|j| values[j]).fold(f32::MIN, f32::max)).collect();
    evened(&largest, count)
}

/// For each direction the mean of its value and those of `count` directions on either side.
pub fn evened(values: &[f32], count: usize) -> Vec<f32> {
    let mean = |k| around_direction(k, count).map(|j| values[j]).sum::<f32>() / (2 * count + 1) as f32;
    (0..DIRECTIONS).map(mean).collect()
}

/// The values with every jump made a slope of at most `steepest` from a direction to the next; values that change
/// less stay as they are. It is the mean of two curves of that slope: the highest one that is nowhere above the
/// values, and the lowest one that is nowhere below them.
pub fn eased(values: &[f32], steepest: f32) -> Vec<f32> {
    let apart = |k: usize, j: usize| k.abs_diff(j).min(DIRECTIONS - k.abs_diff(j)) as f32 * steepest;
    let eased = |k: usize| {
        let near = (0..DIRECTIONS).map(|j| (values[j] + apart(k, j), values[j] - apart(k, j)));
        let (low, high) =
            near.fold((f32::MAX, f32::MIN), |(low, high), (above, below)| (low.min(above), high.max(below)));
        (low + high) / 2.0
    };
    (0..DIRECTIONS).map(eased).collect()
}

/// The direction `k` and `count` on either side of it.
fn around_direction(k: usize, count: usize) -> impl Iterator<Item = usize> {
    (0..=2 * count).map(move |j| (k + DIRECTIONS + j - count) % DIRECTIONS)
}

/// Where a vector from the middle lies among the directions: the index of the direction before it, and how far it is
/// from that one to the next, 0 to 1.
pub fn turn(way: Vector2<f32>) -> (usize, f32) {
    let turn = (way.y.atan2(way.x) / TAU).rem_euclid(1.0) * DIRECTIONS as f32;
    (turn as usize % DIRECTIONS, turn.fract())
}

pub fn direction(k: usize) -> Vector2<f32> {
    let (sine, cosine) = (k as f32 * TAU / DIRECTIONS as f32).sin_cos();
    Vector2::new(cosine, sine)
}

/// For each direction the largest distance from the origin at which it meets one of the `edges`, and the point there.
/// `place` says where an edge's end is.
pub fn farthest(
    edges: impl Iterator<Item = [usize; 2]>,
    place: impl Fn(usize) -> Vector2<f32>,
) -> (Vec<f32>, Vec<Anchor>) {
    let mut out = vec![0.0f32; DIRECTIONS];
    let mut anchors = vec![Anchor { edge: [0; 2], share: 0.0 }; DIRECTIONS];
    let count = DIRECTIONS as f32;
    for edge in edges {
        let [a, b] = edge.map(&place);
        let turn = |p: Vector2<f32>| p.y.atan2(p.x) / TAU * count;
        let (from, way) = (turn(a), a.perp(&b).atan2(a.dot(&b)) / TAU * count);
        let (low, high) = (from.min(from + way).ceil() as i32, from.max(from + way).floor() as i32);
        for k in low..=high {
            let k = k.rem_euclid(DIRECTIONS as i32) as usize;
            let along = direction(k);
            let across = along.perp(&(b - a));
            if across.abs() > 1e-6 {
                let share = (-along.perp(&a) / across).clamp(0.0, 1.0);
                let distance = along.dot(&(a + (b - a) * share));
                if distance > out[k] {
                    out[k] = distance;
                    anchors[k] = Anchor { edge, share };
                }
            }
        }
    }
    (out, anchors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jumps_become_slopes() {
        let values: Vec<f32> =
            (0..DIRECTIONS).map(|k| if k < 200 { 40.0 } else { 44.0 } + 0.01 * (k as f32).sin()).collect();
        let found = eased(&values, 0.2);
        for (k, (a, b)) in found.iter().zip(found.iter().cycle().skip(1)).enumerate() {
            assert!((a - b).abs() < 0.2 + 1e-4, "{k}: {a} to {b}");
        }
        assert!(
            found
                .iter()
                .zip(&values)
                .enumerate()
                .all(|(k, (a, b))| (150..250).contains(&k) || !(50..670).contains(&k) || a == b)
        );
        assert!((found[200] - 42.0).abs() < 0.2);
    }
}
