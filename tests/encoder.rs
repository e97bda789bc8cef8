//! The encoder on whole pictures: tracking, turned photos, several faces, odd sizes.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/or_skip.rs"]
mod or_skip;

use std::path::Path;

use image::imageops::{self, FilterType};
use image::{Rgba, RgbaImage};
use or_skip::or_skip;
use pollster::block_on;
use ritratto::encoder::{Encoder, MIN_PRESENCE, Observation, Region, Tracker};
use ritratto::error::Error;
use ritratto::geometry::LANDMARKS;
use ritratto::geometry::face::eye_distance;
use ritratto::gpu::Gpu;
use ritratto::models::Models;
use ritratto::motion::coefficient;

fn encoder() -> Encoder {
    let models = Models::from_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("models")).unwrap();
    Encoder::new(&models, None).unwrap()
}

fn photo(name: &str) -> RgbaImage {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/photos");
    image::open(folder.join(name)).unwrap().into_rgba8()
}

fn grey(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_pixel(width, height, Rgba([120, 124, 128, 255]))
}

fn largest(encoder: &Encoder, picture: &RgbaImage) -> Observation {
    let faces = block_on(encoder.detect(picture)).unwrap();
    let face = faces.first().expect("no face found");
    block_on(encoder.observe(picture, Region::from_detection(face))).unwrap()
}

/// Mean distance of the landmarks, in parts of the eye distance.
fn apart(a: &[[f32; 3]], b: &[[f32; 3]]) -> f64 {
    let sum: f64 = a.iter().zip(b).map(|(p, q)| f64::from((p[0] - q[0]).hypot(p[1] - q[1]))).sum();
    sum / a.len() as f64 / eye_distance(b)
}

#[test]
fn a_track_is_lost_and_found_again() {
    let encoder = encoder();
    let face = photo("p004_tilted.webp");
    let (width, height) = face.dimensions();
    let mut tracker = Tracker::default();
    let mut step = |frame: &RgbaImage| block_on(tracker.track(&encoder, frame)).unwrap();
    let first = step(&face).expect("not found at first");
    // The second time without the detector, from the landmarks' region.
    let second = step(&face).expect("lost");
    assert!(apart(&second.landmarks, &first.landmarks) < 0.02);
    for _ in 0..3 {
        assert!(step(&grey(width, height)).is_none(), "a face in a plain picture");
    }
    let again = step(&face).expect("not found again");
    assert!(apart(&again.landmarks, &first.landmarks) < 0.02);
    // A frame of another size, as in a folder of mixed pictures, is searched afresh.
    let small = imageops::resize(&face, width / 2, height / 2, FilterType::Triangle);
    let halved = step(&small).expect("not found at half the size");
    assert!((eye_distance(&halved.landmarks) * 2.0 / eye_distance(&first.landmarks) - 1.0).abs() < 0.05);
    assert!(step(&RgbaImage::new(0, 0)).is_none());
}

/// Regions near one: none is the right one.
fn near(region: Region) -> [Region; 5] {
    let side = region.size[0];
    [[0.0, 0.0, 0.0], [0.02, 0.01, 0.03], [-0.01, 0.02, -0.03], [-0.02, -0.01, 0.02], [0.01, -0.02, -0.02]].map(
        |[across, down, turn]| Region {
            centre: [region.centre[0] + across * side, region.centre[1] + down * side],
            rotation: region.rotation + turn,
            ..region
        },
    )
}

#[test]
fn several_looks_scatter_less_than_one() {
    let encoder = encoder();
    for name in ["p002_selfie.webp", "p005_happy.webp", "sfhq_surprised.webp", "sfhq_leaning.webp"] {
        let photo = photo(name);
        let region = Region::from_landmarks(&largest(&encoder, &photo).landmarks).unwrap();
        let scatter = |look: &dyn Fn(Region) -> Observation| {
            let seen = near(region).map(look);
            let share = 1.0 / seen.len() as f32;
            let mean: Vec<[f32; 3]> = (0..LANDMARKS)
                .map(|i| std::array::from_fn(|axis| seen.iter().map(|face| share * face.landmarks[i][axis]).sum()))
                .collect();
            seen.iter().map(|face| apart(&face.landmarks, &mean)).sum::<f64>() / seen.len() as f64
        };
        let once = scatter(&|region| block_on(encoder.observe(&photo, region)).unwrap());
        let closely = scatter(&|region| block_on(encoder.observe_closely(&photo, region)).unwrap());
        println!("{name}: a look scatters by {once:.4} of the eye distance, several by {closely:.4}");
        assert!(closely < 0.75 * once, "{name}: {closely} and {once}");
    }
}

