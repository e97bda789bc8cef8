//! From a graph to dispatches and buffers.

use wgpu::util::DeviceExt;

use super::FOUR;
use super::kernels::Kernels;
use super::source::{Act, Added, THREADS, Variant, few};
use crate::error::Result;
use crate::gpu::Gpu;
use crate::nets::check;
use crate::nets::graph::{Activation, Convolution, Depthwise, Graph, Size, Skip, Step, Value};

/// Up to so many pixels, an invocation makes one plane of one pixel.
const FEW: usize = 16;

/// One kernel with its buffers.
#[derive(Debug)]
pub(super) struct Dispatch {
    pub(super) pipeline: wgpu::ComputePipeline,
    pub(super) bindings: wgpu::BindGroup,
    pub(super) groups: [u32; 3],
}

/// Sizes as `common.wgsl` has them.
#[derive(Debug, Clone, Copy, Default, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
struct Sizes {
    from: [u32; 4],
    to: [u32; 4],
    film: [u32; 2],
    added: u32,
    bias: u32,
    slopes: u32,
    epsilon: f32,
    channels: u32,
    unused: u32,
}

/// Planes of four channels.
pub(super) const fn planes(size: Size) -> usize {
    size.channels.div_ceil(FOUR)
}

/// What is to be dispatched, before buffers are bound.
struct Kernel {
    source: String,
    weights: Vec<f32>,
    sizes: Sizes,
    groups: [usize; 2],
    added: Option<Value>,
    film: Option<Value>,
}

