//! Reenactment over time: neutral face, smoothing, limits, and a driver that comes and goes.

use super::TargetGeometry;
use super::limits::limit_pose;
use super::relative::transfer;
use crate::geometry::smoothstep;
use crate::motion::FaceMotion;
use crate::motion::smoothing::MotionFilter;
use crate::portrait::Portrait;

/// How long the last motion is held before the portrait eases to rest, seconds.
const HOLD: f64 = 0.25;
/// How long the way to rest takes, seconds.
const TO_REST: f64 = 0.9;
/// How long the way back to the driver takes, seconds.
const TO_DRIVER: f64 = 0.35;

/// What to do while the driver shows no face.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LostFace {
    /// Ease to the photo's own face, and back when the driver returns.
    #[default]
    EaseToRest,
    /// Hold the last motion.
    Hold,
}

/// Options of a [`Reenactment`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReenactmentOptions {
    /// Smooth the driver's motion (measured motion jitters; authored motion does not).
    pub smooth: bool,
    /// What to do while the driver shows no face.
    pub lost: LostFace,
}

impl Default for ReenactmentOptions {
    fn default() -> Self {
        Self { smooth: true, lost: LostFace::EaseToRest }
    }
}

/// Drives one portrait's face with a motion, frame by frame.
#[derive(Debug)]
pub struct Reenactment {
    options: ReenactmentOptions,
    rest: FaceMotion,
    neutral: Option<FaceMotion>,
    take_neutral: bool,
    filter: MotionFilter,
    /// The last target of a visible driver.
    last: TargetGeometry,
    /// Share of the driver in the output: 0 at rest, 1 while driven.
    share: f64,
    seen: Option<f64>,
    time: Option<f64>,
}

impl Reenactment {
    /// For a prepared portrait.
    #[must_use]
    pub fn new(portrait: &Portrait, options: ReenactmentOptions) -> Self {
        Self::of_face(portrait.rest(), options)
    }

    /// For a portrait of which only its own face is known: `rest`.
    #[must_use]
    pub fn of_face(rest: FaceMotion, options: ReenactmentOptions) -> Self {
        let last = TargetGeometry::of(&rest);
        Self {
            options,
            rest,
            neutral: None,
            take_neutral: true,
            filter: MotionFilter::default(),
            last,
            share: 1.0,
            seen: None,
            time: None,
        }
    }

    /// Gives the driver's neutral face; without it the first frame with a face is taken.
    pub fn with_neutral(&mut self, neutral: FaceMotion) {
        self.neutral = Some(neutral);
        self.take_neutral = false;
    }

    /// Takes the driver's next frame as its neutral face.
    pub fn set_neutral(&mut self) {
        self.take_neutral = true;
    }

    /// Forgets the driver: neutral face, smoothing and the last motion.
    pub fn reset(&mut self) {
        *self = Self::of_face(self.rest.clone(), self.options);
    }

    /// The driver's neutral face, if it is known.
    #[must_use]
    pub fn neutral(&self) -> Option<&FaceMotion> {
        self.neutral.as_ref()
    }

    /// The geometry for the next frame at `time` (seconds, not decreasing); `None`
    /// where the driver shows no face.
    pub fn drive(&mut self, motion: Option<&FaceMotion>, time: f64) -> TargetGeometry {
        let elapsed = self.time.map_or(0.0, |before| (time - before).max(0.0));
        self.time = Some(time);
        if let Some(motion) = motion {
            self.follow(motion, time, elapsed);
        } else if self.options.lost == LostFace::EaseToRest {
            let missing = self.seen.map_or(f64::INFINITY, |seen| time - seen);
            if missing > HOLD {
                self.share = (self.share - elapsed / TO_REST).max(0.0);
            }
        }
        let rest = TargetGeometry::of(&self.rest);
        rest.blend(&self.last, smoothstep(self.share, 0.0, 1.0))
    }

    fn follow(&mut self, motion: &FaceMotion, time: f64, elapsed: f64) {
        if self.seen.is_some_and(|seen| time - seen > HOLD) {
            // What came before the gap says nothing about the speed after it.
            self.filter.reset();
        }
        let motion = if self.options.smooth { self.filter.apply(motion, time) } else { motion.clone() };
        if self.take_neutral || self.neutral.is_none() {
            self.neutral = Some(motion.clone());
            self.take_neutral = false;
        }
        let neutral = self.neutral.as_ref().unwrap_or(&motion);
        let mut target = transfer(&self.rest, neutral, &motion);
        target.pose = limit_pose(&self.rest.pose, &target.pose);
        self.last = target;
        self.seen = Some(time);
        self.share = (self.share + elapsed / TO_DRIVER).min(1.0);
    }
}
