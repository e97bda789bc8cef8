//! The face detector: BlazeFace, short range (Bazarevsky et al. 2019, "BlazeFace:
//! Sub-millisecond Neural Face Detection on Mobile GPUs").

use burn::module::Module;
use burn::nn::conv::Conv2d;
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::{Device, Tensor};

use super::DETECTOR_SIDE;
use super::block::{Kernel, POINT, conv, depthwise, halve, widen};
use crate::error::Result;
use crate::nets::graph::{Activation, Convolution, Graph, POINT as POINT_WINDOW, Size, Skip, Value};
use crate::nets::layers::Layers;

/// Candidates of one picture: 2 for each cell of a 16 x 16 grid, 6 for each of 8 x 8.
pub(crate) const ANCHORS: usize = 16 * 16 * 2 + 8 * 8 * 6;
/// Number of values of one candidate: centre x and y, width, height, x and y of six keypoints, score.
pub(crate) const VALUES: usize = 17;

/// Channels after the stem and after each block.
const CHANNELS: [usize; 17] = [24, 24, 28, 32, 36, 42, 48, 56, 64, 72, 80, 88, 96, 96, 96, 96, 96];
/// Indices of the blocks that halve the picture.
const HALVING: [usize; 3] = [2, 5, 11];
/// Index of the block whose output the fine (16 x 16) heads read.
const FINE: usize = 10;

/// Depthwise and pointwise convolution beside a skip.
#[derive(Module, Debug)]
struct SeparableBlock {
    depthwise: Conv2d,
    pointwise: Conv2d,
}

impl SeparableBlock {
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let y = self.pointwise.forward(self.depthwise.forward(x.clone()));
        let skip = if self.depthwise.stride[0] == 2 { halve(x) } else { x };
        let channels = y.dims()[1];
        relu(widen(skip, channels) + y)
    }

    fn record(&self, graph: &mut Graph, x: Value) -> Result<Value> {
        let y = graph.depthwise(x, &self.depthwise)?;
        let skip = if self.depthwise.stride[0] == 2 { Skip::Halved(x) } else { Skip::Same(x) };
        let pointwise = graph.convolution(y, &self.pointwise)?;
        Ok(graph.convolve(Convolution { skip: Some(skip), activation: Activation::Relu, ..pointwise }))
    }
}

/// The detector's net.
#[derive(Module, Debug)]
pub(crate) struct DetectorNet {
    stem: Conv2d,
    blocks: Vec<SeparableBlock>,
    scores_fine: Conv2d,
    scores_coarse: Conv2d,
    boxes_fine: Conv2d,
    boxes_coarse: Conv2d,
}

impl DetectorNet {
    /// The net without its weights.
    pub(crate) fn new(device: &Device) -> Self {
        let block = |index: usize| SeparableBlock {
            depthwise: depthwise(CHANNELS[index], if HALVING.contains(&index) { 2 } else { 1 }, true, device),
            pointwise: conv([CHANNELS[index], CHANNELS[index + 1]], POINT, device),
        };
        let (fine, coarse) = (CHANNELS[FINE + 1], CHANNELS[16]);
        Self {
            stem: conv([3, CHANNELS[0]], Kernel { side: 5, stride: 2 }, device),
            blocks: (0..16).map(block).collect(),
            scores_fine: conv([fine, 2], POINT, device),
            scores_coarse: conv([coarse, 6], POINT, device),
            boxes_fine: conv([fine, 2 * 16], POINT, device),
            boxes_coarse: conv([coarse, 6 * 16], POINT, device),
        }
    }

    /// `[pictures, 128, 128, 3]` in \[-1, 1\] to `[pictures, 896, 17]`: box and keypoints
    /// in input pixels relative to the anchor, then the score in \[0, 1\].
    pub(crate) fn forward(&self, pictures: Tensor<4>) -> Tensor<3> {
        let mut x = relu(self.stem.forward(pictures.permute([0, 3, 1, 2])));
        let mut fine = None;
        for (index, block) in self.blocks.iter().enumerate() {
            x = block.forward(x);
            if index == FINE {
                fine = Some(x.clone());
            }
        }
        let fine = fine.unwrap_or_else(|| x.clone());
        let scores = Tensor::cat(
            vec![rows(self.scores_fine.forward(fine.clone()), 1), rows(self.scores_coarse.forward(x.clone()), 1)],
            1,
        );
        let boxes =
            Tensor::cat(vec![rows(self.boxes_fine.forward(fine), 16), rows(self.boxes_coarse.forward(x), 16)], 1);
        Tensor::cat(vec![boxes, sigmoid(scores.clamp(-100.0, 100.0))], 2)
    }

    /// The same net as a graph for our own kernels: from one picture of 128 x 128 x 3 to the rows of the fine and of
    /// the coarse candidates. Their scores are log odds, which [`rate`] turns into scores in \[0, 1\].
    ///
    /// # Errors
    /// [`Error::Net`](crate::Error::Net).
    pub(crate) fn graph(&self) -> Result<Graph> {
        let mut graph = Graph::default();
        let picture = graph.input(Size::new(DETECTOR_SIDE, DETECTOR_SIDE, 3));
        let stem = graph.convolution(picture, &self.stem)?;
        let mut x = graph.convolve(Convolution { activation: Activation::Relu, ..stem });
        let mut fine = x;
        for (index, block) in self.blocks.iter().enumerate() {
            x = block.record(&mut graph, x)?;
            if index == FINE {
                fine = x;
            }
        }
        let fine = candidates(&mut graph, fine, &self.boxes_fine, &self.scores_fine)?;
        let coarse = candidates(&mut graph, x, &self.boxes_coarse, &self.scores_coarse)?;
        graph.output(fine);
        graph.output(coarse);
        Ok(graph)
    }
}

/// The heads for boxes and for scores as one convolution, whose channels are the candidates' rows one after the other.
fn candidates(graph: &mut Graph, x: Value, boxes: &Conv2d, scores: &Conv2d) -> Result<Value> {
    let [boxes, scores] = [graph.convolution(x, boxes)?, graph.convolution(x, scores)?];
    let rows = |boxes: &[f32], scores: &[f32]| -> Vec<f32> {
        let pairs = boxes.chunks_exact(VALUES - 1).zip(scores);
        pairs.flat_map(|(place, score)| place.iter().chain([score]).copied().collect::<Vec<_>>()).collect()
    };
    let (wide, narrow) = (boxes.bias.len(), scores.bias.len());
    let channels = boxes.weights.chunks_exact(wide).zip(scores.weights.chunks_exact(narrow));
    let weights = channels.flat_map(|(boxes, scores)| rows(boxes, scores)).collect();
    let both = graph.windowed(x, POINT_WINDOW, weights, rows(&boxes.bias, &scores.bias));
    Ok(graph.convolve(both))
}

/// Turns the scores in rows of candidates from the graph's log odds to \[0, 1\].
pub(crate) fn rate(rows: &mut [f32]) {
    for score in rows.iter_mut().skip(VALUES - 1).step_by(VALUES) {
        *score = 1.0 / (1.0 + (-score.clamp(-100.0, 100.0)).exp());
    }
}

/// One row of `width` numbers for each candidate, cell by cell.
fn rows(x: Tensor<4>, width: usize) -> Tensor<3> {
    let [pictures, channels, height, across] = x.dims();
    x.permute([0, 2, 3, 1]).reshape([pictures, height * across * channels / width, width])
}
