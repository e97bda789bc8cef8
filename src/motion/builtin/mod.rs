//! Built-in motions: numbers only, no face was filmed for them.
//!
//! Curves of expression, head pose and gaze are drawn by hand, made
//! alive by blinks, drift and breath, and become shapes through a linear expression
//! basis of the mean face. Every motion is a loop: the last frame leads into the first.

mod basis;
mod curve;
mod life;
mod motions;
mod script;
mod speech;

use nalgebra::{Rotation3, Vector3};

use self::basis::ExpressionBasis;
use self::curve::sample;
use self::life::{blink, breath, drift, saccade};
use self::motions::MOTIONS;
use self::script::{Channel, Script};
use self::speech::speech;
use super::{Coefficients, FaceMotion, MotionRecorder, MotionTrack, coefficient};
use crate::error::{Error, Result};
use crate::geometry::Pose;
use crate::geometry::pose::turned;
use crate::models::Models;

/// Frames a second of every built-in motion.
const RATE: f64 = 30.0;
/// Where the head is, camera frame, centimetres: at arm's length.
const HOME: Vector3<f64> = Vector3::new(0.0, 0.0, -55.0);
/// What the head turns about, canonical frame, centimetres: the top of the neck.
const NECK: Vector3<f64> = Vector3::new(0.0, -7.0, -6.0);
/// Gaze, degrees sideways and up or down, at which a look coefficient is 1: at 1 the basis moves the iris by .65 cm
/// sideways and .33 cm up or down, on an eyeball of 1.2 cm radius.
const LOOK: [f64; 2] = [33.0, 16.0];
/// How much later, seconds, the right side of a pair of coefficients moves than the left, and how many times as far.
const RIGHT: (f64, f64) = (0.035, 0.92);
/// How far the gaze drops in a blink, degrees.
const BLINK_DROP: f64 = 3.0;
/// How far the small jumps of the gaze go, sideways and up or down, degrees.
const JUMPS: [f64; 2] = [1.6, 0.9];

/// Names of the built-in motions.
#[must_use]
pub fn names() -> &'static [&'static str] {
    motions::NAMES
}

/// A built-in motion. Its neutral face is the mean face of the expression basis.
///
/// # Errors
/// [`Error::Motion`] for a name that is not in [`names`];
/// [`Error::ModelMissing`], [`Error::ModelCorrupt`] for the expression basis.
pub fn track(name: &str, models: &Models) -> Result<MotionTrack> {
    let script = MOTIONS.iter().find(|script| script.name == name).ok_or_else(|| Error::Motion {
        reason: format!("there is no built-in motion \"{name}\", only {}", names().join(", ")),
    })?;
    let basis = ExpressionBasis::load(models)?;
    let mut recorder = MotionRecorder::new(RATE, Some(&neutral(&basis)))?.authored();
    let count = (script.seconds * RATE).round() as usize;
    for frame in 0..count {
        recorder.push(Some(&motion(script, &basis, frame as f64 / RATE)))?;
    }
    recorder.into_track()
}

/// One second of the mean face with these coefficients, its head turned by yaw, pitch and roll
/// (degrees, signs as [`Pose::angles`]), as that of a portrait that is set by hand. Its neutral face is that of the
/// built-in motions.
///
/// # Errors
/// [`Error::ModelMissing`], [`Error::ModelCorrupt`] for the expression basis.
pub fn expression(wanted: &Coefficients, turn: [f64; 3], models: &Models) -> Result<MotionTrack> {
    let basis = ExpressionBasis::load(models)?;
    let neutral = neutral(&basis);
    // The turn is about the face's own middle, not the neck, as a portrait that is set by hand turns: the head does not
    // move aside.
    let pose = turned(&neutral.pose, turn);
    let held = FaceMotion { shape: basis.shape(wanted), pose, coefficients: *wanted };
    let mut recorder = MotionRecorder::new(RATE, Some(&neutral))?.authored();
    for _ in 0..RATE as usize {
        recorder.push(Some(&held))?;
    }
    recorder.into_track()
}

/// The mean face of the expression basis.
fn neutral(basis: &ExpressionBasis) -> FaceMotion {
    FaceMotion {
        shape: basis.neutral.clone(),
        pose: Pose { rotation: Rotation3::identity(), translation: HOME },
        coefficients: basis.rest,
    }
}

/// A script's curves, blinks, speech and idle movement at one moment.
struct Moment {
    /// Coefficients above rest: 0 at rest, 1 full.
    change: [f64; super::COEFFICIENTS],
    /// Yaw, pitch, roll, degrees.
    turn: Vector3<f64>,
    /// Shift of the head, centimetres, camera frame.
    shift: Vector3<f64>,
    /// Gaze, degrees: towards the picture's right, and up.
    gaze: [f64; 2],
}

