#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use nalgebra::UnitQuaternion;

use super::*;
use crate::geometry::topology::EYES;
use crate::motion::{COEFFICIENTS, eye_width, file, lid_gap, lip_gap};
use crate::transfer::{ExpressionDecoder, Person, Reenactment, ReenactmentOptions};

fn models() -> Models {
    let mut models = Models::default();
    models
        .insert("expression_basis.safetensors", include_bytes!("../../../models/expression_basis.safetensors").to_vec())
        .unwrap();
    models
}

fn decoder() -> Arc<ExpressionDecoder> {
    let mut models = Models::default();
    let bytes = include_bytes!("../../../models/expression_decoder.safetensors").to_vec();
    models.insert("expression_decoder.safetensors", bytes).unwrap();
    Arc::new(ExpressionDecoder::new(&models).unwrap())
}

#[test]
fn every_name_is_a_motion_and_every_channel_a_coefficient() {
    let known = |name: &str| super::super::COEFFICIENT_NAMES.contains(&name);
    assert_eq!(names(), MOTIONS.iter().map(|script| script.name).collect::<Vec<_>>());
    for script in MOTIONS {
        for (channel, keys) in script.curves {
            match channel {
                Channel::One(name) => assert!(known(name), "{name}"),
                Channel::Both(name) => {
                    assert!(known(&format!("{name}Left")) && known(&format!("{name}Right")), "{name}")
                }
                _ => {}
            }
            assert!(keys.windows(2).all(|pair| pair[0].0 < pair[1].0), "{}: keys out of order", script.name);
            assert!(keys.iter().all(|key| (0.0..script.seconds).contains(&key.0)), "{}: key outside", script.name);
        }
        assert!(speech(script.speech, script.seconds).iter().all(|(name, _)| known(name)));
    }
    assert!(track("no such motion", &models()).is_err());
}

#[test]
fn lids_shut_at_a_full_blink_and_lips_touch_at_rest() {
    let basis = ExpressionBasis::load(&models()).unwrap();
    assert!(lip_gap(&basis.shape(&basis.rest)) < 1e-3);
    for (eye, side) in EYES.iter().zip(["Right", "Left"]) {
        let mut coefficients = basis.rest;
        let gap = |c: &Coefficients| {
            let shape = basis.shape(c);
            lid_gap(&shape, eye) / eye_width(&shape, eye)
        };
        assert!((0.28..0.42).contains(&gap(&coefficients)), "open {}", gap(&coefficients));
        coefficients[coefficient(&format!("eyeBlink{side}"))] = 1.0;
        assert!(gap(&coefficients) < 0.01);
        // The lids are shut even while another coefficient opens the eye.
        coefficients[coefficient(&format!("eyeWide{side}"))] = 0.8;
        coefficients[coefficient(&format!("eyeSquint{side}"))] = 0.8;
        assert!(gap(&coefficients) < 0.01);
    }
    let mut open = basis.rest;
    open[coefficient("jawOpen")] = 0.5;
    assert!(lip_gap(&basis.shape(&open)) > 0.8);
}

/// How much a motion changes from one frame to the next: the head's turn, degrees, the most
/// moved landmark, centimetres, and the most changed coefficient.
type Change = [f64; 3];

fn change(a: &FaceMotion, b: &FaceMotion) -> Change {
    let [from, to] = [a, b].map(|motion| UnitQuaternion::from_rotation_matrix(&motion.pose.rotation));
    let turned = from.angle_to(&to).to_degrees();
    let moved = a.shape.iter().zip(&b.shape).map(|(p, q)| (p - q).norm()).fold(0.0, f64::max);
    let changed = a.coefficients.iter().zip(&b.coefficients).map(|(p, q)| (p - q).abs()).fold(0.0, f32::max);
    [turned, moved, changed.into()]
}

