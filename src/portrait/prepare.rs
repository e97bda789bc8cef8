//! The steps from a decoded photo to a [`Portrait`].

use image::{RgbaImage, imageops};

use super::completion::{self, Completion};
use super::disocclusion::Disocclusion;
use super::eyes::brightest_white;
use super::mesh::HeadMesh;
use super::{Portrait, Segmenter, lip_seam, matte, mouth, plate};
use crate::encoder::{Detection, Encoder, MIN_PRESENCE, Observation, Region};
use crate::error::{Error, Result};
use crate::geometry::FaceGeometry;
use crate::geometry::topology::OVAL;

/// Smallest accepted distance between the ears' edges of the face (landmarks 234 and 454), pixels.
pub const SMALLEST_FACE: f32 = 64.0;
/// Largest share of the face oval that may lie outside the photo.
const MOST_CUT: f32 = 0.2;

/// Farthest accepted turn to either side, degrees. Up to some 45 the far eye and cheek are seen well enough to be shown from
/// nearer the front; beyond, landmarks there are guesses, and a head that turns back tears (looked at on synthetic faces).
pub const FARTHEST_TURN: f64 = 48.0;

/// The largest face of a photo that can be animated, with the photo turned so that the largest of all is upright.
struct Found {
    photo: RgbaImage,
    observation: Observation,
    face: FaceGeometry,
    faces: usize,
}

impl Portrait {
    /// Prepares a photo: finds the largest face that can be animated, turns the photo upright by quarter
    /// turns if needed, and makes mesh, matte, plate, eyes and mouth.
    ///
    /// # Errors
    /// [`Error::NoFace`], [`Error::FaceTooSmall`], [`Error::FaceCutOff`], [`Error::FaceTurned`]: what is wrong with the
    /// largest face where none can be animated; [`Error::Gpu`].
    pub async fn prepare(photo: RgbaImage, encoder: &Encoder, segmenter: &Segmenter) -> Result<Self> {
        let found = find(photo, encoder).await?;
        let Found { photo, observation, face, faces } = found;
        let face = lip_seam::shut(&photo, face);
        let mask = segmenter.mask(&photo).await?;
        let matte = matte::refine(&mask, &photo, &face);
        let plate = plate::fill(&photo, &matte, &face);
        let mesh = HeadMesh::build(&face);
        let (face, mesh) = match Disocclusion::contoured(&face, &mesh, &matte) {
            Some(face) => {
                let mesh = HeadMesh::build(&face);
                (face, mesh)
            }
            None => (face, mesh),
        };
        let completion = Completion::find(&photo, &matte, &face);
        let eyes = completion::eyes(&photo, &face, completion.as_ref());
        Ok(Self {
            surroundings: Disocclusion::find(&photo, &matte, &plate, &face, &mesh),
            mesh,
            mouth: mouth::prepare(&photo, &face, brightest_white(&eyes)),
            eyes,
            completion,
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
    let mut refused = None;
    for detection in &detections {
        // The other looks start from the region that the first one found: it is steadier than the detector's.
        let first = encoder.observe(&photo, Region::from_detection(detection)).await?;
        let Some(region) = Region::from_landmarks(&first.landmarks) else { continue };
        let observation = encoder.observe_closely(&photo, region).await?;
        if first.presence < MIN_PRESENCE || observation.presence < MIN_PRESENCE {
            continue;
        }
        let face = observation.geometry();
        match check(&observation, &face) {
            Ok(()) => return Ok(Found { photo, observation, face, faces }),
            // Somebody may stand at the border, before the one who is meant; else the largest face is.
            Err(error) => refused = refused.or(Some(error)),
        }
    }
    Err(refused.unwrap_or(Error::NoFace))
}

/// Quarter turns, clockwise, by which the face leans in the photo.
fn quarter_turns(detection: &Detection) -> u32 {
    let [right, left, ..] = detection.keypoints;
    let lean = (left[1] - right[1]).atan2(left[0] - right[0]);
    (lean / std::f32::consts::FRAC_PI_2).round().rem_euclid(4.0) as u32
}

fn check(observation: &Observation, face: &FaceGeometry) -> Result<()> {
    let marks = &observation.landmarks;
    let (Some(a), Some(b)) = (marks.get(234), marks.get(454)) else {
        return Err(Error::NoFace);
    };
    let found = (a[0] - b[0]).hypot(a[1] - b[1]);
    if found < SMALLEST_FACE {
        return Err(Error::FaceTooSmall { found, needed: SMALLEST_FACE, picture: observation.size });
    }
    let (width, height) = (observation.size.0 as f32, observation.size.1 as f32);
    let outside = OVAL.iter().filter(|&&i| {
        let [x, y, _] = marks[i];
        x < 0.0 || y < 0.0 || x > width || y > height
    });
    if outside.count() as f32 > MOST_CUT * OVAL.len() as f32 {
        return Err(Error::FaceCutOff);
    }
    let [yaw, ..] = face.pose.angles();
    if yaw.abs() > FARTHEST_TURN {
        return Err(Error::FaceTurned { found: yaw.abs(), most: FARTHEST_TURN });
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use nalgebra::{Rotation3, Vector3};

    use super::*;
    use crate::geometry::{Camera, CanonicalFace, LANDMARKS, Pose};
    use crate::motion::COEFFICIENTS;

    /// The canonical face in the middle of a picture of 600 x 600 pixels, turned by `yaw` degrees.
    pub fn seen(yaw: f64) -> Observation {
        let camera = Camera::new(600, 600);
        let rotation = Rotation3::from_euler_angles(0.0, yaw.to_radians(), 0.0);
        let pose = Pose { rotation, translation: Vector3::new(0.0, 0.0, -45.0) };
        let mut points = CanonicalFace::get().positions.clone();
        points.resize(LANDMARKS, Vector3::new(3.0, 2.5, 4.0));
        let pixels = camera.width / camera.near_plane().x / 45.0;
        let landmark = |point: &Vector3<f64>| {
            let (place, z) = (camera.project(&pose.apply(point)), (rotation * point).z);
            [place.x as f32, place.y as f32, (-z * pixels) as f32]
        };
        let landmarks = points.iter().map(landmark).collect();
        Observation { landmarks, presence: 1.0, coefficients: [0.0; COEFFICIENTS], size: (600, 600) }
    }

    #[test]
    fn faces_from_the_side_are_refused() {
        for yaw in [-40.0, 0.0, 40.0] {
            let seen = seen(yaw);
            assert!(check(&seen, &seen.geometry()).is_ok(), "{yaw}");
        }
        for yaw in [-60.0, 60.0] {
            let seen = seen(yaw);
            let found = check(&seen, &seen.geometry());
            assert!(matches!(found, Err(Error::FaceTurned { .. })), "{yaw}: {found:?}");
        }
    }
}
