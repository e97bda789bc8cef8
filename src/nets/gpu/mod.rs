//! Nets on the GPU: pipelines, buffers and bindings made once, a run recorded into the caller's commands.

mod fused;
mod kernels;
mod pieces;
mod plan;
mod source;
mod tile;

use std::sync::Arc;

pub use kernels::Kernels;
pub use tile::Lanes;

use crate::error::{Error, Result};
use crate::gpu::Gpu;
use crate::nets::check::given;
use crate::nets::graph::{Graph, Size, Value};
use plan::{Dispatch, Plan, planes};

/// Number of channels of a plane.
pub(crate) const FOUR: usize = 4;

/// A net, ready to run on several pictures at once.
#[derive(Debug)]
pub struct GpuNet {
    gpu: Gpu,
    batch: usize,
    /// Number of the graph's steps.
    steps: usize,
    dispatches: Vec<Dispatch>,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    back: wgpu::Buffer,
}

/// A value that goes in or out.
#[derive(Debug)]
struct Port {
    size: Size,
    buffer: wgpu::Buffer,
}

impl Port {
    /// Bytes of one picture.
    fn bytes(&self) -> u64 {
        bytes(self.size)
    }
}

/// Bytes of a picture of this size.
fn bytes(size: Size) -> u64 {
    (planes(size) * size.pixels() * FOUR * size_of::<f32>()) as u64
}

/// Converts rows of pixels, channels last, to the kernels' layout: planes of four channels, filled up with zeros where
/// the last plane has fewer.
pub(crate) fn planar(values: &[f32], size: Size) -> Vec<f32> {
    let pixels = size.pixels();
    let mut planes = vec![0.0; planes(size) * pixels * FOUR];
    for (p, pixel) in values.chunks_exact(size.channels.max(1)).take(pixels).enumerate() {
        for (c, value) in pixel.iter().enumerate() {
            planes[(c / FOUR * pixels + p) * FOUR + c % FOUR] = *value;
        }
    }
    planes
}

impl GpuNet {
    /// Gets a net ready for runs on `batch` pictures.
    ///
    /// # Errors
    /// [`Error::Net`] for a graph whose sizes do not fit, [`Error::Gpu`] when the device refuses a kernel or a buffer.
    pub fn new(graph: &Graph, gpu: &Gpu, kernels: &Arc<Kernels>, batch: usize) -> Result<Self> {
        let plan = Plan::new(graph, gpu, kernels, batch)?;
        let port = |value: &Value| {
            let buffer = plan.buffer(*value).ok_or(Error::Net { reason: "a value has no buffer" })?.clone();
            Ok(Port { size: graph.size(*value), buffer })
        };
        let ports = |values: &[Value]| values.iter().map(port).collect::<Result<Vec<_>>>();
        let (inputs, outputs) = (ports(graph.inputs())?, ports(graph.outputs())?);
        let back = gpu.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("net, results"),
            size: batch as u64 * outputs.iter().map(Port::bytes).sum::<u64>(),
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        gpu.take_error().map_or(Ok(()), Err)?;
        let steps = graph.steps().len();
        Ok(Self { gpu: gpu.clone(), batch, steps, dispatches: plan.dispatches, inputs, outputs, back })
    }

    /// The buffer of an input, for passes that fill it: for each picture, planes of four channels, rows of pixels.
    #[must_use]
    pub fn input(&self, index: usize) -> Option<&wgpu::Buffer> {
        self.inputs.get(index).map(|port| &port.buffer)
    }

    /// The buffer of an output, laid out as the inputs are.
    #[must_use]
    pub fn output(&self, index: usize) -> Option<&wgpu::Buffer> {
        self.outputs.get(index).map(|port| &port.buffer)
    }

