//! Files and folders that appear under their name only when they are whole, so that a failure leaves nothing behind.

use std::path::{Path, PathBuf};

use ritratto::{Error, Result};
use tempfile::TempDir;

use super::io;

/// A file or folder that is written in a hidden folder, and moved to its name at the end.
pub struct Whole {
    /// Where to write.
    pub draft: PathBuf,
    target: PathBuf,
    folder: TempDir,
    /// Whether the target is a folder that exists already. Then it is filled, not replaced: it may be the user's
    /// current folder, a link, or the root of a disk, none of which can be replaced.
    filled: bool,
}

impl Whole {
    /// Makes the hidden folder: inside `target` if that is a folder, else beside it. So it is on the same disk as the
    /// target, and the last move cannot fail half-way.
    ///
    /// # Errors
    /// [`Error::Io`] where nothing can be written.
    pub fn new(target: &Path) -> Result<Self> {
        // This removes a "/." at the end of the name, to which nothing can be moved.
        let target: PathBuf = target.components().collect();
        let filled = target.is_dir();
        let place = if filled { &target } else { parent(&target) };
        let folder = tempfile::Builder::new().prefix(".ritratto-").tempdir_in(place).map_err(io(place))?;
        Ok(Self { draft: folder.path().join("draft"), target, folder, filled })
    }

    /// Moves the draft to its name, or what is in it into the folder of that name.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be moved any more.
    pub fn keep(self) -> Result<()> {
        if self.filled {
            for entry in std::fs::read_dir(&self.draft).map_err(io(&self.draft))? {
                let entry = entry.map_err(io(&self.draft))?;
                let name = self.target.join(entry.file_name());
                std::fs::rename(entry.path(), &name).map_err(io(&name))?;
            }
        } else {
            std::fs::rename(&self.draft, &self.target).map_err(io(&self.target))?;
        }
        self.folder.close().map_err(io(&self.target))
    }
}

/// Refuses a target that could not be written at the end: better now than after an hour of work.
///
/// # Errors
/// [`Error::Io`] if the folder around the target does not exist, if the target is a folder and a file is wanted, or if
/// a `folder` is wanted and the target exists and is no empty folder.
pub fn check_free(path: &Path, folder: bool) -> Result<()> {
    let parent = parent(path);
    if !parent.is_dir() {
        return Err(Error::Io { path: parent.display().to_string(), source: std::io::ErrorKind::NotFound.into() });
    }
    let refuse = |text: &str| Err(Error::Io { path: path.display().to_string(), source: std::io::Error::other(text) });
    // A link that leads nowhere counts as something that exists.
    if folder && path.symlink_metadata().is_ok() {
        let empty = path.is_dir() && std::fs::read_dir(path).map_err(io(path))?.next().is_none();
        if !empty {
            return refuse("exists already and is not an empty folder");
        }
    } else if !folder && path.is_dir() {
        return refuse("is a folder");
    }
    Ok(())
}

/// Refuses a target that would replace what it is made from.
///
/// # Errors
/// [`Error::Option`] with `expected` if both are the same file, whatever it is called.
pub fn check_apart(target: &Path, input: &Path, expected: &'static str) -> Result<()> {
    // A path that does not exist has no canonical form, and is not the same file as the other.
    match (target.canonicalize(), input.canonicalize()) {
        (Ok(target), Ok(input)) if target == input => Err(Error::Option { option: "--out", expected }),
        _ => Ok(()),
    }
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Writes two files as a folder of this name in `place`.
    fn fill(place: &Path, name: &str) {
        let target = place.join(name);
        check_free(&target, true).unwrap();
        let whole = Whole::new(&target).unwrap();
        std::fs::create_dir(&whole.draft).unwrap();
        for number in ["1", "2"] {
            std::fs::write(whole.draft.join(number), number).unwrap();
        }
        whole.keep().unwrap();
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_folder_is_filled_whether_it_is_there_or_not() {
        for (name, there) in [("out", false), ("out/.", false), ("out", true), ("out/.", true), ("out/", true)] {
            let place = tempfile::tempdir().unwrap();
            let folder = place.path().join("out");
            if there {
                std::fs::create_dir(&folder).unwrap();
            }
            fill(place.path(), name);
            assert_eq!(names(&folder), ["1", "2"], "{name}");
            assert_eq!(names(place.path()), ["out"], "{name}");
            assert!(check_free(&folder, true).is_err(), "{name} is full");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_an_empty_folder_stays_a_link() {
        let place = tempfile::tempdir().unwrap();
        std::fs::create_dir(place.path().join("far")).unwrap();
        std::os::unix::fs::symlink("far", place.path().join("link")).unwrap();
        fill(place.path(), "link");
        assert_eq!(names(&place.path().join("far")), ["1", "2"]);
        assert!(place.path().join("link").is_symlink());
        std::os::unix::fs::symlink("nowhere", place.path().join("lost")).unwrap();
        assert!(check_free(&place.path().join("lost"), true).is_err());
    }

    #[test]
    fn what_is_given_up_leaves_an_empty_folder_empty() {
        let place = tempfile::tempdir().unwrap();
        let whole = Whole::new(place.path()).unwrap();
        std::fs::create_dir(&whole.draft).unwrap();
        std::fs::write(whole.draft.join("1"), "1").unwrap();
        drop(whole);
        assert_eq!(names(place.path()), [""; 0]);
    }
}
