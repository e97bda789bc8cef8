//! Pipelines of the kernels, made once for each source.

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
    /// With weights in a storage buffer, and in a uniform one.
    layouts: [wgpu::BindGroupLayout; 2],
    pipelines: Mutex<HashMap<String, wgpu::ComputePipeline>>,
}

impl Kernels {
    /// Without any pipeline yet.
    #[must_use]
    pub fn new(gpu: &Gpu) -> Self {
        Self::cut_for(if gpu.is_software() { Lanes::Few } else { Lanes::Many }, &gpu.device)
    }

    /// Kernels whose work is cut for so many lanes, whatever the device has.
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

    /// The same, but all weights in single precision: to compare the two.
    #[cfg(test)]
    pub(crate) fn single(self) -> Self {
        Self { halves: false, ..self }
    }

    /// Whether weights that lose nothing by it lie in half precision.
    pub(crate) const fn halves(&self) -> bool {
        self.halves
    }

    /// How many pipelines there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.pipelines.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// What the work is cut for.
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

    /// Binds sizes, what is read, weights, what is added, the film, and what is written.
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
