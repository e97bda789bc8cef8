//! Motion files: a driving face without a picture of it.
//!
//! JSON (UTF-8), format version 1. Every number is a plain decimal, so that any
//! program can read and write it:
//!
//! ```json
//! {
//!   "format": "ritratto-motion",
//!   "version": 1,
//!   "rate": 29.97,
//!   "neutral": {
//!     "landmarks": [1434 integers],
//!     "rotation": [w, x, y, z],
//!     "translation": [x, y, z],
//!     "coefficients": [52 numbers]
//!   },
//!   "frames": [
//!     {"offsets": [1434 integers], "rotation": ..., "translation": ..., "coefficients": ...},
//!     null
//!   ]
//! }
//! ```
//!
//! - `rate`: frames a second, above 0 and at most 1000.
//! - `landmarks`: x, y, z of 478 points in the canonical frame, in 1/1000 cm. A
//!   frame gives `offsets`, the difference from the neutral face, in the same unit.
//! - `rotation`: unit quaternion, `translation`: centimetres; canonical -> camera.
//! - `coefficients`: in \[0, 1\], in the order of [`COEFFICIENT_NAMES`](super::COEFFICIENT_NAMES).
//! - a frame is `null` where no face was seen.
//!
//! Unknown fields are skipped. A frame takes about 5 kB, and what is read back
//! differs from what was written by at most half a unit of the last place: 0.0005 cm a
//! landmark coordinate, 5e-7 a quaternion component, 5e-5 cm a translation, 5e-5 a coefficient.

use std::fmt;
use std::marker::PhantomData;

use nalgebra::{Quaternion, Rotation3, UnitQuaternion, Vector3};
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::{COEFFICIENTS, FaceMotion, MotionTrack};
use crate::error::{Error, Result};
use crate::geometry::{LANDMARKS, Pose};

/// What the field `format` says.
pub const FORMAT: &str = "ritratto-motion";
/// The version that is written and read.
pub const VERSION: u64 = 1;
/// The largest number of frames: ten minutes at 30 frames a second, about 200 MB in memory.
pub const LIMIT_FRAMES: usize = 18_000;
/// The largest file, bytes.
pub const LIMIT_BYTES: usize = 256 << 20;

/// Units a centimetre of the landmarks.
const LANDMARK_UNITS: f64 = 1000.0;
/// Landmarks lie within this distance of the canonical origin, units (a metre).
const LIMIT_LANDMARK: i32 = 100_000;
/// The head lies within this distance of the camera, centimetres.
const LIMIT_TRANSLATION: f64 = 10_000.0;
const LIMIT_RATE: f64 = 1000.0;
/// How far from 1 the length of a quaternion that was rounded by another program may be.
const QUATERNION_TOLERANCE: f64 = 1e-2;
/// How far out of \[0, 1\] a rounded coefficient may be.
const COEFFICIENT_TOLERANCE: f64 = 1e-3;

const COORDINATES: usize = 3 * LANDMARKS;

#[derive(Deserialize)]
struct Header {
    format: String,
    version: u64,
}

#[derive(Deserialize)]
struct StoredTrack {
    rate: f64,
    neutral: StoredNeutral,
    #[serde(deserialize_with = "limited_frames")]
    frames: Vec<Option<StoredFrame>>,
}

#[derive(Serialize)]
struct WrittenTrack<'a> {
    format: &'a str,
    version: u64,
    rate: f64,
    neutral: StoredNeutral,
    frames: Vec<Option<StoredFrame>>,
}

#[derive(Serialize, Deserialize)]
struct StoredNeutral {
    landmarks: List<i32, COORDINATES>,
    rotation: List<f64, 4>,
    translation: List<f64, 3>,
    coefficients: List<f64, COEFFICIENTS>,
}

#[derive(Serialize, Deserialize)]
struct StoredFrame {
    offsets: List<i32, COORDINATES>,
    rotation: List<f64, 4>,
    translation: List<f64, 3>,
    coefficients: List<f64, COEFFICIENTS>,
}

/// A list of exactly `N` numbers.
#[derive(Serialize)]
#[serde(transparent)]
struct List<T, const N: usize>(Vec<T>);

impl<'de, T: Deserialize<'de>, const N: usize> Deserialize<'de> for List<T, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_seq(Exactly::<T, N>(PhantomData))
    }
}

