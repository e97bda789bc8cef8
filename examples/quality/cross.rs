//! Reenactment between people: held-out faces as photos, other people's clips and emotion sheets as drivers.
//!
//! Every output frame is rendered and encoded again; "standing still" is the photo itself.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use image::RgbaImage;
use nalgebra::{UnitQuaternion, Vector2};
use ritratto::encoder::{Encoder, Tracker};
use ritratto::geometry::topology::EYES;
use ritratto::geometry::{FaceGeometry, Pose, Shape, face::eye_distance};
use ritratto::motion::{FaceMotion, TargetGeometry, coefficient, eye_width, lid_gap};
use ritratto::portrait::Portrait;
use ritratto::transfer::expression::Expression;
use ritratto::transfer::limits::TURN;
use ritratto::transfer::unfold::folded;
use ritratto::transfer::{Reenactment, ReenactmentOptions, lips};

use super::scores::Scores;
use super::stage::Stage;
use super::sweep;
use super::{Bench, picture, video};

/// Held-out people (split `val`), smiling and neutral.
pub const PHOTOS: [&str; 14] = [
    "sfhq_t2i/SDXL_0011013.jpg",
    "openpeople/P002_emo-happy.jpg",
    "london/101_neutral.jpg",
    "sfhq_t2i/FLUX1_pro_0000125.jpg",
    "london/044_smiling.jpg",
    "canada/048f.jpg",
    "sfhq/s4x8_00_01.jpg",
    "london/129_smiling.jpg",
    "openpeople/P002_angle-front.jpg",
    "sfhq_t2i/FLUX1_dev_0001965.jpg",
    "london/136_neutral.jpg",
    "canada/070f.jpg",
    "sfhq_t2i/SDXL_0016579.jpg",
    "london/138_smiling.jpg",
];
/// Clips that drive; their people are in no photo.
const CLIPS: [&str; 4] = ["g08_001", "g10_001", "g05_001", "s1_157"];
/// People whose emotion sheets drive; they are in no photo.
const SHEETS: [&str; 3] = ["P001", "P006", "P010"];
/// Time between the frames of a clip, seconds.
const CLIP_STEP: f64 = 0.04;
/// Time between the pictures of a sheet, seconds: so long that smoothing takes nothing away.
const SHEET_STEP: f64 = 1.0;
/// A driver's eye counts as closed above this blink coefficient.
const BLINK: f32 = 0.6;
/// A driver's lips count as closed below this gap, in mouth widths.
const LIPS_CLOSED: f64 = 0.012;
/// Lids of a target geometry count as shut below this gap, in eye widths.
const LIDS_SHUT: f64 = 0.08;
/// Lids that are read in a picture count as shut below this gap, in eye widths: the landmark net reads shut lids of
/// real faces as .05 to .12.
const LIDS_READ_SHUT: f64 = 0.12;
/// Lips, of a target geometry or read in a picture, count as shut below this gap, in mouth widths.
const LIPS_SHUT: f64 = 0.03;
/// A face is calm while all of these coefficients are below these values: nothing stretches its mouth, and proportions
/// can be compared. (Lips pressed by .3 widen a driver's own mouth by 11 %, a pucker of .27 narrows it by 5 %.)
const CALM: [(&str, f32); 6] = [
    ("jawOpen", 0.06),
    ("mouthSmileLeft", 0.12),
    ("mouthPucker", 0.15),
    ("mouthPressLeft", 0.15),
    ("mouthFunnel", 0.1),
    ("mouthStretchLeft", 0.15),
];
/// Side of a picture on the contact sheet, pixels.
const THUMB: u32 = 200;
/// Columns of the contact sheet.
const COLUMNS: usize = 10;

/// A driver: the motion of its face, and its pictures for the contact sheet.
struct Driver {
    name: String,
    step: f64,
    motions: Vec<FaceMotion>,
    faces: Vec<FaceGeometry>,
    pictures: Vec<RgbaImage>,
}

