//! The generator on the CPU and on an adapter.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result};
use pollster::block_on;
use ritratto::encoder::Encoder;
use ritratto::generator::{Generator, RenderOptions, SoftwareScene};
use ritratto::gpu::Gpu;
use ritratto::models::Models;
use ritratto::motion::TargetGeometry;
use ritratto::motion::builtin;
use ritratto::photo;
use ritratto::portrait::{Portrait, Segmenter};
use ritratto::refiner::SoftwareRefiner;
use ritratto::transfer::{ExpressionDecoder, Reenactment, ReenactmentOptions};

use super::times::{in_turns, repeated};

/// Long side of the picture that is drawn, pixels.
const SIDE: u32 = 640;
/// How many frames of the motion are drawn.
const FRAMES: usize = 24;
/// One in this many of the motion's frames is drawn.
const EVERY: usize = 5;

/// Scales that are measured: pixels of the photo that an output pixel covers along each axis.
const SCALES: [f32; 3] = [1.0, 1.5, 2.0];

/// Prints how long a frame of a talking head takes on the CPU (`RAYON_NUM_THREADS` threads) and on the adapter, in turns; until it is done, not read back.
pub fn run(models: &Models) -> Result<()> {
    let portrait = portrait(models, "asha.jpg", SIDE)?;
    let targets = targets(&portrait, models)?;
    let gpu = block_on(Gpu::open())?;
    let generator = Generator::new(&gpu)?;
    let (mut on_gpu, mut on_cpu) = (generator.load(&portrait)?, SoftwareScene::new(&portrait)?);
    let (width, height) = portrait.photo.dimensions();
    println!(
        "\ngenerator, {width} x {height}, talking: {}, ours on {} threads",
        gpu.describe(),
        rayon::current_num_threads()
    );
    println!("{:<16} {:>22} {:>22} {:>7}", "output", "adapter, ms", "ours, ms", "ratio");
    let options = RenderOptions::default();
    for scale in SCALES {
        generator.rescale(&mut on_gpu, scale);
        on_cpu.rescale(scale);
        let done = || Ok(gpu.device.poll(wgpu::PollType::wait_indefinitely()).map(|_| ())?);
        let (mut first, mut second) = (targets.iter().cycle(), targets.iter().cycle());
        let mut adapter = || {
            generator.render(&mut on_gpu, &portrait, first.next().context("no frames")?, options);
            done()
        };
        let mut ours = || {
            on_cpu.render(&portrait, second.next().context("no frames")?, options);
            Ok(())
        };
        let [adapter, ours] = in_turns([&mut adapter, &mut ours], done)?;
        let (width, height) = on_cpu.output().dimensions();
        let size = format!("{width} x {height}");
        println!(
            "{size:<16} {:>22} {:>22} {:>7.1}",
            adapter.to_string(),
            ours.to_string(),
            adapter.median / ours.median
        );
    }
    refined(&portrait, &targets, models)
}

/// Prints how long the refiner takes on one core, after each frame that the CPU has drawn, with nets that look at each frame and at every
/// second one in turns.
fn refined(portrait: &Portrait, targets: &[TargetGeometry], models: &Models) -> Result<()> {
    let refiner = SoftwareRefiner::new(models)?;
    let mut scene = SoftwareScene::new(portrait)?;
    let mut retouches = [refiner.prepare(portrait)?, refiner.prepare(portrait)?];
    retouches[1].set_interval(2);
    println!("{:<16} {:>22} {:>22} {:>22} {:>7}", "output", "drawing, ms", "refining, ms", "in turns, ms", "ratio");
    for scale in SCALES {
        scene.rescale(scale);
        let mut targets = targets.iter().cycle();
        let [drawing, refining, in_turns] = repeated(|| {
            let target = targets.next().context("no frames")?;
            let mut times = [0.0; 3];
            for (k, retouch) in (1..).zip(&mut retouches) {
                let begun = Instant::now();
                scene.render(portrait, target, RenderOptions::default().to_refine());
                let drawn = begun.elapsed();
                refiner.refine(retouch, portrait, target, &mut scene)?;
                (times[0], times[k]) = (drawn.as_secs_f64(), (begun.elapsed() - drawn).as_secs_f64());
            }
            Ok(times)
        })?;
        let (width, height) = scene.output().dimensions();
        println!(
            "{:<16} {:>22} {:>22} {:>22} {:>7.1}",
            format!("{width} x {height}"),
            drawing.to_string(),
            refining.to_string(),
            in_turns.to_string(),
            refining.median / in_turns.median
        );
    }
    Ok(())
}

/// One of the page's sample photos, its long side so many pixels.
pub fn portrait(models: &Models, sample: &str, side: u32) -> Result<Portrait> {
    let path = super::repository().join("www/samples").join(sample);
    let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
    let segmenter = Segmenter::new(models, &burn::tensor::Device::flex())?;
    Ok(block_on(Portrait::prepare(photo::decode(&bytes, side)?, &Encoder::new(models, None)?, &segmenter))?)
}

/// A portrait that talks.
pub fn targets(portrait: &Portrait, models: &Models) -> Result<Vec<TargetGeometry>> {
    let track = builtin::track("talking", models)?;
    let options = ReenactmentOptions { measured: false, smooth: false, ..Default::default() };
    let mut reenactment = Reenactment::new(portrait, Arc::new(ExpressionDecoder::new(models)?), options)?;
    reenactment.with_neutral(track.neutral().clone())?;
    let shown = track.frames().step_by(EVERY).take(FRAMES).enumerate();
    shown.map(|(k, frame)| Ok(reenactment.drive(frame.as_ref(), (k * EVERY) as f64 / track.rate())?)).collect()
}
