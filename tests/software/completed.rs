//! Photos of turned faces: what such a face hides of itself, when it turns back. Here the truth is known.

use image::{GrayImage, Luma, Rgba, RgbaImage};
use nalgebra::{Vector2, Vector3};
use ritratto::generator::{RenderOptions, SoftwareScene};
use ritratto::geometry::topology::EYES;
use ritratto::geometry::{CanonicalFace, FaceGeometry, VERTICES};
use ritratto::motion::TargetGeometry;
use ritratto::portrait::Portrait;
use ritratto::portrait::completion::{Completion, eyes};
use ritratto::portrait::disocclusion::Disocclusion;

use super::render_support::{close_eye, drawn_alike, face, look, portrait, rest};
use super::software_turned::{GLASSES, add_lens, back, turned_face};

/// Colour of what is behind the face.
const BEHIND: Rgba<u8> = Rgba([40, 60, 50, 255]);

/// Colour of a place of the canonical face, centimetres, that looks a way: a symmetrical pattern in a light that is `light` times as bright from the
/// face's left side as from its right.
fn colour(place: Vector3<f64>, looks: Vector3<f64>, light: f64) -> Rgba<u8> {
    let [x, y] = [place.x.abs(), place.y];
    let brightness = light.powf(looks.x / 2.0);
    let channel = |across: f64, down: f64| (110.0 + 35.0 * (across * x).sin() + 35.0 * (down * y).cos()) * brightness;
    let [r, g, b] = [channel(0.9, 0.8), channel(0.5, 1.1), channel(1.2, 0.4)].map(|v| v.clamp(0.0, 255.0) as u8);
    Rgba([r, g, b, 255])
}

/// Which way each vertex of the canonical face looks, of length 1.
fn looks(canonical: &CanonicalFace) -> Vec<Vector3<f64>> {
    let mut out = vec![Vector3::zeros(); VERTICES];
    for corners in canonical.triangles.iter().map(|triangle| triangle.map(usize::from)) {
        let [a, b, c] = corners.map(|i| canonical.positions[i]);
        corners.iter().for_each(|&i| out[i] += (b - a).cross(&(c - a)));
    }
    out.iter().map(Vector3::normalize).collect()
}

/// The face in a target geometry as a camera would see it, and where it is.
fn seen(face: &FaceGeometry, target: &TargetGeometry, light: f64) -> (RgbaImage, GrayImage) {
    let size = (face.camera.width as u32, face.camera.height as u32);
    let mut picture = RgbaImage::from_pixel(size.0, size.1, BEHIND);
    let mut matte = GrayImage::new(size.0, size.1);
    let mut nearest = vec![f64::MIN; (size.0 * size.1) as usize];
    let points: Vec<Vector3<f64>> = target.shape[..VERTICES].iter().map(|point| target.pose.apply(point)).collect();
    let places: Vec<Vector2<f64>> = points.iter().map(|point| face.camera.project(point)).collect();
    let canonical = CanonicalFace::get();
    let looks = looks(canonical);
    for corners in canonical.triangles.iter().map(|triangle| triangle.map(usize::from)) {
        let [a, b, c] = corners.map(|i| places[i]);
        let area = (b - a).perp(&(c - a));
        let range = |axis: usize| {
            let values = [a[axis], b[axis], c[axis]];
            let [low, high] =
                [values.into_iter().fold(f64::MAX, f64::min), values.into_iter().fold(f64::MIN, f64::max)];
            low.max(0.0) as u32..high.max(0.0) as u32 + 1
        };
        for y in range(1).filter(|&y| y < size.1) {
            for x in range(0).filter(|&x| x < size.0) {
                let place = Vector2::new(f64::from(x) + 0.5, f64::from(y) + 0.5);
                let sides =
                    [(b - place).perp(&(c - place)), (c - place).perp(&(a - place)), (a - place).perp(&(b - place))];
                let weights = sides.map(|side| side / area);
                let mean = |of: &[Vector3<f64>]| -> Vector3<f64> { (0..3).map(|k| of[corners[k]] * weights[k]).sum() };
                let k = (y * size.0 + x) as usize;
                if weights.iter().all(|&weight| weight >= 0.0) && mean(&points).z > nearest[k] {
                    nearest[k] = mean(&points).z;
                    picture.put_pixel(x, y, colour(mean(&canonical.positions), mean(&looks), light));
                    matte.put_pixel(x, y, Luma([255]));
                }
            }
        }
    }
    (picture, matte)
}

