//! Eight numbers at a time, with whatever vectors the processor has.

#[cfg(target_arch = "wasm32")]
use std::arch::wasm32 as wasm;

use bytemuck::{Pod, Zeroable};
use pulp::Simd;

/// Numbers of an [`Octet`].
pub(super) const EIGHT: usize = 8;

/// Eight channels of a pixel, as they lie in memory.
#[derive(Debug, Clone, Copy, Default, Pod, Zeroable)]
#[repr(C, align(32))]
pub(super) struct Octet(pub(super) [f32; EIGHT]);

/// `value`, or 0 where it is negative. (`f32::max` cares for NaN: in WebAssembly it is a call.)
pub(super) fn positive(value: f32) -> f32 {
    if value > 0.0 { value } else { 0.0 }
}

/// Arithmetic on octets in registers.
///
/// Everything here and everything that uses it must be inlined into [`Work::run`], which alone is compiled for the
/// processor's vectors.
pub(super) trait Lanes: Copy {
    /// An octet in registers.
    type Eight: Copy;
    /// Octets that a tile of a convolution makes at once: as many as the registers hold.
    const GROUP: usize;

    fn load(self, from: &Octet) -> Self::Eight;
    fn store(self, to: &mut Octet, value: Self::Eight);
    fn splat(self, value: f32) -> Self::Eight;
    fn add(self, a: Self::Eight, b: Self::Eight) -> Self::Eight;
    /// `a b + c`; the product may be rounded.
    fn mul_add(self, a: Self::Eight, b: Self::Eight, c: Self::Eight) -> Self::Eight;
    fn max(self, a: Self::Eight, b: Self::Eight) -> Self::Eight;
    /// `value`, or 0 where it is negative.
    fn positive(self, value: Self::Eight) -> Self::Eight;
    /// `value`, or 0 where it is positive.
    fn negative(self, value: Self::Eight) -> Self::Eight;
}

