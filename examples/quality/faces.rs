//! Faces at full size, without the refiner and with it, in expressions that a photo knows nothing of.

use std::path::Path;

use anyhow::{Context, Result};
use image::RgbaImage;
use image::imageops::{crop_imm, replace};
use ritratto::generator::RenderOptions;
use ritratto::motion::coefficient;
use ritratto::portrait::Portrait;
use ritratto::transfer::{Reenactment, ReenactmentOptions};

use super::calm::calm;
use super::cross::PHOTOS;
use super::{Bench, picture};

/// How many faces are shown.
const FACES: usize = 12;
/// Coefficients of each expression, one a column: laugh, scream, an O, talk, kiss, half and fully shut eyes, and
/// the tongue.
const EXPRESSIONS: [&[(&str, f32)]; 8] = [
    &[
        ("jawOpen", 0.4),
        ("mouthSmileLeft", 0.9),
        ("mouthSmileRight", 0.9),
        ("eyeSquintLeft", 0.6),
        ("eyeSquintRight", 0.6),
    ],
    &[("jawOpen", 0.9), ("mouthStretchLeft", 0.5), ("mouthStretchRight", 0.5), ("browInnerUp", 0.6)],
    &[("jawOpen", 0.5), ("mouthFunnel", 0.7), ("browOuterUpLeft", 0.7), ("browOuterUpRight", 0.7)],
    &[("jawOpen", 0.2), ("mouthLowerDownLeft", 0.4), ("mouthLowerDownRight", 0.4)],
    &[("jawOpen", 0.0), ("mouthPucker", 0.9)],
    &[("jawOpen", 0.0), ("eyeBlinkLeft", 0.4), ("eyeBlinkRight", 0.4)],
    &[("jawOpen", 0.0), ("eyeBlinkLeft", 0.95), ("eyeBlinkRight", 0.95)],
    &[("jawOpen", 0.5), ("tongueOut", 1.0), ("mouthLowerDownLeft", 0.2), ("mouthLowerDownRight", 0.2)],
];
/// Writes a sheet a face: expressions side by side, geometry alone above, refined below. The whole frames and
/// the photo are kept beside it, for `train/identity.py`.
pub async fn run(bench: &Bench, data: &Path, folder: &Path) -> Result<()> {
    let refiner = bench.refiner.as_ref().context("the refiner is needed")?;
    for name in PHOTOS.iter().take(FACES) {
        let photo = picture(&data.join("faces").join(name))?;
        let portrait = Portrait::prepare(photo, &bench.encoder, &bench.segmenter).await?;
        let mut scene = bench.generator.load(&portrait)?;
        let mut retouch = refiner.prepare(&portrait, &scene)?;
        let drive = Reenactment::new(&portrait, bench.decoder.clone(), ReenactmentOptions::default())?;
        let [x, y, width, height] = around(&portrait);
        let stem = Path::new(name).file_stem().unwrap_or_default();
        let frames = folder.join(stem);
        std::fs::create_dir_all(&frames)?;
        portrait.photo.save(frames.join("photo.png"))?;
        let mut sheet = RgbaImage::new(width * EXPRESSIONS.len() as u32, 2 * height);
        for (column, expression) in EXPRESSIONS.iter().enumerate() {
            let mut wanted = calm(portrait.coefficients);
            expression.iter().for_each(|&(name, value)| wanted[coefficient(name)] = value);
            let target = drive.posed(wanted, [0.0; 3]);
            let plain = RenderOptions::UNMARKED;
            bench.generator.render(&mut scene, &portrait, &target, plain);
            retouch.forget();
            for row in 0..2 {
                if row == 1 {
                    bench.generator.render(&mut scene, &portrait, &target, plain.to_refine());
                    refiner.refine(&mut retouch, &portrait, &target).await?;
                }
                let output = bench.gpu.read(scene.output()).await?;
                output.save(frames.join(format!("{column}-{}.png", ["geometry", "refined"][row as usize])))?;
                let place = [column as u32 * width, row * height].map(i64::from);
                replace(&mut sheet, &*crop_imm(&output, x, y, width, height), place[0], place[1]);
            }
        }
        sheet.save(folder.join(stem).with_extension("png"))?;
    }
    Ok(())
}

/// Left, top, width and height of the face from the brows to below the chin, pixels.
fn around(portrait: &Portrait) -> [u32; 4] {
    let size = [portrait.photo.width(), portrait.photo.height()].map(f64::from);
    let (mut low, mut high) = ([f64::MAX; 2], [f64::MIN; 2]);
    for place in &portrait.face.landmarks {
        for k in 0..2 {
            low[k] = low[k].min(f64::from(place[k]));
            high[k] = high[k].max(f64::from(place[k]));
        }
    }
    let height = high[1] - low[1];
    low[1] += 0.2 * height;
    high[1] += 0.15 * height;
    let [left, top] = [0, 1].map(|k| low[k].clamp(0.0, size[k] - 1.0).floor());
    let [right, bottom] = [0, 1].map(|k| high[k].clamp(1.0, size[k]).ceil());
    [left, top, (right - left).max(1.0), (bottom - top).max(1.0)].map(|v| v as u32)
}
