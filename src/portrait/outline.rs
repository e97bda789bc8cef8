//! Smooth outlines of openings (lids, lips) and distance fields of them.

use crate::geometry::smoothstep;

/// Points that each segment between two landmarks is divided into.
const DIVISIONS: usize = 3;

/// The closed outline of an opening between two corners: along the lower arc to the
/// second corner and back along the upper arc.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    /// Points, pixels.
    pub points: Vec<[f32; 2]>,
    /// Index of the second corner.
    pub turn: usize,
}

impl Outline {
    /// A smooth curve through `landmarks`, whose first corner is at index 0 and whose
    /// second corner is at index `turn`. The arcs are uniform Catmull-Rom splines; the corners stay sharp.
    #[must_use]
    pub fn through(landmarks: &[[f32; 2]], turn: usize) -> Self {
        let mut points = Vec::with_capacity(landmarks.len() * DIVISIONS);
        let back: Vec<[f32; 2]> = landmarks[turn..].iter().chain(&landmarks[..1]).copied().collect();
        for arc in [&landmarks[..=turn], &back[..]] {
            for k in 0..arc.len() - 1 {
                let before = arc[k.saturating_sub(1)];
                let after = arc[(k + 2).min(arc.len() - 1)];
                for step in 0..DIVISIONS {
                    let t = step as f32 / DIVISIONS as f32;
                    points
                        .push([0, 1].map(|axis| catmull_rom([before, arc[k], arc[k + 1], after].map(|p| p[axis]), t)));
                }
            }
        }
        Self { points, turn: turn * DIVISIONS }
    }

    /// Left, top, right, bottom.
    #[must_use]
    pub fn bounds(&self) -> [f32; 4] {
        self.points.iter().fold([f32::MAX, f32::MAX, f32::MIN, f32::MIN], |[l, t, r, b], &[x, y]| {
            [l.min(x), t.min(y), r.max(x), b.max(y)]
        })
    }

    /// The outline's straight pieces, each from one point to the next, all around.
    pub(crate) fn segments(&self) -> impl Iterator<Item = ([f32; 2], [f32; 2])> {
        self.points.iter().copied().zip(self.points.iter().copied().cycle().skip(1))
    }

    /// Whether a point lies in the opening (even-odd rule).
    #[must_use]
    pub fn contains(&self, [x, y]: [f32; 2]) -> bool {
        let count = self.points.len();
        let crossings = (0..count).filter(|&k| {
            let ([ax, ay], [bx, by]) = (self.points[k], self.points[(k + 1) % count]);
            (ay > y) != (by > y) && x < ax + (y - ay) / (by - ay) * (bx - ax)
        });
        crossings.count() % 2 == 1
    }

    /// Distances to the lower and to the upper arc, pixels.
    #[must_use]
    pub fn arc_distances(&self, point: [f32; 2]) -> [f32; 2] {
        let count = self.points.len();
        let mut nearest = [f32::MAX; 2];
        for k in 0..count {
            let arc = usize::from(k >= self.turn);
            nearest[arc] = nearest[arc].min(squared_distance(point, self.points[k], self.points[(k + 1) % count]));
        }
        nearest.map(f32::sqrt)
    }
}

fn catmull_rom([a, b, c, d]: [f32; 4], t: f32) -> f32 {
    let (m, n) = ((c - a) / 2.0, (d - b) / 2.0);
    let (t2, t3) = (t * t, t * t * t);
    b * (2.0 * t3 - 3.0 * t2 + 1.0) + m * (t3 - 2.0 * t2 + t) + c * (3.0 * t2 - 2.0 * t3) + n * (t3 - t2)
}

/// Squared distance of a point to a segment.
pub(crate) fn squared_distance([x, y]: [f32; 2], [ax, ay]: [f32; 2], [bx, by]: [f32; 2]) -> f32 {
    let (dx, dy) = (bx - ax, by - ay);
    let t = (((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy).max(1e-12)).clamp(0.0, 1.0);
    (x - ax - t * dx).powi(2) + (y - ay - t * dy).powi(2)
}

/// A rectangle of whole pixels in the photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patch {
    /// Top left corner.
    pub origin: [u32; 2],
    /// Width and height, at least 1.
    pub size: [u32; 2],
}

