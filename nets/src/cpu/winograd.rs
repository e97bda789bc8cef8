//! 3 x 3 convolutions with a quarter of the products: F(4 x 4, 3 x 3) of Lavin and Gray, "Fast Algorithms for
//! Convolutional Neural Networks" (2016, arXiv 1509.09308).
//!
//! A tile of 6 x 6 pixels is changed into 36 numbers, its terms, and so are a window's 3 x 3 weights. The 36 products
//! of these terms, summed over the channels, are changed into the 4 x 4 sums for which 144 products would be needed.
//! Rounding errors are some ten times those of the plain sums.

use super::dense::{octet, products};
use super::finish::Finish;
use super::lanes::{EIGHT, Lanes, Octet, WIDE, Work, vectorize};
use super::plan::Part;
use super::plane::{Layout, Source, Target};
use crate::graph::{Convolution, Size, Window};

/// Side, pixels, of the square that a tile reads.
const READ: usize = 6;
/// Side, pixels, of the square that a tile makes.
pub(super) const MADE: usize = 4;
/// Terms of a tile: the numbers into which its pixels are changed.
const TERMS: usize = READ * READ;
/// Tiles whose sums are held in registers at once.
const BLOCK: usize = if WIDE { 6 } else { 4 };
/// Most tiles in a strip, which is finished before the next one is begun, so that its terms stay in the cache. A strip
/// has at least one row of tiles, even if that has more.
const STRIP: usize = 48;
/// Fewest channels, in and out, for this method: with fewer, changing the tiles costs more than the saved products.
const FEWEST_CHANNELS: usize = 16;

