//! Which parts of a driver's motion are carried over, and how strongly.

use crate::error::{Error, Result};
use crate::motion::{COEFFICIENT_NAMES, COEFFICIENTS};

/// What the portrait takes over from the driver: its expression, or its change from the neutral face.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExpressionMode {
    /// The portrait shows the driver's expression, whatever the photo shows.
    #[default]
    Absolute,
    /// The photo's expression changes by as much as the driver's does from its neutral face.
    Relative,
}

/// How a motion is put on a portrait. Strengths lie in \[0, 2\]: 0 keeps the photo's
/// own, 1 is the driver's, 2 doubles what the driver does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TransferOptions {
    /// Whether the driver's expression or its change is taken over.
    pub mode: ExpressionMode,
    /// Strength of the whole expression.
    pub expression: f64,
    /// Strength of the head's motion.
    pub pose: f64,
    /// Strength of lids and gaze, within the expression.
    pub eyes: f64,
    /// Strength of mouth and jaw, within the expression.
    pub lips: f64,
    /// Swap left and right, as a mirror does.
    pub mirror: bool,
}

impl Default for TransferOptions {
    fn default() -> Self {
        Self { mode: ExpressionMode::Absolute, expression: 1.0, pose: 1.0, eyes: 1.0, lips: 1.0, mirror: false }
    }
}

impl TransferOptions {
    /// The largest strength.
    pub const LIMIT: f64 = 2.0;

    /// The options, if every strength lies in \[0, 2\].
    ///
    /// # Errors
    /// [`Error::Option`].
    pub fn checked(self) -> Result<Self> {
        let strengths =
            [("expression", self.expression), ("pose", self.pose), ("eyes", self.eyes), ("lips", self.lips)];
        match strengths.into_iter().find(|(_, value)| !(0.0..=Self::LIMIT).contains(value)) {
            Some((option, _)) => Err(Error::Option { option, expected: "a number from 0 to 2" }),
            None => Ok(self),
        }
    }

    /// The strength of each coefficient.
    pub(super) fn strengths(&self) -> [f64; COEFFICIENTS] {
        COEFFICIENT_NAMES.map(|name| {
            let part = match name {
                _ if name.starts_with("eye") => self.eyes,
                _ if ["mouth", "jaw", "tongue"].iter().any(|part| name.starts_with(part)) => self.lips,
                _ => 1.0,
            };
            self.within(part)
        })
    }

    /// The strength of a part of the face, in \[0, 2\]: that of the whole expression times that of the `part`.
    pub(super) fn within(&self, part: f64) -> f64 {
        (self.expression * part).min(Self::LIMIT)
    }
}
