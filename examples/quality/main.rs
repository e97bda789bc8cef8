//! Self-reenactment quality: the first frame of a clip is the photo, the clip is the driver.
//!
//! Prints one row a clip and one over all, each figure for "first frame" (standing
//! still) and for Ritratto. Run by `cargo xtask quality`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a developer's tool: it may stop with a backtrace")]

#[path = "../support/calm.rs"]
mod calm;
mod cross;
mod faces;
mod flicker;
mod gains;
mod metrics;
#[path = "../support/noisy.rs"]
mod noisy;
mod opening;
#[path = "../support/region.rs"]
mod region;
mod scores;
mod series;
mod stage;
mod sweep;
#[path = "../support/video.rs"]
mod video;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use burn::tensor::Device;
use clap::Parser;
use image::RgbaImage;
use ritratto::encoder::{Encoder, Observation, Region, Tracker};
use ritratto::generator::{Generator, RenderOptions};
use ritratto::geometry::topology::{EYES, LIPS, OVAL};
use ritratto::geometry::{FaceGeometry, VERTICES, face::eye_distance};
use ritratto::gpu::Gpu;
use ritratto::models::Models;
use ritratto::photo;
use ritratto::portrait::{Portrait, Segmenter};
use ritratto::refiner::Refiner;
use ritratto::transfer::{ExpressionDecoder, Reenactment, ReenactmentOptions};

/// Measures self-reenactment on clips.
#[derive(Parser)]
struct Arguments {
    /// Folder of the data set (with index.tsv and clips/).
    #[arg(long, default_value = "../shared/data")]
    data: PathBuf,
    /// How many clips, taken evenly with every speaker at least once; 0 = all.
    #[arg(long, default_value_t = 8)]
    clips: usize,
    /// Use every n-th frame of a clip for the figures (all are tracked). Usually 3, of `--cross` 12.
    #[arg(long)]
    step: Option<usize>,
    /// Write photo, driver and result of a few frames to this folder.
    #[arg(long)]
    sheets: Option<PathBuf>,
    /// Drive with the unsmoothed track.
    #[arg(long)]
    raw: bool,
    /// Between people: held-out photos driven by others, instead of self-reenactment.
    #[arg(long)]
    cross: bool,
    /// Print how much of a wanted change of expression a render shows, instead.
    #[arg(long)]
    gains: bool,
    /// Geometry alone in `--cross` and `--gains`, without the refiner.
    #[arg(long)]
    plain: bool,
    /// Write twelve held-out faces in eight expressions, without the refiner and with it, to this folder, instead.
    #[arg(long)]
    faces: Option<PathBuf>,
    /// Print how much still pixels change from frame to frame, without the refiner and with it, instead.
    #[arg(long)]
    flicker: bool,
    /// How many photos of `--cross`; 0 = all.
    #[arg(long, default_value_t = 0)]
    photos: usize,
}

/// Sums of one clip: mean squared errors and distances, for standing still and for Ritratto.
#[derive(Default, Clone)]
struct Scores {
    frames: f64,
    sums: [[f64; FIGURES]; 2],
}

/// In self-reenactment one in this many frames counts, unless `--step` says otherwise.
const STEP: usize = 3;
/// Between people (`--cross`) one in this many frames counts, unless `--step` says otherwise.
const CROSS_STEP: usize = 12;
const FIGURES: usize = 7;
const HEADER: [&str; FIGURES] = ["face dB", "face SSIM", "mouth dB", "eyes dB", "landmark", "iris", "blendshape"];

impl Scores {
    fn add(&mut self, kind: usize, values: [f64; FIGURES]) {
        for (sum, value) in self.sums[kind].iter_mut().zip(values) {
            *sum += value;
        }
    }

    fn merge(&mut self, other: &Self) {
        self.frames += other.frames;
        for kind in 0..2 {
            self.add(kind, other.sums[kind]);
        }
    }

    fn print(&self, name: &str) {
        print!("| {name} | {:.0} |", self.frames);
        for figure in 0..FIGURES {
            let [still, ours] = [0, 1].map(|kind| self.sums[kind][figure] / self.frames.max(1.0));
            match figure {
                0 | 2 | 3 => print!(" {still:.1} -> {ours:.1} ({:+.1}) |", ours - still),
                _ => print!(" {still:.3} -> {ours:.3} |"),
            }
        }
        println!();
    }
}

