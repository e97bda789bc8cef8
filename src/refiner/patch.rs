//! Where a patch lies in a picture.
//!
//! A patch follows the face by a similarity only: it turns with the line through the outer eye
//! corners and scales with their distance. What is left for the net to see is the face's own change.
//! Places in a patch are measured in its pixels from its top left corner; as everywhere in the
//! renderer, the centre of the first pixel is at .5, in patches and in pictures.

use nalgebra::Vector2;

use crate::error::{Error, Result};
use crate::geometry::LANDMARKS;
use crate::geometry::topology::{EYES, LIPS, MOUTH_CORNERS, OUTER_EYE_CORNERS};

/// How far the centre of the mouth's patch lies below the middle of the mouth's corners, eye distances: a jaw drops, a
/// nose does not rise.
const MOUTH_DROP: f64 = 0.08;
/// Width of the border over which the refiner's change fades, smoothly and to exactly nothing in the outermost pixels;
/// sides of a patch.
pub(super) const FADE: f64 = 0.16;

/// A part of the face that has a patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The mouth.
    Mouth,
    /// The person's right eye, at the picture's left.
    RightEye,
    /// The person's left eye; its patch is mirrored, so that one net serves both eyes.
    LeftEye,
}

impl Part {
    /// All parts.
    pub const ALL: [Self; 3] = [Self::Mouth, Self::RightEye, Self::LeftEye];

    /// Side of the patch, pixels.
    #[must_use]
    pub const fn side(self) -> usize {
        match self {
            Self::Mouth => 96,
            Self::RightEye | Self::LeftEye => 64,
        }
    }

    /// Side of the patch, eye distances.
    #[must_use]
    pub const fn reach(self) -> f64 {
        match self {
            Self::Mouth => 1.15,
            Self::RightEye | Self::LeftEye => 0.62,
        }
    }

    /// Whether the patch shows a mirrored picture.
    #[must_use]
    pub const fn is_mirrored(self) -> bool {
        matches!(self, Self::LeftEye)
    }

    /// The landmarks whose motion counts for the patch: those of the lips, or of lids and iris.
    pub(super) fn landmarks(self) -> impl Iterator<Item = usize> {
        let of_eye = |k: usize| (EYES[k].lids.as_slice(), EYES[k].iris.as_slice());
        let (outline, iris) = match self {
            Self::Mouth => (LIPS.as_slice(), [].as_slice()),
            Self::RightEye => of_eye(0),
            Self::LeftEye => of_eye(1),
        };
        outline.iter().chain(iris).copied()
    }

    /// The two landmarks in whose middle the patch is centred.
    const fn corners(self) -> [usize; 2] {
        match self {
            Self::Mouth => MOUTH_CORNERS,
            Self::RightEye => EYES[0].corners,
            Self::LeftEye => EYES[1].corners,
        }
    }
}

/// Where a patch lies in a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PatchFrame {
    /// Side of the patch, pixels of the patch.
    pub side: usize,
    /// Place of the patch's first corner in the picture, pixels.
    pub origin: Vector2<f64>,
    /// Way in the picture from one column to the next, pixels.
    pub across: Vector2<f64>,
    /// Way in the picture from one row to the next, pixels.
    pub down: Vector2<f64>,
}

impl PatchFrame {
    /// The frame of `part` for a face whose 478 landmarks are at `places` in the picture, pixels.
    ///
    /// # Errors
    /// [`Error::Option`] unless there are 478 places and those it rests on are finite.
    pub fn of(part: Part, places: &[Vector2<f64>]) -> Result<Self> {
        let refused = Error::Option { option: "landmarks", expected: "478 finite points" };
        if places.len() != LANDMARKS {
            return Err(refused);
        }
        let [right, left] = OUTER_EYE_CORNERS.map(|i| places[i]);
        let line = left - right;
        // Eyes that fall on one point have no line between them; an upright, tiny patch is as good as any.
        let distance = line.norm().max(1.0);
        let unit = line.try_normalize(1e-9).unwrap_or_else(Vector2::x);
        let below = Vector2::new(-unit.y, unit.x);
        let [first, second] = part.corners().map(|i| places[i]);
        let drop = if part == Part::Mouth { MOUTH_DROP } else { 0.0 };
        let centre = (first + second) / 2.0 + below * (drop * distance);
        let step = part.reach() * distance / part.side() as f64;
        let across = unit * if part.is_mirrored() { -step } else { step };
        let down = below * step;
        let origin = centre - (across + down) * (part.side() as f64 / 2.0);
        if origin.iter().chain(&across).all(|v| v.is_finite()) {
            Ok(Self { side: part.side(), origin, across, down })
        } else {
            Err(refused)
        }
    }

