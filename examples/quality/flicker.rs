//! Whether the refiner flickers: how much still pixels change from frame to frame, without it and with it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use image::{Rgba, RgbaImage};
use ritratto::encoder::Tracker;
use ritratto::generator::{RenderOptions, Scene};
use ritratto::portrait::Portrait;
use ritratto::refiner::Retouch;
use ritratto::transfer::{Reenactment, ReenactmentOptions};

use super::noisy::Noisy;
use super::{Bench, video};

/// Largest change of a still pixel from one frame to the next, of 255, when geometry alone draws it.
const STILL: u8 = 4;
/// Time between frames, seconds.
const STEP: f64 = 0.04;
/// Frames of a clip that are measured.
const FRAMES: usize = 50;
/// Frames of a held face that are not measured, because its track settles.
const SETTLING: usize = 10;
/// Frames of a held face that are measured after that.
const HELD: usize = 20;
/// Frames of a clip from which the liveliest is chosen to be held.
const LIVELY: usize = 5;

/// The number of still pixels that the refiner touches, and the sums of their changes in geometry's frames, in refined
/// frames and in the driver's own.
type Sums = [f64; 4];

/// Drives each clip's first frame by the clip, and by its liveliest frame, repeated with sensor noise. Prints the mean
/// change of still pixels that the refiner touches.
pub async fn run(bench: &Bench, clips: &[PathBuf]) -> Result<()> {
    println!(
        "| clip | still pixels a frame | change of 255: the clip's own; geometry -> refined | ratio | held: pixels; geometry -> refined | ratio |"
    );
    println!("|---|---|---|---|---|---|");
    let mut all = [[0.0; 4]; 2];
    for path in clips {
        let frames = video::frames(path)?;
        ensure!(!frames.is_empty(), "{} has no frame", path.display());
        let mut show = Show::open(bench, &frames[0]).await?;
        let moving = show.changes(frames.iter().take(FRAMES).cloned(), 0).await?;
        let lively = show.liveliest(&frames).await?;
        let held = show.changes(Noisy::new(lively).take(SETTLING + HELD), SETTLING).await?;
        print(path, [moving, held]);
        all.iter_mut().flatten().zip([moving, held].into_iter().flatten()).for_each(|(all, sum)| *all += sum);
    }
    print(Path::new("all"), all.map(|sums| sums.map(|sum| sum / clips.len().max(1) as f64)));
    Ok(())
}

/// A portrait on the renderer, with the refiner.
struct Show<'a> {
    bench: &'a Bench,
    portrait: Portrait,
    scene: Scene,
    retouch: Retouch,
}

impl<'a> Show<'a> {
    async fn open(bench: &'a Bench, photo: &RgbaImage) -> Result<Self> {
        let portrait = Portrait::prepare(photo.clone(), &bench.encoder, &bench.segmenter).await?;
        let scene = bench.generator.load(&portrait)?;
        let retouch = bench.refiner.as_ref().context("the refiner is needed")?.prepare(&portrait, &scene)?;
        Ok(Self { bench, portrait, scene, retouch })
    }

    /// Of a few frames, the one whose face differs most from the photo's.
    async fn liveliest(&self, frames: &[RgbaImage]) -> Result<RgbaImage> {
        let mut best = (-1.0, frames[0].clone());
        for frame in frames.iter().step_by(frames.len().div_ceil(LIVELY)) {
            let Some(seen) = Tracker::default().track(&self.bench.encoder, frame).await? else { continue };
            let pairs = seen.motion().coefficients.into_iter().zip(self.portrait.coefficients);
            let change: f32 = pairs.map(|(a, b)| (a - b).abs()).sum();
            if change > best.0 {
                best = (change, frame.clone());
            }
        }
        Ok(best.1)
    }

    /// The sums for a frame, on average over all frames after the first `settling` ones.
    async fn changes(&mut self, frames: impl Iterator<Item = RgbaImage>, settling: usize) -> Result<Sums> {
        let bench = self.bench;
        let refiner = bench.refiner.as_ref().context("the refiner is needed")?;
        let mut drive = Reenactment::new(&self.portrait, bench.decoder.clone(), ReenactmentOptions::default())?;
        let mut tracker = Tracker::default();
        let mut before: Option<[RgbaImage; 3]> = None;
        let (mut sums, mut count) = ([0.0; 4], 0.0);
        for (index, frame) in frames.enumerate() {
            let seen = tracker.track(&bench.encoder, &frame).await?.map(|seen| seen.motion());
            let target = drive.drive(seen.as_ref(), index as f64 * STEP)?;
            if index < settling {
                continue;
            }
            bench.generator.render(&mut self.scene, &self.portrait, &target, RenderOptions::UNMARKED);
            let plain = bench.gpu.read(self.scene.output()).await?;
            bench.generator.render(&mut self.scene, &self.portrait, &target, RenderOptions::UNMARKED.to_refine());
            refiner.refine(&mut self.retouch, &self.portrait, &target).await?;
            let now = [plain, bench.gpu.read(self.scene.output()).await?, frame];
            if let Some(old) = &before {
                count += 1.0;
                sums.iter_mut().zip(compared(old, &now)).for_each(|(sum, value)| *sum += value);
            }
            before = Some(now);
        }
        Ok(sums.map(|sum| sum / f64::max(count, 1.0)))
    }
}

/// The sums for two frames that follow each other. Each comes without the refiner, with it, and as the driver's own.
fn compared(old: &[RgbaImage; 3], now: &[RgbaImage; 3]) -> Sums {
    let change = |a: &Rgba<u8>, b: &Rgba<u8>| (0..3).map(|c| a.0[c].abs_diff(b.0[c])).max().unwrap_or_default();
    let mut sums = [0.0; 4];
    for (x, y, plain) in now[0].enumerate_pixels() {
        let at = |pictures: &[RgbaImage; 3], k: usize| *pictures[k].get_pixel(x, y);
        let still = change(plain, &at(old, 0));
        // Pixels that the refiner changes in neither frame are left out: they cannot differ.
        if still <= STILL && (*plain != at(now, 1) || at(old, 0) != at(old, 1)) {
            let values = [1, still, change(&at(now, 1), &at(old, 1)), change(&at(now, 2), &at(old, 2))];
            sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += f64::from(value));
        }
    }
    sums
}

fn print(path: &Path, [moving, held]: [Sums; 2]) {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let means = |[count, rest @ ..]: Sums| (count, rest.map(|sum| sum / count.max(1.0)));
    let ((moved, [a, b, own]), (stood, [c, d, _])) = (means(moving), means(held));
    let ratio = |a: f64, b: f64| b / a.max(1e-9);
    println!(
        "| {name} | {moved:.0} | {own:.2}; {a:.2} -> {b:.2} | {:.2} | {stood:.0}; {c:.3} -> {d:.3} | {:.2} |",
        ratio(a, b),
        ratio(c, d)
    );
}
