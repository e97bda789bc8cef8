//! The npm package: hand-written files, module, models; and its copy beside the page.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::build::{FILES, THREADED, compressed};
use crate::paths;

/// Texts of the licences that the code is under: whoever passes the package on passes them on.
const LICENCES: [&str; 2] = ["LICENSE-MIT", "LICENSE-APACHE"];

/// Puts the package together and prints the sizes of its parts.
///
/// # Errors
/// When a file cannot be read or written.
pub fn assemble() -> Result<()> {
    let package = paths::package();
    copy_folder(&paths::page().join("package"), &package)?;
    for name in LICENCES {
        std::fs::copy(paths::root().join(name), package.join(name)).with_context(|| name.to_owned())?;
    }
    let models = copy_models(&paths::root().join("models"), &package.join("models"))?;
    write_list(&package, &models)?;
    let copy = paths::page().join("pkg");
    copy_folder(&package, &copy)?;
    keep_only(&copy.join("models"), &models)?;
    let module = package.join(FILES[0]);
    let size = |path: &Path| std::fs::metadata(path).map(|data| data.len() as f64 / 1e6);
    let mut model_size = 0.0;
    for name in models.iter().filter(|name| is_model(name)) {
        model_size += size(&package.join("models").join(name))?;
    }
    println!(
        "module {:.2} MB, {:.2} MB compressed; models {model_size:.2} MB",
        size(&module)?,
        size(&compressed(&module))?
    );
    Ok(())
}

fn is_model(name: &str) -> bool {
    name.ends_with(".safetensors")
}

/// Copies the models that the manifest of `from` names, the manifest itself and the texts about them, and removes whatever else is
/// in `to`: a model that was renamed or left out would still be listed and fetched, and the module would not know it. Gives the
/// names of what is there now.
fn copy_models(from: &Path, to: &Path) -> Result<Vec<String>> {
    const MANIFEST: &str = "manifest.json";
    let manifest = std::fs::read(from.join(MANIFEST)).with_context(|| from.join(MANIFEST).display().to_string())?;
    let named: Map<String, Value> = serde_json::from_slice(&manifest).context("the models' manifest cannot be read")?;
    let mut names: Vec<String> = named.into_iter().map(|(name, _)| name).chain([MANIFEST.to_owned()]).collect();
    for name in names_in(from)? {
        if name == "NOTICE" || name.ends_with(".md") {
            names.push(name);
        }
    }
    std::fs::create_dir_all(to)?;
    for name in &names {
        let file = from.join(name);
        std::fs::copy(&file, to.join(name)).with_context(|| file.display().to_string())?;
    }
    keep_only(to, &names)?;
    Ok(names)
}

/// Removes the files of a folder that have none of these names.
fn keep_only(folder: &Path, names: &[String]) -> Result<()> {
    for name in names_in(folder)?.into_iter().filter(|name| !names.contains(name)) {
        std::fs::remove_file(folder.join(name))?;
    }
    Ok(())
}

/// Names of the files and folders in a folder.
fn names_in(folder: &Path) -> Result<Vec<String>> {
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry?.file_name().into_string().ok().context("the name of a file is no text")
    };
    std::fs::read_dir(folder).with_context(|| folder.display().to_string())?.map(name).collect()
}

/// The SHA-256 of bytes, in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes `files.json`: length in bytes and hash of everything that the worker fetches, for its progress bar and for
/// the files that it keeps. A browser cannot tell a file's length from a compressed answer.
fn write_list(package: &Path, models: &[String]) -> Result<()> {
    let modules = FILES.iter().chain(&THREADED).map(ToString::to_string);
    let models = models.iter().filter(|name| is_model(name)).map(|name| format!("models/{name}"));
    let mut list = Map::new();
    for name in modules.chain(models) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    /// A folder of this test, empty at first and removed at the end.
    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("ritratto-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&folder).unwrap();
            Self(folder)
        }

        /// Makes a folder in it with files of these names and contents.
        fn folder(&self, name: &str, files: &[(&str, &str)]) -> PathBuf {
            let folder = self.0.join(name);
            std::fs::create_dir_all(&folder).unwrap();
            for (file, content) in files {
                std::fs::write(folder.join(file), content).unwrap();
            }
            folder
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn sorted(folder: &Path) -> Vec<String> {
        let mut names = names_in(folder).unwrap();
        names.sort();
        names
    }

    const MODELS: [(&str, &str); 6] = [
        ("manifest.json", r#"{ "new.safetensors": "00", "same.safetensors": "11" }"#),
        ("new.safetensors", "new"),
        ("same.safetensors", "same"),
        ("trial.safetensors", "nobody's"),
        ("NOTICE", "sources"),
        ("shape.json", "built in"),
    ];

    #[test]
    fn models_that_the_manifest_does_not_name_go() {
        let place = Place::new("stale");
        let from = place.folder("models", &MODELS);
        let to = place.folder("pkg", &[("old.safetensors", "old"), ("same.safetensors", "before"), ("OLD.md", "old")]);
        let names = copy_models(&from, &to).unwrap();
        assert_eq!(sorted(&to), ["NOTICE", "manifest.json", "new.safetensors", "same.safetensors"]);
        assert_eq!(std::fs::read_to_string(to.join("same.safetensors")).unwrap(), "same");

        let page = place.folder("page", &[("old.safetensors", "old")]);
        copy_folder(&to, &page).unwrap();
        keep_only(&page, &names).unwrap();
        assert_eq!(sorted(&page), sorted(&to));
    }

    #[test]
    fn the_list_names_modules_and_models() {
        let place = Place::new("list");
        let files: Vec<_> = FILES.iter().chain(&THREADED).map(|&name| (name, "a module")).collect();
        let package = place.folder("pkg", &files);
        let models = copy_models(&place.folder("models", &MODELS), &package.join("models")).unwrap();
        write_list(&package, &models).unwrap();
        let list: Map<String, Value> =
            serde_json::from_slice(&std::fs::read(package.join("files.json")).unwrap()).unwrap();
        let weights: Vec<_> = list.keys().filter(|name| name.starts_with("models/")).collect();
        assert_eq!(weights, ["models/new.safetensors", "models/same.safetensors"]);
        assert_eq!(list.len(), weights.len() + files.len());
        assert_eq!(list["models/new.safetensors"]["bytes"], 3);
    }

    #[test]
    fn a_model_that_is_missing_is_named() {
        let place = Place::new("missing");
        let from = place.folder("models", &[("manifest.json", r#"{ "gone.safetensors": "00" }"#)]);
        let error = copy_models(&from, &place.0.join("pkg")).unwrap_err();
        assert!(format!("{error:#}").contains("gone.safetensors"), "{error:#}");
    }
}
