//! The canvas that the result is shown on.

use web_sys::OffscreenCanvas;
use wgpu::CurrentSurfaceTexture::{Lost, Occluded, Outdated, Suboptimal, Success, Timeout, Validation};

use crate::error::{Error, Result};
use crate::generator::{Generator, Scene};
use crate::gpu::Gpu;

/// A surface on an `OffscreenCanvas`, in the format that the browser prefers.
#[derive(Debug)]
pub struct Screen {
    surface: wgpu::Surface<'static>,
    format: wgpu::TextureFormat,
    size: [u32; 2],
}

impl Screen {
    /// Takes the canvas over.
    ///
    /// # Errors
    /// [`Error::Gpu`] when the canvas has another context already or cannot be drawn on.
    pub fn new(gpu: &Gpu, canvas: OffscreenCanvas) -> Result<Self> {
        let surface = gpu
            .instance
            .create_surface(wgpu::SurfaceTarget::OffscreenCanvas(canvas))
            .map_err(|error| Error::Gpu { reason: error.to_string() })?;
        let format = surface
            .get_capabilities(&gpu.adapter)
            .formats
            .first()
            .copied()
            .ok_or_else(|| Error::Gpu { reason: "it cannot draw on a canvas".into() })?;
        Ok(Self { surface, format, size: [0, 0] })
    }

    /// Shows the scene's last frame; the canvas takes the scene's size.
    ///
    /// # Errors
    /// [`Error::Gpu`] when the browser gives no texture to draw on.
    pub fn show(&mut self, gpu: &Gpu, generator: &Generator, scene: &Scene) -> Result<()> {
        let output = scene.output();
        let size = [output.width(), output.height()];
        if self.size != size {
            self.configure(gpu, size);
        }
        let texture = match self.surface.get_current_texture() {
            Success(texture) | Suboptimal(texture) => texture,
            // The next frame finds the canvas ready again.
            Timeout | Occluded => return Ok(()),
            Outdated => {
                self.configure(gpu, size);
                return Ok(());
            }
            Lost | Validation => return Err(Error::Gpu { reason: "the canvas was lost".into() }),
        };
        let view = texture.texture.create_view(&wgpu::TextureViewDescriptor::default());
        generator.present(scene, &view, self.format);
        gpu.queue.present(texture);
        Ok(())
    }

    fn configure(&mut self, gpu: &Gpu, size: [u32; 2]) {
        let [width, height] = size;
        self.surface.configure(
            &gpu.device,
            &wgpu::SurfaceConfiguration {
                usage: wgpu::TextureUsages::RENDER_ATTACHMENT,
                format: self.format,
                color_space: wgpu::SurfaceColorSpace::Auto,
                width,
                height,
                present_mode: wgpu::PresentMode::Fifo,
                desired_maximum_frame_latency: 2,
                alpha_mode: wgpu::CompositeAlphaMode::Opaque,
                view_formats: Vec::new(),
            },
        );
        self.size = size;
    }
}
