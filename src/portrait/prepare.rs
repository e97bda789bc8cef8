//! The steps from a decoded photo to a [`Portrait`].

use image::{RgbaImage, imageops};

use super::disocclusion::Disocclusion;
use super::mesh::HeadMesh;
use super::{Portrait, Segmenter, eyes, matte, mouth, plate};
use crate::encoder::{Detection, Encoder, MIN_PRESENCE, Observation, Region};
use crate::error::{Error, Result};
use crate::geometry::topology::{EYES, OVAL};

/// Smallest accepted distance between the ears' edges of the face (landmarks 234 and 454), pixels.
pub const SMALLEST_FACE: f32 = 64.0;
/// Largest share of the face oval that may lie outside the photo.
const MOST_CUT: f32 = 0.2;

/// The largest face of a photo, with the photo turned so that it is upright.
struct Found {
    photo: RgbaImage,
    observation: Observation,
    faces: usize,
}

impl Portrait {
    /// Prepares a photo: finds the largest face, turns the photo upright by quarter
    /// turns if needed, and makes mesh, matte, plate, eyes and mouth.
    ///
    /// # Errors
    /// [`Error::NoFace`], [`Error::FaceTooSmall`], [`Error::FaceCutOff`], [`Error::Gpu`].
    pub async fn prepare(photo: RgbaImage, encoder: &Encoder, segmenter: &Segmenter) -> Result<Self> {
        let found = find(photo, encoder).await?;
        check(&found.observation)?;
        let Found { photo, observation, faces } = found;
        let face = observation.geometry();
        let mask = segmenter.mask(&photo).await?;
        let matte = matte::refine(&mask, &photo, &face);
        let plate = plate::fill(&photo, &matte, &face);
        let mesh = HeadMesh::build(&face);
        Ok(Self {
            surroundings: Disocclusion::find(&photo, &matte, &plate, &mesh),
            mesh,
            eyes: EYES.each_ref().map(|eye| eyes::complete(&photo, &face.landmarks, eye)),
            mouth: mouth::prepare(&photo, &face),
            coefficients: observation.coefficients,
            photo,
            face,
            matte,
            plate,
            faces,
        })
    }
}

async fn find(mut photo: RgbaImage, encoder: &Encoder) -> Result<Found> {
    let mut detections = encoder.detect_surely(&photo).await?;
    let turned = detections.first().map_or(0, quarter_turns);
    if turned > 0 {
        photo = match turned {
            1 => imageops::rotate270(&photo),
            2 => imageops::rotate180(&photo),
            _ => imageops::rotate90(&photo),
        };
        detections = encoder.detect_surely(&photo).await?;
    }
    let faces = detections.len();
    for detection in &detections {
        // The other looks start from the region that the first one found: it is steadier than the detector's.
        let first = encoder.observe(&photo, Region::from_detection(detection)).await?;
        let Some(region) = Region::from_landmarks(&first.landmarks) else { continue };
        let observation = encoder.observe_closely(&photo, region).await?;
        if first.presence >= MIN_PRESENCE && observation.presence >= MIN_PRESENCE {
            return Ok(Found { photo, observation, faces });
        }
    }
    Err(Error::NoFace)
}

/// Quarter turns, clockwise, by which the face leans in the photo.
fn quarter_turns(detection: &Detection) -> u32 {
    let [right, left, ..] = detection.keypoints;
    let lean = (left[1] - right[1]).atan2(left[0] - right[0]);
    (lean / std::f32::consts::FRAC_PI_2).round().rem_euclid(4.0) as u32
}

fn check(observation: &Observation) -> Result<()> {
    let marks = &observation.landmarks;
    let (Some(a), Some(b)) = (marks.get(234), marks.get(454)) else {
        return Err(Error::NoFace);
    };
    let found = (a[0] - b[0]).hypot(a[1] - b[1]);
    if found < SMALLEST_FACE {
        return Err(Error::FaceTooSmall { found, needed: SMALLEST_FACE });
    }
    let (width, height) = (observation.size.0 as f32, observation.size.1 as f32);
    let outside = OVAL.iter().filter(|&&i| {
        let [x, y, _] = marks[i];
        x < 0.0 || y < 0.0 || x > width || y > height
    });
    if outside.count() as f32 > MOST_CUT * OVAL.len() as f32 {
        return Err(Error::FaceCutOff);
    }
    Ok(())
}
