//! From Burn's layers to steps: their loaded numbers in the order of the kernels.

use burn::module::Param;
use burn::nn::conv::Conv2d;
use burn::nn::{LayerNorm, Linear, PRelu, PaddingConfig2d};
use burn::tensor::Tensor;

use super::check::given;
use super::graph::{Activation, Convolution, Depthwise, Graph, POINT, Size, Step, Value, Window};
use crate::error::{Error, Result};

/// The numbers of a tensor on the CPU, row by row.
///
/// # Errors
/// [`Error::Net`] for numbers of another type.
pub(crate) fn numbers<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>> {
    let data = tensor.try_into_data().map_err(|_| Error::Net { reason: "weights cannot be read" })?;
    data.try_to_vec::<f32>().map_err(|_| Error::Net { reason: "weights are no f32" })
}

/// The slopes of a leaky rectifier, one for each channel.
///
/// # Errors
/// [`Error::Net`].
pub(crate) fn slopes(layer: &PRelu) -> Result<Activation> {
    Ok(Activation::Prelu(numbers(layer.alpha.val())?))
}

/// Weights, `[in, out]`, and bias of a linear layer.
///
/// # Errors
/// [`Error::Net`].
pub(crate) fn linear(layer: &Linear) -> Result<[Vec<f32>; 2]> {
    let weights = layer.weight.val();
    let bias = bias(layer.bias.as_ref(), weights.dims()[1])?;
    Ok([numbers(weights)?, bias])
}

fn bias(bias: Option<&Param<Tensor<1>>>, channels: usize) -> Result<Vec<f32>> {
    bias.map_or_else(|| Ok(vec![0.0; channels]), |bias| numbers(bias.val()))
}

impl Graph {
    /// A convolution without anything after it. Its fields may be changed before it is given to [`Self::convolve`].
    ///
    /// # Errors
    /// [`Error::Net`].
    pub(crate) fn convolution(&mut self, from: Value, layer: &Conv2d) -> Result<Convolution> {
        let weights = layer.weight.val();
        let [out, ..] = weights.dims();
        let window = window(layer, self.size(from))?;
        let bias = bias(layer.bias.as_ref(), out)?;
        let weights = numbers(weights.permute([2, 3, 1, 0]))?;
        Ok(self.windowed(from, window, weights, bias))
    }

    /// A linear layer of every pixel, without anything after it.
    ///
    /// # Errors
    /// [`Error::Net`].
    pub(crate) fn linear(&mut self, from: Value, layer: &Linear) -> Result<Convolution> {
        let [weights, bias] = linear(layer)?;
        Ok(self.windowed(from, POINT, weights, bias))
    }

    /// A convolution with these weights, `[side, side, channels in, channels out]`, without anything after it.
    #[must_use]
    pub fn windowed(&mut self, from: Value, window: Window, weights: Vec<f32>, bias: Vec<f32>) -> Convolution {
        let to = self.windows(from, window, bias.len());
        let activation = Activation::None;
        Convolution { from, to, window, weights, bias, rectify: false, film: None, skip: None, activation }
    }

    /// Appends a convolution.
    pub fn convolve(&mut self, conv: Convolution) -> Value {
        self.push(Step::Convolution(conv))
    }

    /// A convolution of every channel by itself.
    ///
    /// # Errors
    /// [`Error::Net`].
    pub(crate) fn depthwise(&mut self, from: Value, layer: &Conv2d) -> Result<Value> {
        let weights = layer.weight.val();
        let [channels, ..] = weights.dims();
        let window = window(layer, self.size(from))?;
        let to = self.windows(from, window, channels);
        let bias = bias(layer.bias.as_ref(), channels)?;
        let weights = numbers(weights.permute([2, 3, 1, 0]))?;
        Ok(self.push(Step::Depthwise(Depthwise { from, to, window, weights, bias })))
    }

    /// Every pixel four times, plus `skip`.
    pub(crate) fn double(&mut self, from: Value, skip: Value) -> Value {
        let to = self.value(self.size(skip));
        self.push(Step::Double { from, skip, to })
    }

    /// A layer norm without shift.
    ///
    /// # Errors
    /// [`Error::Net`].
    pub(crate) fn normalise(&mut self, from: Value, layer: &LayerNorm, epsilon: f32) -> Result<Value> {
        let to = self.value(self.size(from));
        Ok(self.push(Step::Normalise { from, to, gain: numbers(layer.gamma.val())?, epsilon }))
    }

    /// Channels and columns of one row exchanged, plus `skip`.
    pub(crate) fn turn(&mut self, from: Value, skip: Option<Value>) -> Value {
        let Size { width, channels, .. } = self.size(from);
        let to = self.value(Size::new(1, channels, width));
        self.push(Step::Turn { from, skip, to })
    }

    /// The value that a window makes of another.
    fn windows(&mut self, from: Value, window: Window, channels: usize) -> Value {
        let Size { height, width, .. } = self.size(from);
        self.value(Size::new(window.count(height), window.count(width), channels))
    }
}

/// The window of a layer on a picture of this size.
fn window(layer: &Conv2d, from: Size) -> Result<Window> {
    let (side, stride) = (layer.kernel_size[0], layer.stride[0]);
    match layer.padding {
        PaddingConfig2d::Same => {
            let whole = from.height.is_multiple_of(stride) && from.width.is_multiple_of(stride);
            given(whole, "a side is no multiple of the stride")?;
            Ok(Window::same(side, stride))
        }
        _ => Ok(Window::valid(side, stride)),
    }
}
