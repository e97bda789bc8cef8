//! What the refiner makes of rendered frames, with its nets on the CPU and on the adapter there is.

use image::RgbaImage;
use ritratto::generator::{Generator, RenderOptions};
use ritratto::gpu::Gpu;
use ritratto::models::Models;
use ritratto::motion::TargetGeometry;
use ritratto::portrait::Portrait;
use ritratto::refiner::{Part, PatchFrame, Refiner};

use super::load;
use super::render_support::{close_eye, part_lips, psnr, render, rest, stage};
use ritratto::geometry::topology::EYES;

fn models() -> Models {
    Models::from_folder("models".as_ref()).unwrap()
}

/// The refined frame, and whether anything was refined.
fn refine(
    (gpu, generator): &(Gpu, Generator),
    refiner: &Refiner,
    portrait: &Portrait,
    target: &TargetGeometry,
) -> (RgbaImage, bool) {
    let mut scene = generator.load(portrait).unwrap();
    let mut retouch = refiner.prepare(portrait, &scene).unwrap();
    generator.render(&mut scene, portrait, target, RenderOptions::UNMARKED);
    let changed = pollster::block_on(refiner.refine(&mut retouch, portrait, target)).unwrap();
    (pollster::block_on(gpu.read(scene.output())).unwrap(), changed)
}

#[test]
fn only_the_patches_of_what_moved_change() {
    let Some(stage) = stage() else { return };
    let refiner = Refiner::new(&stage.0, &models(), false).unwrap();
    let portrait = load("a");
    let still = rest(&portrait);
    assert_eq!(refine(stage, &refiner, &portrait, &still), (portrait.photo.clone(), false));
    let target = part_lips(still, 1.2);
    let (frame, changed) = refine(stage, &refiner, &portrait, &target);
    assert!(changed);
    let plain = render(stage, &portrait, &target, false);
    let mouth = PatchFrame::of(Part::Mouth, &portrait.face.project(&target.shape, &target.pose)).unwrap();
    let mut count = 0;
    for ((x, y, before), after) in plain.enumerate_pixels().zip(frame.pixels()).filter(|((_, _, a), b)| a != b) {
        count += 1;
        let place = mouth.to_patch([f64::from(x) + 0.5, f64::from(y) + 0.5].into());
        assert!(place.iter().all(|v| (0.0..=96.0).contains(v)), "({x}, {y}) changed from {before:?} to {after:?}");
    }
    assert!(count > 300, "only {count} pixels are refined");
}

#[test]
fn a_smaller_output_is_refined_in_the_same_places() {
    let Some(stage) = stage() else { return };
    let (gpu, generator) = stage;
    let refiner = Refiner::new(gpu, &models(), false).unwrap();
    let portrait = load("a");
    let target = part_lips(rest(&portrait), 1.2);
    let draw = |scale: f32| {
        let mut scene = generator.load(&portrait).unwrap();
        generator.rescale(&mut scene, scale);
        let mut retouch = refiner.prepare(&portrait, &scene).unwrap();
        generator.render(&mut scene, &portrait, &target, RenderOptions::UNMARKED);
        let plain = pollster::block_on(gpu.read(scene.output())).unwrap();
        assert!(pollster::block_on(refiner.refine(&mut retouch, &portrait, &target)).unwrap());
        (plain, pollster::block_on(gpu.read(scene.output())).unwrap())
    };
    let (full, small) = (draw(1.0).1, draw(1.5));
    let (width, height) = small.1.dimensions();
    let wanted = image::imageops::resize(&full, width, height, image::imageops::FilterType::Triangle);
    assert!(psnr(&small.1, &wanted) > 32.0, "{:.1} dB", psnr(&small.1, &wanted));
    assert!(psnr(&small.1, &wanted) > psnr(&small.0, &wanted) + 3.0, "nothing is refined, or elsewhere");
}

#[test]
fn the_gpu_and_the_cpu_refine_alike() {
    let Some(stage) = stage() else { return };
    let portrait = load("c");
    let target = close_eye(part_lips(rest(&portrait), 0.8), &EYES[1], 0.2);
    let [cpu, gpu] = [false, true].map(|on_gpu| {
        let refiner = Refiner::new(&stage.0, &models(), on_gpu).unwrap();
        refine(stage, &refiner, &portrait, &target).0
    });
    let plain = render(stage, &portrait, &target, false);
    assert!(psnr(&plain, &cpu) < 50.0, "nothing is refined");
    assert!(psnr(&cpu, &gpu) > 55.0, "{} dB", psnr(&cpu, &gpu));
}

