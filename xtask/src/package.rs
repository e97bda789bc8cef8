//! The npm package: hand-written files, module, models; and its copy beside the page.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::build::{FILES, THREADED};
use crate::paths;

/// Writes FILE.br beside a file, as the server sends it.
///
/// # Errors
/// When a file cannot be read or written.
pub fn compress(file: &Path, fast: bool) -> Result<()> {
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

/// Puts the package together and prints the sizes of its parts.
///
/// # Errors
/// When a file cannot be read or written.
pub fn assemble() -> Result<()> {
    let package = paths::package();
    copy_folder(&paths::page().join("package"), &package)?;
    let models = package.join("models");
    std::fs::create_dir_all(&models)?;
    let mut model_bytes = 0;
    for entry in std::fs::read_dir(paths::root().join("models"))? {
        let path = entry?.path();
        let name = path.file_name().context("a file has a name")?.to_owned();
        let text = path.extension().is_some_and(|ending| ending == "md") || name == "NOTICE";
        if path.extension().is_some_and(|ending| ending == "safetensors") {
            model_bytes += std::fs::metadata(&path)?.len();
        } else if name != "manifest.json" && !text {
            continue;
        }
        std::fs::copy(&path, models.join(name))?;
    }
    write_list(&package)?;
    copy_folder(&package, &paths::page().join("pkg"))?;
    let module = package.join(FILES[0]);
    let size = |path: &Path| std::fs::metadata(path).map(|data| data.len() as f64 / 1e6);
    println!(
        "module {:.2} MB, {:.2} MB compressed; models {:.2} MB",
        size(&module)?,
        size(&compressed(&module))?,
        model_bytes as f64 / 1e6
    );
    Ok(())
}

/// The SHA-256 of bytes, in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes `files.json`: bytes and hash of everything that the worker fetches, for its progress bar and for what
/// it keeps. A browser cannot tell the bytes from a compressed answer.
fn write_list(package: &Path) -> Result<()> {
    let mut names: Vec<String> = FILES.iter().chain(&THREADED).map(ToString::to_string).collect();
    for entry in std::fs::read_dir(package.join("models"))? {
        let name = entry?.file_name().into_string().ok().context("a model's name is text")?;
        if name.ends_with(".safetensors") {
            names.push(format!("models/{name}"));
        }
    }
    let mut list = serde_json::Map::new();
    for name in names {
        let bytes = std::fs::read(package.join(&name))?;
        let about = serde_json::json!({ "bytes": bytes.len(), "sha256": sha256(&bytes) });
        list.insert(name, about);
    }
    Ok(std::fs::write(package.join("files.json"), serde_json::to_vec_pretty(&list)?)?)
}

/// Copies a folder with everything in it; what is there already is written over.
///
/// # Errors
/// When a file cannot be read or written.
pub fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let goal = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &goal)?;
        } else {
            std::fs::copy(entry.path(), goal)?;
        }
    }
    Ok(())
}
