//! Our own kernels for the nets, beside Burn's.
//!
//! Burn's modules load the weights and define what a net computes. A [`graph`] records that once, fusing into a step
//! whatever one kernel can do, and a [`CpuNet`](ritratto_nets::CpuNet) or a [`GpuNet`] runs it. Only the recording
//! knows Burn's modules.

pub mod gpu;
pub(crate) mod layers;
mod net;
#[cfg(target_arch = "wasm32")]
pub(crate) mod threads;

pub use gpu::{GpuNet, Kernels, Lanes};
pub use net::Net;
pub(crate) use ritratto_nets::vectorized;
pub use ritratto_nets::{Cost, Graph, check, graph};

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
