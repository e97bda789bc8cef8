//! Draws the frames: on a GPU, or on the CPU where there is no GPU or only one in software.

use std::borrow::Cow;

use image::RgbaImage;
use ritratto::generator::{Generator, RenderOptions, Scene, SoftwareScene};
use ritratto::gpu::Gpu;
use ritratto::models::Models;
use ritratto::motion::TargetGeometry;
use ritratto::portrait::Portrait;
use ritratto::refiner::{Refiner, Retouch, SoftwareRefiner, SoftwareRetouch};
use ritratto::{Error, Result};

use super::Place;

/// Draws the frames of one portrait.
pub enum Painter {
    Gpu(Box<OnGpu>),
    Cpu(Box<OnCpu>),
}

pub struct OnGpu {
    gpu: Gpu,
    generator: Generator,
    scene: Scene,
    refiner: Option<(Refiner, Retouch)>,
}

pub struct OnCpu {
    scene: SoftwareScene,
    refiner: Option<(SoftwareRefiner, SoftwareRetouch)>,
}

impl Painter {
    /// Gets ready to draw a portrait at this place. `open` is the GPU, if it has been opened already. With `models`,
    /// frames are refined.
    pub async fn new(place: Place, open: Option<Gpu>, portrait: &Portrait, models: Option<&Models>) -> Result<Self> {
        let gpu = match (place, open) {
            (Place::Cpu, _) => None,
            (_, Some(gpu)) => Some(gpu),
            (_, None) => match Gpu::open().await {
                Err(Error::NoGpu { .. }) if place == Place::Auto => None,
                gpu => Some(gpu?),
            },
        };
        // A GPU in software draws many times slower than our own drawing on the CPU.
        match gpu.filter(|gpu| place == Place::Gpu || !gpu.is_software()) {
            Some(gpu) => Ok(Self::Gpu(Box::new(OnGpu::new(gpu, portrait, models)?))),
            None => Ok(Self::Cpu(Box::new(OnCpu::new(portrait, models)?))),
        }
    }

    /// The frame that shows this geometry.
    pub async fn draw(
        &mut self,
        portrait: &Portrait,
        geometry: &TargetGeometry,
        options: RenderOptions,
    ) -> Result<Cow<'_, RgbaImage>> {
        match self {
            Self::Gpu(painter) => Ok(Cow::Owned(painter.draw(portrait, geometry, options).await?)),
            Self::Cpu(painter) => Ok(Cow::Borrowed(painter.draw(portrait, geometry, options)?)),
        }
    }
}

impl OnGpu {
    fn new(gpu: Gpu, portrait: &Portrait, models: Option<&Models>) -> Result<Self> {
        let generator = Generator::new(&gpu)?;
        let scene = generator.load(portrait)?;
        let refiner = models.map(|models| -> Result<_> {
            let refiner = Refiner::new(&gpu, models, !gpu.is_software())?;
            let retouch = refiner.prepare(portrait, &scene)?;
            Ok((refiner, retouch))
        });
        let refiner = refiner.transpose()?;
        Ok(Self { gpu, generator, scene, refiner })
    }

    async fn draw(
        &mut self,
        portrait: &Portrait,
        target: &TargetGeometry,
        options: RenderOptions,
    ) -> Result<RgbaImage> {
        let options = if self.refiner.is_some() { options.to_refine() } else { options };
        self.generator.render(&mut self.scene, portrait, target, options);
        if let Some((refiner, retouch)) = &mut self.refiner {
            refiner.refine(retouch, portrait, target).await?;
        }
        self.gpu.read(self.scene.output()).await
    }
}

impl OnCpu {
    fn new(portrait: &Portrait, models: Option<&Models>) -> Result<Self> {
        let refiner = models.map(|models| -> Result<_> {
            let refiner = SoftwareRefiner::new(models)?;
            let retouch = refiner.prepare(portrait)?;
            Ok((refiner, retouch))
        });
        Ok(Self { scene: SoftwareScene::new(portrait)?, refiner: refiner.transpose()? })
    }

    fn draw(&mut self, portrait: &Portrait, target: &TargetGeometry, options: RenderOptions) -> Result<&RgbaImage> {
        let options = if self.refiner.is_some() { options.to_refine() } else { options };
        self.scene.render(portrait, target, options);
        if let Some((refiner, retouch)) = &mut self.refiner {
            refiner.refine(retouch, portrait, target, &mut self.scene)?;
        }
        Ok(self.scene.output())
    }
}
