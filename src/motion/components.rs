//! Finds the few ways in which a face moves, while its frames come in.
//!
//! Principal components by the Gram matrix (Turk and Pentland 1991, "Eigenfaces for Recognition") of a few frames at
//! a time. The part of a group of frames that the components so far do not explain gives new components, and of the
//! frames only their scores are kept. At the end the components are turned to the principal axes of all scores, and
//! the last axes, which are hardly used, are dropped.

use nalgebra::{DMatrix, DVector, SymmetricEigen};

use super::track::{Component, LIMIT_COMPONENTS, LIMIT_EXPONENT};
use super::units::{COORDINATES, LIMIT_SCORE, SCORE, refuse};
use crate::error::Result;
use crate::geometry::{LANDMARKS, VERTICES};

/// Number of frames in a group, which are decomposed together.
const GROUP: usize = 64;
/// Largest root mean square error of a group's landmarks while frames are gathered, centimetres.
const GROUP_ERROR: f64 = 0.005;
/// Largest number of components while frames are gathered. A face that is tracked without noise has some dozens.
const LIMIT_GATHERED: usize = 160;
/// Largest root mean square error of all landmarks at the end, as far as [`LIMIT_COMPONENTS`] components
/// suffice for it, centimetres: a thousandth of the distance of the outer eye corners is .0089.
const ERROR: f64 = 0.0095;
/// The part of this error that the rounding of loadings may cause, centimetres.
const LOADING_ERROR: f64 = 0.003;
/// A component that moves the landmarks by this root mean square in any frame is kept,
/// however rare such frames are, centimetres.
const RARE: f64 = 0.04;
/// Loadings are rounded as finely as the usual score needs, or this share of the largest score, whichever is larger.
const PEAK_SHARE: f64 = 0.25;
/// Factor on offsets of the irises' landmarks, so that their errors count this many times: irises move by little.
const IRIS_WEIGHT: f64 = 3.0;

fn weight(coordinate: usize) -> f64 {
    if coordinate < 3 * VERTICES { 1.0 } else { IRIS_WEIGHT }
}

/// Gathers shapes, each as its landmarks' offsets from the neutral shape.
#[derive(Debug, Clone, Default)]
pub(super) struct Gatherer {
    /// Unit vectors, orthogonal to each other.
    directions: Vec<DVector<f64>>,
    /// Weighted offsets of the frames that have no scores yet.
    group: Vec<DVector<f64>>,
    /// For each frame its scores on the directions that were known then, centimetres. On later directions it has 0.
    scores: Vec<Vec<f32>>,
    /// Sum of the squared weighted offsets that no direction explains.
    lost: f64,
}

impl Gatherer {
    /// Takes the next frame: x, y, z of each landmark's offset from the neutral face, centimetres.
    pub(super) fn push(&mut self, offsets: impl Iterator<Item = f64>) {
        let weighted = offsets.enumerate().map(|(index, offset)| offset * weight(index));
        self.group.push(DVector::from_iterator(COORDINATES, weighted));
        if self.group.len() == GROUP {
            self.settle();
        }
    }

    /// Replaces the group's offsets by scores.
    fn settle(&mut self) {
        let mut rests = std::mem::take(&mut self.group);
        let mut scores: Vec<Vec<f32>> = rests
            .iter_mut()
            .map(|rest| self.directions.iter().map(|direction| take(direction, rest)).collect())
            .collect();
        let mut left: f64 = rests.iter().map(DVector::norm_squared).sum();
        let allowed = (rests.len() * LANDMARKS) as f64 * GROUP_ERROR.powi(2);
        if left > allowed {
            let together = DMatrix::from_columns(&rests);
            for (size, axis) in axes(together.tr_mul(&together)) {
                if left <= allowed || size <= 0.0 || self.directions.len() == LIMIT_GATHERED {
                    break;
                }
                left -= size;
                let direction = (&together * axis).normalize();
                for (scores, rest) in scores.iter_mut().zip(&mut rests) {
                    scores.push(take(&direction, rest));
                }
                self.directions.push(direction);
            }
        }
        self.lost += rests.iter().map(DVector::norm_squared).sum::<f64>();
        self.scores.append(&mut scores);
    }

