//! The transfer over time.

use ritratto::motion::{FaceMotion, TargetGeometry, coefficient};
use ritratto::transfer::expression::Expression;
use ritratto::transfer::{
    Calibration, ExpressionMode, LostFace, Person, Reenactment, ReenactmentOptions, TransferOptions, turned,
};

use super::{decoder, faces, named};

fn reenact(rest: &FaceMotion, options: ReenactmentOptions) -> Reenactment {
    Reenactment::of_person(Person::new(decoder(), rest.clone()).unwrap(), options)
}

fn unsmoothed() -> ReenactmentOptions {
    ReenactmentOptions { smooth: false, ..Default::default() }
}

fn distance(a: &TargetGeometry, shape: &[nalgebra::Vector3<f64>]) -> f64 {
    a.shape.iter().zip(shape).map(|(p, q)| (p - q).norm()).fold(0.0, f64::max)
}

#[test]
fn a_face_that_drives_itself_gets_its_own_landmarks() {
    let faces = faces();
    let rest = &named(&faces, "p001_portrait").motion;
    let other = &named(&faces, "p005_happy").motion;
    // The same person a little later: part of the way to another face.
    let mut later = rest.clone();
    for (point, to) in later.shape.iter_mut().zip(&other.shape) {
        *point = point.lerp(to, 0.3);
    }
    for (value, to) in later.coefficients.iter_mut().zip(other.coefficients) {
        *value += 0.3 * (to - *value);
    }
    let mut drive = reenact(rest, unsmoothed());
    drive.drive(Some(rest), 0.0).unwrap();
    let target = drive.drive(Some(&later), 0.1).unwrap();
    // Lips that all but touch are closed.
    assert!(distance(&target, &later.shape) < 0.05, "{}", distance(&target, &later.shape));
}

#[test]
fn no_strength_keeps_the_photo() {
    let faces = faces();
    let (rest, driver) = (&named(&faces, "p001_portrait").motion, &named(&faces, "sfhq_laughing").motion);
    let mut drive = reenact(rest, unsmoothed());
    drive.set_transfer(TransferOptions { expression: 0.0, pose: 0.0, ..Default::default() }).unwrap();
    drive.drive(Some(&named(&faces, "p004_tilted").motion), 0.0).unwrap();
    let target = drive.drive(Some(driver), 0.1).unwrap();
    assert!(distance(&target, &rest.shape) < 1e-4);
    // Not by angle: the arc cosine is inexact near 0.
    assert!((target.pose.rotation.matrix() - rest.pose.rotation.matrix()).norm() < 1e-9);
    assert_eq!(drive.set_transfer(TransferOptions { lips: 2.1, ..Default::default() }).unwrap_err().code(), "option");
    assert!(drive.set_transfer(TransferOptions { pose: f64::NAN, ..Default::default() }).is_err());
}

#[test]
fn relative_keeps_a_smile_and_absolute_takes_it() {
    let faces = faces();
    let (happy, calm) = (&named(&faces, "p005_happy").motion, &named(&faces, "p001_portrait").motion);
    let corner = |shape: &[nalgebra::Vector3<f64>]| (shape[61] - shape[291]).norm();
    let mut widths = [ExpressionMode::Absolute, ExpressionMode::Relative].map(|mode| {
        let mut drive = reenact(happy, unsmoothed());
        drive.set_transfer(TransferOptions { mode, ..Default::default() }).unwrap();
        drive.drive(Some(calm), 0.0).unwrap();
        corner(&drive.drive(Some(calm), 0.1).unwrap().shape)
    });
    widths.iter_mut().for_each(|width| *width /= corner(&happy.shape));
    assert!(widths[0] < 0.93 && (widths[1] - 1.0).abs() < 1e-3, "{widths:?}");
}

