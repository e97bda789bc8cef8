//! Matte and plate on drawn portraits, whose right answer is known.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use image::{GrayImage, Luma, Rgba, RgbaImage};
use nalgebra::{Rotation3, Vector3};
use proptest::prelude::*;
use ritratto::geometry::topology::OVAL;
use ritratto::geometry::{Camera, CanonicalFace, FaceGeometry, LANDMARKS, Pose};
use ritratto::portrait::{matte, plate};

/// The canonical face in the middle of a picture, a third of the shorter side wide.
fn face(width: u32, height: u32, roll: f64) -> FaceGeometry {
    let camera = Camera::new(width, height);
    let distance = 36.0 * f64::from(height) / f64::from(width.min(height));
    let pose =
        Pose { rotation: Rotation3::from_euler_angles(0.0, 0.0, roll), translation: Vector3::new(0.0, 0.0, -distance) };
    let mut points = CanonicalFace::get().positions.clone();
    points.resize(LANDMARKS, Vector3::new(3.0, 2.5, 4.0));
    let near = camera.near_plane();
    let landmarks: Vec<[f32; 3]> = points
        .iter()
        .map(|p| {
            let q = pose.apply(p);
            let at = camera.project(&q);
            [at.x as f32, at.y as f32, ((-q.z / distance - 1.0) / near.x * camera.width) as f32]
        })
        .collect();
    FaceGeometry::fit(&landmarks, width, height)
}

/// A dark head with hair and a body, before a noisy wall that brightens to the right.
struct Drawing {
    photo: RgbaImage,
    mask: GrayImage,
    face: FaceGeometry,
}

impl Drawing {
    fn new(width: u32, height: u32, roll: f64) -> Self {
        let face = face(width, height, roll);
        let centre = face.landmarks[4];
        let chin = face.landmarks[152];
        let radius = 1.5 * (chin[0] - centre[0]).hypot(chin[1] - centre[1]);
        let person = |x: f32, y: f32| {
            let head = (x - centre[0]).hypot(y - centre[1]) < radius;
            let body = y > chin[1] && (x - chin[0]).abs() < radius * (0.5 + (y - chin[1]) / radius);
            head || body
        };
        let photo = RgbaImage::from_fn(width, height, |x, y| {
            let noise = ((x * 7919 + y * 104_729) % 13) as u8;
            if person(x as f32 + 0.5, y as f32 + 0.5) {
                Rgba([60 + noise, 35, 30, 255])
            } else {
                let wall = 150 + (60 * x / width) as u8 + noise;
                Rgba([wall, wall, wall - 20, 255])
            }
        });
        let mask = GrayImage::from_fn(256, 256, |x, y| {
            let at = |v: u32, side: u32| (v as f32 + 0.5) * side as f32 / 256.0;
            Luma([if person(at(x, width), at(y, height)) { 250 } else { 3 }])
        });
        Self { photo, mask, face }
    }

    fn below_chin(&self, x: u32, y: u32) -> f32 {
        let [top, chin] = [10, 152].map(|i: usize| self.face.landmarks[i]);
        let axis = [chin[0] - top[0], chin[1] - top[1]];
        let length = axis[0].hypot(axis[1]);
        ((x as f32 + 0.5 - chin[0]) * axis[0] + (y as f32 + 0.5 - chin[1]) * axis[1]) / length / length
    }
}

fn share(matte: &GrayImage) -> f32 {
    matte.iter().map(|&v| f32::from(v) / 255.0).sum::<f32>() / matte.len() as f32
}

#[test]
fn matte_follows_the_outline() {
    let drawing = Drawing::new(420, 500, 0.1);
    let matte = matte::refine(&drawing.mask, &drawing.photo, &drawing.face);
    let wrong = matte
        .pixels()
        .zip(drawing.photo.pixels())
        .filter(|(alpha, colour)| (alpha.0[0] > 127) != (colour.0[2] < 100))
        .count();
    assert!(wrong < matte.len() / 200, "{wrong} pixels on the wrong side");
    let soft = matte.iter().filter(|v| (1..255).contains(*v)).count();
    assert!(soft < matte.len() / 40, "{soft} soft pixels");
}

