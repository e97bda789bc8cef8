//! Figures of the refiner at work on held-out people: geometry alone against refined, in one run.
//!
//! Mouth and eyes are compared in their patches (the truth's is cut where the truth's own face is), the face of
//! pairs that were moved and back in the whole picture. The expression is what the encoder reads again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use image::{RgbImage, RgbaImage, imageops};
use ritratto::geometry::topology::OVAL;
use ritratto::motion::{Coefficients, coefficient};
use ritratto::refiner::masks::{MASKS, masks};
use ritratto::refiner::{Part, PatchFrame, SoftwareRefiner};

use super::shards::{Kind, Pair, Sink, places};
use super::undone::lip_gap;
use super::workshop::{Stage, Workshop};
use super::{groups, region, skin};

/// A mouth counts as open above this jawOpen.
const OPEN: f32 = 0.2;
/// An eye counts as blinking if its blink changes by more than this.
const BLINKS: f32 = 0.3;
/// A still that was moved has something to repair if the truth's lips are further apart than this, centimetres. The
/// refiner's first figures were measured on such stills (the design).
const APART: f64 = 0.3;
/// A still that was moved also has something to repair if the sum of the truth's two blinks is larger than this.
const ASLEEP: f32 = 0.9;
/// An opening is compared if it has more pixels than this.
const FEWEST: usize = 20;
/// Share of its width by which the box around a mask is grown: the mouth's, and an eye's.
const GROW: [f64; 2] = [0.1, 0.2];
/// Side of a patch on the contact sheet, pixels.
const THUMB: u32 = 112;
/// Rows of the contact sheet.
const ROWS: usize = 12;

/// One region of one kind of pairs.
#[derive(Default)]
struct Region {
    count: f64,
    /// Sums of the peak signal to noise ratio against the truth, dB, before and after the refiner.
    fidelity: [f64; 2],
    /// Sums of squared differences between neighbouring pixels: before, after, and in the truth.
    energy: [f64; 3],
}

/// Collects figures, and patches for a contact sheet.
pub struct Judge {
    refiner: SoftwareRefiner,
    regions: BTreeMap<(&'static str, &'static str), Region>,
    /// Boxes of mouth and eyes by how light the skin is, and by other groups that people are in.
    groups: BTreeMap<(&'static str, &'static str), Region>,
    /// For each kind: how many pairs, and the mean difference of their coefficients from the truth's, before and after
    /// the refiner.
    expression: BTreeMap<&'static str, [f64; 3]>,
    outside: usize,
    total: usize,
    shown: Vec<(f32, Vec<RgbImage>)>,
    /// Where whole frames are kept, for `train/identity.py`.
    frames: Option<PathBuf>,
}

impl Judge {
    pub fn new(refiner: SoftwareRefiner, frames: Option<PathBuf>) -> Self {
        Self {
            refiner,
            frames,
            regions: BTreeMap::new(),
            groups: BTreeMap::new(),
            expression: BTreeMap::new(),
            outside: 0,
            total: 0,
            shown: Vec::new(),
        }
    }

    /// Prints the tables.
    pub fn print(&self) {
        println!(
            "| pairs | region | number | geometry -> refined, dB | gradient energy over the truth's |\n|---|---|---|---|---|"
        );
        self.regions.iter().for_each(|((kind, name), region)| region.print(kind, name));
        self.groups.iter().for_each(|((group, name), region)| region.print(group, name));
        for (kind, [count, before, after]) in &self.expression {
            let [before, after] = [before, after].map(|sum| sum / count);
            println!("expression error of {count:.0} {kind} pairs, encoded again: {before:.4} -> {after:.4}");
        }
        println!("pixels outside the patches that changed: {}", self.outside);
    }

    /// Draws the livelier half of the mouths and eyes: photo, geometry, refined, truth.
    pub fn draw(&self, path: &Path) -> Result<()> {
        let mut order: Vec<&(f32, Vec<RgbImage>)> = self.shown.iter().collect();
        order.sort_by(|a, b| b.0.total_cmp(&a.0));
        let (lively, step) = (order.len() / 2, (order.len() / 2 / (4 * ROWS)).max(1));
        let rows: Vec<_> = order.into_iter().take(lively).step_by(step).take(4 * ROWS).collect();
        let mut out = RgbImage::new(16 * THUMB, ROWS as u32 * THUMB);
        for (k, (_, patches)) in rows.iter().enumerate() {
            for (column, patch) in patches.iter().enumerate() {
                let patch = imageops::resize(patch, THUMB, THUMB, imageops::FilterType::Triangle);
                let x = THUMB * (4 * (k / ROWS) + column) as u32;
                imageops::replace(&mut out, &patch, i64::from(x), i64::from(THUMB) * (k % ROWS) as i64);
            }
        }
        out.save(path).with_context(|| path.display().to_string())
    }

