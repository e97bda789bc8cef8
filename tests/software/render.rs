//! The generator on the CPU against the one on the GPU.

use image::{Rgba, RgbaImage};
use nalgebra::Vector3;
use ritratto::generator::{RenderOptions, SoftwareScene};
use ritratto::geometry::topology::{EYES, UPPER_INNER_LIP};
use ritratto::motion::{TargetGeometry, coefficient};
use ritratto::portrait::Portrait;

use super::render_support::{close_eye, face, look, part_lips, portrait, psnr, rest, stage, turn};
use super::{FACES, load};

/// Side of the squares in which both must agree, pixels.
const SQUARE: u32 = 16;

fn draw(scene: &mut SoftwareScene, portrait: &Portrait, target: &TargetGeometry, mark: bool) -> RgbaImage {
    scene.render(portrait, target, RenderOptions { mark, ..RenderOptions::default() });
    scene.output().clone()
}

fn targets(portrait: &Portrait) -> Vec<(&'static str, TargetGeometry)> {
    let still = || rest(portrait);
    let both = |open: f64| close_eye(close_eye(still(), &EYES[0], open), &EYES[1], open);
    let mut closer = still();
    closer.pose.translation += Vector3::new(1.5, -1.0, 5.0);
    let mut bared = part_lips(still(), 1.0);
    for side in ["mouthLowerDownLeft", "mouthLowerDownRight"] {
        bared.coefficients[coefficient(side)] = 0.6;
    }
    vec![
        ("bared teeth", bared),
        ("parted lips", part_lips(still(), 0.5)),
        ("open mouth", part_lips(still(), 1.8)),
        ("shut lids", both(0.0)),
        ("half shut lids", both(0.5)),
        ("gaze", look(still(), 0.3, 0.1)),
        ("head turned", turn(still(), 18.0, 4.0, -5.0)),
        ("head turned far", turn(still(), -27.0, -12.0, 9.0)),
        ("closer", closer),
        ("all", part_lips(look(turn(both(0.4), -12.0, -6.0, 6.0), 0.25, 0.1), 1.2)),
    ]
}

/// The worst likeness of a square of two pictures, dB.
fn worst(a: &RgbaImage, b: &RgbaImage) -> f64 {
    let (width, height) = a.dimensions();
    let cut = |picture: &RgbaImage, x, y| {
        let side = |from: u32, limit: u32| SQUARE.min(limit - from);
        image::imageops::crop_imm(picture, x, y, side(x, width), side(y, height)).to_image()
    };
    let places =
        (0..height).step_by(SQUARE as usize).flat_map(|y| (0..width).step_by(SQUARE as usize).map(move |x| (x, y)));
    places.map(|(x, y)| psnr(&cut(a, x, y), &cut(b, x, y))).fold(f64::INFINITY, f64::min)
}

#[test]
fn rest_is_the_photo_bit_for_bit() {
    for name in FACES {
        let portrait = load(name);
        let mut scene = SoftwareScene::new(&portrait).unwrap();
        assert!(*scene.output() == portrait.photo, "{name} is not shown before the first frame");
        draw(&mut scene, &portrait, &turn(rest(&portrait), 10.0, 0.0, 0.0), true);
        assert!(draw(&mut scene, &portrait, &rest(&portrait), false) == portrait.photo, "{name} at rest");
    }
}

