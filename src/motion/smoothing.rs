//! Steadies a measured motion without making it lag.
//!
//! The shape is judged landmark by landmark, each with its neighbours; the pose in three
//! parts: direction to the head, distance and rotation. The distance is filtered apart from
//! the direction, as a logarithm, so that an uncertain distance neither pumps the size of
//! the face nor shifts it in the picture.
//!
//! Single numbers go through a [`OneEuro`] filter.
//!
//! Constants are in centimetres of the canonical face, whose outer eye corners are 8.9 cm
//! apart. The landmarks' noise on a still webcam picture is .001 to .004 of that distance. The constants were
//! chosen on speech clips at one and three times their speed and on still pictures with
//! noise; `examples/steadiness.rs` prints the resulting jitter and lag.

use std::sync::LazyLock;

use nalgebra::{UnitQuaternion, Vector2, Vector3};

pub use super::noise::OneEuro;
use super::noise::{Deviation, GateSettings, NoiseGate};
use super::{COEFFICIENTS, FaceMotion, coefficient};
use crate::geometry::{CanonicalFace, LANDMARKS, Pose, Shape, VERTICES};

/// Gate of each landmark's neighbourhood; floors in centimetres.
const SHAPE: GateSettings =
    GateSettings { floor: [0.02, 0.012, 0.03], quantile: 0.5, adaption: 0.08, sudden: [3.2, 5.0], lasting: [1.9, 3.0] };
/// Gate of each part of the pose; floors in centimetres. Its thresholds are higher than the shape's, because a pose
/// is one value: its noise does not average out.
const POSE: GateSettings =
    GateSettings { floor: [0.025, 0.010, 0.03], quantile: 0.6, adaption: 0.1, sudden: [4.0, 6.0], lasting: [2.5, 4.0] };
/// Number of nearest landmarks, itself included, that a landmark is judged with.
const NEIGHBOURS: usize = 40;
/// Weight of the depth coordinate against 1 for the other two: depth shows less in the picture, and is noisier.
const DEPTH_WEIGHT: f64 = 0.3;
/// Centimetres by which landmarks move visibly for each unit of the distance's logarithm: about how far they are from
/// the middle of the face.
const RADIUS: f64 = 6.0;
/// Centimetres by which landmarks move visibly for each radian of rotation: about how far they are from the head's
/// axis.
const LEVER: f64 = 4.2;
/// Longest time between two frames, seconds. After a longer pause the filter starts afresh, as the past says nothing
/// about the present.
const PAUSE: f64 = 0.5;

/// For each landmark the landmarks that it is judged with: the nearest ones on the canonical face. The
/// ten points of both irises are judged together.
static NEIGHBOURHOODS: LazyLock<Vec<Vec<usize>>> = LazyLock::new(|| {
    let positions = &CanonicalFace::get().positions;
    let mut all: Vec<Vec<usize>> = positions
        .iter()
        .map(|centre| {
            let mut order: Vec<usize> = (0..positions.len()).collect();
            let distance = |&index: &usize| (positions[index] - centre).norm_squared();
            order.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
            order.truncate(NEIGHBOURS);
            order
        })
        .collect();
    all.resize(LANDMARKS, (VERTICES..LANDMARKS).collect());
    all
});

/// A pose in the three parts that are filtered apart.
#[derive(Debug, Clone, Copy)]
struct PoseParts {
    /// Where the head is in the picture: x and y over the distance.
    direction: Vector2<f64>,
    /// Logarithm of the distance.
    distance: f64,
    rotation: UnitQuaternion<f64>,
}

impl PoseParts {
    fn of(pose: &Pose) -> Self {
        let t = pose.translation;
        // A head is in front of the camera; the floor only keeps broken input finite.
        let distance = (-t.z).max(1e-3);
        Self {
            direction: t.xy() / distance,
            distance: distance.ln(),
            rotation: UnitQuaternion::from_rotation_matrix(&pose.rotation),
        }
    }

    fn pose(&self) -> Pose {
        let distance = self.distance.exp();
        let side = self.direction * distance;
        Pose { rotation: self.rotation.to_rotation_matrix(), translation: Vector3::new(side.x, side.y, -distance) }
    }

    /// The way from `self` to `to`, each part in centimetres by which landmarks visibly move.
    fn way(&self, to: &Self) -> [Vector3<f64>; 3] {
        let side = (to.direction - self.direction) * self.distance.exp();
        let turn = (to.rotation * self.rotation.inverse()).scaled_axis();
        [Vector3::new(side.x, side.y, 0.0), Vector3::new(to.distance - self.distance, 0.0, 0.0) * RADIUS, turn * LEVER]
    }

    /// Goes along `way`, in each of its three parts by the share `gains`.
    fn go(&mut self, way: &[Vector3<f64>; 3], gains: [f64; 3]) {
        self.direction += way[0].xy() * (gains[0] / self.distance.exp());
        self.distance += way[1].x * gains[1] / RADIUS;
        self.rotation = UnitQuaternion::new(way[2] * (gains[2] / LEVER)) * self.rotation;
        self.rotation.renormalize();
    }
}

