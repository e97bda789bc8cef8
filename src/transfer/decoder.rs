//! Expression decoder: from a person's shape and expression coefficients to landmark displacements.
//!
//! The net is that of `train/expression_decoder.py`. For a person's shape in identity
//! components `u`, present coefficients `c` and wanted coefficients `w` the displacement is
//!
//! ```text
//! movesᵀ (gain (w - c) linear + scale (f(u, c, w) - f(u, c, c)))
//! ```
//!
//! where `f` is a perceptron of two hidden layers. If no change is wanted (`w` is `c`), nothing moves.

use nalgebra::{DVector, Vector3};

use crate::error::{Error, Result};
use crate::geometry::topology::EYES;
use crate::geometry::{LANDMARKS, Pose, Shape};
use crate::models::{Models, WeightFile};
use crate::motion::{COEFFICIENTS, Coefficients};
use crate::nets::vectorized;

/// File that `train/expression_decoder.py` writes.
const FILE: &str = "expression_decoder.safetensors";
/// Principal components of who a person is.
const IDENTITIES: usize = 48;
/// Principal components of how faces move.
const MOVES: usize = 60;
const HIDDEN: usize = 384;
/// Largest yaw and pitch of the faces in the training, and the largest roll that occurs in them, degrees.
const TURN_LIMITS: [f64; 3] = [30.0, 26.0, 30.0];
/// Number of inputs whose weights are used in one pass over the sums.
const GROUP: usize = 4;
const COORDINATES: usize = 3 * LANDMARKS;
/// Number of the first layer's inputs that do not depend on the wanted coefficients: the identity components, the
/// present coefficients and their square roots.
const KNOWN: usize = IDENTITIES + 2 * COEFFICIENTS;
/// Identity components are kept within this many standard deviations.
const IDENTITY_LIMIT: f32 = 3.0;
/// Added to a coefficient before its square root is taken, so that the root's slope at 0 stays finite.
const ROOT_FLOOR: f32 = 1e-4;

/// A face that the decoder can move.
#[derive(Debug, Clone)]
pub struct DecodedFace {
    /// The coefficients that the face shows.
    now: DVector<f32>,
    /// The first layer's sums over the inputs that do not depend on the wanted coefficients, with its bias.
    told: DVector<f32>,
    /// The output of `f` where no change is wanted.
    unchanged: DVector<f32>,
}

/// The expression decoder: one row through small layers, which costs less than a trip to a GPU and back. Everything
/// that does not depend on the wanted coefficients is computed once for each face.
#[derive(Debug, Clone)]
pub struct ExpressionDecoder {
    mean: DVector<f32>,
    identity: Layer,
    identity_scale: DVector<f32>,
    moves: Layer,
    move_scale: DVector<f32>,
    linear: Layer,
    gain: f32,
    pose: Layer,
    /// The first layer's weights in two parts: for the face's identity and present coefficients, and for the wanted
    /// ones.
    first: [Layer; 2],
    first_bias: DVector<f32>,
    second: Layer,
    second_bias: DVector<f32>,
    last: Layer,
}

impl ExpressionDecoder {
    /// Loads the decoder's weights.
    ///
    /// # Errors
    /// [`Error::ModelMissing`], [`Error::ModelCorrupt`].
    pub fn new(models: &Models) -> Result<Self> {
        let file = WeightFile::open(models, FILE)?;
        let vector = |key, length| file.numbers(key, length).map(DVector::from_vec);
        let layer =
            |key, [from, to]: [usize; 2]| file.numbers(key, from * to).map(|weights| Layer { weights, outputs: to });
        let mut first = layer("first.weight", [KNOWN + 2 * COEFFICIENTS, HIDDEN])?;
        let wanted = Layer { weights: first.weights.split_off(KNOWN * HIDDEN), outputs: HIDDEN };
        let gain = vector("gain", 1)?[0];
        Ok(Self {
            mean: vector("mean", COORDINATES)?,
            identity: layer("identity", [COORDINATES, IDENTITIES])?,
            identity_scale: vector("identity_scale", IDENTITIES)?,
            moves: layer("moves", [MOVES, COORDINATES])?,
            move_scale: vector("move_scale", MOVES)?,
            linear: layer("linear", [COEFFICIENTS, MOVES])?,
            gain,
            pose: layer("pose", [3, COORDINATES])?,
            first: [first, wanted],
            first_bias: vector("first.bias", HIDDEN)?,
            second: layer("second.weight", [HIDDEN, HIDDEN])?,
            second_bias: vector("second.bias", HIDDEN)?,
            last: layer("last.weight", [HIDDEN, MOVES])?,
        })
    }

    /// Prepares a face: its 478 landmarks in the canonical frame, and the coefficients they show.
    ///
    /// # Errors
    /// [`Error::Option`] unless there are 478 landmarks.
    pub fn face(&self, shape: &[Vector3<f64>], now: &Coefficients) -> Result<DecodedFace> {
        if shape.len() != LANDMARKS {
            return Err(Error::Option { option: "shape", expected: "478 landmarks" });
        }
        let places = shape.iter().flat_map(|p| [p.x as f32, p.y as f32, p.z as f32]);
        let away = DVector::from_iterator(COORDINATES, places) - &self.mean;
        let components = self.identity.of(away).component_div(&self.identity_scale);
        let person = components.map(|c| c.clamp(-IDENTITY_LIMIT, IDENTITY_LIMIT));
        let now = row(now);
        let shown = with_roots(&now);
        let known = DVector::from_iterator(KNOWN, person.iter().chain(&shown).copied());
        let told = self.first[0].of(known) + &self.first_bias;
        let [unchanged] = self.bend(&told, std::array::from_ref(&now));
        Ok(DecodedFace { now, told, unchanged })
    }

