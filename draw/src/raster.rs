//! Which triangle of the mesh each sample of a pixel shows.
//!
//! A triangle is filled between its edges, one row of samples at a time. Where an edge crosses a row is computed in the
//! same way for both triangles beside the edge, so that no sample between them is missed or counted twice.

use crate::layers::{Mesh, PlacedVertex};
use crate::sampling::{Footprint, clamp};

/// Places of a pixel's four samples, pixels; all GPUs use the same ones.
pub const SAMPLES: [[f32; 2]; 4] = [[0.375, 0.125], [0.875, 0.375], [0.125, 0.625], [0.625, 0.875]];
/// Rows of pixels that are filled at once; so few that the data of their samples stay in the cache.
pub const BAND: usize = 8;
/// Number that a sample has instead of a triangle's where it shows no triangle.
pub const NONE: u32 = u32::MAX;

/// A number that changes linearly over a triangle.
#[derive(Debug, Clone, Copy)]
pub struct Slope {
    start: f32,
    /// By how much the number grows from one pixel to the next, and from one row to the next.
    pub steps: [f32; 2],
}

impl Slope {
    /// The number at a place relative to the triangle's origin.
    #[inline(always)]
    pub fn at(&self, [x, y]: [f32; 2]) -> f32 {
        self.start + self.steps[0] * x + self.steps[1] * y
    }
}

/// A triangle's place in the completion, the picture of what a face hides of itself; pixels of that picture.
#[derive(Debug, Clone, Copy)]
struct Hidden {
    place: [Slope; 2],
    /// Smallest and largest coordinate of the triangle's corners, along each axis.
    limits: [[f32; 2]; 2],
    /// Whether the picture is not transparent everywhere in the triangle.
    shown: bool,
}

/// A triangle under a target geometry. Places are pixels of the output.
#[derive(Debug, Clone, Copy)]
pub struct Surface {
    /// Corners, sorted from the top down.
    corners: [[f32; 2]; 3],
    /// Columns that an edge moves to the right for each row down: of the long side, the upper and the lower short side.
    sides: [f32; 3],
    /// The place that the slopes are relative to.
    origin: [f32; 2],
    depth: Slope,
    motion: [Slope; 2],
    /// Smallest and largest motion of the corners along each axis, pixels of the photo.
    limits: [[f32; 2]; 2],
    face: Slope,
    /// The triangle's place in the completion, if the frame shows that.
    completion: Option<Hidden>,
    /// Whether the triangle belongs not to the face, but to what surrounds it.
    pub around: bool,
    /// Whether no corner moves.
    pub still: bool,
    /// The part of the photo that an output pixel covers.
    pub footprint: Footprint,
}

