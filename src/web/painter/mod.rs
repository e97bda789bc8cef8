//! Draws the frames and shows them: on a GPU, or on the CPU where there is no GPU or only one in software.

mod canvas2d;
mod cpu;
mod gpu;
mod screen;

use image::RgbaImage;
use web_sys::OffscreenCanvas;

use crate::error::{Error, Result};
use crate::generator::RenderOptions;
use crate::gpu::Gpu;
use crate::models::Models;
use crate::motion::TargetGeometry;
use crate::portrait::Portrait;
use cpu::CpuPainter;
use gpu::GpuPainter;

/// Draws one portrait at a time.
#[derive(Debug)]
pub enum Painter {
    Gpu(Box<GpuPainter>),
    Cpu(Box<CpuPainter>),
}

impl Painter {
    /// Takes the canvas over and gets ready; without a canvas, frames can only be read. Without a GPU the CPU draws.
    ///
    /// # Errors
    /// [`Error::Gpu`], [`Error::Canvas`].
    pub fn new(gpu: Option<Gpu>, canvas: Option<OffscreenCanvas>) -> Result<Self> {
        Ok(match gpu {
            Some(gpu) => Self::Gpu(Box::new(GpuPainter::new(gpu, canvas)?)),
            None => Self::Cpu(Box::new(CpuPainter::new(canvas)?)),
        })
    }

    /// Whether the CPU does the drawing, by itself or as a GPU in software, so that every pixel costs time.
    pub fn is_software(&self) -> bool {
        match self {
            Self::Gpu(painter) => painter.gpu().is_software(),
            Self::Cpu(_) => true,
        }
    }

    /// Name of the GPU or CPU that draws, for a person to read.
    pub fn describe(&self) -> String {
        match self {
            Self::Gpu(painter) => painter.gpu().describe(),
            Self::Cpu(_) => "drawn by the CPU (software)".into(),
        }
    }

    /// Waits until the frame before is drawn: frames that come in faster than a slow GPU
    /// draws them would pile up in its queue, and everything else in the browser behind them.
    pub async fn ready(&mut self) {
        if let Self::Gpu(painter) = self {
            painter.ready().await;
        }
    }

    /// Puts a portrait up in place of the one before, which stays if this fails.
    ///
    /// # Errors
    /// [`Error::Gpu`], [`Error::Option`].
    pub fn load(&mut self, portrait: &Portrait) -> Result<()> {
        match self {
            Self::Gpu(painter) => painter.load(portrait),
            Self::Cpu(painter) => painter.load(portrait),
        }
    }

    /// Takes the refiner's weights in; its nets run on the GPU or on the CPU where a GPU draws.
    ///
    /// # Errors
    /// [`Error::ModelMissing`], [`Error::ModelCorrupt`], [`Error::Gpu`].
    pub fn load_refiner(&mut self, models: &Models, on_gpu: bool) -> Result<()> {
        match self {
            Self::Gpu(painter) => painter.load_refiner(models, on_gpu),
            Self::Cpu(painter) => painter.load_refiner(models),
        }
    }

    /// Draws the geometry's part of the frame, or gives it to the queue; an output pixel covers `scale` pixels of the photo.
    ///
    /// # Errors
    /// [`Error::NotReady`] without a portrait.
    pub fn render(
        &mut self,
        portrait: &Portrait,
        target: &TargetGeometry,
        options: RenderOptions,
        scale: f32,
    ) -> Result<()> {
        match self {
            Self::Gpu(painter) => painter.render(portrait, target, options, scale),
            Self::Cpu(painter) => painter.render(portrait, target, options, scale),
        }
    }

    /// Repairs the rendered frame, if the refiner's weights are there; its nets look at one of `interval` frames.
    ///
    /// # Errors
    /// [`Error::NotReady`] without a portrait, [`Error::Gpu`], [`Error::Option`].
    pub async fn refine(&mut self, portrait: &Portrait, target: &TargetGeometry, interval: usize) -> Result<()> {
        match self {
            Self::Gpu(painter) => painter.refine(portrait, target, interval).await,
            Self::Cpu(painter) => painter.refine(portrait, target, interval),
        }
    }

    /// Lets the refiner forget the frames so far, because the next one does not continue their motion.
    pub fn forget(&mut self) {
        match self {
            Self::Gpu(painter) => painter.forget(),
            Self::Cpu(painter) => painter.forget(),
        }
    }

    /// Puts the frame on the canvas, which takes the frame's size.
    ///
    /// # Errors
    /// [`Error::NotReady`] without a portrait, [`Error::Gpu`], [`Error::Canvas`].
    pub fn show(&mut self) -> Result<()> {
        match self {
            Self::Gpu(painter) => painter.show(),
            Self::Cpu(painter) => painter.show(),
        }
    }

    /// Waits until everything that was given to the painter is drawn, so that times can be measured.
    #[cfg(feature = "bench")]
    pub async fn finish(&self) {
        if let Self::Gpu(painter) = self {
            painter.gpu().done().wait().await;
        }
    }

    /// The frame.
    ///
    /// # Errors
    /// [`Error::NotReady`] without a portrait, [`Error::Gpu`].
    pub async fn read(&self) -> Result<RgbaImage> {
        match self {
            Self::Gpu(painter) => painter.read().await,
            Self::Cpu(painter) => painter.read(),
        }
    }

    /// What went wrong on a GPU since the last call.
    pub fn take_error(&self) -> Option<Error> {
        match self {
            Self::Gpu(painter) => painter.gpu().take_error(),
            Self::Cpu(_) => None,
        }
    }
}

/// The scene, or the error that says that there is no portrait yet.
fn needed<T>(scene: Option<T>) -> Result<T> {
    scene.ok_or(Error::NotReady { needed: "A photo" })
}
