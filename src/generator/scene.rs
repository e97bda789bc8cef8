//! One portrait on the GPU.

use image::RgbaImage;
use wgpu::util::DeviceExt;

use super::frame::Frame;
use super::mark;
use super::pipelines::{COLOUR, DEPTH, Pipelines, SAMPLES};
use super::present::Presenter;
use super::upload::{field_layers, matte, patch_layers, picture, upload};
use super::vertices::Vertices;
use super::{RenderOptions, reduced};
use crate::error::{Error, Result};
use crate::geometry::VERTICES;
use crate::gpu::Gpu;
use crate::portrait::Portrait;
use crate::portrait::mesh::PlacedVertex;

/// One portrait on the GPU, with its output texture. All textures and buffers are made once; a frame only writes two
/// buffers.
#[derive(Debug)]
pub struct Scene {
    /// The photo's size, pixels.
    size: [u32; 2],
    scale: f32,
    placed: wgpu::Buffer,
    fixed: wgpu::Buffer,
    indices: wgpu::Buffer,
    /// Numbers of indices: of the head's triangles, and of the rim's, which follow them in `indices`.
    counts: [u32; 2],
    frame: wgpu::Buffer,
    /// Photo, background plate, matte, patches of the eyes, distance fields of eyes and mouth.
    textures: [wgpu::TextureView; 5],
    /// Pictures of what the face hides in the photo: of its surroundings, and of itself.
    hidden: [wgpu::TextureView; 2],
    target: Target,
}

/// Everything that depends on the output's size.
#[derive(Debug)]
struct Target {
    output: wgpu::Texture,
    output_view: wgpu::TextureView,
    samples: wgpu::TextureView,
    depth: wgpu::TextureView,
    bindings: wgpu::BindGroup,
    presented: wgpu::BindGroup,
    mark_corner: [f32; 2],
}

impl Target {
    fn new(
        gpu: &Gpu,
        pipelines: &Pipelines,
        presenter: &Presenter,
        [width, height]: [u32; 2],
        frame: &wgpu::Buffer,
        textures: &[wgpu::TextureView],
        hidden: &[wgpu::TextureView; 2],
    ) -> Self {
        let device = &gpu.device;
        let (mark, mark_corner) = mark::fitted(width, height);
        let mark = picture(gpu, "mark", &mark);
        let mut entries = vec![wgpu::BindGroupEntry { binding: 0, resource: frame.as_entire_binding() }];
        entries.extend(textures.iter().chain([&mark]).chain(hidden).zip(1..).map(|(view, binding)| {
            wgpu::BindGroupEntry { binding, resource: wgpu::BindingResource::TextureView(view) }
        }));
        let bindings = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("portrait"),
            layout: &pipelines.layout,
            entries: &entries,
        });
        let target = |label, format, samples, usage| {
            device.create_texture(&wgpu::TextureDescriptor {
                label: Some(label),
                size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
                mip_level_count: 1,
                sample_count: samples,
                dimension: wgpu::TextureDimension::D2,
                format,
                usage: usage | wgpu::TextureUsages::RENDER_ATTACHMENT,
                view_formats: &[],
            })
        };
        let readable =
            wgpu::TextureUsages::COPY_SRC | wgpu::TextureUsages::COPY_DST | wgpu::TextureUsages::TEXTURE_BINDING;
        let output = target("output", COLOUR, 1, readable);
        let none = wgpu::TextureUsages::empty();
        let output_view = output.create_view(&Default::default());
        Self {
            presented: presenter.bind(device, &output_view),
            output,
            output_view,
            samples: target("samples", COLOUR, SAMPLES, none).create_view(&Default::default()),
            depth: target("depth", DEPTH, SAMPLES, none).create_view(&Default::default()),
            bindings,
            mark_corner,
        }
    }
}

/// Part of a vertex that never changes.
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
struct FixedVertex {
    source: [f32; 2],
    face: f32,
    completion: [f32; 2],
}

