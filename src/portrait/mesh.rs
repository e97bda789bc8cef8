//! The mesh that carries the head: the face, rings around it for hair, ears and
//! neck, and a static border far outside.
//!
//! The mesh covers the whole picture. The rings lie in the head's own 3-D frame,
//! the further out the deeper behind the face, so that a turn of the head moves hair
//! and ears with the right parallax; below the chin they hold on to the body, so
//! that the neck stretches softly and the shoulders stay. The ring sizes, depths and
//! weights are those of the design's prototype, interpolated to half steps, but that the
//! outermost ring moves with the head too, or the brim of a hat would bend.

use nalgebra::{Vector2, Vector3};
pub use ritratto_draw::PlacedVertex;

use crate::geometry::topology::{NOSE_TIP, OVAL};
use crate::geometry::{CanonicalFace, FaceGeometry, Pose, VERTICES, smoothstep};
use crate::motion::TargetGeometry;

/// One ring's place relative to the face oval.
struct Ring {
    /// Size in units of the oval: beside the face, above it, below it.
    scale: [f64; 3],
    /// Distance behind the oval, centimetres.
    depth: f64,
    /// Share of the head's motion, beside and above the face.
    weight: f64,
    /// Share of the head's motion below the chin.
    weight_below: f64,
    /// Share of the oval's own deformation (the jaw's) that the ring follows.
    follow: f64,
}

const fn ring(scale: [f64; 3], depth: f64, weight: f64, weight_below: f64, follow: f64) -> Ring {
    Ring { scale, depth, weight, weight_below, follow }
}

/// The rings, from the oval outwards.
const RINGS: [Ring; 7] = [
    ring([1.08, 1.11, 1.05], 0.75, 1.0, 0.95, 0.65),
    ring([1.16, 1.22, 1.10], 1.5, 1.0, 0.9, 0.45),
    ring([1.27, 1.38, 1.19], 2.75, 1.0, 0.72, 0.26),
    ring([1.38, 1.55, 1.28], 4.0, 1.0, 0.55, 0.12),
    ring([1.56, 1.82, 1.51], 5.5, 1.0, 0.32, 0.05),
    ring([1.75, 2.10, 1.75], 7.0, 1.0, 0.12, 0.0),
    ring([2.40, 2.90, 2.40], 8.0, 1.0, 0.0, 0.0),
];

/// Points of the oval, and so of every ring.
const AROUND: usize = OVAL.len();
/// Number of rings that count as near the face.
const NEAR: usize = 3;
/// How much nearer than it is the face is drawn, centimetres, so that no ring is drawn over it where both meet.
pub(super) const FACE_LEAD: f64 = 0.35;
/// Range of depths that is drawn, from the head's centre towards the viewer and away from the viewer, centimetres.
const DEPTH_RANGE: [f64; 2] = [30.0, 60.0];

/// A point of a ring.
#[derive(Debug, Clone)]
struct RingPoint {
    /// Rest position, canonical frame, centimetres.
    rest: Vector3<f64>,
    /// Rest position, pixels.
    source: Vector2<f64>,
    /// Share of the head's motion, \[0, 1\].
    weight: f64,
    /// Share of the oval point's deformation, \[0, 1\].
    follow: f64,
}

/// The mesh of one portrait.
#[derive(Debug, Clone)]
pub struct HeadMesh {
    /// Where each vertex takes its colour from: its rest position, photo pixels.
    /// The 468 face vertices come first.
    pub source: Vec<[f32; 2]>,
    /// Triangles: the 898 of the canonical face, then the rings from the inside out, then the border.
    pub triangles: Vec<[u32; 3]>,
    rings: Vec<RingPoint>,
    border: Vec<Vector2<f64>>,
}

