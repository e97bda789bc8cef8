//! Which way up a photo is. The detector alone takes some upside-down faces for upright ones with confidence; the
//! landmark net does not.

use image::RgbaImage;

use super::{Detection, Encoder, Region};
use crate::error::Result;

/// Largest log odds of a face's presence that count: beyond them rounding decides.
const SUREST: f32 = 15.0;
/// Weight of the uprightness of a detection (1 if it is surely upright), added to the log odds of its presence.
const UPRIGHT: f32 = 4.0;
/// Added to the rating of the photo as it is, against turned ones: photos are upright as a rule.
const LEAD: f32 = 3.0;

impl Encoder {
    /// All faces of a photo, the largest first, whichever way up it is. Unless its largest face is upright beyond
    /// doubt, the photo is looked at in all four turns, and the turn is taken in which that face is most surely
    /// upright.
    ///
    /// This is the surer and slower of two methods, for a photo; [`detect`](Self::detect) is for frames.
    ///
    /// # Errors
    /// [`Error::Gpu`](crate::Error::Gpu) when the device fails.
    pub async fn detect_surely(&self, photo: &RgbaImage) -> Result<Vec<Detection>> {
        let upright = self.detect_upright(photo).await?;
        let mut highest = self.rate(photo, &upright, 0).await? + LEAD;
        let mut best = upright;
        // No turn can be rated higher than this, and most photos are rated this high as they are.
        if highest >= SUREST + UPRIGHT {
            return Ok(best);
        }
        let turns = [1, 2, 3];
        for (turn, faces) in turns.into_iter().zip(self.search(photo.into(), &turns).await?) {
            let rating = self.rate(photo, &faces, turn).await?;
            if rating > highest {
                (highest, best) = (rating, faces);
            }
        }
        Ok(best)
    }

    /// Rates the largest of `faces`, which were found in the photo turned by `turn` quarter turns: how surely it is a
    /// face, and an upright one. The rating is the log odds of its presence plus its weighted uprightness.
    async fn rate(&self, photo: &RgbaImage, faces: &[Detection], turn: u8) -> Result<f32> {
        let Some(face) = faces.first() else { return Ok(f32::NEG_INFINITY) };
        let (width, height) = photo.dimensions();
        let first = self.observe(photo, Region::from_detection(face)).await?;
        // If the face is upside down or cut, the detector's region lies at the wrong place. A second look, from the
        // region of the landmarks just found, tells more.
        let presence = match Region::from_landmarks(&first.landmarks) {
            Some(region) if region.touches(width, height) => self.observe(photo, region).await?.presence,
            _ => 0.0,
        };
        let odds = (presence / (1.0 - presence)).ln().clamp(-SUREST, SUREST);
        Ok(odds + UPRIGHT * face.uprightness(Region::around(width, height, turn).rotation))
    }
}