#[test]
fn other_people_go_and_holes_close() {
    let mut drawing = Drawing::new(400, 400, 0.0);
    let clean = matte::refine(&drawing.mask, &drawing.photo, &drawing.face);
    for y in 20..60 {
        for x in 5..30 {
            drawing.mask.put_pixel(x, y, Luma([255]));
        }
    }
    let nose = drawing.face.landmarks[4];
    let (column, row) = ((nose[0] / 400.0 * 256.0) as u32, (nose[1] / 400.0 * 256.0) as u32);
    for y in row..row + 6 {
        for x in column..column + 6 {
            drawing.mask.put_pixel(x, y, Luma([0]));
        }
    }
    assert_eq!(matte::refine(&drawing.mask, &drawing.photo, &drawing.face), clean);
}

#[test]
fn hair_joined_by_what_the_net_half_saw_stays() {
    let mut drawing = Drawing::new(400, 400, 0.0);
    let clean = matte::refine(&drawing.mask, &drawing.photo, &drawing.face);
    // Half seen below the top of the head; what is above it would hang in the air.
    let top = drawing.mask.rows().position(|mut row| row.any(|p| p.0[0] > 200)).unwrap() as u32;
    for y in top + 8..top + 28 {
        for x in 0..256 {
            let pixel = drawing.mask.get_pixel_mut(x, y);
            pixel.0[0] = pixel.0[0].min(90);
        }
    }
    let matte = matte::refine(&drawing.mask, &drawing.photo, &drawing.face);
    let apart = matte.iter().zip(clean.iter()).filter(|(a, b)| a.abs_diff(**b) > 60).count();
    assert!(apart < clean.len() / 1000, "{apart} pixels differ");
}

/// The edge of a blurred light behind the head, which the net half takes for a part of the person.
#[test]
fn a_thread_far_from_the_head_is_background() {
    let mut drawing = Drawing::new(400, 400, 0.0);
    let row = drawing.face.landmarks[4][1] as u32;
    let left = drawing.photo.rows().nth(row as usize).unwrap().position(|p| p.0[2] < 100).unwrap() as u32;
    for y in row - 4..row + 4 {
        for x in 0..left {
            let Rgba([r, g, b, a]) = *drawing.photo.get_pixel(x, y);
            drawing.photo.put_pixel(x, y, Rgba([r - 50, g - 50, b - 50, a]));
            drawing.mask.put_pixel(x * 256 / 400, y * 256 / 400, Luma([140]));
        }
    }
    let matte = matte::refine(&drawing.mask, &drawing.photo, &drawing.face);
    let far = (0..left - 40).map(|x| matte.get_pixel(x, row).0[0]).max();
    assert_eq!(far, Some(0));
    assert!(matte.get_pixel(left + 8, row).0[0] > 250);
}

#[test]
fn a_failed_mask_gives_a_hull() {
    let drawing = Drawing::new(300, 400, 0.0);
    let matte = matte::refine(&GrayImage::new(256, 256), &drawing.photo, &drawing.face);
    assert!((0.1..0.8).contains(&share(&matte)), "{}", share(&matte));
    let corner = matte.get_pixel(2, 2).0[0];
    let nose = drawing.face.landmarks[4];
    assert_eq!((corner, matte.get_pixel(nose[0] as u32, nose[1] as u32).0[0]), (0, 255));
}

#[test]
fn plate_has_the_wall_behind_the_head() {
    let drawing = Drawing::new(480, 480, 0.0);
    let matte = matte::refine(&drawing.mask, &drawing.photo, &drawing.face);
    let plate = plate::fill(&drawing.photo, &matte, &drawing.face);
    for (x, y, pixel) in plate.enumerate_pixels().filter(|&(x, y, _)| drawing.below_chin(x, y) < 0.0) {
        let wall = 156.0 + 60.0 * x as f32 / 480.0;
        assert!((f32::from(pixel.0[0]) - wall).abs() < 45.0, "{x} {y}: {pixel:?}, the wall is {wall}");
    }
    let mean = |picture: &RgbaImage| {
        let values: Vec<f32> = picture
            .enumerate_pixels()
            .filter(|&(x, y, _)| drawing.below_chin(x, y) < 0.0)
            .map(|(x, _, p)| f32::from(p.0[0]) - 156.0 - 60.0 * x as f32 / 480.0)
            .collect();
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        (mean, (values.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / values.len() as f32).sqrt())
    };
    let (offset, spread) = mean(&plate);
    assert!(offset.abs() < 4.0 && spread > 2.0, "offset {offset}, spread {spread}: grain of the wall is 3.7");
}