impl Driver {
    fn of(encoder: &Encoder, name: String, step: f64, pictures: Vec<RgbaImage>) -> Result<Self> {
        let mut driver = Self { name, step, motions: Vec::new(), faces: Vec::new(), pictures: Vec::new() };
        let mut tracker = Tracker::default();
        for picture in pictures {
            if step >= SHEET_STEP {
                tracker.reset();
                // The tracker looks at a single picture twice, because the second look is steadier.
                pollster::block_on(tracker.track(encoder, &picture))?;
            }
            let Some(seen) = pollster::block_on(tracker.track(encoder, &picture))? else { continue };
            driver.motions.push(seen.motion());
            driver.faces.push(seen.geometry());
            driver.pictures.push(picture);
        }
        ensure!(!driver.motions.is_empty(), "{} shows no face", driver.name);
        Ok(driver)
    }
}

fn drivers(data: &Path, encoder: &Encoder) -> Result<Vec<Driver>> {
    let mut out = Vec::new();
    for clip in CLIPS {
        let frames = video::frames(&data.join("clips").join(format!("{clip}.mp4")))?;
        out.push(Driver::of(encoder, clip.into(), CLIP_STEP, frames)?);
    }
    for person in SHEETS {
        let folder = data.join("faces/openpeople");
        let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
            .with_context(|| format!("{} is needed", folder.display()))?
            .map(|entry| entry.map(|e| e.path()))
            .collect::<std::io::Result<_>>()?;
        paths.retain(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            name.starts_with(person) && (name.contains("_emo-") || name.contains("angle-front"))
        });
        // "angle-front", the neutral face, comes first.
        paths.sort();
        let pictures = paths.iter().map(|path| picture(path)).collect::<Result<_>>()?;
        out.push(Driver::of(encoder, person.into(), SHEET_STEP, pictures)?);
    }
    Ok(out)
}

/// Runs all pairs and prints their table; writes a contact sheet to `sheets`.
pub async fn run(bench: &Bench, data: &Path, photos: usize, step: usize, sheets: Option<&Path>) -> Result<()> {
    let drivers = drivers(data, &bench.encoder)?;
    println!("Between people, standing still -> Ritratto, on {}", bench.gpu.describe());
    Scores::header();
    let mut all = Scores::default();
    let mut rows = Vec::new();
    for photo in PHOTOS.iter().take(if photos == 0 { PHOTOS.len() } else { photos }) {
        let prepared =
            Portrait::prepare(picture(&data.join("faces").join(photo))?, &bench.encoder, &bench.segmenter).await?;
        let mut row = vec![thumb(&prepared.photo, &prepared.face)];
        for driver in &drivers {
            let mut scores = Scores::default();
            let pictures = pair(bench, &prepared, driver, step, &mut scores).await?;
            scores.row(&format!(
                "{} x {}",
                Path::new(photo).file_stem().unwrap_or_default().to_string_lossy(),
                driver.name
            ));
            all.merge(&scores);
            row.extend(pictures);
        }
        sweep::run(bench, &prepared, &mut all).await?;
        rows.push(row);
    }
    all.summary();
    if let Some(folder) = sheets {
        contact_sheet(&drivers, &rows).save(folder.join("cross.png"))?;
    }
    Ok(())
}

/// Frames of a driver that are shown on the contact sheet.
fn shown(driver: &Driver) -> Vec<usize> {
    let count = if driver.step >= SHEET_STEP { 2 } else { 1 };
    let lively = |motion: &FaceMotion| -> f32 {
        let change = motion.coefficients.iter().zip(&driver.motions[0].coefficients).skip(1);
        change.map(|(a, b)| (a - b).abs()).sum()
    };
    let mut order: Vec<usize> = (0..driver.motions.len()).collect();
    order.sort_by(|&a, &b| lively(&driver.motions[b]).total_cmp(&lively(&driver.motions[a])));
    order.truncate(count);
    order.sort_unstable();
    order
}

