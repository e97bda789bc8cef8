//! The portrait that is on show.

use std::sync::Arc;

use image::RgbaImage;

use super::driver::{Driver, NeutralFace};
use super::painter::Painter;
use crate::error::{Error, Result};
use crate::generator::RenderOptions;
use crate::motion::{Coefficients, FaceMotion, TargetGeometry};
use crate::pace::Pace;
use crate::portrait::Portrait;
use crate::transfer::{ExpressionDecoder, Reenactment, TransferOptions};

/// Everything that moves and draws portraits and stays when another portrait comes up.
#[derive(Debug)]
pub struct RenderContext {
    /// Draws, on the GPU or on the CPU.
    pub painter: Painter,
    /// Options of a render, such as the mark.
    pub options: RenderOptions,
    /// Moves faces by expression.
    pub decoder: Arc<ExpressionDecoder>,
    /// What is carried over from a driver.
    pub transfer: TransferOptions,
    /// Chooses the tier, so that frames keep up.
    pub pace: Pace,
    /// Pixels of the photo that an output pixel of the frame on show covers along each axis. The pace may ask for
    /// another scale by now.
    pub scale: f32,
}

/// The portrait that the painter draws, in motion.
#[derive(Debug)]
pub struct ActivePortrait {
    portrait: Portrait,
    /// The motion of this portrait over time.
    pub reenactment: Reenactment,
    neutral: NeutralFace,
    pub(super) target: TargetGeometry,
}

impl ActivePortrait {
    /// Puts a portrait up in place of `before`, and shows it at rest. If that fails, `before` is put up again.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    pub async fn new(
        context: &mut RenderContext,
        portrait: Portrait,
        driver: &Driver,
        before: Option<&Self>,
    ) -> Result<Self> {
        let neutral = before.map_or(NeutralFace::Usual, |active| active.neutral.clone());
        let reenactment = driver.reenact(&portrait, &context.decoder, context.transfer, &neutral)?;
        let target = TargetGeometry::of(&portrait.rest());
        let active = Self { portrait, reenactment, neutral, target };
        let Err(error) = active.put_up(context).await else { return Ok(active) };
        if let Some(before) = before {
            // Only the first failure is reported: a device that is lost refuses to put the old portrait up as well.
            before.put_up(context).await.ok();
        }
        Err(error)
    }

    /// Has the painter draw this portrait from now on, and shows it as it is.
    async fn put_up(&self, context: &mut RenderContext) -> Result<()> {
        context.painter.load(&self.portrait)?;
        let (width, height) = self.portrait.photo.dimensions();
        context.pace.portrait((width * height) as f32);
        self.draw(context).await
    }

    /// Begins to follow another driver.
    ///
    /// # Errors
    /// [`Error::Option`].
    pub fn follow(&mut self, context: &RenderContext, driver: &Driver) -> Result<()> {
        self.restart(context, driver, NeutralFace::Usual)
    }

    /// To be called when the driver's frames come the other way round from now on: its neutral face, as far as it is
    /// known, is mirrored too.
    ///
    /// # Errors
    /// [`Error::Option`].
    pub fn turn_round(&mut self, context: &RenderContext, driver: &Driver) -> Result<()> {
        self.restart(context, driver, self.neutral.mirrored())
    }

    fn restart(&mut self, context: &RenderContext, driver: &Driver, neutral: NeutralFace) -> Result<()> {
        self.reenactment = driver.reenact(&self.portrait, &context.decoder, context.transfer, &neutral)?;
        self.neutral = neutral;
        Ok(())
    }

    /// Takes the driver's next frame as its neutral face.
    pub fn set_neutral(&mut self) {
        self.reenactment.set_neutral();
        self.neutral = NeutralFace::Next;
    }

    /// Shows the portrait with exactly these coefficients and its head turned by yaw, pitch and roll, degrees.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    pub async fn pose(&mut self, context: &mut RenderContext, wanted: Coefficients, turn: [f64; 3]) -> Result<()> {
        self.target = self.reenactment.posed(wanted, turn);
        context.painter.forget();
        self.draw(context).await
    }

    /// Moves to the driver's motion at `clock` seconds (`None`: no face) and shows it.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    pub async fn drive(&mut self, context: &mut RenderContext, motion: Option<&FaceMotion>, clock: f64) -> Result<()> {
        let before = match self.neutral {
            NeutralFace::Usual => self.reenactment.neutral().cloned(),
            NeutralFace::Next | NeutralFace::Known(_) => None,
        };
        self.target = self.reenactment.drive(motion, clock)?;
        if let (Some(_), Some(neutral)) = (motion, self.reenactment.neutral()) {
            let settled = match self.neutral {
                // Each frame of the first second moves the mean; the first frame that leaves it alone comes after that.
                NeutralFace::Usual => before.as_ref() == Some(neutral),
                NeutralFace::Next => true,
                NeutralFace::Known(_) => false,
            };
            if settled {
                self.neutral = NeutralFace::Known(Box::new(neutral.clone()));
            }
        }
        self.draw(context).await
    }

    /// Goes back to the photo's own face.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    pub async fn rest(&mut self, context: &mut RenderContext) -> Result<()> {
        self.target = TargetGeometry::of(&self.portrait.rest());
        context.painter.forget();
        self.draw(context).await
    }

    /// Draws the present motion again, with the present options.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    pub async fn draw(&self, context: &mut RenderContext) -> Result<()> {
        self.render(context, context.pace.tier().scale)?;
        self.refine(context).await?;
        context.painter.show()?;
        context.painter.take_error().map_or(Ok(()), Err)
    }

    /// Draws the geometry's part of the frame; an output pixel covers `scale` pixels of the photo.
    pub(super) fn render(&self, context: &mut RenderContext, scale: f32) -> Result<()> {
        let options = match context.pace.tier().interval {
            0 => context.options,
            _ => context.options.to_refine(),
        };
        context.scale = scale;
        context.painter.render(&self.portrait, &self.target, options, scale)
    }

    /// Repairs the rendered frame, if the tier asks for it. If not, the refiner forgets the frames before.
    pub(super) async fn refine(&self, context: &mut RenderContext) -> Result<()> {
        match context.pace.tier().interval {
            0 => {
                context.painter.forget();
                Ok(())
            }
            interval => context.painter.refine(&self.portrait, &self.target, interval).await,
        }
    }

    /// The picture that is on show, in full size also where a smaller one is shown.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    pub async fn picture(&mut self, context: &mut RenderContext) -> Result<RgbaImage> {
        if context.scale == 1.0 {
            return context.painter.read().await;
        }
        context.painter.ready().await;
        self.render(context, 1.0)?;
        self.refine(context).await?;
        let picture = context.painter.read().await;
        self.draw(context).await?;
        picture
    }

    /// The portrait.
    pub fn portrait(&self) -> &Portrait {
        &self.portrait
    }
}

/// The portrait, or the error that says that there is no photo yet.
pub fn needed(active: &mut Option<ActivePortrait>) -> Result<&mut ActivePortrait> {
    active.as_mut().ok_or(Error::NotReady { needed: "A photo" })
}
