//! A portrait's face as the transfer sees it: what it looks like with any expression.

use std::sync::Arc;

use super::decoder::ExpressionDecoder;
use super::expression::Expression;
use super::movable::Movable;
use super::{lids, lips, unfold, visibility};
use crate::error::Result;
use crate::geometry::Shape;
use crate::motion::FaceMotion;

/// One person's face at rest, and the decoder that moves it.
#[derive(Debug, Clone)]
pub struct Person {
    decoder: Arc<ExpressionDecoder>,
    rest: FaceMotion,
    movable: Movable,
}

impl Person {
    /// Prepares a face as the photo shows it.
    ///
    /// # Errors
    /// [`Error::Option`](crate::Error::Option) unless it has 478 landmarks.
    pub fn new(decoder: Arc<ExpressionDecoder>, rest: FaceMotion) -> Result<Self> {
        let movable = Movable::new(&decoder, &rest)?;
        Ok(Self { decoder, rest, movable })
    }

    /// The face in the photo.
    #[must_use]
    pub fn rest(&self) -> &FaceMotion {
        &self.rest
    }

    /// The decoder.
    #[must_use]
    pub fn decoder(&self) -> &Arc<ExpressionDecoder> {
        &self.decoder
    }

    /// The 478 landmarks with an expression, canonical frame, centimetres. The photo's own
    /// coefficients without detail give the photo's own face.
    #[must_use]
    pub fn shape(&self, expression: &Expression) -> Shape {
        let rest = &self.rest.shape;
        let asked = visibility::ask(&self.rest.coefficients, &expression.wanted, expression.emphasis);
        let mut shape = self.movable.displacement(&self.decoder, &asked, &expression.wanted);
        for (i, point) in shape.iter_mut().enumerate() {
            *point += rest[i];
            if let Some(detail) = &expression.detail {
                *point += detail[i];
            }
        }
        lids::bound(&mut shape, rest, f64::from(expression.emphasis));
        lids::snap(&mut shape, rest, expression.lids);
        lips::close(&mut shape, rest, expression.lips.as_ref());
        unfold::unfold(rest, &mut shape);
        shape
    }
}