#[derive(Debug, Clone)]
struct Measured {
    shape: Shape,
    pose: PoseParts,
}

#[derive(Debug, Clone)]
struct State {
    shape: Shape,
    pose: PoseParts,
    /// The last and the one before last measurement.
    past: [Measured; 2],
    shape_gates: Vec<NoiseGate>,
    pose_gates: [NoiseGate; 3],
    seconds: f64,
}

/// Steadies the motion of one face; see the module's documentation.
#[derive(Debug, Clone)]
pub struct MotionFilter {
    state: Option<State>,
    coefficients: OneEuro<COEFFICIENTS>,
    tongue: OneEuro<1>,
}

impl Default for MotionFilter {
    fn default() -> Self {
        // A coefficient at rest is smoothed over four frames; a blink passes within one. The tongue's coefficient is
        // filtered more: where the net is unsure it trembles by .2, and no tongue comes out within less than four
        // frames.
        Self { state: None, coefficients: OneEuro::new(1.0, 4.0, 10.0), tongue: OneEuro::new(1.5, 0.1, 10.0) }
    }
}

impl MotionFilter {
    /// The steadied motion of a face measured at time `seconds`. A pause, a step back in time
    /// or a shape that has not 478 finite points starts afresh.
    pub fn apply(&mut self, motion: &FaceMotion, seconds: f64) -> FaceMotion {
        let translation = motion.pose.translation;
        let finite = motion.shape.iter().chain([&translation]).flatten().all(|value| value.is_finite());
        if motion.shape.len() != LANDMARKS || !finite {
            self.reset();
            return motion.clone();
        }
        let measured = Measured { shape: motion.shape.clone(), pose: PoseParts::of(&motion.pose) };
        let elapsed = self.state.as_ref().map_or(f64::INFINITY, |state| seconds - state.seconds);
        if !(0.0..=PAUSE).contains(&elapsed) {
            self.reset();
        }
        let measured_coefficients = motion.coefficients.map(f64::from);
        let mut coefficients = self.coefficients.filter(measured_coefficients, elapsed);
        let tongue = coefficient("tongueOut");
        [coefficients[tongue]] = self.tongue.filter([measured_coefficients[tongue]], elapsed);
        let state = match &mut self.state {
            Some(state) => {
                state.advance(measured);
                state
            }
            empty => empty.insert(State::begin(measured)),
        };
        state.seconds = seconds;
        FaceMotion {
            shape: state.shape.clone(),
            pose: state.pose.pose(),
            coefficients: coefficients.map(|value| value as f32),
        }
    }

    /// Forgets the past, for another face or after the face was lost.
    pub fn reset(&mut self) {
        self.state = None;
        self.coefficients.reset();
        self.tongue.reset();
    }
}

impl State {
    fn begin(measured: Measured) -> Self {
        Self {
            shape: measured.shape.clone(),
            pose: measured.pose,
            past: [measured.clone(), measured],
            shape_gates: vec![NoiseGate::new(&SHAPE); LANDMARKS],
            pose_gates: [NoiseGate::new(&POSE); 3],
            seconds: 0.0,
        }
    }

    fn advance(&mut self, new: Measured) {
        self.advance_shape(&new.shape);
        self.advance_pose(&new.pose);
        self.past.rotate_right(1);
        self.past[0] = new;
    }

    fn advance_shape(&mut self, new: &Shape) {
        let [last, before] = &self.past;
        // Squared deviations of each landmark by itself: sudden, lasting and roughness, as in `Deviation`.
        let squares: Vec<Vector3<f64>> = (0..LANDMARKS)
            .map(|i| {
                let (a, b, c) = (new[i], last.shape[i], before.shape[i]);
                [a - self.shape[i], (a + b + c) / 3.0 - self.shape[i], (a - b * 2.0 + c) / 6f64.sqrt()]
                    .map(|way| way.x * way.x + way.y * way.y + (way.z * DEPTH_WEIGHT).powi(2))
                    .into()
            })
            .collect();
        for (index, gate) in self.shape_gates.iter_mut().enumerate() {
            let group = &NEIGHBOURHOODS[index];
            // All three sums in one pass, as the landmarks of a group lie apart in memory.
            let sums = group.iter().fold(Vector3::zeros(), |sums, &other| sums + squares[other]);
            let [sudden, lasting, roughness] = (sums / group.len() as f64).map(f64::sqrt).into();
            let gain = gate.gain(&Deviation { sudden, lasting, roughness }, &SHAPE);
            let way = new[index] - self.shape[index];
            self.shape[index] += way * gain;
        }
    }