fn motion(script: &Script, basis: &ExpressionBasis, time: f64) -> FaceMotion {
    let moment = moment(script, time);
    let mut coefficients: Coefficients = basis.rest;
    for (c, &change) in coefficients.iter_mut().zip(&moment.change) {
        let change = change.clamp(0.0, 1.0) as f32;
        *c += (1.0 - *c) * change;
    }
    look(&mut coefficients, moment.gaze);
    face(basis, coefficients, moment.turn, moment.shift)
}

/// The mean face with these coefficients, its head turned about the neck by yaw, pitch and roll
/// (degrees) and shifted by centimetres.
fn face(basis: &ExpressionBasis, coefficients: Coefficients, turn: Vector3<f64>, shift: Vector3<f64>) -> FaceMotion {
    let [yaw, pitch, roll] = [turn.x, turn.y, turn.z].map(f64::to_radians);
    // The order of turns that `Pose::angles` undoes.
    let rotation = Rotation3::from_axis_angle(&Vector3::y_axis(), yaw)
        * Rotation3::from_axis_angle(&Vector3::x_axis(), -pitch)
        * Rotation3::from_axis_angle(&Vector3::z_axis(), roll);
    FaceMotion {
        shape: basis.shape(&coefficients),
        pose: Pose { rotation, translation: HOME + shift + NECK - rotation * NECK },
        coefficients,
    }
}

fn moment(script: &Script, time: f64) -> Moment {
    let period = script.seconds;
    let mut moment =
        Moment { change: [0.0; super::COEFFICIENTS], turn: Vector3::zeros(), shift: Vector3::zeros(), gaze: [0.0; 2] };
    for (channel, keys) in script.curves {
        let value = sample(keys, period, time);
        match channel {
            Channel::Yaw => moment.turn.x += value,
            Channel::Pitch => moment.turn.y += value,
            Channel::Roll => moment.turn.z += value,
            Channel::Nearer => moment.shift.z += value,
            Channel::GazeRight => moment.gaze[0] += value,
            Channel::GazeUp => moment.gaze[1] += value,
            Channel::One(name) => moment.change[coefficient(name)] += value,
            Channel::Both(name) => {
                moment.change[coefficient(&format!("{name}Left"))] += value;
                moment.change[coefficient(&format!("{name}Right"))] += RIGHT.1 * sample(keys, period, time - RIGHT.0);
            }
        }
    }
    for (name, keys) in speech(script.speech, period) {
        moment.change[coefficient(name)] += sample(&keys, period, time);
    }
    let lids = script.blinks.iter().map(|&start| blink(start, period, time)).fold(0.0, f64::max);
    for side in ["Left", "Right"] {
        let open = &mut moment.change[coefficient(&format!("eyeBlink{side}"))];
        *open = 1.0 - (1.0 - open.clamp(0.0, 1.0)) * (1.0 - lids);
        moment.change[coefficient(&format!("browDown{side}"))] += 0.08 * lids;
    }
    for side in ["Left", "Right"] {
        moment.change[coefficient(&format!("browOuterUp{side}"))] += 0.03 * (1.0 + drift(7, period, time)).max(0.0);
        moment.change[coefficient(&format!("mouthPress{side}"))] += 0.03 * (1.0 + drift(8, period, time)).max(0.0);
    }
    let sway = |seed: u32| script.sway * drift(seed, period, time);
    let breath = breath(period, time);
    moment.turn += Vector3::new(0.9 * sway(1), 0.6 * sway(2) + 0.35 * breath, 0.5 * sway(3));
    moment.shift += Vector3::new(0.08 * sway(4), 0.06 * sway(5) + 0.05 * breath, 0.12 * sway(6));
    let jump = saccade(9, period, time);
    moment.gaze[0] += JUMPS[0] * jump[0] - script.contact * moment.turn.x;
    moment.gaze[1] += JUMPS[1] * jump[1] - script.contact * moment.turn.y - BLINK_DROP * lids;
    moment
}

/// Sets the look coefficients for a gaze of both eyes, degrees.
fn look(coefficients: &mut Coefficients, gaze: [f64; 2]) {
    let [right, up] = [gaze[0] / LOOK[0], gaze[1] / LOOK[1]].map(|g| g.clamp(-1.0, 1.0) as f32);
    // The picture's right is the person's left.
    let ways = [
        ("eyeLookOutLeft", right),
        ("eyeLookInRight", right),
        ("eyeLookInLeft", -right),
        ("eyeLookOutRight", -right),
        ("eyeLookUpLeft", up),
        ("eyeLookUpRight", up),
        ("eyeLookDownLeft", -up),
        ("eyeLookDownRight", -up),
    ];
    for (name, share) in ways {
        let c = &mut coefficients[coefficient(name)];
        *c = *c * (1.0 - share.abs()) + share.max(0.0);
    }
}

#[cfg(test)]
mod tests;
