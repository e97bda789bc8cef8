//! Pairs, and the files that they are written to.

use std::path::PathBuf;

use anyhow::Result;
use image::RgbaImage;
use nalgebra::Vector2;
use ritratto::geometry::FaceGeometry;
use ritratto::motion::TargetGeometry;
use ritratto::portrait::Portrait;
use ritratto::refiner::code::{CODE, code};
use ritratto::refiner::masks::{MASKS, masks};
use ritratto::refiner::{Part, PatchFrame, painted_share};
use safetensors::tensor::{Dtype, TensorView};

use super::workshop::{Seen, Stage, Workshop};

/// Where a pair comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Two frames of one clip.
    Clip,
    /// Two pictures of an emotion sheet.
    Sheet,
    /// Neutral and smiling.
    Smile,
    /// A still that was moved to another expression and back, with the landmarks from where it was moved to.
    Undone,
    /// A still that was moved and back, with the landmarks that the net sees in the moved picture.
    SeenAgain,
    /// As `Undone`, but the truth is an open mouth that geometry has bent.
    Bent,
}

/// What is stored with a pair besides its pixels: its kind and its person.
pub struct Origin<'a> {
    pub kind: Kind,
    pub person: &'a str,
}

/// Two pictures of one person, and the way from one to the other.
pub struct Pair<'a> {
    pub origin: &'a Origin<'a>,
    pub photo: &'a Seen,
    /// What the photo is driven to.
    pub target: &'a TargetGeometry,
    /// What it should look like then.
    pub truth: &'a Seen,
}

/// A receiver of pairs.
pub trait Sink {
    /// Takes a pair whose photo is on `stage`.
    fn pair(&mut self, _: &Workshop, stage: &mut Stage, pair: &Pair<'_>) -> Result<()>;

    /// Pairs so far.
    fn total(&self) -> usize;
}

/// The names of the tensors of a part.
const PARTS: [&str; 3] = ["mouth", "right_eye", "left_eye"];
const PICTURES: [&str; 4] = ["rendered", "photo", "truth", "masks"];

/// The pairs of a split, written in files of a fixed number.
pub struct Shards {
    folder: PathBuf,
    name: &'static str,
    capacity: usize,
    written: usize,
    count: usize,
    patches: [[Vec<u8>; 4]; 3],
    codes: [Vec<u8>; 2],
    tongue: Vec<u8>,
    paint: Vec<u8>,
    kind: Vec<u8>,
    person: Vec<u8>,
}

impl Shards {
    pub fn new(folder: PathBuf, name: &'static str, capacity: usize) -> Self {
        Self {
            folder,
            name,
            capacity,
            written: 0,
            count: 0,
            patches: Default::default(),
            codes: Default::default(),
            tongue: Vec::new(),
            paint: Vec::new(),
            kind: Vec::new(),
            person: Vec::new(),
        }
    }

    fn push(&mut self, pair: &Pair<'_>, portrait: &Portrait, rendered: &RgbaImage) -> Result<()> {
        let Pair { origin, photo, target, truth } = pair;
        let moved = photo.face.project(&target.shape, &target.pose);
        let [before, after] = [places(&photo.face), places(&truth.face)];
        for (part, columns) in Part::ALL.into_iter().zip(&mut self.patches) {
            let frame = PatchFrame::of(part, &moved)?;
            columns[0].extend(frame.cut(rendered));
            columns[1].extend(PatchFrame::of(part, &before)?.cut(&photo.picture));
            columns[2].extend(PatchFrame::of(part, &after)?.cut(&truth.picture));
            columns[3].extend(masks(part, &frame, &moved));
        }
        let states = [(&photo.coefficients, &photo.face.pose), (&truth.coefficients, &target.pose)];
        for (mirrored, column) in [false, true].into_iter().zip(&mut self.codes) {
            column.extend(code(states[0], states[1], mirrored).iter().flat_map(|v| v.to_le_bytes()));
        }
        self.tongue.extend([photo.tongue, truth.tongue].iter().flat_map(|v| v.to_le_bytes()));
        self.paint.extend(painted_share(portrait, target).to_le_bytes());
        self.kind.push(origin.kind as u8);
        self.person.extend(hash(origin.person).to_le_bytes());
        self.count += 1;
        if self.count == self.capacity { self.flush() } else { Ok(()) }
    }

    /// Writes what is not written yet.
    pub fn flush(&mut self) -> Result<()> {
        let n = self.count;
        if n == 0 {
            return Ok(());
        }
        let mut views: Vec<(String, TensorView<'_>)> = Vec::new();
        for ((part, name), columns) in Part::ALL.into_iter().zip(PARTS).zip(&self.patches) {
            for (k, (picture, column)) in PICTURES.iter().zip(columns).enumerate() {
                let channels = if k == 3 { MASKS } else { 3 };
                let size = vec![n, part.side(), part.side(), channels];
                views.push((format!("{name}.{picture}"), TensorView::new(Dtype::U8, size, column)?));
            }
        }
        views.push(("code".into(), TensorView::new(Dtype::F32, vec![n, CODE], &self.codes[0])?));
        views.push(("mirrored_code".into(), TensorView::new(Dtype::F32, vec![n, CODE], &self.codes[1])?));
        views.push(("tongue".into(), TensorView::new(Dtype::F32, vec![n, 2], &self.tongue)?));
        views.push(("paint".into(), TensorView::new(Dtype::F32, vec![n], &self.paint)?));
        views.push(("kind".into(), TensorView::new(Dtype::U8, vec![n], &self.kind)?));
        views.push(("person".into(), TensorView::new(Dtype::U32, vec![n], &self.person)?));
        let file = self.folder.join(format!("{}_{:03}.safetensors", self.name, self.written));
        safetensors::serialize_to_file(views, None, &file)?;
        let (folder, written) = (self.folder.clone(), self.written + 1);
        *self = Self { written, ..Self::new(folder, self.name, self.capacity) };
        Ok(())
    }
}

impl Sink for Shards {
    fn pair(&mut self, _: &Workshop, stage: &mut Stage, pair: &Pair<'_>) -> Result<()> {
        let rendered = stage.render_to_refine(pair.target);
        self.push(pair, &stage.portrait, &rendered)
    }

    /// Pairs so far, also those that the last [`flush`](Self::flush) has not written yet.
    fn total(&self) -> usize {
        self.written * self.capacity + self.count
    }
}

/// The landmarks of a face in its picture.
pub fn places(face: &FaceGeometry) -> Vec<Vector2<f64>> {
    face.landmarks.iter().map(|p| Vector2::new(f64::from(p[0]), f64::from(p[1]))).collect()
}

/// A name as a number (FNV-1a).
pub fn hash(name: &str) -> u32 {
    name.bytes().fold(0x811C_9DC5, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