/// Nets, renderer and what they run on.
struct Bench {
    gpu: Gpu,
    encoder: Encoder,
    segmenter: Segmenter,
    generator: Generator,
    decoder: Arc<ExpressionDecoder>,
    refiner: Option<Refiner>,
}

impl Bench {
    async fn open(refine: bool) -> Result<Self> {
        let models = Models::from_folder(Path::new("models"))?;
        let device = Device::flex();
        let gpu = Gpu::open().await?;
        let generator = Generator::new(&gpu)?;
        let encoder = Encoder::new(&models, None)?;
        let segmenter = Segmenter::new(&models, &device)?;
        let decoder = Arc::new(ExpressionDecoder::new(&models)?);
        let refiner = if refine { Some(Refiner::new(&gpu, &models, false)?) } else { None };
        Ok(Self { gpu, encoder, segmenter, generator, decoder, refiner })
    }

    async fn clip(&self, path: &Path, arguments: &Arguments) -> Result<Scores> {
        let frames = video::frames(path)?;
        let step = arguments.step.unwrap_or(STEP);
        let mut tracker = Tracker::default();
        let mut portrait: Option<(Portrait, ritratto::generator::Scene, Reenactment, Observation)> = None;
        let mut scores = Scores::default();
        for (index, frame) in frames.into_iter().enumerate() {
            let seen = tracker.track(&self.encoder, &frame).await?;
            if portrait.is_none() {
                let prepared = Portrait::prepare(frame.clone(), &self.encoder, &self.segmenter).await?;
                let scene = self.generator.load(&prepared)?;
                let options = ReenactmentOptions { smooth: !arguments.raw, ..Default::default() };
                let drive = Reenactment::new(&prepared, self.decoder.clone(), options)?;
                portrait = Some((prepared, scene, drive, seen.clone().context("no face in the first frame")?));
            }
            let (Some((photo, scene, drive, first)), Some(seen)) = (portrait.as_mut(), seen) else { continue };
            let target = drive.drive(Some(&seen.motion()), index as f64 / 25.0)?;
            if index == 0 || index % step != 0 {
                continue;
            }
            self.generator.render(scene, photo, &target, RenderOptions::UNMARKED);
            let output = self.gpu.read(scene.output()).await?;
            let Some(again) = self.encode(&output, &seen).await? else { continue };
            scores.frames += 1.0;
            scores.add(0, compare(&photo.photo, first, &frame, &seen));
            scores.add(1, compare(&output, &again, &frame, &seen));
            if let Some(folder) = &arguments.sheets
                && index % (step * 8) == 0
            {
                let name = format!("{}_{index:03}.png", path.file_stem().unwrap_or_default().to_string_lossy());
                sheet(&[&photo.photo, &frame, &output]).save(folder.join(name))?;
            }
        }
        Ok(scores)
    }

    /// What the encoder sees in a render, cropped where the driver's own face is, so that both are read alike.
    async fn encode(&self, picture: &RgbaImage, driver: &Observation) -> Result<Option<Observation>> {
        self.observe(picture, &driver.geometry()).await
    }

    /// What the encoder sees in a picture that shows a face where `face` is.
    async fn observe(&self, picture: &RgbaImage, face: &FaceGeometry) -> Result<Option<Observation>> {
        let Some(region) = Region::from_landmarks(&face.landmarks) else { return Ok(None) };
        let seen = self.encoder.observe(picture, region).await?;
        Ok((seen.presence > 0.5).then_some(seen))
    }
}

