//! Which triangle of the mesh each sample of a pixel shows.
//!
//! A triangle is filled sample row by sample row between its edges. Where an edge crosses a row is computed alike for
//! both triangles beside it, so that no sample is missed or counted twice between them.

use crate::layers::{Mesh, PlacedVertex};
use crate::sampling::{Footprint, clamp};

/// Places of a pixel's samples: those of every GPU.
pub const SAMPLES: [[f32; 2]; 4] = [[0.375, 0.125], [0.875, 0.375], [0.125, 0.625], [0.625, 0.875]];
/// Rows of pixels that are done at once: what is known of their samples stays in the cache.
pub const BAND: usize = 8;
/// In the place of a triangle where there is none.
pub const NONE: u32 = u32::MAX;

/// A number that changes evenly over a triangle.
#[derive(Debug, Clone, Copy)]
pub struct Slope {
    start: f32,
    /// By how much it grows from a pixel to the next, and from a row to the next.
    pub steps: [f32; 2],
}

impl Slope {
    /// At a place relative to the triangle's origin.
    #[inline(always)]
    pub fn at(&self, [x, y]: [f32; 2]) -> f32 {
        self.start + self.steps[0] * x + self.steps[1] * y
    }
}

/// Where the picture of what the photo does not show of a face has a triangle.
#[derive(Debug, Clone, Copy)]
struct Hidden {
    place: [Slope; 2],
    /// Smallest and largest place of its corners.
    limits: [[f32; 2]; 2],
    /// It shows something of it.
    shown: bool,
}

/// A triangle under a target geometry. Places are pixels of the output.
#[derive(Debug, Clone, Copy)]
pub struct Surface {
    /// Corners from the top down.
    corners: [[f32; 2]; 3],
    /// Columns a row along the long side, the upper and the lower short side.
    sides: [f32; 3],
    /// What the slopes count from.
    origin: [f32; 2],
    depth: Slope,
    motion: [Slope; 2],
    /// Smallest and largest motion of its corners, pixels of the photo.
    limits: [[f32; 2]; 2],
    face: Slope,
    /// Where the picture of what the photo does not show has it, if that is needed.
    completion: Option<Hidden>,
    /// It is not of the face, but of what surrounds it.
    pub around: bool,
    /// Nothing of it moves.
    pub still: bool,
    /// What an output pixel covers of the photo.
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
        // A triangle that is seen edge-on shows nothing, or next to it.
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

    /// How far the place of the output that is shown here moved, pixels of the photo: exactly 0 where nothing moves.
    #[inline(always)]
    pub fn motion(&self, place: [f32; 2]) -> [f32; 2] {
        let way = self.way(place);
        let [x, y] = [self.motion[0].at(way), self.motion[1].at(way)];
        let [[left, right], [top, bottom]] = self.limits;
        // Slopes of a sliver are steep: just beside it they would lead anywhere.
        [clamp(x, left, right), clamp(y, top, bottom)]
    }

    /// 1 on the face, 0 on the rings around it.
    #[inline(always)]
    pub fn face(&self, place: [f32; 2]) -> f32 {
        self.face.at(self.way(place))
    }

    /// Where the picture of what the photo does not show has a place of the output, and whether that shows anything of the triangle.
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

    /// The columns of the samples in a row at height `y` that lie in the triangle; `shift` is the samples' place in
    /// their pixel.
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

/// Some triangles of a mesh whose corners are at `placed`, pixels of the photo; an output pixel covers `scale` of those. `completion` says
/// of each where the picture of what the photo does not show has its corners.
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

/// What the samples of some rows of pixels show.
#[derive(Debug)]
pub struct Band {
    width: usize,
    /// For each sample of a pixel, row by row: of the head, and of what is drawn over it.
    nearest: Vec<u32>,
    over: Vec<u32>,
    depth: Vec<f32>,
}

impl Band {
    /// For rows of so many pixels.
    pub fn new(width: usize) -> Self {
        let count = SAMPLES.len() * BAND * width;
        Self { width, nearest: vec![NONE; count], over: vec![NONE; count], depth: vec![f32::INFINITY; count] }
    }

    /// Finds what is nearest at each sample of `rows` rows from the row `top` on, of the head and of the rim where that is nearer. Of
    /// triangles that are equally near the later one is shown.
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

    /// What each sample of the pixels in a row shows of the head.
    #[inline(always)]
    pub fn row(&self, row: usize) -> [&[u32]; 4] {
        self.line(&self.nearest, row)
    }

    /// What each sample of the pixels in a row shows of the rim.
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
