//! Layers that the convolutional nets share.

use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{Initializer, PRelu, PReluConfig, PaddingConfig2d};
use burn::tensor::module::max_pool2d;
use burn::tensor::ops::{MaxPoolOptions, PadMode};
use burn::tensor::{Device, Tensor};

/// Square kernel and stride of a convolution.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kernel {
    pub(crate) side: usize,
    pub(crate) stride: usize,
}

/// A 1 x 1 convolution's kernel.
pub(crate) const POINT: Kernel = Kernel { side: 1, stride: 1 };

/// A convolution with bias and TensorFlow's SAME padding: at stride 2 the odd
/// row and column of padding come last.
pub(crate) fn conv(channels: [usize; 2], kernel: Kernel, device: &Device) -> Conv2d {
    config(channels, kernel).with_padding(PaddingConfig2d::Same).init(device)
}

/// A convolution with bias and without padding.
pub(crate) fn valid_conv(channels: [usize; 2], kernel: Kernel, device: &Device) -> Conv2d {
    config(channels, kernel).init(device)
}

/// A 3 x 3 convolution of every channel by itself, SAME padding.
pub(crate) fn depthwise(channels: usize, stride: usize, bias: bool, device: &Device) -> Conv2d {
    config([channels, channels], Kernel { side: 3, stride })
        .with_padding(PaddingConfig2d::Same)
        .with_groups(channels)
        .with_bias(bias)
        .init(device)
}

/// Weights begin as zeros: they are loaded right after, so random ones would cost time for nothing.
fn config(channels: [usize; 2], kernel: Kernel) -> Conv2dConfig {
    Conv2dConfig::new(channels, [kernel.side; 2]).with_stride([kernel.stride; 2]).with_initializer(Initializer::Zeros)
}

/// A leaky rectifier with one learnt slope for each channel.
pub(crate) fn prelu(channels: usize, device: &Device) -> PRelu {
    PReluConfig::new().with_num_parameters(channels).init(device)
}

/// Halves the picture by 2 x 2 maxima.
pub(crate) fn halve(x: Tensor<4>) -> Tensor<4> {
    max_pool2d(x, MaxPoolOptions::new([2, 2]))
}

/// Appends channels of zeros until there are `channels`.
pub(crate) fn widen(x: Tensor<4>, channels: usize) -> Tensor<4> {
    let missing = channels.saturating_sub(x.dims()[1]);
    if missing == 0 {
        return x;
    }
    x.pad([(0, missing), (0, 0), (0, 0)], PadMode::Constant(0.0))
}
