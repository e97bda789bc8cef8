//! Turns frames, as they come, into a motion track or a motion file.

use nalgebra::UnitQuaternion;

use super::components::Gatherer;
use super::track::{self, LIMIT_FRAMES, MotionTrack, Origin};
use super::units::{self, PLAIN, refuse};
use super::{FaceMotion, file};
use crate::error::{Error, Result};
use crate::geometry::{LANDMARKS, Pose, Shape};

/// Longest time between two frames, seconds; a longer one is a pause, which is left out.
const PAUSE: f64 = 1.0;

/// Records the motion of one driver. Memory grows by some 500 bytes for each frame.
#[derive(Debug, Clone)]
pub struct MotionRecorder {
    rate: f64,
    origin: Origin,
    neutral: Option<Neutral>,
    gatherer: Gatherer,
    /// Pose and coefficients of the frames with a face, in units.
    plain: Vec<[i32; PLAIN]>,
    seen: Vec<bool>,
    clock: Option<Clock>,
}

#[derive(Debug, Clone)]
struct Neutral {
    units: Vec<i32>,
    shape: Shape,
}

/// How far [`MotionRecorder::push_at`] has filled the track.
#[derive(Debug, Clone)]
struct Clock {
    /// When the last frame came, seconds.
    time: f64,
    /// The face in the last frame, if there was one.
    motion: Option<FaceMotion>,
    /// When the next frame of the track is due, seconds.
    due: f64,
}

impl Neutral {
    fn of(motion: &FaceMotion) -> Result<Self> {
        let landmarks = units::landmarks(&motion.shape)?;
        let shape = units::shape(&landmarks);
        let mut units = units::plain(motion, None)?.to_vec();
        units.extend(landmarks);
        Ok(Self { units, shape })
    }
}

impl MotionRecorder {
    /// A recorder of a measured motion at `rate` frames a second (above 0, at most 1000). Without a neutral face
    /// the first face that comes is taken for neutral.
    ///
    /// # Errors
    /// [`Error::Motion`] for a rate out of range, a neutral face that is not finite, too far
    /// away or has not 478 landmarks.
    pub fn new(rate: f64, neutral: Option<&FaceMotion>) -> Result<Self> {
        track::check_rate(rate)?;
        let neutral = neutral.map(Neutral::of).transpose()?;
        let origin = Origin::Measured;
        Ok(Self {
            rate,
            origin,
            neutral,
            gatherer: Gatherer::default(),
            plain: Vec::new(),
            seen: Vec::new(),
            clock: None,
        })
    }

    /// Marks the recorded motion as made by hand.
    #[must_use]
    pub fn authored(mut self) -> Self {
        self.origin = Origin::Authored;
        self
    }

    /// Number of frames so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// Whether no frame came yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// Whether there is no room for another frame.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.len() == LIMIT_FRAMES
    }

    /// Takes the next frame; `None` where no face was seen.
    ///
    /// # Errors
    /// [`Error::Motion`] for a face that is not finite, too far away or has not 478
    /// landmarks, and after [`LIMIT_FRAMES`] frames.
    pub fn push(&mut self, motion: Option<&FaceMotion>) -> Result<()> {
        if self.is_full() {
            return Err(refuse(format!("it has more than {LIMIT_FRAMES} frames")));
        }
        if let Some(motion) = motion {
            let landmarks = &motion.shape;
            if landmarks.len() != LANDMARKS || !landmarks.iter().flatten().all(|v| v.is_finite()) {
                return Err(refuse("a face has not 478 landmarks, or one is not finite"));
            }
            let plain = units::plain(motion, self.plain.last().map(|values| &values[..]))?;
            let neutral = match &mut self.neutral {
                Some(neutral) => neutral,
                none => none.insert(Neutral::of(motion)?),
            };
            self.gatherer
                .push(landmarks.iter().zip(&neutral.shape).flat_map(|(a, b)| [a.x - b.x, a.y - b.y, a.z - b.z]));
            self.plain.push(plain);
        }
        self.seen.push(motion.is_some());
        Ok(())
    }

    /// Takes a frame that came at `seconds`, at no particular rate, and fills the track's frames
    /// up to then, between two faces in a straight line. A pause of over a second is left out, and so
    /// is a step back in time; nothing is taken any more once the track [is full](Self::is_full).
    ///
    /// # Errors
    /// [`Error::Motion`] for a face that is not finite, too far away or has not 478 landmarks.
    pub fn push_at(&mut self, motion: Option<&FaceMotion>, seconds: f64) -> Result<()> {
        let step = self.rate.recip();
        let due = match self.clock.take() {
            Some(Clock { time, motion: before, mut due }) if (0.0..=PAUSE).contains(&(seconds - time)) => {
                while due <= seconds && !self.is_full() {
                    let share = if seconds > time { (due - time) / (seconds - time) } else { 1.0 };
                    match (&before, motion) {
                        (Some(before), Some(motion)) => self.push(Some(&between(before, motion, share)))?,
                        (before, motion) => self.push(if share < 0.5 { before.as_ref() } else { motion })?,
                    }
                    due += step;
                }
                due
            }
            _ if self.is_full() => seconds + step,
            _ => {
                self.push(motion)?;
                seconds + step
            }
        };
        self.clock = Some(Clock { time: seconds, motion: motion.cloned(), due });
        Ok(())
    }

    /// Ends the recording as a track.
    ///
    /// # Errors
    /// [`Error::NoFaceInDriver`] if no face came and none was given as neutral; [`Error::Motion`] if
    /// no frame came or a face went too far from the neutral one.
    pub fn into_track(self) -> Result<MotionTrack> {
        let neutral = self.neutral.ok_or(Error::NoFaceInDriver)?;
        let (components, scores) = self.gatherer.finish()?;
        let rows = self.plain.iter().zip(&scores).flat_map(|(plain, scores)| plain.iter().chain(scores)).copied();
        MotionTrack::new(self.rate, self.origin, neutral.units, components, &self.seen, rows.collect())
    }

    /// Ends the recording as the bytes of a motion file.
    ///
    /// # Errors
    /// As for [`into_track`](Self::into_track).
    pub fn finish(self) -> Result<Vec<u8>> {
        file::write(&self.into_track()?)
    }
}

/// The motion at `share` of the way from `a` to `b`.
fn between(a: &FaceMotion, b: &FaceMotion, share: f64) -> FaceMotion {
    let [from, to] = [a, b].map(|motion| UnitQuaternion::from_rotation_matrix(&motion.pose.rotation));
    // Between opposite rotations no shortest way exists; a head does not turn that far from one frame to the next.
    let rotation = from.try_slerp(&to, share, 1e-9).unwrap_or(to).to_rotation_matrix();
    FaceMotion {
        shape: a.shape.iter().zip(&b.shape).map(|(p, q)| p.lerp(q, share)).collect(),
        pose: Pose { rotation, translation: a.pose.translation.lerp(&b.pose.translation, share) },
        coefficients: std::array::from_fn(|i| {
            a.coefficients[i] + (b.coefficients[i] - a.coefficients[i]) * share as f32
        }),
    }
}