    fn advance_pose(&mut self, new: &PoseParts) {
        let [a, b, c] = [new, &self.past[0].pose, &self.past[1].pose].map(|pose| self.pose.way(pose));
        let gains = [0, 1, 2].map(|part| {
            let deviation = Deviation {
                sudden: a[part].norm(),
                lasting: ((a[part] + b[part] + c[part]) / 3.0).norm(),
                roughness: ((a[part] - b[part] * 2.0 + c[part]) / 6f64.sqrt()).norm(),
            };
            self.pose_gates[part].gain(&deviation, &POSE)
        });
        self.pose.go(&a, gains);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::Rotation3;
    use proptest::prelude::*;

    fn face(yaw: f64, jaw: f64) -> FaceMotion {
        let mut shape = CanonicalFace::get().positions.clone();
        shape.resize(LANDMARKS, Vector3::new(3.0, 2.5, 4.0));
        shape.iter_mut().filter(|p| p.y < -3.0).for_each(|p| p.y -= jaw);
        let pose =
            Pose { rotation: Rotation3::from_euler_angles(0.0, yaw, 0.0), translation: Vector3::new(2.0, 1.0, -40.0) };
        FaceMotion { shape, pose, coefficients: [0.2; COEFFICIENTS] }
    }

    /// Largest distance of two motions' landmarks in the camera frame, centimetres.
    fn distance(a: &FaceMotion, b: &FaceMotion) -> f64 {
        let pairs = a.shape.iter().zip(&b.shape);
        pairs.map(|(p, q)| (a.pose.apply(p) - b.pose.apply(q)).norm()).fold(0.0, f64::max)
    }

    #[test]
    fn a_still_face_passes_unchanged() {
        let mut filter = MotionFilter::default();
        for frame in 0..30 {
            let out = filter.apply(&face(0.2, 0.1), f64::from(frame) * 0.04);
            assert!(distance(&out, &face(0.2, 0.1)) < 1e-9);
        }
    }

    #[test]
    fn a_sudden_motion_is_followed_within_the_frame() {
        let mut filter = MotionFilter::default();
        (0..30).for_each(|frame| drop(filter.apply(&face(0.0, 0.0), f64::from(frame) * 0.04)));
        let out = filter.apply(&face(0.15, 1.0), 1.2);
        assert!(distance(&out, &face(0.15, 1.0)) < 0.05, "{}", distance(&out, &face(0.15, 1.0)));
    }

    #[test]
    fn a_tongue_is_guessed_at_calmly_and_comes_out_soon() {
        let mut filter = MotionFilter::default();
        let mut seen = |frame: i32, tongue: f32| {
            let mut motion = face(0.0, 0.5);
            motion.coefficients[coefficient("tongueOut")] = tongue;
            filter.apply(&motion, f64::from(frame) / 30.0).coefficients[coefficient("tongueOut")]
        };
        let guessed: Vec<f32> = (0..40).map(|k| seen(k, if k % 2 == 0 { 0.2 } else { 0.4 })).collect();
        let wobble = guessed.windows(2).skip(10).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
        assert!(wobble < 0.06, "{wobble}");
        let out: Vec<f32> = (40..46).map(|k| seen(k, 1.0)).collect();
        assert!(out[2] > 0.7 && out[5] > 0.9, "{out:?}");
    }

    #[test]
    fn pauses_and_broken_input_start_afresh() {
        let mut filter = MotionFilter::default();
        filter.apply(&face(0.0, 0.0), 0.0);
        let moved = face(0.001, 0.0);
        assert!(distance(&filter.apply(&moved, 5.0), &moved) < 1e-9);
        assert!(distance(&filter.apply(&face(0.0, 0.0), 4.0), &face(0.0, 0.0)) < 1e-9);
        let mut broken = face(0.0, 0.0);
        broken.shape[3].x = f64::NAN;
        assert!(filter.apply(&broken, 4.1).shape[3].x.is_nan());
        assert!(distance(&filter.apply(&moved, 4.2), &moved) < 1e-9);
        broken.shape.clear();
        assert!(filter.apply(&broken, 4.3).shape.is_empty());
    }

    proptest! {
        #[test]
        fn pose_parts_round_trip(axis in prop::array::uniform3(-1.0..1.0f64), x in -20.0..20.0f64, y in -20.0..20.0f64, z in -120.0..-10.0f64) {
            let pose = Pose { rotation: Rotation3::new(Vector3::from(axis)), translation: Vector3::new(x, y, z) };
            let back = PoseParts::of(&pose).pose();
            prop_assert!((back.translation - pose.translation).norm() < 1e-9);
            let mut parts = PoseParts::of(&face(0.3, 0.0).pose);
            let way = parts.way(&PoseParts::of(&pose));
            parts.go(&way, [1.0; 3]);
            prop_assert!((parts.pose().translation - pose.translation).norm() < 1e-9);
            prop_assert!(parts.rotation.angle_to(&PoseParts::of(&pose).rotation) < 1e-9);
        }
    }
}
