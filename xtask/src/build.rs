//! The browser build: Rust to wasm, bindings, optimiser, package.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow};
use wasm_bindgen_cli_support::Bindgen;

use crate::tools::{self, WASM, cargo};
use crate::{fused, package, paths};

/// File name of the module, without its ending.
pub const MODULE: &str = "ritratto_core";
/// File names of the module for every browser, and of the one for those with fused products and sums (relaxed SIMD).
pub const FILES: [&str; 2] = ["ritratto_core_bg.wasm", "ritratto_core_fused_bg.wasm"];

/// Features that every browser with WebGPU has, and relaxed SIMD. `--all-features` makes a file that browsers refuse.
const FEATURES: [&str; 8] = [
    "--enable-bulk-memory",
    "--enable-reference-types",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-multivalue",
    "--enable-simd",
    "--enable-relaxed-simd",
];

/// Builds the package into `pkg/` and beside the page, and prints the sizes.
///
/// # Errors
/// When a tool is missing or a step fails.
pub fn run(fast: bool) -> Result<()> {
    tools::wasm_target()?;
    tools::npm_packages()?;
    let module = compile(fast, &[])?;
    let package = paths::package();
    if is_new(&module, &package, fast)? {
        bind(&module, &package, fast)?;
        let [plain, with_fused] = FILES.map(|file| package.join(file));
        std::thread::scope(|scope| {
            let other = scope.spawn(|| package::compress(&plain, fast));
            package::compress(&with_fused, fast)?;
            other.join().map_err(|_| anyhow!("packing the module stopped"))?
        })?;
        remember(&module, &package, fast)?;
    }
    package::assemble()
}

/// Builds the module with the calls that time it, and its bindings, into `folder`.
///
/// # Errors
/// When a tool is missing or a step fails.
pub fn with_timing(folder: &Path, fast: bool) -> Result<()> {
    let module = compile(fast, &["--features", "bench"])?;
    if is_new(&module, folder, fast)? {
        bind(&module, folder, fast)?;
        remember(&module, folder, fast)?;
    }
    Ok(())
}

fn compile(fast: bool, more: &[&str]) -> Result<PathBuf> {
    let mut command = cargo();
    command.args([
        "rustc",
        "--package",
        "ritratto",
        "--lib",
        "--profile",
        "web",
        "--target",
        WASM,
        "--crate-type",
        "cdylib",
    ]);
    command.args(more);
    if fast {
        command.envs([("CARGO_PROFILE_WEB_LTO", "off"), ("CARGO_PROFILE_WEB_CODEGEN_UNITS", "16")]);
    }
    println!("building the module (a first build takes several minutes)");
    tools::run(&mut command)?;
    Ok(paths::target().join(WASM).join("web/ritratto.wasm"))
}

/// Makes the JavaScript bindings and both modules.
fn bind(module: &Path, folder: &Path, fast: bool) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    Bindgen::new()
        .input_path(module)
        .web(true)?
        .typescript(true)
        .out_name(MODULE)
        .remove_producers_section(true)
        .generate(folder)
        .context("making the module's JavaScript bindings")?;
    let [plain, with_fused] = FILES.map(|file| folder.join(file));
    if !fast {
        optimise(&plain)?;
    }
    std::fs::rename(&plain, &with_fused)?;
    std::fs::write(plain, fused::parted(&std::fs::read(with_fused)?)?)?;
    Ok(())
}

fn optimise(file: &Path) -> Result<()> {
    println!("optimising the module");
    tools::run(
        Command::new("node")
            .arg(paths::root().join("node_modules/binaryen/bin/wasm-opt"))
            // The first addresses are the far end of the stack: constants may be added by loads and stores themselves.
            .args(["-Oz", "--low-memory-unused", "--strip-debug", "--strip-producers"])
            .args(FEATURES)
            .arg(file)
            .arg("-o")
            .arg(file),
    )
}

/// What the last run made a folder's module from.
fn stamp(folder: &Path) -> PathBuf {
    folder.join(".built-from")
}

fn mark(module: &Path, fast: bool) -> Result<String> {
    let bytes = std::fs::read(module).with_context(|| module.display().to_string())?;
    Ok(format!("{} {}", package::sha256(&bytes), if fast { "fast" } else { "small" }))
}

fn is_new(module: &Path, folder: &Path, fast: bool) -> Result<bool> {
    Ok(std::fs::read_to_string(stamp(folder)).ok() != Some(mark(module, fast)?))
}

fn remember(module: &Path, folder: &Path, fast: bool) -> Result<()> {
    Ok(std::fs::write(stamp(folder), mark(module, fast)?)?)
}
