//! True pairs: two pictures of one person.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use ritratto::encoder::Tracker;
use ritratto::motion::{COEFFICIENT_NAMES, Coefficients, coefficient};

use super::index::Row;
use super::random::Random;
use super::shards::{Kind, Origin, Pair, Sink};
use super::video;
use super::workshop::{Seen, Workshop, own_target};

/// One in this many frames of a clip is used.
const CLIP_STEP: usize = 3;
/// Largest turn of the head, degrees, from one picture of a pair to the other.
const MOST_TURN: f64 = 28.0;
/// How many other emotions each emotion is driven to, besides the neutral face.
const OTHERS: usize = 2;
/// Pictures of emotion sheets that are left out, because a hand covers the mouth.
const COVERED: [&str; 2] = ["emo-thoughtful", "P002_emo-exhausted"];

/// Drives `photo` to each of `truths`.
fn drive(shop: &Workshop, origin: &Origin<'_>, photo: &Seen, truths: &[&Seen], out: &mut dyn Sink) -> Result<()> {
    let mut stage = None;
    for truth in truths {
        if photo.turn_to(truth) > MOST_TURN {
            continue;
        }
        let stage = match &mut stage {
            Some(stage) => stage,
            empty => empty.insert(shop.stage(photo)?),
        };
        let target = own_target(&photo.face, truth);
        out.pair(shop, stage, &Pair { origin, photo, target: &target, truth })?;
    }
    Ok(())
}

/// Pairs from a clip: its first frame is the photo, and a few frames that differ from it are the truths.
pub fn clip(shop: &Workshop, data: &Path, row: &Row, frames: usize, out: &mut dyn Sink) -> Result<()> {
    let mut tracker = Tracker::default();
    let mut seen = Vec::new();
    for frame in video::frames(&data.join(&row.path))?.into_iter().step_by(CLIP_STEP) {
        seen.extend(shop.next_frame(&mut tracker, frame)?);
    }
    let chosen: Vec<&Seen> = varied(&seen, frames).into_iter().map(|k| &seen[k]).collect();
    let origin = Origin { kind: Kind::Clip, person: &row.person };
    match seen.first() {
        Some(photo) => drive(shop, &origin, photo, &chosen, out),
        None => Ok(()),
    }
}

/// Faces that differ most, in eyes and mouth, from the first one and from each other.
fn varied(faces: &[Seen], count: usize) -> Vec<usize> {
    let apart = |a: &Coefficients, b: &Coefficients| -> f32 {
        let both = COEFFICIENT_NAMES.iter().zip(a.iter().zip(b));
        let counted = both.filter(|(name, _)| !name.starts_with("eyeLook") && !name.starts_with('_'));
        counted.map(|(name, (a, b))| (a - b).abs() * if *name == "jawOpen" { 3.0 } else { 1.0 }).sum()
    };
    let Some(first) = faces.first() else { return Vec::new() };
    let mut gaps: Vec<f32> = faces.iter().map(|face| apart(&face.coefficients, &first.coefficients)).collect();
    let largest = |name: &str| {
        let value = |k: &usize| faces[*k].coefficients[coefficient(name)];
        (1..faces.len()).max_by(|a, b| value(a).total_cmp(&value(b)))
    };
    let mut chosen: Vec<usize> = largest("jawOpen").into_iter().chain(largest("eyeBlinkLeft")).collect();
    chosen.dedup();
    let mut next = 0;
    while chosen.len() < count.min(faces.len().saturating_sub(1)) {
        for &k in &chosen[next..] {
            for (gap, face) in gaps.iter_mut().zip(faces) {
                *gap = gap.min(apart(&face.coefficients, &faces[k].coefficients));
            }
        }
        next = chosen.len();
        match (1..faces.len()).filter(|k| !chosen.contains(k)).max_by(|&a, &b| gaps[a].total_cmp(&gaps[b])) {
            Some(k) => chosen.push(k),
            None => break,
        }
    }
    chosen
}

/// The pictures of the stills of one source, by person.
fn people<'a>(rows: &'a [Row], source: &str) -> BTreeMap<&'a str, Vec<&'a Row>> {
    let mut people: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.source == source) {
        people.entry(&row.person).or_default().push(row);
    }
    people
}

fn look(shop: &Workshop, data: &Path, rows: &[&Row]) -> Result<Vec<Seen>> {
    let mut out = Vec::new();
    for row in rows {
        out.extend(shop.open_still(&data.join(&row.path))?.map(|seen| Seen { tongue: row.tongue, ..seen }));
    }
    Ok(out)
}

/// Emotion sheets: neutral to each emotion, each back to neutral and to a few others.
pub fn sheets(shop: &Workshop, data: &Path, rows: &[Row], random: &mut Random, out: &mut dyn Sink) -> Result<()> {
    for (person, mut rows) in people(rows, "openpeople") {
        rows.retain(|row| row.stem().contains("_emo-") && !COVERED.iter().any(|name| row.stem().contains(name)));
        // The neutral face comes first.
        rows.sort_by_key(|row| !row.stem().ends_with("neutral"));
        let origin = Origin { kind: Kind::Sheet, person };
        let faces = look(shop, data, &rows)?;
        for (k, photo) in faces.iter().enumerate() {
            let mut others: Vec<usize> = (1..faces.len()).filter(|&other| other != k).collect();
            if k > 0 {
                random.shuffle(&mut others);
                others.truncate(OTHERS);
                others.push(0);
            }
            let truths: Vec<&Seen> = others.into_iter().map(|other| &faces[other]).collect();
            drive(shop, &origin, photo, &truths, out)?;
        }
    }
    Ok(())
}

/// Neutral to smiling and back.
pub fn smiles(shop: &Workshop, data: &Path, rows: &[Row], out: &mut dyn Sink) -> Result<()> {
    for (person, rows) in people(rows, "london") {
        let faces = look(shop, data, &rows)?;
        let origin = Origin { kind: Kind::Smile, person };
        if let [a, b] = &faces[..] {
            drive(shop, &origin, a, &[b], out)?;
            drive(shop, &origin, b, &[a], out)?;
        }
    }
    Ok(())
}
