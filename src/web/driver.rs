//! What drives the portrait: frames with a face in them, or a motion that is known already.

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

    /// A reenactment of `portrait` by this driver. A live driver's neutral face is kept
    /// from `before`, the reenactment of the portrait that was there until now.
    ///
    /// # Errors
    /// [`Error::Option`](crate::Error::Option) for a face without 478 landmarks.
    pub fn reenact(
        &self,
        portrait: &Portrait,
        decoder: &Arc<ExpressionDecoder>,
        transfer: TransferOptions,
        before: Option<&Reenactment>,
    ) -> Result<Reenactment> {
        let measured = self.origin() == Origin::Measured;
        let calibration = Calibration::FirstSecond;
        let options = ReenactmentOptions { measured, smooth: measured, lost: LostFace::EaseToRest, calibration };
        let mut reenactment = Reenactment::new(portrait, decoder.clone(), options)?;
        reenactment.set_transfer(transfer)?;
        let neutral = match self {
            Self::Rest => None,
            Self::Live(_) => before.and_then(Reenactment::neutral),
            Self::Track(playback) => Some(playback.track.neutral()),
        };
        if let Some(neutral) = neutral {
            reenactment.with_neutral(neutral.clone())?;
        }
        Ok(reenactment)
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
