//! Frames that a GPU draws.

use image::RgbaImage;
use web_sys::OffscreenCanvas;

use super::needed;
use super::screen::Screen;
use crate::error::Result;
use crate::generator::{Generator, RenderOptions, Scene};
use crate::governor::SLOW;
use crate::gpu::Gpu;
use crate::gpu::answer::Answer;
use crate::models::Models;
use crate::motion::TargetGeometry;
use crate::portrait::Portrait;
use crate::refiner::{Refiner, Retouch};
use crate::web::clock::{Stopwatch, pause};

/// A GPU counts as slow if a frame is waited for longer than this, milliseconds: even the cheapest tier does not keep
/// up on it.
const LONG: f64 = 1.5 * SLOW;
/// On a slow GPU, share of the wait for a frame for which the GPU is then left to the rest of the browser, which needs
/// it to answer a click.
const REST: f64 = 0.25;

/// The device, its pipelines, the canvas and the portrait on show.
#[derive(Debug)]
pub struct GpuPainter {
    gpu: Gpu,
    generator: Generator,
    screen: Option<Screen>,
    refiner: Option<Refiner>,
    scene: Option<Scene>,
    retouch: Option<Retouch>,
    /// Resolves when the frame before is drawn; `None` if no frame is under way.
    under_way: Option<Answer<()>>,
}

impl GpuPainter {
    pub fn new(gpu: Gpu, canvas: Option<OffscreenCanvas>) -> Result<Self> {
        let generator = Generator::new(&gpu)?;
        let screen = canvas.map(|canvas| Screen::new(&gpu, canvas)).transpose()?;
        Ok(Self { gpu, generator, screen, refiner: None, scene: None, retouch: None, under_way: None })
    }

    pub fn gpu(&self) -> &Gpu {
        &self.gpu
    }

    /// Waits until the frame before is drawn, and a while longer on a slow GPU, whose queue would never be empty if one
    /// frame followed the other at once.
    pub async fn ready(&mut self) {
        let Some(drawn) = self.under_way.take() else { return };
        let mut watch = Stopwatch::start();
        drawn.wait().await;
        let waited = watch.lap();
        if waited > LONG {
            pause(REST * waited).await;
        }
    }

    pub fn load(&mut self, portrait: &Portrait) -> Result<()> {
        self.scene = Some(self.generator.load(portrait)?);
        self.retouch = None;
        Ok(())
    }

    pub fn load_refiner(&mut self, models: &Models, on_gpu: bool) -> Result<()> {
        self.refiner = Some(Refiner::new(&self.gpu, models, on_gpu)?);
        self.retouch = None;
        Ok(())
    }

    pub fn render(
        &mut self,
        portrait: &Portrait,
        target: &TargetGeometry,
        options: RenderOptions,
        scale: f32,
    ) -> Result<()> {
        let scene = needed(self.scene.as_mut())?;
        let before = scene.scale();
        self.generator.rescale(scene, scale);
        if scene.scale() != before {
            // The retouch was made for an output of the other size.
            self.retouch = None;
        }
        self.generator.render(scene, portrait, target, options);
        Ok(())
    }

    pub async fn refine(&mut self, portrait: &Portrait, target: &TargetGeometry, interval: usize) -> Result<()> {
        let Some(refiner) = &self.refiner else { return Ok(()) };
        let retouch = match self.retouch.take() {
            Some(retouch) => retouch,
            None => refiner.prepare(portrait, needed(self.scene.as_ref())?)?,
        };
        let retouch = self.retouch.insert(retouch);
        retouch.set_interval(interval);
        refiner.refine(retouch, portrait, target).await?;
        Ok(())
    }

    pub fn forget(&mut self) {
        self.retouch.iter_mut().for_each(Retouch::forget);
    }

    pub fn show(&mut self) -> Result<()> {
        if let Some(screen) = &mut self.screen {
            screen.show(&self.gpu, &self.generator, needed(self.scene.as_ref())?)?;
        }
        self.under_way = Some(self.gpu.done());
        Ok(())
    }

    pub async fn read(&self) -> Result<RgbaImage> {
        self.gpu.read(needed(self.scene.as_ref())?.output()).await
    }
}
