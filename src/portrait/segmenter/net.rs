//! The layers of MediaPipe's selfie segmentation net (square model): a
//! MobileNetV3-like encoder, and a decoder whose skips are weighed by gates.
//!
//! Field names are the keys of the weight file. Tensors are `[1, channels, height, width]`.

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig, ConvTranspose2d, ConvTranspose2dConfig};
use burn::nn::{Initializer, PaddingConfig2d};
use burn::tensor::activation::{hard_swish, relu, sigmoid};
use burn::tensor::module::interpolate;
use burn::tensor::ops::{InterpolateMode, InterpolateOptions};
use burn::tensor::{Device, Tensor};

/// Side of the net's square input and output, pixels.
pub const SIDE: usize = 256;

/// A convolution with tflite's SAME padding. Weights are zero until they are loaded.
fn conv(channels: [usize; 2], kernel: usize, stride: usize, groups: usize, device: &Device) -> Conv2d {
    Conv2dConfig::new(channels, [kernel, kernel])
        .with_stride([stride, stride])
        .with_groups(groups)
        .with_padding(PaddingConfig2d::Same)
        .with_initializer(Initializer::Zeros)
        .init(device)
}

fn mean(x: Tensor<4>) -> Tensor<4> {
    x.mean_dim(3).mean_dim(2)
}

fn twice(x: Tensor<4>) -> Tensor<4> {
    let [_, _, height, width] = x.dims();
    let options = InterpolateOptions::new(InterpolateMode::Bilinear)
        .with_align_corners(false)
        .with_output_size([2 * height, 2 * width]);
    interpolate(x, options)
}

/// Squeeze-and-excitation: a weight in 0..1 for each channel, from the channels' means.
#[derive(Module, Debug)]
pub struct Gate {
    reduce: Conv2d,
    expand: Conv2d,
}

impl Gate {
    fn new(channels: usize, squeezed: usize, device: &Device) -> Self {
        Self {
            reduce: conv([channels, squeezed], 1, 1, 1, device),
            expand: conv([squeezed, channels], 1, 1, 1, device),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        sigmoid(self.expand.forward(relu(self.reduce.forward(mean(x)))))
    }
}

/// Inverted bottleneck: widen, filter each channel, weigh, narrow.
#[derive(Module, Debug)]
pub struct Block {
    expand: Conv2d,
    depthwise: Conv2d,
    gate: Option<Gate>,
    project: Conv2d,
    hard: bool,
    skip: bool,
}

/// Shape of a [`Block`].
struct BlockShape {
    /// Channels in, inside, out.
    channels: [usize; 3],
    kernel: usize,
    stride: usize,
    /// Channels inside the gate, 0 for none.
    squeezed: usize,
    /// Hard swish instead of ReLU.
    hard: bool,
}

/// The encoder's blocks, read off the model file.
const BLOCKS: [BlockShape; 8] = [
    BlockShape { channels: [16, 16, 16], kernel: 3, stride: 2, squeezed: 8, hard: false },
    BlockShape { channels: [16, 72, 24], kernel: 3, stride: 2, squeezed: 0, hard: false },
    BlockShape { channels: [24, 88, 24], kernel: 3, stride: 1, squeezed: 0, hard: false },
    BlockShape { channels: [24, 96, 32], kernel: 5, stride: 2, squeezed: 24, hard: true },
    BlockShape { channels: [32, 128, 32], kernel: 5, stride: 1, squeezed: 32, hard: true },
    BlockShape { channels: [32, 128, 32], kernel: 5, stride: 1, squeezed: 32, hard: true },
    BlockShape { channels: [32, 96, 32], kernel: 5, stride: 1, squeezed: 24, hard: true },
    BlockShape { channels: [32, 96, 32], kernel: 5, stride: 1, squeezed: 24, hard: true },
];

impl Block {
    fn new(shape: &BlockShape, device: &Device) -> Self {
        let [input, inside, output] = shape.channels;
        Self {
            expand: conv([input, inside], 1, 1, 1, device),
            depthwise: conv([inside, inside], shape.kernel, shape.stride, inside, device),
            gate: (shape.squeezed > 0).then(|| Gate::new(inside, shape.squeezed, device)),
            project: conv([inside, output], 1, 1, 1, device),
            hard: shape.hard,
            skip: shape.stride == 1 && input == output,
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let activation = if self.hard { hard_swish } else { relu };
        let mut y = activation(self.expand.forward(x.clone()));
        y = activation(self.depthwise.forward(y));
        if let Some(gate) = &self.gate {
            y = y.clone() * gate.forward(y);
        }
        y = self.project.forward(y);
        if self.skip { y + x } else { y }
    }
}

/// The encoder's end: each channel of values is weighed by a gate that sees the mean of the whole picture.
#[derive(Module, Debug)]
pub struct Neck {
    value: Conv2d,
    gate: Conv2d,
}

/// One doubling of the resolution, with a skip from the encoder.
#[derive(Module, Debug)]
pub struct Decoder {
    lift: Conv2d,
    gate: Gate,
    mix: Conv2d,
    depthwise: Conv2d,
}

impl Decoder {
    fn new(input: usize, output: usize, device: &Device) -> Self {
        Self {
            lift: conv([input, output], 1, 1, 1, device),
            gate: Gate::new(output, output, device),
            mix: conv([output, output], 1, 1, 1, device),
            depthwise: conv([output, output], 3, 1, output, device),
        }
    }