    /// Gives an input of one picture its values: rows of pixels, channels last.
    ///
    /// # Errors
    /// [`Error::Net`] for an input that does not exist, or another number of values.
    pub fn write(&self, index: usize, picture: usize, values: &[f32]) -> Result<()> {
        let port = self.inputs.get(index).ok_or(Error::Net { reason: "there is no such input" })?;
        given(values.len() == port.size.len() && picture < self.batch, "an input has another size")?;
        let planes = planar(values, port.size);
        self.gpu.queue.write_buffer(&port.buffer, picture as u64 * port.bytes(), bytemuck::cast_slice(&planes));
        Ok(())
    }

    /// Records a run.
    pub fn record(&self, encoder: &mut wgpu::CommandEncoder) {
        let mut pass =
            encoder.begin_compute_pass(&wgpu::ComputePassDescriptor { label: Some("net"), ..Default::default() });
        self.dispatches.iter().for_each(|dispatch| dispatch.record(&mut pass));
    }

    /// Records a run with a pass for each step of the graph, and writes two timestamps a step to `queries`: when its
    /// pass begins, and when it ends. The pass of a step that is fused into the next one is empty.
    pub fn record_timed(&self, encoder: &mut wgpu::CommandEncoder, queries: &wgpu::QuerySet) {
        for step in 0..self.steps {
            let writes = wgpu::ComputePassTimestampWrites {
                query_set: queries,
                beginning_of_pass_write_index: Some(2 * step as u32),
                end_of_pass_write_index: Some(2 * step as u32 + 1),
            };
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
                label: Some("net, timed"),
                timestamp_writes: Some(writes),
            });
            self.dispatches
                .iter()
                .filter(|dispatch| dispatch.step == step)
                .for_each(|dispatch| dispatch.record(&mut pass));
        }
    }

    /// Runs the net and returns all outputs of all pictures, each as rows of pixels, channels last. Only one run at a
    /// time may be read.
    ///
    /// # Errors
    /// [`Error::Gpu`] when the device fails.
    pub async fn run(&self) -> Result<Vec<f32>> {
        let mut encoder =
            self.gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("net") });
        self.record(&mut encoder);
        self.record_results(&mut encoder);
        self.gpu.queue.submit([encoder.finish()]);
        self.results().await
    }

    /// Records the copy that [`results`](Self::results) reads once the commands are submitted.
    pub fn record_results(&self, encoder: &mut wgpu::CommandEncoder) {
        self.record_results_at(encoder, &self.back, 0);
    }

    /// Records the copy of the results into another buffer (usage `COPY_DST`), from byte `start` on, so that the
    /// results of several nets can be read at once.
    pub(crate) fn record_results_at(&self, encoder: &mut wgpu::CommandEncoder, back: &wgpu::Buffer, mut start: u64) {
        for port in &self.outputs {
            let size = self.batch as u64 * port.bytes();
            encoder.copy_buffer_to_buffer(&port.buffer, 0, back, start, size);
            start += size;
        }
    }

    /// Size of all results as they are read, bytes.
    pub(crate) fn results_size(&self) -> u64 {
        self.back.size()
    }

    /// All outputs of all pictures of the run before: rows of pixels, channels last.
    ///
    /// # Errors
    /// [`Error::Gpu`] when the device fails.
    pub async fn results(&self) -> Result<Vec<f32>> {
        self.arranged(&self.gpu.read_buffer(&self.back).await?)
    }

    /// Converts the numbers that were read back to results as rows of pixels, channels last.
    ///
    /// # Errors
    /// [`Error::Net`] for another count of numbers.
    pub(crate) fn arranged(&self, numbers: &[f32]) -> Result<Vec<f32>> {
        given(size_of_val(numbers) as u64 == self.results_size(), "results have another size")?;
        let mut results = Vec::new();
        for picture in 0..self.batch {
            let mut start = 0;
            for port in &self.outputs {
                let (pixels, channels) = (port.size.pixels(), port.size.channels);
                let floats = planes(port.size) * pixels * FOUR;
                let here = &numbers[start + picture * floats..][..floats];
                for p in 0..pixels {
                    results.extend((0..channels).map(|c| here[(c / FOUR * pixels + p) * FOUR + c % FOUR]));
                }
                start += self.batch * floats;
            }
        }
        Ok(results)
    }
}
