//! Whether the picture between moving lips flickers: how far each frame is from the mean of the frames before and
//! after.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use image::RgbaImage;
use ritratto::encoder::Tracker;
use ritratto::generator::{RenderOptions, SoftwareScene};
use ritratto::models::Models;
use ritratto::motion::TargetGeometry;
use ritratto::motion::builtin;
use ritratto::portrait::Portrait;
use ritratto::refiner::masks::{MASKS, masks};
use ritratto::refiner::{Part, PatchFrame, SoftwareRefiner, SoftwareRetouch};
use ritratto::transfer::{Reenactment, ReenactmentOptions};

use super::cross::PHOTOS;
use super::{Bench, picture, region, video};

/// Frames of the built-in motion that are measured.
const TALKING: usize = 150;
/// Frames of a clip that are measured.
const FRAMES: usize = 50;
/// Time between frames of a clip, seconds.
const STEP: f64 = 0.04;
/// How many photos are made to talk: the first ones that show no teeth.
const TALKERS: usize = 6;
/// Kinds of pictures of a frame: geometry alone, refined, and the driver's own.
const KINDS: usize = 3;

/// Drives each clip's first frame by the clip, and photos without teeth by the built-in talking. Prints the bend of the
/// pixels between the lips: how far each is from the mean of its values in the frames before and after.
pub async fn run(bench: &Bench, data: &Path, clips: &[PathBuf]) -> Result<()> {
    println!(
        "\n| opening of the lips | pixels | bends of 255: the clip's own; geometry -> refined | ratio | of their mean: own; geometry -> refined | ratio | dB |"
    );
    println!("|---|---|---|---|---|---|---|");
    let models = Models::from_folder(Path::new("models"))?;
    let refiner = SoftwareRefiner::new(&models)?;
    let mut all = Bends::default();
    for path in clips {
        let frames = video::frames(path)?;
        ensure!(!frames.is_empty(), "{} has no frame", path.display());
        let mut show = Show::open(bench, &refiner, frames[0].clone()).await?;
        let mut drive = Reenactment::new(&show.portrait, bench.decoder.clone(), ReenactmentOptions::default())?;
        let mut tracker = Tracker::default();
        for (index, frame) in frames.into_iter().take(FRAMES).enumerate() {
            let seen = tracker.track(&bench.encoder, &frame).await?.map(|seen| seen.motion());
            show.frame(&drive.drive(seen.as_ref(), index as f64 * STEP)?, Some(&frame))?;
        }
        show.bends.print(&path.file_stem().unwrap_or_default().to_string_lossy());
        all.merge(&show.bends);
    }
    all.print("all clips");
    let track = builtin::track("talking", &models)?;
    let (mut all, mut talkers) = (Bends::default(), 0);
    for name in PHOTOS {
        if talkers == TALKERS {
            break;
        }
        let mut show = Show::open(bench, &refiner, picture(&data.join("faces").join(name))?).await?;
        if show.portrait.mouth.teeth.is_some() {
            continue;
        }
        talkers += 1;
        let options = ReenactmentOptions { measured: false, smooth: false, ..Default::default() };
        let mut drive = Reenactment::new(&show.portrait, bench.decoder.clone(), options)?;
        drive.with_neutral(track.neutral().clone())?;
        for (index, frame) in track.frames().take(TALKING).enumerate() {
            show.frame(&drive.drive(frame.as_ref(), index as f64 / track.rate())?, None)?;
        }
        show.bends.print(name);
        all.merge(&show.bends);
    }
    all.print("all that talk");
    Ok(())
}

/// Sums over pixels that lie between the lips in three frames in a row.
#[derive(Default)]
struct Bends {
    pixels: f64,
    sums: [f64; KINDS],
    /// The bends of the opening's mean brightness, each frame weighted by its number of pixels.
    means: [f64; KINDS],
    /// Squared differences from the driver's own picture.
    errors: [f64; KINDS],
}

impl Bends {
    fn merge(&mut self, other: &Self) {
        self.pixels += other.pixels;
        self.sums.iter_mut().zip(other.sums).for_each(|(sum, more)| *sum += more);
        self.means.iter_mut().zip(other.means).for_each(|(sum, more)| *sum += more);
        self.errors.iter_mut().zip(other.errors).for_each(|(sum, more)| *sum += more);
    }

