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
    /// Whether its motion was measured on a person or authored; rest counts as authored.
    pub fn origin(&self) -> Origin {
        match self {
            Self::Rest => Origin::Authored,
            Self::Live(_) => Origin::Measured,
            Self::Track(playback) => playback.track.origin(),
        }
    }

    /// Has the frame of a motion that is on show drawn again at the next call, for example with other options: the next
    /// frame may be long in coming.
    pub fn show_again(&mut self) {
        if let Self::Track(playback) = self {
            playback.shown = None;
        }
    }

    /// A reenactment of `portrait` by this driver. `neutral` says where the driver's neutral face comes from.
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

/// Where a driver's neutral face comes from. The face belongs to the driver, and stays when another portrait is driven.
#[derive(Debug, Clone, PartialEq)]
pub enum NeutralFace {
    /// A motion brings its own neutral face; a live driver's is the mean of its first second, which is not over yet.
    Usual,
    /// The next frame with a face will be the neutral face.
    Next,
    /// This is the neutral face.
    Known(Box<FaceMotion>),
}

impl NeutralFace {
    /// This neutral face as a mirror shows it. A first second that is not over yet has to begin anew, because half of
    /// its frames would be mirrored and half not.
    pub fn mirrored(&self) -> Self {
        match self {
            Self::Known(face) => Self::Known(Box::new(face.mirrored())),
            other => other.clone(),
        }
    }
}

/// Whether a live driver's frames come mirrored.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facing {
    /// Whether the last frame came mirrored; `None` before the first.
    mirrored: Option<bool>,
    /// Whether that has changed since the recording of the motion began.
    turned: bool,
}

impl Facing {
    /// Takes note of a frame, mirrored or not. Returns whether the frame before it was the other way round.
    pub fn turns(&mut self, mirrored: bool) -> bool {
        let turns = self.mirrored.replace(mirrored).is_some_and(|before| before != mirrored);
        self.turned ^= turns;
        turns
    }

    /// To be called when a recording of the motion begins.
    pub fn begin(&mut self) {
        self.turned = false;
    }

    /// The motion for the file that is recorded, mirrored if frames come the other way round than when the recording
    /// began: a file has only one neutral face.
    pub fn recorded(self, motion: &FaceMotion) -> Cow<'_, FaceMotion> {
        if self.turned { Cow::Owned(motion.mirrored()) } else { Cow::Borrowed(motion) }
    }
}

/// A motion that is played, and which of its frames is on show.
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

/// Share of the drawing's height that the neutral face takes when a motion is drawn as landmarks.
const FACE_SHARE: f64 = 0.72;

impl Playback {
    /// A motion of which no frame has been shown yet.
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
        // A frame's own time may lie a rounding error too early; that must not show the frame before.
        let frame = (position * self.track.rate() + 1e-6).floor().max(0.0) as usize;
        frame.min(self.track.len().saturating_sub(1))
    }

    /// Places of the landmarks for a drawing of the motion: x and y in a unit square, in whose middle the neutral face
    /// stands.
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
