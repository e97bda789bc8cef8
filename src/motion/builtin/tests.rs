#![allow(clippy::unwrap_used)]

use super::*;
use crate::geometry::LANDMARKS;
use crate::geometry::topology::EYES;
use crate::motion::{COEFFICIENTS, eye_width, lid_gap, lip_gap};

fn models() -> Models {
    let mut models = Models::default();
    models
        .insert("expression_basis.safetensors", include_bytes!("../../../models/expression_basis.safetensors").to_vec())
        .unwrap();
    models
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
        coefficients[index(&format!("eyeBlink{side}"))] = 1.0;
        assert!(gap(&coefficients) < 0.01);
        // Also with other coefficients of the eye at work.
        coefficients[index(&format!("eyeWide{side}"))] = 0.8;
        coefficients[index(&format!("eyeSquint{side}"))] = 0.8;
        assert!(gap(&coefficients) < 0.01);
    }
    let mut open = basis.rest;
    open[index("jawOpen")] = 0.5;
    assert!(lip_gap(&basis.shape(&open)) > 0.8);
}

#[test]
fn motions_are_smooth_loops_of_believable_size() {
    let models = models();
    for &name in names() {
        let track = track(name, &models).unwrap();
        let seconds = track.frames.len() as f64 / track.rate;
        assert!((4.0..=8.0).contains(&seconds), "{name}: {seconds} s");
        let frames: Vec<&FaceMotion> = track.frames.iter().flatten().collect();
        assert_eq!(frames.len(), track.frames.len());
        let step = |i: usize| {
            let (a, b) = (frames[i % frames.len()], frames[(i + 1) % frames.len()]);
            let turned = a.pose.rotation.angle_to(&b.pose.rotation).to_degrees();
            let skin = a.shape.iter().zip(&b.shape).map(|(p, q)| (p - q).norm()).fold(0.0, f64::max);
            (turned, skin)
        };
        let inside: Vec<_> = (0..frames.len() - 1).map(step).collect();
        let largest = inside.iter().fold((0.0f64, 0.0f64), |m, s| (m.0.max(s.0), m.1.max(s.1)));
        let seam = step(frames.len() - 1);
        assert!(seam.0 <= largest.0 && seam.1 <= largest.1, "{name}: the loop jumps");
        assert!(largest.0 < 2.5, "{name}: the head turns {} degrees in a frame", largest.0);
        for frame in &frames {
            assert_eq!(frame.shape.len(), LANDMARKS);
            assert!(frame.shape.iter().all(|p| p.iter().all(|v| v.is_finite())));
            assert!(frame.coefficients.iter().all(|c| (0.0..=1.0).contains(c)));
            assert!(frame.pose.angles().iter().all(|a| a.abs() <= 15.0), "{name}: {:?}", frame.pose.angles());
        }
        let shut = frames.iter().filter(|f| f.coefficients[index("eyeBlinkLeft")] > 0.99).count();
        assert!((1..=20).contains(&shut), "{name}: shut in {shut} frames");
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
            *c = basis.rest[index(name)];
        }
    }
    assert!((basis.shape(&all)[468] - basis.neutral[468]).norm() < 1e-6);
}
