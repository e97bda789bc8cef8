//! The motion filter holds a jittering still face and does not lag behind a moving one.
//! `examples/steadiness.rs` prints the same figures from real pictures.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use nalgebra::{Rotation3, Vector2, Vector3};
use ritratto::geometry::face::eye_distance;
use ritratto::geometry::{Camera, CanonicalFace, FaceGeometry, LANDMARKS, Landmarks, Pose};
use ritratto::motion::smoothing::MotionFilter;
use ritratto::motion::{COEFFICIENTS, FaceMotion};

const SIZE: (u32, u32) = (640, 480);
const RATE: f64 = 25.0;

/// The canonical face under a pose, in a 640 x 480 picture; the mouth open by `jaw` cm.
fn landmarks(pose: &Pose, jaw: f64) -> Landmarks {
    let camera = Camera::new(SIZE.0, SIZE.1);
    let near = camera.near_plane();
    let mut points = CanonicalFace::get().positions.clone();
    points.iter_mut().filter(|p| p.y < -3.0).for_each(|p| p.y -= jaw);
    // Irises: five points around each eye's middle.
    for side in [-1.0, 1.0] {
        points.extend((0..5).map(|i| Vector3::new(side * 3.2 + 0.1 * f64::from(i), 2.6, 4.2)));
    }
    let depth = -pose.translation.z;
    points
        .iter()
        .map(|point| {
            let place = pose.apply(point);
            let pixel = camera.project(&place);
            [pixel.x as f32, pixel.y as f32, ((-place.z / depth - 1.0) / near.x * camera.width) as f32]
        })
        .collect()
}

fn motion(landmarks: &Landmarks) -> FaceMotion {
    FaceMotion::new(&FaceGeometry::fit(landmarks, SIZE.0, SIZE.1), [0.1; COEFFICIENTS])
}

fn places(motion: &FaceMotion) -> Vec<Vector2<f64>> {
    let camera = Camera::new(SIZE.0, SIZE.1);
    motion.shape.iter().map(|point| camera.project(&motion.pose.apply(point))).collect()
}

/// Normal numbers (Box and Muller) from SplitMix64.
struct Normal(u64);

impl Normal {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((x ^ (x >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn next(&mut self) -> f64 {
        (-2.0 * (1.0 - self.uniform()).ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

fn frontal() -> Pose {
    Pose { rotation: Rotation3::from_euler_angles(0.05, -0.1, 0.04), translation: Vector3::new(3.0, 1.0, -45.0) }
}

/// Largest move of a landmark over 200 frames after 10 to settle, in eye distances.
/// `jitter` is the standard deviation of each coordinate, `common` the share of its variance
/// that all landmarks have in common.
fn still(jitter: f64, common: f64, seed: u64) -> f64 {
    let truth = landmarks(&frontal(), 0.0);
    let eyes = eye_distance(&truth);
    let mut normal = Normal(seed);
    let mut filter = MotionFilter::default();
    let mut first: Option<Vec<Vector2<f64>>> = None;
    let mut largest: f64 = 0.0;
    for frame in 0..210 {
        let mut noisy = truth.clone();
        let shared = [0; 3].map(|_| normal.next() * jitter * eyes * common.sqrt());
        for value in noisy.iter_mut() {
            for axis in 0..3 {
                value[axis] += (shared[axis] + normal.next() * jitter * eyes * (1.0 - common).sqrt()) as f32;
            }
        }
        let out = places(&filter.apply(&motion(&noisy), f64::from(frame) / RATE));
        if frame >= 10 {
            let first = first.get_or_insert_with(|| out.clone());
            largest = out.iter().zip(first).map(|(a, b)| (a - *b).norm() / eyes).fold(largest, f64::max);
        }
    }
    largest
}

#[test]
fn a_jittering_still_face_is_held() {
    // A standard deviation of .0035 in x and in y is one of .005 in the picture.
    for jitter in [0.0007, 0.002, 0.0028, 0.0035] {
        for common in [0.0, 0.3, 0.6, 0.9] {
            for seed in 1..6 {
                let moved = still(jitter, common, seed);
                assert!(moved <= 0.003, "jitter {jitter}, common {common}: moved by {moved:.4}");
            }
        }
    }
}

#[test]
fn a_moving_face_is_followed_without_lag() {
    // Turning by +-20 degrees and nodding, moving and coming nearer, speaking: at two speeds.
    for speed in [1.0, 2.5] {
        let mut normal = Normal(7);
        let mut filter = MotionFilter::default();
        let (mut lag, mut count) = (0.0, 0.0);
        for frame in 0..150 {
            let t = f64::from(frame) / RATE * speed;
            let mut pose = frontal();
            pose.rotation = Rotation3::from_euler_angles(0.12 * (5.0 * t).sin(), 0.35 * (3.0 * t).sin(), 0.1 * t.sin());
            pose.translation += Vector3::new(4.0 * (2.0 * t).sin(), 1.5 * (3.0 * t).cos(), 6.0 * (1.5 * t).sin());
            let mut seen = landmarks(&pose, 0.8 * (9.0 * t).sin().max(0.0));
            let eyes = eye_distance(&seen);
            seen.iter_mut().flatten().for_each(|value| *value += (normal.next() * 0.001 * eyes) as f32);
            let measured = motion(&seen);
            let out = places(&filter.apply(&measured, f64::from(frame) / RATE));
            for (a, b) in out.iter().zip(places(&measured)) {
                lag += (a - b).norm() / eyes;
                count += 1.0;
            }
        }
        assert!((count - 150.0 * LANDMARKS as f64).abs() < 0.5);
        assert!(lag / count < 0.01, "mean lag {:.4} at speed {speed}", lag / count);
    }
}

#[test]
fn a_blink_passes_at_once() {
    let mut filter = MotionFilter::default();
    let open = motion(&landmarks(&frontal(), 0.0));
    for frame in 0..25 {
        filter.apply(&open, f64::from(frame) / RATE);
    }
    // The upper lid's middle points close by .8 cm within two frames.
    let lids = [159, 158, 160, 157, 161, 386, 385, 387, 384, 388];
    for (step, share) in [(25, 0.5), (26, 1.0)] {
        let mut closing = open.clone();
        lids.iter().for_each(|&lid| closing.shape[lid].y -= 0.8 * share);
        let out = filter.apply(&closing, f64::from(step) / RATE);
        for lid in lids {
            let late = (out.shape[lid] - closing.shape[lid]).norm();
            assert!(late < 0.08, "lid {lid} is {late:.3} cm behind at {share}");
        }
    }
}
