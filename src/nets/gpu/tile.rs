//! How the work of a kernel is cut into pieces. A GPU with many lanes and a CPU that plays a GPU want different pieces.

use super::plan::planes;
use crate::nets::graph::Size;

/// Size of the largest uniform buffer that every device can bind, vectors of four numbers (64 KB).
pub(super) const LARGEST: usize = 4096;
/// Sizes of the uniform buffers that weights lie in, vectors of four numbers. A kernel needs a pipeline for each size.
const UNIFORM: [usize; 2] = [1024, LARGEST];

/// What runs the kernels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lanes {
    /// The many lanes of a GPU, which have to be kept busy.
    Many,
    /// The few lanes of a CPU that plays a GPU. It reads storage buffers lane by lane, with all bounds checks for each
    /// lane; a read from a uniform buffer costs a tenth of that. So the more products use each value that is read, the
    /// better.
    Few,
}

/// Where a kernel reads its weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Space {
    /// A storage buffer.
    Storage,
    /// A storage buffer of numbers in half precision.
    Half,
    /// A uniform buffer of this many vectors of four numbers.
    Uniform(usize),
}

impl Space {
    /// The best place for this many vectors of weights.
    pub(super) fn of(lanes: Lanes, vectors: usize) -> Self {
        let fitting = UNIFORM.into_iter().find(|&count| vectors <= count);
        match (lanes, fitting) {
            (Lanes::Few, Some(count)) => Self::Uniform(count),
            _ => Self::Storage,
        }
    }
}

/// The piece of work of one invocation, and how invocations form workgroups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tile {
    /// Pixels that an invocation makes, side by side.
    pub(super) across: usize,
    /// Planes that an invocation makes of each pixel.
    pub(super) planes: usize,
    /// Invocations of a workgroup.
    pub(super) threads: usize,
    /// Invocations that share the same sums; each adds a part of their products.
    pub(super) parts: usize,
}

/// Number of invocations below which lanes of a GPU stay idle while others have much to do: there the work is cut into
/// smaller tiles.
const BUSY: usize = 2048;
/// Number of invocations below which a large GPU mostly waits for its reads: there several invocations share a sum. An
/// H200 has room for 270,000; with 2,304 a 3 x 3 convolution of 24 x 24 x 64 made 650 GFLOP/s there, with 18,432 it
/// makes 3,000 (`cargo xtask bench profile`).
const FULL: usize = 32_768;
/// Largest number of invocations that share a sum.
const MOST_PARTS: usize = 16;
/// Smallest number of steps of a sum that is left to each invocation that shares it.
const FEWEST_STEPS: usize = 2;
/// Largest number of sums of an invocation that shares them: 16 sums of 64 invocations fill the 16 KB of memory that
/// every device's workgroups have.
const MOST_SHARED: usize = 16;

impl Tile {
    /// The tile of an ordinary convolution to `to`. A plane has `each` vectors of weights, and a sum takes `steps`
    /// steps of the loop.
    pub(super) fn dense(lanes: Lanes, to: Size, batch: usize, each: usize, steps: usize) -> Self {
        let all = planes(to);
        match lanes {
            Lanes::Few => {
                // A group has only so many planes that its weights fit into one uniform buffer.
                let fitting = (LARGEST / each.max(1)).clamp(1, 8);
                Self { across: even(to.width, 12), planes: even(all, fitting), threads: 8, parts: 1 }
            }
            Lanes::Many => {
                let (mut across, mut group) = (even(to.width, 4), even(all, 8));
                let invocations =
                    |across: usize, group: usize| batch * to.height * to.width.div_ceil(across) * all.div_ceil(group);
                while invocations(across, group) < BUSY && (across > 1 || group > 2) {
                    if group > 4 || across == 1 {
                        group = even(all, group / 2);
                    } else {
                        across = even(to.width, across / 2);
                    }
                }
                while across * group > MOST_SHARED && invocations(across, group) < FULL {
                    group = even(all, group / 2);
                }
                let parts = parts(invocations(across, group), steps);
                Self { across, planes: group, threads: 64, parts }
            }
        }
    }

    /// The tile for few pixels on many lanes, where an invocation makes one plane of one pixel in `steps` steps. The
    /// weights of all planes form one group.
    pub(super) fn few(to: Size, batch: usize, steps: usize) -> Self {
        let all = planes(to);
        Self { across: 1, planes: all, threads: 64, parts: parts(batch * to.pixels() * all, steps) }
    }

    /// Number of places in a workgroup; invocations that share sums are at the same place.
    pub(super) const fn slots(self) -> usize {
        self.threads / self.parts
    }

    /// The tile of kernels that make each plane from the same plane of what they read.
    pub(super) fn depthwise(lanes: Lanes, to: Size) -> Self {
        match lanes {
            Lanes::Few => Self { across: even(to.width, 8), planes: 1, threads: 8, parts: 1 },
            Lanes::Many => Self { across: 4, planes: 1, threads: 64, parts: 1 },
        }
    }

    /// Workgroups of a dispatch that makes all pixels.
    pub(super) fn groups(self, to: Size) -> usize {
        (to.width.div_ceil(self.across) * to.height).div_ceil(self.slots())
    }
}

/// How many invocations share a sum, a power of two, if `invocations` invocations would otherwise make one sum each in
/// `steps` steps.
fn parts(invocations: usize, steps: usize) -> usize {
    let most = (steps / FEWEST_STEPS).min(FULL / invocations.max(1)).clamp(1, MOST_PARTS);
    1 << most.ilog2()
}

/// Size of the parts when `count` is cut into as few equal parts as possible of at most `most` each.
fn even(count: usize, most: usize) -> usize {
    count.div_ceil(count.div_ceil(most.max(1)).max(1)).max(1)
}