/// Each is refined by what the nets know of its own photo, whoever was on show before.
#[test]
fn portraits_take_turns_with_a_refiner() {
    let Some(stage) = stage() else { return };
    let (gpu, generator) = stage;
    let refiner = Refiner::new(gpu, &models(), true).unwrap();
    let mut shown = ["a", "c"].map(|name| {
        let portrait = load(name);
        let scene = generator.load(&portrait).unwrap();
        let retouch = refiner.prepare(&portrait, &scene).unwrap();
        let target = close_eye(part_lips(rest(&portrait), 0.8), &EYES[1], 0.2);
        (portrait, scene, retouch, target)
    });
    let mut frame = |who: usize| {
        let (portrait, scene, retouch, target) = &mut shown[who];
        generator.render(scene, portrait, target, RenderOptions::UNMARKED);
        retouch.forget();
        assert!(pollster::block_on(refiner.refine(retouch, portrait, target)).unwrap());
        pollster::block_on(gpu.read(scene.output())).unwrap()
    };
    let first = [frame(0), frame(1)];
    for who in [1, 0, 1, 0, 0] {
        assert!(frame(who) == first[who], "portrait {who} is refined as another");
    }
    let alone = Refiner::new(gpu, &models(), true).unwrap();
    let (portrait, _, _, target) = &shown[1];
    assert!(refine(stage, &alone, portrait, target).0 == first[1], "the second is not refined as if it were alone");
}

/// How much two pictures differ where they do, mean of 255.
fn change(a: &RgbaImage, b: &RgbaImage) -> f64 {
    let sum: u64 = a.as_raw().iter().zip(b.as_raw()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / (a.width() * a.height()) as f64
}

#[test]
fn what_is_added_stays_while_a_face_trembles_and_moves_with_it() {
    let Some(stage) = stage() else { return };
    let (gpu, generator) = stage;
    let portrait = load("c");
    let open = |gap: f64| part_lips(rest(&portrait), gap);
    for on_gpu in [false, true] {
        let refiner = Refiner::new(gpu, &models(), on_gpu).unwrap();
        let mut scene = generator.load(&portrait).unwrap();
        let mut retouch = refiner.prepare(&portrait, &scene).unwrap();
        let mut frame = |target: &TargetGeometry, forget: bool| {
            generator.render(&mut scene, &portrait, target, RenderOptions::UNMARKED);
            if forget {
                retouch.forget();
            }
            assert!(pollster::block_on(refiner.refine(&mut retouch, &portrait, target)).unwrap());
            pollster::block_on(gpu.read(scene.output())).unwrap()
        };
        // A gap that trembles by a tenth of a millimetre, each frame by itself and one after the other.
        let trembling = [0.8, 0.81, 0.8, 0.81].map(open);
        let sum = |frames: &[RgbaImage]| frames.windows(2).map(|pair| change(&pair[0], &pair[1])).sum::<f64>();
        let alone = sum(&trembling.each_ref().map(|target| frame(target, true)));
        frame(&trembling[0], true);
        let held = sum(&trembling.each_ref().map(|target| frame(target, false)));
        assert!(held < 0.9 * alone, "{held} for {alone} of a frame by itself");
        // After a jump hardly anything is left of the frames before, and only of the teeth, which are remembered over some way.
        let wide = open(1.6);
        let (after, fresh) = (frame(&wide, false), frame(&wide, true));
        let left = change(&after, &fresh);
        let refined = change(&fresh, &render(stage, &portrait, &wide, false));
        assert!(left < 0.04 * refined, "{left} is left of what changes a frame by {refined}");
    }
}

#[test]
fn a_target_without_landmarks_is_an_error() {
    let Some(stage) = stage() else { return };
    let refiner = Refiner::new(&stage.0, &models(), false).unwrap();
    let portrait = load("a");
    let scene = stage.1.load(&portrait).unwrap();
    let mut retouch = refiner.prepare(&portrait, &scene).unwrap();
    let mut target = rest(&portrait);
    target.shape.truncate(100);
    assert!(pollster::block_on(refiner.refine(&mut retouch, &portrait, &target)).is_err());
}
