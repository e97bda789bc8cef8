//! Small nets on the CPU, natively and in the browser: recorded once as a [`graph`] of fused steps, and run by a [`CpuNet`]
//! with the processor's vectors, on one thread or on several.

pub mod check;
mod cost;
mod cpu;
pub mod graph;
mod misfit;
mod record;
mod rest;
#[cfg(not(target_arch = "wasm32"))]
mod team;

pub use cost::Cost;
pub use cpu::{CpuNet, Job, vectorized};
pub use graph::Graph;
pub use misfit::{Misfit, Result};
pub use rest::rest;
#[cfg(not(target_arch = "wasm32"))]
pub use team::Team;
