//! Frames of a clip, for the examples.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use image::RgbaImage;

/// All frames of a clip, decoded by ffmpeg.
pub fn frames(path: &Path) -> Result<Vec<RgbaImage>> {
    let run = |program: &str, arguments: &[&str]| -> Result<Vec<u8>> {
        let output = Command::new(program).args(arguments).output().with_context(|| format!("{program} is needed"))?;
        ensure!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(output.stdout)
    };
    let name = path.to_string_lossy();
    let show = ["-v", "error", "-select_streams", "v:0", "-show_entries", "stream=width,height", "-of", "csv=p=0"];
    let size = String::from_utf8(run("ffprobe", &[&show[..], &[&name]].concat())?)?;
    let (width, height) = size.trim().split_once(',').context("ffprobe gave no size")?;
    let (width, height): (u32, u32) = (width.parse()?, height.parse()?);
    let raw = run("ffmpeg", &["-v", "error", "-i", &name, "-f", "rawvideo", "-pix_fmt", "rgba", "-"])?;
    let bytes = (width * height * 4) as usize;
    Ok(raw.chunks_exact(bytes).filter_map(|frame| RgbaImage::from_raw(width, height, frame.to_vec())).collect())
}
