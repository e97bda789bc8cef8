//! A whole driven frame on the adapter: encoder, transfer, generator, refiner.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use image::{Rgba, RgbaImage, imageops};
use pollster::block_on;
use ritratto::encoder::{Encoder, FrameTexture, Tracker};
use ritratto::generator::{Generator, RenderOptions, Scene, SoftwareScene};
use ritratto::gpu::Gpu;
use ritratto::models::Models;
use ritratto::motion::{FaceMotion, TargetGeometry};
use ritratto::portrait::Portrait;
use ritratto::refiner::{Refiner, Retouch};
use ritratto::transfer::{ExpressionDecoder, Reenactment, ReenactmentOptions};

use super::draw::{portrait, targets};
use super::times::{Spread, repeated};

/// Long side of the picture that is drawn, pixels.
const SIDE: u32 = 512;
/// Width and height of the driver's frames, pixels, as most cameras have them.
const CAMERA: [u32; 2] = [640, 480];
/// Driver's frames a second.
const RATE: f64 = 30.0;
/// Frames that are drawn in a row without waiting until they are done.
const FLOWING: u32 = 200;
/// Longest time for these; if it is over, fewer frames are drawn.
const LONGEST: Duration = Duration::from_secs(10);

/// Prints how long the stages of a frame take, each waited for, and the whole frame, waited for at its end or not at all.
pub fn run(models: &Models) -> Result<()> {
    let gpu = block_on(Gpu::open())?;
    let mut show = Show::new(gpu, models)?;
    let (width, height) = show.portrait.photo.dimensions();
    let [across, down] = CAMERA;
    println!("\na driven frame, {across} x {down} to {width} x {height}: {}", show.gpu.describe());
    println!("{:<44} {:>22}", "each stage waited for", "ms");
    for (name, spread) in STAGES.iter().zip(repeated(|| show.stages())?) {
        row(name, &spread);
    }
    let [idle] = repeated(|| timed(|| show.nothing()))?;
    row("a submission of nothing", &idle);
    println!("waited for at the end of a frame");
    for (name, comes) in [("frame on the GPU already", false), ("upload of the driver's frame and all", true)] {
        let [frame] = repeated(|| timed(|| show.frame(comes).and_then(|()| show.finish())))?;
        row(name, &frame);
    }
    println!("only the encoder's answers waited for");
    for (name, comes) in [("frame on the GPU already", false), ("upload of the driver's frame and all", true)] {
        let (start, mut count) = (Instant::now(), 0);
        while count < FLOWING && start.elapsed() < LONGEST {
            show.frame(comes)?;
            count += 1;
        }
        show.finish()?;
        let seconds = start.elapsed().as_secs_f64();
        println!("{name:<44} {count} frames in {seconds:.2} s, {:.1} a second", f64::from(count) / seconds);
    }
    println!("of {} frames, {} had a face, {} were refined", show.count, show.seen, show.refined);
    Ok(())
}

/// What [`Show::stages`] times.
const STAGES: [&str; 7] = [
    "encoder, read-back and all",
    "transfer, on the CPU",
    "generator, until the queue has it",
    "generator, until it is drawn",
    "refiner, until the queue has it",
    "refiner, until it is drawn",
    "all of them",
];

fn row(name: &str, spread: &Spread) {
    println!("{name:<44} {:>22}", spread.to_string());
}

fn timed(mut run: impl FnMut() -> Result<()>) -> Result<[f64; 1]> {
    let start = Instant::now();
    run()?;
    Ok([start.elapsed().as_secs_f64()])
}

/// Everything that a program which drives a portrait has.
struct Show {
    gpu: Gpu,
    encoder: Encoder,
    tracker: Tracker,
    reenactment: Reenactment,
    generator: Generator,
    scene: Scene,
    refiner: Refiner,
    retouch: Retouch,
    portrait: Portrait,
    /// The driver's frames, and the texture in which the encoder finds each.
    pictures: Vec<(RgbaImage, FrameTexture)>,
    /// Frames so far.
    count: usize,
    /// Frames so far in which there was a face.
    seen: usize,
    /// Frames so far that the refiner has changed.
    refined: usize,
}