impl Patch {
    /// The rectangle \[left, top, right, bottom\], grown outwards to whole pixels and cut to a
    /// picture of `width` x `height`.
    #[must_use]
    pub fn around([left, top, right, bottom]: [f32; 4], width: u32, height: u32) -> Self {
        let origin = [(left, width), (top, height)].map(|(low, limit)| (low.max(0.0) as u32).min(limit.max(1) - 1));
        let end = [(right, width), (bottom, height)].map(|(high, limit)| (high.max(0.0).ceil() as u32).min(limit));
        Self { origin, size: [0, 1].map(|axis| end[axis].saturating_sub(origin[axis]).max(1)) }
    }

    /// The centres of the pixels in photo coordinates, row by row.
    pub fn centres(&self) -> impl Iterator<Item = [f32; 2]> + use<> {
        let Self { origin: [x0, y0], size: [width, height] } = *self;
        (0..height).flat_map(move |y| (0..width).map(move |x| [(x0 + x) as f32 + 0.5, (y0 + y) as f32 + 0.5]))
    }
}

/// Distances to an opening, sampled at the pixels of a patch.
#[derive(Debug, Clone)]
pub struct Field {
    /// Where the field lies in the photo.
    pub patch: Patch,
    /// Four values for each pixel, row by row: distance to the opening's outline (positive inside, pixels), distance to
    /// the upper arc (positive below it, pixels), how far the upper arc is the nearer one (0 to 1), and height in the
    /// opening (0 at the lower arc, 1 at the upper).
    pub values: Vec<[f32; 4]>,
}

impl Field {
    /// The field of `outline` over `patch`.
    #[must_use]
    pub fn of(outline: &Outline, patch: Patch) -> Self {
        let [left, _, right, _] = outline.bounds();
        let blend = f64::from((right - left) * 0.06).max(0.5);
        let values = patch
            .centres()
            .map(|point| {
                let [lower, upper] = outline.arc_distances(point);
                let inside = outline.contains(point);
                let nearest = lower.min(upper);
                let above = smoothstep(f64::from(lower - upper), -blend, blend) as f32;
                [
                    if inside { nearest } else { -nearest },
                    if inside || above < 0.5 { upper } else { -upper },
                    above,
                    lower / (lower + upper).max(1e-6),
                ]
            })
            .collect();
        Self { patch, values }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn almond() -> Outline {
        let arc = |k: usize, sign: f32| {
            let t = k as f32 / 8.0;
            [20.0 + 60.0 * t, 40.0 + sign * 15.0 * (t * std::f32::consts::PI).sin()]
        };
        let points: Vec<_> = (0..=8).map(|k| arc(k, 1.0)).chain((1..8).rev().map(|k| arc(k, -1.0))).collect();
        Outline::through(&points, 8)
    }

    #[test]
    fn curve_passes_through_its_landmarks() {
        let outline = almond();
        assert_eq!(outline.points.len(), 48);
        assert_eq!(outline.points[0], [20.0, 40.0]);
        assert_eq!(outline.points[outline.turn], [80.0, 40.0]);
        assert!((outline.points[12][1] - 55.0).abs() < 1e-4);
    }

    #[test]
    fn field_has_the_signs_of_the_opening() {
        let outline = almond();
        let patch = Patch::around([0.0, 0.0, 100.0, 80.0], 100, 80);
        let field = Field::of(&outline, patch);
        let at = |x: usize, y: usize| field.values[y * 100 + x];
        assert!((at(50, 40)[0] - 14.5).abs() < 0.6, "{:?}", at(50, 40));
        assert!(at(50, 10)[0] < -10.0 && at(50, 10)[1] < -10.0 && at(50, 10)[2] > 0.99);
        assert!(at(50, 70)[0] < -10.0 && at(50, 70)[1] > 20.0 && at(50, 70)[2] < 0.01);
    }

    #[test]
    fn patches_stay_inside_the_picture() {
        assert_eq!(Patch::around([-5.0, 3.2, 12.5, 99.0], 10, 20), Patch { origin: [0, 3], size: [10, 17] });
        assert_eq!(Patch::around([50.0, 50.0, 60.0, 60.0], 10, 20), Patch { origin: [9, 19], size: [1, 1] });
    }
}
