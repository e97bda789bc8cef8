//! Command line: arguments, exit codes, and where the models are.

mod animate;
mod driver;
mod environment;
mod ffmpeg;
mod folder;
mod gif_sink;
mod interrupt;
mod mp4;
mod output;
mod painter;
mod progress;
mod track;
mod transfer;
mod whole;

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use burn::tensor::Device;
use clap::{Args, Parser, Subcommand, ValueEnum};
use ritratto::gpu::Gpu;
use ritratto::models::Models;
use ritratto::{Error, Result};

/// What `--help` says below the commands.
const AFTER_HELP: &str = "\
Exit codes:
  0    done
  1    a fault of the machine or the installation: no GPU where one was asked for, a model missing or damaged,
       a full disk
  2    arguments or input that cannot be used, a file that cannot be read or written
  130  stopped by Ctrl-C

Environment:
  RITRATTO_MODELS  folder of the models; without it models/ beside the program";

/// Brings one portrait photo to life with the facial motion of a video.
#[derive(Parser)]
#[command(version, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Animate a photo: one output frame for each frame of the driver
    Animate(AnimateArgs),
    /// Save the motion of a driver as a motion file: numbers, without a picture of the face
    Track(TrackArgs),
}

#[derive(Args)]
struct DriverArgs {
    /// Folder of numbered frames, video, motion file (.rmotion) or builtin:NAME
    #[arg(long, value_name = "D")]
    driver: OsString,
    /// Frames a second of a folder of frames
    #[arg(long, value_name = "R", default_value_t = 25.0, value_parser = rate)]
    rate: f64,
    /// Where the encoder's nets run; auto is the CPU
    #[arg(long, value_enum, default_value_t = Place::Auto)]
    device: Place,
}

#[derive(Args)]
struct AnimateArgs {
    /// Portrait photo (JPEG, PNG, WebP, GIF or BMP): the largest face is animated that is turned by at most 48 degrees to the side, not cut off
    /// and not too small
    #[arg(long, value_name = "P")]
    photo: PathBuf,
    #[command(flatten)]
    driver: DriverArgs,
    /// Output: a new or empty folder (numbered PNG frames), a .gif or an .mp4
    #[arg(long, value_name = "O")]
    out: PathBuf,
    /// Long side of the output in pixels; without it the photo's own, of an .mp4 at most 2048
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(64..=i64::from(animate::LIMIT_SIZE)))]
    size: Option<u32>,
    /// What draws the frames; auto is a GPU, or the CPU where there is none
    #[arg(long, value_enum, default_value_t = Place::Auto)]
    draw: Place,
    /// Leave the small "AI-animated" mark out of the picture
    #[arg(long)]
    no_mark: bool,
    /// Leave mouth and eyes as geometry makes them, without the refiner
    #[arg(long)]
    no_refine: bool,
    #[command(flatten)]
    transfer: transfer::TransferArgs,
}

#[derive(Args)]
struct TrackArgs {
    #[command(flatten)]
    driver: DriverArgs,
    /// Leave out what comes before this time, seconds
    #[arg(long, value_name = "S", default_value_t = 0.0, value_parser = seconds)]
    from: f64,
    /// Leave out what comes from this time on, seconds
    #[arg(long, value_name = "S", value_parser = seconds)]
    to: Option<f64>,
    /// Motion file to write, its name ends in .rmotion
    #[arg(long, value_name = "M.rmotion")]
    out: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Place {
    Auto,
    Cpu,
    Gpu,
}

fn rate(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if (0.1..=1000.0).contains(&rate) => Ok(rate),
        _ => Err("not a number from 0.1 to 1000".into()),
    }
}

fn seconds(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds >= 0.0 => Ok(seconds),
        _ => Err("not a number of seconds from 0 on".into()),
    }
}

/// Exit code for input that cannot be used.
const BAD_INPUT: u8 = 2;
/// Exit code for a fault of the machine or the installation.
const FAULT: u8 = 1;

/// Runs the command line. Every failure is one line on stderr.
pub fn main() -> ExitCode {
    environment::quieten();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if !error.use_stderr() => {
            return if error.print().is_ok() { ExitCode::SUCCESS } else { ExitCode::from(FAULT) };
        }
        Err(error) => {
            // clap adds usage and hints below the first paragraph.
            let text = error.to_string();
            let first = text.split("\n\n").next().unwrap_or_default();
            tell(&first.split_whitespace().collect::<Vec<_>>().join(" "));
            return ExitCode::from(BAD_INPUT);
        }
    };
    match pollster::block_on(run(cli.command)) {
        Ok(summary) => {
            match writeln!(std::io::stdout(), "{summary}") {
                // A broken pipe is no failure: the work is done, and whoever started the program does not read any
                // more.
                Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                    tell(&format!("error: what was done cannot be told: {error}"));
                    ExitCode::from(FAULT)
                }
                _ => ExitCode::SUCCESS,
            }
        }
        Err(error) => {
            // Ctrl-C ends ffmpeg too; the user is then told of the interruption, not of ffmpeg's end.
            let error = if interrupt::asked() { Error::Interrupted } else { error };
            tell(&line(&error));
            ExitCode::from(exit_code(&error))
        }
    }
}

/// Runs a command; the result is a line for the user.
async fn run(command: Command) -> Result<String> {
    interrupt::listen()?;
    match command {
        Command::Animate(arguments) => animate::run(arguments).await,
        Command::Track(arguments) => track::run(arguments).await,
    }
}

/// Writes a line on stderr. That this fails is ignored: there is no other place to report it.
fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// An error as the one line on stderr.
fn line(error: &Error) -> String {
    format!("error: {}", error.to_string().replace('\n', " "))
}

fn exit_code(error: &Error) -> u8 {
    match error {
        Error::Interrupted => interrupt::INTERRUPTED,
        Error::NoGpu { .. }
        | Error::Gpu { .. }
        | Error::ModelMissing { .. }
        | Error::ModelCorrupt { .. }
        | Error::Net { .. }
        | Error::NotReady { .. } => FAULT,
        Error::Io { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => FAULT,
        _ => BAD_INPUT,
    }
}

/// Reads the models from the folder in `RITRATTO_MODELS`, else `models/` beside
/// the program, else the source tree that it was built from.
fn models() -> Result<Models> {
    if let Some(folder) = std::env::var_os("RITRATTO_MODELS") {
        return Models::from_folder(Path::new(&folder));
    }
    let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.join("models")));
    match beside {
        Some(folder) if folder.is_dir() => Models::from_folder(&folder),
        _ => Models::from_folder(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/models"))),
    }
}

/// The device of the segmenter: the GPU that was opened for the nets, else the CPU,
/// which wins or draws on small nets and single frames.
fn segmenter_device(gpu: Option<&Gpu>) -> Result<Device> {
    gpu.map_or_else(|| Ok(Device::flex()), Gpu::burn_device)
}

/// An input or output error with the path in it.
fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.display().to_string();
    move |source| Error::Io { path, source }
}
