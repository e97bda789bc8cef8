//! What stands beside a turned face's outline: glasses, a beard, a strand of hair.
//!
//! The mesh of the face ends at the landmarks' outline. What the photo shows beyond the outline lies on the rings. On
//! the far side these are as deep as the back of the head and move otherwise than the face when the head turns:
//! glasses or hair would tear away from the face. So a band around the outline carries them. As far as the matte has
//! somebody, the band goes with the outline, at the outline's own depth; farther out its motion passes over into that
//! of the rings, so that wide hair stretches. The band is drawn over the head, and the rings below it show what lies
//! behind.

use nalgebra::{Vector2, Vector3};

use super::directions::{Anchor, DIRECTIONS, direction, eased, evened};
use super::silhouette::Silhouette;
use crate::geometry::topology::{EYES, Eye, OVAL};
use crate::geometry::{CanonicalFace, FaceGeometry, smoothstep};
use crate::motion::TargetGeometry;
use crate::portrait::completion::Completion;
use crate::portrait::mesh::{BodyLine, FACE_LEAD, HeadMesh, PlacedVertex, depth, vertex};

/// Directions from a spoke of the band to the next. A spoke is the band's points in one direction.
const STEP: usize = 5;
/// Points of a spoke from the outline to the end of what goes with it.
const NEAR: usize = 3;
/// Steps of a spoke from that end to where the band moves as the rings do.
const FAR: usize = 4;
/// How much nearer than it is the band is drawn, centimetres. That is more than the face's lead, so that the cheek that
/// turns up behind glasses does not hide them.
const LEAD: f64 = FACE_LEAD + 0.05;
/// Largest change of the outline's depth from a direction to the next, centimetres: the depth would jump where the
/// outline passes from a brow to a temple.
const STEEPEST: f32 = 0.3;
/// Directions on either side over which the outline's depths are evened out, twice, for points beyond the outline:
/// else a lock of hair would wave with every corner of the mesh.
const AROUND_DEPTHS: usize = 36;
/// How far beyond the outline the evened depths have wholly replaced the outline's own, as a share of the face's width.
const CORNERS: f64 = 0.06;
/// How far beyond the outline the band moves with lids and brows above the cheeks, the less the farther out, as a
/// share of the face's width.
const FOLLOWING: f64 = 0.1;
/// How far below the chin nothing goes with the outline any more, heights of the face: collars and shoulders are the
/// body's.
const BODY: f64 = 0.3;
/// How far the band goes on behind the face, inwards from the outline, as a share of the face's width. It fills what
/// opens where the outline moves away from the band.
const INSIDE: f32 = 0.05;
/// How much nearer than it is that inner part is drawn, centimetres: behind the face, but before the rings.
const INSIDE_LEAD: f64 = FACE_LEAD - 0.02;

/// How much nearer than the far edge of the oval (negative: farther) the inner part and the band at the outline are
/// drawn once the completed face shows what the photo hides, centimetres: behind the face, but before the rings.
const COVERED_LEAD: f64 = -0.3;
/// Share of the outline's motion, \[0, 1\], from which a point that is drawn in goes the whole way to the outline.
const LOOSE: f64 = 0.2;
/// Distances beyond the outline between which the band comes to lie before the completed face again: behind it below
/// the first, before it above the second; shares of the face's width.
const FRINGE: [f64; 2] = [0.02, 0.06];

/// A point of a spoke.
#[derive(Debug, Clone)]
struct RimPoint {
    /// Place of the point in the photo, canonical frame, centimetres.
    rest: Vector3<f64>,
    /// Point of the outline whose deformation the point follows.
    anchor: Anchor,
    /// How much of the anchor's deformation the point follows, \[0, 1\].
    follow: f64,
    /// How much the point goes with the outline instead of the rings, \[0, 1\].
    hold: f64,
    /// Corners of the rings' triangle that shows the point; unused if the point goes with the outline alone.
    ring: [usize; 3],
    /// How much the point goes with each of these corners; 0 if it goes with the outline alone.
    weights: [f64; 3],
    /// How much nearer than the outline, or than the point itself if that is nearer, the point is drawn, centimetres.
    lead: f64,
    /// How far the point goes behind the face once the completed face shows what the photo hides, \[0, 1\].
    covered: f64,
    /// Point of the oval's far side at the same height; [`COVERED_LEAD`] is counted from its depth.
    far_edge: Anchor,
    /// How much of the way to the outline the point is drawn in once the face is completed, \[0, 1\].
    drawn_in: f64,
}