#[test]
fn all_person_and_no_person() {
    let drawing = Drawing::new(200, 260, 0.0);
    for value in [0, 255] {
        let mask = GrayImage::from_pixel(256, 256, Luma([value]));
        let matte = matte::refine(&mask, &drawing.photo, &drawing.face);
        let plate = plate::fill(&drawing.photo, &matte, &drawing.face);
        assert_eq!(plate.dimensions(), drawing.photo.dimensions());
        // Nobody to fill; and nothing but a person: what surrounds the face is its background then.
        let all = GrayImage::from_pixel(200, 260, Luma([value]));
        let plate = plate::fill(&drawing.photo, &all, &drawing.face);
        assert_eq!(plate == drawing.photo, value == 0);
    }
}

#[test]
fn a_face_that_fills_the_picture_is_left_alone() {
    let mut face = face(100, 100, 0.0);
    for point in &mut face.landmarks {
        point[0] = (point[0] - 50.0) * 9.0 + 50.0;
        point[1] = (point[1] - 50.0) * 9.0 + 50.0;
    }
    let photo = RgbaImage::from_pixel(100, 100, Rgba([200, 150, 120, 255]));
    let full = GrayImage::from_pixel(100, 100, Luma([255]));
    assert_eq!(plate::fill(&photo, &full, &face), photo);
}

#[test]
fn unusable_input_gives_a_result() {
    let drawing = Drawing::new(90, 70, 0.0);
    let mut broken = drawing.face.clone();
    broken.landmarks[152] = [f32::NAN, 0.0, 0.0];
    let mut short = drawing.face.clone();
    short.landmarks.truncate(20);
    for face in [&broken, &short] {
        let matte = matte::refine(&drawing.mask, &drawing.photo, face);
        assert_eq!(matte.dimensions(), (90, 70));
        assert_eq!(plate::fill(&drawing.photo, &matte, face), drawing.photo);
    }
    assert_eq!(matte::refine(&GrayImage::new(0, 0), &drawing.photo, &drawing.face).dimensions(), (90, 70));
    assert_eq!(matte::refine(&drawing.mask, &RgbaImage::new(0, 0), &drawing.face).dimensions(), (0, 0));
    // A matte of another size cannot be used.
    assert_eq!(plate::fill(&drawing.photo, &GrayImage::new(5, 5), &drawing.face), drawing.photo);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Any size: the face is inside, and the plate is the photo wherever the person is not near.
    #[test]
    fn any_size(width in 64u32..450, height in 64u32..450, roll in -0.6..0.6f64, shift in -0.5..0.5f32) {
        let mut drawing = Drawing::new(width, height, roll);
        // Also faces that are cut by the border.
        let shift = (shift * width as f32).round();
        drawing.face.landmarks.iter_mut().for_each(|p| p[0] += shift);
        let matte = matte::refine(&drawing.mask, &drawing.photo, &drawing.face);
        prop_assert_eq!(matte.dimensions(), (width, height));
        for i in OVAL {
            let nose = drawing.face.landmarks[4];
            let point = drawing.face.landmarks[i];
            // A tenth of the way in, so that rounding to pixels does not matter.
            let (x, y) = (point[0] + 0.1 * (nose[0] - point[0]), point[1] + 0.1 * (nose[1] - point[1]));
            if x >= 0.0 && y >= 0.0 && x < width as f32 && y < height as f32 {
                prop_assert_eq!(matte.get_pixel(x as u32, y as u32).0[0], 255);
            }
        }
        let plate = plate::fill(&drawing.photo, &matte, &drawing.face);
        prop_assert_eq!(&plate, &plate::fill(&drawing.photo, &matte, &drawing.face));
        let reach = 0.3 * (drawing.face.landmarks[234][0] - drawing.face.landmarks[454][0]).abs().max(20.0) + 8.0;
        let person: Vec<(f32, f32)> = matte.enumerate_pixels().step_by(3).filter(|(_, _, v)| v.0[0] > 0)
            .map(|(x, y, _)| (x as f32, y as f32)).collect();
        for (x, y, pixel) in plate.enumerate_pixels().step_by(17) {
            let photo = drawing.photo.get_pixel(x, y);
            prop_assert_eq!(pixel.0[3], photo.0[3]);
            if drawing.below_chin(x, y) > 0.25 && shift == 0.0 {
                prop_assert_eq!(pixel, photo);
            } else if pixel != photo {
                let near = person.iter().any(|&(u, v)| (u - x as f32).hypot(v - y as f32) < reach);
                prop_assert!(near, "{} {} is far from the person and changed", x, y);
            }
        }
    }
}
