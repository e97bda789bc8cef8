//! Makes the refiner's training pairs:
//! `cargo run --release --example refiner_pairs -- DATA OUT [--seed N] [--share K/N] [--minutes N] [--clip-frames N] [--stills N]`
//! Without OUT it judges the refiner on pairs of held-out people instead (`cargo xtask quality --refiner`).
//!
//! DATA is the data set's folder. OUT gets `train_NNN.safetensors` and `val_NNN.safetensors`, one row
//! a pair: for each [`Part`](ritratto::refiner::Part) `NAME.rendered` (what geometry makes of the photo),
//! `NAME.photo` (the photo's own patch), `NAME.truth` (RGB, u8) and `NAME.masks` (u8, of the target);
//! `code` and `mirrored_code` (f32, for patches as they are and mirrored), `tongue` (f32, photo and
//! truth: 1 out, ½ inside), `paint` (f32, how much of what the mouth's net paints is shown on this photo),
//! `kind` (u8: 0 clip, 1 sheet, 2 smile, 3 undone, 4 undone as seen again, 5 bent), `person` (u32, a hash).
//!
//! True pairs are two pictures of one person. The others are stills that geometry moved to another
//! person's expression and back: what was there before is the truth, or, of an open mouth, what geometry bends it to. Clips are decoded by `ffmpeg`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a developer's tool: it may stop with a backtrace")]

mod bent;
mod groups;
mod index;
mod judge;
mod random;
#[path = "../support/region.rs"]
mod region;
mod shards;
mod skin;
mod sources;
mod undone;
#[path = "../support/video.rs"]
mod video;
mod workshop;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use clap::Parser;
use index::Row;
use judge::Judge;
use random::Random;
use shards::{Shards, Sink};
use undone::Donor;
use workshop::{Seen, Workshop};

/// Makes the refiner's training pairs.
#[derive(Parser)]
struct Arguments {
    /// Folder of the data set (with index.tsv, faces/ and clips/).
    data: PathBuf,
    /// Folder to write to; without it the refiner itself is judged, on held-out people.
    out: Option<PathBuf>,
    /// Where a contact sheet of those is written.
    #[arg(long)]
    sheet: Option<PathBuf>,
    /// Where photo, truth and both frames of each of them are written, for `train/identity.py`.
    #[arg(long)]
    frames: Option<PathBuf>,
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// No more pairs are begun after this time.
    #[arg(long, default_value_t = f64::INFINITY)]
    minutes: f64,
    /// Frames of a clip that are truths.
    #[arg(long, default_value_t = 6)]
    clip_frames: usize,
    /// Clips of one speaker.
    #[arg(long, default_value_t = 12)]
    clips: usize,
    /// Stills that are moved away and back, beside the rare ones; 0 = all.
    #[arg(long, default_value_t = 0)]
    stills: usize,
    /// Times that a still is moved away and back; rare ones three times as often.
    #[arg(long, default_value_t = 2)]
    times: usize,
    /// Faces whose expressions are borrowed.
    #[arg(long, default_value_t = 160)]
    donors: usize,
    /// Only the true pairs.
    #[arg(long)]
    true_only: bool,
    /// Only this share of the people, as K/N with K from 0: several processes make one set, with seeds and folders of their own.
    #[arg(long, value_parser = share)]
    share: Option<[u32; 2]>,
}

/// K/N as numbers.
fn share(text: &str) -> Result<[u32; 2], String> {
    let numbers = text.split_once('/').and_then(|(k, n)| Some([k.parse().ok()?, n.parse().ok()?]));
    numbers.filter(|[k, n]| k < n).ok_or_else(|| "K/N with K below N is needed".into())
}

