//! A motion over time, kept small.

use nalgebra::Vector3;

use super::FaceMotion;
use super::units::{self, COORDINATES, LIMIT_SCORE, PLAIN, SCORE, refuse};
use crate::error::Result;

/// The largest number of frames: two hours at 30 frames a second.
pub const LIMIT_FRAMES: usize = 216_000;
/// The largest number of components: with [`LIMIT_FRAMES`], 135 MB in memory.
pub const LIMIT_COMPONENTS: usize = 96;
/// Largest rate, frames per second.
const LIMIT_RATE: f64 = 1000.0;
/// Largest distance of a landmark from its neutral place on each axis, centimetres.
const LIMIT_OFFSET: f64 = 200.0;
/// Largest number of binary places of a loading.
pub(super) const LIMIT_EXPONENT: u8 = 20;

/// One way in which the face moves.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Component {
    /// Binary places of the loadings.
    pub(super) exponent: u8,
    /// How far one centimetre of score moves each coordinate, centimetres times 2^exponent.
    pub(super) loadings: Vec<i32>,
}

impl Component {
    /// Size of a unit of score times a unit of loading, centimetres.
    fn unit(&self) -> f64 {
        (-f64::from(self.exponent)).exp2() / SCORE
    }
}

/// Where a motion comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Origin {
    /// Measured on a face: it jitters, and its landmarks show more than its coefficients say.
    #[default]
    Measured,
    /// Made by hand: smooth, and all in its coefficients.
    Authored,
}

/// A motion over time.
///
/// A frame's shape is kept as its scores on a few components, the ways in which this face
/// moves, and is rebuilt when it is asked for: an hour takes some 30 MB, not the gigabytes of its
/// landmarks. Made by a [`MotionRecorder`](super::MotionRecorder) or read [from a file](super::file::read).
#[derive(Debug, Clone, PartialEq)]
pub struct MotionTrack {
    rate: f64,
    origin: Origin,
    neutral: FaceMotion,
    neutral_units: Vec<i32>,
    components: Vec<Component>,
    /// For each frame the index of its row; `None` where no face was seen.
    places: Vec<Option<u32>>,
    /// Rows of pose, coefficients and scores.
    rows: Vec<i32>,
}

impl MotionTrack {
    /// Puts a track together: the neutral face as plain values and landmarks, one entry of `seen` a frame,
    /// one row for each that is true.
    ///
    /// # Errors
    /// [`Error::Motion`](crate::Error::Motion) for anything that is out of range or does not fit together.
    pub(super) fn new(
        rate: f64,
        origin: Origin,
        neutral_units: Vec<i32>,
        components: Vec<Component>,
        seen: &[bool],
        rows: Vec<i32>,
    ) -> Result<Self> {
        check_rate(rate)?;
        check_size(seen.len(), components.len())?;
        let width = PLAIN + components.len();
        let count = seen.iter().filter(|&&seen| seen).count();
        if neutral_units.len() != PLAIN + COORDINATES || rows.len() != count * width {
            return Err(refuse("its parts do not fit together"));
        }
        units::check_plain(&neutral_units[..PLAIN])?;
        units::check_landmarks(&neutral_units[PLAIN..])?;
        let reach = components.iter().map(reach).collect::<Result<Vec<f64>>>()?;
        for row in rows.chunks_exact(width) {
            let (plain, scores) = row.split_at(PLAIN);
            units::check_plain(plain)?;
            check_scores(scores, &reach)?;
        }
        let neutral = FaceMotion {
            shape: units::shape(&neutral_units[PLAIN..]),
            pose: units::pose(&neutral_units),
            coefficients: units::coefficients(&neutral_units),
        };
        let mut next = 0;
        let places = seen
            .iter()
            .map(|&seen| {
                seen.then(|| {
                    next += 1;
                    next - 1
                })
            })
            .collect();
        Ok(Self { rate, origin, neutral, neutral_units, components, places, rows })
    }

