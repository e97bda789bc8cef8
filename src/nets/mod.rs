//! Our own kernels for the nets, beside Burn's.
//!
//! Burn's modules load the weights and say what is computed; a [`graph`] records it once, with everything fused that
//! one kernel can do, and a [`CpuNet`](ritratto_nets::CpuNet) or a [`GpuNet`] runs it. The recording is the only thing
//! that knows the modules.

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