impl Scene {
    pub(super) fn load(gpu: &Gpu, pipelines: &Pipelines, presenter: &Presenter, portrait: &Portrait) -> Result<Self> {
        let (device, queue) = (&gpu.device, &gpu.queue);
        let (width, height) = portrait.photo.dimensions();
        let limit = device.limits().max_texture_dimension_2d;
        if width.max(height) > limit || width.min(height) == 0 {
            let reason = format!("a picture of {width} x {height} pixels is beyond the GPU's limit of {limit}");
            return Err(Error::Gpu { reason });
        }
        if portrait.plate.dimensions() != (width, height) || portrait.matte.dimensions() != (width, height) {
            return Err(Error::Option { option: "portrait", expected: "pixels, and a matte and a plate of its size" });
        }
        let Vertices { source, completion, rim } = Vertices::of(portrait);
        let buffer = |label, contents: &[u8], usage| {
            device.create_buffer_init(&wgpu::util::BufferInitDescriptor { label: Some(label), contents, usage })
        };
        let fixed: Vec<FixedVertex> = source
            .into_iter()
            .enumerate()
            .map(|(i, source)| {
                let completion = completion.get(i).copied().unwrap_or_default();
                FixedVertex { source, face: if i < VERTICES { 1.0 } else { 0.0 }, completion }
            })
            .collect();
        let empty = |label, bytes: usize, usage| {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(label),
                size: bytes as u64,
                usage: usage | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        };
        let patches: Vec<&RgbaImage> =
            portrait.eyes.iter().flat_map(|eye| [&eye.sclera, &eye.iris, &eye.highlight, &eye.lid]).collect();
        let fields = [&portrait.eyes[0].field, &portrait.eyes[1].field, &portrait.mouth.field];
        let textures = [
            picture(gpu, "photo", &portrait.photo),
            picture(gpu, "plate", &portrait.plate),
            matte(gpu, &portrait.matte),
            patch_layers(gpu, &patches),
            field_layers(gpu, &fields),
        ];
        let none = RgbaImage::new(1, 1);
        let hidden = [
            picture(gpu, "surroundings", portrait.surroundings.as_ref().map_or(&none, |patch| &patch.picture)),
            picture(gpu, "completion", portrait.completion.as_ref().map_or(&none, |hidden| &hidden.picture)),
        ];
        let frame = empty("frame", size_of::<Frame>(), wgpu::BufferUsages::UNIFORM);
        let head = &portrait.mesh.triangles;
        let indices = [head.as_flattened(), rim.as_flattened()].concat();
        let target = Target::new(gpu, pipelines, presenter, [width, height], &frame, &textures, &hidden);
        let scene = Self {
            size: [width, height],
            scale: 1.0,
            placed: empty("placed", fixed.len() * size_of::<PlacedVertex>(), wgpu::BufferUsages::VERTEX),
            fixed: buffer("fixed", bytemuck::cast_slice(&fixed), wgpu::BufferUsages::VERTEX),
            indices: buffer("indices", bytemuck::cast_slice(&indices), wgpu::BufferUsages::INDEX),
            counts: [head.len() as u32 * 3, rim.len() as u32 * 3],
            frame,
            textures,
            hidden,
            target,
        };
        // Until the first frame the output is the photo.
        upload(queue, &scene.target.output, &portrait.photo, 4, [width, height], 0);
        gpu.take_error().map_or(Ok(scene), Err)
    }

    /// Sets the output's size from the next frame on: an output pixel covers `scale` pixels of the photo along each
    /// axis, at least 1.
    pub(super) fn rescale(&mut self, gpu: &Gpu, pipelines: &Pipelines, presenter: &Presenter, scale: f32) {
        let scale = scale.max(1.0);
        if scale == self.scale {
            return;
        }
        let size = reduced(self.size, scale);
        self.target = Target::new(gpu, pipelines, presenter, size, &self.frame, &self.textures, &self.hidden);
        self.scale = scale;
    }

    /// Pixels of the photo that an output pixel covers across and down; 1 unless the scene is drawn smaller.
    #[must_use]
    pub fn scale(&self) -> [f32; 2] {
        let output = [self.target.output.width(), self.target.output.height()];
        std::array::from_fn(|k| self.size[k] as f32 / output[k] as f32)
    }

    /// The output, `Rgba8Unorm`, of the portrait photo's size divided by the [scale](Self::scale).
    #[must_use]
    pub fn output(&self) -> &wgpu::Texture {
        &self.target.output
    }

    pub(super) fn presented(&self) -> &wgpu::BindGroup {
        &self.target.presented
    }

    /// Top left corner of the mark, output pixels.
    pub(super) fn mark_corner(&self) -> [f32; 2] {
        self.target.mark_corner
    }

    pub(super) fn draw(
        &mut self,
        gpu: &Gpu,
        pipelines: &Pipelines,
        placed: &[PlacedVertex],
        frame: &Frame,
        options: RenderOptions,
    ) {
        gpu.queue.write_buffer(&self.placed, 0, bytemuck::cast_slice(placed));
        gpu.queue.write_buffer(&self.frame, 0, bytemuck::bytes_of(frame));
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("frame") });
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("head"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: &self.target.samples,
                depth_slice: None,
                resolve_target: Some(&self.target.output_view),
                ops: wgpu::Operations {
                    load: wgpu::LoadOp::Clear(wgpu::Color::TRANSPARENT),
                    store: wgpu::StoreOp::Discard,
                },
            })],
            depth_stencil_attachment: Some(wgpu::RenderPassDepthStencilAttachment {
                view: &self.target.depth,
                depth_ops: Some(wgpu::Operations { load: wgpu::LoadOp::Clear(1.0), store: wgpu::StoreOp::Discard }),
                stencil_ops: None,
            }),
            ..Default::default()
        });
        pass.set_bind_group(0, &self.target.bindings, &[]);
        pass.set_pipeline(&pipelines.head);
        pass.set_vertex_buffer(0, self.placed.slice(..));
        pass.set_vertex_buffer(1, self.fixed.slice(..));
        pass.set_index_buffer(self.indices.slice(..), wgpu::IndexFormat::Uint32);
        let [head, rim] = self.counts;
        pass.draw_indexed(0..head, 0, 0..1);
        if rim > 0 && frame.rim > 0.0 {
            pass.set_pipeline(&pipelines.rim);
            pass.draw_indexed(head..head + rim, 0, 0..1);
        }
        if options.mark {
            pass.set_pipeline(&pipelines.mark);
            pass.draw(0..4, 0..1);
        }
        drop(pass);
        gpu.queue.submit([encoder.finish()]);
    }
}
