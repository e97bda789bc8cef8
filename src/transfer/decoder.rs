//! Expression decoder: from a person's shape and expression coefficients to landmark displacements.
//!
//! The net is that of `train/expression_decoder.py`. For a person's shape in identity
//! components `u`, present coefficients `c` and wanted coefficients `w` the displacement is
//!
//! ```text
//! movesᵀ (gain (w - c) linear + scale (f(u, c, w) - f(u, c, c)))
//! ```
//!
//! with `f` a perceptron of two hidden layers: asking for no change changes nothing.

use burn::module::{Initializer, Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::silu;
use burn::tensor::{Device, Tensor, TensorData};
use nalgebra::Vector3;

use crate::error::{Error, Result};
use crate::geometry::topology::EYES;
use crate::geometry::{LANDMARKS, Pose, Shape};
use crate::models::{Models, load_net};
use crate::motion::{COEFFICIENTS, Coefficients};

/// File that `train/expression_decoder.py` writes.
const FILE: &str = "expression_decoder.safetensors";
/// Principal components of who a person is.
const IDENTITIES: usize = 48;
/// Principal components of how faces move.
const MOVES: usize = 60;
const HIDDEN: usize = 384;
/// Yaw and pitch up to which the training took faces, degrees; roll as far as it occurs.
const TURN_LIMITS: [f64; 3] = [30.0, 26.0, 30.0];
const COORDINATES: usize = 3 * LANDMARKS;
/// Identity components are kept within this many standard deviations.
const IDENTITY_LIMIT: f32 = 3.0;
/// Keeps the slope of a coefficient's square root finite.
const ROOT_FLOOR: f32 = 1e-4;

#[derive(Module, Debug)]
struct DecoderNet {
    mean: Param<Tensor<1>>,
    identity: Param<Tensor<2>>,
    identity_scale: Param<Tensor<1>>,
    moves: Param<Tensor<2>>,
    move_scale: Param<Tensor<1>>,
    linear: Param<Tensor<2>>,
    pose: Param<Tensor<2>>,
    gain: Param<Tensor<1>>,
    first: Linear,
    second: Linear,
    last: Linear,
}

impl DecoderNet {
    fn new(device: &Device) -> Self {
        let row = |length: usize| Initializer::Zeros.init([length], device);
        let matrix = |sizes: [usize; 2]| Initializer::Zeros.init(sizes, device);
        let layer = |from: usize, to: usize, bias: bool| -> Linear {
            LinearConfig::new(from, to).with_bias(bias).with_initializer(Initializer::Zeros).init(device)
        };
        Self {
            mean: row(COORDINATES),
            identity: matrix([COORDINATES, IDENTITIES]),
            identity_scale: row(IDENTITIES),
            moves: matrix([MOVES, COORDINATES]),
            move_scale: row(MOVES),
            linear: matrix([COEFFICIENTS, MOVES]),
            pose: matrix([3, COORDINATES]),
            gain: row(1),
            first: layer(IDENTITIES + 4 * COEFFICIENTS, HIDDEN, true),
            second: layer(HIDDEN, HIDDEN, true),
            last: layer(HIDDEN, MOVES, false),
        }
    }

    /// `[1, 1434]` to `[1, 48]`.
    fn identify(&self, shape: Tensor<2>) -> Tensor<2> {
        let away = (shape - self.mean.val().unsqueeze()).matmul(self.identity.val());
        (away / self.identity_scale.val().unsqueeze()).clamp(-IDENTITY_LIMIT, IDENTITY_LIMIT)
    }

    /// `[1, 48]` and twice `[1, 52]` to `[1, 60]`, in units of `move_scale`.
    fn bend(&self, identity: Tensor<2>, now: Tensor<2>, wanted: Tensor<2>) -> Tensor<2> {
        let root = |c: Tensor<2>| (c + ROOT_FLOOR).sqrt();
        let code = Tensor::cat(vec![identity, now.clone(), root(now), wanted.clone(), root(wanted)], 1);
        let hidden = silu(self.second.forward(silu(self.first.forward(code))));
        self.last.forward(hidden)
    }
}

/// A face that the decoder can move.
#[derive(Debug, Clone)]
pub struct DecodedFace {
    identity: Tensor<2>,
    now: Tensor<2>,
    unchanged: Tensor<2>,
}

/// The expression decoder. It runs on the CPU: one row costs less than a trip to the GPU and back.
#[derive(Debug, Clone)]
pub struct ExpressionDecoder {
    net: DecoderNet,
    device: Device,
}

impl ExpressionDecoder {
    /// Loads the decoder's weights.
    ///
    /// # Errors
    /// [`Error::ModelMissing`], [`Error::ModelCorrupt`].
    pub fn new(models: &Models) -> Result<Self> {
        let device = Device::flex();
        Ok(Self { net: load_net(DecoderNet::new(&device), models, FILE)?, device })
    }

    /// Prepares a face: its 478 landmarks in the canonical frame, and the coefficients they show.
    ///
    /// # Errors
    /// [`Error::Option`] unless there are 478 landmarks.
    pub fn face(&self, shape: &[Vector3<f64>], now: &Coefficients) -> Result<DecodedFace> {
        if shape.len() != LANDMARKS {
            return Err(Error::Option { option: "shape", expected: "478 landmarks" });
        }
        let places: Vec<f32> = shape.iter().flat_map(|p| [p.x as f32, p.y as f32, p.z as f32]).collect();
        let places = Tensor::from_data(TensorData::new(places, [1, COORDINATES]), &self.device);
        let identity = self.net.identify(places);
        let now = self.row(now);
        let unchanged = self.net.bend(identity.clone(), now.clone(), now.clone());
        Ok(DecodedFace { identity, now, unchanged })
    }

    /// How the face's 478 landmarks move from the coefficients they show to `wanted`
    /// (in \[0, 1\]), canonical frame, centimetres.
    ///
    /// # Errors
    /// [`Error::Gpu`] when the device fails.
    pub fn displacement(&self, face: &DecodedFace, wanted: &Coefficients) -> Result<Shape> {
        let wanted = self.row(wanted);
        let linear =
            (wanted.clone() - face.now.clone()).matmul(self.net.linear.val()) * self.net.gain.val().unsqueeze();
        let bent = self.net.bend(face.identity.clone(), face.now.clone(), wanted) - face.unchanged.clone();
        let components = linear + bent * self.net.move_scale.val().unsqueeze();
        let mut moves = points(components.matmul(self.net.moves.val()))?;
        // An iris moves as one piece, by its centre.
        for eye in &EYES {
            let [centre, border @ ..] = eye.iris;
            for point in border {
                moves[point] = moves[centre];
            }
        }
        Ok(moves)
    }

    /// What of a change of the measured landmarks comes of the head's turn alone, from one pose to another:
    /// a nose that looks shorter from below, say. Canonical frame, centimetres, for each landmark.
    ///
    /// # Errors
    /// [`Error::Gpu`] when the device fails.
    pub fn turning(&self, from: &Pose, to: &Pose) -> Result<Shape> {
        let [from, to] = [from, to].map(|pose| pose.angles());
        let change: [f32; 3] = std::array::from_fn(|k| {
            let [a, b] = [from[k], to[k]].map(|angle| angle.clamp(-TURN_LIMITS[k], TURN_LIMITS[k]));
            (b - a).to_radians() as f32
        });
        let change = Tensor::<2>::from_data(TensorData::new(change.to_vec(), [1, 3]), &self.device);
        points(change.matmul(self.net.pose.val()))
    }

    fn row(&self, coefficients: &Coefficients) -> Tensor<2> {
        // The first is the tongue, which no landmark follows: the decoder was not trained with it.
        let mut values = coefficients.map(|c| if c.is_finite() { c.clamp(0.0, 1.0) } else { 0.0 });
        values[0] = 0.0;
        Tensor::from_data(TensorData::new(values.to_vec(), [1, COEFFICIENTS]), &self.device)
    }
}

/// `[1, 1434]` as points.
fn points(row: Tensor<2>) -> Result<Shape> {
    let values = row.into_data().try_to_vec::<f32>().map_err(|error| Error::Gpu { reason: format!("{error:?}") })?;
    Ok(values.chunks_exact(3).map(|p| Vector3::new(f64::from(p[0]), f64::from(p[1]), f64::from(p[2]))).collect())
}
