//! The person matte net against the LiteRT interpreter (`train/make_segmenter_reference.py`).
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use burn::tensor::Device;
use image::imageops::flip_horizontal;
use ritratto::Error;
use ritratto::models::Models;
use ritratto::portrait::Segmenter;
use ritratto::portrait::segmenter::MODEL;

const PHOTOS: [&str; 3] = ["curls", "studio", "park"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn models() -> Models {
    let mut models = Models::default();
    models.insert(MODEL, std::fs::read(root().join("models").join(MODEL)).unwrap()).unwrap();
    models
}

fn agrees_on(device: &Device, kind: &str) {
    let segmenter = Segmenter::new(&models(), device).unwrap();
    let folder = root().join("tests/reference/segmenter");
    for name in PHOTOS {
        let photo = image::open(folder.join(format!("{name}.png"))).unwrap().to_rgba8();
        let expected = image::open(folder.join(format!("{name}.mask.png"))).unwrap().to_luma16();
        let found = pollster::block_on(segmenter.probabilities(&photo)).unwrap();
        let errors: Vec<f32> =
            found.iter().zip(expected.iter()).map(|(a, &b)| (a - f32::from(b) / 65535.0).abs()).collect();
        let worst = errors.iter().fold(0.0f32, |a, &b| a.max(b));
        let mean = errors.iter().sum::<f32>() / errors.len() as f32;
        println!("{kind} {name}: worst {worst:.2e}, mean {mean:.2e}");
        assert_eq!(found.len(), 256 * 256);
        assert!(worst < 1e-2 && mean < 2e-3, "{kind} {name}: worst {worst}, mean {mean}");
    }
}

#[test]
fn agrees_on_the_cpu() {
    agrees_on(&Device::flex(), "cpu");
}

#[test]
fn agrees_on_the_gpu() {
    let instance = wgpu::Instance::default();
    if pollster::block_on(instance.request_adapter(&wgpu::RequestAdapterOptions::default())).is_err() {
        println!("no adapter: not compared on wgpu");
        return;
    }
    agrees_on(&Device::wgpu(Default::default()), "wgpu");
}

#[test]
fn any_size_gives_a_mask() {
    let segmenter = Segmenter::new(&models(), &Device::flex()).unwrap();
    for (width, height) in [(1, 1), (64, 900)] {
        let picture = image::RgbaImage::from_pixel(width, height, image::Rgba([90, 120, 40, 255]));
        assert_eq!(pollster::block_on(segmenter.mask(&picture)).unwrap().dimensions(), (256, 256));
    }
}

#[test]
fn the_mirror_image_has_the_mirrored_mask() {
    let segmenter = Segmenter::new(&models(), &Device::flex()).unwrap();
    let photo = image::open(root().join("tests/reference/segmenter/curls.png")).unwrap().to_rgba8();
    let mask = pollster::block_on(segmenter.mask(&photo)).unwrap();
    let mirrored = pollster::block_on(segmenter.mask(&flip_horizontal(&photo))).unwrap();
    let apart = mask.iter().zip(flip_horizontal(&mirrored).iter()).map(|(a, &b)| a.abs_diff(b)).max().unwrap();
    assert!(apart <= 1, "{apart} of 255: a face is cut out alike whichever way it looks");
}

/// Hair at both sides goes on beyond the picture: at one look the net takes most of that at the right for background.
#[test]
fn hair_that_the_picture_cuts_is_person() {
    let segmenter = Segmenter::new(&models(), &Device::flex()).unwrap();
    let photo = image::open(root().join("tests/reference/segmenter/cut_hair.png")).unwrap().to_rgba8();
    let mask = pollster::block_on(segmenter.mask(&photo)).unwrap();
    let share = |mask: &dyn Fn(u32, u32) -> f32, columns: std::ops::Range<u32>, rows: std::ops::Range<u32>| {
        let pixels = columns.flat_map(|x| rows.clone().map(move |y| (x, y)));
        let values: Vec<f32> = pixels.map(|(x, y)| mask(x, y)).collect();
        values.iter().sum::<f32>() / values.len() as f32
    };
    let mask = |x: u32, y: u32| f32::from(mask.get_pixel(x, y).0[0]) / 255.0;
    let first = pollster::block_on(segmenter.probabilities(&photo)).unwrap();
    let first = |x: u32, y: u32| first[(y * 256 + x) as usize];
    for (side, columns) in [("left", 2..30), ("right", 225..254)] {
        let hair = share(&mask, columns.clone(), 20..110);
        println!("{side}: {hair} of the hair, {} at the first look", share(&first, columns.clone(), 20..110));
        assert!(hair > 0.75, "{side}: {hair} of the hair is person");
        let wall = share(&mask, columns, 180..230);
        assert!(wall < 0.1, "{side}: {wall} of the wall is person");
    }
}

#[test]
fn missing_and_damaged_weights_are_errors() {
    assert!(matches!(Segmenter::new(&Models::default(), &Device::flex()), Err(Error::ModelMissing { .. })));
    let mut bytes = std::fs::read(root().join("models").join(MODEL)).unwrap();
    bytes[100_000] ^= 1;
    assert!(matches!(Models::default().insert(MODEL, bytes), Err(Error::ModelCorrupt { .. })));
}
