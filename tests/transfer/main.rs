//! Expression on faces of the stored reference photos, judged by the blendshape net itself.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod reenactment;

use std::sync::{Arc, OnceLock};

use ritratto::encoder::Encoder;
use ritratto::geometry::FaceGeometry;
use ritratto::geometry::topology::EYES;
use ritratto::models::Models;
use ritratto::motion::{COEFFICIENTS, Coefficients, FaceMotion, coefficient, eye_width, lid_gap};
use ritratto::transfer::expression::Expression;
use ritratto::transfer::unfold::folded;
use ritratto::transfer::{ExpressionDecoder, Person, lips};

/// A stored face: its motion, and the geometry of the photo.
struct Face {
    name: String,
    motion: FaceMotion,
    geometry: FaceGeometry,
}

fn models() -> &'static Models {
    static MODELS: OnceLock<Models> = OnceLock::new();
    MODELS.get_or_init(|| Models::from_folder(std::path::Path::new("models")).unwrap())
}

fn decoder() -> Arc<ExpressionDecoder> {
    static DECODER: OnceLock<Arc<ExpressionDecoder>> = OnceLock::new();
    DECODER.get_or_init(|| Arc::new(ExpressionDecoder::new(models()).unwrap())).clone()
}

/// The coefficients that the blendshape net reads from a face's shape under the photo's pose.
fn read(face: &Face, shape: &[nalgebra::Vector3<f64>]) -> Coefficients {
    static ENCODER: OnceLock<Encoder> = OnceLock::new();
    let encoder = ENCODER.get_or_init(|| Encoder::new(models(), None).unwrap());
    let places = face.geometry.project(shape, &face.geometry.pose);
    let landmarks = places.iter().map(|p| [p.x as f32, p.y as f32, 0.0]).collect();
    pollster::block_on(encoder.coefficients(&landmarks)).unwrap()
}

fn faces() -> Vec<Face> {
    #[derive(serde::Deserialize)]
    struct Stored {
        width: u32,
        height: u32,
        landmarks: Vec<[f32; 3]>,
        coefficients: Vec<f32>,
    }
    let mut paths: Vec<_> = std::fs::read_dir("tests/reference").unwrap().map(|e| e.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "json"));
    paths.sort();
    let faces = paths.iter().map(|path| {
        let stored: Stored = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let geometry = FaceGeometry::fit(&stored.landmarks, stored.width, stored.height);
        let coefficients = stored.coefficients.try_into().unwrap();
        Face {
            name: path.file_stem().unwrap().to_string_lossy().into_owned(),
            motion: FaceMotion::new(&geometry, coefficients),
            geometry,
        }
    });
    faces.collect()
}

fn named<'a>(faces: &'a [Face], name: &str) -> &'a Face {
    faces.iter().find(|face| face.name == name).unwrap()
}

fn error(a: &Coefficients, b: &Coefficients) -> f64 {
    a.iter().zip(b).skip(1).map(|(a, b)| f64::from((a - b).abs())).sum::<f64>() / (COEFFICIENTS - 1) as f64
}

/// Changes single coefficients of a face.
fn with(face: &Face, changes: &[(&str, f32)]) -> (Vec<nalgebra::Vector3<f64>>, Coefficients) {
    let person = Person::new(decoder(), face.motion.clone()).unwrap();
    let mut wanted = face.motion.coefficients;
    for &(name, value) in changes {
        wanted[coefficient(name)] = value;
    }
    let shape = person.shape(&Expression::of(wanted, &face.motion.coefficients));
    let seen = read(face, &shape);
    (shape, seen)
}

#[test]
fn a_photos_own_expression_is_the_photo() {
    for face in faces() {
        let (shape, _) = with(&face, &[]);
        for (a, b) in shape.iter().zip(&face.motion.shape) {
            assert!((a - b).norm() < 1e-4, "{}", face.name);
        }
    }
}

