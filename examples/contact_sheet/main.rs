//! Contact sheets, for looking at what is made: a row a photo (two with `--both`), a column a look. Drawn on the CPU.
//!
//! `cargo run --release --example contact_sheet -- --out SHEET.png --look "calm jawOpen=.5" --look @laugh:35 PHOTO...`

#[path = "../support/calm.rs"]
mod calm;
mod look;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use burn::tensor::Device;
use clap::{Parser, ValueEnum};
use image::imageops::{FilterType, crop_imm, replace, resize};
use image::{GrayImage, Rgb, RgbImage, RgbaImage};
use look::Look;
use ritratto::encoder::Encoder;
use ritratto::generator::{RenderOptions, SoftwareScene};
use ritratto::geometry::topology::{EYES, LIPS};
use ritratto::models::Models;
use ritratto::portrait::{Portrait, Segmenter};
use ritratto::refiner::SoftwareRefiner;
use ritratto::transfer::ExpressionDecoder;

/// Draws photos in expressions and poses, side by side.
#[derive(Parser)]
struct Arguments {
    /// Photos; of a `.txt` file, one a line.
    #[arg(required = true)]
    photos: Vec<PathBuf>,
    /// Where the sheet goes.
    #[arg(long)]
    out: PathBuf,
    /// What a column shows: `@MOTION:FRAME`, or words such as `calm jawOpen=.5 mouthSmile*=.6 yaw=10`. Without any, the
    /// photo as it is.
    #[arg(long)]
    look: Vec<String>,
    /// What of a photo is shown.
    #[arg(long, value_enum, default_value_t = Part::Face)]
    part: Part,
    /// Long side of what is shown of a photo, pixels.
    #[arg(long, default_value_t = 360)]
    side: u32,
    /// Geometry alone, without the refiner.
    #[arg(long, conflicts_with = "both")]
    plain: bool,
    /// Geometry alone in a row above.
    #[arg(long)]
    both: bool,
    /// Also write each photo's matte, its background plate, and the person on green, to this folder.
    #[arg(long)]
    layers: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Part {
    Whole,
    Face,
    Mouth,
    Eyes,
}

impl Part {
    /// Left, top, width and height in a photo, pixels.
    fn of(self, portrait: &Portrait) -> [u32; 4] {
        let (width, height) = portrait.photo.dimensions();
        let eyes: Vec<usize> = EYES.iter().flat_map(|eye| eye.lids).collect();
        let every: Vec<usize> = (0..portrait.face.landmarks.len()).collect();
        // What is added on each side, in widths of what the landmarks cover: left and right, above, below.
        let (of, [aside, above, below]) = match self {
            Self::Whole => return [0, 0, width, height],
            Self::Face => (&every[..], [0.35, 0.45, 0.35]),
            Self::Mouth => (&LIPS[..], [0.4, 0.4, 0.6]),
            Self::Eyes => (&eyes[..], [0.2, 0.25, 0.2]),
        };
        let (mut low, mut high) = ([f32::MAX; 2], [f32::MIN; 2]);
        for place in of.iter().map(|&i| portrait.face.landmarks[i]) {
            for k in 0..2 {
                low[k] = low[k].min(place[k]);
                high[k] = high[k].max(place[k]);
            }
        }
        let span = high[0] - low[0];
        let (low, high) =
            ([low[0] - aside * span, low[1] - above * span], [high[0] + aside * span, high[1] + below * span]);
        let [left, top] = [(low[0], width), (low[1], height)].map(|(at, size)| (at.max(0.0) as u32).min(size - 1));
        let [right, bottom] = [(high[0], width), (high[1], height)].map(|(at, size)| (at.max(1.0) as u32).min(size));
        [left, top, right.saturating_sub(left).max(1), bottom.saturating_sub(top).max(1)]
    }
}

/// The photos that were named, with those of lists.
fn photos(named: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for path in named {
        if path.extension().is_some_and(|end| end == "txt") {
            let list = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
            all.extend(list.lines().map(str::trim).filter(|line| !line.is_empty()).map(PathBuf::from));
        } else {
            all.push(path.clone());
        }
    }
    Ok(all)
}

fn write_layers(folder: &Path, name: &str, portrait: &Portrait) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    portrait.matte.save(folder.join(format!("{name}-matte.png")))?;
    portrait.plate.save(folder.join(format!("{name}-plate.png")))?;
    on_green(&portrait.photo, &portrait.matte).save(folder.join(format!("{name}-green.png")))?;
    Ok(())
}

