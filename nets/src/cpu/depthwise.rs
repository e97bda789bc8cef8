//! Convolutions of every channel by itself: eight channels at once, a row of taps at a time.

use super::dense::octet;
use super::finish::{Act, Added, Finish};
use super::lanes::{Lanes, Octet, UNROLLED, Work, vectorize};
use super::plan::Part;
use super::plane::{Source, Target};
use crate::graph::{Depthwise, Window};

/// Pixels of a row that a tile makes at once.
const PIXELS: usize = 4;

/// A depthwise convolution's numbers: for each plane, tap by tap.
#[derive(Debug, Clone)]
pub(super) struct Single {
    window: Window,
    bias: Vec<Octet>,
    weights: Vec<Octet>,
}

impl Single {
    pub(super) fn new(conv: &Depthwise) -> Self {
        let channels = conv.bias.len();
        let planes = channels.div_ceil(super::lanes::EIGHT);
        let rows = || conv.weights.chunks_exact(channels.max(1));
        Self {
            window: conv.window,
            bias: (0..planes).map(|plane| octet(&conv.bias, plane)).collect(),
            weights: (0..planes).flat_map(|plane| rows().map(move |row| octet(row, plane))).collect(),
        }
    }
}

/// A part of a depthwise convolution.
pub(super) struct SinglePart<'a, 'b> {
    pub(super) single: &'a Single,
    pub(super) from: Source<'a>,
    pub(super) to: &'a mut Target<'b>,
    pub(super) part: &'a Part,
}

impl SinglePart<'_, '_> {
    /// Computes them.
    pub(super) fn run(&mut self) {
        let Self { single, from, part, .. } = *self;
        let to = &mut *self.to;
        match (single.window.side, single.window.stride) {
            (3, 1) if UNROLLED => vectorize(Tiles::<3, 1> { single, from, to, part }),
            (3, 2) if UNROLLED => vectorize(Tiles::<3, 2> { single, from, to, part }),
            (5, 1) if UNROLLED => vectorize(Tiles::<5, 1> { single, from, to, part }),
            (5, 2) if UNROLLED => vectorize(Tiles::<5, 2> { single, from, to, part }),
            (_, 1) => vectorize(Tiles::<0, 1> { single, from, to, part }),
            (_, 2) => vectorize(Tiles::<0, 2> { single, from, to, part }),
            _ => vectorize(Tiles::<0, 0> { single, from, to, part }),
        }
    }
}

/// Tiles for a window with this `SIDE` and `STRIDE`; 0 stands for numbers that are known only at run time.
struct Tiles<'a, 'b, const SIDE: usize, const STRIDE: usize> {
    single: &'a Single,
    from: Source<'a>,
    to: &'a mut Target<'b>,
    part: &'a Part,
}

impl<const SIDE: usize, const STRIDE: usize> Work for Tiles<'_, '_, SIDE, STRIDE> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(mut self, lanes: L) {
        let width = self.to.layout.size.width;
        for y in self.part.rows.clone() {
            for plane in self.part.planes.clone() {
                let mut x = 0;
                while x + PIXELS <= width {
                    self.tile::<L, PIXELS>(lanes, [plane, y, x]);
                    x += PIXELS;
                }
                while x < width {
                    self.tile::<L, 1>(lanes, [plane, y, x]);
                    x += 1;
                }
            }
        }
    }
}

impl<const SIDE: usize, const STRIDE: usize> Tiles<'_, '_, SIDE, STRIDE> {
    #[inline(always)]
    fn tile<L: Lanes, const COUNT: usize>(&mut self, lanes: L, [plane, y, x]: [usize; 3]) {
        let Window { side, stride, around: [before, _] } = self.single.window;
        let side = if SIDE == 0 { side } else { SIDE };
        let stride = if STRIDE == 0 { stride } else { STRIDE };
        let Source { layout, planes } = self.from;
        let [top, left] = [y, x].map(|at| at * stride + layout.border[0] - before);
        let mut sums = [lanes.load(&self.single.bias[plane]); COUNT];
        for row in 0..side {
            let weights = &self.single.weights[(plane * side + row) * side..][..side];
            let pixels = &planes[layout.bordered(plane, top + row, left)..][..(COUNT - 1) * stride + side];
            for column in 0..side {
                let weight = lanes.load(&weights[column]);
                for i in 0..COUNT {
                    sums[i] = lanes.mul_add(lanes.load(&pixels[i * stride + column]), weight, sums[i]);
                }
            }
        }
        let finish = Finish { film: None, added: Added::Nothing, act: &Act::None };
        finish.store(lanes, self.to, [plane, y, x], sums);
    }
}
