//! The landmark net: 478 points of a face in an upright crop (MediaPipe's face landmarks v2).

use burn::module::Module;
use burn::nn::PRelu;
use burn::nn::conv::Conv2d;
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor};

use super::LANDMARK_SIDE;
use super::block::{Kernel, POINT, conv, depthwise, halve, prelu, valid_conv, widen};
use crate::error::Result;
use crate::geometry::LANDMARKS;
use crate::nets::graph::{Activation, Convolution, Graph, Size, Skip, Value};
use crate::nets::layers::{Layers, slopes};

/// Channels where the picture has 128, 64, 32, 16, 8, 4 and 2 pixels a side. Inside a block
/// there are half as many. Every size has four blocks; all sizes but the first begin
/// with one more, which halves the picture.
const CHANNELS: [usize; 7] = [16, 32, 64, 128, 128, 128, 128];
/// Number of blocks at every size that keep it.
const KEEPING: usize = 4;

/// A bottleneck block: squeeze, depthwise convolution, expand, and a skip past all three.
#[derive(Module, Debug)]
struct Bottleneck {
    reduce: Conv2d,
    inner_slope: PRelu,
    depthwise: Conv2d,
    expand: Conv2d,
    outer_slope: PRelu,
}

impl Bottleneck {
    fn new(channels: [usize; 2], halving: bool, device: &Device) -> Self {
        let inner = channels[1] / 2;
        let kernel = if halving { Kernel { side: 2, stride: 2 } } else { POINT };
        Self {
            reduce: valid_conv([channels[0], inner], kernel, device),
            inner_slope: prelu(inner, device),
            depthwise: depthwise(inner, 1, false, device),
            expand: conv([inner, channels[1]], POINT, device),
            outer_slope: prelu(channels[1], device),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let y = self.inner_slope.forward(self.reduce.forward(x.clone()));
        let y = self.expand.forward(self.depthwise.forward(y));
        let skip = if self.reduce.stride[0] == 2 { halve(x) } else { x };
        let channels = y.dims()[1];
        self.outer_slope.forward(widen(skip, channels) + y)
    }

    fn record(&self, graph: &mut Graph, x: Value) -> Result<Value> {
        let reduce = graph.convolution(x, &self.reduce)?;
        let y = graph.convolve(Convolution { activation: slopes(&self.inner_slope)?, ..reduce });
        let y = graph.depthwise(y, &self.depthwise)?;
        let skip = if self.reduce.stride[0] == 2 { Skip::Halved(x) } else { Skip::Same(x) };
        let expand = graph.convolution(y, &self.expand)?;
        Ok(graph.convolve(Convolution { skip: Some(skip), activation: slopes(&self.outer_slope)?, ..expand }))
    }
}

/// The landmark net.
#[derive(Module, Debug)]
pub(crate) struct LandmarkNet {
    stem: Conv2d,
    stem_slope: PRelu,
    blocks: Vec<Bottleneck>,
    points: Conv2d,
    presence: Conv2d,
    tongue: Conv2d,
}

impl LandmarkNet {
    /// The net without its weights.
    pub(crate) fn new(device: &Device) -> Self {
        let mut blocks = Vec::new();
        for (size, &channels) in CHANNELS.iter().enumerate() {
            if size > 0 {
                blocks.push(Bottleneck::new([CHANNELS[size - 1], channels], true, device));
            }
            blocks.extend((0..KEEPING).map(|_| Bottleneck::new([channels, channels], false, device)));
        }
        let whole = Kernel { side: 2, stride: 1 };
        Self {
            stem: conv([3, CHANNELS[0]], Kernel { side: 3, stride: 2 }, device),
            stem_slope: prelu(CHANNELS[0], device),
            blocks,
            points: valid_conv([CHANNELS[6], LANDMARKS * 3], whole, device),
            presence: valid_conv([CHANNELS[6], 1], whole, device),
            tongue: valid_conv([CHANNELS[6], 1], whole, device),
        }
    }

    /// `[1, 256, 256, 3]` in \[0, 1\] to `[478, 3]` in crop pixels (z scaled like x), `[1]`, the presence of a face in
    /// \[0, 1\], and `[1]`, the log odds of a tongue that is out.
    pub(crate) fn forward(&self, crop: Tensor<4>) -> (Tensor<2>, [Tensor<1>; 2]) {
        let mut x = self.stem_slope.forward(self.stem.forward(crop.permute([0, 3, 1, 2])));
        for block in &self.blocks {
            x = block.forward(x);
        }
        let points = self.points.forward(x.clone()).reshape([LANDMARKS, 3]);
        let presence = sigmoid(self.presence.forward(x.clone())).reshape([1]);
        (points, [presence, self.tongue.forward(x).reshape([1])])
    }

    /// The same net as a graph for our own kernels: from a crop of 256 x 256 x 3 to 478 x 3 numbers, the presence
    /// and the tongue.
    ///
    /// # Errors
    /// [`Error::Net`](crate::Error::Net).
    pub(crate) fn graph(&self) -> Result<Graph> {
        let mut graph = Graph::default();
        let crop = graph.input(Size::new(LANDMARK_SIDE, LANDMARK_SIDE, 3));
        let stem = graph.convolution(crop, &self.stem)?;
        let mut x = graph.convolve(Convolution { activation: slopes(&self.stem_slope)?, ..stem });
        for block in &self.blocks {
            x = block.record(&mut graph, x)?;
        }
        let points = graph.convolution(x, &self.points)?;
        let points = graph.convolve(points);
        let presence = graph.convolution(x, &self.presence)?;
        let presence = graph.convolve(Convolution { activation: Activation::Sigmoid, ..presence });
        let tongue = graph.convolution(x, &self.tongue)?;
        let tongue = graph.convolve(tongue);
        graph.output(points);
        graph.output(presence);
        graph.output(tongue);
        Ok(graph)
    }
}
