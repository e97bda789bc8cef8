//! Runs the tests and the commands that print figures.

use std::process::Command;

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::tools::{self, WASM, cargo, run};
use crate::{build, paths};

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

/// Runs all parts, or one.
///
/// # Errors
/// When something is missing or a part fails; the parts after it run all the same.
pub fn run_all(only: Option<Part>, fast: bool) -> Result<()> {
    tools::test_packages()?;
    let mut failed = Vec::new();
    for (part, name) in [(Part::Lint, "lint"), (Part::Native, "native"), (Part::Browser, "browser")] {
        if only.is_some_and(|wanted| wanted != part) {
            continue;
        }
        println!("== {name}");
        let result = match part {
            Part::Lint => lint(),
            Part::Native => native(),
            Part::Browser => browser(fast, ""),
        };
        if let Err(error) = result {
            println!("{error:#}");
            failed.push(name);
        }
    }
    if failed.is_empty() { Ok(()) } else { bail!("failed: {}", failed.join(", ")) }
}

fn lint() -> Result<()> {
    run(cargo().args(["fmt", "--all", "--check"]))?;
    // One package a command: together they would unify features and compile every dependency again.
    run(cargo().args(["clippy", "--release", "--all-targets", "--", "-D", "warnings"]))?;
    run(cargo().args(["clippy", "--package", "xtask", "--", "-D", "warnings"]))?;
    // The browser's part, in the profile of the browser build: the two share build scripts and macros.
    tools::wasm_target()?;
    run(cargo().args(["clippy", "--lib", "--profile", "web", "--target", WASM, "--", "-D", "warnings"]))?;
    types()
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
    run(cargo().args(["test", "--release"]))
}

/// Runs the browser tests whose file names begin with `name`.
fn browser(fast: bool, name: &str) -> Result<()> {
    build::run(fast)?;
    // Browser against native needs the command line.
    run(cargo().args(["build", "--release", "--bin", "ritratto"]))?;
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
        .current_dir(paths::root()))
}

/// Runs an example that prints figures.
///
/// # Errors
/// When it fails.
pub fn figures(example: &str, arguments: &[String]) -> Result<()> {
    tools::test_packages()?;
    run(cargo().args(["run", "--quiet", "--release", "--example", example, "--"]).args(arguments))
}

/// Prints the browser's figures.
///
/// # Errors
/// When the build or a measurement fails.
pub fn browser_figures() -> Result<()> {
    tools::test_packages()?;
    browser(false, "figures")
}
