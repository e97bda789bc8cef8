//! Linear expression basis: coefficients to the shape of the mean face.

use nalgebra::Vector3;

use crate::error::Result;
use crate::geometry::topology::{EYES, LOWER_INNER_LIP, UPPER_INNER_LIP};
use crate::geometry::{LANDMARKS, Shape, smoothstep};
use crate::models::{Models, WeightFile};
use crate::motion::{COEFFICIENTS, Coefficients, coefficient};

/// File that `train/expression_basis.py` writes.
const FILE: &str = "expression_basis.safetensors";
/// eyeBlink from which the gap between the lids narrows; at 1 it is closed.
const LIDS_MEET: f64 = 0.9;
/// Openness of the mouth (a sum of coefficients above rest) at which the gap between the lips is as wide as the basis
/// has it; at 0 the lips touch.
const LIPS_PART: f64 = 0.12;

/// The mean face and its displacement per unit of each coefficient.
pub(super) struct ExpressionBasis {
    /// The mean face of people who look neutral, canonical frame, centimetres.
    pub(super) neutral: Shape,
    /// The coefficients of that face.
    pub(super) rest: Coefficients,
    columns: Vec<Shape>,
}

impl ExpressionBasis {
    pub(super) fn load(models: &Models) -> Result<Self> {
        let file = WeightFile::open(models, FILE)?;
        let neutral = points(&file.numbers("neutral", LANDMARKS * 3)?);
        let mut rest = [0.0; COEFFICIENTS];
        rest.copy_from_slice(&file.numbers("neutral_coefficients", COEFFICIENTS)?);
        let columns =
            file.numbers("basis", COEFFICIENTS * LANDMARKS * 3)?.chunks_exact(LANDMARKS * 3).map(points).collect();
        Ok(Self { neutral, rest, columns })
    }

    /// The face with these coefficients. Lids or lips that would cross meet instead. At eyeBlink = 1 the lids are shut;
    /// the lips touch as long as no coefficient opens them.
    pub(super) fn shape(&self, coefficients: &Coefficients) -> Shape {
        let mut shape = self.neutral.clone();
        for ((column, &wanted), &rest) in self.columns.iter().zip(coefficients).zip(&self.rest) {
            let change = f64::from(wanted - rest);
            if change != 0.0 {
                for (point, step) in shape.iter_mut().zip(column) {
                    *point += step * change;
                }
            }
        }
        for (eye, side) in EYES.iter().zip(["eyeBlinkRight", "eyeBlinkLeft"]) {
            let open = 1.0 - smoothstep(f64::from(coefficients[coefficient(side)]), LIDS_MEET, 1.0);
            for i in 1..8 {
                // The lid line runs along the lower lid to corner 8 and back along the upper lid.
                narrow(&mut shape, eye.lids[16 - i], eye.lids[i], open);
            }
        }
        let above_rest =
            |name: &str| f64::from(coefficients[coefficient(name)] - self.rest[coefficient(name)]).max(0.0);
        let openness = above_rest("jawOpen")
            + 0.5 * above_rest("mouthFunnel")
            + ["mouthUpperUpLeft", "mouthUpperUpRight", "mouthLowerDownLeft", "mouthLowerDownRight"]
                .map(|name| 0.3 * above_rest(name))
                .iter()
                .sum::<f64>();
        let open = smoothstep(openness, 0.0, LIPS_PART);
        for (&upper, &lower) in UPPER_INNER_LIP.iter().zip(&LOWER_INNER_LIP) {
            narrow(&mut shape, upper, lower, open);
        }
        shape
    }
}

/// Narrows the gap between two facing points to the share `open`; closes it where they have crossed.
fn narrow(shape: &mut [Vector3<f64>], upper: usize, lower: usize, open: f64) {
    let gap = shape[upper] - shape[lower];
    let share = if gap.y < 0.0 { 0.0 } else { open };
    let step = gap * (0.5 * (1.0 - share));
    shape[upper] -= step;
    shape[lower] += step;
}

fn points(values: &[f32]) -> Shape {
    values.chunks_exact(3).map(|p| Vector3::new(p[0], p[1], p[2]).map(f64::from)).collect()
}
