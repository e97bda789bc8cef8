//! Where a face ends in the photo, direction by direction, and what of its surroundings it hides there.

use std::f32::consts::TAU;

use image::GrayImage;
use nalgebra::{Vector2, Vector3};

use crate::geometry::topology::{EYES, OVAL};
use crate::geometry::{CanonicalFace, VERTICES, smoothstep};
use crate::portrait::mesh::HeadMesh;

/// Directions from the middle of the face in which its outline is known.
pub const DIRECTIONS: usize = 720;
/// How far the oval has to lie inside the outline for its surroundings to count as hidden, not at all and altogether; shares of the face's width.
const HIDDEN: [f64; 2] = [0.01, 0.04];
/// Directions on either side over which the ends of what is hidden are evened out: at a chin the landmarks
/// are the outline, but the face goes on beyond them there too.
const AROUND_HIDDEN: usize = 20;
/// Directions on either side over which it is evened out where it does not go on.
const AROUND_OVAL: usize = 3;
/// The same for what stands beside the outline to go with it. It is evened out over more directions, lest it fold at either end.
const HELD: [f64; 2] = [0.005, 0.03];
const AROUND_HELD: usize = 40;
/// How far beyond the outline glasses, a beard or hair beside the cheek are looked for, as a share of the face's width. What is wider is held so far.
const BESIDE: f32 = 0.3;
/// From there to where what is there moves as the rings do, as a share of the face's width.
const FADING: f32 = 0.25;
/// What is nearer to the outline than this, as a share of the face's width, is the face everywhere: landmarks are no surer than that.
const MARGIN: f32 = 0.02;
/// Directions on either side over which the matte's ends are evened out.
const AROUND_ENDS: usize = 15;
/// The matte where a person ends.
const FAINT: u8 = 25;
/// What is nearer to the outline than this lies on it, as a share of its distance from the middle.
const ON_OUTLINE: f32 = 0.03;
/// What is farther inside than this, as a share of the face's width, shows nothing farther outside: there the hair would end.
const REACH: f32 = 0.1;
/// Pixels by which the band around the outline overlaps with what it passes into.
const SEAM: f32 = 3.0;

/// What lies behind a place of the photo that the face hides, or the band around it.
#[derive(Debug, Clone, Copy)]
pub enum Behind {
    /// Nothing else than the photo shows.
    Nothing,
    /// Nobody: the background.
    Background,
    /// What this place of the photo shows.
    Place(Vector2<f32>),
}

/// A point on an edge of the face's mesh: the edge's ends, and how far along it the point lies, \[0, 1\].
#[derive(Debug, Clone, Copy)]
pub struct Anchor {
    pub edge: [usize; 2],
    pub share: f32,
}

impl Anchor {
    /// Where it is on a face of this shape, centimetres.
    pub fn on(&self, shape: &[Vector3<f64>]) -> Vector3<f64> {
        let [a, b] = self.edge.map(|i| shape[i]);
        a + (b - a) * f64::from(self.share)
    }
}

/// The outline of the face in the photo, seen from its middle.
#[derive(Debug)]
pub struct Silhouette {
    pub centre: Vector2<f32>,
    /// Distance from the middle to the landmarks' outline in each direction, pixels, and what the outline is there.
    pub reach: Vec<f32>,
    pub anchors: Vec<Anchor>,
    /// As far beyond the outline what stands beside the face ends, or 0 where that is far away; pixels.
    ends: Vec<f32>,
    /// From there to where, after a gap, somebody is again, or as far as is looked: a shoulder is no part of what goes on behind the face; pixels.
    room: Vec<f32>,
    /// As far beyond it what is there goes with the face altogether, and in part; pixels.
    pub held: Vec<[f32; 2]>,
    /// How much of the face lies beyond its oval in each direction, and so hides its surroundings, \[0, 1\].
    pub beyond_oval: Vec<f32>,
    /// The same, going on over the directions beside.
    pub hidden: Vec<f32>,
    /// The face's width, pixels.
    pub width: f32,
}

