//! Reenactment over time: neutral face, smoothing, limits, and a driver that comes and goes.

use std::sync::Arc;

use super::decoder::ExpressionDecoder;
use super::expression::{Expression, Neutral};
use super::limits::limit_pose;
use super::neutral::{Calibration, Watch};
use super::options::TransferOptions;
use super::person::Person;
use super::relative::relative_pose;
use super::turned;
use crate::error::Result;
use crate::geometry::smoothstep;
use crate::motion::smoothing::MotionFilter;
use crate::motion::{Coefficients, FaceMotion, TargetGeometry};
use crate::portrait::Portrait;

/// How long the last motion is held before the portrait eases to rest, seconds.
const HOLD: f64 = 0.25;
/// How long the portrait takes to ease to rest after that, seconds.
const TO_REST: f64 = 0.9;
/// How long the portrait takes to ease back to the driver when it returns, seconds.
const TO_DRIVER: f64 = 0.35;
/// The most time that one frame may add to either easing, seconds. So after a while without frames the easing begins,
/// instead of being over at once.
const LONGEST_STEP: f64 = 0.1;

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
    /// Whether the motion was measured on a face: it carries detail beyond its coefficients.
    /// Authored motion is taken as it is, by its coefficients.
    pub measured: bool,
    /// Smooth the motion; measured motion jitters.
    pub smooth: bool,
    /// What to do while the driver shows no face.
    pub lost: LostFace,
    /// How the driver's neutral face is found.
    pub calibration: Calibration,
}

impl Default for ReenactmentOptions {
    fn default() -> Self {
        Self { measured: true, smooth: true, lost: LostFace::EaseToRest, calibration: Calibration::FirstFrame }
    }
}

/// How far the search for the driver's neutral face is.
#[derive(Debug)]
enum Search {
    /// The neutral face is known.
    Done,
    /// The next frame with a face is taken as neutral.
    Next,
    /// The neutral face is being averaged from the driver's frames.
    Watching(Box<Watch>),
}

impl Search {
    fn begin(calibration: Calibration) -> Self {
        match calibration {
            Calibration::FirstFrame => Self::Next,
            Calibration::FirstSecond => Self::Watching(Box::default()),
        }
    }
}

/// Drives one portrait's face with a motion, frame by frame.
#[derive(Debug)]
pub struct Reenactment {
    options: ReenactmentOptions,
    transfer: TransferOptions,
    person: Person,
    neutral: Option<Neutral>,
    /// The mirrored neutral face, once it has been needed.
    mirrored: Option<Neutral>,
    search: Search,
    filter: MotionFilter,
    /// The last target of a visible driver.
    last: TargetGeometry,
    /// Share of the driver in the output: 0 at rest, 1 while driven.
    share: f64,
    seen: Option<f64>,
    time: Option<f64>,
}

impl Reenactment {
    /// A reenactment of a prepared portrait.
    ///
    /// # Errors
    /// [`Error::Option`](crate::Error::Option) when its face has not 478 landmarks.
    pub fn new(portrait: &Portrait, decoder: Arc<ExpressionDecoder>, options: ReenactmentOptions) -> Result<Self> {
        Ok(Self::of_person(Person::new(decoder, portrait.rest())?, options))
    }

    /// A reenactment of a face alone, without a picture of it.
    #[must_use]
    pub fn of_person(person: Person, options: ReenactmentOptions) -> Self {
        Self {
            options,
            transfer: TransferOptions::default(),
            last: TargetGeometry::of(person.rest()),
            person,
            neutral: None,
            mirrored: None,
            search: Search::begin(options.calibration),
            filter: MotionFilter::default(),
            share: 1.0,
            seen: None,
            time: None,
        }
    }

    /// Sets the driver's neutral face. If it is not set, it is found as the options say.
    ///
    /// # Errors
    /// [`Error::Option`](crate::Error::Option) unless it has 478 landmarks.
    pub fn with_neutral(&mut self, neutral: FaceMotion) -> Result<()> {
        self.search = Search::Done;
        self.prepare(neutral)
    }

    fn prepare(&mut self, neutral: FaceMotion) -> Result<()> {
        self.neutral = Some(Neutral::new(self.person.decoder(), neutral)?);
        self.mirrored = None;
        Ok(())
    }

