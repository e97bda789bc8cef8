//! The blendshape net: 52 expression coefficients from 146 landmarks, an MLP mixer
//! (Grishchenko et al. 2023, "Blendshapes GHUM").

use burn::module::{Initializer, Module, Param};
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::{Device, Tensor};

use crate::error::Result;
use crate::motion::COEFFICIENTS;
use crate::nets::graph::{Activation, Convolution, Graph, POINT, Size, Skip, Value, Window};
use crate::nets::layers::{self, Layers, numbers};

/// The landmarks that the net reads.
pub(crate) const POINTS: [usize; 146] = [
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67, 70, 78, 80,
    81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146, 148, 149, 150, 152, 153,
    154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172, 173, 176, 178, 181, 185, 191, 195, 197, 234, 246, 249, 251,
    263, 267, 269, 270, 276, 282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314, 317, 318,
    321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378, 379, 380, 381, 382, 384, 385, 386,
    387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454, 466, 468, 469, 470, 471, 472, 473, 474, 475, 476, 477,
];

/// Number of tokens that are made of the points; one learnt token goes before them.
const TOKENS: usize = 96;
/// Channels of a token.
const CHANNELS: usize = 64;
/// Mean distance from their centre to which the points are scaled.
pub(crate) const SPREAD: f32 = 0.5;

/// Added to the variance of a layer norm.
const EPSILON: f64 = 1e-6;
/// Columns of the graph's input: the points, a column for the learnt token alone, and a column for the bias of the
/// other tokens.
pub(crate) const COLUMNS: usize = POINTS.len() + 2;

/// Mixes over tokens, then over channels.
#[derive(Module, Debug)]
struct MixerBlock {
    token_norm: LayerNorm,
    token_up: Linear,
    token_down: Linear,
    channel_norm: LayerNorm,
    channel_up: Linear,
    channel_down: Linear,
}

impl MixerBlock {
    fn new(device: &Device) -> Self {
        let norm = || LayerNormConfig::new(CHANNELS).with_epsilon(EPSILON).with_bias(false).init(device);
        Self {
            token_norm: norm(),
            token_up: linear([TOKENS + 1, 384], device),
            token_down: linear([384, TOKENS + 1], device),
            channel_norm: norm(),
            channel_up: linear([CHANNELS, 256], device),
            channel_down: linear([256, CHANNELS], device),
        }
    }

    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let y = self.token_norm.forward(x.clone()).swap_dims(1, 2);
        let y = self.token_down.forward(relu(self.token_up.forward(y)));
        let x = x + y.swap_dims(1, 2);
        let y = self.channel_norm.forward(x.clone());
        x + self.channel_down.forward(relu(self.channel_up.forward(y)))
    }

    fn record(&self, graph: &mut Graph, x: Value) -> Result<Value> {
        let y = graph.normalise(x, &self.token_norm, EPSILON as f32)?;
        let y = graph.turn(y, None);
        let y = perceive(graph, y, [&self.token_up, &self.token_down], None)?;
        let x = graph.turn(y, Some(x));
        let y = graph.normalise(x, &self.channel_norm, EPSILON as f32)?;
        perceive(graph, y, [&self.channel_up, &self.channel_down], Some(Skip::Same(x)))
    }
}

/// Two linear layers with a rectifier between them, plus `skip`.
fn perceive(graph: &mut Graph, x: Value, [up, down]: [&Linear; 2], skip: Option<Skip>) -> Result<Value> {
    let up = graph.linear(x, up)?;
    let y = graph.convolve(Convolution { activation: Activation::Relu, ..up });
    let down = graph.linear(y, down)?;
    Ok(graph.convolve(Convolution { skip, ..down }))
}

/// The input of the graph for x and y of [`POINTS`]: centred, of one size, as two rows, and a third for the
/// learnt token. See [`BlendshapeNet::graph`].
pub(crate) fn prepared(points: &[[f32; 2]]) -> Vec<f32> {
    let count = points.len().max(1) as f32;
    let mean = [0, 1].map(|axis| points.iter().map(|point| point[axis]).sum::<f32>() / count);
    let centred = || points.iter().map(|point| [point[0] - mean[0], point[1] - mean[1]]);
    let spread = centred().map(|[x, y]| (x * x + y * y).sqrt()).sum::<f32>() / count;
    // Points that all coincide have no expression; the floor only keeps the result finite.
    let scale = SPREAD / spread.max(1e-9);
    let mut rows = vec![0.0; 3 * COLUMNS];
    for (k, point) in centred().enumerate().take(POINTS.len()) {
        (rows[k], rows[COLUMNS + k]) = (point[0] * scale, point[1] * scale);
    }
    rows[COLUMNS - 1] = 1.0;
    rows[2 * COLUMNS - 1] = 1.0;
    rows[3 * COLUMNS - 2] = 1.0;
    rows
}

