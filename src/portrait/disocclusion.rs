//! What a turned face hides of its own surroundings, for when it turns back.
//!
//! On a face that is not seen from the front, the far cheek and the nose stand before the far end of the oval and of
//! what lies around it. The photo shows the face there, and so it must not be taken for hair or background: a head that
//! turns to the viewer would uncover a second face. Such places show what lies on the other side of the face's
//! outline instead, at about the same distance from it (a mirrored continuation, which keeps the texture of hair).

use std::f32::consts::TAU;

use image::{GrayImage, Rgba, RgbaImage};
use nalgebra::Vector2;
use ritratto_draw::Surroundings;

use super::mesh::{HeadMesh, PlacedVertex};
use super::plane::Tap;
use crate::geometry::topology::OVAL;
use crate::geometry::{CanonicalFace, VERTICES, smoothstep};

/// Directions from the middle of the face in which its outline is known.
const DIRECTIONS: usize = 720;
/// How far the oval has to lie inside the outline for its surroundings to count as hidden, not at all and altogether; shares of the face's width.
const HIDDEN: [f64; 2] = [0.01, 0.04];
/// How far a face may reach beyond its landmarks' outline, as a share of its width. Where the matte ends so near, the face
/// does, with its lashes and brow, if the oval lies so far inside the outline (first not at all, then altogether): on a face that is turned less,
/// what is there is the head's own far side, its ear and its jaw. But if it ends farther away than [`STRAND`] in most directions around, a strand of hair
/// lies between. A rim as wide as [`MARGIN`] is taken for the face everywhere: landmarks are no surer than that.
/// On a face that is turned aside and up at once the oval is nearer to the outline: from [`TURNED`] degrees from the front on, not at all
/// and altogether, that does not matter.
const BEYOND: f32 = 0.14;
const TURNED_AWAY: [f64; 2] = [0.08, 0.14];
const TURNED: [f64; 2] = [38.0, 44.0];
const STRAND: f32 = 0.06;
const MARGIN: f32 = 0.02;
/// Directions on either side that are looked at for hair.
const AROUND_STRAND: usize = 45;
/// The matte where a person ends.
const FAINT: u8 = 25;
/// What is nearer to the outline than this lies on it, as a share of its distance from the middle.
const ON_OUTLINE: f32 = 0.03;
/// Directions on either side over which that is evened out, and over which the ends of what is hidden are: at a chin the landmarks
/// are the outline, but the face goes on beyond them there too.
const EVENED: usize = 6;
const AROUND_HIDDEN: usize = 20;
/// How far the outline has to move against its surroundings until all that was hidden counts as uncovered, from none on; shares of the
/// face's width. In between, what the face has beyond its landmarks fades away.
const UNCOVERED: [f64; 2] = [0.008, 0.04];
/// What is farther inside than this, as a share of the face's width, shows nothing farther outside: there the hair would end.
const REACH: f32 = 0.1;

/// A patch of the photo in which the surroundings of the face go on behind it.
#[derive(Debug, Clone)]
pub struct Disocclusion {
    /// Top left corner of the patch in the photo, pixels.
    pub origin: [u32; 2],
    /// Colours of the head and, as alpha, the matte: those of photo and matte where the face hides nothing.
    pub picture: RgbaImage,
    /// The face's width, pixels.
    width: f32,
    /// Vertices of the mesh on the outline that hides something, each with the nearest one around the face.
    meeting: Vec<[usize; 2]>,
}

