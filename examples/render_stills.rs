//! Renders a contact sheet of poses and expressions of one portrait.
//!
//! `cargo run --release --example render_stills -- PHOTO OUT.png [--only NAME,NAME] [--driver NEUTRAL CURRENT] [--parts FOLDER]`
//!
//! `--driver` takes two pictures of another person, `--parts` writes matte and plate.

#[path = "../tests/render_support/poses.rs"]
mod poses;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};
use image::RgbaImage;
use nalgebra::{Rotation3, Vector3};
use poses::{close_eye, look, turn};
use ritratto::encoder::{Encoder, Tracker};
use ritratto::generator::{Generator, RenderOptions};
use ritratto::geometry::topology::{EYES, INNER_LIPS, LIPS};
use ritratto::geometry::{CanonicalFace, VERTICES, smoothstep};
use ritratto::gpu::Gpu;
use ritratto::models::Models;
use ritratto::motion::{FaceMotion, TargetGeometry};
use ritratto::portrait::{Portrait, Segmenter};
use ritratto::transfer::{ExpressionDecoder, Reenactment, ReenactmentOptions};

/// A picture by its content: some files have the wrong ending.
fn open(path: &str) -> Result<RgbaImage> {
    Ok(image::ImageReader::open(path)?.with_guessed_format()?.decode()?.into_rgba8())
}

async fn motion(encoder: &Encoder, path: &str) -> Result<FaceMotion> {
    match Tracker::default().track(encoder, &open(path)?).await? {
        Some(observation) => Ok(observation.motion()),
        None => bail!("there is no face in {path}"),
    }
}

/// Opens the jaw: everything below the mouth's middle turns around the hinge before the ears.
fn jaw(mut target: TargetGeometry, degrees: f64) -> TargetGeometry {
    let canonical = CanonicalFace::get();
    let reach = canonical.distance_to(&[17, 152, 14, 87, 317, 148, 377]);
    let middle = (target.shape[13].y + target.shape[14].y) / 2.0;
    let hinge = Vector3::new(0.0, target.shape[127].y - 1.0, target.shape[127].z);
    let upper: Vec<usize> = INNER_LIPS[11..]
        .iter()
        .copied()
        .chain([0, 37, 39, 40, 267, 269, 270, 11, 12, 72, 73, 74, 302, 303, 304, 38, 41, 42, 268, 271, 272])
        .collect();
    let turn = Rotation3::from_axis_angle(&Vector3::x_axis(), degrees.to_radians());
    let shape = target.shape.clone();
    for i in 0..VERTICES {
        if upper.contains(&i) {
            continue;
        }
        let below = if LIPS.contains(&i) { 1.0 } else { smoothstep(middle + 0.8 - shape[i].y, 0.0, 1.6) };
        let corner =
            1.0 - smoothstep((shape[i].x.abs() - 1.2).max(0.0), 0.0, 1.6) * if LIPS.contains(&i) { 0.75 } else { 0.0 };
        let weight = below * corner * (1.0 - smoothstep(reach[i], 1.5, 8.0));
        let moved = hinge + turn * (shape[i] - hinge);
        target.shape[i] += (moved - shape[i]) * weight;
    }
    target
}

/// Pulls the corners of the mouth up and out, centimetres.
fn smile(mut target: TargetGeometry, amount: f64) -> TargetGeometry {
    let canonical = CanonicalFace::get();
    for (corner, side) in [(61, -1.0), (291, 1.0)] {
        for (i, distance) in canonical.distance_to(&[corner]).into_iter().enumerate() {
            let weight = 1.0 - smoothstep(distance, 0.0, 3.6);
            target.shape[i] += Vector3::new(side * 0.6, 0.5, -0.3) * (amount * weight);
        }
    }
    target
}

