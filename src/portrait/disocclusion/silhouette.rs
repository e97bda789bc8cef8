//! Where a face ends in the photo, direction by direction, and which part of its surroundings it hides there.

use image::GrayImage;
use nalgebra::Vector2;

use super::directions::{Anchor, DIRECTIONS, direction, evened, farthest, turn, widened};
use crate::geometry::topology::{EYES, OVAL};
use crate::geometry::{CanonicalFace, VERTICES, smoothstep};
use crate::portrait::mesh::HeadMesh;

/// How much the face hides its surroundings in a direction, by how far the oval lies inside the outline there: 0
/// below the first, 1 above the second; shares of the face's width.
const HIDDEN: [f64; 2] = [0.01, 0.04];
/// Directions on either side to which the hidden part of the surroundings is widened, and over which its ends are
/// evened out: at a chin the oval's landmarks are the outline, but the face goes on beyond them there too.
const AROUND_HIDDEN: usize = 20;
/// Directions on either side over which the hidden part is evened out where it is not widened
/// ([`Silhouette::beyond_oval`]).
const AROUND_OVAL: usize = 3;
/// How much what stands beside the outline goes with it in a direction, by how far the oval lies inside the outline: 0
/// below the first, 1 above the second; shares of the face's width.
const HELD: [f64; 2] = [0.005, 0.03];
/// Further directions on either side over which that share is widened and evened out, lest the band fold at its ends.
const AROUND_HELD: usize = 40;
/// How far beyond the outline glasses, a beard or hair beside the cheek are looked for, as a share of the face's
/// width. What reaches farther goes with the outline up to this distance.
const BESIDE: f32 = 0.3;
/// Width of the zone beyond what goes with the outline, in which motion passes over into that of the rings, as a
/// share of the face's width.
const FADING: f32 = 0.25;
/// What lies beyond the outline by less than this counts as the face in every direction, as a share of the face's
/// width: landmarks are no more exact.
const MARGIN: f32 = 0.02;
/// Directions on either side over which the distances at which the matte ends are widened and evened out.
const AROUND_ENDS: usize = 15;
/// Least value of the matte, of 255, that counts as somebody: where it is less, the person has ended.
const FAINT: u8 = 25;
/// A vertex that lies inside the outline by less than this counts as on it, as a share of the outline's distance from
/// the middle.
const ON_OUTLINE: f32 = 0.03;
/// Largest distance beyond the end of what stands beside the face at which colours for places behind the face are
/// taken, as a share of the face's width. For places deeper behind the face the distance only approaches this:
/// farther out the hair would end.
const REACH: f32 = 0.1;
/// Overlap of the band around the outline with what it passes into, pixels.
const SEAM: f32 = 3.0;

/// What lies behind a place of the photo at which the face, or the band around it, may hide something.
#[derive(Debug, Clone, Copy)]
pub enum Behind {
    /// Nothing is hidden: the place shows what the photo shows.
    Nothing,
    /// Nobody: the background.
    Background,
    /// This other place of the photo (pixels) shows what lies behind.
    Place(Vector2<f32>),
}

/// The outline of the face in the photo, seen from its middle.
#[derive(Debug)]
pub struct Silhouette {
    pub centre: Vector2<f32>,
    /// Distance from the middle to the landmarks' outline in each direction, pixels.
    pub reach: Vec<f32>,
    /// The point of the face's mesh that is the outline in each direction.
    pub anchors: Vec<Anchor>,
    /// How far beyond the outline what stands beside the face ends in each direction, pixels. Where it has no end
    /// within [`BESIDE`], only [`MARGIN`] is taken; 0 where nothing goes with the face.
    ends: Vec<f32>,
    /// Width of the gap between that end and where somebody is seen again, [`REACH`] at most, pixels. Colours are taken
    /// from the gap only: a shoulder beyond it is no part of what goes on behind the face.
    room: Vec<f32>,
    /// How far beyond the outline things go with the face altogether, and how far they do in part; pixels.
    pub held: Vec<[f32; 2]>,
    /// How much of the face lies beyond its oval in each direction, and so hides its surroundings, \[0, 1\].
    pub beyond_oval: Vec<f32>,
    /// [`beyond_oval`](Self::beyond_oval), widened to the directions beside, \[0, 1\].
    pub hidden: Vec<f32>,
    /// How far beyond the outline somebody is seen in each direction, as a share of the face's width, [`BESIDE`] at
    /// most.
    pub stands_out: Vec<f32>,
    /// The face's width, pixels.
    pub width: f32,
}

impl Silhouette {
    /// The outline of the face of `mesh`; `None` if it hides nothing.
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
        let (ends, room, held, stands_out) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut out = Self { centre, reach, anchors, ends, room, held, beyond_oval, hidden, stands_out, width };
        let usual = &CanonicalFace::get().positions;
        let cheeks = EYES.iter().map(|eye| usual[eye.cheek].y).fold(f64::MIN, f64::max);
        let seen_through = |k: usize| out.anchors[k].on(usual).y > cheeks;
        let found: Vec<Option<f32>> = (0..DIRECTIONS).map(|k| out.end(matte, k, seen_through(k))).collect();
        let ends = |unknown: f32| {
            let ends: Vec<f32> = found.iter().map(|end| end.unwrap_or(unknown).max(MARGIN * width)).collect();
            widened(&ends, AROUND_ENDS)
        };
        out.stands_out = found.iter().map(|end| end.map_or(BESIDE, |end| end / width)).collect();
        let rooms: Vec<f32> = (0..DIRECTIONS).map(|k| -out.room(matte, k, found[k].unwrap_or_default())).collect();
        out.room = widened(&rooms, AROUND_ENDS).into_iter().map(|room| -room).collect();
        out.ends = ends(0.0).into_iter().zip(&hold).map(|(end, hold)| end * hold).collect();
        let held = ends(BESIDE * width).into_iter().zip(hold);
        out.held = held.map(|(end, hold)| [end * hold, (end + FADING * width) * hold]).collect();
        Some(out)
    }

    /// How far beyond the landmarks' outline the person ends in a direction, pixels; `None` if it does not within
    /// [`BESIDE`]. With `glasses` (above the cheeks) the last end counts, if there is one that near, as the matte has
    /// a gap where glasses are seen through. Otherwise the first end counts, as a shoulder may lie beyond the gap.
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

    /// How far it is in a direction from the person's end to where somebody is seen again, pixels, [`REACH`] at most.
    /// A gap of less than [`SEAM`] does not count.
    fn room(&self, matte: &GrayImage, k: usize, end: f32) -> f32 {
        let most = REACH * self.width;
        let nobody = |step: &u32| self.seen(matte, k, end + *step as f32).is_some_and(|share| share < FAINT);
        let gap = (0..most as u32).take_while(nobody).count() as f32;
        if gap < SEAM { most } else { gap.min(most) }
    }

    /// The matte `beyond` pixels outside the landmarks' outline in a direction; `None` outside the photo.
    pub fn seen(&self, matte: &GrayImage, k: usize, beyond: f32) -> Option<u8> {
        let place = self.centre + direction(k) * (self.reach[k] + beyond);
        let inside = place.x >= 0.0 && place.y >= 0.0;
        matte.get_pixel_checked(place.x as u32, place.y as u32).filter(|_| inside).map(|share| share.0[0])
    }

    /// Vertices on the part of the outline that hides something, each with the nearest vertex of the rings around the
    /// face.
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

    /// Left, top, right and bottom, pixels, of the area behind which something else is to be seen, if there is any.
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

    /// What lies at a place of the photo behind the face, and behind what goes with the face.
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

#[cfg(test)]
mod tests;
