//! Pictures on their way to the GPU.

use image::{GrayImage, RgbaImage};

use crate::gpu::Gpu;
use crate::portrait::outline::Field;

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

/// Fills a layer of a texture.
pub(super) fn upload(
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

/// A picture as a texture.
pub(super) fn picture(gpu: &Gpu, label: &str, picture: &RgbaImage) -> wgpu::TextureView {
    let size = [picture.width(), picture.height()];
    let texture = texture(gpu, label, size, 1, wgpu::TextureFormat::Rgba8Unorm);
    upload(&gpu.queue, &texture, picture, 4, size, 0);
    texture.create_view(&Default::default())
}

/// A matte as a texture of one channel.
pub(super) fn matte(gpu: &Gpu, matte: &GrayImage) -> wgpu::TextureView {
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

/// Pictures of several sizes as the layers of a texture.
pub(super) fn patch_layers(gpu: &Gpu, patches: &[&RgbaImage]) -> wgpu::TextureView {
    let size = largest(patches.iter().map(|p| [p.width(), p.height()]));
    let texture = texture(gpu, "patches", size, patches.len() as u32, wgpu::TextureFormat::Rgba8Unorm);
    for (patch, layer) in patches.iter().zip(0..) {
        upload(&gpu.queue, &texture, patch, 4, [patch.width(), patch.height()], layer);
    }
    array_view(&texture)
}

/// Distance fields as the layers of a texture.
pub(super) fn field_layers(gpu: &Gpu, fields: &[&Field]) -> wgpu::TextureView {
    let size = largest(fields.iter().map(|f| f.patch.size));
    let texture = texture(gpu, "fields", size, fields.len() as u32, wgpu::TextureFormat::Rgba32Float);
    for (field, layer) in fields.iter().zip(0..) {
        upload(&gpu.queue, &texture, bytemuck::cast_slice(&field.values), 16, field.patch.size, layer);
    }
    array_view(&texture)
}
