//! The GPU's part of the work: it cuts patches out of a picture, and applies the nets' grids to the picture.

use nalgebra::Vector2;

use super::masks::MASKS;
use super::net::{CELL, values};
use super::patch::Part;
use super::pipelines::Pipelines;
use super::plan::{Placed, Plan};
use super::ports::{PATCHES, PIXELS, Ports, bytes, cut_values, grid_values, place};
use crate::error::Result;
use crate::gpu::Gpu;
use crate::nets::gpu::{FOUR, planar};
use crate::nets::graph::Size;
use crate::portrait::tone::Tone;

/// Invocations of a workgroup of `cut.wgsl` along each of two axes.
const GROUP: u32 = 8;
/// Invocations of a workgroup of `keep.wgsl`.
const KEEP_GROUP: u32 = 64;

/// Bytes of the mouth's masks, which lie before those of the eyes.
const MOUTH_MASKS: usize = MASKS * Part::Mouth.side() * Part::Mouth.side();

/// A patch for the shaders: `Patch` in `patch.wgsl`, which explains the fields.
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
struct PatchPlace {
    origin: [f32; 2],
    across: [f32; 2],
    down: [f32; 2],
    side: u32,
    samples: u32,
    start: u32,
    weight: f32,
    cut: u32,
    grid: u32,
    fresh_inside: f32,
    fresh: f32,
    paint: f32,
    inside: f32,
    detail: f32,
    white_eye: f32,
    white_around: f32,
    /// Padding: `tone` begins at a multiple of 16 bytes.
    unused: f32,
    tone: Tone,
}

/// One picture whose patches are cut and changed. All buffers and bindings are made once.
#[derive(Debug)]
pub(super) struct Surface {
    picture: wgpu::Texture,
    view: wgpu::TextureView,
    before: wgpu::Texture,
    places: wgpu::Buffer,
    masks: wgpu::Buffer,
    /// The mouth's masks when its grid was last moved.
    masks_before: wgpu::Buffer,
    ports: Ports,
    back: wgpu::Buffer,
    cutting: wgpu::BindGroup,
    keeping: wgpu::BindGroup,
    adding: wgpu::BindGroup,
}

