//! Compares the encoder with the stored numbers of MediaPipe's own runtime
//! (`train/make_reference.py`). Shared by the parity tests and `examples/parity.rs`.

use std::path::{Path, PathBuf};

use nalgebra::Matrix3;
use ritratto::encoder::{DETECTOR_SIDE, Encoder, Observation, Region};
use ritratto::error::{Error, Result};
use ritratto::geometry::face::eye_distance;

/// What `train/make_reference.py` stores of one photo.
#[derive(serde::Deserialize)]
struct Stored {
    width: u32,
    height: u32,
    landmarks: Vec<[f32; 3]>,
    coefficients: Vec<f32>,
    matrix: [[f64; 4]; 4],
    detector: StoredFace,
}

#[derive(serde::Deserialize)]
struct StoredFace {
    bounds: [f32; 4],
    keypoints: [[f32; 2]; 6],
    score: f32,
}

/// Differences of one photo; all of them at most as large as in [`LIMITS`].
#[derive(Debug, Clone, Default)]
pub struct Difference {
    /// Name of the photo.
    pub name: String,
    /// Picture size, pixels.
    pub size: (u32, u32),
    /// Largest difference of the detector's box and keypoints, pixels of its 128 x 128 input.
    pub detector: f32,
    /// Difference of the detector's score.
    pub score: f32,
    /// Mean distance of the landmarks in the picture, parts of the eye distance.
    pub landmarks: f64,
    /// Largest such distance.
    pub worst_landmark: f64,
    /// Largest difference of a coefficient.
    pub coefficients: f32,
    /// Angle between the head rotations, degrees.
    pub rotation: f64,
    /// Distance between the translations, parts of the translation's length.
    pub translation: f64,
}

/// The largest differences that count as the same.
pub const LIMITS: Difference = Difference {
    name: String::new(),
    size: (0, 0),
    detector: 1.0,
    score: 0.02,
    landmarks: 0.001,
    worst_landmark: 0.004,
    coefficients: 0.01,
    rotation: 0.1,
    translation: 0.005,
};

impl Difference {
    /// The figures, in the order of [`HEADINGS`].
    #[must_use]
    pub fn figures(&self) -> [f64; 7] {
        [
            f64::from(self.detector),
            f64::from(self.score),
            self.landmarks,
            self.worst_landmark,
            f64::from(self.coefficients),
            self.rotation,
            self.translation,
        ]
    }

    /// Names of the figures that are over the limit.
    #[must_use]
    pub fn over_limit(&self) -> Vec<&'static str> {
        let pairs = self.figures().into_iter().zip(LIMITS.figures()).zip(HEADINGS);
        pairs.filter(|((found, limit), _)| found.is_nan() || found > limit).map(|(_, heading)| heading).collect()
    }

    /// The larger of the figures of two photos.
    #[must_use]
    pub fn max(&self, other: &Self) -> Self {
        Self {
            name: "worst".into(),
            size: (0, 0),
            detector: self.detector.max(other.detector),
            score: self.score.max(other.score),
            landmarks: self.landmarks.max(other.landmarks),
            worst_landmark: self.worst_landmark.max(other.worst_landmark),
            coefficients: self.coefficients.max(other.coefficients),
            rotation: self.rotation.max(other.rotation),
            translation: self.translation.max(other.translation),
        }
    }
}

/// Headings of the figures: box px at 128, score, landmarks mean and worst (eye distances),
/// coefficients, degrees, share of the translation.
pub const HEADINGS: [&str; 7] = ["box px", "score", "landmarks", "worst", "coeff.", "degrees", "transl."];

/// The stored photos, in order of their names.
pub fn photos() -> Result<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/photos");
    let io = |source| Error::Io { path: folder.display().to_string(), source };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(io)? {
        paths.push(entry.map_err(io)?.path());
    }
    paths.sort();
    Ok(paths)
}

