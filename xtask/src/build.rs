//! The browser build: Rust to wasm, bindings, optimiser, compressor, package.

use std::io::Write;
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
/// File names of the module whose memory threads share: for every browser, and with fused products and sums.
pub const THREADED: [&str; 2] = ["ritratto_threads.wasm", "ritratto_threads_fused.wasm"];

/// How the linker makes a module whose memory comes from outside and is shared. The sizes are those that `www/package/threads.js`
/// asks for; each thread gets a stack of its own. What the standard library keeps for a single thread is
/// never used by two (`threads/src/lib.rs`).
const SHARED: [&str; 6] = [
    "target-feature=+atomics",
    "link-arg=--shared-memory",
    "link-arg=--import-memory",
    "link-arg=--initial-memory=4194304",
    "link-arg=--max-memory=1073741824",
    "link-arg=--export=__stack_pointer",
];

/// Features that every browser with WebGPU has, and relaxed SIMD. `--all-features` makes a file that browsers refuse.
const FEATURES: [&str; 9] = [
    "--enable-bulk-memory",
    "--enable-reference-types",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-multivalue",
    "--enable-simd",
    "--enable-relaxed-simd",
    "--enable-threads",
];

/// The files that, besides the compiled module, decide the result of a build: the steps with their options, among them
/// the optimiser's arguments, and the versions of the tools. A change in one of them has the result made again.
const RECIPE: [&str; 4] = [
    include_str!("build.rs"),
    include_str!("fused.rs"),
    include_str!("../Cargo.toml"),
    include_str!("../../package-lock.json"),
];

/// Builds the package into `pkg/` and beside the page, and prints the sizes.
///
/// # Errors
/// When a tool is missing or a step fails.
pub fn run(fast: bool) -> Result<()> {
    tools::wasm_target()?;
    tools::npm_packages()?;
    let package = paths::package();
    std::fs::create_dir_all(&package)?;
    threaded(&package, fast)?;
    let module = compile(fast, &[])?;
    if is_new(&module, &package, fast)? {
        bind(&module, &package, fast)?;
        compress(&package, FILES, fast)?;
        remember(&module, &package, fast)?;
    }
    package::assemble()
}

/// Compresses both modules of a folder.
fn compress(folder: &Path, files: [&str; 2], fast: bool) -> Result<()> {
    let [plain, with_fused] = files.map(|file| folder.join(file));
    std::thread::scope(|scope| {
        let other = scope.spawn(|| pack(&plain, fast));
        pack(&with_fused, fast)?;
        other.join().map_err(|_| anyhow!("packing the module stopped"))?
    })
}

/// Writes FILE.br beside a file, as the server sends it.
fn pack(file: &Path, fast: bool) -> Result<()> {
    let bytes = std::fs::read(file)?;
    let quality = if fast { 4 } else { 11 };
    let mut packed = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut packed, 1 << 16, quality, 24);
    writer.write_all(&bytes)?;
    drop(writer);
    std::fs::write(compressed(file), packed)?;
    Ok(())
}

/// The name of a file's compressed form.
pub fn compressed(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".br");
    name.into()
}

/// Builds the module whose memory threads share, into `folder`.
fn threaded(folder: &Path, fast: bool) -> Result<()> {
    let mut command = cargo();
    command.args(["rustc", "--package", "ritratto-threads", "--lib", "--profile", "web"]);
    command.args(["--target", WASM, "--crate-type", "cdylib", "--quiet", "--"]);
    command.args(SHARED.iter().flat_map(|option| ["-C", option]));
    tools::run(&mut command)?;
    let module = paths::target().join(WASM).join("web/ritratto_threads.wasm");
    if is_new(&module, folder, fast)? {
        let [plain, with_fused] = THREADED.map(|file| folder.join(file));
        std::fs::copy(&module, &plain)?;
        both(&plain, &with_fused, fast)?;
        compress(folder, THREADED, fast)?;
        remember(&module, folder, fast)?;
    }
    Ok(())
}

/// Builds the module with the calls that time it, and its bindings, into `folder`.
///
/// # Errors
/// When a tool is missing or a step fails.
pub fn with_timing(folder: &Path, fast: bool) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    threaded(folder, fast)?;
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
    Bindgen::new()
        .input_path(module)
        .web(true)?
        .typescript(true)
        .out_name(MODULE)
        .remove_producers_section(true)
        .generate(folder)
        .context("making the module's JavaScript bindings")?;
    let [plain, with_fused] = FILES.map(|file| folder.join(file));
    both(&plain, &with_fused, fast)
}

/// Makes both modules of the one that lies at `plain`.
fn both(plain: &Path, with_fused: &Path, fast: bool) -> Result<()> {
    if !fast {
        optimise(plain)?;
    }
    std::fs::rename(plain, with_fused)?;
    std::fs::write(plain, fused::parted(&std::fs::read(with_fused)?)?)?;
    Ok(())
}

fn optimise(file: &Path) -> Result<()> {
    println!("optimising the module");
    tools::run(
        Command::new("node")
            .arg(paths::root().join("node_modules/binaryen/bin/wasm-opt"))
            // `--low-memory-unused`: the lowest addresses are the far end of the stack and never used, so loads and
            // stores may add constants to an address themselves.
            .args(["-Oz", "--low-memory-unused", "--strip-debug", "--strip-producers"])
            .args(FEATURES)
            .arg(file)
            .arg("-o")
            .arg(file),
    )
}

/// Says what the last run made a folder's module from.
fn stamp(module: &Path, folder: &Path) -> PathBuf {
    let name = module.file_stem().unwrap_or_default().to_string_lossy();
    folder.join(format!(".{name}-built-from"))
}

fn mark(module: &Path, fast: bool) -> Result<String> {
    let bytes = std::fs::read(module).with_context(|| module.display().to_string())?;
    Ok(mark_of(&bytes, &RECIPE, fast))
}

fn mark_of(module: &[u8], recipe: &[&str], fast: bool) -> String {
    let recipe = package::sha256(recipe.join("\0").as_bytes());
    format!("{} {recipe} {}", package::sha256(module), if fast { "fast" } else { "small" })
}

fn is_new(module: &Path, folder: &Path, fast: bool) -> Result<bool> {
    Ok(std::fs::read_to_string(stamp(module, folder)).ok() != Some(mark(module, fast)?))
}

fn remember(module: &Path, folder: &Path, fast: bool) -> Result<()> {
    Ok(std::fs::write(stamp(module, folder), mark(module, fast)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_decides_the_output_is_in_the_mark() {
        let mark = mark_of(b"module", &["arguments", "steps"], false);
        assert_eq!(mark, mark_of(b"module", &["arguments", "steps"], false));
        for other in [
            mark_of(b"another", &["arguments", "steps"], false),
            mark_of(b"module", &["others", "steps"], false),
            mark_of(b"module", &["arguments", "others"], false),
            mark_of(b"module", &["argument", "ssteps"], false),
            mark_of(b"module", &["arguments", "steps"], true),
        ] {
            assert_ne!(mark, other);
        }
        // The figures tell the quick build of development by its last word.
        assert!(mark.ends_with(" small"));
    }
}