impl Surface {
    /// The surface of a picture, which is `Rgba8Unorm` and has the usages of a scene's output.
    pub(super) fn new(gpu: &Gpu, pipelines: &Pipelines, picture: &wgpu::Texture, ports: Ports) -> Self {
        let device = &gpu.device;
        let buffer = |label, bytes: usize, usage| {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(label),
                size: bytes as u64,
                usage: usage | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        };
        let places = buffer("patches", PATCHES * size_of::<PatchPlace>(), wgpu::BufferUsages::UNIFORM);
        let masks = buffer("masks", MASKS * PIXELS, wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC);
        let masks_before = buffer("masks before", MOUTH_MASKS, wgpu::BufferUsages::STORAGE);
        let before = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("before"),
            size: picture.size(),
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: picture.format(),
            usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
            view_formats: &[],
        });
        let bind = |layout, view: &wgpu::TextureView, values: &[&wgpu::Buffer]| {
            let mut entries = vec![
                wgpu::BindGroupEntry { binding: 0, resource: places.as_entire_binding() },
                wgpu::BindGroupEntry { binding: 1, resource: wgpu::BindingResource::TextureView(view) },
            ];
            let values = (2..).zip(values);
            entries
                .extend(values.map(|(binding, v)| wgpu::BindGroupEntry { binding, resource: v.as_entire_binding() }));
            device.create_bind_group(&wgpu::BindGroupDescriptor { label: Some("refiner"), layout, entries: &entries })
        };
        let view = picture.create_view(&Default::default());
        let [mouth_cut, eyes_cut] = &ports.pictures;
        let cutting = bind(&pipelines.cut_layout, &view, &[&masks, mouth_cut, eyes_cut]);
        let ([mouth, eyes], [mouth_shown, eyes_shown]) = (&ports.grids, &ports.shown);
        let keeping =
            bind(&pipelines.keep_layout, &view, &[&masks, mouth, eyes, mouth_shown, eyes_shown, &masks_before]);
        let drawn = before.create_view(&Default::default());
        let adding = bind(&pipelines.add_layout, &drawn, &[&masks, mouth_shown, eyes_shown, mouth_cut, eyes_cut]);
        let back = buffer("values back", FOUR * PIXELS * size_of::<f32>(), wgpu::BufferUsages::MAP_READ);
        Self {
            picture: picture.clone(),
            view,
            before,
            places,
            masks,
            masks_before,
            ports,
            back,
            cutting,
            keeping,
            adding,
        }
    }

    /// Records the pass that cuts the patches out of the picture, into the nets' inputs.
    pub(super) fn cut(&self, gpu: &Gpu, pipelines: &Pipelines, plan: &Plan, encoder: &mut wgpu::CommandEncoder) {
        let mut pixels = 0;
        let places: [PatchPlace; PATCHES] = std::array::from_fn(|k| {
            let (part, (frame, weight)) = (Part::ALL[k], &plan.placed[k]);
            let pair = |v: Vector2<f64>| [v.x as f32, v.y as f32];
            let [_, index] = place(k);
            let count = frame.side * frame.side;
            let place = PatchPlace {
                origin: pair(frame.origin),
                across: pair(frame.across),
                down: pair(frame.down),
                side: frame.side as u32,
                samples: frame.samples() as u32,
                start: pixels as u32,
                weight: *weight,
                cut: (index * cut_values(part) / FOUR) as u32,
                grid: (index * grid_values(part) / FOUR) as u32,
                fresh_inside: plan.fresh[k].inside,
                fresh: plan.fresh[k].around,
                paint: plan.paint,
                inside: plan.inside,
                detail: plan.detail,
                white_eye: plan.white[k].eye,
                white_around: plan.white[k].around,
                unused: 0.0,
                tone: plan.tone,
            };
            pixels += count;
            place
        });
        gpu.queue.write_buffer(&self.places, 0, bytemuck::cast_slice(&places));
        gpu.queue.write_buffer(&self.masks, 0, &plan.masks.concat());
        let mut pass = encoder.begin_compute_pass(&Default::default());
        pass.set_pipeline(&pipelines.cut);
        pass.set_bind_group(0, &self.cutting, &[]);
        let groups = places.iter().map(|place| place.side).max().unwrap_or(0).div_ceil(GROUP);
        pass.dispatch_workgroups(groups, groups, PATCHES as u32);
    }

    /// Submits `encoder` and reads the cut patches back, one after the other, four numbers a pixel: RGB in \[0, 1\] and
    /// the first mask.
    ///
    /// # Errors
    /// [`Error::Gpu`](crate::Error::Gpu).
    pub(super) async fn read(&self, gpu: &Gpu, mut encoder: wgpu::CommandEncoder) -> Result<Vec<f32>> {
        let mut start = 0;
        for (k, part) in Part::ALL.into_iter().enumerate() {
            let (pixels, [net, index]) = (part.side() * part.side(), place(k));
            let from = bytes(index * cut_values(part));
            encoder.copy_buffer_to_buffer(&self.ports.pictures[net], from, &self.back, start, bytes(FOUR * pixels));
            start += bytes(FOUR * pixels);
        }
        gpu.queue.submit([encoder.finish()]);
        gpu.read_buffer(&self.back).await
    }

    /// Writes the grid that a net on the CPU made for a patch; `grid` holds it cell by cell.
    pub(super) fn write(&self, gpu: &Gpu, patch: usize, grid: &[f32]) {
        let (part, [net, index]) = (Part::ALL[patch], place(patch));
        let cells = part.side() / CELL;
        let planes = planar(grid, Size::new(cells, cells, values(part)));
        let start = bytes(index * grid_values(part));
        gpu.queue.write_buffer(&self.ports.grids[net], start, bytemuck::cast_slice(&planes));
    }

    /// Records the pass that moves the grids that are shown towards those that the nets have made for the cut patches.
    /// `of_mouth` says whether the mouth's grid is among those just made.
    pub(super) fn keep(&self, pipelines: &Pipelines, of_mouth: bool, encoder: &mut wgpu::CommandEncoder) {
        let mut pass = encoder.begin_compute_pass(&Default::default());
        pass.set_pipeline(&pipelines.keep);
        pass.set_bind_group(0, &self.keeping, &[]);
        let most = Part::ALL.map(|part| grid_values(part) / FOUR).into_iter().max().unwrap_or(0);
        pass.dispatch_workgroups((most as u32).div_ceil(KEEP_GROUP), PATCHES as u32, 1);
        drop(pass);
        if of_mouth {
            encoder.copy_buffer_to_buffer(&self.masks, 0, &self.masks_before, 0, MOUTH_MASKS as u64);
        }
    }

    /// Records the pass that applies the grids to the picture where the patches were cut.
    pub(super) fn add(&self, pipelines: &Pipelines, placed: &[Placed; PATCHES], encoder: &mut wgpu::CommandEncoder) {
        let Some([left, top, right, bottom]) = bounds(placed, [self.picture.width(), self.picture.height()]) else {
            return;
        };
        let origin = wgpu::Origin3d { x: left, y: top, z: 0 };
        let size = wgpu::Extent3d { width: right - left, height: bottom - top, depth_or_array_layers: 1 };
        encoder.copy_texture_to_texture(
            wgpu::TexelCopyTextureInfo { origin, ..self.picture.as_image_copy() },
            wgpu::TexelCopyTextureInfo { origin, ..self.before.as_image_copy() },
            size,
        );
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("add"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: &self.view,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations { load: wgpu::LoadOp::Load, store: wgpu::StoreOp::Store },
            })],
            ..Default::default()
        });
        pass.set_scissor_rect(left, top, size.width, size.height);
        pass.set_pipeline(&pipelines.add);
        pass.set_bind_group(0, &self.adding, &[]);
        pass.draw(0..3, 0..1);
    }
}

/// Bounding box of the patches whose weight is above 0, in a picture of `size` pixels: left, top, right, bottom,
/// pixels.
pub(super) fn bounds(placed: &[Placed], size: [u32; 2]) -> Option<[u32; 4]> {
    let (mut low, mut high) = (Vector2::repeat(f64::MAX), Vector2::repeat(f64::MIN));
    for (frame, _) in placed.iter().filter(|(_, weight)| *weight > 0.0) {
        let side = frame.side as f64;
        for place in [[0.0, 0.0], [side, 0.0], [0.0, side], [side, side]] {
            let corner = frame.to_picture(place.into());
            (low, high) = (low.inf(&corner), high.sup(&corner));
        }
    }
    let edge = |value: f64, k: usize| value.clamp(0.0, f64::from(size[k])) as u32;
    let [left, top] = [0, 1].map(|k| edge(low[k].floor(), k));
    let [right, bottom] = [0, 1].map(|k| edge(high[k].ceil(), k));
    (left < right && top < bottom).then_some([left, top, right, bottom])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