#[test]
fn the_cpu_draws_what_the_gpu_draws() {
    let Some((gpu, generator)) = stage() else { return };
    let mut failures = Vec::new();
    for name in FACES {
        let portrait = load(name);
        let mut on_gpu = generator.load(&portrait).unwrap();
        let mut on_cpu = SoftwareScene::new(&portrait).unwrap();
        for (what, target) in targets(&portrait) {
            for (scale, mark) in [(1.0, false), (1.0, true), (1.5, false), (2.0, true)] {
                generator.rescale(&mut on_gpu, scale);
                on_cpu.rescale(scale);
                assert_eq!(on_gpu.scale(), on_cpu.scale());
                generator.render(&mut on_gpu, &portrait, &target, RenderOptions { mark, ..RenderOptions::default() });
                let wanted = pollster::block_on(gpu.read(on_gpu.output())).unwrap();
                let found = draw(&mut on_cpu, &portrait, &target, mark);
                let (likeness, least) = (psnr(&found, &wanted), worst(&found, &wanted));
                println!("{name}, {what} at 1/{scale}, mark {mark}: {likeness:.1} dB, worst square {least:.1} dB");
                if likeness < 45.0 || least < 30.0 {
                    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
                    found.save(folder.join("software.png")).unwrap();
                    wanted.save(folder.join("software_wanted.png")).unwrap();
                    failures.push(format!("{name}, {what} at 1/{scale}: {likeness:.1} dB, {least:.1} dB in a square"));
                }
                let still = |frame: &RgbaImage| -> Vec<bool> {
                    frame.pixels().zip(portrait.photo.pixels()).map(|(a, b)| a == b).collect()
                };
                if scale == 1.0 && !mark {
                    let agree = still(&found).iter().zip(still(&wanted)).filter(|(a, b)| **a == *b).count();
                    let share = agree as f64 / f64::from(found.width() * found.height());
                    assert!(
                        share > 0.98,
                        "{name}, {what}: only {share:.3} of the pixels agree on what is the photo's own"
                    );
                }
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

/// Pixels of a frame of a portrait under a target that show more of the teeth than another one does, which may differ between the lips alone.
fn longer_teeth(portrait: &Portrait, target: &TargetGeometry, [plain, longer]: &[RgbaImage; 2]) -> usize {
    let lips = portrait.face.project(&target.shape, &target.pose);
    let [left, right, top, bottom] = [78, 308, 13, 14].map(|i: usize| lips[i]);
    let changed = longer.enumerate_pixels().filter(|(x, y, pixel)| *pixel != plain.get_pixel(*x, *y));
    let brighter = changed.filter(|(x, y, pixel)| {
        let [u, v] = [x, y].map(|v| f64::from(*v));
        assert!(u > left.x - 2.0 && u < right.x + 2.0 && v > top.y - 6.0 && v < bottom.y + 6.0, "({x}, {y}) changed");
        pixel[0] > plain.get_pixel(*x, *y)[0]
    });
    brighter.count()
}

const SMILE: [&str; 2] = ["mouthSmileLeft", "mouthSmileRight"];

/// A smile that is refined afterwards has longer teeth and is else the same.
#[test]
fn frames_to_refine_differ_between_the_lips_alone() {
    let portrait = load("a");
    let mut target = part_lips(rest(&portrait), 1.8);
    SMILE.iter().for_each(|name| target.coefficients[coefficient(name)] = 0.9);
    let mut scene = SoftwareScene::new(&portrait).unwrap();
    let frames = [RenderOptions::UNMARKED, RenderOptions::UNMARKED.to_refine()].map(|options| {
        scene.render(&portrait, &target, options);
        scene.output().clone()
    });
    let brighter = longer_teeth(&portrait, &target, &frames);
    assert!(brighter > 20, "only {brighter} pixels show more of the teeth");
}

/// A smile has lifted the lip of the photo from its teeth.
#[test]
fn teeth_of_a_photo_that_smiles_hang_lower() {
    let mut portrait = load("a");
    let target = part_lips(rest(&portrait), 1.8);
    let frames = [0.0, 0.9].map(|smile| {
        SMILE.iter().for_each(|name| portrait.coefficients[coefficient(name)] = smile);
        draw(&mut SoftwareScene::new(&portrait).unwrap(), &portrait, &target, false)
    });
    let brighter = longer_teeth(&portrait, &target, &frames);
    assert!(brighter > 20, "only {brighter} pixels show more of the teeth");
}

/// What a lip uncovers above a photo's teeth is not their last row drawn out.
#[test]
fn teeth_go_on_above_those_that_a_photo_shows() {
    let mut portrait = load("c");
    // As much of them is hidden.
    portrait.mouth.gap = 0.4;
    let field = portrait.mouth.field.clone();
    // The opening is striped from its upper border downwards.
    for (place, value) in field.patch.centres().zip(&field.values) {
        let bright = if value[1] % 6.0 < 3.0 { 210 } else { 90 };
        if value[0] > 0.0 {
            portrait.photo.put_pixel(place[0] as u32, place[1] as u32, Rgba([bright, bright, bright, 255]));
        }
    }
    let mut target = rest(&portrait);
    UPPER_INNER_LIP.iter().for_each(|&i| target.shape[i].y += 1.0);
    let picture = draw(&mut SoftwareScene::new(&portrait).unwrap(), &portrait, &target, false);
    let [before, after] =
        [&rest(&portrait), &target].map(|target| portrait.face.project(&target.shape, &target.pose)[13]);
    let column: Vec<u8> =
        (after.y as u32 + 1..before.y as u32).map(|y| picture.get_pixel(before.x as u32, y).0[1]).collect();
    println!("above the photo's teeth: {column:?}");
    // The first stripe is bright, the next one dark.
    let near = &column[column.len() - 4..];
    assert!(near[3] > 180 && near.iter().min() < Some(&100), "{column:?}");
}

#[test]
fn moving_eyes_leave_everything_else_alone() {
    let portrait = load("a");
    let mut scene = SoftwareScene::new(&portrait).unwrap();
    let frame = draw(&mut scene, &portrait, &look(rest(&portrait), 0.3, 0.1), false);
    let patches = portrait.eyes.each_ref().map(|eye| eye.field.patch);
    let mut changed = 0;
    for (x, y, _) in frame.enumerate_pixels().filter(|(x, y, pixel)| *pixel != portrait.photo.get_pixel(*x, *y)) {
        changed += 1;
        let inside = |at: u32, axis: usize, k: usize| {
            (patches[k].origin[axis]..patches[k].origin[axis] + patches[k].size[axis]).contains(&at)
        };
        assert!((0..2).any(|k| inside(x, 0, k) && inside(y, 1, k)), "({x}, {y}) is in no eye and changed");
    }
    assert!(changed > 100, "only {changed} pixels show the moved eyes");
}

#[test]
fn all_sizes_are_drawn() {
    for (width, height) in [(64, 64), (67, 131), (2048, 1366)] {
        let (photo, small) = face("a");
        let photo = image::imageops::resize(&photo, width, height, image::imageops::FilterType::Triangle);
        let [sx, sy] = [width as f32 / small.camera.width as f32, height as f32 / small.camera.height as f32];
        let landmarks: Vec<[f32; 3]> = small.landmarks.iter().map(|p| [p[0] * sx, p[1] * sy, p[2] * sx]).collect();
        let portrait = portrait("a", photo, ritratto::geometry::FaceGeometry::fit(&landmarks, width, height));
        let mut scene = SoftwareScene::new(&portrait).unwrap();
        let frame = draw(&mut scene, &portrait, &turn(rest(&portrait), 10.0, 0.0, 0.0), true);
        assert_eq!(frame.dimensions(), (width, height));
        assert!(frame.pixels().all(|p| p[3] == 255));
        assert!(frame != portrait.photo);
    }
}

/// Whatever the numbers are, there is a picture.
#[test]
fn impossible_faces_are_drawn() {
    let portrait = load("b");
    let mut scene = SoftwareScene::new(&portrait).unwrap();
    let values = [0.0, 1e-30, 1e9, -1e30, f64::INFINITY, f64::NAN];
    for (k, value) in values.into_iter().enumerate() {
        for step in [1, 7] {
            let mut target = part_lips(rest(&portrait), 1.0);
            for point in target.shape.iter_mut().skip(k).step_by(step) {
                *point = Vector3::repeat(value);
            }
            for scale in [1.0, 1.7] {
                scene.rescale(scale);
                assert!(draw(&mut scene, &portrait, &target, true).pixels().all(|p| p[3] == 255), "{value}");
            }
        }
        let mut target = rest(&portrait);
        target.pose.translation = Vector3::repeat(value);
        assert!(draw(&mut scene, &portrait, &target, true).pixels().all(|p| p[3] == 255), "{value}");
    }
}

#[test]
fn a_matte_of_another_size_is_refused() {
    let mut portrait = load("a");
    portrait.matte = image::GrayImage::new(10, 10);
    assert_eq!(SoftwareScene::new(&portrait).unwrap_err().code(), "option");
}