    fn print(&self, name: &str) {
        let bends = [self.sums, self.means].map(|sums| sums.map(|sum| sum / self.pixels.max(1.0)));
        let [pixels, means] = bends.map(|[geometry, refined, own]| {
            let over = if own > 0.0 { format!("{:.2}", refined / own) } else { "-".into() };
            format!("{own:.2}; {geometry:.2} -> {refined:.2} | {over}")
        });
        let [geometry, refined, _] = self.errors.map(|sum| region::psnr(sum / self.pixels.max(1.0) / 255f64.powi(2)));
        let likeness = if self.sums[KINDS - 1] > 0.0 { format!("{geometry:.1} -> {refined:.1}") } else { "-".into() };
        println!("| {name} | {:.0} | {pixels} | {means} | {likeness} |", self.pixels);
    }
}

/// The mouth's patch of a frame: which pixels lie in the opening, and the brightness in each kind of picture.
struct Seen {
    open: Vec<bool>,
    kinds: [Vec<f64>; KINDS],
}

/// A portrait and what was seen of its last two frames.
struct Show<'a> {
    refiner: &'a SoftwareRefiner,
    portrait: Portrait,
    scene: SoftwareScene,
    retouch: SoftwareRetouch,
    before: Vec<Seen>,
    bends: Bends,
}

impl<'a> Show<'a> {
    async fn open(bench: &Bench, refiner: &'a SoftwareRefiner, photo: RgbaImage) -> Result<Self> {
        let portrait = Portrait::prepare(photo, &bench.encoder, &bench.segmenter).await?;
        let (scene, retouch) = (SoftwareScene::new(&portrait)?, refiner.prepare(&portrait)?);
        Ok(Self { refiner, portrait, scene, retouch, before: Vec::new(), bends: Bends::default() })
    }

    fn frame(&mut self, target: &TargetGeometry, driver: Option<&RgbaImage>) -> Result<()> {
        let places = self.portrait.face.project(&target.shape, &target.pose);
        let frame = PatchFrame::of(Part::Mouth, &places)?;
        let open = masks(Part::Mouth, &frame, &places).chunks_exact(MASKS).map(|mask| mask[0] == u8::MAX).collect();
        let shown = frame.shrunk(self.scene.scale());
        self.scene.render(&self.portrait, target, RenderOptions::UNMARKED);
        let geometry = brightness(&shown, self.scene.output());
        self.scene.render(&self.portrait, target, RenderOptions::UNMARKED.to_refine());
        self.refiner.refine(&mut self.retouch, &self.portrait, target, &mut self.scene)?;
        let refined = brightness(&shown, self.scene.output());
        let own = driver.map(|driver| brightness(&frame, driver)).unwrap_or_default();
        self.before.push(Seen { open, kinds: [geometry, refined, own] });
        if let [first, middle, last] = self.before.as_slice() {
            let mut wholes = [0.0; KINDS];
            for k in (0..middle.open.len()).filter(|&k| first.open[k] && middle.open[k] && last.open[k]) {
                self.bends.pixels += 1.0;
                for (kind, sum) in self.bends.sums.iter_mut().enumerate() {
                    let [a, b, c] = [first, middle, last].map(|seen| seen.kinds[kind].get(k).copied().unwrap_or(0.0));
                    *sum += (b - (a + c) / 2.0).abs();
                    let own = middle.kinds[KINDS - 1].get(k).copied().unwrap_or(b);
                    self.bends.errors[kind] += (b - own).powi(2);
                    wholes[kind] += b - (a + c) / 2.0;
                }
            }
            self.bends.means.iter_mut().zip(wholes).for_each(|(sum, whole)| *sum += whole.abs());
            self.before.remove(0);
        }
        Ok(())
    }
}

fn brightness(frame: &PatchFrame, picture: &RgbaImage) -> Vec<f64> {
    frame.cut(picture).chunks_exact(3).map(|rgb| rgb.iter().map(|&v| f64::from(v)).sum::<f64>() / 3.0).collect()
}