/// The band around the part of the outline that hides something.
#[derive(Debug, Clone, Default)]
pub struct Rim {
    /// Where each vertex takes its colour from, photo pixels.
    pub source: Vec<[f32; 2]>,
    /// Triangles, of the band's own vertices.
    pub triangles: Vec<[u32; 3]>,
    points: Vec<RimPoint>,
}

impl Rim {
    /// Builds the band; `glasses` is how surely glasses stand beside the outline in each direction, \[0, 1\].
    pub(super) fn of(face: &FaceGeometry, mesh: &HeadMesh, outline: &Silhouette, glasses: &[f32]) -> Self {
        let depth = |anchor: &Anchor| -face.pose.apply(&anchor.on(&face.shape)).z as f32;
        let depths = eased(&outline.anchors.iter().map(depth).collect::<Vec<_>>(), STEEPEST);
        let height = |of: fn(&Eye) -> usize| EYES.iter().map(|eye| face.shape[of(eye)].y).sum::<f64>() / 2.0;
        let heights = [height(|eye| eye.corners[0]), height(|eye| eye.cheek)];
        let even = evened(&evened(&depths, AROUND_DEPTHS), AROUND_DEPTHS);
        let completed = Completion::share(&face.pose);
        let spokes =
            Spokes { face, mesh, outline, glasses, depths, even, heights, completed, body: BodyLine::of(face) };
        let mut rim = Self::default();
        let mut before = false;
        for k in (0..=DIRECTIONS / STEP).map(|spoke| spoke * STEP % DIRECTIONS) {
            let held = |j: usize| outline.held[(k + DIRECTIONS + j - STEP) % DIRECTIONS][1] > 0.0;
            // A spoke beside one that goes with the face is the band's end: it moves as the rings do.
            let spoke = (held(0) || held(STEP) || held(2 * STEP)).then(|| spokes.at(k)).flatten();
            let known = spoke.is_some();
            for (source, point) in spoke.into_iter().flatten() {
                rim.source.push(source.into());
                rim.points.push(point);
            }
            if before && known {
                rim.join();
            }
            before = known;
        }
        rim
    }

    /// Fills the band between the last two spokes.
    fn join(&mut self) {
        let count = (1 + NEAR + FAR + 1) as u32;
        let first = self.source.len() as u32 - 2 * count;
        for a in first..first + count - 1 {
            let b = a + count;
            self.triangles.extend([[a, a + 1, b], [b, a + 1, b + 1]]);
        }
    }

    /// Adds the band's vertices under a target geometry, in the order of [`source`](Self::source), to `placed`, which
    /// holds those of the mesh. The more of the hidden face is shown (`completed`, \[0, 1\]), the less the band
    /// covers of it.
    pub fn place(&self, face: &FaceGeometry, target: &TargetGeometry, completed: f32, placed: &mut Vec<PlacedVertex>) {
        placed.reserve(self.points.len());
        for point in &self.points {
            let anchor = point.anchor.on(&target.shape);
            let camera = target.pose.apply(&(point.rest + (anchor - point.anchor.on(&face.shape)) * point.follow));
            let mut seen = target.pose.apply(&anchor);
            if point.lead > INSIDE_LEAD {
                seen.z = seen.z.max(camera.z);
            }
            seen.z += point.lead;
            let behind = target.pose.apply(&point.far_edge.on(&target.shape)).z + COVERED_LEAD;
            seen.z += (behind.min(seen.z) - seen.z) * point.covered * f64::from(completed);
            let corner = |i: usize| Vector2::from(placed[i].position).cast::<f64>();
            let ring: Vector2<f64> = point.ring.iter().zip(point.weights).map(|(&i, weight)| corner(i) * weight).sum();
            let position = ring + (face.camera.project(&camera) - ring) * point.hold;
            let edge = face.camera.project(&target.pose.apply(&anchor));
            let position = position + (edge - position) * point.drawn_in * f64::from(completed);
            placed.push(vertex(position, depth(target, &seen, 0.0)));
        }
    }
}

