//! How the work of a kernel is cut into pieces: other pieces are best where lanes are many, and where a CPU plays the GPU.

use super::plan::planes;
use crate::nets::graph::Size;

/// Vectors of a uniform buffer that every device can bind.
pub(super) const LARGEST: usize = 4096;
/// Sizes of the uniform buffers that weights lie in; each is another pipeline.
const UNIFORM: [usize; 2] = [1024, LARGEST];

/// What runs the kernels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lanes {
    /// Many lanes, which have to be kept busy.
    Many,
    /// The few of a CPU that plays a GPU. It reads storage buffers lane by lane, with all checks for each; what it reads of
    /// a uniform buffer costs a tenth, and so the more is made of each value that is read, the better.
    Few,
}

/// Where a kernel reads its weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Space {
    /// A storage buffer.
    Storage,
    /// A storage buffer of numbers in half precision.
    Half,
    /// A uniform buffer of so many vectors.
    Uniform(usize),
}

impl Space {
    /// Where so many vectors of weights are best.
    pub(super) fn of(lanes: Lanes, vectors: usize) -> Self {
        let fitting = UNIFORM.into_iter().find(|&count| vectors <= count);
        match (lanes, fitting) {
            (Lanes::Few, Some(count)) => Self::Uniform(count),
            _ => Self::Storage,
        }
    }
}

/// What one invocation makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tile {
    /// Pixels side by side.
    pub(super) across: usize,
    /// Planes of each pixel.
    pub(super) planes: usize,
    /// Invocations of a workgroup.
    pub(super) threads: usize,
    /// Invocations that share the sums of their pixels, each a part of their products.
    pub(super) parts: usize,
}

/// Invocations below which lanes of a GPU stay idle while others have much to do: the work is cut finer.
const BUSY: usize = 2048;
/// Invocations below which a large GPU only waits for what it reads: sums are shared. An H200 has room for 270,000; with
/// 2,304 a 3 x 3 convolution of 24 x 24 x 64 made 650 GFLOP/s there, with 18,432 it makes 3,000 (`cargo xtask bench profile`).
const FULL: usize = 32_768;
/// Most invocations that share a sum, and fewest steps that are left to each.
const MOST_PARTS: usize = 16;
const FEWEST_STEPS: usize = 2;
/// Most sums of an invocation that shares them: of 64 they fill the 16 KB that every device's workgroups have.
const MOST_SHARED: usize = 16;

impl Tile {
    /// For kernels that make all planes of a pixel by themselves, `each` vectors of weights for a plane, in so many steps.
    pub(super) fn dense(lanes: Lanes, to: Size, batch: usize, each: usize, steps: usize) -> Self {
        let all = planes(to);
        match lanes {
            Lanes::Few => {
                // Weights of at least one group of planes lie in one uniform buffer.
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

    /// For few pixels on many lanes, where an invocation makes one plane of one pixel in so many steps; workgroups know all
    /// planes.
    pub(super) fn few(to: Size, batch: usize, steps: usize) -> Self {
        let all = planes(to);
        Self { across: 1, planes: all, threads: 64, parts: parts(batch * to.pixels() * all, steps) }
    }

    /// Places of a workgroup: invocations that share sums are at the same one.
    pub(super) const fn slots(self) -> usize {
        self.threads / self.parts
    }

    /// For kernels that make each plane from the same plane.
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

/// How many invocations share sums where there are so many invocations that make one in so many steps: a power of two.
fn parts(invocations: usize, steps: usize) -> usize {
    let most = (steps / FEWEST_STEPS).min(FULL / invocations.max(1)).clamp(1, MOST_PARTS);
    1 << most.ilog2()
}

/// The size of equal parts of `count`, at most `most` each.
fn even(count: usize, most: usize) -> usize {
    count.div_ceil(count.div_ceil(most.max(1)).max(1)).max(1)
}
