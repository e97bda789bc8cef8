//! Texture to CPU without blocking the browser's event loop.

use image::RgbaImage;

use super::answer::Answer;
use crate::error::{Error, Result};

/// Reads an `Rgba8Unorm` texture.
pub async fn read(device: &wgpu::Device, queue: &wgpu::Queue, texture: &wgpu::Texture) -> Result<RgbaImage> {
    let fault = |reason: String| Error::Gpu { reason };
    if texture.format() != wgpu::TextureFormat::Rgba8Unorm {
        return Err(fault(format!("a {:?} texture cannot be read as a picture", texture.format())));
    }
    let (width, height) = (texture.width(), texture.height());
    let row = (width * 4) as usize;
    let padded = (width * 4).next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
    let buffer = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("readback"),
        size: u64::from(padded) * u64::from(height),
        usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
        mapped_at_creation: false,
    });
    let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("readback") });
    encoder.copy_texture_to_buffer(
        texture.as_image_copy(),
        wgpu::TexelCopyBufferInfo {
            buffer: &buffer,
            layout: wgpu::TexelCopyBufferLayout {
                offset: 0,
                bytes_per_row: Some(padded),
                rows_per_image: Some(height),
            },
        },
        texture.size(),
    );
    queue.submit([encoder.finish()]);
    map(device, &buffer).await?;
    let view = buffer.get_mapped_range(..).map_err(|error| fault(error.to_string()))?;
    let mut pixels = Vec::with_capacity(row * height as usize);
    for line in view.chunks_exact(padded as usize) {
        pixels.extend_from_slice(&line[..row]);
    }
    drop(view);
    buffer.unmap();
    RgbaImage::from_raw(width, height, pixels).ok_or_else(|| fault("the read-back has the wrong size".into()))
}

/// Reads a whole buffer of numbers (usage `MAP_READ`).
pub async fn numbers(device: &wgpu::Device, buffer: &wgpu::Buffer) -> Result<Vec<f32>> {
    map(device, buffer).await?;
    let view = buffer.get_mapped_range(..).map_err(|error| Error::Gpu { reason: error.to_string() })?;
    let numbers = bytemuck::pod_collect_to_vec(&view);
    drop(view);
    buffer.unmap();
    Ok(numbers)
}

async fn map(device: &wgpu::Device, buffer: &wgpu::Buffer) -> Result<()> {
    let (answer, fill) = Answer::expected();
    buffer.map_async(wgpu::MapMode::Read, .., fill);
    // Natively the callback comes only while somebody polls the device. In a browser this call does nothing, and the
    // callback comes by itself.
    if let Err(error) = device.poll(wgpu::PollType::wait_indefinitely()) {
        return Err(Error::Gpu { reason: error.to_string() });
    }
    answer.wait().await.map_err(|error| Error::Gpu { reason: error.to_string() })
}