impl HeadMesh {
    /// Builds the mesh for the face of a photo.
    #[must_use]
    pub fn build(face: &FaceGeometry) -> Self {
        let rings = ring_points(face);
        let border = border(face);
        let face_points = face.project(&face.shape[..VERTICES], &face.pose);
        let source = face_points
            .iter()
            .chain(rings.iter().map(|point| &point.source))
            .chain(&border)
            .map(|p| [p.x as f32, p.y as f32])
            .collect();
        let mut triangles: Vec<[u32; 3]> =
            CanonicalFace::get().triangles.iter().map(|triangle| triangle.map(u32::from)).collect();
        // Strips between neighbouring loops: oval, rings, border.
        let vertex = |band: usize, k: usize| -> u32 {
            let k = k % AROUND;
            (if band == 0 { OVAL[k] } else { VERTICES + (band - 1) * AROUND + k }) as u32
        };
        for band in 0..=RINGS.len() {
            for k in 0..AROUND {
                let [a, b] = [vertex(band, k), vertex(band, k + 1)];
                let [c, d] = [vertex(band + 1, k), vertex(band + 1, k + 1)];
                triangles.push([a, c, b]);
                triangles.push([b, c, d]);
            }
        }
        Self { source, triangles, rings, border }
    }

    /// The vertices of the rings that touch the face or lie near it.
    pub(super) fn first_rings(&self) -> std::ops::Range<usize> {
        VERTICES..VERTICES + NEAR * AROUND
    }

    /// The vertices under a target geometry, in the order of [`source`](Self::source).
    /// At rest every position is exactly its source.
    #[must_use]
    pub fn place(&self, face: &FaceGeometry, target: &TargetGeometry) -> Vec<PlacedVertex> {
        let mut placed = Vec::with_capacity(self.source.len());
        for point in &target.shape[..VERTICES] {
            let camera = target.pose.apply(point);
            placed.push(vertex(face.camera.project(&camera), depth(target, &camera, FACE_LEAD)));
        }
        for (index, point) in self.rings.iter().enumerate() {
            let oval = OVAL[index % AROUND];
            let moved = point.rest + (target.shape[oval] - face.shape[oval]) * point.follow;
            let camera = target.pose.apply(&moved);
            let position = point.source + (face.camera.project(&camera) - point.source) * point.weight;
            placed.push(vertex(position, depth(target, &camera, 0.0)));
        }
        placed.extend(self.border.iter().map(|&p| vertex(p, 1.0)));
        placed
    }
}

/// Depth value, 0 (near) to 1 (far), of a point of the camera frame that is drawn `lead` centimetres nearer than it is.
pub(super) fn depth(target: &TargetGeometry, point: &Vector3<f64>, lead: f64) -> f32 {
    let behind = target.pose.translation.z - point.z - lead;
    ((behind + DEPTH_RANGE[0]) / (DEPTH_RANGE[0] + DEPTH_RANGE[1])).clamp(0.0, 0.999) as f32
}

pub(super) fn vertex(position: Vector2<f64>, depth: f32) -> PlacedVertex {
    PlacedVertex { position: [position.x as f32, position.y as f32], depth }
}

/// The ring points, ring by ring from the inside out.
fn ring_points(face: &FaceGeometry) -> Vec<RingPoint> {
    let oval: Vec<Vector3<f64>> = OVAL.iter().map(|&i| face.shape[i]).collect();
    let middle = oval.iter().map(|p| p.y).sum::<f64>() / AROUND as f64;
    let centre = Vector3::new(0.0, (middle + face.shape[NOSE_TIP].y) / 2.0, 0.0);
    let (width, height) = (face.camera.width, face.camera.height);
    let body = BodyLine::of(face);
    let mut points = Vec::with_capacity(RINGS.len() * AROUND);
    for ring in &RINGS {
        for start in &oval {
            let out = start - centre;
            let up = out.y / out.x.hypot(out.y).max(1e-9);
            let above = smoothstep(up, -0.3, 0.6);
            let below = smoothstep(-up, 0.35, 0.9);
            let [side, top, bottom] = ring.scale;
            let scale = side + (top - side) * above + (bottom - side) * below;
            let mut rest = centre + out * scale;
            rest.z = start.z - ring.depth * (1.0 - 0.6 * below);
            let source = face.camera.project(&face.pose.apply(&rest));
            // A vertex near or beyond the border of the picture is pinned: there is nothing to pull in from outside.
            let inside = source.x.min(width - source.x).min(source.y).min(height - source.y);
            let shorter = width.min(height);
            let weight = (ring.weight + (ring.weight_below - ring.weight) * below)
                * smoothstep(inside, -0.02 * shorter, 0.08 * shorter)
                * (1.0 - body.share(&source) * (1.0 - ring.weight_below));
            points.push(RingPoint { rest, source, weight, follow: ring.follow * (0.1 + 0.9 * below) });
        }
    }
    points
}

