//! Nets on the CPU, on one thread: natively and in the browser, with the processor's vectors.

mod dense;
mod depthwise;
mod finish;
mod lanes;
mod plan;
mod plane;
mod simple;
mod winograd;

use crate::error::Result;
use crate::nets::graph::{Graph, Value};
use dense::DenseRows;
use depthwise::SingleRows;
use finish::{Added, Finish};
pub(crate) use lanes::vectorized;
use lanes::{EIGHT, Octet};
use plan::{Kernel, Plan, Sums, Task};
use plane::{Layout, Source, Target};

/// A net, ready to run. Weights are arranged and buffers made once; a run allocates nothing.
#[derive(Debug, Clone)]
pub struct CpuNet {
    plan: Plan,
    buffers: Vec<Vec<Octet>>,
    scratch: Vec<Octet>,
}

impl CpuNet {
    /// Gets a net ready.
    ///
    /// # Errors
    /// [`Error::Net`](crate::Error::Net) for a graph whose sizes do not fit.
    pub fn new(graph: &Graph) -> Result<Self> {
        let plan = Plan::new(graph)?;
        let buffers = plan.buffers.iter().map(|layout| vec![Octet::default(); layout.len()]).collect();
        let scratch = vec![Octet::default(); plan.scratch];
        Ok(Self { plan, buffers, scratch })
    }

    /// Gives an input its values: rows of pixels, channels last.
    ///
    /// # Errors
    /// [`Error::Net`](crate::Error::Net) for a value that is no input, or another number of values.
    pub fn write(&mut self, input: Value, values: &[f32]) -> Result<()> {
        let (place, layout) = self.plan.input(input, values.len())?;
        for (buffer, rectify) in [(place.plain, false), (place.rectified, true)] {
            if let Some(planes) = buffer.and_then(|index| self.buffers.get_mut(index)) {
                layout.write(planes, values, rectify);
            }
        }
        Ok(())
    }

    /// Copies an output's values: rows of pixels, channels last.
    ///
    /// # Errors
    /// [`Error::Net`](crate::Error::Net) for a value that is no output, or another number of values.
    pub fn read(&self, output: Value, values: &mut [f32]) -> Result<()> {
        let (buffer, layout) = self.plan.output(output, values.len())?;
        if let Some(planes) = self.buffers.get(buffer) {
            layout.read(planes, values);
        }
        Ok(())
    }

    /// Computes the outputs from the inputs.
    pub fn run(&mut self) {
        for task in &self.plan.tasks {
            // The targets are taken out while the rest is read; no step reads what it writes.
            let mut take = |buffer: Option<usize>| {
                buffer.and_then(|index| self.buffers.get_mut(index)).map(std::mem::take).unwrap_or_default()
            };
            let (mut plain, mut rectified) = (take(task.to.plain), take(task.to.rectified));
            let mut to = Target { layout: task.layout, plain: &mut plain, rectified: &mut rectified };
            run_task(task, &self.buffers, &mut self.scratch, &mut to);
            for (index, buffer) in [(task.to.plain, plain), (task.to.rectified, rectified)] {
                if let Some(place) = index.and_then(|index| self.buffers.get_mut(index)) {
                    *place = buffer;
                }
            }
        }
    }
}

fn run_task(task: &Task, buffers: &[Vec<Octet>], scratch: &mut [Octet], to: &mut Target<'_>) {
    let source = |(buffer, layout): (usize, Layout)| Source {
        layout,
        planes: buffers.get(buffer).map(Vec::as_slice).unwrap_or_default(),
    };
    let from = source(task.from);
    let rows = 0..task.layout.size.height;
    match &task.kernel {
        Kernel::Dense { sums, film, skip, halved, act } => {
            let film = film.map(|(vector, start)| {
                let numbers = source(vector).planes;
                let planes = task.layout.planes();
                [&numbers[start / EIGHT..][..planes], &numbers[start / EIGHT + planes..][..planes]]
            });
            let added = match skip.map(source) {
                None => Added::Nothing,
                Some(skip) if *halved => Added::Halved(skip),
                Some(skip) => Added::Same(skip),
            };
            let finish = Finish { film, added, act };
            match sums {
                Sums::Plain(dense) => DenseRows { dense, from, to, finish, rows }.run(),
                Sums::Winograd(winograd) => winograd.run(from, to, finish, scratch),
            }
        }
        Kernel::Depthwise(single) => SingleRows { single, from, to, rows }.run(),
        Kernel::Double { skip } => simple::double(from, source(*skip), to),
        Kernel::Normalise { gain, epsilon } => simple::normalise(from, to, gain, *epsilon),
        Kernel::Turn { skip } => simple::turn(from, skip.map(source), to),
    }
}