impl Disocclusion {
    /// For a photo and its layers; `None` if the face hides nothing around it, as one that is seen from the front.
    #[must_use]
    pub fn find(photo: &RgbaImage, matte: &GrayImage, plate: &RgbaImage, mesh: &HeadMesh) -> Option<Self> {
        if photo.is_empty() || matte.dimensions() != photo.dimensions() || plate.dimensions() != photo.dimensions() {
            return None;
        }
        let outline = Outline::of(mesh, matte)?;
        let [left, top, right, bottom] = outline.hidden_bounds()?;
        let origin = [(left, photo.width()), (top, photo.height())]
            .map(|(low, size)| ((low.max(0.0) as u32).min(size - 1)).saturating_sub(Surroundings::BORDER));
        let end = [(right, photo.width()), (bottom, photo.height())]
            .map(|(high, size)| (high.max(0.0).ceil() as u32 + Surroundings::BORDER).min(size));
        if end[0] <= origin[0] || end[1] <= origin[1] {
            return None;
        }
        let layers = Layered { photo, matte, plate };
        let picture = RgbaImage::from_fn(end[0] - origin[0], end[1] - origin[1], |x, y| {
            layers.seen(&outline, [origin[0] + x, origin[1] + y])
        });
        Some(Self { origin, picture, width: outline.width, meeting: outline.meeting(mesh) })
    }

    /// How much of what is hidden in the photo shall be shown where `placed` puts the mesh, \[0, 1\]; 0 where the outline lies as it does in the photo.
    #[must_use]
    pub fn uncovered(&self, mesh: &HeadMesh, placed: &[PlacedVertex]) -> f32 {
        let motion = |i: usize| Vector2::from(placed[i].position) - Vector2::from(mesh.source[i]);
        let apart = self.meeting.iter().map(|&[face, around]| (motion(face) - motion(around)).norm());
        smoothstep(f64::from(apart.fold(0.0, f32::max) / self.width), UNCOVERED[0], UNCOVERED[1]) as f32
    }
}

/// The outline of the face in the photo, seen from its middle.
struct Outline {
    centre: Vector2<f32>,
    /// Distance from the middle to the landmarks' outline in each direction, pixels.
    reach: Vec<f32>,
    /// How much farther the face reaches, pixels.
    beyond: Vec<f32>,
    /// How much of the surroundings is hidden in each direction, \[0, 1\].
    hidden: Vec<f32>,
    /// The face's width, pixels.
    width: f32,
}

impl Outline {
    /// `None` if nothing is hidden.
    fn of(mesh: &HeadMesh, matte: &GrayImage) -> Option<Self> {
        let points: Vec<Vector2<f32>> = mesh.source.iter().take(VERTICES).map(|&[x, y]| Vector2::new(x, y)).collect();
        if points.len() < VERTICES || !points.iter().all(|p| p.x.is_finite() && p.y.is_finite()) {
            return None;
        }
        let centre = points.iter().sum::<Vector2<f32>>() / VERTICES as f32;
        let around = |ends: [usize; 2]| ends.map(|i| points[i] - centre);
        let faces = &CanonicalFace::get().triangles;
        let edges = faces.iter().map(|t| t.map(usize::from)).flat_map(|[a, b, c]| [[a, b], [b, c], [c, a]]);
        let reach = farthest(edges.map(around));
        let oval = farthest((0..OVAL.len()).map(|k| around([OVAL[k], OVAL[(k + 1) % OVAL.len()]])));
        let width = 2.0 * reach.iter().sum::<f32>() / DIRECTIONS as f32;
        let depth: Vec<f32> = reach.iter().zip(&oval).map(|(far, near)| (far - near) / width).collect();
        if width < 1.0 || depth.iter().all(|&depth| f64::from(depth) <= HIDDEN[0]) {
            return None;
        }
        let share = |depth: f32, [none, all]: [f64; 2]| smoothstep(f64::from(depth), none, all) as f32;
        let shares = |range| widened(&depth.iter().map(|&d| share(d, range)).collect::<Vec<_>>(), AROUND_HIDDEN);
        let (hidden, turned_away) = (shares(HIDDEN), shares(TURNED_AWAY));
        let turned = smoothstep(mesh.turn, TURNED[0], TURNED[1]) as f32;
        let ends: Vec<f32> = (0..DIRECTIONS).map(|k| matte_end(matte, centre, k, reach[k], BEYOND * width)).collect();
        let strand = |k: usize| {
            let near = around_direction(k, AROUND_STRAND).filter(|&j| ends[j] > STRAND * width);
            near.count() > AROUND_STRAND
        };
        let skin = |k: usize| match ends[k].is_finite() && !strand(k) {
            true => turned_away[k].max(turned * hidden[k]) * ends[k],
            false => 0.0,
        };
        let ends: Vec<f32> = (0..DIRECTIONS).map(|k| skin(k).max(MARGIN * width)).collect();
        let beyond = hidden.iter().zip(widened(&ends, EVENED)).map(|(share, end)| share * end).collect();
        Some(Self { centre, reach, beyond, hidden, width })
    }

