//! Which way up a photo is. The detector alone is sure of some upside-down faces too; the landmark net is not.

use image::RgbaImage;

use super::{Detection, Encoder, Region};
use crate::error::Result;

/// Log odds of a face's presence count up to here: beyond, rounding decides.
const SUREST: f32 = 15.0;
/// What a detection that is surely upright is worth beside the log odds of its presence.
const UPRIGHT: f32 = 4.0;
/// How much a photo that is left as it is has ahead of one that is turned: photos are upright as a rule.
const LEAD: f32 = 3.0;

impl Encoder {
    /// All faces of a photo, the largest first, whichever way up it is. Unless its largest face is upright beyond
    /// doubt, the photo is looked at in all four turns, and the turn is taken in which that face is most surely upright.
    ///
    /// This is the surer and slower of the two ways, for a photo; [`detect`](Self::detect) is for frames.
    ///
    /// # Errors
    /// [`Error::Gpu`](crate::Error::Gpu) when the device fails.
    pub async fn detect_surely(&self, photo: &RgbaImage) -> Result<Vec<Detection>> {
        let upright = self.detect_upright(photo).await?;
        let mut highest = self.rate(photo, &upright, 0).await? + LEAD;
        let mut best = upright;
        // Nothing can be rated higher than this, and most photos are.
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

    /// How surely there is a face, and one that is upright in the photo turned by `turn` quarter turns: of the
    /// largest of the faces found there.
    async fn rate(&self, photo: &RgbaImage, faces: &[Detection], turn: u8) -> Result<f32> {
        let Some(face) = faces.first() else { return Ok(f32::NEG_INFINITY) };
        let (width, height) = photo.dimensions();
        let first = self.observe(photo, Region::from_detection(face)).await?;
        // The first look at a face that is upside down or cut is at the wrong place: the second tells more.
        let presence = match Region::from_landmarks(&first.landmarks) {
            Some(region) if region.touches(width, height) => self.observe(photo, region).await?.presence,
            _ => 0.0,
        };
        let odds = (presence / (1.0 - presence)).ln().clamp(-SUREST, SUREST);
        Ok(odds + UPRIGHT * face.uprightness(Region::around(width, height, turn).rotation))
    }
}
