//! Photos of turned faces: what such a face hides of its surroundings, when it turns back.

use image::{GrayImage, Luma, Rgba, RgbaImage};
use nalgebra::Vector2;
use ritratto::generator::{RenderOptions, SoftwareScene};
use ritratto::geometry::{CanonicalFace, FaceGeometry, VERTICES};
use ritratto::motion::TargetGeometry;
use ritratto::portrait::Portrait;
use ritratto::portrait::completion::Completion;
use ritratto::portrait::disocclusion::Disocclusion;
use ritratto::transfer::turned;

use super::render_support::{drawn_alike, face, portrait, rest};

const SKIN: Rgba<u8> = Rgba([220, 30, 30, 255]);
const HAIR: Rgba<u8> = Rgba([30, 60, 200, 255]);

/// Whether a place lies in the face that has these corners.
fn on_face(corners: &[[f32; 2]], place: Vector2<f32>) -> bool {
    CanonicalFace::get().triangles.iter().any(|triangle| {
        let [a, b, c] = triangle.map(|i| Vector2::from(corners[usize::from(i)]));
        let area = (b - a).perp(&(c - a));
        let [ab, bc, ca] = [(a, b), (b, c), (c, a)].map(|(from, to)| {
            let side = to - from;
            side.perp(&(place - from)) * area.signum() / side.norm().max(1e-6)
        });
        area.abs() > 1e-3 && ab > 0.0 && bc > 0.0 && ca > 0.0
    })
}

/// The pixels of the face that has these corners, and those that are not farther than `rim` pixels from one of it, as 255.
fn with_rim(corners: &[[f32; 2]], (width, height): (u32, u32), rim: i32) -> GrayImage {
    let shown = |on| Luma([if on { 255 } else { 0 }]);
    let face =
        GrayImage::from_fn(width, height, |x, y| shown(on_face(corners, Vector2::new(x as f32 + 0.5, y as f32 + 0.5))));
    let near = (-rim..=rim).flat_map(|y| (-rim..=rim).map(move |x| [x, y]));
    let near: Vec<[i32; 2]> = near.filter(|[x, y]| x * x + y * y <= rim * rim).collect();
    GrayImage::from_fn(width, height, |x, y| {
        let at = |[dx, dy]: &[i32; 2]| face.get_pixel_checked(x.wrapping_add_signed(*dx), y.wrapping_add_signed(*dy));
        shown(near.iter().filter_map(at).any(|pixel| pixel.0[0] > 0))
    })
}

/// A face of one colour before hair of another that fills the picture, turned by `yaw` degrees.
fn photographed(yaw: f64) -> Portrait {
    standing(yaw, 0, 255)
}

/// The face of `tests/golden/a`, turned by `yaw` degrees.
pub fn turned_face(yaw: f64) -> FaceGeometry {
    let (photo, straight) = face("a");
    let pose = turned(&straight.pose, [yaw, 0.0, 0.0]);
    let scale = straight.camera.near_plane().x * -pose.translation.z / straight.camera.width;
    let landmarks: Vec<[f32; 3]> = straight
        .project(&straight.shape, &pose)
        .iter()
        .zip(&straight.shape)
        .map(|(place, point)| {
            let depth = pose.translation.z - pose.apply(point).z;
            [place.x as f32, place.y as f32, (depth / scale) as f32]
        })
        .collect();
    FaceGeometry::fit(&landmarks, photo.width(), photo.height())
}