async fn pair(
    bench: &Bench,
    photo: &Portrait,
    driver: &Driver,
    step: usize,
    scores: &mut Scores,
) -> Result<Vec<RgbaImage>> {
    let mut stage = Stage::new(bench, photo)?;
    let sheet = driver.step >= SHEET_STEP;
    let options = ReenactmentOptions { smooth: !sheet, ..Default::default() };
    let mut drive = Reenactment::new(photo, bench.decoder.clone(), options)?;
    let rest = bench.observe(&photo.photo, &photo.face).await?.context("the photo's face is lost")?;
    let marked = shown(driver);
    let mut pictures = Vec::new();
    let mut trail = Trail::default();
    for (index, motion) in driver.motions.iter().enumerate() {
        let target = drive.drive(Some(motion), index as f64 * driver.step)?;
        if !sheet {
            trail.push(photo, &target, &driver.faces[index]);
        }
        let shown = marked.contains(&index);
        if !sheet && index % step != 0 && !shown {
            continue;
        }
        let output = stage.render(photo, &target).await?;
        let placed = moved(photo, &target);
        if shown {
            pictures.push(thumb(&output, &photo.face));
        }
        let Some(again) = bench.observe(&output, &placed).await? else {
            scores.lost += 1.0;
            continue;
        };
        let plain = Expression { emphasis: 0.0, ..Expression::of(motion.coefficients, &photo.coefficients) };
        let plain = TargetGeometry { shape: drive.person().shape(&plain), ..TargetGeometry::of(&photo.rest()) };
        let landmarks_only = bench.encoder.coefficients(&moved(photo, &plain).landmarks).await?;
        let frame = again.motion();
        scores.expression(&motion.coefficients, &rest.coefficients, &frame.coefficients, &landmarks_only);
        closing(scores, motion, &frame, &target);
        turning(scores, &driver.motions[0].pose, motion, &rest.motion().pose, &frame.pose);
        if calm(motion) && calm(&rest.motion()) {
            let (own, start) = (proportions(&photo.face.shape), proportions(&driver.motions[0].shape));
            let pairs = [(&target.shape, own), (&frame.shape, own), (&motion.shape, start)];
            scores.proportions(pairs.map(|(shape, own)| {
                let now = proportions(shape);
                [0, 1, 2].map(|k| now[k] / own[k] - 1.0)
            }));
        }
        scores.folds += folded(&photo.face.shape, &target.shape) as f64;
    }
    scores.flicker(&trail.output, &trail.driver);
    scores.close_pair();
    Ok(pictures)
}

/// The face that a target geometry has in the photo's picture.
pub fn moved(photo: &Portrait, target: &TargetGeometry) -> FaceGeometry {
    let camera = photo.face.camera;
    let depth = -target.pose.translation.z;
    let landmarks = target.shape.iter().map(|point| {
        let placed = target.pose.apply(point);
        let p = camera.project(&placed);
        let z = (-placed.z / depth - 1.0) / camera.near_plane().x * camera.width;
        [p.x as f32, p.y as f32, z as f32]
    });
    let landmarks: Vec<[f32; 3]> = landmarks.collect();
    FaceGeometry::fit(&landmarks, photo.photo.width(), photo.photo.height())
}

fn closing(scores: &mut Scores, driver: &FaceMotion, output: &FaceMotion, target: &TargetGeometry) {
    for (eye, name) in EYES.iter().zip(["eyeBlinkRight", "eyeBlinkLeft"]) {
        if driver.coefficients[coefficient(name)] > BLINK {
            let gap = |shape: &Shape| lid_gap(shape, eye) / eye_width(shape, eye).max(1e-6);
            let read = |shape| gap(shape) < LIDS_READ_SHUT;
            scores.lids.add(gap(&target.shape) < LIDS_SHUT, read(&output.shape), read(&driver.shape));
        }
    }
    let middle = |gaps: [f64; lips::PAIRS]| gaps[lips::PAIRS / 2];
    if middle(lips::gaps(&driver.shape)) < LIPS_CLOSED {
        let [gap, again] = [&target.shape, &output.shape].map(|shape| middle(lips::gaps(shape)));
        scores.lips.add(gap < LIPS_SHUT, again < LIPS_SHUT, true);
    }
}