    /// Takes the driver's next frame as its neutral face.
    pub fn set_neutral(&mut self) {
        self.search = Search::Next;
    }

    /// Sets which parts of the driver's motion are carried over and how strongly, from the next frame on.
    ///
    /// # Errors
    /// [`Error::Option`](crate::Error::Option) for a strength out of \[0, 2\].
    pub fn set_transfer(&mut self, transfer: TransferOptions) -> Result<()> {
        self.transfer = transfer.checked()?;
        Ok(())
    }

    /// The driver's neutral face, if it is known.
    #[must_use]
    pub fn neutral(&self) -> Option<&FaceMotion> {
        self.neutral.as_ref().map(|neutral| &neutral.motion)
    }

    /// The person that is driven.
    #[must_use]
    pub fn person(&self) -> &Person {
        &self.person
    }

    /// The portrait with exactly these coefficients (in \[0, 1\]) and its head turned from
    /// the photo's pose by yaw, pitch and roll, degrees: no driver is needed.
    #[must_use]
    pub fn posed(&self, wanted: Coefficients, turn: [f64; 3]) -> TargetGeometry {
        let rest = self.person.rest();
        let shape = self.person.shape(&Expression::of(wanted, &rest.coefficients));
        let pose = limit_pose(&rest.pose, &turned(&rest.pose, turn));
        TargetGeometry { shape, pose, coefficients: wanted }
    }

    /// The geometry for the next frame at `time` (seconds, not decreasing); `None`
    /// where the driver shows no face.
    ///
    /// # Errors
    /// [`Error::Option`](crate::Error::Option) for a neutral face without 478 landmarks.
    pub fn drive(&mut self, motion: Option<&FaceMotion>, time: f64) -> Result<TargetGeometry> {
        let elapsed = self.time.map_or(0.0, |before| (time - before).max(0.0));
        self.time = Some(time);
        if let Some(motion) = motion {
            self.follow(motion, time, elapsed)?;
        } else if self.options.lost == LostFace::EaseToRest {
            let missing = self.seen.map_or(f64::INFINITY, |seen| time - seen);
            if missing > HOLD {
                self.share = (self.share - elapsed.min(LONGEST_STEP) / TO_REST).max(0.0);
            }
        }
        let rest = TargetGeometry::of(self.person.rest());
        Ok(rest.blend(&self.last, smoothstep(self.share, 0.0, 1.0)))
    }

    fn follow(&mut self, motion: &FaceMotion, time: f64, elapsed: f64) -> Result<()> {
        if self.seen.is_some_and(|seen| time - seen > HOLD) {
            // The frames before the gap say nothing about the speed after it.
            self.filter.reset();
        }
        let motion = if self.options.smooth { self.filter.apply(motion, time) } else { motion.clone() };
        self.seek_neutral(&motion, time)?;
        if self.transfer.mirror
            && self.mirrored.is_none()
            && let Some(neutral) = &self.neutral
        {
            self.mirrored = Some(Neutral::new(self.person.decoder(), neutral.motion.mirrored())?);
        }
        let (neutral, current) = match self.transfer.mirror {
            true => (&self.mirrored, motion.mirrored()),
            false => (&self.neutral, motion),
        };
        if let Some(neutral) = neutral {
            let rest = self.person.rest();
            let authored = !self.options.measured;
            let expression = neutral.ask(self.person.decoder(), rest, &current, &self.transfer, authored);
            let pose = relative_pose(&rest.pose, &neutral.motion.pose, &current.pose, self.transfer.pose);
            let shape = self.person.shape(&expression);
            let pose = limit_pose(&rest.pose, &pose);
            self.last = TargetGeometry { shape, pose, coefficients: expression.wanted };
        }
        self.seen = Some(time);
        self.share = (self.share + elapsed.min(LONGEST_STEP) / TO_DRIVER).min(1.0);
        Ok(())
    }

    fn seek_neutral(&mut self, motion: &FaceMotion, time: f64) -> Result<()> {
        let found = match &mut self.search {
            Search::Done => return Ok(()),
            Search::Next => {
                self.search = Search::Done;
                Some(motion.clone())
            }
            Search::Watching(watch) => watch.take(motion, time),
        };
        match found {
            Some(found) => self.prepare(found)?,
            None => self.search = Search::Done,
        }
        Ok(())
    }
}