struct Exactly<T, const N: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const N: usize> Visitor<'de> for Exactly<T, N> {
    type Value = List<T, N>;

    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "a list of {N} numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> std::result::Result<Self::Value, A::Error> {
        let mut values = Vec::with_capacity(N);
        while let Some(value) = sequence.next_element()? {
            if values.len() == N {
                return Err(serde::de::Error::invalid_length(N + 1, &self));
            }
            values.push(value);
        }
        if values.len() == N { Ok(List(values)) } else { Err(serde::de::Error::invalid_length(values.len(), &self)) }
    }
}

/// Stops at the first frame too many, so that a long file costs no memory.
fn limited_frames<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Vec<Option<StoredFrame>>, D::Error> {
    struct Frames;
    impl<'de> Visitor<'de> for Frames {
        type Value = Vec<Option<StoredFrame>>;

        fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
            write!(out, "a list of at most {LIMIT_FRAMES} frames")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> std::result::Result<Self::Value, A::Error> {
            let mut frames = Vec::new();
            while let Some(frame) = sequence.next_element()? {
                if frames.len() == LIMIT_FRAMES {
                    return Err(serde::de::Error::custom(format!("it has more than {LIMIT_FRAMES} frames")));
                }
                frames.push(frame);
            }
            Ok(frames)
        }
    }
    deserializer.deserialize_seq(Frames)
}

fn refuse(reason: impl ToString) -> Error {
    Error::Motion { reason: reason.to_string() }
}

/// Reads a motion file.
///
/// # Errors
/// [`Error::Motion`] for everything that the module's description does not allow,
/// for a file of more than [`LIMIT_FRAMES`] frames or [`LIMIT_BYTES`] bytes, and for one without frames.
pub fn read(bytes: &[u8]) -> Result<MotionTrack> {
    if bytes.len() > LIMIT_BYTES {
        return Err(refuse(format!("it is larger than {} MB", LIMIT_BYTES >> 20)));
    }
    let header: Header =
        serde_json::from_slice(bytes).map_err(|error| refuse(format!("it is not a motion file ({error})")))?;
    if header.format != FORMAT {
        return Err(refuse(format!("its format is not \"{FORMAT}\"")));
    }
    if header.version != VERSION {
        return Err(refuse(format!("it has version {}, this program reads version {VERSION}", header.version)));
    }
    let stored: StoredTrack = serde_json::from_slice(bytes).map_err(refuse)?;
    check_rate(stored.rate)?;
    if stored.frames.is_empty() {
        return Err(refuse("it has no frames"));
    }
    let StoredNeutral { landmarks, rotation, translation, coefficients } = stored.neutral;
    let whole = landmarks.0;
    let neutral = restore(&whole, &rotation, &translation, &coefficients)?;
    let mut frames = Vec::with_capacity(stored.frames.len());
    for frame in stored.frames {
        let frame = frame.map(|StoredFrame { offsets, rotation, translation, coefficients }| {
            let sums: Vec<i32> = whole.iter().zip(&offsets.0).map(|(&a, &b)| a.saturating_add(b)).collect();
            restore(&sums, &rotation, &translation, &coefficients)
        });
        frames.push(frame.transpose()?);
    }
    Ok(MotionTrack { rate: stored.rate, neutral, frames })
}

fn check_rate(rate: f64) -> Result<()> {
    if rate.is_finite() && rate > 0.0 && rate <= LIMIT_RATE {
        Ok(())
    } else {
        Err(refuse(format!("its rate is {rate}, not above 0 and at most {LIMIT_RATE}")))
    }
}

