//! Records the driver's motion while it drives.

use super::active::ActivePortrait;
use super::driver::Driver;
use crate::error::{Error, Result};
use crate::motion::{FaceMotion, MotionRecorder, Origin};
use crate::transfer::Reenactment;

/// Frames a second of what is recorded, whatever the driver's own are.
const RATE: f64 = 30.0;

/// A motion file in the making.
#[derive(Debug)]
pub struct MotionRecording {
    recorder: MotionRecorder,
    running: bool,
}

impl MotionRecording {
    /// Begins a recording. Its neutral face is the driver's at this moment, or the first face if the driver has none
    /// yet.
    ///
    /// # Errors
    /// [`Error::NotReady`] without a driver.
    pub fn begin(driver: &Driver, active: Option<&ActivePortrait>) -> Result<Self> {
        let own = match driver {
            Driver::Rest => return Err(Error::NotReady { needed: "A driver" }),
            Driver::Live(_) => None,
            Driver::Track(playback) => Some(playback.track.neutral()),
        };
        let neutral = active.map(|active| &active.reenactment).and_then(Reenactment::neutral).or(own);
        let recorder = MotionRecorder::new(RATE, neutral)?;
        // Authored motion has no noise, so it needs no smoothing when the file is played.
        let recorder = if driver.origin() == Origin::Authored { recorder.authored() } else { recorder };
        Ok(Self { recorder, running: true })
    }

    /// Records the driver's motion at `clock` seconds, unless the recording is as long as a file may be, or halted.
    ///
    /// # Errors
    /// [`Error::Motion`] for a face that cannot be stored.
    pub fn note(&mut self, motion: Option<&FaceMotion>, clock: f64) -> Result<()> {
        if self.running { self.recorder.push_at(motion, clock) } else { Ok(()) }
    }

    /// Records nothing more: another driver, with another neutral face, has taken over.
    pub fn halt(&mut self) {
        self.running = false;
    }

    /// The motion file.
    ///
    /// # Errors
    /// [`Error::NoFaceInDriver`], [`Error::Motion`] if nothing was recorded.
    pub fn end(self) -> Result<Vec<u8>> {
        self.recorder.finish()
    }
}