#[test]
fn any_face_takes_on_any_other_expression() {
    let faces = faces();
    let (mut ours, mut still, mut pairs) = (0.0, 0.0, 0);
    for face in &faces {
        let person = Person::new(decoder(), face.motion.clone()).unwrap();
        for other in faces.iter().filter(|other| other.name != face.name) {
            let wanted = other.motion.coefficients;
            let shape = person.shape(&Expression::of(wanted, &face.motion.coefficients));
            ours += error(&read(face, &shape), &wanted);
            still += error(&face.motion.coefficients, &wanted);
            pairs += 1;
            assert_eq!(folded(&face.motion.shape, &shape), 0, "{} as {}", face.name, other.name);
        }
    }
    println!("error {:.4}, standing still {:.4}, {pairs} pairs", ours / f64::from(pairs), still / f64::from(pairs));
    assert!(ours < 0.3 * still);
}

#[test]
fn a_smile_goes_and_comes() {
    let faces = faces();
    let smile = ["mouthSmileLeft", "mouthSmileRight"];
    let happy = named(&faces, "p005_happy");
    assert!(happy.motion.coefficients[coefficient(smile[0])] > 0.5);
    let (_, seen) = with(happy, &[(smile[0], 0.0), (smile[1], 0.0)]);
    assert!(smile.iter().all(|name| seen[coefficient(name)] < 0.15), "{:?}", smile.map(|n| seen[coefficient(n)]));
    let calm = named(&faces, "p001_portrait");
    let (_, seen) = with(calm, &[(smile[0], 0.8), (smile[1], 0.8)]);
    assert!(smile.iter().all(|name| seen[coefficient(name)] > 0.55), "{:?}", smile.map(|n| seen[coefficient(n)]));
}

#[test]
fn a_wink_closes_one_eye() {
    let faces = faces();
    let face = named(&faces, "p001_portrait");
    let (shape, seen) = with(face, &[("eyeBlinkLeft", 0.8)]);
    let gap = |side: usize| lid_gap(&shape, &EYES[side]) / eye_width(&shape, &EYES[side]);
    assert!(gap(1) < 0.08 && gap(0) > 0.15, "{} {}", gap(0), gap(1));
    assert!(seen[coefficient("eyeBlinkLeft")] > seen[coefficient("eyeBlinkRight")] + 0.3);
}

#[test]
fn an_open_mouth_closes_with_the_drivers() {
    let faces = faces();
    let open = named(&faces, "sfhq_mouth_open");
    let closed = named(&faces, "p001_portrait");
    let person = Person::new(decoder(), open.motion.clone()).unwrap();
    let middle = |shape: &[nalgebra::Vector3<f64>]| lips::gaps(shape)[lips::PAIRS / 2];
    assert!(middle(&open.motion.shape) > 0.1 && middle(&closed.motion.shape) < 0.02);
    let mut expression = Expression::of(closed.motion.coefficients, &open.motion.coefficients);
    expression.lips = Some(lips::gaps(&closed.motion.shape));
    let shape = person.shape(&expression);
    assert!(middle(&shape) < 0.02, "{}", middle(&shape));
}

#[test]
fn single_muscles_move() {
    let faces = faces();
    let face = named(&faces, "p001_portrait");
    for (name, wanted, least) in [
        ("jawOpen", 0.5, 0.3),
        ("mouthPucker", 0.9, 0.4),
        ("browInnerUp", 0.8, 0.45),
        ("mouthLeft", 0.4, 0.15),
        ("jawLeft", 0.5, 0.25),
        ("jawRight", 0.5, 0.25),
    ] {
        let before = face.motion.coefficients[coefficient(name)];
        let (_, seen) = with(face, &[(name, wanted)]);
        assert!(seen[coefficient(name)] - before > least, "{name}: {before} -> {}", seen[coefficient(name)]);
    }
    let (shape, _) = with(face, &[("browOuterUpLeft", 0.9)]);
    let raised = |i: usize| shape[i].y - face.motion.shape[i].y;
    assert!(raised(334) > raised(105) + 0.1, "one brow: {} {}", raised(334), raised(105));
    let (shape, _) = with(face, &[("cheekPuff", 1.0)]);
    let width = |s: &[nalgebra::Vector3<f64>]| (s[192] - s[416]).norm();
    assert!(width(&shape) > 1.05 * width(&face.motion.shape));
    let (shape, _) = with(face, &[("jawLeft", 0.13)]);
    assert!((shape[152].x - face.motion.shape[152].x).abs() > 0.08, "{}", shape[152].x - face.motion.shape[152].x);
}

