//! Nets on the CPU, with the processor's vectors.

mod dense;
mod depthwise;
mod finish;
mod job;
mod lanes;
mod memory;
mod plan;
mod plane;
mod simple;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
mod tickets;
mod winograd;

use std::sync::Arc;

use crate::graph::{Graph, Value};
use crate::misfit::Result;
#[cfg(not(target_arch = "wasm32"))]
use crate::team::Team;
pub use job::Job;
pub use lanes::vectorized;

/// A net, ready to run. Weights are arranged and buffers made once; a run allocates nothing.
#[derive(Debug)]
pub struct CpuNet {
    job: Arc<Job>,
    #[cfg(not(target_arch = "wasm32"))]
    team: Option<&'static Team>,
}

impl CpuNet {
    /// Gets a net ready for one thread.
    ///
    /// # Errors
    /// [`Misfit`](crate::Misfit) for a graph whose sizes do not fit.
    pub fn new(graph: &Graph) -> Result<Self> {
        Ok(Self {
            job: Arc::new(Job::new(graph, 1)?),
            #[cfg(not(target_arch = "wasm32"))]
            team: None,
        })
    }

    /// Gets a net ready for a team of threads. It computes the very numbers that one thread would.
    ///
    /// # Errors
    /// [`Misfit`](crate::Misfit) for a graph whose sizes do not fit.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn with_team(graph: &Graph, team: &'static Team) -> Result<Self> {
        Ok(Self { job: Arc::new(Job::new(graph, team.threads())?), team: Some(team) })
    }

    /// Gives an input its values: rows of pixels, channels last.
    ///
    /// # Errors
    /// [`Misfit`](crate::Misfit) for a value that is no input, or another number of values.
    #[allow(unsafe_code)]
    pub fn write(&mut self, input: Value, values: &[f32]) -> Result<()> {
        // SAFETY: no run is under way, as it would have borrowed this exclusively.
        unsafe { self.job.write(input, values) }
    }

    /// Copies an output's values: rows of pixels, channels last.
    ///
    /// # Errors
    /// [`Misfit`](crate::Misfit) for a value that is no output, or another number of values.
    #[allow(unsafe_code)]
    pub fn read(&self, output: Value, values: &mut [f32]) -> Result<()> {
        // SAFETY: as for `write`.
        unsafe { self.job.read(output, values) }
    }

    /// Computes the outputs from the inputs.
    #[allow(unsafe_code)]
    pub fn run(&mut self) {
        // SAFETY: this is borrowed exclusively, so that nobody else begins a run of it or reads its values.
        #[cfg(not(target_arch = "wasm32"))]
        if let Some(team) = self.team {
            return unsafe { team.run(&self.job) };
        }
        // SAFETY: as above, and there is no other thread.
        unsafe {
            let run = self.job.begin();
            self.job.work(run, 0);
        }
    }
}