/// What a spoke is made from.
struct Spokes<'a> {
    face: &'a FaceGeometry,
    mesh: &'a HeadMesh,
    outline: &'a Silhouette,
    glasses: &'a [f32],
    /// Distance of the outline from the viewer in each direction, centimetres.
    depths: Vec<f32>,
    /// [`depths`](Self::depths), evened out, for points away from the outline: they must not follow its corners.
    even: Vec<f32>,
    /// Heights of eyes and cheeks, canonical frame, centimetres. Below them a beard moves with the jaw; above them
    /// glasses and hair hardly move with lids and brows.
    heights: [f64; 2],
    /// How much of the hidden part of the face the completed face can show in this photo, \[0, 1\].
    completed: f64,
    body: BodyLine,
}

impl Spokes<'_> {
    /// The points of a spoke from the inside out, each with its place in the photo, pixels; `None` if it leaves the
    /// mesh.
    fn at(&self, k: usize) -> Option<Vec<(Vector2<f32>, RimPoint)>> {
        let outline = self.outline;
        let [near, far] = outline.held[k];
        let inside = std::iter::once((-INSIDE * outline.width, 1.0));
        let within =
            [0.0, (FRINGE[0] as f32 * outline.width).min(near / 3.0), near * 2.0 / 3.0].map(|distance| (distance, 1.0));
        let beyond = (0..=FAR).map(|j| j as f32 / FAR as f32);
        let beyond = beyond.map(|share| (near + (far - near) * share, 1.0 - smoothstep(f64::from(share), 0.0, 1.0)));
        let point = |(distance, hold): (f32, f64)| {
            let source = outline.centre + direction(k) * (outline.reach[k] + distance);
            let place = source.cast();
            let hold =
                if distance > 0.0 { hold * (1.0 - smoothstep(self.body.below(&place), 0.0, BODY)) } else { hold };
            let (ring, weights) = if hold < 1.0 { surrounding(self.mesh, place)? } else { ([0; 3], [0.0; 3]) };
            let away = smoothstep(f64::from(distance / outline.width), 0.0, CORNERS);
            let far_off = f64::from(self.depths[k]) * (1.0 - away) + f64::from(self.even[k]) * away;
            let rest = self.face.pose.undo(&self.face.camera.unproject(&place, far_off));
            let [eye, cheek] = self.heights;
            let below = 1.0 - smoothstep(outline.anchors[k].on(&self.face.shape).y, cheek, eye);
            let follow = below.max(1.0 - smoothstep(f64::from(distance / outline.width), 0.0, FOLLOWING));
            let lead = if distance < 0.0 { INSIDE_LEAD } else { LEAD };
            let far_edge = far_edge(self.face, outline.anchors[k].on(&self.face.shape).y).unwrap_or(outline.anchors[k]);
            let fringe = 1.0 - smoothstep(f64::from(distance / outline.width), FRINGE[0], FRINGE[1]);
            // The completed face shows the glasses itself, so their part of the band is drawn in to the outline.
            let drawn_in = f64::from(self.glasses[k]) * (hold / LOOSE).min(1.0) * self.completed;
            let covered = f64::from(outline.beyond_oval[k]) * fringe.max(drawn_in);
            let anchor = outline.anchors[k];
            Some((source, RimPoint { rest, anchor, follow, hold, ring, weights, lead, covered, far_edge, drawn_in }))
        };
        inside.chain(within).chain(beyond).map(point).collect()
    }
}