    /// The frame between this one (`share` 0) and another one (`share` 1).
    pub(super) fn towards(&self, other: &Self, share: f64) -> Self {
        let between = |from: Vector2<f64>, to: Vector2<f64>| if share >= 1.0 { to } else { from + (to - from) * share };
        Self {
            side: self.side,
            origin: between(self.origin, other.origin),
            across: between(self.across, other.across),
            down: between(self.down, other.down),
        }
    }

    /// The largest distance of a corner of this frame from the same corner of another one, sides of that other frame.
    pub(super) fn way_to(&self, other: &Self) -> f64 {
        let side = self.side as f64;
        [[0.0, 0.0], [side, 0.0], [0.0, side], [side, side]]
            .map(|corner| (self.to_picture(corner.into()) - other.to_picture(corner.into())).norm())
            .into_iter()
            .fold(0.0, f64::max)
            / (side * other.scale()).max(f64::MIN_POSITIVE)
    }

    /// Pixels of the picture in a pixel of the patch, along each axis.
    #[must_use]
    pub fn scale(&self) -> f64 {
        self.across.norm()
    }

    /// The same patch in a picture that is smaller by these factors across and down.
    #[must_use]
    pub fn shrunk(&self, [x, y]: [f32; 2]) -> Self {
        let shrink = |v: Vector2<f64>| Vector2::new(v.x / f64::from(x), v.y / f64::from(y));
        Self { side: self.side, origin: shrink(self.origin), across: shrink(self.across), down: shrink(self.down) }
    }

    /// A place of the patch in the picture.
    #[must_use]
    pub fn to_picture(&self, place: Vector2<f64>) -> Vector2<f64> {
        self.origin + self.across * place.x + self.down * place.y
    }

    /// A place of the picture in the patch.
    #[must_use]
    pub fn to_patch(&self, place: Vector2<f64>) -> Vector2<f64> {
        // The axes are orthogonal and of one length.
        let (way, square) = (place - self.origin, self.across.norm_squared());
        Vector2::new(way.dot(&self.across), way.dot(&self.down)) / square
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use nalgebra::Rotation2;
    use proptest::prelude::*;

    /// A face with eye corners, mouth corners and nothing else, upright, eye distance 100.
    fn face() -> Vec<Vector2<f64>> {
        let mut places = vec![Vector2::new(150.0, 140.0); LANDMARKS];
        for (i, x, y) in [
            (33, 100.0, 100.0),
            (133, 130.0, 102.0),
            (362, 170.0, 102.0),
            (263, 200.0, 100.0),
            (61, 125.0, 180.0),
            (291, 175.0, 180.0),
        ] {
            places[i] = Vector2::new(x, y);
        }
        places
    }

    #[test]
    fn an_upright_face_has_upright_patches() {
        let mouth = PatchFrame::of(Part::Mouth, &face()).unwrap();
        assert!((mouth.to_picture(Vector2::new(48.0, 48.0)) - Vector2::new(150.0, 188.0)).norm() < 1e-9);
        assert!((mouth.scale() * 96.0 - 115.0).abs() < 1e-9 && mouth.across.y.abs() < 1e-12);
        let left = PatchFrame::of(Part::LeftEye, &face()).unwrap();
        // Mirrored: the outer corner is at the patch's left, as the right eye's is.
        assert!(left.to_patch(Vector2::new(200.0, 100.0)).x < 32.0);
        let right = PatchFrame::of(Part::RightEye, &face()).unwrap();
        let [a, b] = [left.to_patch(Vector2::new(200.0, 100.0)), right.to_patch(Vector2::new(100.0, 100.0))];
        assert!((a - b).norm() < 1e-9, "{a} {b}");
    }

    #[test]
    fn landmarks_are_checked() {
        assert!(PatchFrame::of(Part::Mouth, &face()[..468]).is_err());
        let mut broken = face();
        broken[61].x = f64::NAN;
        assert!(PatchFrame::of(Part::Mouth, &broken).is_err());
        assert!(PatchFrame::of(Part::Mouth, &vec![Vector2::new(5.0, 5.0); LANDMARKS]).is_ok());
    }

    proptest! {
        #[test]
        fn patches_move_with_the_face(
            turn in -3.0..3.0f64, scale in 0.3..4.0f64, x in -500.0..500.0f64, y in -500.0..500.0f64,
            u in 0.0..96.0f64, v in 0.0..96.0f64,
        ) {
            let moved = |p: Vector2<f64>| Rotation2::new(turn) * p * scale + Vector2::new(x, y);
            let other: Vec<_> = face().into_iter().map(moved).collect();
            for part in Part::ALL {
                let [a, b] = [&face(), &other].map(|places| PatchFrame::of(part, places).unwrap());
                let place = Vector2::new(u, v);
                prop_assert!((moved(a.to_picture(place)) - b.to_picture(place)).norm() < 1e-6);
                prop_assert!((b.to_patch(b.to_picture(place)) - place).norm() < 1e-6);
            }
        }
    }
}
