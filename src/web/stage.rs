//! The portrait that is on show.

use std::sync::Arc;

use image::RgbaImage;

use super::driver::Driver;
use super::pace::Pace;
use super::screen::Screen;
use crate::error::{Error, Result};
use crate::generator::{Generator, RenderOptions, Scene};
use crate::gpu::Gpu;
use crate::gpu::answer::Answer;
use crate::motion::{Coefficients, FaceMotion};
use crate::portrait::Portrait;
use crate::refiner::{Refiner, Retouch};
use crate::transfer::{ExpressionDecoder, Reenactment, TargetGeometry, TransferOptions};

/// Everything that draws: the device, the pipelines and the canvas.
#[derive(Debug)]
pub struct Easel {
    /// The device.
    pub gpu: Gpu,
    /// The pipelines.
    pub generator: Generator,
    /// The canvas; without one, frames can only be saved.
    pub screen: Option<Screen>,
    /// When the frame before is done, if one is under way.
    pub under_way: Option<Answer<()>>,
    /// What is drawn besides the face.
    pub options: RenderOptions,
    /// Moves faces by expression.
    pub decoder: Arc<ExpressionDecoder>,
    /// What is carried over from a driver.
    pub transfer: TransferOptions,
    /// Repairs what geometry cannot know, once its weights are there.
    pub refiner: Option<Refiner>,
    /// What is drawn, so that frames keep up.
    pub pace: Pace,
}

impl Easel {
    /// Waits until the GPU has drawn the frame before: frames that come in faster than a slow GPU
    /// draws them would pile up in its queue, and everything else in the browser behind them.
    pub async fn ready(&mut self) {
        if let Some(drawn) = self.under_way.take() {
            drawn.wait().await;
        }
    }
}

/// One portrait, on the GPU and in motion.
#[derive(Debug)]
pub struct Stage {
    portrait: Portrait,
    scene: Scene,
    retouch: Option<Retouch>,
    /// The motion of this portrait over time.
    pub reenactment: Reenactment,
    pub(super) target: TargetGeometry,
}

impl Stage {
    /// Puts a portrait up in place of the one `before`, and shows it at rest.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    pub async fn new(easel: &mut Easel, portrait: Portrait, driver: &Driver, before: Option<&Self>) -> Result<Self> {
        let scene = easel.generator.load(&portrait)?;
        let (width, height) = portrait.photo.dimensions();
        easel.pace.portrait((width * height) as f32);
        let reenactment = driver.reenact(&portrait, &easel.decoder, easel.transfer, before.map(|s| &s.reenactment))?;
        let target = TargetGeometry::of(&portrait.rest());
        let mut stage = Self { portrait, scene, retouch: None, reenactment, target };
        stage.draw(easel).await?;
        Ok(stage)
    }

    /// Starts afresh with another driver.
    ///
    /// # Errors
    /// [`Error::Option`].
    pub fn follow(&mut self, easel: &Easel, driver: &Driver) -> Result<()> {
        self.reenactment = driver.reenact(&self.portrait, &easel.decoder, easel.transfer, None)?;
        Ok(())
    }

    /// Shows the portrait with exactly these coefficients and its head turned by yaw, pitch and roll, degrees.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    pub async fn pose(&mut self, easel: &mut Easel, wanted: Coefficients, turn: [f64; 3]) -> Result<()> {
        self.target = self.reenactment.posed(wanted, turn)?;
        self.draw(easel).await
    }

    /// Moves to the driver's motion at `clock` seconds (`None`: no face) and shows it.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    pub async fn drive(&mut self, easel: &mut Easel, motion: Option<&FaceMotion>, clock: f64) -> Result<()> {
        self.target = self.reenactment.drive(motion, clock)?;
        self.draw(easel).await
    }

    /// Goes back to the photo's own face.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    pub async fn rest(&mut self, easel: &mut Easel) -> Result<()> {
        self.target = TargetGeometry::of(&self.portrait.rest());
        self.draw(easel).await
    }

    /// Draws the present motion again, with the present options.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    pub async fn draw(&mut self, easel: &mut Easel) -> Result<()> {
        self.render(easel, easel.pace.tier().scale);
        self.refine(easel).await?;
        self.show(easel)?;
        easel.under_way = Some(easel.gpu.done());
        easel.gpu.take_error().map_or(Ok(()), Err)
    }

    /// Gives the geometry's part of the frame to the queue; an output pixel covers `scale` pixels of the photo.
    pub(super) fn render(&mut self, easel: &Easel, scale: f32) {
        let before = self.scene.scale();
        easel.generator.rescale(&mut self.scene, scale);
        if self.scene.scale() != before {
            // It worked on the output of the other size.
            self.retouch = None;
        }
        easel.generator.render(&mut self.scene, &self.portrait, &self.target, easel.options);
    }

    /// Repairs the rendered frame, if it is asked for.
    pub(super) async fn refine(&mut self, easel: &Easel) -> Result<()> {
        let (Some(refiner), true) = (&easel.refiner, easel.pace.tier().refined) else { return Ok(()) };
        let retouch = match self.retouch.take() {
            Some(retouch) => retouch,
            None => refiner.prepare(&self.portrait, &self.scene)?,
        };
        refiner.refine(self.retouch.insert(retouch), &self.portrait, &self.target).await?;
        Ok(())
    }

    /// Puts the frame on the canvas.
    pub(super) fn show(&self, easel: &mut Easel) -> Result<()> {
        match &mut easel.screen {
            Some(screen) => screen.show(&easel.gpu, &easel.generator, &self.scene),
            None => Ok(()),
        }
    }

    /// The picture that is on show, in full size also where a smaller one is shown.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    pub async fn picture(&mut self, easel: &mut Easel) -> Result<RgbaImage> {
        let shown = easel.pace.tier().scale;
        if shown == 1.0 {
            return easel.gpu.read(self.scene.output()).await;
        }
        easel.ready().await;
        self.render(easel, 1.0);
        self.refine(easel).await?;
        let picture = easel.gpu.read(self.scene.output()).await;
        self.draw(easel).await?;
        picture
    }

    /// The portrait.
    pub fn portrait(&self) -> &Portrait {
        &self.portrait
    }
}

/// The stage, or the error that says that there is no photo yet.
pub fn needed(stage: &mut Option<Stage>) -> Result<&mut Stage> {
    stage.as_mut().ok_or(Error::NotReady { needed: "A photo" })
}
