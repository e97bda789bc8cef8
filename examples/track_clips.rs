//! Writes what faces do in clips, for `train/expression_decoder.py`:
//! `cargo run --release --example track_clips -- OUT.safetensors clip.mp4 ...`
//!
//! For each clip `NAME.mp4`, one row a frame with a face: `NAME.shape` (478, 3; canonical frame,
//! centimetres), `NAME.rotation` (3, 3) and `NAME.translation` (3; canonical -> camera),
//! `NAME.coefficients` (52). Unsmoothed. Clips are decoded by `ffmpeg`.

#[path = "support/video.rs"]
mod video;

use std::path::Path;

use anyhow::{Context, Result, ensure};
use ritratto::encoder::{Encoder, Tracker};
use ritratto::models::Models;
use ritratto::motion::FaceMotion;
use safetensors::tensor::{Dtype, TensorView};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (out, clips) = arguments.split_first().context("give a file to write and clips")?;
    ensure!(!clips.is_empty(), "give clips after the file to write");
    let models = Models::from_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("models"))?;
    let encoder = Encoder::new(&models, None)?;
    let mut columns: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
    for clip in clips {
        let path = Path::new(clip);
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let mut tracker = Tracker::default();
        let mut motions = Vec::new();
        for frame in video::frames(path)? {
            motions.extend(pollster::block_on(tracker.track(&encoder, &frame))?.map(|seen| seen.motion()));
        }
        println!("{name}: {} frames", motions.len());
        let mut column = |what: &str, size: &[usize], values: &dyn Fn(&FaceMotion) -> Vec<f64>| {
            let bytes = motions.iter().flat_map(values).flat_map(|v| (v as f32).to_le_bytes()).collect();
            columns.push((format!("{name}.{what}"), [&[motions.len()], size].concat(), bytes));
        };
        column("shape", &[478, 3], &|m| m.shape.iter().flat_map(|p| [p.x, p.y, p.z]).collect());
        column("rotation", &[3, 3], &|m| m.pose.rotation.matrix().transpose().iter().copied().collect());
        column("translation", &[3], &|m| m.pose.translation.iter().copied().collect());
        column("coefficients", &[52], &|m| m.coefficients.iter().map(|&c| f64::from(c)).collect());
    }
    let views: Vec<(&str, TensorView)> = columns
        .iter()
        .map(|(name, size, bytes)| Ok((name.as_str(), TensorView::new(Dtype::F32, size.clone(), bytes)?)))
        .collect::<Result<_>>()?;
    safetensors::serialize_to_file(views, None, Path::new(out))?;
    Ok(())
}
