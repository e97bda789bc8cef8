//! What the generator draws, on whatever adapter there is.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "eyes/render.rs"]
mod eyes;
#[path = "golden/render.rs"]
mod goldens;
#[path = "refiner/render.rs"]
mod refiner;
mod render_support;
#[path = "software/render.rs"]
mod software;
#[path = "software/completed.rs"]
mod software_completed;
#[path = "software/cut_off.rs"]
mod software_cut_off;
#[path = "software/refiner.rs"]
mod software_refiner;
#[path = "software/turned.rs"]
mod software_turned;

use image::{Rgba, RgbaImage};
use nalgebra::Vector3;
use render_support::{face, look, part_lips, portrait, psnr, render, rest, stage, turn};
use ritratto::generator::RenderOptions;
use ritratto::geometry::FaceGeometry;
use ritratto::geometry::topology::{INNER_LIPS, LOWER_INNER_LIP, UPPER_INNER_LIP};
use ritratto::motion::{TargetGeometry, coefficient};
use ritratto::portrait::Portrait;
use ritratto::portrait::outline::Outline;

/// The faces of `tests/golden`: a neutral face, one with hair over the border, a smile.
const FACES: [&str; 3] = ["a", "b", "c"];

fn load(name: &str) -> Portrait {
    let (photo, face) = face(name);
    portrait(name, photo, face)
}

#[test]
fn rest_is_the_photo_bit_for_bit() {
    let Some(stage) = stage() else { return };
    for name in FACES {
        let portrait = load(name);
        let frame = render(stage, &portrait, &rest(&portrait), false);
        assert!(
            frame == portrait.photo,
            "{name}: rest differs from the photo, {:.1} dB",
            psnr(&frame, &portrait.photo)
        );
    }
}

/// Drawn smaller, a frame is the full one scaled down, and the mark keeps its corner; drawn in full again it is the same as before.
#[test]
fn a_smaller_output_shows_the_same_picture() {
    let Some((gpu, generator)) = stage() else { return };
    for name in FACES {
        let portrait = load(name);
        let target = part_lips(turn(look(rest(&portrait), 0.2, 0.1), 12.0, -5.0, 3.0), 0.8);
        let mut scene = generator.load(&portrait).unwrap();
        let mut draw = |scale: f32, mark: bool| {
            generator.rescale(&mut scene, scale);
            generator.render(&mut scene, &portrait, &target, RenderOptions { mark, ..RenderOptions::default() });
            pollster::block_on(gpu.read(scene.output())).unwrap()
        };
        let full = draw(1.0, false);
        for scale in [1.5, 2.0] {
            let small = draw(scale, false);
            let (width, height) = small.dimensions();
            assert_eq!(width, (full.width() as f32 / scale).round() as u32);
            let wanted = image::imageops::resize(&full, width, height, image::imageops::FilterType::Triangle);
            assert!(psnr(&small, &wanted) > 32.0, "{name} at 1/{scale}: {:.1} dB", psnr(&small, &wanted));
            let marked = draw(scale, true);
            let changed: Vec<(u32, u32)> = (0..height)
                .flat_map(|y| (0..width).map(move |x| (x, y)))
                .filter(|&(x, y)| marked.get_pixel(x, y) != small.get_pixel(x, y))
                .collect();
            assert!(changed.len() > 50, "{name} at 1/{scale}: {} pixels of a mark", changed.len());
            assert!(changed.iter().all(|&(x, y)| x > width / 3 && y > height / 2), "{name} at 1/{scale}");
        }
        assert!(draw(1.0, false) == full, "{name} is another picture after it was drawn smaller");
    }
}

/// A crack would show the cleared frame, whose alpha is 0.
#[test]
fn every_pixel_is_covered_in_every_pose() {
    let Some((gpu, generator)) = stage() else { return };
    for name in FACES {
        let portrait = load(name);
        let mut scene = generator.load(&portrait).unwrap();
        let mut seed = 7u32;
        let mut random = |reach: f64| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (f64::from(seed >> 8) / f64::from(1 << 23) - 1.0) * reach
        };
        for _ in 0..12 {
            let mut target = turn(rest(&portrait), random(30.0), random(30.0), random(30.0));
            target.pose.translation += Vector3::new(random(6.0), random(6.0), random(8.0));
            for point in &mut target.shape {
                *point += Vector3::new(random(0.1), random(0.1), random(0.1));
            }
            generator.render(&mut scene, &portrait, &target, RenderOptions::UNMARKED);
            let frame = pollster::block_on(gpu.read(scene.output())).unwrap();
            let open = frame.enumerate_pixels().find(|(_, _, pixel)| pixel[3] != 255);
            assert!(open.is_none(), "{name}: a crack at {open:?}");
        }
    }
}