/// Pairs in a file.
const SHARD: usize = 512;
/// Largest turn of the head, degrees, of a still that is moved: landmarks of heads turned further are guesses.
const MOST_YAW: f32 = 28.0;
/// How many times as often as others a still with a tongue, closed eyes or a wide mouth is used.
const RARE: usize = 3;

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let shop = Workshop::open()?;
    let rows = index::read(&arguments.data)?;
    let mut random = Random::new(arguments.seed);
    let donors = if arguments.true_only { Vec::new() } else { donors(&shop, &arguments, &rows, &mut random)? };
    let mut maker = Maker { start: Instant::now(), shop, arguments, donors, random };
    let held_out: Vec<Row> = rows.iter().filter(|row| !row.train).cloned().collect();
    let Some(folder) = maker.arguments.out.clone() else {
        let mut judge = Judge::new(maker.shop.refiner()?, maker.arguments.frames.clone());
        maker.make(&held_out, &mut judge)?;
        judge.print();
        return maker.arguments.sheet.as_ref().map_or(Ok(()), |path| judge.draw(path));
    };
    std::fs::create_dir_all(&folder)?;
    let training: Vec<Row> = rows.into_iter().filter(|row| row.train).collect();
    for (name, mut rows) in [("val", held_out), ("train", training)] {
        if let Some([k, n]) = maker.arguments.share {
            rows.retain(|row| shards::hash(&row.person) % n == k);
        }
        let mut out = Shards::new(folder.clone(), name, SHARD);
        maker.make(&rows, &mut out)?;
        out.flush()?;
    }
    Ok(())
}

/// Makes pairs.
struct Maker {
    start: Instant,
    shop: Workshop,
    arguments: Arguments,
    donors: Vec<Donor>,
    random: Random,
}

impl Maker {
    /// All pairs of these rows.
    fn make(&mut self, rows: &[Row], out: &mut dyn Sink) -> Result<()> {
        let Self { start, shop, arguments, donors, random } = self;
        let report = |what: &str, out: &dyn Sink| {
            eprintln!("{} pairs with {what}, {:.0} s", out.total(), start.elapsed().as_secs_f64());
        };
        for row in clips(rows, arguments.clips) {
            sources::clip(shop, &arguments.data, row, arguments.clip_frames, out)?;
        }
        report("clips", out);
        sources::sheets(shop, &arguments.data, rows, random, out)?;
        report("sheets", out);
        sources::smiles(shop, &arguments.data, rows, out)?;
        report("smiles", out);
        for (done, (row, times)) in stills(rows, arguments, random).into_iter().enumerate() {
            if arguments.true_only || start.elapsed().as_secs_f64() > 60.0 * arguments.minutes {
                break;
            }
            let Some(seen) = shop.open_still(&arguments.data.join(&row.path))? else { continue };
            let truth = Seen { tongue: row.tongue, ..seen };
            undone::pairs(shop, &row.person, &truth, donors, times, random, out)?;
            if done % 100 == 99 {
                report(&format!("{} stills moved", done + 1), out);
            }
        }
        report("all", out);
        Ok(())
    }
}

/// A few clips of every speaker, evenly spread.
fn clips(rows: &[Row], most: usize) -> Vec<&Row> {
    let mut speakers: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.still) {
        speakers.entry(&row.person).or_default().push(row);
    }
    let spread = speakers.into_values().flat_map(|clips| {
        let count = clips.len().min(most);
        (0..count).map(move |k| clips[k * clips.len() / count])
    });
    spread.collect()
}

/// The stills to move, rare ones first, and how often each is moved.
fn stills<'a>(rows: &'a [Row], arguments: &Arguments, random: &mut Random) -> Vec<(&'a Row, usize)> {
    let usable = rows.iter().filter(|row| row.still && row.yaw.abs() < MOST_YAW);
    let (mut rare, mut plain): (Vec<&Row>, Vec<&Row>) = usable.partition(|row| row.is_rare());
    random.shuffle(&mut rare);
    random.shuffle(&mut plain);
    if arguments.stills > 0 {
        plain.truncate(arguments.stills);
    }
    let often = rare.into_iter().map(|row| (row, RARE * arguments.times));
    often.chain(plain.into_iter().map(|row| (row, arguments.times))).collect()
}

/// Training people whose expressions are borrowed; half of them are lively.
fn donors(shop: &Workshop, arguments: &Arguments, rows: &[Row], random: &mut Random) -> Result<Vec<Donor>> {
    let usable = rows.iter().filter(|row| row.train && row.still && row.yaw.abs() < MOST_YAW && row.tongue == 0.0);
    let (mut lively, mut calm): (Vec<&Row>, Vec<&Row>) = usable.partition(|row| row.is_lively());
    random.shuffle(&mut lively);
    random.shuffle(&mut calm);
    let half = arguments.donors / 2;
    let mut out = Vec::new();
    for row in lively.into_iter().take(half).chain(calm.into_iter().take(half)) {
        if let Some(seen) = shop.open_still(&arguments.data.join(&row.path))? {
            out.push(Donor { person: row.person.clone(), lively: row.is_lively(), motion: seen.motion() });
        }
    }
    Ok(out)
}