impl Surface {
    fn new(
        mesh: &Mesh,
        placed: &[PlacedVertex],
        triangle: [u32; 3],
        completion: Option<([[f32; 2]; 3], bool)>,
        scale: [f32; 2],
    ) -> Option<Self> {
        let corners = triangle.map(|i| i as usize);
        let spot = |i: usize| placed[i].position;
        let places = corners.map(|i| [spot(i)[0] / scale[0], spot(i)[1] / scale[1]]);
        if !places.as_flattened().iter().all(|v| v.is_finite()) {
            return None;
        }
        let [a, b, c] = places.map(|place| place.map(f64::from));
        let (ab, ac) = ([b[0] - a[0], b[1] - a[1]], [c[0] - a[0], c[1] - a[1]]);
        let area = ab[0] * ac[1] - ac[0] * ab[1];
        // A triangle that is seen edge-on covers hardly any sample, so its slopes do not matter.
        let inverse = if area.abs() > 1e-9 { 1.0 / area } else { 0.0 };
        let slope = |[v, u, w]: [f32; 3]| {
            let (first, second) = (f64::from(u) - f64::from(v), f64::from(w) - f64::from(v));
            let across = (first * ac[1] - second * ab[1]) * inverse;
            let down = (second * ab[0] - first * ac[0]) * inverse;
            Slope { start: v, steps: [across as f32, down as f32] }
        };
        let moved = |axis: usize| corners.map(|i| mesh.source[i][axis] - spot(i)[axis]);
        let moves = [moved(0), moved(1)];
        let motion = moves.map(slope);
        let footprint = Footprint::new([
            [scale[0] + motion[0].steps[0], motion[1].steps[0]],
            [motion[0].steps[1], scale[1] + motion[1].steps[1]],
        ]);
        let range = |[v, u, w]: [f32; 3]| [v.min(u).min(w), v.max(u).max(w)];
        let mut sorted = places;
        sorted.sort_by(|p, q| p[1].total_cmp(&q[1]).then(p[0].total_cmp(&q[0])));
        let [top, middle, bottom] = sorted;
        let side = |from: [f32; 2], to: [f32; 2]| {
            let rows = to[1] - from[1];
            if rows > 0.0 { (to[0] - from[0]) / rows } else { 0.0 }
        };
        Some(Self {
            corners: sorted,
            sides: [side(top, bottom), side(top, middle), side(middle, bottom)],
            origin: places[0],
            depth: slope(corners.map(|i| placed[i].depth)),
            motion,
            limits: moves.map(range),
            completion: completion.map(|(places, shown)| {
                let places = [0, 1].map(|axis| places.map(|place| place[axis]));
                Hidden { place: places.map(slope), limits: places.map(range), shown }
            }),
            around: corners.iter().any(|&i| i >= mesh.face),
            face: slope(corners.map(|i| if i < mesh.face { 1.0 } else { 0.0 })),
            still: moves.as_flattened().iter().all(|&v| v == 0.0),
            footprint,
        })
    }

    /// Offset from a place of the output to the place in the photo that it takes its colour from, pixels of the photo:
    /// exactly 0 where nothing moves.
    #[inline(always)]
    pub fn motion(&self, place: [f32; 2]) -> [f32; 2] {
        let way = self.way(place);
        let [x, y] = [self.motion[0].at(way), self.motion[1].at(way)];
        let [[left, right], [top, bottom]] = self.limits;
        // Slopes of a narrow triangle are so steep that just beside it the offset could be anything; so it is limited.
        [clamp(x, left, right), clamp(y, top, bottom)]
    }

    /// 1 on the face, 0 on the rings around it.
    #[inline(always)]
    pub fn face(&self, place: [f32; 2]) -> f32 {
        self.face.at(self.way(place))
    }

    /// The place in the completion for a place of the output, and whether the completion is not transparent everywhere
    /// in the triangle.
    #[inline(always)]
    pub fn completion(&self, place: [f32; 2]) -> Option<([f32; 2], bool)> {
        let Hidden { place: [right, down], limits: [[left_end, right_end], [top, bottom]], shown } = self.completion?;
        let way = self.way(place);
        Some(([clamp(right.at(way), left_end, right_end), clamp(down.at(way), top, bottom)], shown))
    }

    #[inline(always)]
    fn way(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        [x - self.origin[0], y - self.origin[1]]
    }

    /// The columns whose samples in the row at height `y` lie in the triangle, first and one past the last; `shift` is
    /// the horizontal place of the samples in their pixels.
    #[inline(always)]
    fn columns(&self, y: f32, shift: f32, width: usize) -> [usize; 2] {
        let [top, middle, _] = self.corners;
        let along = |from: [f32; 2], side: f32| from[0] + (y - from[1]) * side;
        let long = along(top, self.sides[0]);
        let short = if y < middle[1] { along(top, self.sides[1]) } else { along(middle, self.sides[2]) };
        let (left, right) = if long < short { (long, short) } else { (short, long) };
        [left, right].map(|edge| clamp((edge - shift).ceil(), 0.0, width as f32) as i32 as usize)
    }
}

