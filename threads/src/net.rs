//! A net with the numbers that go in and come out.

use ritratto_nets::graph::{Graph, Value};
use ritratto_nets::{Job, Result};

#[derive(Debug)]
pub(crate) struct Net {
    pub(crate) job: Job,
    pub(crate) inputs: Vec<(Value, Box<[f32]>)>,
    outputs: Vec<(Value, usize)>,
    pub(crate) results: Box<[f32]>,
}

impl Net {
    /// For so many threads.
    pub(crate) fn new(graph: &Graph, threads: usize) -> Result<Self> {
        let length = |value: &Value| graph.size(*value).len();
        let outputs: Vec<(Value, usize)> = graph.outputs().iter().map(|value| (*value, length(value))).collect();
        Ok(Self {
            job: Job::new(graph, threads)?,
            inputs: graph.inputs().iter().map(|value| (*value, vec![0.0; length(value)].into())).collect(),
            results: vec![0.0; outputs.iter().map(|(_, length)| length).sum()].into(),
            outputs,
        })
    }

    /// Begins a run with the inputs' numbers and gives its number.
    ///
    /// # Safety
    /// The run before must be over.
    #[allow(unsafe_code)]
    pub(crate) unsafe fn begin(&self) -> u32 {
        for (value, numbers) in &self.inputs {
            // The length is the input's. SAFETY: the caller's.
            let _: Result<()> = unsafe { self.job.write(*value, numbers) };
        }
        // SAFETY: the caller's.
        unsafe { self.job.begin() }
    }

    /// Puts the outputs' numbers into the results.
    ///
    /// # Safety
    /// No run may be under way, and nobody may look at the results.
    #[allow(unsafe_code)]
    pub(crate) unsafe fn finish(net: *mut Self) {
        // SAFETY: threads that are late only look at the job's tickets.
        let (job, outputs, results) = unsafe { (&(*net).job, &(*net).outputs, &mut (*net).results) };
        let mut rest: &mut [f32] = results;
        for (value, length) in outputs {
            let (numbers, after) = rest.split_at_mut(*length);
            // The length is the output's. SAFETY: the caller's.
            let _: Result<()> = unsafe { job.read(*value, numbers) };
            rest = after;
        }
    }
}