    fn forward(&self, x: Tensor<4>, skip: Tensor<4>) -> Tensor<4> {
        let up = self.lift.forward(twice(x));
        let weight = self.gate.forward(skip.clone() + up.clone());
        let mixed = relu(self.mix.forward(skip * weight + up));
        mixed.clone() + relu(self.depthwise.forward(mixed))
    }
}

/// The whole net: `[1, 3, 256, 256]` RGB in 0..1 to `[1, 1, 256, 256]`, 1 = person.
#[derive(Module, Debug)]
pub struct SelfieNet {
    stem: Conv2d,
    blocks: Vec<Block>,
    neck: Neck,
    decoders: Vec<Decoder>,
    output: ConvTranspose2d,
}

impl SelfieNet {
    /// The net with zero weights.
    #[must_use]
    pub fn new(device: &Device) -> Self {
        Self {
            stem: conv([3, 16], 3, 2, 1, device),
            blocks: BLOCKS.iter().map(|shape| Block::new(shape, device)).collect(),
            neck: Neck { value: conv([32, 128], 1, 1, 1, device), gate: conv([32, 128], 1, 1, 1, device) },
            decoders: [(128, 24), (24, 16), (16, 16)].map(|(a, b)| Decoder::new(a, b, device)).to_vec(),
            output: ConvTranspose2dConfig::new([16, 1], [2, 2])
                .with_stride([2, 2])
                .with_initializer(Initializer::Zeros)
                .init(device),
        }
    }

    /// Probability of a person for each pixel.
    #[must_use]
    pub fn forward(&self, picture: Tensor<4>) -> Tensor<4> {
        let mut x = hard_swish(self.stem.forward(picture));
        // Outputs of the encoder that the decoders see, at 1/2, 1/4 and 1/8 of the input's size.
        let mut skips = vec![x.clone()];
        for (i, block) in self.blocks.iter().enumerate() {
            x = block.forward(x);
            if i == 0 || i == 2 {
                skips.push(x.clone());
            }
        }
        let weight = sigmoid(self.neck.gate.forward(mean(x.clone())));
        x = relu(self.neck.value.forward(x)) * weight;
        for (decoder, skip) in self.decoders.iter().zip(skips.into_iter().rev()) {
            x = decoder.forward(x, skip);
        }
        sigmoid(self.output.forward(x))
    }
}