/// The line at which the body begins, which does not follow the head.
pub(super) struct BodyLine {
    chin: Vector2<f64>,
    down: Vector2<f64>,
    height: f64,
}

impl BodyLine {
    pub(super) fn of(face: &FaceGeometry) -> Self {
        let project = |i: usize| face.camera.project(&face.pose.apply(&face.shape[i]));
        let (forehead, chin) = (project(10), project(152));
        let span = chin - forehead;
        let height = span.norm().max(1.0);
        Self { chin, down: span / height, height }
    }

    /// 0 above the chin, 1 where there is only body.
    fn share(&self, point: &Vector2<f64>) -> f64 {
        smoothstep(self.below(point), 0.0, 0.8)
    }

    /// How far below the chin, in heights of the face.
    pub(super) fn below(&self, point: &Vector2<f64>) -> f64 {
        (point - self.chin).dot(&self.down) / self.height
    }
}

/// A loop of static points far outside the picture, one for each point of a ring.
fn border(face: &FaceGeometry) -> Vec<Vector2<f64>> {
    let Pose { translation, .. } = face.pose;
    let centre = face.camera.project(&translation);
    let (width, height) = (face.camera.width, face.camera.height);
    let farthest = [(0.0, 0.0), (width, 0.0), (0.0, height), (width, height)]
        .into_iter()
        .map(|(x, y)| (Vector2::new(x, y) - centre).norm())
        .fold(0.0, f64::max);
    // Far enough that the polygon through 36 points holds the picture and the outermost ring.
    let radius = 3.0 * (farthest + width.max(height));
    OVAL.iter()
        .map(|&i| {
            let spoke = face.camera.project(&face.pose.apply(&face.shape[i])) - centre;
            centre + spoke * (radius / spoke.norm().max(1e-6))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{LANDMARKS, Landmarks};
    use crate::motion::COEFFICIENTS;
    use nalgebra::Rotation3;

    fn face() -> FaceGeometry {
        let pose = Pose { rotation: Rotation3::identity(), translation: Vector3::new(0.5, -1.0, -40.0) };
        let camera = crate::geometry::Camera::new(400, 500);
        let mut points = CanonicalFace::get().positions.clone();
        points.resize(LANDMARKS, Vector3::new(3.0, 2.5, 4.0));
        let landmarks: Landmarks = points
            .iter()
            .map(|p| {
                let q = camera.project(&pose.apply(p));
                [q.x as f32, q.y as f32, (-p.z / 40.0 / camera.near_plane().x * camera.width) as f32]
            })
            .collect();
        FaceGeometry::fit(&landmarks, 400, 500)
    }

    #[test]
    fn rest_is_exactly_the_source() {
        let face = face();
        let mesh = HeadMesh::build(&face);
        let rest = TargetGeometry { shape: face.shape.clone(), pose: face.pose, coefficients: [0.0; COEFFICIENTS] };
        for (placed, source) in mesh.place(&face, &rest).iter().zip(&mesh.source) {
            assert_eq!(placed.position, *source);
            assert!((0.0..=1.0).contains(&placed.depth));
        }
    }

    #[test]
    fn every_pixel_is_covered_once_at_rest() {
        let face = face();
        let mesh = HeadMesh::build(&face);
        for y in (0..500).step_by(23) {
            for x in (0..400).step_by(23) {
                let p = Vector2::new(f64::from(x) + 0.37, f64::from(y) + 0.41);
                let covers = mesh.triangles.iter().filter(|t| {
                    let [a, b, c] = t.map(|i| {
                        let [x, y] = mesh.source[i as usize];
                        Vector2::new(f64::from(x), f64::from(y))
                    });
                    let side = |a: Vector2<f64>, b: Vector2<f64>| (b - a).perp(&(p - a));
                    let s = [side(a, b), side(b, c), side(c, a)];
                    s.iter().all(|&v| v > 0.0) || s.iter().all(|&v| v < 0.0)
                });
                let covers = covers.count();
                assert!(covers >= 1, "nothing covers ({x}, {y})");
            }
        }
    }
}
