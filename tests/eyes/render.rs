//! Eyes and lids as both generators draw them.

use image::{Rgba, RgbaImage};
use ritratto::generator::{Generator, RenderOptions, SoftwareScene};
use ritratto::geometry::topology::{EYES, OVAL};
use ritratto::gpu::Gpu;
use ritratto::motion::TargetGeometry;
use ritratto::portrait::Portrait;
use ritratto::portrait::eyes::CREASE;
use ritratto::portrait::outline::Outline;

use super::render_support::{close_eye, face, look, portrait, render, rest, stage};
use super::{greenest, load, paint};

/// How far the head is moved aside, pixels.
const SHIFT: f64 = 8.0;

#[test]
fn moving_eyes_leave_everything_else_alone() {
    let Some(stage) = stage() else { return };
    let portrait = load("a");
    let target = look(close_eye(rest(&portrait), &EYES[1], 0.3), 0.3, 0.1);
    let frame = render(stage, &portrait, &target, false);
    let oval: Vec<[f32; 2]> =
        OVAL.iter().map(|&i| [portrait.face.landmarks[i][0], portrait.face.landmarks[i][1]]).collect();
    let oval = Outline { turn: oval.len() / 2, points: oval };
    let mut changed = 0;
    for (x, y, pixel) in frame.enumerate_pixels() {
        if pixel != portrait.photo.get_pixel(x, y) {
            changed += 1;
            assert!(oval.contains([x as f32 + 0.5, y as f32 + 0.5]), "({x}, {y}) outside the face changed");
        }
    }
    assert!(changed > 200, "only {changed} pixels show the moved eyes");
}

#[test]
fn nothing_of_an_eyeball_is_left_when_lids_close() {
    let Some(stage) = stage() else { return };
    let (mut photo, face) = face("a");
    let outlines = EYES.map(|eye| Outline::through(&eye.lids.map(|i| [face.landmarks[i][0], face.landmarks[i][1]]), 8));
    for outline in &outlines {
        paint(&mut photo, outline, 1.0);
    }
    let portrait = portrait("a", photo, face);
    let open = render(stage, &portrait, &look(rest(&portrait), 0.3, 0.0), false);
    let closed = close_eye(close_eye(rest(&portrait), &EYES[0], 0.0), &EYES[1], 0.0);
    let shut = render(stage, &portrait, &closed, false);
    for outline in &outlines {
        assert!(greenest(&open, outline.bounds()) > 120, "the painted eyeball is not there when open");
        assert!(greenest(&shut, outline.bounds()) < 30, "{} of the eyeball shows", greenest(&shut, outline.bounds()));
    }
}

/// Where a brow rises and a lid falls, a line between them stands still. It belongs to the lid, which is painted, and
/// must not show what the photo has there: the lid looks as it does in a head that moves aside.
#[test]
fn no_line_of_the_photo_is_left_between_a_raised_brow_and_a_shut_lid() {
    let Some(stage) = stage() else { return };
    let (mut photo, face) = face("a");
    let lids = EYES.iter().zip(CREASE).map(|(eye, crease)| {
        let ring = (1..6).map(|k| eye.lids[15 - k]).chain((0..5).map(|k| crease[k + 1]));
        let ring: Vec<[f32; 2]> = ring.map(|i| [face.landmarks[i][0], face.landmarks[i][1]]).collect();
        Outline::through(&ring, 5)
    });
    let lids: Vec<Outline> = lids.collect();
    // Too blue to be taken for skin.
    lids.iter().for_each(|lid| fill(&mut photo, lid, [0, 0, 255, 255]));
    let portrait = portrait("a", photo, face);
    let mut target = close_eye(close_eye(rest(&portrait), &EYES[0], 0.0), &EYES[1], 0.0);
    for (eye, crease) in EYES.iter().zip(CREASE) {
        let gap = (portrait.face.shape[eye.lids[12]] - portrait.face.shape[eye.lids[4]]).norm();
        crease.iter().chain(&eye.brow).for_each(|&i| target.shape[i].y += 0.6 * gap);
    }
    let mut aside = target.clone();
    let place = |target: &TargetGeometry| portrait.face.project(&target.shape, &target.pose)[EYES[0].corners[0]];
    aside.pose.translation.x += 1.0;
    aside.pose.translation.x = target.pose.translation.x + SHIFT / (place(&aside).x - place(&target).x);
    for (name, draw) in [("GPU", on_gpu as fn(&_, &_, &_) -> RgbaImage), ("CPU", on_cpu)] {
        let [held, moved] = [&target, &aside].map(|target| draw(stage, &portrait, target));
        for lid in &lids {
            // Towards the corners the lid shows the photo's own skin, which is drawn between other pixels.
            let [left, top, right, bottom] = lid.bounds();
            let [start, end] = [0.25, 0.75].map(|share| (left + share * (right - left)) as u32);
            for (x, y) in (top as u32..=bottom as u32).flat_map(|y| (start..=end).map(move |x| (x, y))) {
                let [one, other] = [held.get_pixel(x, y), moved.get_pixel(x + SHIFT as u32, y)];
                let apart = (0..3).map(|c| one[c].abs_diff(other[c])).max();
                assert!(apart < Some(40), "{name}: {one:?} at ({x}, {y}), aside {other:?}");
            }
        }
    }
}

fn on_gpu(stage: &(Gpu, Generator), portrait: &Portrait, target: &TargetGeometry) -> RgbaImage {
    render(stage, portrait, target, false)
}

fn on_cpu(_: &(Gpu, Generator), portrait: &Portrait, target: &TargetGeometry) -> RgbaImage {
    let mut scene = SoftwareScene::new(portrait).unwrap();
    scene.render(portrait, target, RenderOptions::UNMARKED);
    scene.output().clone()
}

fn fill(photo: &mut RgbaImage, outline: &Outline, colour: [u8; 4]) {
    for (x, y, pixel) in photo.enumerate_pixels_mut() {
        if outline.contains([x as f32 + 0.5, y as f32 + 0.5]) {
            *pixel = Rgba(colour);
        }
    }
}
