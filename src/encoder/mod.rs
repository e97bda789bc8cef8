//! Encoder: a picture to landmarks, coefficients and pose.
//!
//! Data flow: frame -> detector (only without a track) -> region -> landmark net -> blendshape net.

mod crop;
mod cutter;
mod detect;
mod engine;
mod gpu;
mod looks;
pub(crate) mod nets;
mod region;
mod source;
mod tracker;
mod upright;

use burn::tensor::{ExecutionError, Tensor};

use crate::error::{Error, Result};
use crate::geometry::{FaceGeometry, LANDMARKS, Landmarks, smoothstep};
use crate::gpu::Gpu;
use crate::models::Models;
use crate::motion::{COEFFICIENTS, Coefficients, FaceMotion, coefficient};
use engine::Engine;
use nets::POINTS;

pub use cutter::FrameTexture;
pub use detect::Detection;
pub use nets::{DETECTOR_SIDE, LANDMARK_SIDE};
pub use region::Region;
pub use source::Source;
pub use tracker::{MIN_PRESENCE, Tracker};

/// How surely a tongue is out, by the net's log odds of it: not at all below the first, wholly above the second. The
/// net gave more than -2.5 to 16 of 21 people who put their tongue out and did not look away (all 16 had a `jawOpen`
/// above .14), and to 2 of 200 people who did not put it out and had a `jawOpen` above .14.
const TONGUE_ODDS: [f64; 2] = [-3.2, -1.7];
/// How surely a tongue can be out, by `jawOpen`: not at all below the first, wholly above the second. The two are
/// multiplied.
const TONGUE_JAW: [f64; 2] = [0.08, 0.16];

/// One face as the encoder sees it.
#[derive(Debug, Clone)]
pub struct Observation {
    /// Landmarks, picture frame.
    pub landmarks: Landmarks,
    /// Confidence that there is a face in the region, \[0, 1\].
    pub presence: f32,
    /// Expression coefficients.
    pub coefficients: Coefficients,
    /// Picture size, pixels.
    pub size: (u32, u32),
}

impl Observation {
    /// Splits the landmarks into shape and pose.
    #[must_use]
    pub fn geometry(&self) -> FaceGeometry {
        FaceGeometry::fit(&self.landmarks, self.size.0, self.size.1)
    }

    /// The motion of this face.
    #[must_use]
    pub fn motion(&self) -> FaceMotion {
        FaceMotion::new(&self.geometry(), self.coefficients)
    }
}

/// The three nets of the encoder on one device.
#[derive(Debug)]
pub struct Encoder {
    engine: Engine,
}

impl Encoder {
    /// Loads the nets' weights: to the GPU if one is given, else the nets run on the CPU. On a GPU only one
    /// observation runs at a time; others wait.
    ///
    /// # Errors
    /// [`Error::ModelMissing`], [`Error::ModelCorrupt`], [`Error::Gpu`].
    pub fn new(models: &Models, gpu: Option<&Gpu>) -> Result<Self> {
        Ok(Self { engine: Engine::new(models, gpu)? })
    }

    /// A texture for a driver's frames of `width` x `height` pixels, so that they need not come to the CPU; `None`
    /// where the nets run on the CPU. If `mirrored`, the frames are seen as in a mirror.
    #[must_use]
    pub fn frame_texture(&self, [width, height]: [u32; 2], mirrored: bool) -> Option<FrameTexture> {
        self.engine.texture([width, height], mirrored)
    }

    /// All faces of a picture, the largest first. Unless one is surely upright, the picture
    /// is also tried turned by quarter turns, and the turn is taken in which a face is most
    /// surely upright. Some upside-down faces are taken for upright ones, where
    /// [`detect_surely`](Self::detect_surely) takes another look.
    ///
    /// # Errors
    /// [`Error::Gpu`] when the device fails.
    pub async fn detect(&self, picture: impl Into<Source<'_>>) -> Result<Vec<Detection>> {
        let picture = picture.into();
        let (width, height) = picture.dimensions();
        let upright = self.detect_upright(picture).await?;
        let certainty = |faces: &[Detection], turn: u8| {
            let region = Region::around(width, height, turn);
            faces.iter().map(|face| face.uprightness(region.rotation)).fold(0.0, f32::max)
        };
        let present = certainty(&upright, 0);
        if present >= detect::SURELY_UPRIGHT {
            return Ok(upright);
        }
        let turns = [1, 2, 3];
        let turned = self.search(picture, &turns).await?;
        let rated = turns.into_iter().zip(turned).map(|(turn, faces)| (certainty(&faces, turn), faces));
        Ok(match rated.max_by(|a, b| a.0.total_cmp(&b.0)) {
            Some((best, faces)) if upright.is_empty() || best > present + detect::TURNED_LEAD => faces,
            _ => upright,
        })
    }

