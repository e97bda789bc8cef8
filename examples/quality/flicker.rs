//! Whether the refiner flickers: how much still pixels change from frame to frame, without it and with it.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use image::RgbaImage;
use ritratto::encoder::Tracker;
use ritratto::generator::RenderOptions;
use ritratto::portrait::Portrait;
use ritratto::transfer::{Reenactment, ReenactmentOptions};

use super::{Bench, video};

/// A pixel is still where geometry alone changes it by no more than this from one frame to the next, of 255.
const STILL: u8 = 4;
/// Seconds between frames, and how many of a clip are looked at.
const STEP: f64 = 0.04;
const FRAMES: usize = 50;

/// Drives each clip's first frame by the clip and prints the mean change of still pixels that the refiner touches.
pub async fn run(bench: &Bench, clips: &[std::path::PathBuf]) -> Result<()> {
    println!("| clip | still pixels a frame | change of 255, geometry -> refined | ratio |\n|---|---|---|---|");
    let mut all = [0.0; 3];
    for path in clips {
        let sums = clip(bench, path).await?;
        print(&path.file_stem().unwrap_or_default().to_string_lossy(), sums);
        all.iter_mut().zip(sums).for_each(|(all, sum)| *all += sum);
    }
    print("all", all.map(|sum| sum / clips.len().max(1) as f64));
    Ok(())
}

/// Still pixels of a frame, and the sums of their changes without and with the refiner; a frame's mean.
async fn clip(bench: &Bench, path: &Path) -> Result<[f64; 3]> {
    let refiner = bench.refiner.as_ref().context("the refiner is needed")?;
    let frames = video::frames(path)?;
    ensure!(!frames.is_empty(), "{} has no frame", path.display());
    let portrait = Portrait::prepare(frames[0].clone(), &bench.encoder, &bench.segmenter).await?;
    let mut scene = bench.generator.load(&portrait)?;
    let retouch = refiner.prepare(&portrait, &scene)?;
    let mut drive = Reenactment::new(&portrait, bench.decoder.clone(), ReenactmentOptions::default())?;
    let mut tracker = Tracker::default();
    let mut before: Option<[RgbaImage; 2]> = None;
    let (mut sums, mut count) = ([0.0; 3], 0.0);
    for (index, frame) in frames.iter().take(FRAMES).enumerate() {
        let seen = tracker.track(&bench.encoder, frame).await?.map(|seen| seen.motion());
        let target = drive.drive(seen.as_ref(), index as f64 * STEP)?;
        bench.generator.render(&mut scene, &portrait, &target, RenderOptions { mark: false });
        let plain = bench.gpu.read(scene.output()).await?;
        refiner.refine(&retouch, &portrait, &target).await?;
        let refined = bench.gpu.read(scene.output()).await?;
        if let Some([old_plain, old_refined]) = &before {
            count += 1.0;
            let pixels = plain.pixels().zip(old_plain.pixels()).zip(refined.pixels().zip(old_refined.pixels()));
            for ((a, old_a), (b, old_b)) in pixels {
                let change = |a: &image::Rgba<u8>, b: &image::Rgba<u8>| (0..3).map(|c| a.0[c].abs_diff(b.0[c])).max();
                let plain = change(a, old_a).unwrap_or_default();
                // Where neither frame is touched nothing can differ.
                if plain <= STILL && (a != b || old_a != old_b) {
                    let refined = change(b, old_b).unwrap_or_default();
                    let values = [1.0, f64::from(plain), f64::from(refined)];
                    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
                }
            }
        }
        before = Some([plain, refined]);
    }
    Ok(sums.map(|sum| sum / f64::max(count, 1.0)))
}

fn print(name: &str, [count, plain, refined]: [f64; 3]) {
    let [a, b] = [plain, refined].map(|sum| sum / count.max(1.0));
    println!("| {name} | {count:.0} | {a:.3} -> {b:.3} | {:.3} |", b / a.max(1e-9));
}
