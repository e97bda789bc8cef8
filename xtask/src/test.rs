//! Runs the tests and the commands that print figures.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::{Result, anyhow, bail};
use clap::ValueEnum;

use crate::needs::{self, Need};
use crate::tools::{self, WASM, cargo, run};
use crate::{build, paths};

/// The profile of what runs natively here (see Cargo.toml).
const PROFILE: [&str; 2] = ["--profile", "tests"];

/// A part of the tests.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Formatting, lints and the types of the npm package
    Lint,
    /// The Rust tests
    Native,
    /// The page in a browser
    Browser,
}

impl Part {
    /// What it needs from outside.
    fn needs(self) -> &'static [Need] {
        match self {
            Self::Lint => &[],
            Self::Native => &[Need::GpuDriver, Need::Ffmpeg],
            // No GPU driver is needed: the browser brings a GPU in software.
            Self::Browser => &[Need::Chromium, Need::Ffmpeg],
        }
    }
}

/// Which parts have failed and why, and how long each took.
#[derive(Default)]
struct Record {
    failed: Vec<String>,
    minutes: Vec<String>,
}

impl Record {
    fn run(&mut self, name: &'static str, part: impl FnOnce() -> Result<()>) {
        println!("== {name}");
        let begun = Instant::now();
        let result = part();
        self.minutes.push(format!("{name} {:.1}", begun.elapsed().as_secs_f64() / 60.0));
        if let Err(error) = result {
            println!("{error:#}");
            // The failure is printed again at the end, because only the end of a long log is seen.
            self.failed.push(format!("{name}: {error:#}"));
        }
    }

    fn end(self) -> Result<()> {
        println!("minutes: {}", self.minutes.join(", "));
        if self.failed.is_empty() { Ok(()) } else { bail!("failed:\n{}", self.failed.join("\n")) }
    }
}

/// Runs all parts, or one.
///
/// # Errors
/// When something is missing or a part fails; the parts after it run all the same.
pub fn run_all(only: Option<Part>, fast: bool) -> Result<()> {
    let wanted = |part| only.is_none_or(|one| one == part);
    let parts = Part::value_variants().iter().copied().filter(|&part| wanted(part));
    needs::ensure_met(&parts.flat_map(Part::needs).copied().collect::<Vec<_>>())?;
    let mut record = Record::default();
    std::thread::scope(|scope| {
        // Linking and optimising the module keeps only one core busy for minutes, so other work goes on meanwhile.
        let module = wanted(Part::Browser).then(|| scope.spawn(move || build::run(fast)));
        if wanted(Part::Lint) {
            record.run("lint", lint);
        }
        if wanted(Part::Native) {
            record.run("native", native);
        }
        if let Some(module) = module {
            record.run("browser", || {
                module.join().map_err(|_| anyhow!("the build of the module stopped"))??;
                browser(native_program()?, "")
            });
        }
    });
    record.end()
}

/// A `cargo` command that compiles our own crate with Clippy and refuses its warnings. It is what
/// `cargo clippy` does, but on a build: the tests need that anyway, and a check besides
/// would go through every dependency a second time.
fn linted() -> Command {
    let mut command = cargo();
    command.env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver").env("CLIPPY_ARGS", "-Dwarnings");
    command
}

fn lint() -> Result<()> {
    run(cargo().args(["fmt", "--all", "--check"]))?;
    run(linted().arg("build").args(PROFILE).arg("--all-targets"))?;
    // Each package gets a command of its own: together their features would be unified and every dependency compiled
    // again.
    run(cargo().args(["clippy", "--package", "xtask", "--", "-D", "warnings"]))?;
    // The browser's part, in the profile of the browser build: the two share build scripts and macros.
    tools::wasm_target()?;
    run(cargo().args(["clippy", "--lib", "--profile", "web", "--target", WASM, "--", "-D", "warnings"]))?;
    let threaded = ["--package", "ritratto-threads", "--profile", "web", "--target", WASM];
    run(cargo().arg("clippy").args(threaded).args(["--", "-D", "warnings"]))?;
    types()?;
    scripts()
}

/// Checks that the training's scripts can be read, where there is a Python to read them.
fn scripts() -> Result<()> {
    if Command::new("python3").arg("--version").output().is_err() {
        println!("There is no python3: the scripts in train are not checked.");
        return Ok(());
    }
    let read = "import ast, pathlib; [ast.parse(p.read_text(), str(p)) for p in pathlib.Path('train').glob('*.py')]";
    run(Command::new("python3").args(["-c", read]))
}