    /// Vertices on the outline that hides something, each with the nearest one around the face.
    fn meeting(&self, mesh: &HeadMesh) -> Vec<[usize; 2]> {
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

    /// Left, top, right and bottom of what is hidden, if anything is.
    fn hidden_bounds(&self) -> Option<[f32; 4]> {
        let hidden = (0..DIRECTIONS).filter(|&k| self.hidden[k] > 0.0);
        let ends = hidden.map(|k| self.centre + direction(k) * (self.reach[k] + self.beyond[k]));
        let bounds = ends.fold(None, |bounds: Option<[f32; 4]>, end| {
            let [l, t, r, b] = bounds.unwrap_or([self.centre.x, self.centre.y, self.centre.x, self.centre.y]);
            Some([l.min(end.x), t.min(end.y), r.max(end.x), b.max(end.y)])
        });
        bounds.filter(|bounds| bounds.iter().all(|v| v.is_finite()))
    }

    /// Where a hidden place takes its colour from; `None` for one that the face does not hide.
    fn beyond(&self, place: Vector2<f32>) -> Option<Vector2<f32>> {
        let way = place - self.centre;
        let distance = way.norm();
        let (k, share) = turn(way);
        let between = |values: &[f32]| values[k] + (values[(k + 1) % DIRECTIONS] - values[k]) * share;
        let edge = between(&self.reach) + between(&self.beyond);
        if between(&self.hidden) <= 0.0 || distance >= edge {
            return None;
        }
        let cap = REACH * self.width;
        let outwards = way / distance.max(1e-3);
        Some(self.centre + outwards * (edge + cap * ((edge - distance) / cap).tanh()))
    }
}

/// The largest value of the directions on either side, evened out.
fn widened(values: &[f32], count: usize) -> Vec<f32> {
    let near = |k: usize| around_direction(k, count);
    let largest: Vec<f32> = (0..DIRECTIONS).map(|k| near(k).map(|j| values[j]).fold(0.0, f32::max)).collect();
    (0..DIRECTIONS).map(|k| near(k).map(|j| largest[j]).sum::<f32>() / (2 * count + 1) as f32).collect()
}

/// A direction and `count` on either side of it.
fn around_direction(k: usize, count: usize) -> impl Iterator<Item = usize> {
    (0..=2 * count).map(move |j| (k + DIRECTIONS + j - count) % DIRECTIONS)
}

/// How far beyond the landmarks' outline a person ends in a direction, pixels; infinite if not before `most`.
fn matte_end(matte: &GrayImage, centre: Vector2<f32>, k: usize, reach: f32, most: f32) -> f32 {
    let end = (0..most as u32).find(|&step| {
        let place = centre + direction(k) * (reach + step as f32);
        let inside = place.x >= 0.0 && place.y >= 0.0;
        let pixel = matte.get_pixel_checked(place.x as u32, place.y as u32).filter(|_| inside);
        pixel.is_some_and(|share| share.0[0] < FAINT)
    });
    end.map_or(f32::INFINITY, |step| step as f32)
}

/// The direction before a way from the middle, and how far it is from that one to the next, 0 to 1.
fn turn(way: Vector2<f32>) -> (usize, f32) {
    let turn = (way.y.atan2(way.x) / TAU).rem_euclid(1.0) * DIRECTIONS as f32;
    (turn as usize % DIRECTIONS, turn.fract())
}

fn direction(k: usize) -> Vector2<f32> {
    let (sine, cosine) = (k as f32 * TAU / DIRECTIONS as f32).sin_cos();
    Vector2::new(cosine, sine)
}

/// The largest distance from the origin, in each direction, at which one of these edges is met.
fn farthest(edges: impl Iterator<Item = [Vector2<f32>; 2]>) -> Vec<f32> {
    let mut out = vec![0.0f32; DIRECTIONS];
    let count = DIRECTIONS as f32;
    for [a, b] in edges {
        let turn = |p: Vector2<f32>| p.y.atan2(p.x) / TAU * count;
        let (from, way) = (turn(a), a.perp(&b).atan2(a.dot(&b)) / TAU * count);
        let (low, high) = (from.min(from + way).ceil() as i32, from.max(from + way).floor() as i32);
        for k in low..=high {
            let k = k.rem_euclid(DIRECTIONS as i32) as usize;
            let along = direction(k);
            let across = along.perp(&(b - a));
            if across.abs() > 1e-6 {
                let share = (-along.perp(&a) / across).clamp(0.0, 1.0);
                out[k] = out[k].max(along.dot(&(a + (b - a) * share)));
            }
        }
    }
    out
}

/// Photo, matte and plate, of one size.
struct Layered<'a> {
    photo: &'a RgbaImage,
    matte: &'a GrayImage,
    plate: &'a RgbaImage,
}

