//! The commands that tasks run, and what building needs from outside: installed where that is possible, else named in one line.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::paths;

/// The target of the browser build.
pub const WASM: &str = "wasm32-unknown-unknown";

/// A `cargo` command in the repository's root.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(paths::root());
    command
}

/// Runs a command to its end.
///
/// # Errors
/// When it cannot be started or fails.
pub fn run(command: &mut Command) -> Result<()> {
    let name = format!("{:?}", command.get_program());
    let status = command.status().with_context(|| format!("{name} cannot be started"))?;
    ensure!(status.success(), "{command:?} failed ({status})");
    Ok(())
}

/// Makes sure that the standard library for the browser is there.
///
/// # Errors
/// When it is missing and rustup cannot add it.
pub fn wasm_target() -> Result<()> {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output().context("rustc is needed")?;
    let library = Path::new(String::from_utf8_lossy(&sysroot.stdout).trim()).join("lib/rustlib").join(WASM);
    if library.is_dir() {
        return Ok(());
    }
    run(Command::new("rustup").args(["target", "add", WASM]))
        .with_context(|| format!("the target {WASM} is needed: `rustup target add {WASM}`"))
}

/// Makes sure that the npm packages of package-lock.json are there.
///
/// # Errors
/// When Node.js is missing or npm fails.
pub fn npm_packages() -> Result<()> {
    let lock = paths::root().join("package-lock.json");
    let installed = paths::root().join("node_modules/.package-lock.json");
    let newer = |a: &Path, b: &Path| -> Option<bool> {
        Some(std::fs::metadata(a).ok()?.modified().ok()? >= std::fs::metadata(b).ok()?.modified().ok()?)
    };
    if newer(&installed, &lock) == Some(true) {
        return Ok(());
    }
    run(Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(paths::root()))
        .context("Node.js 20.10 or newer with npm is needed")
}