fn restore(
    landmarks: &[i32],
    rotation: &List<f64, 4>,
    translation: &List<f64, 3>,
    coefficients: &List<f64, COEFFICIENTS>,
) -> Result<FaceMotion> {
    if landmarks.iter().any(|v| v.unsigned_abs() > LIMIT_LANDMARK.unsigned_abs()) {
        return Err(refuse("a landmark is more than a metre away from the face"));
    }
    let quaternion = Quaternion::new(rotation.0[0], rotation.0[1], rotation.0[2], rotation.0[3]);
    // JSON has no NaN, but the norm of huge numbers overflows to infinity.
    if (quaternion.norm() - 1.0).abs() > QUATERNION_TOLERANCE {
        return Err(refuse("a rotation is not a unit quaternion"));
    }
    let translation = Vector3::new(translation.0[0], translation.0[1], translation.0[2]);
    if translation.amax() > LIMIT_TRANSLATION {
        return Err(refuse(format!("a translation is longer than {LIMIT_TRANSLATION} cm")));
    }
    let mut out = [0.0; COEFFICIENTS];
    for (to, &from) in out.iter_mut().zip(&coefficients.0) {
        if !(-COEFFICIENT_TOLERANCE..=1.0 + COEFFICIENT_TOLERANCE).contains(&from) {
            return Err(refuse(format!("a coefficient is {from}, not between 0 and 1")));
        }
        *to = from.clamp(0.0, 1.0) as f32;
    }
    let centimetres = |v: i32| f64::from(v) / LANDMARK_UNITS;
    Ok(FaceMotion {
        shape: landmarks.chunks_exact(3).map(|p| Vector3::new(p[0], p[1], p[2]).map(centimetres)).collect(),
        pose: Pose { rotation: UnitQuaternion::from_quaternion(quaternion).to_rotation_matrix(), translation },
        coefficients: out,
    })
}

/// Writes a motion file.
///
/// # Errors
/// [`Error::Motion`] for a track that [`read`] would refuse.
pub fn write(track: &MotionTrack) -> Result<Vec<u8>> {
    check_rate(track.rate)?;
    if track.frames.is_empty() || track.frames.len() > LIMIT_FRAMES {
        return Err(refuse(format!("it has {} frames, not 1 to {LIMIT_FRAMES}", track.frames.len())));
    }
    let whole = landmark_units(&track.neutral)?;
    let mut frames = Vec::with_capacity(track.frames.len());
    for frame in &track.frames {
        let frame = frame.as_ref().map(|motion| {
            let units = landmark_units(motion)?;
            Ok(StoredFrame {
                offsets: List(units.iter().zip(&whole).map(|(a, b)| a - b).collect()),
                rotation: quaternion(&motion.pose.rotation)?,
                translation: rounded(motion.pose.translation.iter().copied(), 1e4, LIMIT_TRANSLATION)?,
                coefficients: rounded(coefficients(motion), 1e4, 1.0)?,
            })
        });
        frames.push(frame.transpose()?);
    }
    let neutral = StoredNeutral {
        landmarks: List(whole),
        rotation: quaternion(&track.neutral.pose.rotation)?,
        translation: rounded(track.neutral.pose.translation.iter().copied(), 1e4, LIMIT_TRANSLATION)?,
        coefficients: rounded(coefficients(&track.neutral), 1e4, 1.0)?,
    };
    serde_json::to_vec(&WrittenTrack { format: FORMAT, version: VERSION, rate: track.rate, neutral, frames })
        .map_err(refuse)
}

fn landmark_units(motion: &FaceMotion) -> Result<Vec<i32>> {
    if motion.shape.len() != LANDMARKS {
        return Err(refuse(format!("a face has {} landmarks, not {LANDMARKS}", motion.shape.len())));
    }
    let units = motion.shape.iter().flat_map(|p| [p.x, p.y, p.z]).map(|v| (v * LANDMARK_UNITS).round());
    units
        .map(|v| {
            if v.abs() <= f64::from(LIMIT_LANDMARK) {
                Ok(v as i32)
            } else {
                Err(refuse("a landmark is not finite or too far away"))
            }
        })
        .collect()
}

fn coefficients(motion: &FaceMotion) -> impl Iterator<Item = f64> {
    motion.coefficients.iter().map(|&c| f64::from(c).clamp(0.0, 1.0))
}

fn quaternion(rotation: &Rotation3<f64>) -> Result<List<f64, 4>> {
    let q = UnitQuaternion::from_rotation_matrix(rotation);
    rounded([q.w, q.i, q.j, q.k].into_iter(), 1e6, 1.0 + QUATERNION_TOLERANCE)
}

/// Numbers rounded to 1/`units`, refused beyond +-`limit`.
fn rounded<const N: usize>(values: impl Iterator<Item = f64>, units: f64, limit: f64) -> Result<List<f64, N>> {
    let list: Result<Vec<f64>> = values
        .map(|v| {
            if v.abs() <= limit {
                Ok((v * units).round() / units)
            } else {
                Err(refuse("a number is not finite or too large"))
            }
        })
        .collect();
    Ok(List(list?))
}