#[test]
fn a_calm_driver_takes_the_smile_from_an_own_photo() {
    let faces = faces();
    let happy = &named(&faces, "p005_happy").motion;
    // The same person, calm: only its expression is another.
    let mut calm = happy.clone();
    calm.coefficients = named(&faces, "p001_portrait").motion.coefficients;
    let plain = Expression { emphasis: 0.0, ..Expression::of(calm.coefficients, &happy.coefficients) };
    calm.shape = Person::new(decoder(), happy.clone()).unwrap().shape(&plain);
    let corner = |shape: &[nalgebra::Vector3<f64>]| (shape[61] - shape[291]).norm();
    assert!(corner(&calm.shape) < 0.95 * corner(&happy.shape));
    let mut drive = reenact(happy, unsmoothed());
    let target = drive.drive(Some(&calm), 0.0).unwrap();
    let width = corner(&target.shape) / corner(&calm.shape);
    assert!(width < 1.03, "the mouth is {width} of what it should be");
}

#[test]
fn a_turned_head_changes_landmarks_the_same_way_there_and_back() {
    let start = named(&faces(), "p001_portrait").motion.pose;
    let longest = |a: &TargetGeometry| distance(a, &vec![nalgebra::Vector3::zeros(); a.shape.len()]);
    let between = |from: [f64; 3], to: [f64; 3]| {
        let poses = [from, to].map(|angles| turned(&start, angles));
        TargetGeometry {
            shape: decoder().turning(&poses[0], &poses[1]),
            ..TargetGeometry::of(&named(&faces(), "p001_portrait").motion)
        }
    };
    assert!(longest(&between([5.0, 0.0, 0.0], [5.0, 0.0, 0.0])) < 1e-6);
    let (there, back) = (between([0.0; 3], [0.0, 12.0, 0.0]), between([0.0, 12.0, 0.0], [0.0; 3]));
    assert!(longest(&there) > 0.02, "a nod changes nothing");
    let reversed: Vec<_> = back.shape.iter().map(|step| -step).collect();
    assert!(distance(&there, &reversed) < 1e-5);
    // Beyond what was learnt it goes no further.
    let (far, farther) = (between([0.0; 3], [50.0, 0.0, 0.0]), between([0.0; 3], [70.0, 0.0, 0.0]));
    assert!(longest(&far) < 1.5 && distance(&far, &farther.shape) < 0.25 * longest(&far));
}

#[test]
fn a_mirror_swaps_a_wink() {
    let faces = faces();
    let rest = &named(&faces, "p001_portrait").motion;
    let mut wink = rest.clone();
    wink.coefficients[coefficient("eyeBlinkLeft")] = 0.8;
    let options = ReenactmentOptions { measured: false, smooth: false, ..Default::default() };
    let gaps = [false, true].map(|mirror| {
        let mut drive = reenact(rest, options);
        drive.with_neutral(rest.clone()).unwrap();
        drive.set_transfer(TransferOptions { mirror, ..Default::default() }).unwrap();
        let shape = drive.drive(Some(&wink), 0.1).unwrap().shape;
        ritratto::geometry::topology::EYES.map(|eye| ritratto::motion::lid_gap(&shape, &eye))
    });
    assert!(gaps[0][1] < 0.3 * gaps[0][0], "{gaps:?}");
    assert!(gaps[1][0] < 0.3 * gaps[1][1], "{gaps:?}");
}

#[test]
fn the_first_second_finds_the_calm_face() {
    let faces = faces();
    let (calm, lively) = (&named(&faces, "p001_portrait").motion, &named(&faces, "sfhq_laughing").motion);
    let options = ReenactmentOptions { calibration: Calibration::FirstSecond, smooth: false, ..Default::default() };
    let mut drive = reenact(calm, options);
    for frame in 0..40 {
        let shown = if frame % 3 == 0 { lively } else { calm };
        drive.drive(Some(shown), f64::from(frame) * 0.04).unwrap();
    }
    let neutral = drive.neutral().unwrap();
    let jaw = coefficient("jawOpen");
    assert!(neutral.coefficients[jaw] < 0.3 * lively.coefficients[jaw]);
}