    /// Frames a second, above 0 and at most 1000.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// Where the motion comes from.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// The driver's neutral face; the motion is relative to it.
    #[must_use]
    pub fn neutral(&self) -> &FaceMotion {
        &self.neutral
    }

    /// Number of frames, at least 1.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are no frames; a track has some.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Length, seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.len() as f64 / self.rate
    }

    /// What the face does in a frame; `None` where no face was seen and after the last frame.
    #[must_use]
    pub fn frame(&self, index: usize) -> Option<FaceMotion> {
        let row = (*self.places.get(index)?)? as usize;
        let width = PLAIN + self.components.len();
        let values = self.rows.get(row * width..(row + 1) * width)?;
        let mut shape = self.neutral.shape.clone();
        for (component, &score) in self.components.iter().zip(&values[PLAIN..]) {
            let size = f64::from(score) * component.unit();
            for (point, way) in shape.iter_mut().zip(component.loadings.chunks_exact(3)) {
                *point += Vector3::new(way[0], way[1], way[2]).map(f64::from) * size;
            }
        }
        Some(FaceMotion { shape, pose: units::pose(values), coefficients: units::coefficients(values) })
    }

    /// All frames in turn.
    pub fn frames(&self) -> impl ExactSizeIterator<Item = Option<FaceMotion>> {
        (0..self.len()).map(|index| self.frame(index))
    }

    /// One entry a frame: whether a face was seen.
    pub fn seen(&self) -> impl ExactSizeIterator<Item = bool> {
        self.places.iter().map(Option::is_some)
    }

    /// The neutral face in units: plain values, then landmarks.
    pub(super) fn neutral_units(&self) -> &[i32] {
        &self.neutral_units
    }

    pub(super) fn components(&self) -> &[Component] {
        &self.components
    }

    /// Rows of pose, coefficients and scores, one for each frame with a face.
    pub(super) fn rows(&self) -> &[i32] {
        &self.rows
    }
}

/// Refuses a rate that is not above 0 and at most 1000 frames a second.
pub(super) fn check_rate(rate: f64) -> Result<()> {
    if rate.is_finite() && rate > 0.0 && rate <= LIMIT_RATE {
        Ok(())
    } else {
        Err(refuse(format!("its rate is {rate}, not above 0 and at most {LIMIT_RATE}")))
    }
}

/// Refuses a number of frames or components that is over its limit, and a track without frames.
pub(super) fn check_size(frames: usize, components: usize) -> Result<()> {
    if !(1..=LIMIT_FRAMES).contains(&frames) {
        return Err(refuse(format!("it has {frames} frames, not 1 to {LIMIT_FRAMES}")));
    }
    if components > LIMIT_COMPONENTS {
        return Err(refuse(format!("it has {components} components, not at most {LIMIT_COMPONENTS}")));
    }
    Ok(())
}

/// How far a unit of a component's score moves a coordinate at most, centimetres.
fn reach(component: &Component) -> Result<f64> {
    let most = component.loadings.iter().map(|v| v.unsigned_abs()).max().unwrap_or(0);
    let fits = component.loadings.len() == COORDINATES && component.exponent <= LIMIT_EXPONENT;
    // The squares of a component's loadings add up to at most 1.
    if fits && most <= 1 << component.exponent {
        Ok(f64::from(most) * component.unit())
    } else {
        Err(refuse("a component is out of range"))
    }
}

fn check_scores(scores: &[i32], reach: &[f64]) -> Result<()> {
    let most = scores.iter().zip(reach).map(|(&score, reach)| f64::from(score).abs() * reach).sum::<f64>();
    if most > LIMIT_OFFSET || scores.iter().any(|score| score.unsigned_abs() > LIMIT_SCORE.unsigned_abs()) {
        return Err(refuse("a landmark is too far away from the neutral face"));
    }
    Ok(())
}
