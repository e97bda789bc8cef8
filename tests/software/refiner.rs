//! What the refiner makes of frames that the CPU draws, against those of the GPU.

use ritratto::generator::{Generator, RenderOptions, SoftwareScene};
use ritratto::geometry::topology::EYES;
use ritratto::gpu::Gpu;
use ritratto::models::Models;
use ritratto::motion::COEFFICIENT_NAMES;
use ritratto::portrait::Portrait;
use ritratto::refiner::{Refiner, SoftwareRefiner};

use super::load;
use super::render_support::{close_eye, face, part_lips, portrait, psnr, rest, stage};

#[test]
fn frames_are_refined_as_on_the_gpu() {
    let Some((gpu, generator)) = stage() else { return };
    let models = Models::from_folder("models".as_ref()).unwrap();
    let (on_gpu, on_cpu) = (Refiner::new(gpu, &models, false).unwrap(), SoftwareRefiner::new(&models).unwrap());
    for name in ["a", "c"] {
        let portrait = load(name);
        let target = close_eye(part_lips(rest(&portrait), 0.9), &EYES[1], 0.2);
        let (mut drawn, mut scene) = (generator.load(&portrait).unwrap(), SoftwareScene::new(&portrait).unwrap());
        let mut ours = on_cpu.prepare(&portrait).unwrap();
        for scale in [1.0, 1.5] {
            generator.rescale(&mut drawn, scale);
            let mut theirs = on_gpu.prepare(&portrait, &drawn).unwrap();
            generator.render(&mut drawn, &portrait, &target, RenderOptions::UNMARKED);
            assert!(pollster::block_on(on_gpu.refine(&mut theirs, &portrait, &target)).unwrap());
            let wanted = pollster::block_on(gpu.read(drawn.output())).unwrap();
            scene.rescale(scale);
            scene.render(&portrait, &target, RenderOptions::UNMARKED);
            let plain = scene.output().clone();
            assert!(on_cpu.refine(&mut ours, &portrait, &target, &mut scene).unwrap());
            let likeness = psnr(scene.output(), &wanted);
            println!("{name} at 1/{scale}, refined: {likeness:.1} dB");
            assert!(likeness > 48.0, "{name} at 1/{scale}: {likeness:.1} dB");
            assert!(psnr(&plain, &wanted) < likeness - 3.0, "{name} at 1/{scale}: nothing is refined");
        }
    }
}

#[test]
fn frames_one_after_the_other_are_refined_as_on_the_gpu() {
    let Some((gpu, generator)) = stage() else { return };
    let models = Models::from_folder("models".as_ref()).unwrap();
    let (on_gpu, on_cpu) = (Refiner::new(gpu, &models, false).unwrap(), SoftwareRefiner::new(&models).unwrap());
    let nets_too = Refiner::new(gpu, &models, true).unwrap();
    let portrait = load("a");
    for (interval, on_gpu) in [(1, &on_gpu), (2, &on_gpu), (2, &nets_too)] {
        one_after_the_other(interval, &portrait, (gpu, generator, on_gpu), &on_cpu);
    }
}

fn one_after_the_other(
    interval: usize,
    portrait: &Portrait,
    (gpu, generator, on_gpu): (&Gpu, &Generator, &Refiner),
    on_cpu: &SoftwareRefiner,
) {
    let (mut drawn, mut scene) = (generator.load(portrait).unwrap(), SoftwareScene::new(portrait).unwrap());
    let (mut theirs, mut ours) = (on_gpu.prepare(portrait, &drawn).unwrap(), on_cpu.prepare(portrait).unwrap());
    theirs.set_interval(interval);
    ours.set_interval(interval);
    let mut kept = false;
    // As fast as lips move in speech; what was said of a mouth that was .14 cm less open is no better than nothing.
    for gap in [0.9, 0.92, 0.91, 0.96, 1.02] {
        let target = part_lips(rest(portrait), gap);
        generator.render(&mut drawn, portrait, &target, RenderOptions::UNMARKED);
        assert!(pollster::block_on(on_gpu.refine(&mut theirs, portrait, &target)).unwrap());
        let wanted = pollster::block_on(gpu.read(drawn.output())).unwrap();
        scene.render(portrait, &target, RenderOptions::UNMARKED);
        let plain = scene.output().clone();
        assert!(on_cpu.refine(&mut ours, portrait, &target, &mut scene).unwrap());
        let likeness = psnr(scene.output(), &wanted);
        assert!(likeness > 48.0, "gap {gap}, interval {interval}: {likeness:.1} dB");
        // By itself the frame would be another one, though not by much.
        let followed = scene.output().clone();
        scene.render(portrait, &target, RenderOptions::UNMARKED);
        let mut alone = on_cpu.prepare(portrait).unwrap();
        assert!(on_cpu.refine(&mut alone, portrait, &target, &mut scene).unwrap());
        kept |= *scene.output() != followed;
        let (late, repaired) = (psnr(scene.output(), &followed), psnr(scene.output(), &plain));
        println!("gap {gap}, interval {interval}: {late:.1} dB to the frame by itself, the plain one {repaired:.1}");
        assert!(late > repaired + 3.0, "gap {gap}, interval {interval}: {late:.1} dB, the plain frame {repaired:.1}");
    }
    assert!(kept, "nothing is kept from frame to frame");
}

