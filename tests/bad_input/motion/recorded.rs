//! What is recorded, written and read again.

use nalgebra::{UnitQuaternion, Vector3};
use proptest::prelude::*;
use ritratto::Error;
use ritratto::geometry::LANDMARKS;
use ritratto::motion::file::{LIMIT_FRAMES, read, write};
use ritratto::motion::{COEFFICIENTS, FaceMotion, MotionRecorder};

use super::faces::{face, recorder, track, wave};

/// Largest differences of pose (radians, centimetres) and coefficients, and the squared error of the landmarks.
fn differences(a: &FaceMotion, b: &FaceMotion) -> (f64, f64, f32, f64) {
    let coefficients = a.coefficients.iter().zip(&b.coefficients).map(|(p, q)| (p - q).abs()).fold(0.0, f32::max);
    let [from, to] = [a, b].map(|motion| UnitQuaternion::from_rotation_matrix(&motion.pose.rotation));
    (
        from.angle_to(&to),
        (a.pose.translation - b.pose.translation).amax(),
        coefficients,
        a.shape.iter().zip(&b.shape).map(|(p, q)| (p - q).norm_squared()).sum::<f64>() / LANDMARKS as f64,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// The precision that the format's description states.
    #[test]
    fn what_is_recorded_is_kept_and_what_is_written_is_read_back(
        seeds in prop::collection::vec(prop::option::of(-30.0..30.0f64), 1..150),
        rate in 0.5..240.0f64,
    ) {
        let track = track(&seeds, rate);
        prop_assert_eq!(track.len(), seeds.len());
        let mut squares = 0.0;
        for (kept, seed) in track.frames().zip(&seeds) {
            prop_assert_eq!(kept.is_some(), seed.is_some());
            let (Some(kept), Some(seed)) = (kept, seed) else { continue };
            let (turned, shifted, changed, square) = differences(&kept, &face(*seed));
            prop_assert!(turned < 2e-4 && shifted <= 0.002 && changed <= 0.001_001, "{turned} {shifted} {changed}");
            squares += square;
        }
        let seen = seeds.iter().flatten().count().max(1) as f64;
        prop_assert!((squares / seen).sqrt() <= 0.01, "{}", (squares / seen).sqrt());
        let (_, _, _, square) = differences(track.neutral(), &face(0.1));
        prop_assert!(square.sqrt() <= 0.001);
        let back = read(&write(&track).unwrap()).unwrap();
        prop_assert!(back == track);
    }
}

#[test]
fn hours_are_small_and_a_rare_expression_survives() {
    let mut recorder = MotionRecorder::new(25.0, None).unwrap();
    let wink = |motion: &mut FaceMotion| motion.shape[145..180].iter_mut().for_each(|p| p.y += 0.3);
    let seed = |i: usize| i as f64 * 0.04;
    for i in 0..5000 {
        let mut motion = face(seed(i));
        if i == 4000 {
            wink(&mut motion);
        }
        recorder.push(Some(&motion)).unwrap();
    }
    let track = recorder.into_track().unwrap();
    let mut rare = face(seed(4000));
    wink(&mut rare);
    let (_, _, _, square) = differences(&track.frame(4000).unwrap(), &rare);
    assert!(square.sqrt() < 0.03, "{}", square.sqrt());
    assert!(track.frame(5000).is_none());
    // The face of these tests has 59 lively values besides its shape.
    let bytes = write(&track).unwrap();
    assert!(bytes.len() < 100 * track.len(), "{} bytes", bytes.len());
}

#[test]
fn the_irises_are_kept_better_than_the_rest() {
    // Noise everywhere, no two frames alike: some of it must go.
    let noisy = |seed: f64| {
        let mut motion = face(seed);
        let jitter = |i: usize| 0.02 * wave(i, 12.9898, seed * 78.233);
        motion.shape.iter_mut().enumerate().for_each(|(i, p)| *p += Vector3::repeat(jitter(i)));
        motion
    };
    let frames: Vec<_> = (0..60).map(|i| Some(noisy(f64::from(i) * 0.37))).collect();
    let track = recorder(&frames, 25.0).into_track().unwrap();
    let error = |from: usize, to: usize| {
        let pairs = frames.iter().flatten().zip(track.frames().flatten());
        let square = |(a, b): (&FaceMotion, FaceMotion)| {
            (from..to).map(|i| (a.shape[i] - b.shape[i]).norm_squared()).sum::<f64>() / (to - from) as f64
        };
        (pairs.map(square).sum::<f64>() / frames.len() as f64).sqrt()
    };
    assert!(error(0, LANDMARKS) <= 0.01);
    assert!(error(468, LANDMARKS) <= 0.01, "{}", error(468, LANDMARKS));
}

#[test]
fn frames_at_odd_times_become_frames_at_a_rate() {
    let mut recorder = MotionRecorder::new(10.0, None).unwrap();
    let at = |x: f64| {
        let mut motion = face(0.5);
        motion.pose.translation.x = x;
        motion
    };
    for time in [100.0, 100.07, 100.21, 100.4, 100.5] {
        recorder.push_at(Some(&at(time - 100.0)), time).unwrap();
    }
    // A pause is left out, and so is a step back in time.
    recorder.push_at(Some(&at(7.0)), 200.0).unwrap();
    recorder.push_at(Some(&at(8.0)), 150.0).unwrap();
    let track = recorder.into_track().unwrap();
    let places: Vec<f64> = track.frames().flatten().map(|motion| motion.pose.translation.x).collect();
    for (place, expected) in places.iter().zip([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 7.0, 8.0]) {
        assert!((place - expected).abs() < 0.003, "{places:?}");
    }
    assert!((7..=8).contains(&places.len()), "{places:?}");
}

#[test]
fn a_recording_needs_a_face_and_ends_at_the_limit() {
    let mut recorder = MotionRecorder::new(30.0, None).unwrap();
    recorder.push(None).unwrap();
    assert!(matches!(recorder.clone().finish(), Err(Error::NoFaceInDriver)));
    let nothing = MotionRecorder::new(30.0, Some(&face(0.0))).unwrap();
    assert!(matches!(nothing.finish(), Err(Error::Motion { .. })));
    while !recorder.is_full() {
        recorder.push(None).unwrap();
    }
    assert!(matches!(recorder.push(Some(&face(1.0))), Err(Error::Motion { reason }) if reason.contains("more than")));
    recorder.push_at(Some(&face(1.0)), 1.0).unwrap();
    assert_eq!(recorder.len(), LIMIT_FRAMES);
}

#[test]
fn a_face_that_could_not_be_read_is_not_recorded() {
    for rate in [f64::NAN, 0.0, -25.0, f64::INFINITY, 1e9] {
        assert!(matches!(MotionRecorder::new(rate, None), Err(Error::Motion { .. })), "{rate}");
    }
    let spoil: [fn(&mut FaceMotion); 6] = [
        |m| m.shape[3].y = f64::NAN,
        |m| m.shape.truncate(468),
        |m| m.shape[470].x = 1e4,
        |m| m.pose.translation.x = f64::INFINITY,
        |m| m.pose.translation.z = -1e6,
        |m| m.coefficients[COEFFICIENTS - 1] = f32::NAN,
    ];
    for (i, spoil) in spoil.iter().enumerate() {
        let mut motion = face(1.0);
        spoil(&mut motion);
        assert!(matches!(MotionRecorder::new(25.0, Some(&motion)), Err(Error::Motion { .. })), "{i}");
        let mut recorder = MotionRecorder::new(25.0, Some(&face(0.1))).unwrap();
        let ended = recorder.push(Some(&motion)).and_then(|()| recorder.finish());
        assert!(matches!(ended, Err(Error::Motion { .. })), "{i}");
    }
}