    /// The components, and each frame's scores on them in units.
    ///
    /// # Errors
    /// [`Error::Motion`](crate::Error::Motion) for a shape too far from the neutral one.
    pub(super) fn finish(mut self) -> Result<(Vec<Component>, Vec<Vec<i32>>)> {
        if !self.group.is_empty() {
            self.settle();
        }
        let (frames, found) = (self.scores.len().max(1) as f64, self.directions.len());
        let mut products = DMatrix::zeros(found, found);
        for scores in &self.scores {
            let scores = DVector::from_iterator(scores.len(), scores.iter().copied().map(f64::from));
            products.view_mut((0, 0), (scores.len(), scores.len())).ger(1.0, &scores, &scores, 1.0);
        }
        let (sizes, turns): (Vec<f64>, Vec<DVector<f64>>) = axes(products).into_iter().unzip();
        let turned = |scores: &[f32], turn: &DVector<f64>| -> f64 {
            scores.iter().zip(turn).map(|(&score, part)| f64::from(score) * part).sum()
        };
        let peaks: Vec<f64> = turns
            .iter()
            .map(|turn| self.scores.iter().map(|scores| turned(scores, turn).abs()).fold(0.0, f64::max))
            .collect();
        let count = needed(&sizes, &peaks, self.lost, frames);
        let kept = turns.iter().zip(&sizes).zip(&peaks).take(count);
        let components = kept.map(|((turn, size), peak)| {
            let usual = (size / frames).sqrt().max(peak * PEAK_SHARE);
            component(&self.directions, turn, usual, count)
        });
        let components = components.collect();
        let scores =
            self.scores.iter().map(|scores| turns[..count].iter().map(|turn| units(turned(scores, turn))).collect());
        Ok((components, scores.collect::<Result<_>>()?))
    }
}

/// Takes the part along `direction` out of `rest`, and returns its length: the score.
fn take(direction: &DVector<f64>, rest: &mut DVector<f64>) -> f32 {
    let score = direction.dot(rest) as f32;
    rest.axpy(-f64::from(score), direction, 1.0);
    score
}

/// Principal axes with the sums of squares along them, the largest first.
fn axes(products: DMatrix<f64>) -> Vec<(f64, DVector<f64>)> {
    if products.is_empty() {
        return Vec::new();
    }
    let eigen = SymmetricEigen::new(products);
    let mut axes: Vec<_> =
        eigen.eigenvalues.iter().copied().zip(eigen.eigenvectors.column_iter().map(Into::into)).collect();
    axes.sort_by(|a: &(f64, DVector<f64>), b| b.0.total_cmp(&a.0));
    axes
}

/// How many of the axes are needed to keep the error within [`ERROR`]. `sizes` are the axes' sums of squares, `peaks`
/// their largest scores, `lost` is the sum of squares that no axis has.
fn needed(sizes: &[f64], peaks: &[f64], lost: f64, frames: f64) -> usize {
    let landmarks = LANDMARKS as f64;
    // The variance of a number that was rounded to whole units is 1/12.
    let rounding = (SCORE * SCORE * 12.0 * landmarks).recip();
    let mut left = lost + sizes.iter().sum::<f64>();
    let mut count = 0;
    while count < sizes.len()
        && left / (frames * landmarks) + count as f64 * rounding + LOADING_ERROR.powi(2) > ERROR.powi(2)
    {
        left -= sizes[count];
        count += 1;
    }
    let rare = peaks.iter().rposition(|&peak| peak > RARE * landmarks.sqrt()).map_or(0, |last| last + 1);
    count.max(rare).min(LIMIT_COMPONENTS)
}

/// The component along `turn`, with loadings as fine as scores of about `usual` centimetres need.
fn component(directions: &[DVector<f64>], turn: &DVector<f64>, usual: f64, count: usize) -> Component {
    let mut way = DVector::zeros(COORDINATES);
    for (direction, &part) in directions.iter().zip(turn) {
        way.axpy(part, direction, 1.0);
    }
    // The squared error of a landmark comes from `count` components on three axes; each of these has an equal share
    // of it.
    let step = LOADING_ERROR * (12.0 / (3.0 * count as f64)).sqrt() / usual.max(1e-9);
    let exponent = (-step.log2()).ceil().clamp(0.0, f64::from(LIMIT_EXPONENT)) as u8;
    let scale = f64::from(exponent).exp2();
    let loadings = way.iter().enumerate().map(|(index, v)| (v / weight(index) * scale).round() as i32).collect();
    Component { exponent, loadings }
}

fn units(score: f64) -> Result<i32> {
    let units = (score * SCORE).round();
    if units.abs() <= f64::from(LIMIT_SCORE) {
        Ok(units as i32)
    } else {
        Err(refuse("a landmark is too far away from the neutral face"))
    }
}
