//! The portrait that is on show.

use std::sync::Arc;

use image::RgbaImage;

use super::driver::{Driver, NeutralFace};
use super::painter::Painter;
use crate::error::{Error, Result};
use crate::generator::RenderOptions;
use crate::motion::{Coefficients, FaceMotion};
use crate::pace::Pace;
use crate::portrait::Portrait;
use crate::transfer::{ExpressionDecoder, Reenactment, TargetGeometry, TransferOptions};

/// Everything that moves and draws a portrait, whichever it is.
#[derive(Debug)]
pub struct Easel {
    /// Draws, on the GPU or on the CPU.
    pub painter: Painter,
    /// What is drawn besides the face.
    pub options: RenderOptions,
    /// Moves faces by expression.
    pub decoder: Arc<ExpressionDecoder>,
    /// What is carried over from a driver.
    pub transfer: TransferOptions,
    /// What is drawn, so that frames keep up.
    pub pace: Pace,
    /// Pixels of the photo that an output pixel of the frame on show covers along each axis; the pace may want another by now.
    pub scale: f32,
}

/// The portrait that the painter draws, in motion.
#[derive(Debug)]
pub struct Stage {
    portrait: Portrait,
    /// The motion of this portrait over time.
    pub reenactment: Reenactment,
    neutral: NeutralFace,
    pub(super) target: TargetGeometry,
}

impl Stage {
    /// Puts a portrait up in place of the one `before`, and shows it at rest. Where that fails, the one before is up again.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    pub async fn new(easel: &mut Easel, portrait: Portrait, driver: &Driver, before: Option<&Self>) -> Result<Self> {
        let neutral = before.map_or(NeutralFace::Usual, |stage| stage.neutral.clone());
        let reenactment = driver.reenact(&portrait, &easel.decoder, easel.transfer, &neutral)?;
        let target = TargetGeometry::of(&portrait.rest());
        let stage = Self { portrait, reenactment, neutral, target };
        let Err(error) = stage.put_up(easel).await else { return Ok(stage) };
        if let Some(before) = before {
            // The first failure is what counts: a device that is lost refuses this as well.
            before.put_up(easel).await.ok();
        }
        Err(error)
    }

    /// Has the painter draw this portrait from now on, and shows it as it is.
    async fn put_up(&self, easel: &mut Easel) -> Result<()> {
        easel.painter.load(&self.portrait)?;
        let (width, height) = self.portrait.photo.dimensions();
        easel.pace.portrait((width * height) as f32);
        self.draw(easel).await
    }

    /// Starts afresh with another driver.
    ///
    /// # Errors
    /// [`Error::Option`].
    pub fn follow(&mut self, easel: &Easel, driver: &Driver) -> Result<()> {
        self.restart(easel, driver, NeutralFace::Usual)
    }

    /// The driver's frames come the other way round from now on, and what is known of its face with them.
    ///
    /// # Errors
    /// [`Error::Option`].
    pub fn turn_round(&mut self, easel: &Easel, driver: &Driver) -> Result<()> {
        self.restart(easel, driver, self.neutral.mirrored())
    }

    fn restart(&mut self, easel: &Easel, driver: &Driver, neutral: NeutralFace) -> Result<()> {
        self.reenactment = driver.reenact(&self.portrait, &easel.decoder, easel.transfer, &neutral)?;
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
    pub async fn pose(&mut self, easel: &mut Easel, wanted: Coefficients, turn: [f64; 3]) -> Result<()> {
        self.target = self.reenactment.posed(wanted, turn);
        easel.painter.forget();
        self.draw(easel).await
    }

    /// Moves to the driver's motion at `clock` seconds (`None`: no face) and shows it.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    pub async fn drive(&mut self, easel: &mut Easel, motion: Option<&FaceMotion>, clock: f64) -> Result<()> {
        let before = match self.neutral {
            NeutralFace::Usual => self.reenactment.neutral().cloned(),
            NeutralFace::Next | NeutralFace::Known(_) => None,
        };
        self.target = self.reenactment.drive(motion, clock)?;
        if let (Some(_), Some(neutral)) = (motion, self.reenactment.neutral()) {
            let settled = match self.neutral {
                // Each frame of the first second moves the mean, the first frame after it does not.
                NeutralFace::Usual => before.as_ref() == Some(neutral),
                NeutralFace::Next => true,
                NeutralFace::Known(_) => false,
            };
            if settled {
                self.neutral = NeutralFace::Known(Box::new(neutral.clone()));
            }
        }
        self.draw(easel).await
    }

    /// Goes back to the photo's own face.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    pub async fn rest(&mut self, easel: &mut Easel) -> Result<()> {
        self.target = TargetGeometry::of(&self.portrait.rest());
        easel.painter.forget();
        self.draw(easel).await
    }

    /// Draws the present motion again, with the present options.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    pub async fn draw(&self, easel: &mut Easel) -> Result<()> {
        self.render(easel, easel.pace.tier().scale)?;
        self.refine(easel).await?;
        easel.painter.show()?;
        easel.painter.take_error().map_or(Ok(()), Err)
    }

    /// Draws the geometry's part of the frame; an output pixel covers `scale` pixels of the photo.
    pub(super) fn render(&self, easel: &mut Easel, scale: f32) -> Result<()> {
        let options = match easel.pace.tier().interval {
            0 => easel.options,
            _ => easel.options.to_refine(),
        };
        easel.scale = scale;
        easel.painter.render(&self.portrait, &self.target, options, scale)
    }

    /// Repairs the rendered frame, if it is asked for. Where it is not, the next repair begins afresh.
    pub(super) async fn refine(&self, easel: &mut Easel) -> Result<()> {
        match easel.pace.tier().interval {
            0 => {
                easel.painter.forget();
                Ok(())
            }
            interval => easel.painter.refine(&self.portrait, &self.target, interval).await,
        }
    }

    /// The picture that is on show, in full size also where a smaller one is shown.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    pub async fn picture(&mut self, easel: &mut Easel) -> Result<RgbaImage> {
        if easel.scale == 1.0 {
            return easel.painter.read().await;
        }
        easel.painter.ready().await;
        self.render(easel, 1.0)?;
        self.refine(easel).await?;
        let picture = easel.painter.read().await;
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
