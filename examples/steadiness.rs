//! Prints how still a still face is held and how far smoothing lags on moving ones:
//! `cargo run --release --example steadiness -- photo.jpg clip.mp4 ...`
//!
//! - **Still**: each photo is shown 210 times with fresh sensor noise and tracked. After a settling time of 10 frames, the largest distance of any projected
//!   landmark from its place in the first frame after it, over 200 frames.
//! - **Lag**: the mean distance of the projected smoothed landmarks from the unsmoothed ones, for
//!   each clip as it is and at three times its speed. Clips are decoded by `ffmpeg`.
//!
//! Everything in parts of the distance of the outer eye corners. `--gpu` runs the nets there.

#[path = "support/noisy.rs"]
mod noisy;

use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};
use image::RgbaImage;
use nalgebra::Vector2;
use noisy::Noisy;
use ritratto::encoder::{Encoder, Observation, Tracker};
use ritratto::geometry::{Camera, LANDMARKS};
use ritratto::gpu::Gpu;
use ritratto::models::Models;
use ritratto::motion::FaceMotion;
use ritratto::motion::smoothing::MotionFilter;

const SETTLING: usize = 10;
const STILL_FRAMES: usize = 200;
const RATE: f64 = 25.0;
/// Landmarks in the middles of the lids.
const LIDS: [usize; 4] = [159, 145, 386, 374];
/// Landmarks in the middles of the lips, outer and inner, and in the corners of the mouth.
const LIPS: [usize; 6] = [0, 13, 14, 17, 61, 291];

fn main() -> anyhow::Result<()> {
    let (flags, files): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|word| word == "--gpu");
    ensure!(!files.is_empty(), "give photos and clips as arguments");
    let gpu = if flags.is_empty() { None } else { Some(pollster::block_on(Gpu::open())?) };
    let models = Models::from_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("models"))?;
    let encoder = Encoder::new(&models, gpu.as_ref())?;
    println!("{:<26} {:>6} {:>9} {:>9} {:>9} {:>9}   limit", "", "frames", "unsmooth.", "smoothed", "lids", "lips");
    let mut passed = true;
    for file in &files {
        let path = Path::new(file);
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        if let Ok(photo) = image::open(path) {
            let frames = Noisy::new(photo.into_rgba8()).take(SETTLING + STILL_FRAMES);
            let seen = track(&encoder, frames)?;
            let [raw, smooth] = largest_moves(&seen);
            println!("still {name:<20} {:>6} {raw:>9.4} {smooth:>9.4} {:>19}   .0030", STILL_FRAMES, "");
            passed &= smooth <= 0.003;
        } else {
            let frames = decode(path)?;
            for step in [1, 3] {
                let seen = track(&encoder, frames.iter().step_by(step).cloned())?;
                let lag = lags(&seen);
                println!(
                    "lag {name:<18} x{step}  {:>6} {:>9} {:>9.4} {:>9.4} {:>9.4}   .0100",
                    seen.len(),
                    "",
                    lag[0],
                    lag[1],
                    lag[2]
                );
                passed &= lag[0] <= 0.01;
            }
        }
    }
    ensure!(passed, "a figure is over its limit");
    Ok(())
}

/// One frame's landmarks in the picture, before and after smoothing, in eye distances.
struct Seen {
    raw: Vec<Vector2<f64>>,
    smooth: Vec<Vector2<f64>>,
}

fn track(encoder: &Encoder, frames: impl Iterator<Item = RgbaImage>) -> anyhow::Result<Vec<Seen>> {
    let (mut tracker, mut filter) = (Tracker::default(), MotionFilter::default());
    let mut seen = Vec::new();
    let mut eyes = None;
    for (index, frame) in frames.enumerate() {
        let Some(face) = pollster::block_on(tracker.track(encoder, &frame))? else { continue };
        let motion = face.motion();
        let smoothed = filter.apply(&motion, index as f64 / RATE);
        let unit = *eyes.get_or_insert_with(|| face.geometry().eye_distance());
        seen.push(Seen { raw: places(&face, &motion, unit), smooth: places(&face, &smoothed, unit) });
    }
    ensure!(seen.len() > SETTLING, "a face in {} frames only", seen.len());
    Ok(seen)
}

fn places(face: &Observation, motion: &FaceMotion, unit: f64) -> Vec<Vector2<f64>> {
    let camera = Camera::new(face.size.0, face.size.1);
    motion.shape.iter().map(|point| camera.project(&motion.pose.apply(point)) / unit).collect()
}

/// Largest distance of a landmark from its place in the first frame after the settling time.
fn largest_moves(seen: &[Seen]) -> [f64; 2] {
    let largest = |places: fn(&Seen) -> &Vec<Vector2<f64>>| {
        let first = places(&seen[SETTLING]);
        let moves =
            seen[SETTLING..].iter().flat_map(|frame| places(frame).iter().zip(first).map(|(a, b)| (a - b).norm()));
        moves.fold(0.0, f64::max)
    };
    [largest(|frame| &frame.raw), largest(|frame| &frame.smooth)]
}

/// Mean lag of all landmarks, of the lids and of the lips.
fn lags(seen: &[Seen]) -> [f64; 3] {
    let all: Vec<usize> = (0..LANDMARKS).collect();
    [&all[..], &LIDS, &LIPS].map(|indices| {
        let lags = seen.iter().flat_map(|frame| indices.iter().map(|&i| (frame.raw[i] - frame.smooth[i]).norm()));
        lags.sum::<f64>() / (seen.len() * indices.len()) as f64
    })
}

/// The frames of a clip, through `ffmpeg`.
fn decode(clip: &Path) -> anyhow::Result<Vec<RgbaImage>> {
    let folder = tempfile::tempdir()?;
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(clip)
        .arg(folder.path().join("%06d.png"))
        .status()
        .context("ffmpeg is needed to decode clips")?;
    ensure!(status.success(), "{} cannot be decoded", clip.display());
    let mut paths =
        std::fs::read_dir(folder.path())?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    paths.iter().map(|path| Ok(image::open(path)?.into_rgba8())).collect()
}
