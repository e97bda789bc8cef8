//! A face that any expression can be put on: by the decoder, and by hand where the decoder has not learnt.
//!
//! The decoder has seen few mouths and jaws that move sideways. Beyond what it has seen it extrapolates well to the
//! person's left only. For a motion to the right the mirrored face is moved to the left, so that both sides look alike.

use super::decoder::{DecodedFace, ExpressionDecoder};
use super::{authored, pucker};
use crate::error::Result;
use crate::geometry::{Shape, smoothstep};
use crate::motion::{Coefficients, FaceMotion, coefficient, mirror};

/// How far the mirrored face is used, by how much more mouth and jaw go to the right than to the left (difference of
/// their coefficients): not at all below the first, alone above the second.
const RIGHTWARDS: [f64; 2] = [0.02, 0.12];

/// A face, prepared for moving.
#[derive(Debug, Clone)]
pub struct Movable {
    shown: Coefficients,
    face: DecodedFace,
    mirrored: DecodedFace,
}

impl Movable {
    /// Prepares a face.
    ///
    /// # Errors
    /// [`Error::Option`](crate::Error::Option) unless it has 478 landmarks.
    pub fn new(decoder: &ExpressionDecoder, motion: &FaceMotion) -> Result<Self> {
        let other = motion.mirrored();
        Ok(Self {
            shown: motion.coefficients,
            face: decoder.face(&motion.shape, &authored::left_out(motion.coefficients))?,
            mirrored: decoder.face(&other.shape, &authored::left_out(other.coefficients))?,
        })
    }

    /// How the face's 478 landmarks move, canonical frame, centimetres. The decoder makes the coefficients `asked`,
    /// the parts that are made by hand show those of `wanted`; both in \[0, 1\].
    #[must_use]
    pub fn displacement(&self, decoder: &ExpressionDecoder, asked: &Coefficients, wanted: &Coefficients) -> Shape {
        let asked = self.possible(asked);
        let mut moves = match pucker::without(&self.shown, &asked) {
            Some(less) => {
                let [mut moves, without] = self.decoded(decoder, [asked, less]);
                pucker::draw_together(&mut moves, &without);
                moves
            }
            None => {
                let [moves] = self.decoded(decoder, [asked]);
                moves
            }
        };
        authored::add(&mut moves, &self.shown, wanted);
        moves
    }

    /// The coefficients `asked` with `mouthClose` no larger than `jawOpen`, or than the photo's own `mouthClose`: it
    /// takes back the gap that an open jaw makes, and beyond that, where lips would be nearer than shut, the decoder
    /// tears the mouth's corners.
    fn possible(&self, asked: &Coefficients) -> Coefficients {
        let (close, jaw) = (coefficient("mouthClose"), coefficient("jawOpen"));
        let mut possible = *asked;
        possible[close] = asked[close].min(asked[jaw].max(self.shown[close]));
        possible
    }

    /// The decoder's displacements for several expressions that go equally far to the right.
    fn decoded<const N: usize>(&self, decoder: &ExpressionDecoder, asked: [Coefficients; N]) -> [Shape; N] {
        let value = |name| asked.first().map_or(0.0, |asked| f64::from(asked[coefficient(name)]));
        let right = value("jawRight") + value("mouthRight") - value("jawLeft") - value("mouthLeft");
        let share = smoothstep(right, RIGHTWARDS[0], RIGHTWARDS[1]);
        let own = || decoder.displacements(&self.face, asked.map(authored::left_out));
        let across = |asked| authored::left_out(mirror::coefficients(&asked));
        let other = || decoder.displacements(&self.mirrored, asked.map(across)).map(|moves| mirror::shape(&moves));
        if share <= 0.0 {
            own()
        } else if share >= 1.0 {
            other()
        } else {
            let (own, other) = (own(), other());
            std::array::from_fn(|k| own[k].iter().zip(&other[k]).map(|(own, other)| own.lerp(other, share)).collect())
        }
    }
}
