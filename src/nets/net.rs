//! A net that can be run.

use std::sync::{Mutex, PoisonError};

use super::cpu::CpuNet;
use super::graph::{Graph, Value};
use crate::error::Result;

/// A graph on the device that it was made for. Runs take turns.
#[derive(Debug)]
pub struct Net {
    inputs: Vec<Value>,
    outputs: Vec<(Value, usize)>,
    cpu: Mutex<CpuNet>,
}

impl Net {
    /// On the CPU.
    ///
    /// # Errors
    /// [`Error::Net`](crate::Error::Net) for a graph whose sizes do not fit.
    pub fn on_cpu(graph: &Graph) -> Result<Self> {
        let outputs = graph.outputs().iter().map(|value| (*value, graph.size(*value).len())).collect();
        Ok(Self { inputs: graph.inputs().to_vec(), outputs, cpu: Mutex::new(CpuNet::new(graph)?) })
    }

    /// Numbers of all outputs.
    #[must_use]
    pub fn output_len(&self) -> usize {
        self.outputs.iter().map(|(_, count)| count).sum()
    }

    /// Computes the outputs, one after the other into `results`, of the inputs: rows of pixels, channels last.
    ///
    /// # Errors
    /// [`Error::Net`](crate::Error::Net) for inputs or results of another size.
    pub fn run(&self, inputs: &[&[f32]], results: &mut [f32]) -> Result<()> {
        super::check::given(inputs.len() == self.inputs.len(), "there is another number of inputs")?;
        super::check::given(results.len() == self.output_len(), "there is another number of results")?;
        let mut cpu = self.cpu.lock().unwrap_or_else(PoisonError::into_inner);
        for (input, values) in self.inputs.iter().zip(inputs) {
            cpu.write(*input, values)?;
        }
        cpu.run();
        let mut rest = results;
        for (output, count) in &self.outputs {
            let (here, after) = rest.split_at_mut(*count);
            cpu.read(*output, here)?;
            rest = after;
        }
        Ok(())
    }
}