#[test]
fn shut_lips_cannot_be_shut_further() {
    let faces = faces();
    let face = named(&faces, "p001_portrait");
    let farthest = |change: &[(&str, f32)]| {
        let moved = with(face, change).0;
        moved.iter().zip(&face.motion.shape).map(|(a, b)| (a - b).norm()).fold(0.0, f64::max)
    };
    assert!(farthest(&[("mouthClose", 0.8)]) < 0.1, "{}", farthest(&[("mouthClose", 0.8)]));
    // What an open jaw parts, it shuts.
    let gap = |change: &[(&str, f32)]| lips::gaps(&with(face, change).0)[lips::PAIRS / 2];
    let (open, closed) = (gap(&[("jawOpen", 0.5)]), gap(&[("jawOpen", 0.5), ("mouthClose", 0.5)]));
    assert!(closed < 0.5 * open, "{open} {closed}");
}

/// Full lips read as pursed ones, but a pucker is a narrow mouth whose lips are hardly thicker; 0, 13 and 61, 291 are landmarks of the upper
/// lip's edges and of the mouth's corners.
#[test]
fn a_pucker_draws_the_mouth_together() {
    let mut faces = faces();
    faces.retain(|face| face.motion.coefficients[coefficient("mouthPucker")] < 0.3);
    assert!(faces.len() > 4, "only {} faces without a pucker", faces.len());
    for face in faces {
        let rest = &face.motion;
        let (shape, _) = with(&face, &[("mouthPucker", 0.9)]);
        let width = |s: &[nalgebra::Vector3<f64>]| (s[291] - s[61]).norm();
        let upper = |s: &[nalgebra::Vector3<f64>]| s[0].y - s[13].y;
        assert!(width(&shape) < 0.92 * width(&rest.shape), "{} {}", width(&shape), width(&rest.shape));
        assert!(upper(&shape) < upper(&rest.shape) + 0.4, "{} {}", upper(&shape), upper(&rest.shape));
    }
}

/// The decoder goes on well to one side only beyond what it has seen; what is asked of a face to the right must look
/// like what is asked of its mirror image to the left.
#[test]
fn sideways_is_alike_on_both_sides() {
    let faces = faces();
    let motion = &named(&faces, "p001_portrait").motion;
    for (left, right) in [("jawLeft", "jawRight"), ("mouthLeft", "mouthRight")] {
        let moved = |motion: &FaceMotion, name: &str| {
            let mut wanted = motion.coefficients;
            wanted[coefficient(name)] = 0.6;
            let person = Person::new(decoder(), motion.clone()).unwrap();
            let shape = person.shape(&Expression::of(wanted, &motion.coefficients));
            FaceMotion { shape, ..motion.clone() }
        };
        let (to_left, to_right) = (moved(motion, left), moved(&motion.mirrored(), right).mirrored());
        let apart = |a: &FaceMotion, b: &FaceMotion| {
            a.shape.iter().zip(&b.shape).map(|(a, b)| (a - b).norm()).fold(0.0, f64::max)
        };
        assert!(apart(&to_left, motion) > 0.3, "{left} moves nothing");
        assert!(apart(&to_left, &to_right) < 0.06, "{left}: {} cm", apart(&to_left, &to_right));
    }
}

/// Numbers of `train/expression_decoder.py` itself for three pairs of stored faces.
#[test]
fn the_decoder_computes_what_was_trained() {
    #[derive(serde::Deserialize)]
    struct Stored {
        from: String,
        to: String,
        moves: Vec<[f64; 3]>,
    }
    let stored: Vec<Stored> = serde_json::from_slice(&std::fs::read("tests/transfer/decoder.json").unwrap()).unwrap();
    assert!(stored.len() >= 3);
    let faces = faces();
    for pair in stored {
        let (from, to) = (named(&faces, &pair.from), named(&faces, &pair.to));
        let face = decoder().face(&from.motion.shape, &from.motion.coefficients).unwrap();
        let [moves] = decoder().displacements(&face, [to.motion.coefficients]);
        let worst =
            moves.iter().zip(&pair.moves).map(|(a, b)| (a - nalgebra::Vector3::from(*b)).norm()).fold(0.0, f64::max);
        assert!(worst < 5e-3, "{} to {}: {worst} cm", pair.from, pair.to);
    }
}
