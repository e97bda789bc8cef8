//! Keeps the face's triangles from folding over.
//!
//! A displacement that turns a triangle over shows as a tear or a crease. Its corners are moved
//! apart until it has a front again.

use std::sync::LazyLock;

use nalgebra::{Vector2, Vector3};

use crate::geometry::topology::{EYES, INNER_LIPS};
use crate::geometry::{CanonicalFace, VERTICES};

/// Triangles of less than this area at rest, square centimetres, are too small to tell which side they show, and are
/// left alone.
const LEAST_AREA: f64 = 2e-3;
/// Least area that a triangle keeps, seen from the front, as a share of its area at rest.
const LEAST_SHARE: f64 = 0.02;
/// Largest number of rounds over the folded triangles in one attempt to open them.
const ROUNDS: usize = 100;
/// Number of attempts in which only the corners of triangles that stay folded retreat; after them all vertices do.
const LOCAL_ATTEMPTS: usize = 50;
/// Share of the displacement that is left to a vertex each time that it retreats.
const RETREAT: f64 = 0.85;
/// How readily the edges of lids and lips move, against 1 for other skin.
const EDGE_WEIGHT: f64 = 0.05;
/// Number of first attempts in which these edges do not move at all: a mouth that is to close does close, if the skin
/// around it can give way.
const FIXED_ATTEMPTS: usize = 20;
/// Longest step of a vertex when one triangle is opened, centimetres.
const LONGEST_STEP: f64 = 0.1;

struct Mesh {
    /// Skin triangles: those that span an eye's or the mouth's opening are left out.
    skin: Vec<[usize; 3]>,
    /// For each vertex the skin triangles that it is a corner of, by their index.
    around: Vec<Vec<usize>>,
    /// Whether each vertex is on the edge of a lid or a lip: these are to stay where the expression puts them.
    edge: Vec<bool>,
}

static MESH: LazyLock<Mesh> = LazyLock::new(|| {
    let spans = |line: &[usize], triangle: &[usize; 3]| triangle.iter().all(|i| line.contains(i));
    let skin: Vec<[usize; 3]> = CanonicalFace::get()
        .triangles
        .iter()
        .map(|triangle| triangle.map(usize::from))
        .filter(|t| !spans(&INNER_LIPS, t) && EYES.iter().all(|eye| !spans(&eye.lids, t)))
        .collect();
    let mut around = vec![Vec::new(); VERTICES];
    for (index, triangle) in skin.iter().enumerate() {
        triangle.iter().for_each(|&i| around[i].push(index));
    }
    let mut edge = vec![false; VERTICES];
    for &i in EYES.iter().flat_map(|eye| &eye.lids).chain(&INNER_LIPS) {
        edge[i] = true;
    }
    Mesh { skin, around, edge }
});

/// Twice the area of a triangle seen from the front, canonical frame, square centimetres; its sign tells which side
/// is seen.
fn area(shape: &[Vector3<f64>], [a, b, c]: [usize; 3]) -> f64 {
    (shape[b] - shape[a]).xy().perp(&(shape[c] - shape[a]).xy())
}

/// The number of skin triangles of `shape` that are turned over against `rest`.
#[must_use]
pub fn folded(rest: &[Vector3<f64>], shape: &[Vector3<f64>]) -> usize {
    Skin::new(rest).folded(shape).count()
}

/// The skin triangles of a face while they are opened.
struct Skin {
    /// Twice the area of each at rest.
    rest: Vec<f64>,
    /// Triangles that may be folded: a corner has moved since they were checked last.
    pending: Pending,
}

/// A set of triangles, one bit for each index. Most rounds check a handful of the 800 triangles, in order.
struct Pending(Vec<u64>);

impl Pending {
    fn all(count: usize) -> Self {
        let mut set = Self(vec![0; count.div_ceil(64)]);
        (0..count).for_each(|index| set.insert(index));
        set
    }

    fn insert(&mut self, index: usize) {
        self.0[index / 64] |= 1 << (index % 64);
    }

    fn contains(&self, index: usize) -> bool {
        self.0[index / 64] >> (index % 64) & 1 == 1
    }

    /// Removes the first triangle whose index is not before `start`, and returns it.
    fn take(&mut self, start: usize) -> Option<usize> {
        let mut mask = u64::MAX << (start % 64);
        for (k, word) in self.0.iter_mut().enumerate().skip(start / 64) {
            let left = *word & mask;
            if left != 0 {
                *word &= !(left & left.wrapping_neg());
                return Some(64 * k + left.trailing_zeros() as usize);
            }
            mask = u64::MAX;
        }
        None
    }
}