impl Silhouette {
    /// `None` if nothing is hidden.
    pub fn of(mesh: &HeadMesh, matte: &GrayImage) -> Option<Self> {
        let points: Vec<Vector2<f32>> = mesh.source.iter().take(VERTICES).map(|&[x, y]| Vector2::new(x, y)).collect();
        if points.len() < VERTICES || !points.iter().all(|p| p.x.is_finite() && p.y.is_finite()) {
            return None;
        }
        let centre = points.iter().sum::<Vector2<f32>>() / VERTICES as f32;
        let around = |i: usize| points[i] - centre;
        let faces = &CanonicalFace::get().triangles;
        let edges = faces.iter().map(|t| t.map(usize::from)).flat_map(|[a, b, c]| [[a, b], [b, c], [c, a]]);
        let (reach, anchors) = farthest(edges, around);
        let (oval, _) = farthest((0..OVAL.len()).map(|k| [OVAL[k], OVAL[(k + 1) % OVAL.len()]]), around);
        let width = 2.0 * reach.iter().sum::<f32>() / DIRECTIONS as f32;
        let depth: Vec<f32> = reach.iter().zip(&oval).map(|(far, near)| (far - near) / width).collect();
        if width < 1.0 || depth.iter().all(|&depth| f64::from(depth) <= HIDDEN[0]) {
            return None;
        }
        let share = |depth: f32, [none, all]: [f64; 2]| smoothstep(f64::from(depth), none, all) as f32;
        let shares = |range| widened(&depth.iter().map(|&d| share(d, range)).collect::<Vec<_>>(), AROUND_HIDDEN);
        let (hidden, hold) = (shares(HIDDEN), widened(&shares(HELD), AROUND_HELD));
        let beyond_oval = evened(&depth.iter().map(|&d| share(d, HIDDEN)).collect::<Vec<_>>(), AROUND_OVAL);
        let (ends, room, held) = (Vec::new(), Vec::new(), Vec::new());
        let mut out = Self { centre, reach, anchors, ends, room, held, beyond_oval, hidden, width };
        let usual = &CanonicalFace::get().positions;
        let cheeks = EYES.iter().map(|eye| usual[eye.cheek].y).fold(f64::MIN, f64::max);
        let glasses = |k: usize| out.anchors[k].on(usual).y > cheeks;
        let found: Vec<Option<f32>> = (0..DIRECTIONS).map(|k| out.end(matte, k, glasses(k))).collect();
        let ends = |unknown: f32| {
            let ends: Vec<f32> = found.iter().map(|end| end.unwrap_or(unknown).max(MARGIN * width)).collect();
            widened(&ends, AROUND_ENDS)
        };
        let rooms: Vec<f32> = (0..DIRECTIONS).map(|k| -out.room(matte, k, found[k].unwrap_or_default())).collect();
        out.room = widened(&rooms, AROUND_ENDS).into_iter().map(|room| -room).collect();
        out.ends = ends(0.0).into_iter().zip(&hold).map(|(end, hold)| end * hold).collect();
        let held = ends(BESIDE * width).into_iter().zip(hold);
        out.held = held.map(|(end, hold)| [end * hold, (end + FADING * width) * hold]).collect();
        Some(out)
    }

    /// How far beyond the landmarks' outline a person ends in a direction, pixels: above the cheeks at last, as glasses are seen through; if that
    /// is not near, and below them, where a shoulder may lie beyond the gap, first.
    fn end(&self, matte: &GrayImage, k: usize, glasses: bool) -> Option<f32> {
        let somebody = |step: &u32| self.seen(matte, k, *step as f32).is_none_or(|share| share >= FAINT);
        let most = (BESIDE * self.width) as u32;
        let end = match (0..most).rev().find(somebody) {
            None => Some(0),
            Some(last) if glasses && last + 1 < most => Some(last + 1),
            Some(_) => (0..most).find(|step| !somebody(step)),
        };
        end.map(|step| step as f32)
    }

    /// How far it is from there to where somebody is again, pixels, [`REACH`] at most.
    fn room(&self, matte: &GrayImage, k: usize, end: f32) -> f32 {
        let most = REACH * self.width;
        let nobody = |step: &u32| self.seen(matte, k, end + *step as f32).is_some_and(|share| share < FAINT);
        let gap = (0..most as u32).take_while(nobody).count() as f32;
        if gap < SEAM { most } else { gap.min(most) }
    }

