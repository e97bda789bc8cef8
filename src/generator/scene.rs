//! One portrait on the GPU.

use image::{GrayImage, RgbaImage};
use wgpu::util::DeviceExt;

use super::RenderOptions;
use super::frame::Frame;
use super::mark;
use super::pipelines::{COLOUR, DEPTH, Pipelines, SAMPLES};
use super::present::Presenter;
use crate::error::{Error, Result};
use crate::geometry::VERTICES;
use crate::gpu::Gpu;
use crate::portrait::Portrait;
use crate::portrait::mesh::PlacedVertex;
use crate::portrait::outline::Field;

/// One portrait on the GPU, with its output texture. Everything is made once; a frame
/// only writes two buffers.
#[derive(Debug)]
pub struct Scene {
    output: wgpu::Texture,
    output_view: wgpu::TextureView,
    samples: wgpu::TextureView,
    depth: wgpu::TextureView,
    placed: wgpu::Buffer,
    fixed: wgpu::Buffer,
    indices: wgpu::Buffer,
    count: u32,
    frame: wgpu::Buffer,
    bindings: wgpu::BindGroup,
    presented: wgpu::BindGroup,
    mark_corner: [f32; 2],
}

/// Part of a vertex that never changes.
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
struct FixedVertex {
    source: [f32; 2],
    face: f32,
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
            return Err(Error::Gpu { reason: "matte and plate do not have the photo's size".into() });
        }
        let mesh = &portrait.mesh;
        let buffer = |label, contents: &[u8], usage| {
            device.create_buffer_init(&wgpu::util::BufferInitDescriptor { label: Some(label), contents, usage })
        };
        let fixed: Vec<FixedVertex> = mesh
            .source
            .iter()
            .enumerate()
            .map(|(i, &source)| FixedVertex { source, face: if i < VERTICES { 1.0 } else { 0.0 } })
            .collect();
        let empty = |label, bytes: usize, usage| {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(label),
                size: bytes as u64,
                usage: usage | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        };
        let frame = empty("frame", size_of::<Frame>(), wgpu::BufferUsages::UNIFORM);
        let (mark, mark_corner) = mark::fitted(width, height);
        let patches: Vec<&RgbaImage> =
            portrait.eyes.iter().flat_map(|eye| [&eye.sclera, &eye.iris, &eye.highlight, &eye.lid]).collect();
        let fields = [&portrait.eyes[0].field, &portrait.eyes[1].field, &portrait.mouth.field];
        let textures = [
            picture(gpu, "photo", &portrait.photo),
            picture(gpu, "plate", &portrait.plate),
            matte(gpu, &portrait.matte),
            patch_layers(gpu, &patches),
            field_layers(gpu, &fields),
            picture(gpu, "mark", &mark),
        ];
        let mut entries = vec![wgpu::BindGroupEntry { binding: 0, resource: frame.as_entire_binding() }];
        entries.extend(textures.iter().zip(1..).map(|(view, binding)| wgpu::BindGroupEntry {
            binding,
            resource: wgpu::BindingResource::TextureView(view),
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
        let indices: &[u8] = bytemuck::cast_slice(&mesh.triangles);
        let scene = Self {
            presented: presenter.bind(device, &output_view),
            output,
            output_view,
            samples: target("samples", COLOUR, SAMPLES, none).create_view(&Default::default()),
            depth: target("depth", DEPTH, SAMPLES, none).create_view(&Default::default()),
            placed: empty("placed", size_of_val(&mesh.source[..]) / 2 * 3, wgpu::BufferUsages::VERTEX),
            fixed: buffer("fixed", bytemuck::cast_slice(&fixed), wgpu::BufferUsages::VERTEX),
            indices: buffer("indices", indices, wgpu::BufferUsages::INDEX),
            count: mesh.triangles.len() as u32 * 3,
            frame,
            bindings,
            mark_corner,
        };
        // Until the first frame the output is the photo.
        upload(queue, &scene.output, &portrait.photo, 4, [width, height], 0);
        gpu.take_error().map_or(Ok(scene), Err)
    }

    /// The output, `Rgba8Unorm`, of the portrait photo's size.
    #[must_use]
    pub fn output(&self) -> &wgpu::Texture {
        &self.output
    }

    pub(super) fn presented(&self) -> &wgpu::BindGroup {
        &self.presented
    }

    pub(super) fn mark_corner(&self) -> [f32; 2] {
        self.mark_corner
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
                view: &self.samples,
                depth_slice: None,
                resolve_target: Some(&self.output_view),
                ops: wgpu::Operations {
                    load: wgpu::LoadOp::Clear(wgpu::Color::TRANSPARENT),
                    store: wgpu::StoreOp::Discard,
                },
            })],
            depth_stencil_attachment: Some(wgpu::RenderPassDepthStencilAttachment {
                view: &self.depth,
                depth_ops: Some(wgpu::Operations { load: wgpu::LoadOp::Clear(1.0), store: wgpu::StoreOp::Discard }),
                stencil_ops: None,
            }),
            ..Default::default()
        });
        pass.set_bind_group(0, &self.bindings, &[]);
        pass.set_pipeline(&pipelines.head);
        pass.set_vertex_buffer(0, self.placed.slice(..));
        pass.set_vertex_buffer(1, self.fixed.slice(..));
        pass.set_index_buffer(self.indices.slice(..), wgpu::IndexFormat::Uint32);
        pass.draw_indexed(0..self.count, 0, 0..1);
        if options.mark {
            pass.set_pipeline(&pipelines.mark);
            pass.draw(0..4, 0..1);
        }
        drop(pass);
        gpu.queue.submit([encoder.finish()]);
    }
}