/// Moves the corners of skin triangles that have turned over just so far that they show their front again:
/// one triangle after the other by the smallest step, over and over (position based dynamics, Müller et al. 2007).
/// The edges of lids and lips hardly give way. Both shapes hold at least the 468 vertices of the face.
///
/// Where that does not open a triangle, displacements shrink little by little until nothing is
/// folded: at first only those of the triangle's corners, later all.
pub fn unfold(rest: &[Vector3<f64>], shape: &mut [Vector3<f64>]) {
    let mut skin = Skin::new(rest);
    for attempt in 0.. {
        let fixed = attempt < FIXED_ATTEMPTS;
        if skin.relax(shape, if fixed { 0.0 } else { EDGE_WEIGHT }) {
            return;
        }
        let mut concerned = vec![attempt >= LOCAL_ATTEMPTS; VERTICES];
        for triangle in skin.folded(shape) {
            MESH.skin[triangle].iter().for_each(|&i| concerned[i] |= !(fixed && MESH.edge[i]));
        }
        for i in (0..VERTICES).filter(|&i| concerned[i]) {
            shape[i] = rest[i].lerp(&shape[i], RETREAT);
            if (shape[i] - rest[i]).norm() < 1e-6 {
                shape[i] = rest[i];
            }
            skin.moved(i);
        }
    }
}

impl Skin {
    fn new(rest: &[Vector3<f64>]) -> Self {
        let rest: Vec<f64> = MESH.skin.iter().map(|&triangle| area(rest, triangle)).collect();
        Self { pending: Pending::all(rest.len()), rest }
    }

    /// Remembers that a vertex has moved.
    fn moved(&mut self, vertex: usize) {
        MESH.around[vertex].iter().for_each(|&triangle| self.pending.insert(triangle));
    }

    /// The triangles that are turned over, by their index.
    fn folded(&self, shape: &[Vector3<f64>]) -> impl Iterator<Item = usize> {
        (0..self.rest.len()).filter(|&triangle| {
            let before = self.rest[triangle];
            self.pending.contains(triangle)
                && before.abs() > 2.0 * LEAST_AREA
                && area(shape, MESH.skin[triangle]) * before.signum() < 0.0
        })
    }

    /// Opens folded triangles; returns whether none is left. `edge` is how readily the edges of lids and lips move,
    /// against 1 for other skin.
    fn relax(&mut self, shape: &mut [Vector3<f64>], edge: f64) -> bool {
        for _ in 0..ROUNDS {
            let mut whole = true;
            let mut next = 0;
            while let Some(index) = self.pending.take(next) {
                next = index + 1;
                let (triangle, before) = (MESH.skin[index], self.rest[index]);
                let missing = LEAST_SHARE * before.abs() - area(shape, triangle) * before.signum();
                if before.abs() <= 2.0 * LEAST_AREA || missing <= 0.0 {
                    continue;
                }
                whole = false;
                let [a, b, c] = triangle;
                let [a, b, c] = [shape[a].xy(), shape[b].xy(), shape[c].xy()];
                let slope = |side: Vector2<f64>| Vector2::new(side.y, -side.x) * before.signum();
                let weight = |i: usize| if MESH.edge[i] { edge } else { 1.0 };
                let slopes = [slope(b - c), slope(c - a), slope(a - b)];
                let weights = [weight(triangle[0]), weight(triangle[1]), weight(triangle[2])];
                let stiffness: f64 = weights.iter().zip(&slopes).map(|(w, slope)| w * slope.norm_squared()).sum();
                let step = 1.05 * missing / stiffness.max(1e-9);
                for k in 0..3 {
                    let by = slopes[k] * (weights[k] * step);
                    // A collapsed triangle has no reliable direction to open in, so it opens a little at a time.
                    let by = by.cap_magnitude(LONGEST_STEP);
                    shape[triangle[k]].x += by.x;
                    shape[triangle[k]].y += by.y;
                    self.moved(triangle[k]);
                }
            }
            if whole {
                return true;
            }
        }
        self.folded(shape).next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_good_shape_is_left_alone() {
        let rest = CanonicalFace::get().positions.clone();
        let mut shape: Vec<_> = rest.iter().map(|p| p * 1.1 + Vector3::new(0.3, -0.2, 0.1)).collect();
        let before = shape.clone();
        unfold(&rest, &mut shape);
        assert_eq!(shape, before);
    }

    proptest! {
        #[test]
        fn what_is_pending_is_taken_in_order(starts in prop::collection::vec((0_usize..200, 0_usize..200), 1..100)) {
            let mut set = Pending::all(130);
            let mut wanted: std::collections::BTreeSet<usize> = (0..130).collect();
            for (start, insert) in starts {
                let first = wanted.range(start..).next().copied();
                prop_assert_eq!(set.take(start), first);
                first.map(|index| wanted.remove(&index));
                if insert < 130 {
                    set.insert(insert);
                    wanted.insert(insert);
                }
                prop_assert!((0..130).all(|index| set.contains(index) == wanted.contains(&index)));
            }
        }

        #[test]
        fn a_pulled_point_folds_nothing(index in 0..VERTICES, pull in prop::array::uniform3(-1.2..1.2f64)) {
            let rest = CanonicalFace::get().positions.clone();
            let mut shape = rest.clone();
            shape[index] += Vector3::from(pull);
            unfold(&rest, &mut shape);
            prop_assert_eq!(folded(&rest, &shape), 0);
        }
    }
}
