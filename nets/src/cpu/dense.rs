//! Convolutions of all channels with all: a tile of pixels by eight or sixteen channels stays in registers while
//! the products of all taps and channels are added to it.

use std::ops::Range;

use super::finish::Finish;
use super::lanes::{EIGHT, Lanes, Octet, WIDE, Work, vectorize};
use super::plan::Part;
use super::plane::{Source, Target};
use crate::graph::{Convolution, Window};

/// A convolution's numbers in the order in which a tile needs them.
#[derive(Debug, Clone)]
pub(super) struct Dense {
    window: Window,
    /// Channels in.
    channels: usize,
    /// One for every plane.
    bias: Vec<Octet>,
    /// For each group of planes that a tile makes: row of taps, plane in, tap of the row, channel in,
    /// plane out.
    weights: Vec<Octet>,
    /// Planes of a full group.
    group: usize,
}

impl Dense {
    /// Arranges the weights for tiles of `group` planes.
    pub(super) fn new(conv: &Convolution, group: usize) -> Self {
        let out = conv.bias.len();
        let side = conv.window.side;
        let taps = side * side;
        let channels = conv.weights.len() / (taps * out).max(1);
        let planes = out.div_ceil(EIGHT);
        let mut weights = Vec::with_capacity(taps * channels * planes);
        for first in (0..planes).step_by(group.max(1)) {
            let planes_here = first..planes.min(first + group);
            for line in 0..side {
                for start in (0..channels).step_by(EIGHT) {
                    for tap in line * side..(line + 1) * side {
                        for channel in start..channels.min(start + EIGHT) {
                            let row = &conv.weights[(tap * channels + channel) * out..][..out];
                            weights.extend(planes_here.clone().map(|plane| octet(row, plane)));
                        }
                    }
                }
            }
        }
        let bias = (0..planes).map(|plane| octet(&conv.bias, plane)).collect();
        Self { window: conv.window, channels, bias, weights, group }
    }
}

/// Eight channels of a row; zeros where it has no more.
pub(super) fn octet(row: &[f32], plane: usize) -> Octet {
    Octet(std::array::from_fn(|k| row.get(plane * EIGHT + k).copied().unwrap_or_default()))
}

/// A part of a convolution.
pub(super) struct DensePart<'a, 'b> {
    pub(super) dense: &'a Dense,
    pub(super) from: Source<'a>,
    pub(super) to: &'a mut Target<'b>,
    pub(super) finish: Finish<'a>,
    pub(super) part: &'a Part,
}

impl DensePart<'_, '_> {
    /// Computes them: most with tiles of several pixels, and one by one what is left of a row.
    pub(super) fn run(&mut self) {
        let width = self.to.layout.size.width;
        let left = width % 4;
        if WIDE && width.is_multiple_of(6) {
            self.columns::<6>(0..width);
        } else {
            self.columns::<4>(0..width - left);
            if left > 0 {
                self.columns::<1>(width - left..width);
            }
        }
    }

    /// Every kind of tile is a function of its own: of a large function, engines that compile WebAssembly keep the sums
    /// in memory instead of registers.
    fn columns<const PIXELS: usize>(&mut self, columns: Range<usize>) {
        let Self { dense, from, finish, part, .. } = *self;
        let to = &mut *self.to;
        match (dense.window.stride, dense.window.side) {
            (1, 1) => vectorize(Tiles::<PIXELS, 1, true> { dense, from, to, finish, part, columns }),
            (1, _) => vectorize(Tiles::<PIXELS, 1, false> { dense, from, to, finish, part, columns }),
            (2, _) => vectorize(Tiles::<PIXELS, 2, false> { dense, from, to, finish, part, columns }),
            _ => vectorize(Tiles::<PIXELS, 0, false> { dense, from, to, finish, part, columns }),
        }
    }
}

/// Tiles of `PIXELS` pixels. `STRIDE` is the stride, or 0 for one that is known only at run time. `POINT` says that the
/// window has a single tap.
struct Tiles<'a, 'b, const PIXELS: usize, const STRIDE: usize, const POINT: bool> {
    dense: &'a Dense,
    from: Source<'a>,
    to: &'a mut Target<'b>,
    finish: Finish<'a>,
    part: &'a Part,
    columns: Range<usize>,
}