/// Some triangles of a mesh whose vertices are at `placed`, pixels of the photo; an output pixel covers `scale` of
/// those pixels. `completion` gives for a triangle's number the places of its corners in the completion, and whether
/// the completion is not transparent everywhere there.
pub fn surfaces<'a>(
    mesh: &'a Mesh,
    triangles: &'a [[u32; 3]],
    placed: &'a [PlacedVertex],
    completion: impl Fn(usize) -> Option<([[f32; 2]; 3], bool)> + 'a,
    scale: [f32; 2],
) -> impl Iterator<Item = Option<Surface>> + 'a {
    let triangles = triangles.iter().enumerate();
    triangles.map(move |(number, &triangle)| Surface::new(mesh, placed, triangle, completion(number), scale))
}

/// The triangles that the samples of some rows of pixels show.
#[derive(Debug)]
pub struct Band {
    width: usize,
    /// For each of the four samples, row by row, the number of the head's nearest triangle.
    nearest: Vec<u32>,
    /// The same for the rim, which is drawn over the head.
    over: Vec<u32>,
    depth: Vec<f32>,
}

impl Band {
    /// For rows of `width` pixels.
    pub fn new(width: usize) -> Self {
        let count = SAMPLES.len() * BAND * width;
        Self { width, nearest: vec![NONE; count], over: vec![NONE; count], depth: vec![f32::INFINITY; count] }
    }

    /// Finds the nearest triangle at each sample of `rows` rows from the row `top` on: of the head, and of the rim
    /// where that is nearer than the head. Of triangles that are equally near the later one is taken.
    #[inline(always)]
    pub fn fill(&mut self, head: &[Option<Surface>], rim: &[Option<Surface>], top: usize, rows: usize) {
        self.nearest.fill(NONE);
        self.depth.fill(f32::INFINITY);
        Self::find(head, self.width, &mut self.nearest, &mut self.depth, top, rows);
        if !rim.is_empty() {
            self.over.fill(NONE);
            Self::find(rim, self.width, &mut self.over, &mut self.depth, top, rows);
        }
    }

    #[inline(always)]
    fn find(
        surfaces: &[Option<Surface>],
        width: usize,
        nearest: &mut [u32],
        depth: &mut [f32],
        top: usize,
        rows: usize,
    ) {
        let (start, end) = (top as f32, (top + rows) as f32);
        for (surface, number) in surfaces.iter().zip(0..) {
            let Some(surface) = surface else { continue };
            let [[_, high], _, [_, low]] = surface.corners;
            if high >= end || low <= start {
                continue;
            }
            for (sample, shift) in SAMPLES.iter().enumerate() {
                let row = |edge: f32| clamp((edge - shift[1]).ceil(), start, end) as usize - top;
                for row in row(high)..row(low) {
                    let y = (top + row) as f32 + shift[1];
                    let [first, last] = surface.columns(y, shift[0], width);
                    if first >= last {
                        continue;
                    }
                    let line = (sample * BAND + row) * width;
                    let nearest = &mut nearest[line + first..line + last];
                    let depth = &mut depth[line + first..line + last];
                    let begin = surface.depth.at(surface.way([first as f32 + shift[0], y]));
                    let step = surface.depth.steps[0];
                    for ((known, shown), k) in depth.iter_mut().zip(nearest).zip(0..) {
                        let here = begin + step * k as f32;
                        let nearer = here <= *known;
                        *known = if nearer { here } else { *known };
                        *shown = if nearer { number } else { *shown };
                    }
                }
            }
        }
    }

    /// The number of the head's triangle that each pixel of a row shows, for each of the four samples.
    #[inline(always)]
    pub fn row(&self, row: usize) -> [&[u32]; 4] {
        self.line(&self.nearest, row)
    }

    /// The number of the rim's triangle that each pixel of a row shows, for each of the four samples.
    #[inline(always)]
    pub fn row_over(&self, row: usize) -> [&[u32]; 4] {
        self.line(&self.over, row)
    }

    #[inline(always)]
    fn line<'a>(&self, samples: &'a [u32], row: usize) -> [&'a [u32]; 4] {
        [0, 1, 2, 3].map(
            #[inline(always)]
            |sample| {
                let line = (sample * BAND + row) * self.width;
                &samples[line..line + self.width]
            },
        )
    }
}