/// A photo of the face, turned by `yaw` degrees.
fn photographed(yaw: f64, light: f64) -> Portrait {
    let face_at = turned_face(yaw);
    let (unused, _) = face("a");
    let mut out = portrait("a", unused, face_at);
    (out.photo, out.matte) = seen(&out.face, &rest(&out), light);
    out.plate = RgbaImage::from_pixel(out.photo.width(), out.photo.height(), BEHIND);
    out.completion = Completion::find(&out.photo, &out.matte, &out.face);
    out.surroundings = Disocclusion::find(&out.photo, &out.matte, &out.plate, &out.face, &out.mesh);
    out.eyes = eyes(&out.photo, &out.face, out.completion.as_ref());
    out
}

/// Mean difference of a frame from the truth, 0 to 255, over the far half of the face.
fn error(portrait: &Portrait, target: &TargetGeometry, yaw: f64, light: f64) -> f64 {
    let mut scene = SoftwareScene::new(portrait).unwrap();
    scene.render(portrait, target, RenderOptions::UNMARKED);
    let (truth, face) = seen(&portrait.face, target, light);
    let nose = portrait.face.camera.project(&target.pose.apply(&target.shape[4])).x;
    let far = truth.enumerate_pixels().filter(|(x, y, _)| {
        let side = if yaw > 0.0 { f64::from(*x) > nose } else { f64::from(*x) < nose };
        side && face.get_pixel(*x, *y).0[0] > 0
    });
    let apart = |x: u32, y: u32, pixel: &Rgba<u8>| {
        (0..3).map(|c| f64::from(pixel[c].abs_diff(scene.output().get_pixel(x, y)[c]))).sum::<f64>() / 3.0
    };
    let errors: Vec<f64> = far.map(|(x, y, pixel)| apart(x, y, pixel)).collect();
    errors.iter().sum::<f64>() / errors.len() as f64
}

#[test]
fn the_far_side_comes_near_the_truth() {
    for (yaw, light) in [(-36.0, 1.0), (36.0, 1.0), (28.0, 1.0), (36.0, 1.8), (-36.0, 1.8)] {
        let mut portrait = photographed(yaw, light);
        let target = back(&portrait, 1.4 * yaw);
        let found = error(&portrait, &target, yaw, light);
        assert!(portrait.completion.take().is_some(), "nothing is hidden at {yaw} degrees");
        let before = error(&portrait, &target, yaw, light);
        println!("{yaw} degrees, light {light}: far side {before:.1} of 255 from the truth, {found:.1} completed");
        assert!(found < 0.6 * before, "{yaw} degrees, light {light}: {before} -> {found}");
    }
}

/// Which eye is the far one: a face that is turned to its left hides its left one.
fn far_eye(yaw: f64) -> usize {
    usize::from(yaw > 0.0)
}

#[test]
fn an_eye_that_the_nose_hides_is_uncovered() {
    for yaw in [-36.0, 36.0] {
        let portrait = photographed(yaw, 1.0);
        let hidden = portrait.completion.as_ref().unwrap();
        let uncovered = hidden.uncover_eyes(&portrait.photo, &portrait.face);
        let corners = [0, 1].map(|side| EYES[side].corners.map(|i| Vector2::from(portrait.mesh.source[i])));
        let reach = 1.2 * corners.iter().map(|[a, b]| (a - b).norm()).fold(0.0, f32::max);
        let changed = portrait.photo.enumerate_pixels().filter(|(x, y, pixel)| *uncovered.get_pixel(*x, *y) != **pixel);
        let places: Vec<Vector2<f32>> = changed.map(|(x, y, _)| Vector2::new(x as f32, y as f32)).collect();
        let far = corners[far_eye(yaw)];
        assert!(places.len() > 50, "{yaw} degrees: {} pixels", places.len());
        assert!(places.iter().all(|place| far.iter().any(|corner| (place - corner).norm() < reach)), "{yaw} degrees");
    }
}

#[test]
fn no_eye_is_drawn_on_the_nose() {
    for yaw in [-36.0, 44.0] {
        let mut portrait = photographed(yaw, 1.0);
        // The eyes are green, what is drawn of them can be told.
        for eye in &mut portrait.eyes {
            for picture in [&mut eye.sclera, &mut eye.iris] {
                picture.pixels_mut().for_each(|pixel| *pixel = Rgba([0, 255, 0, pixel[3]]));
            }
        }
        let far = far_eye(yaw);
        let target = look(back(&portrait, 1.4 * yaw), 0.3, 0.0);
        let on_nose = |portrait: &Portrait| {
            let mut scene = SoftwareScene::new(portrait).unwrap();
            scene.render(portrait, &target, RenderOptions::UNMARKED);
            let inner = portrait.place(&target)[[133, 362][far]].position[0];
            let green = scene.output().enumerate_pixels().filter(|(_, _, pixel)| pixel[1] > 150 && pixel[0] < 90);
            let towards_nose = |x: u32| if far == 1 { (x as f32) < inner - 1.5 } else { x as f32 > inner + 1.5 };
            let near_eye = |x: u32| (x as f32 - inner).abs() < 0.05 * portrait.photo.width() as f32;
            green.filter(|(x, ..)| towards_nose(*x) && near_eye(*x)).count()
        };
        let found = on_nose(&portrait);
        portrait.completion = None;
        let before = on_nose(&portrait);
        println!("{yaw} degrees: {before} pixels of an eye on the nose, {found}");
        assert!(before > 5 && 10 * found < before, "{yaw} degrees: {before} -> {found}");
    }
}