fn cases(portrait: &Portrait, driven: Option<TargetGeometry>) -> Vec<(&'static str, TargetGeometry)> {
    let rest = || TargetGeometry::of(&portrait.rest());
    let moved = |x: f64, y: f64, ratio: f64| {
        let mut target = rest();
        target.pose.translation += Vector3::new(x, y, 0.0);
        target.pose.translation.z *= ratio;
        target
    };
    let both = |open: f64| close_eye(close_eye(rest(), &EYES[0], open), &EYES[1], open);
    let mut cases = vec![
        ("rest", rest()),
        ("yaw+15", turn(rest(), 15.0, 0.0, 0.0)),
        ("yaw-15", turn(rest(), -15.0, 0.0, 0.0)),
        ("yaw+25", turn(rest(), 25.0, 0.0, 0.0)),
        ("yaw-25", turn(rest(), -25.0, 0.0, 0.0)),
        ("pitch+12", turn(rest(), 0.0, 12.0, 0.0)),
        ("pitch-12", turn(rest(), 0.0, -12.0, 0.0)),
        ("roll+12", turn(rest(), 0.0, 0.0, 12.0)),
        ("closer", moved(0.0, 0.0, 0.88)),
        ("farther", moved(1.0, -0.5, 1.12)),
        ("blink50", both(0.5)),
        ("blink75", both(0.25)),
        ("closed", both(0.0)),
        ("wink", close_eye(rest(), &EYES[1], 0.0)),
        ("left", look(rest(), -0.35, 0.0)),
        ("right", look(rest(), 0.35, 0.0)),
        ("up", look(rest(), 0.0, 0.2)),
        ("jaw5", jaw(rest(), 5.0)),
        ("jaw12", jaw(rest(), 12.0)),
        ("jaw22", jaw(rest(), 22.0)),
        ("smile", smile(rest(), 0.8)),
        ("laugh", jaw(smile(rest(), 1.0), 8.0)),
        ("talk", turn(jaw(smile(rest(), 0.2), 6.0), 12.0, 4.0, 3.0)),
    ];
    if let Some(mut target) = driven {
        cases.push(("driven", target.clone()));
        target.pose = portrait.face.pose;
        cases.push(("expression", target));
    }
    cases
}

fn main() -> Result<()> {
    pollster::block_on(run())
}

async fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [photo, out, options @ ..] = &arguments[..] else {
        bail!("usage: render_stills PHOTO OUT.png [--only NAME,NAME] [--driver NEUTRAL CURRENT] [--parts FOLDER]");
    };
    let option = |name: &str| options.iter().position(|o| o == name).map(|i| &options[i + 1..]);
    let gpu = Gpu::open().await?;
    println!("{}", gpu.describe());
    let device = burn::tensor::Device::flex();
    let models = Models::from_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("models"))?;
    let encoder = Encoder::new(&models, None)?;
    let segmenter = Segmenter::new(&models, &device)?;
    let portrait = Portrait::prepare(open(photo)?, &encoder, &segmenter).await?;
    if let Some([folder, ..]) = option("--parts") {
        portrait.matte.save(Path::new(folder).join("matte.png"))?;
        portrait.plate.save(Path::new(folder).join("plate.png"))?;
    }
    let driven = match option("--driver") {
        Some([neutral, current, ..]) => {
            let options = ReenactmentOptions { smooth: false, ..Default::default() };
            let mut drive = Reenactment::new(&portrait, Arc::new(ExpressionDecoder::new(&models)?), options)?;
            drive.with_neutral(motion(&encoder, neutral).await?)?;
            Some(drive.drive(Some(&motion(&encoder, current).await?), 0.0)?)
        }
        _ => None,
    };
    let only = option("--only").and_then(|o| o.first());
    let mut cases = cases(&portrait, driven);
    cases.retain(|(name, _)| only.is_none_or(|only| only.split(',').any(|o| o == *name)));

    let generator = Generator::new(&gpu)?;
    let mut scene = generator.load(&portrait)?;
    let (width, height) = portrait.photo.dimensions();
    let columns = (cases.len() as u32).clamp(1, 6);
    let mut sheet = RgbaImage::new(width * columns, height * (cases.len() as u32).div_ceil(columns));
    let start = std::time::Instant::now();
    for (i, (name, target)) in (0..).zip(&cases) {
        generator.render(
            &mut scene,
            &portrait,
            target,
            RenderOptions { mark: *name != "rest", ..RenderOptions::default() },
        );
        let frame = gpu.read(scene.output()).await?;
        println!("row {} column {}: {name}", i / columns + 1, i % columns + 1);
        if *name == "rest" {
            println!("rest is the photo: {}", frame == portrait.photo);
        }
        image::imageops::replace(&mut sheet, &frame, i64::from(i % columns * width), i64::from(i / columns * height));
    }
    let each = 1000.0 * start.elapsed().as_secs_f64() / cases.len().max(1) as f64;
    println!("{} frames of {width} x {height}, {each:.0} ms each with read-back", cases.len());
    sheet.save(out)?;
    Ok(())
}