/// Checks that the package's types are what a TypeScript user needs.
fn types() -> Result<()> {
    tools::npm_packages()?;
    run(Command::new("node")
        .arg(paths::root().join("node_modules/typescript/bin/tsc"))
        .arg("--project")
        .arg(paths::root().join("tests/package")))
}

fn native() -> Result<()> {
    // Without the variable, tests that need a GPU pass without doing anything on a machine that has none. The driver
    // that was installed before brings one in software.
    run(linted().arg("test").args(PROFILE).env("RITRATTO_NEEDS_GPU", "1"))?;
    let parts = ["ritratto-draw", "ritratto-nets", "ritratto-threads"];
    run(linted().arg("test").args(PROFILE).args(parts.iter().flat_map(|part| ["--package", part])))?;
    run(cargo().args(["test", "--package", "xtask"]))
}

/// The command line as the tests have built it: the browser's pictures are compared with its own.
fn native_program() -> Result<PathBuf> {
    // It is built with all targets: alone it would use other features of its dependencies, and be built again.
    run(linted().arg("build").args(PROFILE).arg("--all-targets"))?;
    Ok(paths::target().join("tests/ritratto"))
}

/// Runs the browser tests whose file names begin with `name`; some compare with what `program` draws.
fn browser(program: PathBuf, name: &str) -> Result<()> {
    let server = std::env::current_exe()?;
    let folder = paths::root().join("tests/browser");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&folder)? {
        let file = entry?.file_name().to_string_lossy().into_owned();
        if file.starts_with(name) && file.ends_with(".test.mjs") {
            files.push(folder.join(file));
        }
    }
    files.sort();
    run(Command::new("node")
        .arg("--test")
        .arg("--test-concurrency=1")
        .args(files)
        .env("RITRATTO_ROOT", paths::root())
        .env("RITRATTO_XTASK", server)
        .env("RITRATTO_PROGRAM", program)
        .current_dir(paths::root()))
}

/// The programs and drivers that an example needs when it is run with these arguments.
fn needs_of(example: &str, arguments: &[String]) -> &'static [Need] {
    let said = |word: &str| arguments.iter().any(|argument| argument == word);
    match example {
        "parity" if said("gpu") => &[Need::GpuDriver],
        "bench" if arguments.iter().any(|device| device != "cpu") => &[Need::GpuDriver],
        "quality" => &[Need::GpuDriver, Need::Ffmpeg],
        "steadiness" if said("--gpu") => &[Need::GpuDriver, Need::Ffmpeg],
        "steadiness" | "refiner_pairs" => &[Need::Ffmpeg],
        _ => &[],
    }
}

/// Runs an example that prints figures.
///
/// # Errors
/// When it fails.
pub fn figures(example: &str, arguments: &[String]) -> Result<()> {
    needs::ensure_met(needs_of(example, arguments))?;
    run(cargo().args(["run", "--quiet", "--release", "--example", example, "--"]).args(arguments))
}

/// Prints the browser's figures.
///
/// # Errors
/// When the build or a measurement fails.
pub fn browser_figures() -> Result<()> {
    needs::ensure_met(Part::Browser.needs())?;
    build::run(false)?;
    run(cargo().args(["build", "--release", "--bin", "ritratto"]))?;
    browser(paths::target().join("release/ritratto"), "figures")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_browser_part_needs_a_browser() {
        let with: Vec<_> =
            Part::value_variants().iter().filter(|part| part.needs().contains(&Need::Chromium)).collect();
        assert!(matches!(with[..], [Part::Browser]));
        assert!(Part::Lint.needs().is_empty());
    }

    #[test]
    fn figures_need_a_gpu_where_they_are_of_one() {
        let needs =
            |example, words: &[&str]| needs_of(example, &words.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert!(needs("bench", &[]).is_empty() && needs("bench", &["cpu"]).is_empty());
        assert!(needs("parity", &["cpu"]).is_empty());
        for words in [["cpu", "gpu"], ["cpu", "draw"], ["gpu", "frame"]] {
            assert_eq!(needs("bench", &words), [Need::GpuDriver], "{words:?}");
        }
        assert_eq!(needs("parity", &["cpu", "gpu"]), [Need::GpuDriver]);
        assert_eq!(needs("steadiness", &["photo.webp"]), [Need::Ffmpeg]);
        assert_eq!(needs("quality", &["--step", "6"]), [Need::GpuDriver, Need::Ffmpeg]);
    }
}