/// A face of one colour, turned by `yaw` degrees, that reaches `rim` pixels beyond its landmarks, before what the matte says so much of.
fn standing(yaw: f64, rim: i32, around: u8) -> Portrait {
    let (photo, _) = face("a");
    let (width, height) = photo.dimensions();
    let mut out = portrait("a", photo, turned_face(yaw));
    let corners = out.mesh.source[..VERTICES].to_vec();
    let skin = with_rim(&corners, (width, height), rim);
    out.photo = RgbaImage::from_fn(width, height, |x, y| if skin[(x, y)].0[0] > 0 { SKIN } else { HAIR });
    out.matte = GrayImage::from_fn(width, height, |x, y| Luma([skin[(x, y)].0[0].max(around)]));
    out.plate = RgbaImage::from_pixel(width, height, HAIR);
    out.completion = Completion::find(&out.photo, &out.matte, &out.face);
    out.surroundings = Disocclusion::find(&out.photo, &out.matte, &out.plate, &out.face, &out.mesh);
    out
}

/// Turns a photo of a face at `yaw` degrees half back.
pub fn back(portrait: &Portrait, yaw: f64) -> TargetGeometry {
    let still = rest(portrait);
    TargetGeometry { pose: turned(&still.pose, [-yaw / 2.0, 0.0, 0.0]), ..still }
}

/// Pixels that show the face's colour clearly away from where the face and its rim are.
fn left_behind(portrait: &Portrait, target: &TargetGeometry, rim: i32) -> usize {
    let mut scene = SoftwareScene::new(portrait).unwrap();
    scene.render(portrait, target, RenderOptions::UNMARKED);
    let placed = portrait.mesh.place(&portrait.face, target);
    let corners: Vec<[f32; 2]> = placed[..VERTICES].iter().map(|vertex| vertex.position).collect();
    let face = with_rim(&corners, scene.output().dimensions(), rim + 3);
    let skin = scene.output().enumerate_pixels().filter(|(_, _, pixel)| pixel[0] > 120);
    skin.filter(|(x, y, _)| face[(*x, *y)].0[0] == 0).count()
}

#[test]
fn a_face_that_turns_back_leaves_none_behind() {
    for yaw in [-34.0, -22.0, 22.0, 34.0] {
        let mut portrait = photographed(yaw);
        let target = back(&portrait, yaw);
        let found = left_behind(&portrait, &target, 0);
        assert!(portrait.surroundings.take().is_some(), "nothing is hidden at {yaw} degrees");
        let before = left_behind(&portrait, &target, 0);
        println!("{yaw} degrees: {before} pixels of a second face, {found} with what surrounds it");
        assert!(before > 100 && found < before / 20, "{yaw} degrees: {before} -> {found}");
    }
}

#[test]
fn a_rim_beyond_the_landmarks_is_not_left_behind_either() {
    // A face that is turned so little keeps its far ear and jaw, but before a background its cheek ends where the matte does.
    for yaw in [-15.0, 15.0] {
        let rim = 3;
        let mut portrait = standing(yaw, rim, 0);
        let target = back(&portrait, 2.0 * yaw);
        let found = left_behind(&portrait, &target, rim);
        portrait.surroundings = None;
        let before = left_behind(&portrait, &target, rim);
        println!("{yaw} degrees: {before} pixels of a rim, {found} with what surrounds it");
        assert!(before > 100 && found < before / 3, "{yaw} degrees: {before} -> {found}");
    }
}

pub const GLASSES: Rgba<u8> = Rgba([20, 230, 40, 255]);

/// A face before a background, with a piece of glasses beside its far eye.
fn with_glasses(yaw: f64) -> Portrait {
    let mut out = standing(yaw, 0, 0);
    add_lens(&mut out, yaw, |pixel| pixel == SKIN);
    out.surroundings = Disocclusion::find(&out.photo, &out.matte, &out.plate, &out.face, &out.mesh);
    out
}

