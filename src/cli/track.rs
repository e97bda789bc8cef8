//! `ritratto track`: a driver to a motion file.

use std::path::Path;

use ritratto::gpu::Gpu;
use ritratto::motion::{MotionRecorder, file};
use ritratto::{Error, Result};

use super::driver::Driver;
use super::whole::{Whole, check_apart, check_free};
use super::{Place, TrackArgs, interrupt, io, models, progress};

/// Frames by which a video's header may overstate its length; only a longer one is refused before it is read.
const SLACK: f64 = 100.0;

/// How long before the part that the user asks for the face is already followed, seconds: the track needs a few frames
/// to settle.
const RUN_UP: f64 = 1.0;

/// Runs the command; the result is a line for the user.
pub async fn run(arguments: TrackArgs) -> Result<String> {
    check_free(&arguments.out, false)?;
    check_apart(&arguments.out, Path::new(&arguments.driver.driver), "another file than the driver")?;
    // With another ending the file would not be recognised as a motion file when it is used as a driver.
    if !arguments.out.extension().is_some_and(|ending| ending.eq_ignore_ascii_case(file::EXTENSION)) {
        return Err(Error::Option { option: "--out", expected: "a file whose name ends in .rmotion" });
    }
    let (from, to) = (arguments.from, arguments.to.unwrap_or(f64::INFINITY));
    if from >= to {
        return Err(Error::Driver { reason: format!("nothing is left of it: --from {from} is not before --to {to}") });
    }
    let driver = Driver::open(&arguments.driver.driver, arguments.driver.rate)?;
    // This fails, before the driver is read, if the folder cannot be written to.
    let whole = Whole::new(&arguments.out)?;
    let gpu = if arguments.driver.device == Place::Gpu { Some(Gpu::open().await?) } else { None };
    let mut motions = driver.start(&models()?, gpu.as_ref())?;
    let recorder = MotionRecorder::new(motions.rate, motions.neutral.take().as_ref())?;
    let mut recorder = if motions.measured { recorder } else { recorder.authored() };
    // A count of 0 means that the video's header does not know the length.
    if let Some(count) = motions.count.filter(|&count| count > 0) {
        let end = count as f64 / motions.rate;
        if from >= end {
            return Err(Error::Driver { reason: format!("it ends after {end:.1} s, before --from {from}") });
        }
        if (end.min(to) - from) * motions.rate > file::LIMIT_FRAMES as f64 + SLACK {
            return Err(too_long(motions.rate));
        }
    }
    let bar = progress::bar(motions.count);
    let mut seen = 0;
    for index in 0u32.. {
        // A frame's own time may lie a rounding error too early.
        let time = f64::from(index) / motions.rate + 1e-6;
        if time >= to {
            break;
        }
        interrupt::check()?;
        bar.inc(1);
        if time < from - RUN_UP {
            match motions.skip()? {
                Some(()) => continue,
                None => break,
            }
        }
        let Some(motion) = motions.next().await? else { break };
        if time < from {
            continue;
        }
        if recorder.is_full() {
            return Err(too_long(motions.rate));
        }
        seen += u64::from(motion.is_some());
        recorder.push(motion.as_ref())?;
    }
    bar.finish_and_clear();
    if recorder.is_empty() && from > 0.0 {
        return Err(Error::Driver { reason: format!("it ends before --from {from}") });
    }
    let count = recorder.len();
    let rate = motions.rate;
    let bytes = recorder.finish()?;
    let size = bytes.len() as f64;
    std::fs::write(&whole.draft, bytes).map_err(io(&arguments.out))?;
    whole.keep()?;
    let hour = size / count.max(1) as f64 * rate * 3600.0;
    Ok(format!(
        "{}: {count} frames, a face in {seen}; {:.1} kB, {:.1} MB an hour at this rate",
        arguments.out.display(),
        size / 1e3,
        hour / 1e6
    ))
}

/// The error for a driver that has more frames than a motion file holds.
fn too_long(rate: f64) -> Error {
    let most = file::LIMIT_FRAMES;
    let seconds = most as f64 / rate;
    Error::Driver {
        reason: format!("a motion file holds {most} frames ({seconds:.0} s of it): choose a part with --from and --to"),
    }
}
