//! Texture to CPU without blocking the browser's event loop.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};

use image::RgbaImage;

use crate::error::{Error, Result};

/// The answer of a mapping request, filled in by its callback.
#[derive(Default)]
struct Answer {
    result: Option<std::result::Result<(), wgpu::BufferAsyncError>>,
    waker: Option<Waker>,
}

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

async fn map(device: &wgpu::Device, buffer: &wgpu::Buffer) -> Result<()> {
    let answer = Arc::new(Mutex::new(Answer::default()));
    let filled = answer.clone();
    buffer.map_async(wgpu::MapMode::Read, .., move |result| {
        let mut answer = filled.lock().unwrap_or_else(PoisonError::into_inner);
        answer.result = Some(result);
        if let Some(waker) = answer.waker.take() {
            waker.wake();
        }
    });
    // Natively somebody has to wait for the device; in a browser this does nothing and the callback comes by itself.
    if let Err(error) = device.poll(wgpu::PollType::wait_indefinitely()) {
        return Err(Error::Gpu { reason: error.to_string() });
    }
    poll_fn(|context| {
        let mut answer = answer.lock().unwrap_or_else(PoisonError::into_inner);
        match answer.result.take() {
            Some(result) => Poll::Ready(result.map_err(|error| Error::Gpu { reason: error.to_string() })),
            None => {
                answer.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    })
    .await
}
