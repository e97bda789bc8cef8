//! Frames that the CPU draws.

use image::RgbaImage;
use web_sys::OffscreenCanvas;

use super::canvas2d::Canvas2d;
use super::needed;
use crate::error::Result;
use crate::generator::{RenderOptions, SoftwareScene};
use crate::models::Models;
use crate::motion::TargetGeometry;
use crate::portrait::Portrait;
use crate::refiner::{SoftwareRefiner, SoftwareRetouch};

/// The canvas and the portrait on show.
#[derive(Debug)]
pub struct CpuPainter {
    canvas: Option<Canvas2d>,
    refiner: Option<SoftwareRefiner>,
    scene: Option<SoftwareScene>,
    retouch: Option<SoftwareRetouch>,
}

impl CpuPainter {
    pub fn new(canvas: Option<OffscreenCanvas>) -> Result<Self> {
        Ok(Self { canvas: canvas.map(Canvas2d::new).transpose()?, refiner: None, scene: None, retouch: None })
    }

    pub fn load(&mut self, portrait: &Portrait) -> Result<()> {
        self.scene = Some(SoftwareScene::new(portrait)?);
        self.retouch = None;
        Ok(())
    }

    pub fn load_refiner(&mut self, models: &Models) -> Result<()> {
        self.refiner = Some(SoftwareRefiner::new(models)?);
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
        scene.rescale(scale);
        scene.render(portrait, target, options);
        Ok(())
    }

    pub fn refine(&mut self, portrait: &Portrait, target: &TargetGeometry, interval: usize) -> Result<()> {
        let Some(refiner) = &self.refiner else { return Ok(()) };
        let retouch = match self.retouch.take() {
            Some(retouch) => retouch,
            None => refiner.prepare(portrait)?,
        };
        let retouch = self.retouch.insert(retouch);
        retouch.set_interval(interval);
        refiner.refine(retouch, portrait, target, needed(self.scene.as_mut())?)?;
        Ok(())
    }

    pub fn forget(&mut self) {
        self.retouch.iter_mut().for_each(SoftwareRetouch::forget);
    }

    pub fn show(&mut self) -> Result<()> {
        match &mut self.canvas {
            Some(canvas) => canvas.show(needed(self.scene.as_ref())?.output()),
            None => Ok(()),
        }
    }

    pub fn read(&self) -> Result<RgbaImage> {
        Ok(needed(self.scene.as_ref())?.output().clone())
    }
}