    /// The faces of a picture as it is, the largest first: a quarter of the work of
    /// [`detect`](Self::detect) where there is none. An upside-down face may be found as if
    /// it were upright.
    ///
    /// # Errors
    /// [`Error::Gpu`] when the device fails.
    pub async fn detect_upright(&self, picture: impl Into<Source<'_>>) -> Result<Vec<Detection>> {
        Ok(self.search(picture.into(), &[0]).await?.pop().unwrap_or_default())
    }

    /// The faces of the picture turned by each of the given numbers of quarter turns.
    async fn search(&self, picture: Source<'_>, turns: &[u8]) -> Result<Vec<Vec<Detection>>> {
        let (width, height) = picture.dimensions();
        let regions: Vec<_> = turns.iter().map(|&turn| Region::around(width, height, turn)).collect();
        let values = self.engine.candidates(picture, &regions).await?;
        let each = values.len() / turns.len().max(1);
        Ok(values.chunks(each.max(1)).zip(&regions).map(|(part, region)| detect::faces(part, region)).collect())
    }

    /// Landmarks and coefficients of the face in `region`.
    ///
    /// # Errors
    /// [`Error::Gpu`] when the device fails.
    pub async fn observe(&self, picture: impl Into<Source<'_>>, region: Region) -> Result<Observation> {
        let picture = picture.into();
        let side = LANDMARK_SIDE as f32;
        // The blendshape net wants the points in the picture's axes. Shift and scale of the points make no difference
        // to it, so only the region's rotation and proportions are applied.
        let axes = region.axes().map(|axis| axis.map(|length| length / region.size[0].max(1.0)));
        let values = self.engine.observe(picture, &region, axes).await?;
        let (places, rest) = values.split_at(LANDMARKS * 3);
        let landmarks = places
            .chunks_exact(3)
            .map(|point| {
                let [x, y] = region.to_picture([point[0] / side, point[1] / side]);
                [x, y, point[2] / side * region.size[0]]
            })
            .collect();
        Ok(Observation {
            landmarks,
            presence: rest[0],
            coefficients: coefficients_from(rest[1], &rest[2..]),
            size: picture.dimensions(),
        })
    }

    /// The expression coefficients of landmarks of a picture of any size. Landmarks do not tell whether the tongue is
    /// out; it counts as in.
    ///
    /// # Errors
    /// [`Error::Option`] unless there are 478 landmarks, [`Error::Gpu`] when the device fails.
    pub async fn coefficients(&self, landmarks: &Landmarks) -> Result<Coefficients> {
        if landmarks.len() != LANDMARKS {
            return Err(Error::Option { option: "landmarks", expected: "478 points" });
        }
        let points = POINTS.map(|index| [landmarks[index][0], landmarks[index][1]]);
        Ok(coefficients_from(f32::NEG_INFINITY, &self.engine.coefficients(&points).await?))
    }
}

/// The blendshape net's coefficients (`values`), with that of the tongue in the place of the first, which means
/// nothing. `tongue` is the log odds of one.
fn coefficients_from(tongue: f32, values: &[f32]) -> Coefficients {
    let mut coefficients = [0.0; COEFFICIENTS];
    coefficients.iter_mut().zip(values).for_each(|(to, from)| *to = *from);
    let within = |value: f32, [least, most]: [f64; 2]| smoothstep(f64::from(value), least, most) as f32;
    let jaw = coefficients[coefficient("jawOpen")];
    coefficients[coefficient("tongueOut")] = within(tongue, TONGUE_ODDS) * within(jaw, TONGUE_JAW);
    coefficients
}

/// Reads a tensor back without blocking, as a browser must not block.
pub(crate) async fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>> {
    let failed = |reason: String| Error::Gpu { reason };
    let data = tensor.into_data_async().await.map_err(|error: ExecutionError| failed(error.to_string()))?;
    data.try_to_vec::<f32>().map_err(|error| failed(format!("{error:?}")))
}