impl Layered<'_> {
    /// What surrounds the face at a pixel, with the matte as its alpha.
    fn seen(&self, outline: &Outline, [x, y]: [u32; 2]) -> Rgba<u8> {
        let [r, g, b, _] = self.photo.get_pixel(x, y).0;
        let place = Vector2::new(x as f32 + 0.5, y as f32 + 0.5);
        let Some(beyond) = outline.beyond(place) else {
            return Rgba([r, g, b, self.matte.get_pixel(x, y).0[0]]);
        };
        let (width, height) = (self.photo.width() as usize, self.photo.height() as usize);
        let tap = Tap::new(beyond.x, beyond.y, width, height);
        let mut found = [0.0f32; 7];
        for (k, weight) in tap.corners() {
            let (x, y) = ((k % width) as u32, (k / width) as u32);
            let [head, behind] = [self.photo.get_pixel(x, y).0, self.plate.get_pixel(x, y).0];
            let values = [head[0], head[1], head[2], behind[0], behind[1], behind[2], self.matte.get_pixel(x, y).0[0]];
            found.iter_mut().zip(values).for_each(|(sum, value)| *sum += weight * f32::from(value));
        }
        let [head @ .., _, _, _, alpha] = found;
        let share = alpha / 255.0;
        // The background that shines through there is not the one that does here.
        let here = self.plate.get_pixel(x, y).0;
        let mixed = |c: usize| head[c] + (1.0 - share) * (f32::from(here[c]) - found[3 + c]);
        let byte = |value: f32| value.round().clamp(0.0, 255.0) as u8;
        Rgba([byte(mixed(0)), byte(mixed(1)), byte(mixed(2)), byte(alpha)])
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use image::Luma;

    use super::*;
    use crate::portrait::prepare::tests::seen;

    /// How far the face reaches beyond its landmarks at most, pixels, if the matte ends so many beyond them.
    fn beyond(mesh: &HeadMesh, rim: f32) -> f32 {
        let nobody = GrayImage::new(600, 600);
        let outline = Outline::of(mesh, &nobody).unwrap();
        let matte = GrayImage::from_fn(600, 600, |x, y| {
            let way = Vector2::new(x as f32 + 0.5, y as f32 + 0.5) - outline.centre;
            Luma([if way.norm() < outline.reach[turn(way).0] + rim { 255 } else { 0 }])
        });
        Outline::of(mesh, &matte).unwrap().beyond.into_iter().fold(0.0, f32::max)
    }

    #[test]
    fn a_face_that_is_turned_far_is_its_skin_to_where_the_matte_ends() {
        let mut mesh = HeadMesh::build(&seen(16.0).geometry());
        assert!((mesh.turn - 16.0).abs() < 3.0, "{}", mesh.turn);
        let width = Outline::of(&mesh, &GrayImage::new(600, 600)).unwrap().width;
        let rim = 0.05 * width;
        // What is there is the head's own far side, all but a margin.
        assert!(beyond(&mesh, rim) < 0.03 * width);
        // As far aside, but also up.
        mesh.turn = 44.0;
        assert!((beyond(&mesh, rim) - rim).abs() < 0.02 * width);
    }
}
