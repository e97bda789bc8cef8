//! Builds, serves and tests Ritratto: `cargo xtask demo`, `cargo xtask test`, and the commands that print figures.

mod bench_web;
mod build;
mod fused;
mod needs;
mod package;
mod paths;
mod serve;
mod test;
mod tools;

use std::path::Path;

use anyhow::{Result, ensure};
use clap::{Parser, Subcommand};

/// Builds, serves and tests Ritratto.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Builds everything into pkg/ and www/, then serves the page
    Demo {
        /// Only build
        #[arg(long)]
        no_serve: bool,
        /// Port to serve on; any free one without it
        #[arg(long, default_value_t = 0)]
        port: u16,
        /// A quicker build of a larger module, for development
        #[arg(long)]
        fast: bool,
    },
    /// Serves what `demo` has built
    Serve {
        /// Port to serve on; any free one without it
        #[arg(long, default_value_t = 0)]
        port: u16,
    },
    /// Installs or names what is missing, then runs every test
    Test {
        /// Only this part
        #[arg(long)]
        only: Option<test::Part>,
        /// Test the quicker build of the module, for development
        #[arg(long)]
        fast: bool,
    },
    /// Prints the encoder's figures against MediaPipe's own numbers
    Parity(Rest),
    /// Prints self-reenactment figures on clips against standing still
    Quality {
        /// What the refiner adds instead, on held-out people
        #[arg(long)]
        refiner: bool,
        /// Folder of the data set that both are measured on
        #[arg(long, default_value = "../shared/data")]
        data: String,
        #[command(flatten)]
        rest: Rest,
    },
    /// Prints how still a still driver is, and how far the smoothing lags
    Steadiness(Rest),
    /// Prints sizes, the time to the first animated frame, and browser against native renders
    Browser,
    /// Prints how fast each net is with Burn's kernels and with our own; with --web, measures the module in Chromium
    /// against what a user would pick instead and writes tables to target/bench/
    Bench {
        /// What is measured: nets on the cpu or the gpu, the steps of those on the gpu (profile), how frames are drawn (draw),
        /// or a whole driven frame on the gpu (frame)
        #[arg(conflicts_with = "web")]
        devices: Vec<String>,
        /// In Chromium: nets, encoder, stages, curve, load
        #[arg(long)]
        web: bool,
        #[command(flatten)]
        options: bench_web::Options,
    },
}

/// What is handed on to the program behind the command.
#[derive(clap::Args)]
struct Rest {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// A still photo, and clips of several speakers from the data set beside the repository.
const STEADINESS: [&str; 4] = [
    "tests/reference/photos/p001_portrait.webp",
    "../shared/data/clips/s1_001.mp4",
    "../shared/data/clips/g06_001.mp4",
    "../shared/data/clips/g10_001.mp4",
];

impl Rest {
    /// The arguments, or these where there are none.
    fn or(self, usual: &[&str]) -> Vec<String> {
        if self.arguments.is_empty() { usual.iter().map(|&text| text.to_owned()).collect() } else { self.arguments }
    }
}

/// Reenactment, or what the refiner adds to it, on the data set in a folder.
fn quality(refiner: bool, data: String, rest: Vec<String>) -> Result<()> {
    ensure!(
        Path::new(&data).join("index.tsv").exists(),
        "{data} has no index.tsv: these figures need the data set that Ritratto is judged on, which is not part of the repository (see FIGURES.md). \
         --data FOLDER, before other options, says where it lies"
    );
    let (example, mut arguments) = if refiner {
        // Another folder would be one to write training pairs to.
        ensure!(rest.first().is_none_or(|first| first.starts_with('-')), "{} is no option", rest[0]);
        ("refiner_pairs", vec![data])
    } else {
        ("quality", vec!["--data".to_owned(), data])
    };
    arguments.extend(rest);
    test::figures(example, &arguments)
}

fn main() -> Result<()> {
    match Arguments::parse().task {
        Task::Demo { no_serve, port, fast } => {
            build::run(fast)?;
            if no_serve { Ok(()) } else { serve::run(port) }
        }
        Task::Serve { port } => serve::run(port),
        Task::Test { only, fast } => test::run_all(only, fast),
        Task::Parity(rest) => test::figures("parity", &rest.or(&["cpu", "gpu"])),
        Task::Quality { refiner, data, rest } => quality(refiner, data, rest.arguments),
        Task::Steadiness(rest) => test::figures("steadiness", &rest.or(&STEADINESS)),
        Task::Browser => test::browser_figures(),
        Task::Bench { web: true, options, .. } => bench_web::run(&options),
        Task::Bench { devices, .. } => test::figures("bench", &devices),
    }
}
