//! `ritratto track`: a driver to a motion file.

use ritratto::gpu::Gpu;
use ritratto::motion::{FaceMotion, MotionTrack, file};
use ritratto::{Error, Result};

use super::driver::Driver;
use super::output::Whole;
use super::{Place, TrackArgs, encoder_device, io, models, progress};

/// Runs the command; the result is a line for the user.
pub async fn run(arguments: TrackArgs) -> Result<String> {
    Whole::check(&arguments.out)?;
    let driver = Driver::open(&arguments.driver.driver, arguments.driver.rate)?;
    let gpu = if arguments.driver.device == Place::Gpu { Some(Gpu::open().await?) } else { None };
    let mut motions = driver.start(&models()?, &encoder_device(gpu.as_ref())?)?;
    let bar = progress::bar(motions.count);
    let mut frames: Vec<Option<FaceMotion>> = Vec::new();
    while let Some(motion) = motions.next().await? {
        if frames.len() == file::LIMIT_FRAMES {
            return Err(Error::Driver { reason: format!("it has more than {} frames", file::LIMIT_FRAMES) });
        }
        frames.push(motion);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let count = frames.len();
    let seen = frames.iter().flatten().count();
    let first = frames.iter().flatten().next().cloned();
    let neutral = motions.neutral.or(first).ok_or(Error::NoFaceInDriver)?;
    let bytes = file::write(&MotionTrack { rate: motions.rate, neutral, frames })?;
    let whole = Whole::new(&arguments.out)?;
    std::fs::write(&whole.draft, bytes).map_err(io(&arguments.out))?;
    whole.keep()?;
    Ok(format!("{}: {count} frames, a face in {seen}", arguments.out.display()))
}