    /// The matte so many pixels beyond the landmarks' outline in a direction; `None` outside the photo.
    pub fn seen(&self, matte: &GrayImage, k: usize, beyond: f32) -> Option<u8> {
        let place = self.centre + direction(k) * (self.reach[k] + beyond);
        let inside = place.x >= 0.0 && place.y >= 0.0;
        matte.get_pixel_checked(place.x as u32, place.y as u32).filter(|_| inside).map(|share| share.0[0])
    }

    /// Vertices on the outline that hides something, each with the nearest one around the face.
    pub fn meeting(&self, mesh: &HeadMesh) -> Vec<[usize; 2]> {
        let place = |i: usize| Vector2::from(mesh.source[i]);
        let on_outline = |i: &usize| {
            let way = place(*i) - self.centre;
            let (k, _) = turn(way);
            self.hidden[k] > 0.5 && way.norm() > (1.0 - ON_OUTLINE) * self.reach[k]
        };
        let around = |i: usize| {
            let apart = |j: &usize| (place(*j) - place(i)).norm();
            mesh.first_rings().min_by(|a, b| apart(a).total_cmp(&apart(b)))
        };
        (0..VERTICES).filter(on_outline).filter_map(|i| around(i).map(|j| [i, j])).collect()
    }

    /// Left, top, right and bottom of what something else is seen behind, if there is anything.
    pub fn bounds(&self) -> Option<[f32; 4]> {
        let far = |k: usize| self.held[k][1].max(self.ends[k]);
        let hidden = (0..DIRECTIONS).filter(|&k| far(k) > 0.0);
        let ends = hidden.map(|k| self.centre + direction(k) * (self.reach[k] + far(k)));
        let bounds = ends.fold(None, |bounds: Option<[f32; 4]>, end| {
            let [l, t, r, b] = bounds.unwrap_or([self.centre.x, self.centre.y, self.centre.x, self.centre.y]);
            Some([l.min(end.x), t.min(end.y), r.max(end.x), b.max(end.y)])
        });
        bounds.filter(|bounds| bounds.iter().all(|v| v.is_finite()))
    }

    /// What is seen behind the face, and behind what goes with it, at a place of the photo.
    pub fn behind(&self, place: Vector2<f32>) -> Behind {
        let way = place - self.centre;
        let distance = way.norm();
        let (k, share) = turn(way);
        let between = |value: &dyn Fn(usize) -> f32| {
            let (here, next) = (value(k), value((k + 1) % DIRECTIONS));
            here + (next - here) * share
        };
        let beyond = distance - between(&|k| self.reach[k]);
        let (end, far) = (between(&|k| self.ends[k]), between(&|k| self.held[k][1]));
        match beyond {
            _ if far <= 0.0 => Behind::Nothing,
            0.0.. if beyond < far - SEAM => Behind::Background,
            _ if beyond < end => {
                let cap = between(&|k| self.room[k]).max(1.0);
                let farther = end - beyond + cap * ((end - beyond) / cap).tanh();
                Behind::Place(place + way / distance.max(1e-3) * farther)
            }
            _ => Behind::Nothing,
        }
    }
}

/// The largest value of the directions on either side, evened out.
pub fn widened(values: &[f32], count: usize) -> Vec<f32> {
    let largest: Vec<f32> =
        (0..DIRECTIONS).map(|k| around_direction(k, count).map(|j| values[j]).fold(f32::MIN, f32::max)).collect();
    evened(&largest, count)
}

/// The mean of the directions on either side.
pub fn evened(values: &[f32], count: usize) -> Vec<f32> {
    let mean = |k| around_direction(k, count).map(|j| values[j]).sum::<f32>() / (2 * count + 1) as f32;
    (0..DIRECTIONS).map(mean).collect()
}

/// Halfway between the smallest values from above and the largest from below that change by `steepest` at most from a direction to the next:
/// what changes less stays as it is, and a jump becomes a slope.
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

