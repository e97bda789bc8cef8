//! Pipelines of the kernels, made once for each shader source.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::tile::{Lanes, Space};
use crate::gpu::Gpu;

/// The pipelines that nets of one device share.
#[derive(Debug)]
pub struct Kernels {
    lanes: Lanes,
    /// Whether shaders can read numbers in half precision.
    halves: bool,
    /// Layouts of the bindings: with weights in a storage buffer, and with weights in a uniform buffer.
    layouts: [wgpu::BindGroupLayout; 2],
    pipelines: Mutex<HashMap<String, wgpu::ComputePipeline>>,
}

impl Kernels {
    /// Without any pipeline yet.
    #[must_use]
    pub fn new(gpu: &Gpu) -> Self {
        Self::cut_for(if gpu.is_software() { Lanes::Few } else { Lanes::Many }, &gpu.device)
    }

    /// Kernels whose work is cut into pieces for `lanes`, whatever the device really has.
    #[must_use]
    pub fn cut_for(lanes: Lanes, device: &wgpu::Device) -> Self {
        let entry = |binding, ty| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
            count: None,
        };
        let read = wgpu::BufferBindingType::Storage { read_only: true };
        let layouts = [read, wgpu::BufferBindingType::Uniform].map(|weights| {
            device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
                label: Some("net"),
                entries: &[
                    entry(0, wgpu::BufferBindingType::Uniform),
                    entry(1, read),
                    entry(2, weights),
                    entry(3, read),
                    entry(4, read),
                    entry(5, wgpu::BufferBindingType::Storage { read_only: false }),
                ],
            })
        });
        let halves = device.features().contains(wgpu::Features::SHADER_F16);
        Self { lanes, halves, layouts, pipelines: Mutex::default() }
    }

    /// These kernels, but with all weights in single precision, so that a test can compare the two.
    #[cfg(test)]
    pub(crate) fn single(self) -> Self {
        Self { halves: false, ..self }
    }

    /// Whether weights are stored in half precision where that loses nothing.
    pub(crate) const fn halves(&self) -> bool {
        self.halves
    }

    /// How many pipelines have been made.
    #[must_use]
    pub fn count(&self) -> usize {
        self.pipelines.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The lanes that the work is cut into pieces for.
    pub(super) const fn lanes(&self) -> Lanes {
        self.lanes
    }

    const fn layout(&self, space: Space) -> &wgpu::BindGroupLayout {
        let [storage, uniform] = &self.layouts;
        match space {
            Space::Storage | Space::Half => storage,
            Space::Uniform(_) => uniform,
        }
    }

    /// The pipeline of a kernel.
    pub(super) fn pipeline(&self, device: &wgpu::Device, source: String, space: Space) -> wgpu::ComputePipeline {
        let mut pipelines = self.pipelines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pipeline) = pipelines.get(&source) {
            return pipeline.clone();
        }
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("net"),
            source: wgpu::ShaderSource::Wgsl(source.as_str().into()),
        });
        let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("net"),
            bind_group_layouts: &[Some(self.layout(space))],
            immediate_size: 0,
        });
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some("net"),
            layout: Some(&layout),
            module: &module,
            entry_point: Some("main"),
            compilation_options: Default::default(),
            cache: None,
        });
        pipelines.insert(source, pipeline.clone());
        pipeline
    }

    /// Binds a kernel's buffers: sizes, the value that is read, weights, the value that is added, the film's scales and
    /// shifts, and the value that is written.
    pub(super) fn bind(&self, device: &wgpu::Device, space: Space, buffers: [&wgpu::Buffer; 6]) -> wgpu::BindGroup {
        let entries: [wgpu::BindGroupEntry<'_>; 6] = std::array::from_fn(|k| wgpu::BindGroupEntry {
            binding: k as u32,
            resource: buffers[k].as_entire_binding(),
        });
        device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("net"),
            layout: self.layout(space),
            entries: &entries,
        })
    }
}
