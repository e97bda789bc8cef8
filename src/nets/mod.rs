//! Our own kernels for the nets, beside Burn's.
//!
//! Burn's modules load the weights and say what is computed; a [`graph`] records it once, with everything fused that
//! one kernel can do, and a [`CpuNet`] or a [`GpuNet`] runs it. The recording is the only thing that knows the modules.

mod check;
mod cost;
pub mod cpu;
pub mod gpu;
pub mod graph;
pub(crate) mod layers;
mod net;

pub use cost::Cost;
pub use cpu::CpuNet;
pub(crate) use cpu::vectorized;
pub use gpu::{GpuNet, Kernels, Lanes};
pub use graph::{Activation, Graph};
pub use net::Net;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