    fn add(&mut self, kind: &'static str, name: &'static str, pictures: [&RgbImage; 3], inside: &[bool]) {
        self.regions.entry((kind, name)).or_default().add(pictures, inside);
    }
}

impl Region {
    fn print(&self, kind: &str, name: &str) {
        let [before, after] = self.fidelity.map(|sum| sum / self.count);
        let [blunt, sharp, truth] = self.energy;
        println!(
            "| {kind} | {name} | {:.0} | {before:.1} -> {after:.1} ({:+.1}) | {:.2} -> {:.2} |",
            self.count,
            after - before,
            blunt / truth,
            sharp / truth
        );
    }

    fn add(&mut self, [before, after, truth]: [&RgbImage; 3], inside: &[bool]) {
        self.count += 1.0;
        for (sum, picture) in self.fidelity.iter_mut().zip([before, after]) {
            *sum += fidelity(picture, truth, inside);
        }
        for (sum, picture) in self.energy.iter_mut().zip([before, after, truth]) {
            *sum += energy(picture, inside);
        }
    }
}

impl Sink for Judge {
    fn pair(&mut self, shop: &Workshop, stage: &mut Stage, pair: &Pair<'_>) -> Result<()> {
        let Pair { origin, photo, target, truth } = pair;
        self.total += 1;
        let kind = name(origin.kind);
        let before = stage.render(target);
        let after = stage.refine(&self.refiner, target)?;
        let moved = photo.face.project(&target.shape, &target.pose);
        let [start, end] = [places(&photo.face), places(&truth.face)];
        let mut frames = Vec::new();
        let mut groups = Vec::new();
        // Truths that geometry made are left out of the figures by groups of people.
        if origin.kind != Kind::Bent {
            groups = groups::of(origin.person);
            groups.push(skin::group(&photo.picture, &photo.face.landmarks, photo.face.eye_distance()));
        }
        let blinks = truth.coefficients[coefficient("eyeBlinkLeft")] + truth.coefficients[coefficient("eyeBlinkRight")];
        let repaired = is_moved(origin.kind) && (lip_gap(&truth.face.shape) > APART || blinks > ASLEEP);
        for part in Part::ALL {
            let frame = PatchFrame::of(part, &moved)?;
            let side = part.side() as u32;
            let cut = |picture: &RgbaImage, frame: &PatchFrame| {
                RgbImage::from_raw(side, side, frame.cut(picture)).context("a patch has its pixels")
            };
            let own = cut(&photo.picture, &PatchFrame::of(part, &start)?)?;
            let wanted = cut(&truth.picture, &PatchFrame::of(part, &end)?)?;
            let [before, after] = [cut(&before, &frame)?, cut(&after, &frame)?];
            let masks = masks(part, &frame, &moved);
            let all = [&before, &after, &wanted];
            let change =
                |name: &str| (truth.coefficients[coefficient(name)] - photo.coefficients[coefficient(name)]).abs();
            let lively = if part == Part::Mouth {
                let opening: Vec<bool> = masks.iter().step_by(MASKS).map(|&v| v > 127).collect();
                let open = truth.coefficients[coefficient("jawOpen")] > OPEN;
                if open && opening.iter().filter(|inside| **inside).count() > FEWEST {
                    self.add(kind, "inner mouth, open", all, &opening);
                }
                let inside = boxed(&masks, MASKS, part.side(), GROW[0]);
                self.add(kind, "mouth box", all, &inside);
                if repaired {
                    self.add(kind, "mouth box, lips apart or eyes shut", all, &inside);
                }
                for group in &groups {
                    self.groups.entry((group, "mouth box")).or_default().add(all, &inside);
                }
                change("jawOpen")
            } else {
                let opening: Vec<u8> = masks.iter().step_by(MASKS).copied().collect();
                let inside = boxed(&opening, 1, part.side(), GROW[1]);
                let blink = change(if part == Part::RightEye { "eyeBlinkRight" } else { "eyeBlinkLeft" });
                self.add(kind, "eye boxes", all, &inside);
                if repaired {
                    self.add(kind, "eye boxes, lips apart or eyes shut", all, &inside);
                }
                for group in &groups {
                    self.groups.entry((group, "eye boxes")).or_default().add(all, &inside);
                }
                if blink > BLINKS {
                    self.add(kind, "eye boxes, blink changes", all, &inside);
                }
                blink
            };
            self.shown.push((lively, vec![own, before, after, wanted]));
            frames.push(frame);
        }
        self.whole(shop, pair, &before, &after, &frames)
    }

    fn total(&self) -> usize {
        self.total
    }
}