/// Everything that is made once.
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
        let mut buffers: Vec<Option<wgpu::Buffer>> = vec![None; graph.sizes.len()];
        for input in &graph.inputs {
            buffers[input.0] = Some(pool.take(graph.size(*input)));
        }
        let mut dispatches = Vec::with_capacity(graph.steps.len());
        for (index, step) in graph.steps.iter().enumerate() {
            let (to, from) = (step.to(), step.reads()[0]);
            buffers[to.0] = Some(pool.take(graph.size(to)));
            let kernel = kernel(graph, step)?;
            let make = |label, contents: &[u8], usage| {
                device.create_buffer_init(&wgpu::util::BufferInitDescriptor { label: Some(label), contents, usage })
            };
            let sizes = make("net, sizes", bytemuck::bytes_of(&kernel.sizes), wgpu::BufferUsages::UNIFORM);
            let weights = if kernel.weights.is_empty() { vec![0.0; FOUR] } else { kernel.weights };
            let weights = make("net, weights", bytemuck::cast_slice(&weights), wgpu::BufferUsages::STORAGE);
            let read = |value: Value| buffers[value.0].as_ref().unwrap_or(&weights);
            // What a kernel does not use is bound to what it reads anyway.
            let [added, film] = [kernel.added, kernel.film].map(|value| value.map_or(read(from), read));
            let bindings = kernels.bind(device, [&sizes, read(from), &weights, added, film, read(to)]);
            let pipeline = kernels.pipeline(device, kernel.source);
            let [across, down] = kernel.groups.map(|count| count as u32);
            dispatches.push(Dispatch { pipeline, bindings, groups: [across, down, batch as u32] });
            for (value, buffer) in buffers.iter().enumerate().filter(|(value, _)| last[*value] == Some(index)) {
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

/// The step after which each value is not read any more; none for inputs and outputs.
fn last_reads(graph: &Graph) -> Vec<Option<usize>> {
    let mut last = vec![None; graph.sizes.len()];
    for (index, step) in graph.steps.iter().enumerate() {
        step.reads().into_iter().for_each(|value| last[value.0] = Some(index));
    }
    graph.inputs.iter().chain(&graph.outputs).for_each(|value| last[value.0] = None);
    last
}

/// Buffers, used again by values of the same size.
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

fn kernel(graph: &Graph, step: &Step) -> Result<Kernel> {
    let size = |value: Value| graph.size(value);
    let (from, to) = (size(step.reads()[0]), size(step.to()));
    let extent = |size: Size| [size.width as u32, size.height as u32, planes(size) as u32, 0];
    let sizes = Sizes { from: extent(from), to: extent(to), channels: to.channels as u32, ..Default::default() };
    let simple = |body: &str, sizes: Sizes, groups: [usize; 2], weights: Vec<f32>, added: Option<Value>| Kernel {
        source: format!("{}{body}", include_str!("shaders/common.wgsl")),
        weights,
        sizes,
        groups,
        added,
        film: None,
    };
    let threads = THREADS as usize;
    let groups = to.pixels().div_ceil(threads);
    Ok(match step {
        Step::Convolution(conv) => convolution(graph, conv, sizes),
        Step::Depthwise(conv) => depthwise(conv, sizes, to),
        Step::Double { skip, .. } => {
            simple(include_str!("shaders/double.wgsl"), sizes, [groups, planes(to)], Vec::new(), Some(*skip))
        }
        Step::Normalise { gain, epsilon, .. } => {
            check::given(to.channels.is_multiple_of(FOUR), "a plane is not whole")?;
            let sizes = Sizes { epsilon: *epsilon, ..sizes };
            simple(include_str!("shaders/normalise.wgsl"), sizes, [groups, 1], gain.clone(), None)
        }
        Step::Turn { skip, .. } => {
            let sizes = Sizes { added: u32::from(skip.is_some()), ..sizes };
            simple(include_str!("shaders/turn.wgsl"), sizes, [groups, planes(to)], Vec::new(), *skip)
        }
    })
}

fn convolution(graph: &Graph, conv: &Convolution, sizes: Sizes) -> Kernel {
    let (from, to) = (graph.size(conv.from), graph.size(conv.to));
    let (added, skip) = match conv.skip {
        None => (Added::Nothing, None),
        Some(Skip::Same(value)) => (Added::Same, Some(value)),
        Some(Skip::Halved(value)) => (Added::Halved, Some(value)),
    };
    let all = planes(to);
    let variant = Variant {
        window: conv.window,
        depthwise: false,
        rectify: conv.rectify,
        film: conv.film.is_some(),
        added,
        act: match conv.activation {
            Activation::None => Act::None,
            Activation::Relu => Act::Relu,
            Activation::Prelu(_) => Act::Prelu,
            Activation::Sigmoid => Act::Sigmoid,
        },
        pixels: if to.pixels() >= 8 * THREADS as usize { 8 } else { 4 },
        planes: match all {
            1 => 1,
            2 | 3 | 5 | 6 => 2,
            _ => 4,
        },
    };
    let is_few = to.pixels() <= FEW;
    let group = if is_few { all } else { variant.planes };
    let mut weights = arranged(conv, from, to, group);
    let bias = weights.len() / FOUR;
    append(&mut weights, &conv.bias, all.next_multiple_of(variant.planes));
    let slopes = weights.len() / FOUR;
    if let Activation::Prelu(slopes) = &conv.activation {
        append(&mut weights, slopes, all.next_multiple_of(variant.planes));
    }
    let film = conv.film.map(|film| [film.start / FOUR, planes(graph.size(film.vector))].map(|count| count as u32));
    let sizes = Sizes {
        film: film.unwrap_or_default(),
        added: skip.map_or(0, |value| planes(graph.size(value)) as u32),
        bias: bias as u32,
        slopes: slopes as u32,
        ..sizes
    };
    let threads = THREADS as usize;
    let (source, groups) = if is_few {
        (few(&variant), [all.div_ceil(threads), to.pixels()])
    } else {
        (variant.source(), [to.pixels().div_ceil(threads * variant.pixels), all.div_ceil(variant.planes)])
    };
    Kernel { source, weights, sizes, groups, added: skip, film: conv.film.map(|film| film.vector) }
}

/// Weights for kernels that make `group` planes at once: group, tap, channel in, plane out.
fn arranged(conv: &Convolution, from: Size, to: Size, group: usize) -> Vec<f32> {
    let taps = conv.window.side * conv.window.side;
    let mut weights = Vec::new();
    for first in (0..planes(to)).step_by(group) {
        for tap in 0..taps {
            for channel in 0..planes(from) * FOUR {
                let row = conv.weights.chunks_exact(to.channels).nth(tap * from.channels + channel);
                let row = row.filter(|_| channel < from.channels).unwrap_or_default();
                let start = first * FOUR;
                weights.extend((start..start + group * FOUR).map(|out| row.get(out).copied().unwrap_or_default()));
            }
        }
    }
    weights
}

/// Appends numbers, filled up with zeros to so many planes.
fn append(weights: &mut Vec<f32>, numbers: &[f32], planes: usize) {
    let end = weights.len() + planes * FOUR;
    weights.extend(numbers);
    weights.resize(end, 0.0);
}

fn depthwise(conv: &Depthwise, sizes: Sizes, to: Size) -> Kernel {
    let taps = conv.window.side * conv.window.side;
    let all = planes(to);
    let mut weights = Vec::new();
    for plane in 0..all {
        for tap in 0..taps {
            let row = &conv.weights[tap * to.channels..][..to.channels];
            weights.extend((plane * FOUR..(plane + 1) * FOUR).map(|c| row.get(c).copied().unwrap_or_default()));
        }
    }
    let bias = weights.len() / FOUR;
    append(&mut weights, &conv.bias, all);
    let variant = Variant {
        window: conv.window,
        depthwise: true,
        rectify: false,
        film: false,
        added: Added::Nothing,
        act: Act::None,
        pixels: 4,
        planes: 1,
    };
    let groups = [(to.width.div_ceil(variant.pixels) * to.height).div_ceil(THREADS as usize), all];
    Kernel {
        source: variant.source(),
        weights,
        sizes: Sizes { bias: bias as u32, ..sizes },
        groups,
        added: None,
        film: None,
    }
}