/// Runs the encoder on a stored photo and compares.
pub async fn compare(encoder: &Encoder, photo: &Path) -> Result<Difference> {
    let unreadable = |reason: String| Error::NotAnImage { reason };
    let picture = image::open(photo).map_err(|error| unreadable(error.to_string()))?.into_rgba8();
    let name = photo.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let numbers = photo.with_file_name(format!("../{name}.json"));
    let text = std::fs::read_to_string(&numbers)
        .map_err(|source| Error::Io { path: numbers.display().to_string(), source })?;
    let stored: Stored = serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
    if (stored.width, stored.height) != picture.dimensions() {
        return Err(unreadable(format!("{name} is not the photo that the numbers were made from")));
    }

    let face = encoder.detect(&picture).await?.into_iter().next().ok_or(Error::NoFace)?;
    let face_region = Region::from_detection(&face);
    let seen = encoder.observe(&picture, face_region).await?;

    let (width, height) = (stored.width as f32, stored.height as f32);
    let side = width.max(height);
    let at_128 = |x: f32, y: f32| {
        let scale = DETECTOR_SIDE as f32 / side;
        [(x - (width - side) / 2.0) * scale, (y - (height - side) / 2.0) * scale]
    };
    let [left, top, right, bottom] = face.bounds;
    let corners = [at_128(left, top), at_128(right, bottom)].concat();
    let keypoints = face.keypoints.map(|[x, y]| at_128(x, y));
    let detector = corners
        .iter()
        .chain(keypoints.iter().flatten())
        .zip(stored.detector.bounds.iter().chain(stored.detector.keypoints.iter().flatten()))
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max);

    let eyes = eye_distance(&stored.landmarks);
    let distances: Vec<f64> = seen
        .landmarks
        .iter()
        .zip(&stored.landmarks)
        .map(|(a, b)| f64::from((a[0] - b[0]).hypot(a[1] - b[1])) / eyes)
        .collect();
    let coefficients =
        seen.coefficients.iter().zip(&stored.coefficients).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);

    let pose = as_in_mediapipe(&seen, face_region.rotation).geometry().pose;
    let [x, y, z] = [0, 1, 2].map(|row| stored.matrix[row]);
    // MediaPipe's matrix carries a scale of 1 up to rounding; the rotation is compared without it.
    let rotation = Matrix3::new(x[0], x[1], x[2], y[0], y[1], y[2], z[0], z[1], z[2]);
    let rotation = rotation / rotation.determinant().cbrt();
    let turn = pose.rotation.matrix().transpose() * rotation;
    let translation = nalgebra::Vector3::new(x[3], y[3], z[3]);
    // From the skew part: the trace loses small angles to rounding.
    let sine =
        nalgebra::Vector3::new(turn[(2, 1)] - turn[(1, 2)], turn[(0, 2)] - turn[(2, 0)], turn[(1, 0)] - turn[(0, 1)])
            .norm()
            / 2.0;
    Ok(Difference {
        name,
        size: picture.dimensions(),
        detector,
        score: (face.score - stored.detector.score).abs(),
        landmarks: distances.iter().sum::<f64>() / distances.len().max(1) as f64,
        worst_landmark: distances.iter().copied().fold(0.0, f64::max),
        coefficients,
        rotation: sine.atan2((turn.trace() - 1.0) / 2.0).to_degrees(),
        translation: (pose.translation - translation).norm() / translation.norm(),
    })
}

/// MediaPipe scales a landmark's z by the length of the region's upper edge, but measures
/// that length in a picture squeezed to a square: z is stretched when a face leans in a
/// picture that is not square. The crate does not follow it there (a face would change its
/// depth as it leans), so the stretch is put back before poses are compared.
fn as_in_mediapipe(seen: &Observation, rotation: f32) -> Observation {
    let (sin, cos) = rotation.sin_cos();
    let stretch = cos.hypot(sin * seen.size.0 as f32 / seen.size.1 as f32);
    let mut seen = seen.clone();
    seen.landmarks.iter_mut().for_each(|point| point[2] *= stretch);
    seen
}