    /// How the face's 478 landmarks move from the coefficients that they show to each of those that are `wanted` (in
    /// \[0, 1\]), canonical frame, centimetres. Several expressions at once cost less than one by one, as the weights
    /// are fetched once.
    #[must_use]
    pub fn displacements<const N: usize>(&self, face: &DecodedFace, wanted: [Coefficients; N]) -> [Shape; N] {
        let wanted = wanted.each_ref().map(row);
        let bent = self.bend(&face.told, &wanted);
        let linear = self.linear.of_each(&wanted.map(|wanted| wanted - &face.now));
        let components = std::array::from_fn(|k| {
            &linear[k] * self.gain + (&bent[k] - &face.unchanged).component_mul(&self.move_scale)
        });
        self.moves.of_each(&components).map(|moves| with_whole_irises(points(&moves)))
    }

    /// The change of the measured landmarks that comes from the head's turn alone, from one pose to another:
    /// a nose looks shorter from below, for example. Canonical frame, centimetres, for each landmark.
    #[must_use]
    pub fn turning(&self, from: &Pose, to: &Pose) -> Shape {
        let [from, to] = [from, to].map(|pose| pose.angles());
        let change = DVector::from_fn(3, |k, _| {
            let [a, b] = [from[k], to[k]].map(|angle| angle.clamp(-TURN_LIMITS[k], TURN_LIMITS[k]));
            (b - a).to_radians() as f32
        });
        points(&self.pose.of(change))
    }

    /// The outputs of `f` for a face ([`DecodedFace::told`]) and several wanted expressions, in units of `move_scale`.
    fn bend<const N: usize>(&self, told: &DVector<f32>, wanted: &[DVector<f32>; N]) -> [DVector<f32>; N] {
        let first = self.first[1].of_each(&wanted.each_ref().map(with_roots)).map(|sums| (sums + told).map(silu));
        let second = self.second.of_each(&first).map(|sums| (sums + &self.second_bias).map(silu));
        self.last.of_each(&second)
    }
}

/// A layer's weights, input by input: for each input its weights to all outputs.
#[derive(Debug, Clone)]
struct Layer {
    weights: Vec<f32>,
    outputs: usize,
}

impl Layer {
    /// The weighted sums of one row of inputs.
    fn of(&self, inputs: DVector<f32>) -> DVector<f32> {
        let [sums] = self.of_each(&[inputs]);
        sums
    }

    /// The weighted sums of each row of inputs. A group of weights is used for all rows before the next group is
    /// fetched.
    fn of_each<const N: usize>(&self, rows: &[DVector<f32>; N]) -> [DVector<f32>; N] {
        let mut sums = std::array::from_fn(|_| DVector::zeros(self.outputs));
        let mut groups = rows.each_ref().map(|row| row.as_slice().chunks(GROUP));
        for weights in self.weights.chunks(GROUP * self.outputs) {
            for (sums, groups) in sums.iter_mut().zip(&mut groups) {
                add(sums.as_mut_slice(), groups.next().unwrap_or_default(), weights);
            }
        }
        sums
    }
}

/// Adds weighted inputs to all sums: four inputs at a time, so that each sum is loaded and stored a quarter as often.
fn add(sums: &mut [f32], inputs: &[f32], weights: &[f32]) {
    if let [a, b, c, d] = *inputs {
        let (ab, cd) = weights.split_at(2 * sums.len());
        let ((of_a, of_b), (of_c, of_d)) = (ab.split_at(sums.len()), cd.split_at(sums.len()));
        vectorized(
            #[inline(always)]
            || {
                let weights = of_a.iter().zip(of_b).zip(of_c.iter().zip(of_d));
                for (sum, ((wa, wb), (wc, wd))) in sums.iter_mut().zip(weights) {
                    *sum += (a * wa + b * wb) + (c * wc + d * wd);
                }
            },
        );
    } else {
        for (input, weights) in inputs.iter().zip(weights.chunks_exact(sums.len())) {
            sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += input * weight);
        }
    }
}

/// Coefficients as the net takes them: finite, in \[0, 1\], without a tongue.
fn row(coefficients: &Coefficients) -> DVector<f32> {
    let values = coefficients.iter().map(|c| if c.is_finite() { c.clamp(0.0, 1.0) } else { 0.0 });
    let mut row = DVector::from_iterator(COEFFICIENTS, values);
    // The first coefficient is the tongue's. No landmark follows a tongue, and the decoder was not trained with it.
    row[0] = 0.0;
    row
}

/// Coefficients, and after them their square roots.
fn with_roots(coefficients: &DVector<f32>) -> DVector<f32> {
    let roots = coefficients.iter().map(|c| (c + ROOT_FLOOR).sqrt());
    DVector::from_iterator(2 * COEFFICIENTS, coefficients.iter().copied().chain(roots))
}

/// The sigmoid linear unit of the hidden layers (Elfwing et al. 2018).
fn silu(value: f32) -> f32 {
    value / (1.0 + (-value).exp())
}

/// The displacements with each iris moved as one piece, as far as its centre moves.
fn with_whole_irises(mut moves: Shape) -> Shape {
    for eye in &EYES {
        let [centre, border @ ..] = eye.iris;
        for point in border {
            moves[point] = moves[centre];
        }
    }
    moves
}

/// Coordinates as points.
fn points(coordinates: &DVector<f32>) -> Shape {
    coordinates.as_slice().as_chunks().0.iter().map(|p: &[f32; 3]| Vector3::from(p.map(f64::from))).collect()
}