#[test]
fn between_lips_nothing_depends_on_brows_and_lids() {
    let on_cpu = SoftwareRefiner::new(&Models::from_folder("models".as_ref()).unwrap()).unwrap();
    let portrait = load("a");
    let mut scene = SoftwareScene::new(&portrait).unwrap();
    let mut refined = |told: &[&str]| {
        let mut target = part_lips(rest(&portrait), 0.9);
        for (name, value) in COEFFICIENT_NAMES.iter().zip(&mut target.coefficients) {
            if told.iter().any(|stem| name.starts_with(stem)) {
                *value = 1.0;
            }
        }
        scene.render(&portrait, &target, RenderOptions::UNMARKED);
        assert!(on_cpu.refine(&mut on_cpu.prepare(&portrait).unwrap(), &portrait, &target, &mut scene).unwrap());
        scene.output().clone()
    };
    let plain = refined(&[]);
    assert!(plain == refined(&["brow", "eye", "noseSneer", "cheekSquint"]));
    assert!(plain != refined(&["mouthStretch"]));
}

#[test]
fn black_and_white_stays_so() {
    let Some((gpu, generator)) = stage() else { return };
    let models = Models::from_folder("models".as_ref()).unwrap();
    let (on_gpu, on_cpu) = (Refiner::new(gpu, &models, false).unwrap(), SoftwareRefiner::new(&models).unwrap());
    let (mut photo, face) = face("a");
    for pixel in photo.pixels_mut() {
        let grey = pixel.0[1];
        pixel.0 = [grey, grey, grey, 255];
    }
    let mut portrait = portrait("a", photo, face);
    // Stored in colours.
    portrait.plate = portrait.photo.clone();
    let target = close_eye(part_lips(rest(&portrait), 1.2), &EYES[1], 0.2);
    let (mut drawn, mut scene) = (generator.load(&portrait).unwrap(), SoftwareScene::new(&portrait).unwrap());
    generator.render(&mut drawn, &portrait, &target, RenderOptions::UNMARKED);
    scene.render(&portrait, &target, RenderOptions::UNMARKED);
    let plain = scene.output().clone();
    let mut theirs = on_gpu.prepare(&portrait, &drawn).unwrap();
    assert!(pollster::block_on(on_gpu.refine(&mut theirs, &portrait, &target)).unwrap());
    assert!(on_cpu.refine(&mut on_cpu.prepare(&portrait).unwrap(), &portrait, &target, &mut scene).unwrap());
    assert!(*scene.output() != plain, "nothing is refined");
    for picture in [&plain, scene.output(), &pollster::block_on(gpu.read(drawn.output())).unwrap()] {
        let coloured = |[r, g, b, _]: [u8; 4]| r.abs_diff(g).max(g.abs_diff(b)) > 2;
        let found: Vec<_> = picture.enumerate_pixels().filter(|(_, _, pixel)| coloured(pixel.0)).collect();
        assert!(found.is_empty(), "{found:?}");
    }
}

#[test]
fn a_face_as_the_photo_shows_it_is_left_alone() {
    let models = Models::from_folder("models".as_ref()).unwrap();
    let refiner = SoftwareRefiner::new(&models).unwrap();
    let portrait = load("b");
    let mut scene = SoftwareScene::new(&portrait).unwrap();
    let mut retouch = refiner.prepare(&portrait).unwrap();
    let mut target = rest(&portrait);
    scene.render(&portrait, &target, RenderOptions::UNMARKED);
    assert!(!refiner.refine(&mut retouch, &portrait, &target, &mut scene).unwrap());
    assert!(*scene.output() == portrait.photo);
    target.shape.truncate(100);
    assert!(refiner.refine(&mut retouch, &portrait, &target, &mut scene).is_err());
}
