//! From a graph to dispatches and buffers.

use half::f16;
use wgpu::util::DeviceExt;

use super::FOUR;
use super::kernels::Kernels;
use super::pieces::{Kernel, fusible, kernel};
use super::tile::Space;
use crate::error::{Error, Result};
use crate::gpu::Gpu;
use crate::nets::check;
use crate::nets::graph::{Graph, Size, Value};

/// One kernel with its buffers.
#[derive(Debug)]
pub(super) struct Dispatch {
    /// Which step of the graph it belongs to.
    pub(super) step: usize,
    pub(super) pipeline: wgpu::ComputePipeline,
    pub(super) bindings: wgpu::BindGroup,
    pub(super) groups: [u32; 3],
}

impl Dispatch {
    pub(super) fn record(&self, pass: &mut wgpu::ComputePass<'_>) {
        let [across, down, pictures] = self.groups;
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.bindings, &[]);
        pass.dispatch_workgroups(across, down, pictures);
    }
}

/// Number of planes of four channels that a value of this size has.
pub(super) const fn planes(size: Size) -> usize {
    size.channels.div_ceil(FOUR)
}

/// The dispatches and buffers of a net, which are made once.
pub(super) struct Plan {
    pub(super) dispatches: Vec<Dispatch>,
    buffers: Vec<Option<wgpu::Buffer>>,
}

impl Plan {
    pub(super) fn new(graph: &Graph, gpu: &Gpu, kernels: &Kernels, batch: usize) -> Result<Self> {
        check::sizes(graph)?;
        let device = &gpu.device;
        let last = last_reads(graph);
        let mut pool = Pool { device, batch, free: Vec::new() };
        let mut buffers: Vec<Option<wgpu::Buffer>> = vec![None; graph.sizes().len()];
        for input in graph.inputs() {
            buffers[input.0] = Some(pool.take(graph.size(*input)));
        }
        let mut dispatches = Vec::with_capacity(graph.steps().len());
        let mut before = None;
        for (index, step) in graph.steps().iter().enumerate() {
            let done_before = before.take();
            before = fusible(graph, &graph.steps()[index..], kernels.lanes());
            if before.is_some() {
                continue;
            }
            let (to, from) = (step.to(), done_before.map_or(step.reads()[0], |before| before.from));
            buffers[to.0] = Some(pool.take(graph.size(to)));
            let Kernel { source, space, parts, added, film } =
                kernel(graph, step, done_before, kernels.lanes(), batch)?.halved(kernels.halves());
            let pipeline = kernels.pipeline(device, source, space);
            for part in parts {
                let make = |label, contents: &[u8], usage| {
                    device.create_buffer_init(&wgpu::util::BufferInitDescriptor { label: Some(label), contents, usage })
                };
                let sizes = make("net, sizes", bytemuck::bytes_of(&part.sizes), wgpu::BufferUsages::UNIFORM);
                let mut weights = part.weights;
                let (count, usage) = match space {
                    Space::Storage | Space::Half => (weights.len().max(FOUR), wgpu::BufferUsages::STORAGE),
                    Space::Uniform(vectors) => (vectors * FOUR, wgpu::BufferUsages::UNIFORM),
                };
                weights.resize(count, 0.0);
                let weights = if space == Space::Half {
                    let halves: Vec<u16> = weights.iter().map(|&weight| f16::from_f32(weight).to_bits()).collect();
                    make("net, weights", bytemuck::cast_slice(&halves), usage)
                } else {
                    make("net, weights", bytemuck::cast_slice(&weights), usage)
                };
                let read = |value: Value| {
                    buffers[value.0].as_ref().ok_or(Error::Net { reason: "a value is read before it is made" })
                };
                // Bindings that a kernel does not use get the value that it reads anyway.
                let [added, film] = [added, film].map(|value| read(value.unwrap_or(from)));
                let bound = [&sizes, read(from)?, &weights, added?, film?, read(to)?];
                let bindings = kernels.bind(device, space, bound);
                let [across, down] = part.groups.map(|count| count as u32);
                dispatches.push(Dispatch {
                    step: index,
                    pipeline: pipeline.clone(),
                    bindings,
                    groups: [across, down, batch as u32],
                });
            }
            let begun = index - usize::from(done_before.is_some());
            let over = |value: usize| last[value].is_some_and(|last| (begun..=index).contains(&last));
            for (value, buffer) in buffers.iter().enumerate().filter(|(value, _)| over(*value)) {
                if let Some(buffer) = buffer {
                    pool.free.push((bytes(graph.size(Value(value))), buffer.clone()));
                }
            }
        }
        Ok(Self { dispatches, buffers })
    }

    /// The buffer of a value.
    pub(super) fn buffer(&self, value: Value) -> Option<&wgpu::Buffer> {
        self.buffers.get(value.0)?.as_ref()
    }
}

fn bytes(size: Size) -> u64 {
    super::bytes(size)
}

/// For each value, the last step that reads it, after which its buffer is free; `None` for inputs and outputs, which
/// keep theirs.
fn last_reads(graph: &Graph) -> Vec<Option<usize>> {
    let mut last = vec![None; graph.sizes().len()];
    for (index, step) in graph.steps().iter().enumerate() {
        step.reads().into_iter().for_each(|value| last[value.0] = Some(index));
    }
    graph.inputs().iter().chain(graph.outputs()).for_each(|value| last[value.0] = None);
    last
}

/// Buffers that are free to be used again by values of the same size.
struct Pool<'a> {
    device: &'a wgpu::Device,
    batch: usize,
    free: Vec<(u64, wgpu::Buffer)>,
}

impl Pool<'_> {
    fn take(&mut self, size: Size) -> wgpu::Buffer {
        let bytes = bytes(size);
        if let Some(found) = self.free.iter().position(|(held, _)| *held == bytes) {
            return self.free.swap_remove(found).1;
        }
        self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("net"),
            size: bytes * self.batch as u64,
            usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        })
    }
}