/// Green that is nowhere in a face, less what a filter may leave of it.
fn greenest(frame: &RgbaImage, bounds: [f32; 4]) -> i32 {
    let [left, top, right, bottom] = bounds.map(|v| v.max(0.0) as u32);
    let mut most = i32::MIN;
    for y in top.saturating_sub(6)..(bottom + 6).min(frame.height()) {
        for x in left.saturating_sub(6)..(right + 6).min(frame.width()) {
            let Rgba([r, g, b, _]) = *frame.get_pixel(x, y);
            most = most.max(i32::from(g) - i32::from(r.max(b)));
        }
    }
    most
}

fn paint(photo: &mut RgbaImage, outline: &Outline, inset: f32) {
    for (x, y, pixel) in photo.enumerate_pixels_mut() {
        let point = [x as f32 + 0.5, y as f32 + 0.5];
        let [lower, upper] = outline.arc_distances(point);
        if outline.contains(point) && lower.min(upper) > inset {
            *pixel = Rgba([0, 255, 0, 255]);
        }
    }
}

#[test]
fn nothing_of_an_open_mouth_is_left_when_lips_close() {
    let Some(stage) = stage() else { return };
    let (mut photo, face) = face("c");
    let outline = Outline::through(&INNER_LIPS.map(|i| [face.landmarks[i][0], face.landmarks[i][1]]), 10);
    paint(&mut photo, &outline, 1.0);
    let portrait = portrait("c", photo, face);
    let mut target = rest(&portrait);
    for k in 1..10 {
        let (lower, upper) = (INNER_LIPS[k], INNER_LIPS[20 - k]);
        let middle = (target.shape[lower] + target.shape[upper]) / 2.0;
        (target.shape[lower], target.shape[upper]) = (middle, middle);
    }
    let shut = render(stage, &portrait, &target, false);
    assert!(greenest(&portrait.photo, outline.bounds()) > 200);
    assert!(greenest(&shut, outline.bounds()) < 40, "{} of the teeth shows", greenest(&shut, outline.bounds()));
}

#[test]
fn a_mouth_that_opens_is_dark_inside() {
    let Some(stage) = stage() else { return };
    let portrait = load("a");
    let target = part_lips(rest(&portrait), 1.6);
    let frame = render(stage, &portrait, &target, false);
    let middle = target.shape[13] * 0.4 + target.shape[14] * 0.6;
    let pixel = portrait.face.camera.project(&target.pose.apply(&middle));
    let inside = frame.get_pixel(pixel.x as u32, pixel.y as u32);
    assert!(inside.0[..3].iter().all(|&v| v < 110), "{inside:?}");
    assert!(inside[0] > inside[1], "{inside:?}");
}

#[test]
fn lips_drawn_down_before_a_shut_jaw_bare_the_lower_teeth() {
    let Some(stage) = stage() else { return };
    let portrait = load("a");
    let mut target = part_lips(rest(&portrait), 1.0);
    for landmark in [152, 148, 377, 175, 199] {
        target.shape[landmark] = portrait.face.shape[landmark];
    }
    let brightness = |target: &TargetGeometry, height: f64| {
        let place = target.shape[14].lerp(&target.shape[13], height);
        let at = portrait.face.camera.project(&target.pose.apply(&place));
        let frame = render(stage, &portrait, target, false);
        frame.get_pixel(at.x as u32, at.y as u32).0[..3].iter().map(|&v| u32::from(v)).sum::<u32>() / 3
    };
    let open = [0.35, 0.8].map(|height| brightness(&target, height));
    for side in ["mouthLowerDownLeft", "mouthLowerDownRight"] {
        target.coefficients[coefficient(side)] = 0.6;
    }
    let bared = [0.35, 0.8].map(|height| brightness(&target, height));
    target.coefficients[coefficient("jawOpen")] = 0.6;
    assert!(bared.iter().zip(open).all(|(bared, open)| *bared > open + 50), "{open:?} {bared:?}");
    assert_eq!(brightness(&target, 0.35), open[0]);
}