/// How much a motion's speed changes: the differences, as in [`Change`], of `b` from the middle between `a` and `c`.
fn bend(a: &FaceMotion, b: &FaceMotion, c: &FaceMotion) -> Change {
    let [from, to] = [a, c].map(|motion| UnitQuaternion::from_rotation_matrix(&motion.pose.rotation));
    let middle = FaceMotion {
        shape: a.shape.iter().zip(&c.shape).map(|(p, q)| (p + q) / 2.0).collect(),
        pose: Pose { rotation: from.slerp(&to, 0.5).to_rotation_matrix(), ..b.pose },
        coefficients: std::array::from_fn(|i| (a.coefficients[i] + c.coefficients[i]) / 2.0),
    };
    change(&middle, b)
}

fn largest(changes: impl Iterator<Item = Change>) -> Change {
    changes.fold([0.0; 3], |most, change| std::array::from_fn(|i| f64::max(most[i], change[i])))
}

#[test]
fn motions_are_smooth_loops_of_believable_size() {
    let models = models();
    for &name in names() {
        let track = track(name, &models).unwrap();
        assert!((3.0..=8.0).contains(&track.seconds()), "{name}: {} s", track.seconds());
        let frames: Vec<FaceMotion> = track.frames().flatten().collect();
        let count = frames.len();
        assert_eq!(count, track.len());
        let at = |i: usize| &frames[i % count];
        let step = |i: usize| change(at(i), at(i + 1));
        let turn = |i: usize| bend(at(i), at(i + 1), at(i + 2));
        let steps = largest((0..count - 1).map(step));
        let turns = largest((0..count - 2).map(turn));
        for kind in 0..3 {
            assert!(step(count - 1)[kind] <= steps[kind], "{name}: the loop jumps");
            for seam in [count - 2, count - 1] {
                assert!(turn(seam)[kind] <= turns[kind], "{name}: the loop jerks: {:?}, {turns:?}", turn(seam));
            }
        }
        assert!(steps[0] < 2.5, "{name}: the head turns {} degrees in a frame", steps[0]);
        for frame in &frames {
            assert!(frame.shape.iter().all(|p| p.iter().all(|v| v.is_finite())));
            assert!(frame.coefficients.iter().all(|c| (0.0..=1.0).contains(c)));
            assert!(frame.pose.angles().iter().all(|a| a.abs() <= 15.0), "{name}: {:?}", frame.pose.angles());
        }
        let shut = frames.iter().filter(|f| f.coefficients[coefficient("eyeBlinkLeft")] > 0.99).count();
        assert!((1..=30).contains(&shut), "{name}: shut in {shut} frames");
    }
}

/// The largest value of a coefficient in a motion.
fn peak(name: &str, moving: &str) -> f32 {
    let track = track(name, &models()).unwrap();
    track.frames().flatten().map(|frame| frame.coefficients[coefficient(moving)]).fold(0.0, f32::max)
}

#[test]
fn motions_do_what_their_names_say() {
    for (name, moving, at_least) in [
        ("talking", "jawOpen", 0.25),
        ("smile", "mouthSmileLeft", 0.85),
        ("laugh", "jawOpen", 0.4),
        ("laugh", "cheekSquintLeft", 0.6),
        ("surprise", "browInnerUp", 0.9),
        ("wink", "eyeBlinkLeft", 1.0),
        ("kiss", "mouthPucker", 0.9),
        ("look-around", "eyeLookOutLeft", 0.4),
        ("look-around", "eyeLookInLeft", 0.4),
        ("sleepy", "jawOpen", 0.8),
        ("grimace", "noseSneerLeft", 0.85),
        ("grimace", "mouthRight", 0.5),
    ] {
        assert!(peak(name, moving) >= at_least, "{name} {moving}: {}", peak(name, moving));
    }
    let turns = |name: &str, axis: usize| {
        let track = track(name, &models()).unwrap();
        let angles: Vec<f64> = track.frames().flatten().map(|frame| frame.pose.angles()[axis]).collect();
        [angles.iter().copied().fold(0.0, f64::min), angles.iter().copied().fold(0.0, f64::max)]
    };
    let ([left, right], [down, up]) = (turns("nod-and-shake", 0), turns("nod-and-shake", 1));
    assert!(left < -5.0 && right > 5.0 && down < -5.0 && up > 1.0, "{left} {right} {down} {up}");
    assert!(turns("laugh", 1)[1] > 6.0 && turns("sleepy", 1)[0] < -7.0);
}

