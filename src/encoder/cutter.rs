//! Cuts regions of a texture into the nets' inputs on the GPU, so that a driver's frame need not come to the CPU.

use bytemuck::{Pod, Zeroable};

use super::Region;
use super::crop::{Border, Input, frame};
use crate::gpu::Gpu;

/// Invocations of a workgroup along each axis, as in `cut.wgsl`.
const GROUP: u32 = 8;

/// A driver's frame on the GPU, to be filled again and again.
#[derive(Debug)]
pub struct FrameTexture {
    texture: wgpu::Texture,
    /// Bindings of the pass that cuts the detector's input, and of that for the landmark net's.
    bindings: [wgpu::BindGroup; 2],
    mirrored: bool,
}

impl FrameTexture {
    /// Width and height, pixels.
    #[must_use]
    pub fn dimensions(&self) -> (u32, u32) {
        (self.texture.width(), self.texture.height())
    }

    /// Whether the frame is seen in a mirror.
    #[must_use]
    pub fn is_mirrored(&self) -> bool {
        self.mirrored
    }

    /// The texture to which a frame is copied: `Rgba8Unorm`, usage `COPY_DST` and `RENDER_ATTACHMENT`.
    #[must_use]
    pub fn texture(&self) -> &wgpu::Texture {
        &self.texture
    }
}

/// Cuts out the inputs of the detector and of the landmark net.
#[derive(Debug)]
pub(super) struct Cutter {
    pipeline: wgpu::ComputePipeline,
    detector: Port,
    landmarks: Port,
}

/// A net's input.
#[derive(Debug)]
struct Port {
    input: Input,
    cut: wgpu::Buffer,
    values: wgpu::Buffer,
}

/// The shader's uniforms, in the layout of `cut.wgsl`.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Cut {
    origin: [f32; 2],
    across: [f32; 2],
    down: [f32; 2],
    low: f32,
    gain: f32,
    side: u32,
    black: u32,
    mirrored: u32,
    padding: u32,
}

impl Cut {
    fn new(input: &Input, region: &Region, mirrored: bool) -> Self {
        let [origin, across, down] = frame(region, input.side).map(|way| way.map(|steps| steps as f32));
        Self {
            origin,
            across,
            down,
            low: input.range[0],
            gain: input.gain(),
            side: input.side as u32,
            black: u32::from(input.border == Border::Zero),
            mirrored: u32::from(mirrored),
            padding: 0,
        }
    }
}

impl Cutter {
    /// A cutter that writes the nets' inputs to these buffers.
    pub(super) fn new(device: &wgpu::Device, detector: &wgpu::Buffer, landmarks: &wgpu::Buffer) -> Self {
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some("cut"),
            layout: None,
            module: &device.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some("cut"),
                source: wgpu::ShaderSource::Wgsl(include_str!("shaders/cut.wgsl").into()),
            }),
            entry_point: Some("take"),
            compilation_options: Default::default(),
            cache: None,
        });
        let port = |input, values: &wgpu::Buffer| Port {
            input,
            cut: device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("cut"),
                size: size_of::<Cut>() as u64,
                usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            }),
            values: values.clone(),
        };
        Self { pipeline, detector: port(Input::DETECTOR, detector), landmarks: port(Input::LANDMARKS, landmarks) }
    }

    /// A texture for frames of `width` x `height` pixels.
    pub(super) fn texture(&self, device: &wgpu::Device, [width, height]: [u32; 2], mirrored: bool) -> FrameTexture {
        let texture = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("driver's frame"),
            size: wgpu::Extent3d { width: width.max(1), height: height.max(1), depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: wgpu::TextureFormat::Rgba8Unorm,
            // A browser copies a frame by drawing it, so the texture must be a render attachment.
            usage: wgpu::TextureUsages::TEXTURE_BINDING
                | wgpu::TextureUsages::COPY_DST
                | wgpu::TextureUsages::RENDER_ATTACHMENT,
            view_formats: &[],
        });
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        let bindings = [&self.detector, &self.landmarks].map(|port| {
            let entry = |binding, resource| wgpu::BindGroupEntry { binding, resource };
            device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: Some("cut"),
                layout: &self.pipeline.get_bind_group_layout(0),
                entries: &[
                    entry(0, port.cut.as_entire_binding()),
                    entry(1, wgpu::BindingResource::TextureView(&view)),
                    entry(2, port.values.as_entire_binding()),
                ],
            })
        });
        FrameTexture { texture, bindings, mirrored }
    }

    /// Records the pass that cuts the detector's input out.
    pub(super) fn for_detector(
        &self,
        gpu: &Gpu,
        frame: &FrameTexture,
        region: &Region,
        encoder: &mut wgpu::CommandEncoder,
    ) {
        let [bindings, _] = &frame.bindings;
        self.record(gpu, &self.detector, bindings, Cut::new(&self.detector.input, region, frame.mirrored), encoder);
    }

    /// Records the pass that cuts the landmark net's input out.
    pub(super) fn for_landmarks(
        &self,
        gpu: &Gpu,
        frame: &FrameTexture,
        region: &Region,
        encoder: &mut wgpu::CommandEncoder,
    ) {
        let [_, bindings] = &frame.bindings;
        self.record(gpu, &self.landmarks, bindings, Cut::new(&self.landmarks.input, region, frame.mirrored), encoder);
    }

    fn record(&self, gpu: &Gpu, port: &Port, bindings: &wgpu::BindGroup, cut: Cut, encoder: &mut wgpu::CommandEncoder) {
        gpu.queue.write_buffer(&port.cut, 0, bytemuck::bytes_of(&cut));
        let mut pass =
            encoder.begin_compute_pass(&wgpu::ComputePassDescriptor { label: Some("cut"), ..Default::default() });
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, bindings, &[]);
        let groups = cut.side.div_ceil(GROUP);
        pass.dispatch_workgroups(groups, groups, 1);
    }
}
