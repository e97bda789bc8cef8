//! Faces that talk, and recordings of them.

use nalgebra::{Rotation3, Vector3};
use ritratto::geometry::{LANDMARKS, Pose};
use ritratto::motion::file::write;
use ritratto::motion::{FaceMotion, MotionRecorder, MotionTrack};

pub(super) fn wave(i: usize, k: f64, seed: f64) -> f64 {
    ((i as f64 + 1.0) * k + seed).sin()
}

/// A face that talks, more or less: three ways to move and some noise.
pub(super) fn face(seed: f64) -> FaceMotion {
    let neutral = |i: usize| Vector3::new(8.0 * wave(i, 0.7, 0.0), 9.0 * wave(i, 1.3, 0.0), 5.0 * wave(i, 2.1, 0.0));
    let moved = |i: usize| {
        let ways = [0.31, 0.17, 0.05].map(|k| wave(i, k, 1.0) * (seed * (1.0 + 9.0 * k)).sin());
        Vector3::new(ways[0], ways[1], ways[2]) * 0.2 + Vector3::repeat(0.004 * wave(i, 5.3, 40.0 * seed))
    };
    FaceMotion {
        shape: (0..LANDMARKS).map(|i| neutral(i) + moved(i)).collect(),
        pose: Pose {
            rotation: Rotation3::from_euler_angles(0.4 * wave(1, seed, 0.0), 0.6 * wave(2, seed, 0.0), 0.2),
            translation: Vector3::new(2.0 * seed.cos(), -3.0, -50.0 + seed),
        },
        coefficients: std::array::from_fn(|i| (wave(i, 3.1, seed) * 0.5 + 0.5) as f32),
    }
}

pub(super) fn recorder(frames: &[Option<FaceMotion>], rate: f64) -> MotionRecorder {
    let mut recorder = MotionRecorder::new(rate, Some(&face(0.1))).unwrap();
    frames.iter().for_each(|frame| recorder.push(frame.as_ref()).unwrap());
    recorder
}

pub(super) fn track(seeds: &[Option<f64>], rate: f64) -> MotionTrack {
    let frames: Vec<_> = seeds.iter().map(|seed| seed.map(face)).collect();
    recorder(&frames, rate).into_track().unwrap()
}

pub(super) fn valid() -> Vec<u8> {
    write(&track(&[Some(1.0), None, Some(2.0)], 29.97)).unwrap()
}