#[test]
fn a_lost_face_eases_to_rest_and_back() {
    let faces = faces();
    let (rest, driver) = (&named(&faces, "p001_portrait").motion, &named(&faces, "sfhq_laughing").motion);
    let mut drive = reenact(rest, ReenactmentOptions { lost: LostFace::EaseToRest, ..unsmoothed() });
    drive.drive(Some(rest), 0.0).unwrap();
    let mut before = drive.drive(Some(driver), 0.04).unwrap();
    let (mut time, mut largest) = (0.04, 0.0_f64);
    let away = distance(&before, &rest.shape);
    for frame in 0..75 {
        time += 0.04;
        let seen = if frame < 50 { None } else { Some(driver) };
        let target = drive.drive(seen, time).unwrap();
        largest = largest.max(distance(&target, &before.shape));
        if frame == 49 {
            assert!(distance(&target, &rest.shape) < 1e-6, "it has not come to rest");
        }
        before = target;
    }
    assert!(largest < 0.3 * away, "it jumped by {largest} of {away} cm");
    assert!((distance(&before, &rest.shape) - away).abs() < 0.05 * away, "it has not come back");
}

/// A page that was hidden, or a file that was paused, gives no frames for a while: what they show then is no reason to jump.
#[test]
fn a_gap_in_the_frames_does_not_skip_the_way() {
    let faces = faces();
    let (rest, driver) = (&named(&faces, "p001_portrait").motion, &named(&faces, "sfhq_laughing").motion);
    let mut drive = reenact(rest, ReenactmentOptions { lost: LostFace::EaseToRest, ..unsmoothed() });
    drive.drive(Some(rest), 0.0).unwrap();
    let driven = drive.drive(Some(driver), 0.04).unwrap();
    let away = distance(&driven, &rest.shape);
    let lost = drive.drive(None, 60.0).unwrap();
    assert!(distance(&lost, &driven.shape) < 0.3 * away, "it jumped to rest");
    let mut time = 60.0;
    for _ in 0..50 {
        time += 0.04;
        drive.drive(None, time).unwrap();
    }
    let found = drive.drive(Some(driver), time + 60.0).unwrap();
    assert!(distance(&found, &rest.shape) < 0.3 * away, "it jumped to the driver");
}

#[test]
fn strengths_together_go_no_further_than_one_alone() {
    let faces = faces();
    let rest = &named(&faces, "p001_portrait").motion;
    // What the landmarks alone do: a brow, a lid and a lip that no coefficient tells of.
    let mut driver = rest.clone();
    for landmark in [13, 14, 159, 145, 468] {
        driver.shape[landmark].x += 0.1;
    }
    let moved = |transfer: TransferOptions| {
        let mut drive = reenact(rest, unsmoothed());
        drive.set_transfer(transfer).unwrap();
        drive.drive(Some(rest), 0.0).unwrap();
        drive.drive(Some(&driver), 0.1).unwrap()
    };
    let alone = moved(TransferOptions { lips: 2.0, eyes: 2.0, ..Default::default() });
    assert!(distance(&alone, &rest.shape) > 0.15);
    let both = moved(TransferOptions { expression: 2.0, lips: 2.0, eyes: 2.0, ..Default::default() });
    for landmark in [13, 14, 159, 145, 468] {
        let [one, two] = [&alone, &both].map(|target| target.shape[landmark].x - rest.shape[landmark].x);
        assert!((one - two).abs() < 0.02, "landmark {landmark}: {one} and {two} cm");
    }
}

#[test]
fn faces_that_are_turned_alike_are_blended_without_a_hole() {
    let faces = faces();
    let one = TargetGeometry::of(&named(&faces, "p004_tilted").motion);
    for angle in [0.0, 1e-12, 1e-9, 1e-8, 1e-6, 1e-3] {
        let mut other = one.clone();
        other.pose.rotation =
            nalgebra::Rotation3::from_axis_angle(&nalgebra::Vector3::x_axis(), angle) * one.pose.rotation;
        let between = one.blend(&other, 0.3);
        let turned = (between.pose.rotation.matrix() - one.pose.rotation.matrix()).norm();
        assert!((turned - 0.3 * angle * 2.0_f64.sqrt()).abs() < 1e-9, "{angle}: {turned}");
    }
}
