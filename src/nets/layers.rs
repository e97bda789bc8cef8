//! From Burn's layers to steps of a graph, with the layers' loaded weights in the order that the steps have.

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

/// Makes a graph's steps from Burn's layers.
pub(crate) trait Layers {
    /// A plain convolution, without activation, skip or modulation. Those fields may be set before it is given to
    /// [`Graph::convolve`].
    ///
    /// # Errors
    /// [`Error::Net`].
    fn convolution(&mut self, from: Value, layer: &Conv2d) -> Result<Convolution>;

    /// A linear layer that is applied to every pixel, as a plain 1 x 1 convolution like that of
    /// [`convolution`](Self::convolution).
    ///
    /// # Errors
    /// [`Error::Net`].
    fn linear(&mut self, from: Value, layer: &Linear) -> Result<Convolution>;

    /// Appends a depthwise convolution, of every channel by itself.
    ///
    /// # Errors
    /// [`Error::Net`].
    fn depthwise(&mut self, from: Value, layer: &Conv2d) -> Result<Value>;

    /// Appends a layer norm that has gains but no offsets.
    ///
    /// # Errors
    /// [`Error::Net`].
    fn normalise(&mut self, from: Value, layer: &LayerNorm, epsilon: f32) -> Result<Value>;
}

impl Layers for Graph {
    fn convolution(&mut self, from: Value, layer: &Conv2d) -> Result<Convolution> {
        let weights = layer.weight.val();
        let [out, ..] = weights.dims();
        let window = window(layer, self.size(from))?;
        let bias = bias(layer.bias.as_ref(), out)?;
        let weights = numbers(weights.permute([2, 3, 1, 0]))?;
        Ok(self.windowed(from, window, weights, bias))
    }

    fn linear(&mut self, from: Value, layer: &Linear) -> Result<Convolution> {
        let [weights, bias] = linear(layer)?;
        Ok(self.windowed(from, POINT, weights, bias))
    }

    fn depthwise(&mut self, from: Value, layer: &Conv2d) -> Result<Value> {
        let weights = layer.weight.val();
        let [channels, ..] = weights.dims();
        let window = window(layer, self.size(from))?;
        let to = self.windows(from, window, channels);
        let bias = bias(layer.bias.as_ref(), channels)?;
        let weights = numbers(weights.permute([2, 3, 1, 0]))?;
        Ok(self.push(Step::Depthwise(Depthwise { from, to, window, weights, bias })))
    }

    fn normalise(&mut self, from: Value, layer: &LayerNorm, epsilon: f32) -> Result<Value> {
        let to = self.value(self.size(from));
        Ok(self.push(Step::Normalise { from, to, gain: numbers(layer.gamma.val())?, epsilon }))
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