#[test]
fn a_moving_face_is_followed() {
    let encoder = encoder();
    let face = imageops::resize(&photo("p006_small.webp"), 160, 160, FilterType::Triangle);
    let mut tracker = Tracker::default();
    let mut seen: Vec<Observation> = Vec::new();
    for step in 0..6 {
        let mut frame = grey(320, 200);
        imageops::overlay(&mut frame, &face, 10 + 20 * step, 20);
        seen.push(block_on(tracker.track(&encoder, &frame)).unwrap().expect("lost"));
    }
    for pair in seen.windows(2) {
        let moved = pair[1].landmarks[4][0] - pair[0].landmarks[4][0];
        assert!((moved - 20.0).abs() < 1.5, "moved by {moved}");
    }
}

#[test]
fn a_tongue_that_is_out_is_seen() {
    let encoder = encoder();
    let out = |picture: &RgbaImage| largest(&encoder, picture).coefficients[coefficient("tongueOut")];
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tongue.webp");
    let tongue = image::open(file).unwrap().into_rgba8();
    assert!(out(&tongue) > 0.5, "{}", out(&tongue));
    assert!(out(&imageops::flip_horizontal(&tongue)) > 0.5);
    for name in ["sfhq_laughing.webp", "sfhq_mouth_open.webp", "p009_shocked.webp", "p005_happy.webp"] {
        assert!(out(&photo(name)) < 0.1, "{name}: {}", out(&photo(name)));
    }
}

#[test]
fn turned_photos_are_found() {
    let encoder = encoder();
    for name in ["p001_portrait.webp", "p002_selfie.webp", "p008_tilted_left.webp", "sfhq_laughing.webp"] {
        let upright = photo(name);
        let (width, height) = (upright.width() as f32, upright.height() as f32);
        let want = largest(&encoder, &upright).landmarks;
        type Back = Box<dyn Fn([f32; 2]) -> [f32; 2]>;
        let turned: [(RgbaImage, Back); 3] = [
            (imageops::rotate180(&upright), Box::new(move |[x, y]| [width - x, height - y])),
            (imageops::rotate90(&upright), Box::new(move |[x, y]| [y, height - x])),
            (imageops::rotate270(&upright), Box::new(move |[x, y]| [width - y, x])),
        ];
        for (index, (picture, back)) in turned.iter().enumerate() {
            let seen = largest(&encoder, picture);
            assert!(seen.presence >= MIN_PRESENCE, "{name} turn {index}: presence {}", seen.presence);
            let found: Vec<[f32; 3]> = seen
                .landmarks
                .iter()
                .map(|p| {
                    let [x, y] = back([p[0], p[1]]);
                    [x, y, p[2]]
                })
                .collect();
            assert!(apart(&found, &want) < 0.05, "{name} turn {index}: {} away", apart(&found, &want));
        }
    }
}

/// Clockwise lean of the largest face in a picture, degrees.
fn lean(encoder: &Encoder, picture: &RgbaImage) -> f32 {
    let faces = block_on(encoder.detect_surely(picture)).unwrap();
    Region::from_detection(faces.first().expect("no face found")).rotation.to_degrees()
}

