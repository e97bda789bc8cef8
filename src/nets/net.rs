//! A net that can be run.

use std::sync::{Mutex, PoisonError};

#[cfg(not(target_arch = "wasm32"))]
use ritratto_nets::Team;
use ritratto_nets::{CpuNet, check};

use super::graph::{Graph, Value};
#[cfg(target_arch = "wasm32")]
use super::threads::ThreadedNet;
use crate::error::Result;

/// A net that runs on the CPU. If several callers run it, they take turns.
#[derive(Debug)]
pub struct Net {
    inputs: Vec<(Value, usize)>,
    outputs: Vec<(Value, usize)>,
    runner: Mutex<Runner>,
}

#[derive(Debug)]
enum Runner {
    /// The net runs in this module or program.
    Own(CpuNet),
    /// The net runs in the browser's module whose memory threads share.
    #[cfg(target_arch = "wasm32")]
    Threaded(ThreadedNet),
}

impl Net {
    /// A net on the CPU, on all threads that there are for nets: natively those of the machine, in the browser those
    /// that the page has already started.
    ///
    /// # Errors
    /// [`Error::Net`](crate::Error::Net) for a graph whose sizes do not fit.
    pub fn on_cpu(graph: &Graph) -> Result<Self> {
        #[cfg(not(target_arch = "wasm32"))]
        return Ok(Self::new(graph, Runner::Own(CpuNet::with_team(graph, Team::of_machine())?)));
        #[cfg(target_arch = "wasm32")]
        match ThreadedNet::new(graph)? {
            Some(net) => Ok(Self::new(graph, Runner::Threaded(net))),
            None => Self::on_one_thread(graph),
        }
    }

    /// A net on the CPU, on the caller's thread alone.
    ///
    /// # Errors
    /// [`Error::Net`](crate::Error::Net) for a graph whose sizes do not fit.
    pub fn on_one_thread(graph: &Graph) -> Result<Self> {
        Ok(Self::new(graph, Runner::Own(CpuNet::new(graph)?)))
    }

    fn new(graph: &Graph, runner: Runner) -> Self {
        let sized = |values: &[Value]| values.iter().map(|value| (*value, graph.size(*value).len())).collect();
        Self { inputs: sized(graph.inputs()), outputs: sized(graph.outputs()), runner: Mutex::new(runner) }
    }

    /// How many numbers all outputs have together.
    #[must_use]
    pub fn output_len(&self) -> usize {
        self.outputs.iter().map(|(_, count)| count).sum()
    }

    /// Runs the net on `inputs` and writes its outputs into `results`, one after the other. Each input and output is
    /// rows of pixels, channels last.
    ///
    /// # Errors
    /// [`Error::Net`](crate::Error::Net) for inputs or results of another size.
    pub fn run(&self, inputs: &[&[f32]], results: &mut [f32]) -> Result<()> {
        check::given(inputs.len() == self.inputs.len(), "there is another number of inputs")?;
        check::given(results.len() == self.output_len(), "there is another number of results")?;
        let fit = self.inputs.iter().zip(inputs).all(|((_, count), values)| *count == values.len());
        check::given(fit, "an input has another size")?;
        match &mut *self.runner.lock().unwrap_or_else(PoisonError::into_inner) {
            Runner::Own(net) => {
                for ((input, _), values) in self.inputs.iter().zip(inputs) {
                    net.write(*input, values)?;
                }
                net.run();
                let mut rest = results;
                for (output, count) in &self.outputs {
                    let (here, after) = rest.split_at_mut(*count);
                    net.read(*output, here)?;
                    rest = after;
                }
            }
            #[cfg(target_arch = "wasm32")]
            Runner::Threaded(net) => net.run(inputs, results),
        }
        Ok(())
    }
}