fn texture(gpu: &Gpu, label: &str, size: [u32; 2], layers: u32, format: wgpu::TextureFormat) -> wgpu::Texture {
    gpu.device.create_texture(&wgpu::TextureDescriptor {
        label: Some(label),
        size: wgpu::Extent3d { width: size[0], height: size[1], depth_or_array_layers: layers },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    })
}

fn upload(
    queue: &wgpu::Queue,
    texture: &wgpu::Texture,
    bytes: &[u8],
    texel: u32,
    [width, height]: [u32; 2],
    layer: u32,
) {
    let mut place = texture.as_image_copy();
    place.origin.z = layer;
    let layout =
        wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(width * texel), rows_per_image: Some(height) };
    queue.write_texture(place, bytes, layout, wgpu::Extent3d { width, height, depth_or_array_layers: 1 });
}

fn picture(gpu: &Gpu, label: &str, picture: &RgbaImage) -> wgpu::TextureView {
    let size = [picture.width(), picture.height()];
    let texture = texture(gpu, label, size, 1, wgpu::TextureFormat::Rgba8Unorm);
    upload(&gpu.queue, &texture, picture, 4, size, 0);
    texture.create_view(&Default::default())
}

fn matte(gpu: &Gpu, matte: &GrayImage) -> wgpu::TextureView {
    let size = [matte.width(), matte.height()];
    let texture = texture(gpu, "matte", size, 1, wgpu::TextureFormat::R8Unorm);
    upload(&gpu.queue, &texture, matte, 1, size, 0);
    texture.create_view(&Default::default())
}

fn array_view(texture: &wgpu::Texture) -> wgpu::TextureView {
    texture.create_view(&wgpu::TextureViewDescriptor {
        dimension: Some(wgpu::TextureViewDimension::D2Array),
        ..Default::default()
    })
}

fn largest(sizes: impl Iterator<Item = [u32; 2]>) -> [u32; 2] {
    sizes.fold([1, 1], |[w, h], [x, y]| [w.max(x), h.max(y)])
}

fn patch_layers(gpu: &Gpu, patches: &[&RgbaImage]) -> wgpu::TextureView {
    let size = largest(patches.iter().map(|p| [p.width(), p.height()]));
    let texture = texture(gpu, "patches", size, patches.len() as u32, wgpu::TextureFormat::Rgba8Unorm);
    for (patch, layer) in patches.iter().zip(0..) {
        upload(&gpu.queue, &texture, patch, 4, [patch.width(), patch.height()], layer);
    }
    array_view(&texture)
}

fn field_layers(gpu: &Gpu, fields: &[&Field]) -> wgpu::TextureView {
    let size = largest(fields.iter().map(|f| f.patch.size));
    let texture = texture(gpu, "fields", size, fields.len() as u32, wgpu::TextureFormat::Rgba32Float);
    for (field, layer) in fields.iter().zip(0..) {
        upload(&gpu.queue, &texture, bytemuck::cast_slice(&field.values), 16, field.patch.size, layer);
    }
    array_view(&texture)
}
