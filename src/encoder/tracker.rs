//! Follows one face from frame to frame.

use super::{Encoder, Observation, Region, Source};
use crate::error::Result;

/// Least presence, \[0, 1\], with which the region counts as showing a face (MediaPipe's
/// `min_face_presence_confidence`).
pub const MIN_PRESENCE: f32 = 0.5;
/// While no face is found, the frame is also tried turned by quarter turns once in this many frames.
const TURNED_EVERY: u32 = 12;

/// How many of the detector's faces the landmark net tries, largest first: the largest may be no face.
const MOST_TRIED: usize = 3;

/// Follows one face from frame to frame; runs the detector only without a track.
#[derive(Debug, Default)]
pub struct Tracker {
    /// Where the face is expected, and the frame size that this refers to.
    expected: Option<(Region, (u32, u32))>,
    /// Frames without a face since the last one with a face.
    missed: u32,
}

impl Tracker {
    /// The face in the next frame, unsmoothed; `None` when there is none.
    ///
    /// # Errors
    /// [`Error::Gpu`](crate::Error::Gpu) when the device fails.
    pub async fn track(&mut self, encoder: &Encoder, frame: impl Into<Source<'_>>) -> Result<Option<Observation>> {
        let frame = frame.into();
        let size = frame.dimensions();
        if let Some((region, known)) = self.expected.take()
            && known == size
            && let Some(face) = self.look(encoder, frame, region).await?
        {
            return Ok(Some(face));
        }
        let found = if self.missed.is_multiple_of(TURNED_EVERY) {
            encoder.detect(frame).await?
        } else {
            encoder.detect_upright(frame).await?
        };
        for detection in found.iter().take(MOST_TRIED) {
            if let Some(face) = self.look(encoder, frame, Region::from_detection(detection)).await? {
                return Ok(Some(face));
            }
        }
        self.missed = self.missed.saturating_add(1);
        Ok(None)
    }

    /// Forgets the track, so that the next frame is searched afresh.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// The face in `region`, if there is one; remembers where it will be next.
    async fn look(&mut self, encoder: &Encoder, frame: Source<'_>, region: Region) -> Result<Option<Observation>> {
        let (width, height) = frame.dimensions();
        if !region.touches(width, height) {
            return Ok(None);
        }
        let face = encoder.observe(frame, region).await?;
        let next = Region::from_landmarks(&face.landmarks);
        match next {
            Some(next) if face.presence >= MIN_PRESENCE => {
                self.expected = Some((next, (width, height)));
                self.missed = 0;
                Ok(Some(face))
            }
            _ => Ok(None),
        }
    }
}