#[test]
fn every_motion_is_a_small_file() {
    for &name in names() {
        let bytes = file::write(&track(name, &models()).unwrap()).unwrap();
        assert!(bytes.len() <= 30_000, "{name}: {} bytes", bytes.len());
    }
}

#[test]
fn gaze_moves_the_iris_and_nothing_else_does() {
    let basis = ExpressionBasis::load(&models()).unwrap();
    let mut right = basis.rest;
    look(&mut right, [15.0, 0.0]);
    let shape = basis.shape(&right);
    for eye in &EYES {
        let moved = shape[eye.iris[0]] - basis.neutral[eye.iris[0]];
        assert!((0.15..0.6).contains(&moved.x), "{moved}");
        for ring in &eye.iris[1..] {
            assert!(((shape[*ring] - basis.neutral[*ring]) - moved).norm() < 1e-6);
        }
    }
    let mut all = [1.0; COEFFICIENTS];
    for (c, name) in all.iter_mut().zip(super::super::COEFFICIENT_NAMES) {
        if name.starts_with("eyeLook") {
            *c = basis.rest[coefficient(name)];
        }
    }
    assert!((basis.shape(&all)[468] - basis.neutral[468]).norm() < 1e-6);
}

#[test]
fn an_expression_is_held_for_a_second_with_its_coefficients_and_angles() {
    let mut wanted = [0.0; COEFFICIENTS];
    wanted[coefficient("mouthSmileLeft")] = 0.6;
    // One axis at a time: turns about several are told in another order than they are read.
    for turn in [[12.0, 0.0, 0.0], [0.0, -8.0, 0.0], [0.0, 0.0, 5.0]] {
        let track = expression(&wanted, turn, &models()).unwrap();
        assert!((track.seconds() - 1.0).abs() < 1e-9);
        for frame in track.frames() {
            let frame = frame.unwrap();
            assert!(frame.coefficients.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 2e-3));
            let angles = frame.pose.angles();
            assert!(angles.iter().zip(turn).all(|(a, b)| (a - b).abs() < 0.02), "{angles:?}");
        }
        assert_eq!(track.neutral(), super::track("smile", &models()).unwrap().neutral());
    }
}

#[test]
fn a_file_of_an_expression_turns_a_portrait_as_it_was_turned_by_hand() {
    let models = models();
    let basis = ExpressionBasis::load(&models).unwrap();
    // A photo whose head is neither straight nor in the middle.
    let pose =
        Pose { rotation: Rotation3::from_euler_angles(0.1, -0.2, 0.05), translation: Vector3::new(3.0, -2.0, -48.0) };
    let rest = FaceMotion { pose, ..neutral(&basis) };
    for turn in [[25.0, 0.0, 0.0], [0.0, -20.0, 0.0], [0.0, 0.0, 25.0], [25.0, 10.0, 25.0], [-14.0, -9.0, 22.0]] {
        let track = file::read(&file::write(&expression(&basis.rest, turn, &models).unwrap()).unwrap()).unwrap();
        let options = ReenactmentOptions { measured: false, smooth: false, ..Default::default() };
        let mut portrait = Reenactment::of_person(Person::new(decoder(), rest.clone()).unwrap(), options);
        portrait.with_neutral(track.neutral().clone()).unwrap();
        let by_hand = portrait.posed(basis.rest, turn).pose;
        let driven = portrait.drive(track.frame(0).as_ref(), 0.0).unwrap().pose;
        let apart = by_hand.rotation.angle_to(&driven.rotation).to_degrees();
        assert!(apart < 0.05, "{turn:?}: turned {apart} degrees otherwise");
        let aside = (by_hand.translation - driven.translation).norm();
        assert!(aside < 0.02, "{turn:?}: {aside} cm aside");
    }
}