/// Adds a piece of glasses beside the far eye of a face that is turned by `yaw` degrees, as wide as a tenth of the face, to photo and matte.
pub fn add_lens(out: &mut Portrait, yaw: f64, is_face: impl Fn(Rgba<u8>) -> bool) {
    // A face that is turned to its left hides what is to its left, which is right in the picture.
    let (far, corner) = if yaw < 0.0 { (-1, 33) } else { (1, 263) };
    let eye = Vector2::from(out.mesh.source[corner]);
    let width = 0.1 * (out.mesh.source[454][0] - out.mesh.source[234][0]).abs();
    let row = |y: u32| (y as f32 + 0.5 - eye.y).abs() < 0.7 * width;
    for y in (0..out.photo.height()).filter(|&y| row(y)) {
        let of_face = |x: &u32| is_face(out.photo[(*x, y)]);
        let mut columns = 0..out.photo.width();
        let edge = if far > 0 { columns.rev().find(of_face) } else { columns.find(of_face) };
        let Some(edge) = edge else { continue };
        for step in 1..=width as i32 {
            let x = edge.wrapping_add_signed(step * far);
            out.photo.put_pixel(x, y, GLASSES);
            out.matte.put_pixel(x, y, Luma([255]));
        }
    }
}

/// How far from a column the outer edge of the glasses in a picture is, in the mean over its rows, pixels.
fn glasses_end(picture: &RgbaImage, column: f32) -> f32 {
    let is_glasses = |pixel: &Rgba<u8>| (0..3).all(|c| pixel[c].abs_diff(GLASSES[c]) < 60);
    let end = |row: image::buffer::Pixels<'_, Rgba<u8>>| {
        let found = row.enumerate().filter(|(_, pixel)| is_glasses(pixel));
        found.map(|(x, _)| (x as f32 + 0.5 - column).abs()).reduce(f32::max)
    };
    let ends: Vec<f32> = picture.rows().filter_map(end).collect();
    ends.iter().sum::<f32>() / ends.len() as f32
}

#[test]
fn glasses_go_with_the_face() {
    for yaw in [-28.0, 28.0] {
        let mut portrait = with_glasses(yaw);
        let target = back(&portrait, yaw);
        let corner = if yaw < 0.0 { 33 } else { 263 };
        let before = glasses_end(&portrait.photo, portrait.mesh.source[corner][0]);
        let drawn = |portrait: &Portrait| {
            let mut scene = SoftwareScene::new(portrait).unwrap();
            scene.render(portrait, &target, RenderOptions::UNMARKED);
            glasses_end(scene.output(), portrait.place(&target)[corner].position[0])
        };
        let after = drawn(&portrait);
        portrait.surroundings = None;
        let alone = drawn(&portrait);
        println!(
            "{yaw} degrees: glasses end {before:.1} pixels from the eye, turned back {after:.1}, by themselves {alone:.1}"
        );
        // Between the eye and the edge of the face, more of the cheek is seen.
        assert!((after - before).abs() < 0.4 * before, "{yaw} degrees: {before} -> {after} pixels");
        assert!(
            (alone - before).abs() > 3.0 * (after - before).abs(),
            "{yaw} degrees: {alone}, and {after} with the face"
        );
    }
}

#[test]
fn at_rest_it_is_the_photo_bit_for_bit() {
    let portrait = photographed(30.0);
    let mut scene = SoftwareScene::new(&portrait).unwrap();
    scene.render(&portrait, &back(&portrait, 30.0), RenderOptions::UNMARKED);
    assert!(*scene.output() != portrait.photo);
    scene.render(&portrait, &rest(&portrait), RenderOptions::UNMARKED);
    assert!(*scene.output() == portrait.photo);
}

#[test]
fn a_face_from_the_front_hides_nothing() {
    assert!(photographed(0.0).surroundings.is_none());
}

#[test]
fn the_gpu_draws_turned_faces_alike() {
    for (yaw, portrait) in [(-34.0, photographed(-34.0)), (25.0, photographed(25.0)), (28.0, with_glasses(28.0))] {
        let targets = [(1.0, 1.0), (0.15, 1.0), (1.0, 1.5)].map(|(share, scale)| (back(&portrait, yaw * share), scale));
        drawn_alike(&format!("{yaw} degrees"), &portrait, &targets);
    }
}
