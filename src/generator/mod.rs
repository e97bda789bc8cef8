//! Generator: puts a target geometry on a portrait, on the GPU, or with [`SoftwareScene`] on the CPU.
//!
//! One render pass draws the mesh with four samples a pixel. A fragment knows how far its
//! surface moved; it takes the photo's colour from where the surface was, over the background
//! plate, and redraws eyeballs and the inside of the mouth. What did not move is the photo's own pixel.

mod affine;
mod eyes;
mod frame;
mod mark;
mod mouth;
mod pipelines;
mod present;
mod scene;
mod software;
mod teeth;
mod upload;
mod vertices;

pub use scene::Scene;
pub use software::SoftwareScene;
pub(crate) use teeth::{bared_teeth, reused, smile};

use crate::error::Result;
use crate::gpu::Gpu;
use crate::motion::TargetGeometry;
use crate::portrait::Portrait;
use pipelines::Pipelines;
use present::Presenter;

/// Pipelines that every portrait shares.
#[derive(Debug)]
pub struct Generator {
    gpu: Gpu,
    pipelines: Pipelines,
    presenter: Presenter,
}

/// What is drawn besides the face.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RenderOptions {
    /// Draw the "AI-animated" mark.
    pub mark: bool,
    /// The refiner goes over the frame afterwards: the painted teeth of a smile end where the teeth end that the
    /// refiner paints over them.
    pub refined: bool,
}

impl RenderOptions {
    /// Without the mark, for a frame that is not refined.
    pub const UNMARKED: Self = Self { mark: false, refined: false };

    /// These options for a frame that is refined afterwards.
    #[must_use]
    pub const fn to_refine(self) -> Self {
        Self { refined: true, ..self }
    }
}

impl Default for RenderOptions {
    fn default() -> Self {
        Self { mark: true, refined: false }
    }
}

/// The size of an output each of whose pixels covers `scale` pixels of a picture of size `size` along each axis.
fn reduced(size: [u32; 2], scale: f32) -> [u32; 2] {
    size.map(|side| ((side as f32 / scale).round() as u32).max(1))
}

impl Generator {
    /// Compiles the pipelines.
    ///
    /// # Errors
    /// [`Error::Gpu`](crate::Error::Gpu) when the device reported an error before or meanwhile;
    /// a browser reports a refused shader only later, through [`Gpu::take_error`].
    pub fn new(gpu: &Gpu) -> Result<Self> {
        let pipelines = Pipelines::new(&gpu.device);
        let presenter = Presenter::new(&gpu.device);
        gpu.take_error().map_or(Ok(()), Err)?;
        Ok(Self { gpu: gpu.clone(), pipelines, presenter })
    }

    /// Uploads a portrait. The output has the portrait photo's size, until it is [rescaled](Self::rescale).
    ///
    /// # Errors
    /// [`Error::Gpu`](crate::Error::Gpu) when the photo is larger than the device's textures, or
    /// matte and plate do not have its size.
    pub fn load(&self, portrait: &Portrait) -> Result<Scene> {
        Scene::load(&self.gpu, &self.pipelines, &self.presenter, portrait)
    }

    /// Draws the scene smaller from the next frame on, or in full again: an output pixel covers `scale` pixels of the
    /// photo along each axis, at least 1. So a machine that draws slowly has fewer pixels to draw.
    pub fn rescale(&self, scene: &mut Scene, scale: f32) {
        scene.rescale(&self.gpu, &self.pipelines, &self.presenter, scale);
    }

    /// Renders one frame into the scene's output texture (one submit).
    pub fn render(&self, scene: &mut Scene, portrait: &Portrait, target: &TargetGeometry, options: RenderOptions) {
        let placed = portrait.place(target);
        let frame = frame::frame(portrait, target, &placed, options, scene.mark_corner(), scene.scale());
        scene.draw(&self.gpu, &self.pipelines, &placed, &frame, options);
    }

    /// Shows the last rendered frame on a surface view of any size; `format` is the view's.
    pub fn present(&self, scene: &Scene, view: &wgpu::TextureView, format: wgpu::TextureFormat) {
        self.presenter.draw(&self.gpu, scene.presented(), view, format);
    }
}