macro_rules! lanes {
    ($simd:ty, $registers:literal, $group:literal) => {
        impl Lanes for $simd {
            type Eight = [<$simd as Simd>::f32s; $registers];
            const GROUP: usize = $group;

            #[inline(always)]
            fn load(self, from: &Octet) -> Self::Eight {
                bytemuck::cast(from.0)
            }

            #[inline(always)]
            fn store(self, to: &mut Octet, value: Self::Eight) {
                to.0 = bytemuck::cast(value);
            }

            #[inline(always)]
            fn splat(self, value: f32) -> Self::Eight {
                [self.splat_f32s(value); $registers]
            }

            #[inline(always)]
            fn add(self, a: Self::Eight, b: Self::Eight) -> Self::Eight {
                std::array::from_fn(
                    #[inline(always)]
                    |k| self.add_f32s(a[k], b[k]),
                )
            }

            #[inline(always)]
            fn mul_add(self, a: Self::Eight, b: Self::Eight, c: Self::Eight) -> Self::Eight {
                std::array::from_fn(
                    #[inline(always)]
                    |k| self.mul_add_e_f32s(a[k], b[k], c[k]),
                )
            }

            #[inline(always)]
            fn max(self, a: Self::Eight, b: Self::Eight) -> Self::Eight {
                std::array::from_fn(
                    #[inline(always)]
                    |k| self.max_f32s(a[k], b[k]),
                )
            }

            #[inline(always)]
            fn positive(self, value: Self::Eight) -> Self::Eight {
                value.map(
                    #[inline(always)]
                    |v| self.max_f32s(v, self.splat_f32s(0.0)),
                )
            }

            #[inline(always)]
            fn negative(self, value: Self::Eight) -> Self::Eight {
                value.map(
                    #[inline(always)]
                    |v| self.min_f32s(v, self.splat_f32s(0.0)),
                )
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
lanes!(pulp::x86::V3, 1, 2);
#[cfg(target_arch = "aarch64")]
lanes!(pulp::aarch64::Neon, 2, 2);
lanes!(pulp::Scalar, 8, 1);

/// The vectors of WebAssembly, with products and sums in one instruction. The build makes a second module for browsers that
/// have none such (`xtask/src/fused.rs`).
#[cfg(target_arch = "wasm32")]
#[derive(Clone, Copy)]
struct Fused;

/// The same functions as in the macro, except that they use `pmin` and `pmax`, one instruction each. WebAssembly's
/// `min` and `max` treat NaN and -0 specially, which takes a processor several instructions.
#[cfg(target_arch = "wasm32")]
impl Lanes for Fused {
    type Eight = [wasm::v128; 2];
    const GROUP: usize = 1;

    #[inline(always)]
    fn load(self, from: &Octet) -> Self::Eight {
        bytemuck::cast(from.0)
    }

    #[inline(always)]
    fn store(self, to: &mut Octet, value: Self::Eight) {
        to.0 = bytemuck::cast(value);
    }

    #[inline(always)]
    fn splat(self, value: f32) -> Self::Eight {
        [wasm::f32x4_splat(value); 2]
    }

    #[inline(always)]
    fn add(self, a: Self::Eight, b: Self::Eight) -> Self::Eight {
        [wasm::f32x4_add(a[0], b[0]), wasm::f32x4_add(a[1], b[1])]
    }

    #[inline(always)]
    fn mul_add(self, a: Self::Eight, b: Self::Eight, c: Self::Eight) -> Self::Eight {
        [wasm::f32x4_relaxed_madd(a[0], b[0], c[0]), wasm::f32x4_relaxed_madd(a[1], b[1], c[1])]
    }

    #[inline(always)]
    fn max(self, a: Self::Eight, b: Self::Eight) -> Self::Eight {
        [wasm::f32x4_pmax(a[0], b[0]), wasm::f32x4_pmax(a[1], b[1])]
    }

    #[inline(always)]
    fn positive(self, value: Self::Eight) -> Self::Eight {
        self.max(value, self.splat(0.0))
    }

    #[inline(always)]
    fn negative(self, value: Self::Eight) -> Self::Eight {
        let zero = wasm::f32x4_splat(0.0);
        [wasm::f32x4_pmin(value[0], zero), wasm::f32x4_pmin(value[1], zero)]
    }
}

/// Whether a tile of six pixels fits the registers. Those of WebAssembly are 16 at most, whatever the processor.
pub(super) const WIDE: bool = !cfg!(target_arch = "wasm32");

/// Whether it helps that the compiler unrolls loops over a window's taps. In WebAssembly it does not: the compiler then
/// loads more at once than the registers hold, and engines keep that order.
pub(super) const UNROLLED: bool = !cfg!(target_arch = "wasm32");

/// Work that is done with the processor's vectors.
pub(super) trait Work {
    /// What the work returns.
    type Output;
    /// Does it; must be `#[inline(always)]`.
    fn run<L: Lanes>(self, lanes: L) -> Self::Output;
}

#[cfg(not(target_arch = "wasm32"))]
struct Job<L, W>(L, W);

#[cfg(not(target_arch = "wasm32"))]
impl<L: Lanes, W: Work> pulp::NullaryFnOnce for Job<L, W> {
    type Output = W::Output;

    #[inline(always)]
    fn call(self) -> W::Output {
        self.1.run(self.0)
    }
}

#[cfg(target_arch = "wasm32")]
#[target_feature(enable = "simd128,relaxed-simd")]
fn fused<W: Work>(work: W) -> W::Output {
    work.run(Fused)
}

/// Does work with the widest vectors that there are.
pub(super) fn vectorize<W: Work>(work: W) -> W::Output {
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = pulp::x86::V3::try_new() {
        return simd.vectorize(Job(simd, work));
    }
    #[cfg(target_arch = "aarch64")]
    if let Some(simd) = pulp::aarch64::Neon::try_new() {
        return simd.vectorize(Job(simd, work));
    }
    #[cfg(target_arch = "wasm32")]
    {
        // Burn's nets ask for it. Without vectors the module would not have been compiled at all.
        pulp_wasm_simd_flag::enable_simd128();
        fused(work)
    }
    #[cfg(not(target_arch = "wasm32"))]
    work.run(pulp::Scalar)
}

/// Work that the compiler itself turns into vectors.
struct Plain<F>(F);

impl<F: FnOnce() -> R, R> Work for Plain<F> {
    type Output = R;

    #[inline(always)]
    fn run<L: Lanes>(self, _: L) -> R {
        (self.0)()
    }
}

/// Does work for which the compiler may use the widest vectors that there are. It must be `#[inline(always)]`, and so
/// must what it calls.
pub fn vectorized<R>(work: impl FnOnce() -> R) -> R {
    vectorize(Plain(work))
}
