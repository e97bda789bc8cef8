//! Writes the matte and the background plate of a photo, for looking at them:
//! `cargo run --release --example matte -- PHOTO LANDMARKS.json OUT_DIR`
//! LANDMARKS.json is a list of 478 [x, y, z] in pixels of the photo.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context;
use burn::tensor::Device;
use image::{GrayImage, Rgb, RgbImage};
use ritratto::geometry::FaceGeometry;
use ritratto::models::Models;
use ritratto::portrait::{Segmenter, matte, plate, segmenter};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [photo, landmarks, out] = arguments.as_slice() else {
        anyhow::bail!("usage: matte PHOTO LANDMARKS.json OUT_DIR");
    };
    let name = photo.file_stem().context("the photo has no name")?.to_string_lossy().into_owned();
    let photo = image::open(photo)?.to_rgba8();
    let landmarks: Vec<[f32; 3]> = serde_json::from_reader(std::fs::File::open(landmarks)?)?;
    let face = FaceGeometry::fit(&landmarks, photo.width(), photo.height());

    let mut models = Models::default();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("models");
    models.insert(segmenter::MODEL, std::fs::read(folder.join(segmenter::MODEL))?)?;
    let segmenter = Segmenter::new(&models, &Device::flex())?;

    let start = Instant::now();
    let mask = pollster::block_on(segmenter.mask(&photo))?;
    let net = start.elapsed();
    let start = Instant::now();
    let matte = matte::refine(&mask, &photo, &face);
    let refined = start.elapsed();
    let start = Instant::now();
    let plate = plate::fill(&photo, &matte, &face);
    let filled = start.elapsed();
    println!("{name} {:?}: mask {net:.0?}, matte {refined:.0?}, plate {filled:.0?}", photo.dimensions());

    std::fs::create_dir_all(out)?;
    mask.save(out.join(format!("{name}-mask.png")))?;
    matte.save(out.join(format!("{name}-matte.png")))?;
    plate.save(out.join(format!("{name}-plate.png")))?;
    on_green(&photo, &matte).save(out.join(format!("{name}-green.png")))?;
    Ok(())
}

/// The person on plain green, on which every fault of the matte shows.
fn on_green(photo: &image::RgbaImage, matte: &GrayImage) -> RgbImage {
    RgbImage::from_fn(photo.width(), photo.height(), |x, y| {
        let alpha = f32::from(matte.get_pixel(x, y).0[0]) / 255.0;
        let colour = photo.get_pixel(x, y).0;
        let behind = [60.0, 190.0, 90.0];
        Rgb([0, 1, 2].map(|c| (f32::from(colour[c]) * alpha + behind[c] * (1.0 - alpha)).round() as u8))
    })
}