/// A photo of the face, turned by `yaw` degrees, with a lens beside the far eye and, of glasses that are `worn`, a bridge and the near lens' lower edge.
fn photographed_with_glasses(yaw: f64, worn: bool) -> Portrait {
    let mut out = photographed(yaw, 1.0);
    let face = out.face.clone();
    let mut stroke = |place: Vector3<f64>| {
        for step in 0..=40 {
            let place = place + Vector3::new(0.0, 0.01 * f64::from(step) - 0.2, 0.0);
            let place = face.camera.project(&face.pose.apply(&place));
            out.photo.put_pixel(place.x as u32, place.y as u32, Rgba([0, 0, 0, 255]));
        }
    };
    if worn {
        let across = |count: i32| (-count..=count).map(|k| Vector3::new(0.02 * f64::from(k), 0.0, 0.0));
        across(40).for_each(|step| stroke(face.shape[6] + step));
        for lid in &EYES[1 - far_eye(yaw)].lids[1..8] {
            across(15).for_each(|step| stroke(face.shape[*lid] + step - Vector3::y()));
        }
    }
    add_lens(&mut out, yaw, |pixel| pixel != BEHIND && pixel != GLASSES);
    out.surroundings = Disocclusion::find(&out.photo, &out.matte, &out.plate, &out.face, &out.mesh);
    out
}

/// Pixels of a frame with the colour of glasses.
fn of_glasses(portrait: &Portrait, target: &TargetGeometry) -> usize {
    let mut scene = SoftwareScene::new(portrait).unwrap();
    scene.render(portrait, target, RenderOptions::UNMARKED);
    let is_glasses = |pixel: &&Rgba<u8>| (0..3).all(|c| pixel[c].abs_diff(GLASSES[c]) < 60);
    scene.output().pixels().filter(is_glasses).count()
}

#[test]
fn glasses_have_no_third_lens() {
    for yaw in [-30.0, 30.0] {
        let [worn, other] = [true, false].map(|worn| photographed_with_glasses(yaw, worn));
        let seen = |portrait: &Portrait, share: f64| of_glasses(portrait, &back(portrait, share * yaw));
        let [shown, left] = [&other, &worn].map(|portrait| seen(portrait, 1.4));
        println!("{yaw} degrees: {left} pixels of a lens beyond the completed face, {shown} of what is no glasses");
        assert!(shown > 200 && 3 * left < shown, "{yaw} degrees: {left} of {shown} pixels");
        // A head that turns away, and one that looks as in the photo, keep it.
        let [away, rest] = [-0.4, 0.0].map(|share| seen(&worn, share));
        assert!(away > 100 && rest > 200, "{yaw} degrees: {away} turned away, {rest} at rest");
    }
}

#[test]
fn only_a_turned_face_hides_something_of_itself() {
    for yaw in [-9.0, 0.0, 9.0] {
        assert!(photographed(yaw, 1.0).completion.is_none(), "{yaw} degrees");
    }
}

#[test]
fn nothing_is_shown_of_it_at_rest_or_when_a_face_turns_away() {
    for yaw in [-30.0, 30.0] {
        let portrait = photographed(yaw, 1.0);
        let hidden = portrait.completion.as_ref().unwrap();
        assert_eq!(hidden.shown(&rest(&portrait).pose), 0.0);
        assert_eq!(hidden.shown(&back(&portrait, -yaw).pose), 0.0);
        assert_eq!(hidden.shown(&back(&portrait, yaw).pose), 1.0);
        let mut scene = SoftwareScene::new(&portrait).unwrap();
        scene.render(&portrait, &rest(&portrait), RenderOptions::UNMARKED);
        assert!(*scene.output() == portrait.photo);
    }
}

#[test]
fn the_gpu_completes_faces_alike() {
    for yaw in [-36.0, 25.0] {
        let portrait = photographed(yaw, 1.5);
        let targets = [(1.4, 1.0), (0.3, 1.0), (1.4, 1.5)]
            .map(|(share, scale)| (close_eye(back(&portrait, yaw * share), &EYES[far_eye(yaw)], 0.6), scale));
        drawn_alike(&format!("{yaw} degrees"), &portrait, &targets);
    }
}
