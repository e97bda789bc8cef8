//! What the tasks need from outside: installed where that is possible, else named in one line.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

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
        .context("Node.js 20 or newer with npm is needed")
}

/// Makes sure that programs and drivers of the browser tests are there, from Debian's packages.
///
/// # Errors
/// When something is missing and cannot be installed.
pub fn test_packages() -> Result<()> {
    let found = |program: &str| {
        Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    };
    let vulkan = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"]
        .iter()
        .any(|folder| std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()));
    let ffmpeg = Command::new("ffmpeg").arg("-version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    let missing: Vec<&str> = [("chromium", found("chromium")), ("mesa-vulkan-drivers", vulkan), ("ffmpeg", ffmpeg)]
        .into_iter()
        .filter_map(|(package, there)| (!there).then_some(package))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    if !found("apt-get") {
        bail!("these are needed for the tests, please install them: {names}");
    }
    let install = |arguments: &[&str]| {
        Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null()).status()
    };
    println!("installing {names}");
    let updated = install(&["update", "-q"]).is_ok_and(|status| status.success());
    let arguments = [&["install", "-qy", "--no-install-recommends"][..], &missing].concat();
    let installed = updated && install(&arguments).is_ok_and(|status| status.success());
    ensure!(installed, "these are needed for the tests: `sudo apt-get install {names}`");
    Ok(())
}