/// The matrix that changes a window's rows and columns: G of the paper.
const WINDOW: [[f32; 3]; READ] = [
    [1.0 / 4.0, 0.0, 0.0],
    [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
    [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
    [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
    [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
    [0.0, 0.0, 1.0],
];

/// A convolution's numbers in the order in which they are needed.
#[derive(Debug, Clone)]
pub(super) struct Winograd {
    /// One for every plane.
    bias: Vec<Octet>,
    /// For each group of planes that is made at once: term, channel in, plane out.
    weights: Vec<Octet>,
    /// Planes of a full group.
    group: usize,
    /// Planes in.
    from: usize,
}

impl Winograd {
    /// Whether a convolution can be computed by this method, and is faster for it.
    pub(super) fn fits(conv: &Convolution, from: Size, to: Size) -> bool {
        conv.window == Window::same(3, 1)
            && from.channels.is_multiple_of(EIGHT)
            && from.channels.min(to.channels) >= FEWEST_CHANNELS
            && to.height.is_multiple_of(MADE)
            && to.width.is_multiple_of(MADE)
    }

    /// Arranges the weights for groups of `group` planes.
    pub(super) fn new(conv: &Convolution, group: usize) -> Self {
        let out = conv.bias.len();
        let channels = conv.weights.len() / (9 * out).max(1);
        let planes = out.div_ceil(EIGHT);
        let changed: Vec<[[f32; READ]; READ]> = (0..channels * out)
            .map(|at| changed(std::array::from_fn(|tap| conv.weights[tap * channels * out + at])))
            .collect();
        let mut weights = Vec::with_capacity(TERMS * channels * planes);
        for first in (0..planes).step_by(group.max(1)) {
            for term in 0..TERMS {
                let row: Vec<f32> = changed.iter().map(|window| window[term / READ][term % READ]).collect();
                for row in row.chunks_exact(out.max(1)) {
                    weights.extend((first..planes.min(first + group)).map(|plane| octet(row, plane)));
                }
            }
        }
        let bias = (0..planes).map(|plane| octet(&conv.bias, plane)).collect();
        Self { bias, weights, group, from: channels / EIGHT }
    }

    /// Octets of working memory for a value of this layout: terms of the tiles of a strip, and of their sums.
    pub(super) fn scratch(&self, to: Layout) -> usize {
        Strips::of(to).tiles * TERMS * (self.from + self.group)
    }

    /// Convolves some rows and planes. The number of rows is a multiple of [`MADE`]; the number of planes is a multiple
    /// of a group, unless they reach to the last plane. `scratch` has at least [`scratch`](Self::scratch) octets.
    pub(super) fn run(
        &self,
        from: Source<'_>,
        to: &mut Target<'_>,
        finish: Finish<'_>,
        part: &Part,
        scratch: &mut [Octet],
    ) {
        let strips = Strips::of(to.layout);
        let (terms, sums) = scratch.split_at_mut(strips.tiles * TERMS * self.from);
        let (planes, bottom) = (part.planes.clone(), part.rows.end / MADE);
        for top in (part.rows.start / MADE..bottom).step_by(strips.rows) {
            let strip = Strip::of(top, strips.rows.min(bottom - top), strips.across);
            // Each stage is a function of its own: of a large function, engines that compile WebAssembly keep the sums
            // in memory instead of registers.
            vectorize(Terms { from, strip, planes: self.from, terms });
            for first in planes.clone().step_by(self.group) {
                let group = self.group.min(planes.end - first);
                let each = TERMS * self.from * EIGHT;
                let weights = &self.weights[first * each..][..group * each];
                vectorize(Products { terms, weights, sums, strip, planes: self.from, group });
                for plane in first..first + group {
                    let sums = &sums[(plane - first) * TERMS * strip.tiles..][..TERMS * strip.tiles];
                    vectorize(Results { sums, bias: &self.bias[plane], strip, to, finish, plane });
                }
            }
        }
    }
}

/// A window's terms: `G g G^T`.
fn changed(window: [f32; 9]) -> [[f32; READ]; READ] {
    let rows: [[f32; 3]; READ] =
        WINDOW.map(|g| std::array::from_fn(|column| (0..3).map(|row| g[row] * window[3 * row + column]).sum()));
    rows.map(|row| WINDOW.map(|g| (0..3).map(|k| g[k] * row[k]).sum()))
}

/// How a value is cut into strips of rows of tiles.
struct Strips {
    /// Rows of tiles in a strip.
    rows: usize,
    /// Tiles in a row.
    across: usize,
    /// Tiles in a strip, rounded up to whole blocks.
    tiles: usize,
}

impl Strips {
    fn of(to: Layout) -> Self {
        let across = (to.size.width / MADE).max(1);
        let rows = (STRIP / across).clamp(1, (to.size.height / MADE).max(1));
        Self { rows, across, tiles: Strip::of(0, rows, across).tiles }
    }
}

/// A strip: some rows of tiles.
#[derive(Clone, Copy)]
struct Strip {
    top: usize,
    rows: usize,
    across: usize,
    /// Octets for one term of one plane: as many as the strip has tiles, rounded up to whole blocks.
    tiles: usize,
}

impl Strip {
    fn of(top: usize, rows: usize, across: usize) -> Self {
        Self { top, rows, across, tiles: (rows * across).next_multiple_of(BLOCK) }
    }

    /// Index, row and column of each tile.
    fn each(self) -> impl Iterator<Item = [usize; 3]> {
        (0..self.rows).flat_map(move |y| (0..self.across).map(move |x| [y * self.across + x, self.top + y, x]))
    }
}

/// Changes tiles: `B^T d B`.
struct Terms<'a> {
    from: Source<'a>,
    strip: Strip,
    planes: usize,
    /// Term, plane in, tile.
    terms: &'a mut [Octet],
}

impl Work for Terms<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Self { from: Source { layout, planes: octets }, strip, planes, terms } = self;
        for plane in 0..planes {
            for [tile, y, x] in strip.each() {
                // A border may be wider than this window needs.
                let [top, left] = [y, x].map(|at| MADE * at + layout.border[0] - 1);
                let mut columns = [[lanes.splat(0.0); READ]; READ];
                for (row, columns) in columns.iter_mut().enumerate() {
                    let pixels = &octets[layout.bordered(plane, top + row, left)..][..READ];
                    let mut line = [lanes.splat(0.0); READ];
                    for (value, pixel) in line.iter_mut().zip(pixels) {
                        *value = lanes.load(pixel);
                    }
                    *columns = six(lanes, line);
                }
                for column in 0..READ {
                    let mut line = [lanes.splat(0.0); READ];
                    for (value, row) in line.iter_mut().zip(&columns) {
                        *value = row[column];
                    }
                    let line = six(lanes, line);
                    for (row, value) in line.into_iter().enumerate() {
                        let at = ((row * READ + column) * planes + plane) * strip.tiles + tile;
                        lanes.store(&mut terms[at], value);
                    }
                }
            }
        }
    }
}

/// A line of a tile: `B^T d`.
#[inline(always)]
fn six<L: Lanes>(lanes: L, d: [L::Eight; READ]) -> [L::Eight; READ] {
    let times = |factor: f32, value: L::Eight, sum: L::Eight| lanes.mul_add(lanes.splat(factor), value, sum);
    let (even, odd) = (times(-4.0, d[2], d[4]), times(-4.0, d[1], d[3]));
    let (wide, step) = (times(-1.0, d[2], d[4]), times(-1.0, d[1], d[3]));
    [
        times(4.0, d[0], times(-5.0, d[2], d[4])),
        lanes.add(even, odd),
        times(-1.0, odd, even),
        times(2.0, step, wide),
        times(-2.0, step, wide),
        times(4.0, d[1], times(-5.0, d[3], d[5])),
    ]
}

/// Sums the products of every term over all channels.
struct Products<'a> {
    terms: &'a [Octet],
    weights: &'a [Octet],
    /// Plane of the group, term, tile.
    sums: &'a mut [Octet],
    strip: Strip,
    planes: usize,
    group: usize,
}

