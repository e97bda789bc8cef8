//! `ritratto animate`: a photo and a driver to frames.

use std::path::Path;
use std::sync::Arc;

use ritratto::encoder::Encoder;
use ritratto::generator::RenderOptions;
use ritratto::gpu::Gpu;
use ritratto::models::Models;
use ritratto::portrait::{Portrait, Segmenter};
use ritratto::transfer::{ExpressionDecoder, LostFace, Reenactment, ReenactmentOptions};
use ritratto::{Error, Result, photo};

use super::driver::{Driver, Motions};
use super::output::Target;
use super::painter::Painter;
use super::{AnimateArgs, Place, interrupt, io, models, progress, segmenter_device, tell};

/// The largest output, pixels: what every GPU's textures hold.
pub const LIMIT_SIZE: u32 = 8192;

/// Runs the command; the result is a line for the user.
pub async fn run(arguments: AnimateArgs) -> Result<String> {
    // Whatever can be checked quickly is checked before models and GPU are opened.
    let target = Target::new(&arguments.out, &arguments.photo, Path::new(&arguments.driver.driver))?;
    let (picture, scaled_down) = read_photo(&arguments, target.usual_limit())?;
    let driver = Driver::open(&arguments.driver.driver, arguments.driver.rate)?;
    let models = models()?;
    // The photo's face is looked for before a GPU is opened for drawing, unless the encoder itself runs on the GPU.
    let early = if arguments.driver.device == Place::Gpu { Some(Gpu::open().await?) } else { None };
    let portrait = prepare(picture, &models, early.as_ref()).await?;
    interrupt::check()?;
    if portrait.faces > 1 {
        tell(&format!("note: {} faces in the photo, the largest usable one is animated", portrait.faces));
    }
    if scaled_down {
        let (limit, (width, height)) = (target.usual_limit(), portrait.photo.dimensions());
        tell(&format!(
            "note: drawn at {width} x {height}, as many players show no larger .mp4; --size N draws more than {limit} pixels"
        ));
    }
    let mut motions = driver.start(&models, early.as_ref())?;
    let decoder = Arc::new(ExpressionDecoder::new(&models)?);
    let refined = (!arguments.no_refine).then_some(&models);
    let painter = Painter::new(arguments.draw, early, &portrait, refined).await?;
    let frames = render(&arguments, target, Stage { painter, portrait: &portrait, decoder }, &mut motions).await?;
    let (width, height) = portrait.photo.dimensions();
    Ok(format!("{}: {frames} frames of {width} x {height}, {:.6} a second", arguments.out.display(), motions.rate))
}

/// The photo at the size that is drawn, at most `usual` pixels on its long side unless the user asks for more, and whether that made it smaller.
fn read_photo(arguments: &AnimateArgs, usual: u32) -> Result<(image::RgbaImage, bool)> {
    let path = &arguments.photo;
    let bytes = std::fs::read(path).map_err(io(path))?;
    let picture = photo::decode(&bytes, arguments.size.unwrap_or(LIMIT_SIZE))?;
    let long_side = picture.width().max(picture.height());
    Ok(match arguments.size {
        Some(size) if size > long_side => (photo::scale(&picture, size), false),
        None if long_side > usual => (photo::scale(&picture, usual), true),
        _ => (picture, false),
    })
}

async fn prepare(picture: image::RgbaImage, models: &Models, gpu: Option<&Gpu>) -> Result<Portrait> {
    let encoder = Encoder::new(models, gpu)?;
    let segmenter = Segmenter::new(models, &segmenter_device(gpu)?)?;
    Portrait::prepare(picture, &encoder, &segmenter).await
}

/// What draws.
struct Stage<'a> {
    painter: Painter,
    portrait: &'a Portrait,
    decoder: Arc<ExpressionDecoder>,
}

/// Renders one frame for each of the driver's; the number of frames.
async fn render(arguments: &AnimateArgs, target: Target, stage: Stage<'_>, motions: &mut Motions) -> Result<u64> {
    let Stage { mut painter, portrait, decoder } = stage;
    let options = ReenactmentOptions {
        measured: motions.measured,
        smooth: motions.measured,
        lost: LostFace::Hold,
        ..Default::default()
    };
    let mut reenactment = Reenactment::new(portrait, decoder, options)?;
    reenactment.set_transfer(arguments.transfer.options())?;
    if let Some(neutral) = motions.neutral.take() {
        reenactment.with_neutral(neutral)?;
    }
    let (width, height) = portrait.photo.dimensions();
    let mut output = target.begin(width, height, motions.rate)?;
    let bar = progress::bar(motions.count);
    let mut frames = 0;
    let mut seen = false;
    while let Some(motion) = motions.next().await? {
        interrupt::check()?;
        seen |= motion.is_some();
        let geometry = reenactment.drive(motion.as_ref(), frames as f64 / motions.rate)?;
        let options = RenderOptions { mark: !arguments.no_mark, ..RenderOptions::default() };
        output.write(painter.draw(portrait, &geometry, options).await?.as_ref())?;
        frames += 1;
        bar.inc(1);
    }
    bar.finish_and_clear();
    if !seen {
        return Err(Error::NoFaceInDriver);
    }
    output.finish()?;
    Ok(frames)
}
