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
}

/// Invocations below which lanes of a GPU stay idle while others have much to do.
const BUSY: usize = 2048;

impl Tile {
    /// For kernels that make all planes of a pixel by themselves, `each` vectors of weights for a plane.
    pub(super) fn dense(lanes: Lanes, to: Size, batch: usize, each: usize) -> Self {
        let all = planes(to);
        match lanes {
            Lanes::Few => {
                // Weights of at least one group of planes lie in one uniform buffer.
                let fitting = (LARGEST / each.max(1)).clamp(1, 8);
                Self { across: even(to.width, 12), planes: even(all, fitting), threads: 8 }
            }
            Lanes::Many => {
                let (mut across, mut group) = (even(to.width, 4), even(all, 8));
                let busy = |across: usize, group: usize| {
                    batch * to.height * to.width.div_ceil(across) * all.div_ceil(group) >= BUSY
                };
                while !busy(across, group) && (across > 1 || group > 2) {
                    if group > 4 || across == 1 {
                        group = even(all, group / 2);
                    } else {
                        across = even(to.width, across / 2);
                    }
                }
                Self { across, planes: group, threads: 64 }
            }
        }
    }

    /// For kernels that make each plane from the same plane.
    pub(super) fn depthwise(lanes: Lanes, to: Size) -> Self {
        match lanes {
            Lanes::Few => Self { across: even(to.width, 8), planes: 1, threads: 8 },
            Lanes::Many => Self { across: 4, planes: 1, threads: 64 },
        }
    }

    /// Workgroups of a dispatch that makes all pixels.
    pub(super) fn groups(self, to: Size) -> usize {
        (to.width.div_ceil(self.across) * to.height).div_ceil(self.threads)
    }
}

/// The size of equal parts of `count`, at most `most` each.
fn even(count: usize, most: usize) -> usize {
    count.div_ceil(count.div_ceil(most.max(1)).max(1)).max(1)
}
