//! Steps, appended one after the other.

use crate::graph::{Activation, Convolution, Graph, Size, Step, Value, Window};
use crate::misfit::{Misfit, Result};

impl Graph {
    /// A convolution with these weights, `[side, side, channels in, channels out]`, without anything after it. Its fields may
    /// be changed before it is given to [`Self::convolve`].
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

    /// Appends a step that doubles a picture (every pixel four times) and adds `skip`.
    pub fn double(&mut self, from: Value, skip: Value) -> Value {
        let to = self.value(self.size(skip));
        self.push(Step::Double { from, skip, to })
    }

    /// Appends a step that exchanges channels and columns of a single row of pixels, and adds `skip`.
    pub fn turn(&mut self, from: Value, skip: Option<Value>) -> Value {
        let Size { width, channels, .. } = self.size(from);
        let to = self.value(Size::new(1, channels, width));
        self.push(Step::Turn { from, skip, to })
    }

    /// The whole graph as bytes, for another module of the same build.
    ///
    /// # Errors
    /// [`Misfit`] when there is no room for them.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        postcard::to_allocvec(self).map_err(|_| Misfit("a net is too large"))
    }

    /// Reads a graph from the bytes that [`Self::to_bytes`] made.
    ///
    /// # Errors
    /// [`Misfit`] for bytes that are none of a graph.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        postcard::from_bytes(bytes).map_err(|_| Misfit("the bytes are none of a net"))
    }

    /// Adds a value with this many channels, of the size that a window makes of `from`.
    pub fn windows(&mut self, from: Value, window: Window, channels: usize) -> Value {
        let Size { height, width, .. } = self.size(from);
        self.value(Size::new(window.count(height), window.count(width), channels))
    }
}