#[test]
fn lips_that_shut_over_teeth_leave_a_dark_seam() {
    let Some(stage) = stage() else { return };
    let mut portrait = load("a");
    let mut target = rest(&portrait);
    for landmark in INNER_LIPS {
        target.shape[landmark].y -= 0.4;
    }
    // A line of teeth where the lips of the photo meet.
    let [x, y] = [0, 1].map(|k| portrait.face.landmarks[13][k] as u32);
    for (across, down) in (0..7).flat_map(|across| (0..5).map(move |down| (across, down))) {
        portrait.photo.put_pixel(x + across - 3, y + down - 2, Rgba([235, 230, 220, 255]));
    }
    let at = portrait.face.camera.project(&target.pose.apply(&target.shape[13]));
    portrait.mouth.teeth = Some([0.9, 0.88, 0.84]);
    let mut brightness = |gap| {
        portrait.mouth.gap = gap;
        let pixel = *render(stage, &portrait, &target, false).get_pixel(at.x as u32, at.y as u32);
        pixel.0[..3].iter().map(|&v| u32::from(v)).sum::<u32>() / 3
    };
    let (left, drawn) = (brightness(0.0), brightness(1.0));
    assert!(left > 150 && drawn + 60 < left, "{left} {drawn}");
}

#[test]
fn a_lip_that_rises_over_whole_teeth_uncovers_gums() {
    let Some(stage) = stage() else { return };
    let mut portrait = load("a");
    let mut target = rest(&portrait);
    for landmark in UPPER_INNER_LIP {
        target.shape[landmark].y += 0.6;
    }
    let [x, y] = [0, 1].map(|k| portrait.face.landmarks[13][k] as u32);
    for (across, down) in (0..9).flat_map(|across| (0..9).map(move |down| (across, down))) {
        portrait.photo.put_pixel(x + across - 4, y + down - 4, Rgba([235, 230, 220, 255]));
    }
    portrait.mouth.teeth = Some([0.9, 0.88, 0.84]);
    let above = portrait.face.shape[13].lerp(&target.shape[13], 0.5);
    let at = portrait.face.camera.project(&target.pose.apply(&above));
    let mut redness = |gap| {
        portrait.mouth.gap = gap;
        let pixel = *render(stage, &portrait, &target, false).get_pixel(at.x as u32, at.y as u32);
        i32::from(pixel[0]) - i32::from(pixel[1])
    };
    // Of short teeth in the photo more is hidden by its lip.
    let [whole, part] = [1.0, 0.4].map(&mut redness);
    assert!(whole > part + 12, "{whole} {part}");
}

#[test]
fn what_lies_below_upper_teeth_does_not_hang_on_them_when_a_lip_falls() {
    let Some(stage) = stage() else { return };
    // A mouth that is open in the photo and full of teeth, but for what is just above its lower lip.
    let (mut photo, face) = face("a");
    let (width, height) = photo.dimensions();
    let mut landmarks = face.landmarks.clone();
    let eyes = face.landmarks[263][0] - face.landmarks[33][0];
    for landmark in LOWER_INNER_LIP {
        landmarks[landmark][1] += 0.25 * eyes;
    }
    let face = FaceGeometry::fit(&landmarks, width, height);
    let [top, bottom, left, right] = [(13, 1), (14, 1), (78, 0), (308, 0)].map(|(i, k)| landmarks[i][k] as u32);
    let seam = bottom - (bottom - top) / 5;
    for (y, x) in (top - 1..=bottom + 1).flat_map(|y| (left..=right).map(move |x| (y, x))) {
        photo.put_pixel(x, y, Rgba(if y < seam { [225, 215, 205, 255] } else { [222, 160, 160, 255] }));
    }
    let mut portrait = portrait("a", photo, face);
    let mut target = rest(&portrait);
    for landmark in LOWER_INNER_LIP {
        target.shape[landmark].y -= 0.8;
    }
    let mut brightness = |upper_end: Option<f32>| {
        portrait.mouth.upper_end = upper_end.unwrap_or(portrait.mouth.upper_end);
        let frame = render(stage, &portrait, &target, false);
        [seam - 4, seam + 4].map(|y| {
            let pixel = frame.get_pixel(landmarks[13][0] as u32, y);
            pixel.0[..3].iter().map(|&v| u32::from(v)).sum::<u32>() / 3
        })
    };
    let ([teeth, below], [_, hanging]) = (brightness(None), brightness(Some(0.0)));
    assert!(teeth > 170 && below < 120 && hanging > 150, "{teeth} {below} {hanging}");
}

