//! Pipelines of the passes that cut patches and apply grids.

use super::net::{BRIGHTNESSES, CELL, GRID, SHARED, ZONE};
use super::patch::FADE;

/// Share of the difference between red, green and blue that is kept of a net's gains and offsets, 0 to 1, as in
/// `train/refiner_hues.py`: what the net has learnt about hues fits the photos it knows best, and would tint the teeth
/// of others.
pub(super) const HUE: f64 = 0.25;

const CUT: &str = concat!(
    include_str!("../generator/shaders/tone.wgsl"),
    include_str!("shaders/patch.wgsl"),
    include_str!("shaders/cut.wgsl")
);
const KEEP: &str = concat!(
    include_str!("../generator/shaders/tone.wgsl"),
    include_str!("shaders/patch.wgsl"),
    include_str!("shaders/keep.wgsl")
);
const ADD: &str = concat!(
    include_str!("../generator/shaders/tone.wgsl"),
    include_str!("shaders/patch.wgsl"),
    include_str!("shaders/add.wgsl")
);

/// Pipelines that every portrait shares.
#[derive(Debug)]
pub(super) struct Pipelines {
    pub(super) cut: wgpu::ComputePipeline,
    pub(super) add: wgpu::RenderPipeline,
    /// Moves the grids that are shown.
    pub(super) keep: wgpu::ComputePipeline,
    pub(super) cut_layout: wgpu::BindGroupLayout,
    pub(super) keep_layout: wgpu::BindGroupLayout,
    pub(super) add_layout: wgpu::BindGroupLayout,
}

impl Pipelines {
    pub(super) fn new(device: &wgpu::Device) -> Self {
        let module = |label, source: &'static str| {
            let source = wgpu::ShaderSource::Wgsl(source.into());
            device.create_shader_module(wgpu::ShaderModuleDescriptor { label: Some(label), source })
        };
        let layout = |label, visibility, access: &[bool]| {
            let entry = |binding, ty| wgpu::BindGroupLayoutEntry { binding, visibility, ty, count: None };
            let buffer = |ty| wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None };
            let picture = wgpu::BindingType::Texture {
                sample_type: wgpu::TextureSampleType::Float { filterable: false },
                view_dimension: wgpu::TextureViewDimension::D2,
                multisampled: false,
            };
            let mut entries = vec![entry(0, buffer(wgpu::BufferBindingType::Uniform)), entry(1, picture)];
            entries.push(entry(2, buffer(wgpu::BufferBindingType::Storage { read_only: true })));
            let values = (3..).zip(access);
            entries.extend(
                values.map(|(binding, &read_only)| {
                    entry(binding, buffer(wgpu::BufferBindingType::Storage { read_only }))
                }),
            );
            device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some(label), entries: &entries })
        };
        let cut_layout = layout("cut", wgpu::ShaderStages::COMPUTE, &[false; 2]);
        let keep_layout = layout("keep", wgpu::ShaderStages::COMPUTE, &[true, true, false, false, true]);
        let add_layout = layout("add", wgpu::ShaderStages::FRAGMENT, &[true; 4]);
        let pipeline_layout = |layout| {
            device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                label: Some("refiner"),
                bind_group_layouts: &[Some(layout)],
                immediate_size: 0,
            })
        };
        let compute = |label, layout, source, entry_point, constants: &[(&str, f64)]| {
            device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(label),
                layout: Some(&pipeline_layout(layout)),
                module: &module(label, source),
                entry_point: Some(entry_point),
                compilation_options: wgpu::PipelineCompilationOptions { constants, ..Default::default() },
                cache: None,
            })
        };
        let of_grids = [("CELL", CELL as f64), ("ZONE", ZONE as f64), ("GRID", GRID as f64)];
        let cut = compute("cut", &cut_layout, CUT, "take", &[]);
        let keep = compute("keep", &keep_layout, KEEP, "keep", &of_grids);
        let shader = module("add", ADD);
        let constants = [
            ("CELL", CELL as f64),
            ("SHARED", SHARED as f64),
            ("LEVELS", BRIGHTNESSES as f64),
            ("FADE", FADE),
            ("HUE", HUE),
            ("GRID", GRID as f64),
        ];
        let add = device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
            label: Some("add"),
            layout: Some(&pipeline_layout(&add_layout)),
            vertex: wgpu::VertexState {
                module: &shader,
                entry_point: Some("cover"),
                compilation_options: Default::default(),
                buffers: &[],
            },
            primitive: Default::default(),
            depth_stencil: None,
            multisample: Default::default(),
            fragment: Some(wgpu::FragmentState {
                module: &shader,
                entry_point: Some("add"),
                compilation_options: wgpu::PipelineCompilationOptions { constants: &constants, ..Default::default() },
                targets: &[Some(wgpu::TextureFormat::Rgba8Unorm.into())],
            }),
            multiview_mask: None,
            cache: None,
        });
        Self { cut, add, keep, cut_layout, keep_layout, add_layout }
    }
}