/// The point of the oval's far side at a height of the face (canonical frame, centimetres).
fn far_edge(face: &FaceGeometry, height: f64) -> Option<Anchor> {
    let crossing = (0..OVAL.len()).filter_map(|k| {
        let edge = [OVAL[k], OVAL[(k + 1) % OVAL.len()]];
        let [a, b] = edge.map(|i| face.shape[i].y);
        let share = (height - a) / (b - a);
        (0.0..=1.0).contains(&share).then_some(Anchor { edge, share: share as f32 })
    });
    let near = |anchor: &Anchor| face.pose.apply(&anchor.on(&face.shape)).z;
    crossing.min_by(|a, b| near(a).total_cmp(&near(b)))
}

/// The triangle around the face that shows a place of the photo, and the weights of its corners there.
fn surrounding(mesh: &HeadMesh, place: Vector2<f64>) -> Option<([usize; 3], [f64; 3])> {
    let around = mesh.triangles.get(CanonicalFace::get().triangles.len()..).unwrap_or_default().iter();
    around.map(|triangle| triangle.map(|i| i as usize)).find_map(|triangle| {
        let [a, b, c] = triangle.map(|i| Vector2::from(mesh.source[i]).cast::<f64>());
        let area = (b - a).perp(&(c - a));
        let weights = [(b - place).perp(&(c - place)), (c - place).perp(&(a - place)), (a - place).perp(&(b - place))];
        let weights = weights.map(|part| part / area);
        weights.iter().all(|weight| *weight >= -1e-6).then_some((triangle, weights))
    })
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Luma};

    use super::*;
    use crate::geometry::pose::turned;
    use crate::motion::COEFFICIENTS;
    use crate::portrait::prepare::tests::seen;

    #[test]
    fn a_band_is_where_the_photo_is_at_rest_and_keeps_its_shape_as_the_head_turns() {
        let face = seen(28.0).geometry();
        let mesh = HeadMesh::build(&face);
        let everybody = GrayImage::from_pixel(600, 600, Luma([255]));
        let Some(outline) = Silhouette::of(&mesh, &everybody) else { panic!("nothing is hidden") };
        let rim = Rim::of(&face, &mesh, &outline, &[0.0; DIRECTIONS]);
        let placed = |yaw: f64| {
            let pose = turned(&face.pose, [yaw, 0.0, 0.0]);
            let target = TargetGeometry { shape: face.shape.clone(), pose, coefficients: [0.0; COEFFICIENTS] };
            let mesh = mesh.place(&face, &target);
            let mut all = mesh.clone();
            rim.place(&face, &target, 0.0, &mut all);
            (all.split_off(mesh.len()), mesh)
        };
        let (rest, _) = placed(0.0);
        for (vertex, source) in rest.iter().zip(&rim.source) {
            let apart = Vector2::from(vertex.position) - Vector2::from(*source);
            assert!(apart.norm() < 0.01, "{apart}");
        }
        let (back, mesh) = placed(-12.0);
        let length = |places: &[PlacedVertex], a: u32, b: u32| {
            (Vector2::from(places[a as usize].position) - Vector2::from(places[b as usize].position)).norm()
        };
        let held = |i: u32| rim.points[i as usize].hold >= 1.0;
        for [a, b, c] in rim.triangles.iter().copied().filter(|triangle| triangle.iter().all(|&i| held(i))) {
            for (i, j) in [(a, b), (b, c), (c, a)] {
                let (before, after) = (length(&rest, i, j), length(&back, i, j));
                assert!((after - before).abs() < 0.25 * before + 1.5, "{before} -> {after}");
            }
        }
        // The band's far end goes with the rings.
        for (vertex, point) in back.iter().zip(&rim.points).filter(|(_, point)| point.hold <= 0.0) {
            let ring: Vector2<f32> = (point.ring.iter().zip(point.weights))
                .map(|(&i, weight)| Vector2::from(mesh[i].position) * weight as f32)
                .sum();
            assert!((ring - Vector2::from(vertex.position)).norm() < 0.01);
        }
    }
}