/// The person on plain green, on which every fault of the matte shows.
fn on_green(photo: &RgbaImage, matte: &GrayImage) -> RgbImage {
    RgbImage::from_fn(photo.width(), photo.height(), |x, y| {
        let alpha = f32::from(matte.get_pixel(x, y).0[0]) / 255.0;
        let colour = photo.get_pixel(x, y).0;
        let behind = [60.0, 190.0, 90.0];
        Rgb([0, 1, 2].map(|c| (f32::from(colour[c]) * alpha + behind[c] * (1.0 - alpha)).round() as u8))
    })
}

fn main() -> Result<()> {
    pollster::block_on(run(&Arguments::parse()))
}

/// What draws a photo's looks.
struct Studio {
    encoder: Encoder,
    segmenter: Segmenter,
    decoder: Arc<ExpressionDecoder>,
    refiner: Option<SoftwareRefiner>,
    looks: Vec<Look>,
}

impl Studio {
    fn open(arguments: &Arguments) -> Result<Self> {
        let models = Models::from_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("models"))?;
        let photo_as_it_is = [String::new()];
        let named = if arguments.look.is_empty() { &photo_as_it_is[..] } else { &arguments.look };
        Ok(Self {
            encoder: Encoder::new(&models, None)?,
            segmenter: Segmenter::new(&models, &Device::flex())?,
            decoder: Arc::new(ExpressionDecoder::new(&models)?),
            refiner: if arguments.plain { None } else { Some(SoftwareRefiner::new(&models)?) },
            looks: named.iter().map(|look| Look::parse(look, &models)).collect::<Result<_>>()?,
        })
    }

    async fn prepare(&self, path: &Path) -> Result<Portrait> {
        let photo = ritratto::photo::decode(&std::fs::read(path)?, 2048)?;
        Ok(Portrait::prepare(photo, &self.encoder, &self.segmenter).await?)
    }

    /// A row of the sheet: all looks of a portrait, refined or not. The part of it that is shown is `side` pixels long.
    fn row(&self, portrait: &Portrait, part: Part, side: u32, refined: bool) -> Result<RgbaImage> {
        let mut scene = SoftwareScene::new(portrait)?;
        let refiner = self.refiner.as_ref().filter(|_| refined);
        let mut retouch = refiner.map(|refiner| refiner.prepare(portrait)).transpose()?;
        let [x, y, width, height] = part.of(portrait);
        let scale = f64::from(side) / f64::from(width.max(height));
        let [across, down] = [width, height].map(|size| (f64::from(size) * scale).round().max(1.0) as u32);
        let mut row = RgbaImage::new(across * self.looks.len() as u32, down);
        for (column, look) in (0..).zip(&self.looks) {
            let target = look.target(portrait, &self.decoder)?;
            let options = RenderOptions::UNMARKED;
            scene.render(portrait, &target, if refined { options.to_refine() } else { options });
            if let (Some(refiner), Some(retouch)) = (refiner, &mut retouch) {
                retouch.forget();
                refiner.refine(retouch, portrait, &target, &mut scene)?;
            }
            let cut = crop_imm(scene.output(), x, y, width, height).to_image();
            replace(&mut row, &resize(&cut, across, down, FilterType::CatmullRom), i64::from(column * across), 0);
        }
        Ok(row)
    }
}

async fn run(arguments: &Arguments) -> Result<()> {
    let studio = Studio::open(arguments)?;
    // Whether each of a photo's rows is refined.
    let refined: &[bool] = if arguments.both { &[false, true] } else { &[!arguments.plain] };
    let mut rows = Vec::new();
    for path in photos(&arguments.photos)? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let portrait = match studio.prepare(&path).await {
            Ok(portrait) => portrait,
            Err(error) => {
                println!("{}: {error}", path.display());
                continue;
            }
        };
        if let Some(folder) = &arguments.layers {
            write_layers(folder, &name, &portrait)?;
        }
        for &refined in refined {
            rows.push(studio.row(&portrait, arguments.part, arguments.side, refined)?);
        }
        println!("row {}: {name}", rows.len());
    }
    ensure!(!rows.is_empty(), "no photo could be shown");
    let width = rows.iter().map(RgbaImage::width).max().unwrap_or(1);
    let mut sheet = RgbaImage::new(width, rows.iter().map(RgbaImage::height).sum());
    let mut y = 0;
    for row in &rows {
        replace(&mut sheet, row, 0, y);
        y += i64::from(row.height());
    }
    sheet.save(&arguments.out)?;
    Ok(())
}