#[test]
fn the_mark_stays_in_its_corner() {
    let Some(stage) = stage() else { return };
    let portrait = load("b");
    let frame = render(stage, &portrait, &rest(&portrait), true);
    let (width, height) = frame.dimensions();
    let changed: Vec<_> = frame.enumerate_pixels().filter(|(x, y, p)| *p != portrait.photo.get_pixel(*x, *y)).collect();
    assert!(changed.len() > 300);
    assert!(changed.iter().all(|(x, y, p)| *x > width / 2 && *y > height * 9 / 10 && p[3] == 255));
}

#[test]
fn all_sizes_render() {
    let Some(stage) = stage() else { return };
    for (width, height) in [(64, 64), (67, 131), (2048, 1366)] {
        let (photo, small) = face("a");
        let photo = image::imageops::resize(&photo, width, height, image::imageops::FilterType::Triangle);
        let [sx, sy] = [width as f32 / small.camera.width as f32, height as f32 / small.camera.height as f32];
        let landmarks: Vec<[f32; 3]> = small.landmarks.iter().map(|p| [p[0] * sx, p[1] * sy, p[2] * sx]).collect();
        let portrait = portrait("a", photo, FaceGeometry::fit(&landmarks, width, height));
        let frame = render(stage, &portrait, &turn(rest(&portrait), 10.0, 0.0, 0.0), true);
        assert_eq!(frame.dimensions(), (width, height));
        assert!(frame.pixels().all(|p| p[3] == 255));
    }
}

#[test]
fn presenting_at_full_size_changes_nothing() {
    let Some(stage) = stage() else { return };
    let (gpu, generator) = stage;
    let portrait = load("a");
    let scene = generator.load(&portrait).unwrap();
    let surface = |width, height, format| {
        gpu.device.create_texture(&wgpu::TextureDescriptor {
            label: None,
            size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format,
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
            view_formats: &[wgpu::TextureFormat::Rgba8UnormSrgb],
        })
    };
    let plain = wgpu::TextureFormat::Rgba8Unorm;
    // Before the first frame the photo is shown.
    let full = surface(320, 320, plain);
    generator.present(&scene, &full.create_view(&Default::default()), plain);
    let shown = pollster::block_on(gpu.read(&full)).unwrap();
    assert!(psnr(&shown, &portrait.photo) > 55.0, "{:.1} dB", psnr(&shown, &portrait.photo));
    // Through an sRGB view the same bytes must arrive.
    let encoded = wgpu::TextureFormat::Rgba8UnormSrgb;
    let view = full.create_view(&wgpu::TextureViewDescriptor { format: Some(encoded), ..Default::default() });
    generator.present(&scene, &view, encoded);
    let shown = pollster::block_on(gpu.read(&full)).unwrap();
    assert!(psnr(&shown, &portrait.photo) > 48.0, "{:.1} dB", psnr(&shown, &portrait.photo));
    let small = surface(107, 107, plain);
    generator.present(&scene, &small.create_view(&Default::default()), plain);
    let shown = pollster::block_on(gpu.read(&small)).unwrap();
    let wanted = image::imageops::resize(&portrait.photo, 107, 107, image::imageops::FilterType::Triangle);
    assert!(psnr(&shown, &wanted) > 30.0, "{:.1} dB", psnr(&shown, &wanted));
}

#[test]
fn misuse_ends_in_typed_errors() {
    let Some((gpu, generator)) = stage() else { return };
    let mut portrait = load("a");
    portrait.matte = image::GrayImage::new(10, 10);
    assert_eq!(generator.load(&portrait).unwrap_err().code(), "option");
    let other = gpu.device.create_texture(&wgpu::TextureDescriptor {
        label: None,
        size: wgpu::Extent3d { width: 4, height: 4, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::R8Unorm,
        usage: wgpu::TextureUsages::COPY_SRC,
        view_formats: &[],
    });
    assert_eq!(pollster::block_on(gpu.read(&other)).unwrap_err().code(), "gpu");
    assert!(gpu.take_error().is_none());
}

/// Nets and renderer share one device; registering it twice gives the same one.
#[test]
fn burn_computes_on_the_same_device() {
    let Some((gpu, _)) = stage() else { return };
    let device = gpu.burn_device().unwrap();
    assert_eq!(device, gpu.burn_device().unwrap());
    let tensor = burn::tensor::Tensor::<1>::from_floats([1.0, 2.0, 3.0], &device);
    let sum: Vec<f32> = pollster::block_on((tensor * 2.0).into_data_async()).unwrap().iter::<f32>().collect();
    assert_eq!(sum, [2.0, 4.0, 6.0]);
    assert!(gpu.take_error().is_none());
}