#[test]
fn every_stored_photo_is_seen_the_right_way_up() {
    let encoder = encoder();
    let whole = [0.0, 0.0, 1.0, 1.0];
    // Part of the photo (left, top, right, bottom), and the turns that are told apart.
    let table = [
        ("p001_portrait.webp", whole, 4),
        ("p001_selfie_tilted.webp", whole, 4),
        ("p002_selfie.webp", whole, 4),
        ("p002_wide.webp", whole, 4),
        ("p004_tilted.webp", whole, 4),
        ("p005_happy.webp", whole, 4),
        ("p006_small.webp", whole, 4),
        ("p007_selfie.webp", whole, 4),
        ("p008_tilted_left.webp", whole, 4),
        // Forehead and chin are cut away: turned, it is not known from other faces.
        ("p009_cut_off.webp", whole, 1),
        ("p009_shocked.webp", whole, 4),
        ("sfhq_dark_turned.webp", whole, 4),
        ("sfhq_eyes_closed.webp", whole, 4),
        ("sfhq_laughing.webp", whole, 4),
        ("sfhq_leaning.webp", whole, 4),
        ("sfhq_mouth_open.webp", whole, 4),
        ("sfhq_surprised.webp", whole, 4),
        // Cut by the border, which the detector alone gets wrong in some turn.
        ("p001_selfie_tilted.webp", [0.0, 0.0, 1.0, 0.76], 4),
        ("p002_wide.webp", [0.44, 0.0, 1.0, 1.0], 4),
        ("p002_wide.webp", [0.0, 0.0, 0.58, 1.0], 4),
        ("p004_tilted.webp", [0.45, 0.0, 1.0, 1.0], 4),
        ("p008_tilted_left.webp", [0.0, 0.0, 1.0, 0.61], 4),
        ("sfhq_leaning.webp", [0.41, 0.0, 1.0, 1.0], 4),
        ("sfhq_mouth_open.webp", [0.42, 0.0, 1.0, 1.0], 4),
        ("sfhq_mouth_open.webp", [0.0, 0.39, 1.0, 1.0], 4),
        ("sfhq_mouth_open.webp", [0.0, 0.0, 1.0, 0.70], 4),
        ("sfhq_surprised.webp", [0.43, 0.0, 1.0, 1.0], 4),
    ];
    let mut wrong = Vec::new();
    for (name, [left, top, right, bottom], turns) in table {
        let stored = photo(name);
        let [x, x_end] = [left, right].map(|share| (share * stored.width() as f32) as u32);
        let [y, y_end] = [top, bottom].map(|share| (share * stored.height() as f32) as u32);
        let mut picture = imageops::crop_imm(&stored, x, y, x_end - x, y_end - y).to_image();
        for turn in 0..turns {
            let off = (lean(&encoder, &picture) - 90.0 * turn as f32 + 540.0).rem_euclid(360.0) - 180.0;
            if off.abs() > 50.0 {
                wrong.push(format!("{name} {left}..{right} {top}..{bottom}, turn {turn}: {off} degrees off"));
            }
            picture = imageops::rotate90(&picture);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn all_faces_are_found_the_largest_first() {
    let encoder = encoder();
    let mut group = grey(700, 420);
    let paste = |group: &mut RgbaImage, name: &str, side: u32, x: i64| {
        let face = imageops::resize(&photo(name), side, side, FilterType::Triangle);
        imageops::overlay(group, &face, x, 10);
    };
    paste(&mut group, "p006_small.webp", 280, 0);
    paste(&mut group, "p001_portrait.webp", 400, 290);
    let faces = block_on(encoder.detect(&group)).unwrap();
    assert_eq!(faces.len(), 2, "{faces:?}");
    assert!(faces[0].area() > faces[1].area());
    assert!(faces[0].bounds[0] > 290.0 && faces[1].bounds[2] < 290.0);
}

#[test]
fn pictures_without_a_face_and_tiny_ones_give_none() {
    let encoder = encoder();
    for (width, height) in [(0, 0), (0, 7), (1, 1), (1, 300), (300, 1), (2, 2), (640, 480)] {
        let picture = grey(width, height);
        assert_eq!(block_on(encoder.detect(&picture)).unwrap(), vec![], "{width}x{height}");
        let region = Region::around(width, height, 0);
        let seen = block_on(encoder.observe(&picture, region)).unwrap();
        assert_eq!(seen.landmarks.len(), LANDMARKS);
        assert!(seen.presence < MIN_PRESENCE, "{width}x{height}: presence {}", seen.presence);
    }
    let broken = Region { centre: [f32::NAN, 1e30], size: [f32::INFINITY, 0.0], rotation: f32::NAN };
    let seen = block_on(encoder.observe(&grey(8, 8), broken)).unwrap();
    assert!(seen.presence.is_nan() || seen.presence < MIN_PRESENCE, "a face in a region that is none");
}

#[test]
fn coefficients_of_landmarks_do_not_depend_on_the_place_or_size() {
    let encoder = encoder();
    let seen = largest(&encoder, &photo("sfhq_mouth_open.webp"));
    let moved: Vec<[f32; 3]> = seen.landmarks.iter().map(|p| [p[0] * 3.0 + 50.0, p[1] * 3.0 - 20.0, p[2]]).collect();
    let again = block_on(encoder.coefficients(&moved)).unwrap();
    for (a, b) in again.iter().zip(&seen.coefficients) {
        assert!((a - b).abs() < 1e-3);
    }
    let few = block_on(encoder.coefficients(&vec![[0.0; 3]; 5]));
    assert!(matches!(few, Err(Error::Option { .. })));
    let same = block_on(encoder.coefficients(&vec![[7.0; 3]; LANDMARKS])).unwrap();
    assert!(same.iter().all(|value| value.is_finite()));
}

/// A leaning face in a picture that is not square: the points reach the blendshape net in the picture's axes.
#[test]
fn the_gpu_and_the_cpu_see_alike() {
    let Some(gpu) = or_skip(block_on(Gpu::open())) else { return };
    let models = Models::from_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("models")).unwrap();
    let [cpu, gpu] = [None, Some(&gpu)].map(|gpu| Encoder::new(&models, gpu).unwrap());
    let picture = imageops::rotate90(&photo("sfhq_leaning.webp"));
    let face = block_on(cpu.detect(&picture)).unwrap().remove(0);
    let same = block_on(gpu.detect(&picture)).unwrap().remove(0);
    for (a, b) in same.bounds.iter().zip(&face.bounds) {
        assert!((a - b).abs() < 0.05, "{same:?} for {face:?}");
    }
    let region = Region::from_detection(&face);
    // Twice: what a run leaves behind must not matter.
    for _ in 0..2 {
        let [wanted, found] = [&cpu, &gpu].map(|encoder| block_on(encoder.observe(&picture, region)).unwrap());
        assert!(apart(&found.landmarks, &wanted.landmarks) < 1e-4);
        assert!((found.presence - wanted.presence).abs() < 1e-4);
        for (a, b) in found.coefficients.iter().zip(&wanted.coefficients) {
            assert!((a - b).abs() < 1e-3, "{a} for {b}");
        }
        let [wanted, found] = [&cpu, &gpu].map(|encoder| block_on(encoder.coefficients(&wanted.landmarks)).unwrap());
        for (a, b) in found.iter().zip(&wanted) {
            assert!((a - b).abs() < 1e-3, "{a} for {b}");
        }
    }
}

/// A driver's frame that never comes to the CPU, also as a mirror shows it.
#[test]
fn a_texture_is_seen_as_its_pixels_are() {
    let Some(gpu) = or_skip(block_on(Gpu::open())) else { return };
    let models = Models::from_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("models")).unwrap();
    let encoder = Encoder::new(&models, Some(&gpu)).unwrap();
    let picture = photo("sfhq_leaning.webp");
    let size = picture.dimensions();
    for (mirrored, wanted) in [(false, picture.clone()), (true, imageops::flip_horizontal(&picture))] {
        let frame = encoder.frame_texture([size.0, size.1], mirrored).expect("the nets run on a GPU");
        assert_eq!((frame.dimensions(), frame.is_mirrored()), (size, mirrored));
        gpu.queue.write_texture(
            frame.texture().as_image_copy(),
            &picture,
            wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(4 * size.0), rows_per_image: None },
            frame.texture().size(),
        );
        let wanted = block_on(Tracker::default().track(&encoder, &wanted)).unwrap().expect("a face");
        let mut tracker = Tracker::default();
        // First found, then followed.
        let found = block_on(tracker.track(&encoder, &frame)).unwrap().expect("a face");
        assert!(apart(&found.landmarks, &wanted.landmarks) < 1e-3);
        assert!(found.coefficients.iter().zip(&wanted.coefficients).all(|(a, b)| (a - b).abs() < 5e-3));
        assert!(block_on(tracker.track(&encoder, &frame)).unwrap().is_some());
        let cpu = Encoder::new(&models, None).unwrap();
        assert!(cpu.frame_texture([size.0, size.1], mirrored).is_none());
        let refused = block_on(Tracker::default().track(&cpu, &frame)).unwrap_err();
        assert_eq!(refused.code(), "option");
    }
}

#[test]
fn missing_models_are_named() {
    let error = Encoder::new(&Models::default(), None).unwrap_err();
    assert_eq!(error.code(), "model-missing");
}
