//! Programs and drivers that some tasks need: installed from Debian's packages where that is possible, else named in one line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

/// Paths at which browsers usually lie: the list that `tests/browser/harness.mjs` looks through.
const BROWSERS: &str = include_str!("../../tests/browser/browsers.json");
/// Environment variable with the path of a browser that lies elsewhere.
const OWN_BROWSER: &str = "RITRATTO_CHROMIUM";
/// Where a Vulkan loader on Linux looks for drivers.
const VULKAN_DRIVERS: [&str; 3] = ["/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/etc/vulkan/icd.d"];

/// A program or driver from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Chromium or Chrome
    Chromium,
    /// A driver for the GPU, if only one in software. Other systems than Linux bring theirs.
    GpuDriver,
    /// Makes and decodes films
    Ffmpeg,
}

impl Need {
    /// Debian's package of it.
    fn package(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::GpuDriver => "mesa-vulkan-drivers",
            Self::Ffmpeg => "ffmpeg",
        }
    }

    /// What else helps on systems where it has another name or place.
    fn hint(self) -> Option<String> {
        (self == Self::Chromium).then(|| format!("or set {OWN_BROWSER} to the path of Chromium or Chrome"))
    }

    /// Whether this machine has it.
    fn is_met(self) -> Result<bool> {
        Ok(match self {
            Self::Chromium => browser(std::env::var_os(OWN_BROWSER), Path::exists)?.is_some(),
            Self::GpuDriver => !cfg!(target_os = "linux") || VULKAN_DRIVERS.iter().any(|folder| has_files(folder)),
            Self::Ffmpeg => runs("ffmpeg", "-version"),
        })
    }
}

/// Makes sure that all of these are there.
///
/// # Errors
/// When something is missing and cannot be installed.
pub fn ensure_met(needs: &[Need]) -> Result<()> {
    let mut missing = Vec::new();
    for &need in needs {
        if !missing.contains(&need) && !need.is_met()? {
            missing.push(need);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|need| need.package()).collect();
    let hints: String = missing.iter().filter_map(|need| need.hint()).map(|hint| format!(" ({hint})")).collect();
    let names = packages.join(" ");
    if !runs("apt-get", "--version") {
        bail!("these are needed, please install them: {names}{hints}");
    }
    let install = |arguments: &[&str]| {
        Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null()).status()
    };
    println!("installing {names}");
    let updated = install(&["update", "-q"]).is_ok_and(|status| status.success());
    let arguments = [&["install", "-qy", "--no-install-recommends"][..], &packages].concat();
    let installed = updated && install(&arguments).is_ok_and(|status| status.success());
    ensure!(installed, "these are needed: `sudo apt-get install {names}`{hints}");
    Ok(())
}

/// The browser that the tests start: `own`, or the first of the usual ones that is there.
fn browser(own: Option<OsString>, exists: impl Fn(&Path) -> bool) -> Result<Option<PathBuf>> {
    let usual: Vec<PathBuf> = serde_json::from_str(BROWSERS).context("reading tests/browser/browsers.json")?;
    Ok(own.map(PathBuf::from).into_iter().chain(usual).find(|file| exists(file)))
}

fn runs(program: &str, argument: &str) -> bool {
    Command::new(program).arg(argument).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

fn has_files(folder: &str) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The browser that is found where these files exist.
    fn found(own: Option<&str>, files: &[&str]) -> Option<PathBuf> {
        browser(own.map(OsString::from), |file| files.iter().any(|one| Path::new(one) == file)).unwrap()
    }

    #[test]
    fn any_of_the_usual_browsers_will_do() {
        for one in ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"] {
            assert_eq!(found(None, &[one]), Some(one.into()));
        }
        assert_eq!(found(None, &["/usr/bin/google-chrome", "/usr/bin/chromium"]), Some("/usr/bin/chromium".into()));
        assert_eq!(found(None, &["/usr/bin/firefox"]), None);
    }

    #[test]
    fn a_browser_of_ones_own_comes_first() {
        let own = "/opt/chromium/chrome";
        assert_eq!(found(Some(own), &["/usr/bin/chromium", own]), Some(own.into()));
        assert_eq!(found(Some(own), &["/usr/bin/chromium"]), Some("/usr/bin/chromium".into()));
        assert_eq!(found(Some(own), &[]), None);
    }

    #[test]
    fn what_needs_nothing_asks_for_nothing() {
        ensure_met(&[]).unwrap();
    }
}
