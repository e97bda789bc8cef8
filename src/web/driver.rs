//! What drives the portrait: frames with a face in them, or a motion that is known already.

use std::borrow::Cow;
use std::sync::Arc;

use nalgebra::{Vector2, Vector3};

use crate::encoder::Tracker;
use crate::error::Result;
use crate::geometry::Camera;
use crate::motion::{FaceMotion, MotionTrack, Origin};
use crate::portrait::Portrait;
use crate::transfer::{Calibration, ExpressionDecoder, LostFace, Reenactment, ReenactmentOptions, TransferOptions};

/// The driver.
#[derive(Debug)]
pub enum Driver {
    /// Nothing: the portrait rests.
    Rest,
    /// Pictures, in which the face is followed.
    Live(Tracker),
    /// A motion file or a built-in motion.
    Track(Box<Playback>),
}

impl Driver {
    /// Where its motion comes from; rest is nobody's.
    pub fn origin(&self) -> Origin {
        match self {
            Self::Rest => Origin::Authored,
            Self::Live(_) => Origin::Measured,
            Self::Track(playback) => playback.track.origin(),
        }
    }

    /// The frame of a motion that is on show is shown again, otherwise now: the next one may be long in coming.
    pub fn show_again(&mut self) {
        if let Self::Track(playback) = self {
            playback.shown = None;
        }
    }

    /// A reenactment of `portrait` by this driver, whose `neutral` face is come by as that says.
    ///
    /// # Errors
    /// [`Error::Option`](crate::Error::Option) for a face without 478 landmarks.
    pub fn reenact(
        &self,
        portrait: &Portrait,
        decoder: &Arc<ExpressionDecoder>,
        transfer: TransferOptions,
        neutral: &NeutralFace,
    ) -> Result<Reenactment> {
        let measured = self.origin() == Origin::Measured;
        let calibration = Calibration::FirstSecond;
        let options = ReenactmentOptions { measured, smooth: measured, lost: LostFace::EaseToRest, calibration };
        let mut reenactment = Reenactment::new(portrait, decoder.clone(), options)?;
        reenactment.set_transfer(transfer)?;
        match (neutral, self) {
            (NeutralFace::Known(face), _) => reenactment.with_neutral(FaceMotion::clone(face))?,
            (NeutralFace::Next, _) => reenactment.set_neutral(),
            (NeutralFace::Usual, Self::Track(playback)) => {
                reenactment.with_neutral(playback.track.neutral().clone())?
            }
            (NeutralFace::Usual, _) => {}
        }
        Ok(reenactment)
    }
}

/// How a driver's neutral face is come by. It is the driver's, whichever portrait it drives.
#[derive(Debug, Clone, PartialEq)]
pub enum NeutralFace {
    /// As is usual: a motion brings it, and that of a live driver is made of its first second, which is not over yet.
    Usual,
    /// The next frame with a face is it.
    Next,
    /// This is it.
    Known(Box<FaceMotion>),
}

impl NeutralFace {
    /// The same seen in a mirror. A first second that is not over begins anew: half of it would be the other way round.
    pub fn mirrored(&self) -> Self {
        match self {
            Self::Known(face) => Self::Known(Box::new(face.mirrored())),
            other => other.clone(),
        }
    }
}

/// Which way round a live driver's frames come.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facing {
    /// Whether the last frame came mirrored; `None` before the first.
    mirrored: Option<bool>,
    /// Whether frames come the other way round than when the recording of the motion began.
    turned: bool,
}

impl Facing {
    /// A frame comes, mirrored or not. Whether the one before came the other way round.
    pub fn turns(&mut self, mirrored: bool) -> bool {
        let turns = self.mirrored.replace(mirrored).is_some_and(|before| before != mirrored);
        self.turned ^= turns;
        turns
    }

    /// A recording of the motion begins.
    pub fn begin(&mut self) {
        self.turned = false;
    }

    /// The motion the way round that its recording began with: a file has one neutral face.
    pub fn recorded(self, motion: &FaceMotion) -> Cow<'_, FaceMotion> {
        if self.turned { Cow::Owned(motion.mirrored()) } else { Cow::Borrowed(motion) }
    }
}

/// A motion with the frame that is on show.
#[derive(Debug)]
pub struct Playback {
    /// The motion.
    pub track: MotionTrack,
    /// The frame that was shown last.
    pub shown: Option<usize>,
    camera: Camera,
    /// Centre and height of the neutral face in the camera's picture.
    centre: Vector2<f64>,
    height: f64,
}

/// Share of the picture's height that a drawn motion's neutral face takes.
const FACE_SHARE: f64 = 0.72;

impl Playback {
    /// From the start.
    pub fn new(track: MotionTrack) -> Self {
        let camera = Camera::new(1, 1);
        let places: Vec<_> = posed(track.neutral()).map(|point| camera.project(&point)).collect();
        let bound = |pick: fn(f64, f64) -> f64| places.iter().copied().reduce(|a, b| a.zip_map(&b, pick));
        let low = bound(f64::min).unwrap_or_default();
        let high = bound(f64::max).unwrap_or_default();
        Self { track, shown: None, camera, centre: (low + high) / 2.0, height: (high.y - low.y).max(1e-6) }
    }

    /// Index of the frame at `position` seconds, kept within the motion.
    pub fn frame_at(&self, position: f64) -> usize {
        // A frame's own time may come a rounding error early.
        let frame = (position * self.track.rate() + 1e-6).floor().max(0.0) as usize;
        frame.min(self.track.len().saturating_sub(1))
    }

    /// Where a drawing of the motion has its landmarks: x, y in a unit square in which the
    /// neutral face stands in the middle.
    pub fn drawn(&self, motion: &FaceMotion) -> Vec<f32> {
        posed(motion)
            .flat_map(|point| {
                let place = (self.camera.project(&point) - self.centre) * (FACE_SHARE / self.height);
                [(place.x + 0.5) as f32, (place.y + 0.5) as f32]
            })
            .collect()
    }
}

fn posed(motion: &FaceMotion) -> impl Iterator<Item = Vector3<f64>> {
    motion.shape.iter().map(|point| motion.pose.apply(point))
}
