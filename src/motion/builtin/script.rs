//! What an animator's description of a motion is made of.

use super::curve::Key;

/// What a curve moves.
pub(super) enum Channel {
    /// Head turn towards the picture's right, degrees.
    Yaw,
    /// Head turn up, degrees.
    Pitch,
    /// Head lean counter-clockwise, degrees.
    Roll,
    /// Head towards the camera, centimetres.
    Nearer,
    /// Gaze towards the picture's right, degrees from straight ahead.
    GazeRight,
    /// Gaze up, degrees from straight ahead.
    GazeUp,
    /// One coefficient, 0 at rest, 1 full.
    One(&'static str),
    /// The Left and Right of a coefficient.
    Both(&'static str),
}

/// A motion.
pub(super) struct Script {
    pub(super) name: &'static str,
    /// Length of the loop, seconds.
    pub(super) seconds: f64,
    /// Size of the idle movement of the head; 1 is usual.
    pub(super) sway: f64,
    /// Share of the head's turn that the eyes undo, to keep looking at the viewer.
    pub(super) contact: f64,
    /// When blinks begin, seconds.
    pub(super) blinks: &'static [f64],
    /// Mouth shapes, one a slot (see `speech`); the rest of the loop is silent.
    pub(super) speech: &'static str,
    pub(super) curves: &'static [(Channel, &'static [Key])],
}
