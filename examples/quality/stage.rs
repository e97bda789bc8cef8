//! A photo that is rendered again and again, and what the encoder sees in it.

use anyhow::Result;
use image::RgbaImage;
use ritratto::encoder::Observation;
use ritratto::generator::{RenderOptions, Scene};
use ritratto::motion::TargetGeometry;
use ritratto::portrait::Portrait;
use ritratto::refiner::Retouch;

use super::Bench;
use super::cross::moved;

/// One photo on the renderer, with the refiner if the run has one.
pub struct Stage<'a> {
    bench: &'a Bench,
    scene: Scene,
    retouch: Option<Retouch>,
}

impl<'a> Stage<'a> {
    pub fn new(bench: &'a Bench, photo: &Portrait) -> Result<Self> {
        let scene = bench.generator.load(photo)?;
        let retouch = bench.refiner.as_ref().map(|refiner| refiner.prepare(photo, &scene)).transpose()?;
        Ok(Self { bench, scene, retouch })
    }

    /// The picture of a target.
    pub async fn render(&mut self, photo: &Portrait, target: &TargetGeometry) -> Result<RgbaImage> {
        let plain = RenderOptions::UNMARKED;
        let options = if self.retouch.is_some() { plain.to_refine() } else { plain };
        self.bench.generator.render(&mut self.scene, photo, target, options);
        if let (Some(refiner), Some(retouch)) = (&self.bench.refiner, &mut self.retouch) {
            refiner.refine(retouch, photo, target).await?;
        }
        Ok(self.bench.gpu.read(self.scene.output()).await?)
    }

    /// What the encoder sees in the picture of a target, if it sees a face.
    pub async fn seen(&mut self, photo: &Portrait, target: &TargetGeometry) -> Result<Option<Observation>> {
        let output = self.render(photo, target).await?;
        self.bench.observe(&output, &moved(photo, target)).await
    }
}