/// A direction and `count` on either side of it.
fn around_direction(k: usize, count: usize) -> impl Iterator<Item = usize> {
    (0..=2 * count).map(move |j| (k + DIRECTIONS + j - count) % DIRECTIONS)
}

/// The direction before a way from the middle, and how far it is from that one to the next, 0 to 1.
pub fn turn(way: Vector2<f32>) -> (usize, f32) {
    let turn = (way.y.atan2(way.x) / TAU).rem_euclid(1.0) * DIRECTIONS as f32;
    (turn as usize % DIRECTIONS, turn.fract())
}

pub fn direction(k: usize) -> Vector2<f32> {
    let (sine, cosine) = (k as f32 * TAU / DIRECTIONS as f32).sin_cos();
    Vector2::new(cosine, sine)
}

/// The largest distance from the origin, in each direction, at which one of these edges is met, and where on it.
fn farthest(edges: impl Iterator<Item = [usize; 2]>, place: impl Fn(usize) -> Vector2<f32>) -> (Vec<f32>, Vec<Anchor>) {
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
#[allow(clippy::unwrap_used)]
mod tests {
    use image::Luma;

    use super::*;
    use crate::portrait::prepare::tests::seen;

    /// The outline of a face turned by `yaw` degrees where the matte is 255 so many pixels beyond the landmarks.
    fn outline(yaw: f64, person: impl Fn(f32) -> bool) -> Silhouette {
        let mesh = HeadMesh::build(&seen(yaw).geometry());
        let alone = Silhouette::of(&mesh, &GrayImage::new(600, 600)).unwrap();
        let matte = GrayImage::from_fn(600, 600, |x, y| {
            let way = Vector2::new(x as f32 + 0.5, y as f32 + 0.5) - alone.centre;
            Luma([if person(way.norm() - alone.reach[turn(way).0]) { 255 } else { 0 }])
        });
        Silhouette::of(&mesh, &matte).unwrap()
    }

    fn most(values: &[f32]) -> f32 {
        values.iter().copied().fold(0.0, f32::max)
    }

    #[test]
    fn what_stands_beside_a_face_is_held_to_where_the_matte_ends() {
        for yaw in [-30.0, 12.0, 30.0] {
            let width = outline(yaw, |_| false).width;
            // A beard; glasses, which are seen through; hair that is too wide to have an end.
            for (person, end, held) in [
                (&(|beyond| beyond < 0.1 * width) as &dyn Fn(f32) -> bool, 0.1, 0.1),
                (&|beyond| beyond < 0.0 || (0.17 * width..0.2 * width).contains(&beyond), 0.2, 0.2),
                (&|_| true, MARGIN, BESIDE),
            ] {
                let found = outline(yaw, person);
                let near: Vec<f32> = found.held.iter().map(|[near, _]| *near).collect();
                assert!((most(&found.ends) / width - end).abs() < 0.02, "{yaw}: {}", most(&found.ends) / width);
                assert!((most(&near) / width - held).abs() < 0.02, "{yaw}: {}", most(&near) / width);
            }
        }
    }

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

    #[test]
    fn behind_what_is_held_there_is_nobody() {
        let found = outline(30.0, |beyond| beyond < 25.0);
        let held = |k: &usize| found.held[*k][0] > 20.0;
        let k = (0..DIRECTIONS).find(held).unwrap();
        let at = |beyond: f32| found.behind(found.centre + direction(k) * (found.reach[k] + beyond));
        assert!(matches!(at(10.0), Behind::Background));
        assert!(matches!(at(found.held[k][1] + 1.0), Behind::Nothing));
        // Behind the face goes on what lies beyond all that.
        let Behind::Place(place) = at(-10.0) else { panic!("nothing behind the face") };
        assert!((place - found.centre).norm() > found.reach[k] + 20.0);
        // On the near side nothing is hidden.
        let k = (0..DIRECTIONS).find(|&k| found.held[k][1] == 0.0).unwrap();
        assert!(matches!(found.behind(found.centre + direction(k) * (found.reach[k] - 5.0)), Behind::Nothing));
    }
}
