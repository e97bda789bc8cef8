//! What the refiner makes of frames that the CPU draws, against those of the GPU.

use ritratto::generator::{RenderOptions, SoftwareScene};
use ritratto::geometry::topology::EYES;
use ritratto::models::Models;
use ritratto::refiner::{Refiner, SoftwareRefiner};

use super::load;
use super::render_support::{close_eye, part_lips, psnr, rest, stage};

const PLAIN: RenderOptions = RenderOptions { mark: false };

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
            generator.render(&mut drawn, &portrait, &target, PLAIN);
            assert!(pollster::block_on(on_gpu.refine(&mut theirs, &portrait, &target)).unwrap());
            let wanted = pollster::block_on(gpu.read(drawn.output())).unwrap();
            scene.rescale(scale);
            scene.render(&portrait, &target, PLAIN);
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
    let portrait = load("a");
    let (mut drawn, mut scene) = (generator.load(&portrait).unwrap(), SoftwareScene::new(&portrait).unwrap());
    let (mut theirs, mut ours) = (on_gpu.prepare(&portrait, &drawn).unwrap(), on_cpu.prepare(&portrait).unwrap());
    let mut kept = false;
    for gap in [0.9, 0.92, 0.91, 0.96, 1.1] {
        let target = part_lips(rest(&portrait), gap);
        generator.render(&mut drawn, &portrait, &target, PLAIN);
        assert!(pollster::block_on(on_gpu.refine(&mut theirs, &portrait, &target)).unwrap());
        let wanted = pollster::block_on(gpu.read(drawn.output())).unwrap();
        scene.render(&portrait, &target, PLAIN);
        assert!(on_cpu.refine(&mut ours, &portrait, &target, &mut scene).unwrap());
        let likeness = psnr(scene.output(), &wanted);
        assert!(likeness > 48.0, "gap {gap}: {likeness:.1} dB");
        // By itself the frame would be another one.
        let followed = scene.output().clone();
        scene.render(&portrait, &target, PLAIN);
        let mut alone = on_cpu.prepare(&portrait).unwrap();
        assert!(on_cpu.refine(&mut alone, &portrait, &target, &mut scene).unwrap());
        kept |= *scene.output() != followed;
    }
    assert!(kept, "nothing is kept from frame to frame");
}

#[test]
fn a_face_as_the_photo_shows_it_is_left_alone() {
    let models = Models::from_folder("models".as_ref()).unwrap();
    let refiner = SoftwareRefiner::new(&models).unwrap();
    let portrait = load("b");
    let mut scene = SoftwareScene::new(&portrait).unwrap();
    let mut retouch = refiner.prepare(&portrait).unwrap();
    let mut target = rest(&portrait);
    scene.render(&portrait, &target, PLAIN);
    assert!(!refiner.refine(&mut retouch, &portrait, &target, &mut scene).unwrap());
    assert!(*scene.output() == portrait.photo);
    target.shape.truncate(100);
    assert!(refiner.refine(&mut retouch, &portrait, &target, &mut scene).is_err());
}