fn turning(scores: &mut Scores, start: &Pose, driver: &FaceMotion, rest: &Pose, output: &Pose) {
    let from = |a: &Pose, b: &Pose| UnitQuaternion::from_rotation_matrix(&(b.rotation * a.rotation.inverse()));
    let (wanted, shown) = (from(start, &driver.pose), from(rest, output));
    if wanted.angle().to_degrees() < TURN[0] {
        scores.turn.push(wanted.angle_to(&shown).to_degrees());
    }
}

/// Whether nothing stretches the mouth.
fn calm(face: &FaceMotion) -> bool {
    CALM.iter().all(|&(name, limit)| face.coefficients[coefficient(name)] < limit)
}

/// Face height, nose length and mouth width over the eye distance.
fn proportions(shape: &Shape) -> [f64; 3] {
    let d = |a: usize, b: usize| (shape[a] - shape[b]).norm();
    [d(10, 152), d(6, 2), d(61, 291)].map(|length| length / d(33, 263).max(1e-6))
}

/// Places of landmarks over time, in units of the eye distance.
#[derive(Default)]
struct Trail {
    output: Vec<Vec<Vector2<f64>>>,
    driver: Vec<Vec<Vector2<f64>>>,
}

impl Trail {
    fn push(&mut self, photo: &Portrait, target: &TargetGeometry, driver: &FaceGeometry) {
        let own = photo.face.eye_distance().max(1.0);
        self.output.push(photo.face.project(&target.shape, &target.pose).into_iter().map(|p| p / own).collect());
        let other = eye_distance(&driver.landmarks).max(1.0);
        let places = driver.landmarks.iter();
        self.driver.push(places.map(|p| Vector2::new(f64::from(p[0]), f64::from(p[1])) / other).collect());
    }
}

/// The face of a picture, cropped and scaled.
fn thumb(picture: &RgbaImage, face: &FaceGeometry) -> RgbaImage {
    let (mut low, mut high) = ([f32::MAX; 2], [f32::MIN; 2]);
    for p in &face.landmarks {
        for k in 0..2 {
            low[k] = low[k].min(p[k]);
            high[k] = high[k].max(p[k]);
        }
    }
    let side = 1.35 * (high[0] - low[0]).max(high[1] - low[1]);
    let limit = picture.width().min(picture.height());
    let side = (side as u32).clamp(1, limit);
    let corner =
        |k: usize, size: u32| (((low[k] + high[k]) / 2.0 - side as f32 / 2.0).max(0.0) as u32).min(size - side);
    let (x, y) = (corner(0, picture.width()), corner(1, picture.height()));
    let cut = image::imageops::crop_imm(picture, x, y, side, side).to_image();
    image::imageops::resize(&cut, THUMB, THUMB, image::imageops::FilterType::Triangle)
}

/// Drivers above, photos at the left, results between.
fn contact_sheet(drivers: &[Driver], rows: &[Vec<RgbaImage>]) -> RgbaImage {
    let top: Vec<RgbaImage> =
        drivers.iter().flat_map(|d| shown(d).into_iter().map(|i| thumb(&d.pictures[i], &d.faces[i]))).collect();
    let columns = COLUMNS.min(top.len()) + 1;
    let mut out = RgbaImage::new(THUMB * columns as u32, THUMB * (rows.len() as u32 + 1));
    let mut put = |picture: &RgbaImage, x: usize, y: usize| {
        image::imageops::replace(&mut out, picture, i64::from(THUMB) * x as i64, i64::from(THUMB) * y as i64);
    };
    for (x, picture) in top.iter().take(COLUMNS).enumerate() {
        put(picture, x + 1, 0);
    }
    for (y, row) in rows.iter().enumerate() {
        for (x, picture) in row.iter().take(columns).enumerate() {
            put(picture, x, y + 1);
        }
    }
    out
}