impl<const PIXELS: usize, const STRIDE: usize, const POINT: bool> Work for Tiles<'_, '_, PIXELS, STRIDE, POINT> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(mut self, lanes: L) {
        let planes = self.part.planes.clone();
        let taps = self.dense.window.side * self.dense.window.side * self.dense.channels;
        for y in self.part.rows.clone() {
            for first in planes.clone().step_by(self.dense.group) {
                let group = self.dense.group.min(planes.end - first);
                let weights = &self.dense.weights[first * taps..][..group * taps];
                for x in self.columns.clone().step_by(PIXELS) {
                    if L::GROUP == 2 && group == 2 {
                        self.tile::<L, 2>(lanes, weights, [first, y, x]);
                    } else {
                        self.tile::<L, 1>(lanes, weights, [first, y, x]);
                    }
                }
            }
        }
    }
}

impl<const PIXELS: usize, const STRIDE: usize, const POINT: bool> Tiles<'_, '_, PIXELS, STRIDE, POINT> {
    #[inline(always)]
    fn tile<L: Lanes, const GROUP: usize>(&mut self, lanes: L, weights: &[Octet], [plane, y, x]: [usize; 3]) {
        let Window { side, stride, around: [before, _] } = self.dense.window;
        let stride = if STRIDE == 0 { stride } else { STRIDE };
        let Source { layout, planes } = self.from;
        // A border may be wider than this window needs.
        let [top, left] = [y, x].map(|at| at * stride + layout.border[0] - before);
        let mut sums = [[lanes.splat(0.0); PIXELS]; GROUP];
        for (k, sums) in sums.iter_mut().enumerate() {
            *sums = [lanes.load(&self.dense.bias[plane + k]); PIXELS];
        }
        let reach = (PIXELS - 1) * stride + 1;
        // Each chunk begins at the first tap of its line or plane.
        let taps = &planes[layout.bordered(0, top, left)..];
        if POINT {
            for (plane, weights) in taps.chunks(layout.row()).zip(weights.chunks(EIGHT * GROUP)) {
                products::<L, GROUP, PIXELS>(lanes, &mut sums, &plane[..reach], stride, weights);
            }
        } else {
            let weights = weights.chunks(side * self.dense.channels * GROUP);
            for (line, weights) in taps.chunks(layout.line()).zip(weights) {
                let mut channels = self.dense.channels;
                for (plane, weights) in line.chunks(layout.row()).zip(weights.chunks(side * EIGHT * GROUP)) {
                    let weights = weights.chunks_exact(EIGHT.min(channels) * GROUP);
                    channels = channels.saturating_sub(EIGHT);
                    for (pixels, weights) in plane.windows(reach).zip(weights) {
                        products::<L, GROUP, PIXELS>(lanes, &mut sums, pixels, stride, weights);
                    }
                }
            }
        }
        for (k, sums) in sums.into_iter().enumerate() {
            self.finish.store(lanes, self.to, [plane + k, y, x], sums);
        }
    }
}

/// Adds the products of an octet's channels of each pixel with their weights, as many channels as there are weights.
///
/// The compiler must not know that there are eight channels: it would unroll the loop and load everything that all
/// rounds need at once, which pushes the sums out of the registers. In Chromium that takes twice as long.
#[inline(always)]
pub(super) fn products<L: Lanes, const GROUP: usize, const PIXELS: usize>(
    lanes: L,
    sums: &mut [[L::Eight; PIXELS]; GROUP],
    pixels: &[Octet],
    stride: usize,
    weights: &[Octet],
) {
    for (k, row) in weights.chunks_exact(GROUP).enumerate() {
        let mut factors = [lanes.splat(0.0); GROUP];
        for (factor, weight) in factors.iter_mut().zip(row) {
            *factor = lanes.load(weight);
        }
        for i in 0..PIXELS {
            let value = lanes.splat(pixels[i * stride].0[k % EIGHT]);
            for (sums, factor) in sums.iter_mut().zip(&factors) {
                sums[i] = lanes.mul_add(value, *factor, sums[i]);
            }
        }
    }
}