impl Work for Products<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(mut self, lanes: L) {
        for term in 0..TERMS {
            for tile in (0..self.strip.tiles).step_by(BLOCK) {
                if L::GROUP == 2 && self.group == 2 {
                    self.block::<L, 2>(lanes, term, tile);
                } else {
                    self.block::<L, 1>(lanes, term, tile);
                }
            }
        }
    }
}

impl Products<'_> {
    #[inline(always)]
    fn block<L: Lanes, const GROUP: usize>(&mut self, lanes: L, term: usize, tile: usize) {
        let Self { planes, strip: Strip { tiles, .. }, .. } = *self;
        let mut sums = [[lanes.splat(0.0); BLOCK]; GROUP];
        let terms = self.terms[term * planes * tiles..][..planes * tiles].chunks_exact(tiles);
        // `chunks`, not `chunks_exact`: the compiler must not know that there are always eight channels (see
        // `products`).
        let weights = self.weights[term * planes * EIGHT * GROUP..].chunks(EIGHT * GROUP);
        for (pixels, weights) in terms.zip(weights) {
            products::<L, GROUP, BLOCK>(lanes, &mut sums, &pixels[tile..][..BLOCK], 1, weights);
        }
        for (k, sums) in sums.into_iter().enumerate() {
            let to = &mut self.sums[(k * TERMS + term) * tiles + tile..][..BLOCK];
            for i in 0..BLOCK {
                lanes.store(&mut to[i], sums[i]);
            }
        }
    }
}

/// Makes pixels of a plane from the terms' sums: `A^T m A`.
struct Results<'a, 'b> {
    sums: &'a [Octet],
    bias: &'a Octet,
    strip: Strip,
    to: &'a mut Target<'b>,
    finish: Finish<'a>,
    plane: usize,
}

impl Work for Results<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Self { sums, bias, strip, to, finish, plane } = self;
        for [tile, y, x] in strip.each() {
            let mut columns = [[lanes.splat(0.0); MADE]; READ];
            for (column, made) in columns.iter_mut().enumerate() {
                let mut line = [lanes.splat(0.0); READ];
                for (row, value) in line.iter_mut().enumerate() {
                    *value = lanes.load(&sums[(row * READ + column) * strip.tiles + tile]);
                }
                *made = four(lanes, line);
            }
            for row in 0..MADE {
                let mut line = [lanes.splat(0.0); READ];
                for (value, column) in line.iter_mut().zip(&columns) {
                    *value = column[row];
                }
                let mut made = four(lanes, line);
                for value in &mut made {
                    *value = lanes.add(*value, lanes.load(bias));
                }
                finish.store(lanes, to, [plane, MADE * y + row, MADE * x], made);
            }
        }
    }
}

/// A line of sums: `A^T m`.
#[inline(always)]
fn four<L: Lanes>(lanes: L, m: [L::Eight; READ]) -> [L::Eight; MADE] {
    let times = |factor: f32, value: L::Eight, sum: L::Eight| lanes.mul_add(lanes.splat(factor), value, sum);
    let (near, nears) = (times(-1.0, m[2], m[1]), lanes.add(m[1], m[2]));
    let (far, fars) = (times(-1.0, m[4], m[3]), lanes.add(m[3], m[4]));
    [
        lanes.add(m[0], lanes.add(nears, fars)),
        times(2.0, far, near),
        times(4.0, fars, nears),
        lanes.add(times(8.0, far, near), m[5]),
    ]
}