impl Judge {
    /// What is judged of the whole picture.
    fn whole(
        &mut self,
        shop: &Workshop,
        pair: &Pair<'_>,
        before: &RgbaImage,
        after: &RgbaImage,
        frames: &[PatchFrame],
    ) -> Result<()> {
        let Pair { origin, target, truth, .. } = pair;
        let kind = name(origin.kind);
        if let Some(folder) = &self.frames {
            let folder = folder.join(format!("{}-{:03}", kind.replace(' ', "-"), self.total));
            std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
            let pictures = [&pair.photo.picture, &truth.picture, before, after];
            for (name, picture) in ["photo", "truth", "0-geometry", "0-refined"].into_iter().zip(pictures) {
                picture.save(folder.join(name).with_extension("png"))?;
            }
        }
        let changed = before.enumerate_pixels().zip(after.pixels()).filter(|((_, _, a), b)| a != b);
        self.outside += changed
            .filter(|((x, y, _), _)| {
                let place = [f64::from(*x) + 0.5, f64::from(*y) + 0.5].into();
                !frames.iter().any(|frame| frame.to_patch(place).iter().all(|&v| v >= 0.0 && v <= frame.side as f64))
            })
            .count();
        if is_moved(origin.kind) {
            let oval = region::polygon(truth.picture.dimensions(), &truth.face.landmarks, &OVAL);
            let [a, b, c] = [before, after, &truth.picture].map(|p| image::DynamicImage::from(p.clone()).to_rgb8());
            self.add(kind, "face", [&a, &b, &c], &oval);
        }
        let error = |seen: &Coefficients| {
            let both = seen.iter().zip(&truth.coefficients).skip(1);
            both.map(|(a, b)| f64::from((a - b).abs())).sum::<f64>() / (seen.len() - 1) as f64
        };
        let seen = [before, after].map(|picture| shop.look_again(picture.clone(), &pair.photo.face, target));
        if let [Some(before), Some(after)] = seen.map(|seen| seen.ok().flatten()) {
            let sums = self.expression.entry(kind).or_default();
            for (sum, value) in sums.iter_mut().zip([1.0, error(&before.coefficients), error(&after.coefficients)]) {
                *sum += value;
            }
        }
        Ok(())
    }
}

fn is_moved(kind: Kind) -> bool {
    matches!(kind, Kind::Undone | Kind::SeenAgain | Kind::Bent)
}

/// Name of a kind in the tables.
fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Clip | Kind::Sheet | Kind::Smile => "true",
        Kind::Undone => "undone",
        Kind::SeenAgain => "undone, seen again",
        Kind::Bent => "bent",
    }
}

/// The bounding box of where masks are set, grown by a share of its width.
fn boxed(masks: &[u8], channels: usize, side: usize, grow: f64) -> Vec<bool> {
    let set: Vec<[usize; 2]> = (0..side * side)
        .filter(|k| masks[k * channels..(k + 1) * channels].iter().any(|&v| v > 100))
        .map(|k| [k % side, k / side])
        .collect();
    let bound = |axis: usize| (set.iter().map(|p| p[axis]).min(), set.iter().map(|p| p[axis]).max());
    let ((Some(left), Some(right)), (Some(top), Some(bottom))) = (bound(0), bound(1)) else {
        return vec![false; side * side];
    };
    let more = (grow * (right - left + 1) as f64).round() as usize;
    (0..side * side)
        .map(|k| {
            let [x, y] = [k % side + more, k / side + more];
            x >= left && x <= right + 2 * more && y >= top && y <= bottom + 2 * more
        })
        .collect()
}

/// Peak signal to noise ratio inside a mask, dB; at most 50.
fn fidelity(a: &RgbImage, b: &RgbImage, inside: &[bool]) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for ((p, q), _) in a.pixels().zip(b.pixels()).zip(inside).filter(|(_, inside)| **inside) {
        sum += p.0.iter().zip(&q.0).map(|(x, y)| ((f64::from(*x) - f64::from(*y)) / 255.0).powi(2)).sum::<f64>();
        count += 3.0;
    }
    region::psnr((sum / f64::max(count, 1.0)).max(1e-5))
}

/// Sum of the squared differences to the right and lower neighbour inside a mask.
fn energy(picture: &RgbImage, inside: &[bool]) -> f64 {
    let (width, height) = picture.dimensions();
    let mut sum = 0.0;
    for y in 0..height - 1 {
        for x in (0..width - 1).filter(|x| inside[(y * width + x) as usize]) {
            let here = picture.get_pixel(x, y).0;
            for other in [picture.get_pixel(x + 1, y).0, picture.get_pixel(x, y + 1).0] {
                sum += here.iter().zip(other).map(|(a, b)| (f64::from(*a) - f64::from(b)).powi(2)).sum::<f64>();
            }
        }
    }
    sum
}