impl Show {
    fn new(gpu: Gpu, models: &Models) -> Result<Self> {
        let portrait = portrait(models, "asha.jpg", SIDE)?;
        let encoder = Encoder::new(models, Some(&gpu))?;
        let place = |picture: RgbaImage| {
            let frame = encoder.frame_texture(CAMERA, false).context("the encoder does not run on the GPU")?;
            upload(&gpu, &picture, &frame);
            Ok((picture, frame))
        };
        let pictures = driver(models)?.into_iter().map(place).collect::<Result<Vec<_>>>()?;
        let decoder = Arc::new(ExpressionDecoder::new(models)?);
        let reenactment = Reenactment::new(&portrait, decoder, ReenactmentOptions::default())?;
        let generator = Generator::new(&gpu)?;
        let scene = generator.load(&portrait)?;
        let refiner = Refiner::new(&gpu, models, true)?;
        let retouch = refiner.prepare(&portrait, &scene)?;
        let tracker = Tracker::default();
        let (count, seen, refined) = (0, 0, 0);
        Ok(Self {
            gpu,
            encoder,
            tracker,
            reenactment,
            generator,
            scene,
            refiner,
            retouch,
            portrait,
            pictures,
            count,
            seen,
            refined,
        })
    }

    /// Seconds of each of [`STAGES`].
    fn stages(&mut self) -> Result<[f64; STAGES.len()]> {
        let start = Instant::now();
        let mut before = 0.0;
        let mut lap = || {
            let now = start.elapsed().as_secs_f64();
            now - std::mem::replace(&mut before, now)
        };
        let seen = self.encode(false)?;
        let encode = lap();
        let target = self.transfer(seen)?;
        let transfer = lap();
        self.generator.render(&mut self.scene, &self.portrait, &target, RenderOptions::default().to_refine());
        let recorded = lap();
        self.finish()?;
        let drawn = lap();
        self.refine(&target)?;
        let given = lap();
        self.finish()?;
        let refined = lap();
        let all = start.elapsed().as_secs_f64();
        Ok([encode, transfer, recorded, recorded + drawn, given, given + refined, all])
    }

    /// A frame as the program draws it: nothing after the encoder is waited for. `comes`: the driver's frame is uploaded.
    fn frame(&mut self, comes: bool) -> Result<()> {
        let seen = self.encode(comes)?;
        let target = self.transfer(seen)?;
        self.generator.render(&mut self.scene, &self.portrait, &target, RenderOptions::default().to_refine());
        self.refine(&target)
    }

    /// The face in the driver's next frame, if there is one.
    fn encode(&mut self, comes: bool) -> Result<Option<FaceMotion>> {
        let (picture, frame) = self.pictures.get(self.count % self.pictures.len().max(1)).context("no frames")?;
        if comes {
            upload(&self.gpu, picture, frame);
        }
        self.count += 1;
        let seen = block_on(self.tracker.track(&self.encoder, frame))?.map(|seen| seen.motion());
        self.seen += usize::from(seen.is_some());
        Ok(seen)
    }

    fn transfer(&mut self, seen: Option<FaceMotion>) -> Result<TargetGeometry> {
        Ok(self.reenactment.drive(seen.as_ref(), self.count as f64 / RATE)?)
    }

    fn refine(&mut self, target: &TargetGeometry) -> Result<()> {
        let changed = block_on(self.refiner.refine(&mut self.retouch, &self.portrait, target))?;
        self.refined += usize::from(changed);
        Ok(())
    }

    /// Waits until the queue is empty.
    fn finish(&self) -> Result<()> {
        self.gpu.device.poll(wgpu::PollType::wait_indefinitely())?;
        self.gpu.take_error().map_or(Ok(()), |error| Err(error.into()))
    }

    /// Submits nothing and waits for it: the time that every wait costs.
    fn nothing(&self) -> Result<()> {
        self.gpu.queue.submit([]);
        self.finish()
    }
}

fn upload(gpu: &Gpu, picture: &RgbaImage, frame: &FrameTexture) {
    let texture = frame.texture();
    let [row, rows] = [Some(4 * picture.width()), Some(picture.height())];
    let layout = wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: row, rows_per_image: rows };
    gpu.queue.write_texture(texture.as_image_copy(), picture, layout, texture.size());
}

/// Frames of another person who talks, drawn by the CPU.
fn driver(models: &Models) -> Result<Vec<RgbaImage>> {
    let person = portrait(models, "marta.jpg", CAMERA[1])?;
    let mut scene = SoftwareScene::new(&person)?;
    let shown = targets(&person, models)?.into_iter().map(|target| {
        scene.render(&person, &target, RenderOptions::UNMARKED);
        let drawn = scene.output();
        let mut frame = RgbaImage::from_pixel(CAMERA[0], CAMERA[1], Rgba([128, 128, 128, 255]));
        let left = i64::from(CAMERA[0].saturating_sub(drawn.width()) / 2);
        imageops::overlay(&mut frame, drawn, left, 0);
        frame
    });
    Ok(shown.collect())
}