/// The blendshape net.
#[derive(Module, Debug)]
pub(crate) struct BlendshapeNet {
    mix_points: Linear,
    embed: Linear,
    token: Param<Tensor<3>>,
    blocks: Vec<MixerBlock>,
    head: Linear,
}

impl BlendshapeNet {
    /// The net without its weights.
    pub(crate) fn new(device: &Device) -> Self {
        Self {
            mix_points: linear([POINTS.len(), TOKENS], device),
            embed: linear([2, CHANNELS], device),
            token: Initializer::Zeros.init([1, 1, CHANNELS], device),
            blocks: (0..4).map(|_| MixerBlock::new(device)).collect(),
            head: linear([CHANNELS, COEFFICIENTS], device),
        }
    }

    /// `[146, 2]`, x and y of [`POINTS`] in square pixels of any scale, to `[52]` in \[0, 1\].
    pub(crate) fn forward(&self, points: Tensor<2>) -> Tensor<1> {
        let centred = points.clone() - points.mean_dim(0);
        let spread = centred.clone().square().sum_dim(1).sqrt().mean_dim(0);
        // Points that all coincide have no expression; the floor only keeps the result finite.
        let points = centred / spread.clamp_min(1e-9) * SPREAD;
        let tokens = self.mix_points.forward(points.swap_dims(0, 1).unsqueeze::<3>()).swap_dims(1, 2);
        let mut x = Tensor::cat(vec![self.token.val(), self.embed.forward(tokens)], 1);
        for block in &self.blocks {
            x = block.forward(x);
        }
        let first = x.narrow(1, 0, 1).reshape([1, CHANNELS]);
        sigmoid(self.head.forward(first)).reshape([COEFFICIENTS])
    }

    /// The same net as a graph for our own kernels: from the rows of [`prepared`] to 52 numbers in \[0, 1\].
    ///
    /// The learnt token stands before the others. One layer makes all tokens: the third row of the input is 1 for the
    /// learnt token alone, and the embedding's weights for this row are that token less the embedding's bias.
    ///
    /// # Errors
    /// [`Error::Net`](crate::Error::Net).
    pub(crate) fn graph(&self) -> Result<Graph> {
        let mut graph = Graph::default();
        let points = graph.input(Size::new(1, 3, COLUMNS));
        let [mixing, shift] = layers::linear(&self.mix_points)?;
        let mut weights = vec![0.0; COLUMNS * (TOKENS + 1)];
        let rows = mixing.chunks_exact(TOKENS).chain([&[0.0; TOKENS][..], &shift]);
        for (row, to) in rows.zip(weights.chunks_exact_mut(TOKENS + 1)) {
            to[1..].copy_from_slice(row);
        }
        weights[POINTS.len() * (TOKENS + 1)] = 1.0;
        let mixing = graph.windowed(points, POINT, weights, vec![0.0; TOKENS + 1]);
        let mixed = graph.convolve(mixing);
        let tokens = graph.turn(mixed, None);
        let [mut weights, bias] = layers::linear(&self.embed)?;
        weights.extend(numbers(self.token.val())?.iter().zip(&bias).map(|(token, bias)| token - bias));
        let embedding = graph.windowed(tokens, POINT, weights, bias);
        let mut x = graph.convolve(embedding);
        for block in &self.blocks {
            x = block.record(&mut graph, x)?;
        }
        let [weights, bias] = layers::linear(&self.head)?;
        // The head reads the first token only.
        let first = Window { stride: TOKENS + 1, ..POINT };
        let head = graph.windowed(x, first, weights, bias);
        let head = graph.convolve(Convolution { activation: Activation::Sigmoid, ..head });
        graph.output(head);
        Ok(graph)
    }
}

fn linear(sizes: [usize; 2], device: &Device) -> Linear {
    LinearConfig::new(sizes[0], sizes[1]).with_initializer(Initializer::Zeros).init(device)
}
