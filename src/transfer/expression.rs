//! Which expression a portrait is to show, with the parts that coefficients do not carry.

use nalgebra::Vector3;

use super::decoder::ExpressionDecoder;
use super::movable::Movable;
use super::options::{ExpressionMode, TransferOptions};
use super::{bone, lids, lips, relative, visibility};
use crate::error::Result;
use crate::geometry::Shape;
use crate::motion::{Coefficients, FaceMotion};

/// An expression for one portrait.
#[derive(Debug, Clone)]
pub struct Expression {
    /// The coefficients that the portrait is to show, in \[0, 1\].
    pub wanted: Coefficients,
    /// Displacements that the coefficients do not explain, for each landmark; canonical frame, centimetres.
    pub detail: Option<Shape>,
    /// How much of the change that a bent photo fails to show is made up for, 0 to 1 ([`visibility`]).
    pub emphasis: f32,
    /// How far each eye may be open, as a share of an open eye, 0 to 1; the person's right eye first.
    pub lids: [f64; 2],
    /// Gaps between the driver's inner lips, left to right, in mouth widths: where they are closed, the portrait's
    /// are. `None` if the lips follow the coefficients and the detail only.
    pub lips: Option<[f64; lips::PAIRS]>,
}

impl Expression {
    /// The expression of exactly these coefficients, on a portrait that shows `rest`.
    #[must_use]
    pub fn of(wanted: Coefficients, rest: &Coefficients) -> Self {
        Self { lids: lids::openness_of(&wanted, rest), wanted, detail: None, emphasis: 1.0, lips: None }
    }
}

/// A driver's neutral face, prepared.
#[derive(Debug, Clone)]
pub struct Neutral {
    /// The face.
    pub motion: FaceMotion,
    movable: Movable,
}

impl Neutral {
    /// Prepares a driver's neutral face.
    ///
    /// # Errors
    /// [`Error::Option`](crate::Error::Option) unless it has 478 landmarks.
    pub fn new(decoder: &ExpressionDecoder, motion: FaceMotion) -> Result<Self> {
        let movable = Movable::new(decoder, &motion)?;
        Ok(Self { motion, movable })
    }

    /// The expression that `current`, a moment of this driver, asks of a portrait whose photo shows `rest`.
    ///
    /// An `authored` motion is all in its coefficients. A measured one has detail beyond them: the part of the
    /// landmarks' motion from the neutral face that the coefficients do not explain. On somebody else's face the part
    /// that the turn of the driver's head explains is left out too, and bone does not move.
    #[must_use]
    pub fn ask(
        &self,
        decoder: &ExpressionDecoder,
        rest: &FaceMotion,
        current: &FaceMotion,
        options: &TransferOptions,
        authored: bool,
    ) -> Expression {
        let neutral = &self.motion;
        let emphasis = if authored { 1.0 } else { visibility::emphasis(&rest.shape, &neutral.shape) };
        let strengths = options.strengths();
        let mut wanted = rest.coefficients;
        for (i, value) in wanted.iter_mut().enumerate() {
            let (own, calm, now) =
                (f64::from(*value), f64::from(neutral.coefficients[i]), f64::from(current.coefficients[i]));
            let strength = strengths[i];
            // For a person who drives its own photo (emphasis 0), the difference between its neutral face and the
            // photo is noise: it is taken off.
            let now = own + (now - calm) + f64::from(emphasis) * (calm - own);
            let calm = own + f64::from(emphasis) * (calm - own);
            let asked = match options.mode {
                ExpressionMode::Relative => own + strength * (now - calm),
                // Up to the driver's expression, then on in the direction in which the driver moves.
                ExpressionMode::Absolute if strength <= 1.0 => own + strength * (now - own),
                ExpressionMode::Absolute => now + (strength - 1.0) * (now - calm),
            };
            *value = asked.clamp(0.0, 1.0) as f32;
        }
        let detail = if authored {
            None
        } else {
            let now = &current.coefficients;
            let explained = self.movable.displacement(decoder, now, now);
            let turned = decoder.turning(&neutral.pose, &current.pose);
            let mut left: Vec<Vector3<f64>> = current
                .shape
                .iter()
                .zip(&neutral.shape)
                .zip(explained.iter().zip(&turned))
                .map(|((now, calm), (explained, turned))| now - calm - explained - turned * f64::from(emphasis))
                .collect();
            bone::hold(&mut left, f64::from(emphasis));
            Some(relative::adapt(left, rest, neutral, options))
        };
        let by_coefficients = lids::openness_of(&wanted, &rest.coefficients);
        let by_landmarks = lids::openness(&neutral.shape, &current.shape);
        let strength = options.within(options.eyes);
        let lids = [0, 1].map(|side| {
            let open = 1.0 - strength * (1.0 - by_landmarks[side]);
            let snapped = 1.0 - f64::from(emphasis) * (1.0 - by_coefficients[side]);
            snapped.min(open).clamp(0.0, 1.0)
        });
        let whole = options.mode == ExpressionMode::Absolute && options.expression * options.lips >= 1.0;
        Expression { wanted, detail, emphasis, lids, lips: whole.then(|| lips::gaps(&current.shape)) }
    }
}