fn compare(picture: &RgbaImage, seen: &Observation, truth: &RgbaImage, driver: &Observation) -> [f64; FIGURES] {
    let size = truth.dimensions();
    let face = region::polygon(size, &driver.landmarks, &OVAL);
    let mouth = metrics::bounds(size, &driver.landmarks, &LIPS, 0.1);
    let [right, left] = EYES.each_ref().map(|eye| metrics::bounds(size, &driver.landmarks, &eye.lids, 0.2));
    let eyes = metrics::either(&right, &left);
    let iod = eye_distance(&driver.landmarks).max(1.0);
    let distance = |range: std::ops::Range<usize>| {
        let count = range.len() as f64;
        range
            .map(|i| {
                let (a, b) = (seen.landmarks[i], driver.landmarks[i]);
                f64::from(a[0] - b[0]).hypot(f64::from(a[1] - b[1])) / iod
            })
            .sum::<f64>()
            / count
    };
    let coefficients =
        seen.coefficients.iter().zip(&driver.coefficients).skip(1).map(|(a, b)| f64::from((a - b).abs())).sum::<f64>()
            / 51.0;
    [
        region::psnr(metrics::squared_error(picture, truth, &face)),
        metrics::ssim(picture, truth, &face),
        region::psnr(metrics::squared_error(picture, truth, &mouth)),
        region::psnr(metrics::squared_error(picture, truth, &eyes)),
        distance(0..VERTICES),
        distance(VERTICES..driver.landmarks.len()),
        coefficients,
    ]
}

/// A picture file.
fn picture(path: &Path) -> Result<RgbaImage> {
    let bytes = std::fs::read(path).with_context(|| format!("{} is needed", path.display()))?;
    Ok(photo::decode(&bytes, u32::MAX)?)
}

/// Pictures side by side.
fn sheet(pictures: &[&RgbaImage]) -> RgbaImage {
    let width = pictures.iter().map(|p| p.width()).sum();
    let height = pictures.iter().map(|p| p.height()).max().unwrap_or(1);
    let mut out = RgbaImage::new(width, height);
    let mut x = 0;
    for picture in pictures {
        image::imageops::replace(&mut out, *picture, i64::from(x), 0);
        x += picture.width();
    }
    out
}

/// The clips to use: every speaker's first, then evenly spread.
fn choose(data: &Path, count: usize) -> Result<Vec<PathBuf>> {
    let mut clips: Vec<PathBuf> = std::fs::read_dir(data.join("clips"))
        .with_context(|| format!("{} has no clips", data.display()))?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<std::io::Result<_>>()?;
    clips.sort();
    ensure!(!clips.is_empty(), "there is no clip in {}", data.display());
    if count == 0 || count >= clips.len() {
        return Ok(clips);
    }
    let speaker = |path: &Path| -> String {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.split('_').next().unwrap_or_default().to_owned()
    };
    let mut chosen: Vec<PathBuf> = Vec::new();
    for clip in &clips {
        if !chosen.iter().any(|other| speaker(other) == speaker(clip)) {
            chosen.push(clip.clone());
        }
    }
    chosen.truncate(count);
    let rest: Vec<_> = clips.iter().filter(|clip| !chosen.contains(clip)).cloned().collect();
    let missing = count - chosen.len();
    chosen.extend((0..missing).map(|k| rest[k * rest.len() / missing.max(1)].clone()));
    Ok(chosen)
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    pollster::block_on(async {
        let stages = arguments.cross || arguments.gains;
        let refine = arguments.flicker || arguments.faces.is_some() || stages && !arguments.plain;
        let bench = Bench::open(refine).await?;
        if let Some(folder) = &arguments.sheets {
            std::fs::create_dir_all(folder)?;
        }
        if let Some(folder) = &arguments.faces {
            std::fs::create_dir_all(folder)?;
            return faces::run(&bench, &arguments.data, folder).await;
        }
        if arguments.flicker {
            let clips = choose(&arguments.data, arguments.clips)?;
            flicker::run(&bench, &clips).await?;
            return opening::run(&bench, &arguments.data, &clips).await;
        }
        if arguments.gains {
            return gains::run(&bench, &arguments.data).await;
        }
        if arguments.cross {
            let sheets = arguments.sheets.as_deref();
            return cross::run(&bench, &arguments.data, arguments.photos, arguments.step.unwrap_or(CROSS_STEP), sheets)
                .await;
        }
        println!("Self-reenactment, first frame = photo, \"standing still\" -> Ritratto, on {}", bench.gpu.describe());
        println!("| clip | frames | {} |", HEADER.join(" | "));
        println!("|---|---|{}", "---|".repeat(FIGURES));
        let mut all = Scores::default();
        for path in choose(&arguments.data, arguments.clips)? {
            let scores = bench.clip(&path, &arguments).await?;
            scores.print(&path.file_stem().unwrap_or_default().to_string_lossy());
            all.merge(&scores);
        }
        all.print("all");
        Ok(())
    })
}
