//! The encoder's nets on a GPU: each net's results stay there for the next net to read, and a frame has one read-back.

use std::sync::Arc;

use wgpu::util::DeviceExt;

use super::crop::Input;
use super::cutter::{Cutter, FrameTexture};
use super::engine::Graphs;
use super::nets::{COLUMNS, POINTS, SPREAD};
use super::{Region, Source};
use crate::error::{Error, Result};
use crate::gpu::Gpu;
use crate::nets::{GpuNet, Kernels};

/// The three nets, and the pass between landmarks and coefficients.
#[derive(Debug)]
pub(super) struct GpuEngine {
    gpu: Gpu,
    detector: GpuNet,
    landmarks: GpuNet,
    blendshapes: GpuNet,
    cutter: Cutter,
    preparing: wgpu::ComputePipeline,
    axes: wgpu::Buffer,
    bindings: wgpu::BindGroup,
    /// The landmark net's results, and after them the blendshape net's, for the read-back.
    back: wgpu::Buffer,
}

impl GpuEngine {
    pub(super) fn new(graphs: &Graphs, gpu: &Gpu) -> Result<Self> {
        let kernels = Arc::new(Kernels::new(gpu));
        let net = |graph| GpuNet::new(graph, gpu, &kernels, 1);
        let (landmarks, blendshapes) = (net(&graphs.landmarks)?, net(&graphs.blendshapes)?);
        let device = &gpu.device;
        let constants = [("POINTS", POINTS.len() as f64), ("COLUMNS", COLUMNS as f64), ("SPREAD", f64::from(SPREAD))];
        let preparing = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some("points"),
            layout: None,
            module: &device.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some("points"),
                source: wgpu::ShaderSource::Wgsl(include_str!("shaders/points.wgsl").into()),
            }),
            entry_point: Some("prepare"),
            compilation_options: wgpu::PipelineCompilationOptions { constants: &constants, ..Default::default() },
            cache: None,
        });
        let axes = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("axes"),
            size: size_of::<[[f32; 2]; 2]>() as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let points = device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
            label: Some("points"),
            contents: bytemuck::cast_slice(&POINTS.map(|index| index as u32)),
            usage: wgpu::BufferUsages::STORAGE,
        });
        let missing = || Error::Net { reason: "a net has no input or no output" };
        let (Some(seen), Some(rows)) = (landmarks.output(0), blendshapes.input(0)) else { return Err(missing()) };
        let bindings = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("points"),
            layout: &preparing.get_bind_group_layout(0),
            entries: &[(0, &axes), (1, seen), (2, &points), (3, rows)]
                .map(|(binding, buffer)| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() }),
        });
        let detector = net(&graphs.detector)?;
        let (Some(searched), Some(looked_at)) = (detector.input(0), landmarks.input(0)) else { return Err(missing()) };
        let cutter = Cutter::new(device, searched, looked_at);
        let back = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("landmarks and coefficients"),
            size: landmarks.results_size() + blendshapes.results_size(),
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        gpu.take_error().map_or(Ok(()), Err)?;
        Ok(Self { gpu: gpu.clone(), detector, landmarks, blendshapes, cutter, preparing, axes, bindings, back })
    }

    /// A texture for a driver's frames.
    pub(super) fn texture(&self, size: [u32; 2], mirrored: bool) -> FrameTexture {
        self.cutter.texture(&self.gpu.device, size, mirrored)
    }

    /// The rows of a region's candidates. Their scores are still log odds.
    pub(super) async fn candidates(&self, source: Source<'_>, region: &Region) -> Result<Vec<f32>> {
        let mut encoder = self.commands();
        match source {
            Source::Pixels(picture) => self.detector.write(0, 0, &Input::DETECTOR.of(picture, region))?,
            Source::Texture(frame) => self.cutter.for_detector(&self.gpu, frame, region, &mut encoder),
        }
        self.detector.record(&mut encoder);
        self.detector.record_results(&mut encoder);
        self.gpu.queue.submit([encoder.finish()]);
        self.detector.results().await
    }

    fn commands(&self) -> wgpu::CommandEncoder {
        self.gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("encoder") })
    }

    /// See [`Engine::observe`](super::engine::Engine::observe).
    pub(super) async fn observe(&self, source: Source<'_>, region: &Region, axes: [[f32; 2]; 2]) -> Result<Vec<f32>> {
        let mut encoder = self.commands();
        match source {
            Source::Pixels(picture) => self.landmarks.write(0, 0, &Input::LANDMARKS.of(picture, region))?,
            Source::Texture(frame) => self.cutter.for_landmarks(&self.gpu, frame, region, &mut encoder),
        }
        self.gpu.queue.write_buffer(&self.axes, 0, bytemuck::cast_slice(&axes));
        self.landmarks.record(&mut encoder);
        let mut pass =
            encoder.begin_compute_pass(&wgpu::ComputePassDescriptor { label: Some("points"), ..Default::default() });
        pass.set_pipeline(&self.preparing);
        pass.set_bind_group(0, &self.bindings, &[]);
        pass.dispatch_workgroups(1, 1, 1);
        drop(pass);
        self.blendshapes.record(&mut encoder);
        let first = self.landmarks.results_size();
        self.landmarks.record_results_at(&mut encoder, &self.back, 0);
        self.blendshapes.record_results_at(&mut encoder, &self.back, first);
        self.gpu.queue.submit([encoder.finish()]);
        let numbers = self.gpu.read_buffer(&self.back).await?;
        let (seen, told) = numbers.split_at((first as usize / size_of::<f32>()).min(numbers.len()));
        let mut values = self.landmarks.arranged(seen)?;
        values.extend(self.blendshapes.arranged(told)?);
        Ok(values)
    }

    /// The coefficients of points that are prepared already, as the net's input rows.
    pub(super) async fn coefficients(&self, rows: &[f32]) -> Result<Vec<f32>> {
        self.blendshapes.write(0, 0, rows)?;
        self.blendshapes.run().await
    }
}
