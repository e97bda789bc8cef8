//! A net as a list of steps over numbered values, which a [CPU](crate::CpuNet) or a GPU carries out.
//!
//! Values are pictures with their channels last. Every step is one fused kernel: a convolution takes its bias,
//! modulation, skip and activation with it. What is computed is recorded once; a run allocates nothing.

use serde::{Deserialize, Serialize};

/// Size of a value: rows, columns and channels. A vector is one pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Size {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Channels of a pixel.
    pub channels: usize,
}

impl Size {
    /// A picture.
    #[must_use]
    pub const fn new(height: usize, width: usize, channels: usize) -> Self {
        Self { height, width, channels }
    }

    /// A vector.
    #[must_use]
    pub const fn vector(channels: usize) -> Self {
        Self::new(1, 1, channels)
    }

    /// Number of pixels.
    #[must_use]
    pub const fn pixels(self) -> usize {
        self.height * self.width
    }

    /// Number of values.
    #[must_use]
    pub const fn len(self) -> usize {
        self.pixels() * self.channels
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// A value of a [`Graph`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Value(
    /// Its number.
    pub usize,
);

/// Window of a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Window {
    /// Rows and columns.
    pub side: usize,
    /// Step between windows, both ways.
    pub stride: usize,
    /// Zeros before the first row and column, and after the last.
    pub around: [usize; 2],
}

/// The window of a 1 x 1 convolution.
pub const POINT: Window = Window::valid(1, 1);

impl Window {
    /// TensorFlow's SAME padding on a picture whose sides are multiples of the stride: the odd zero comes last.
    #[must_use]
    pub const fn same(side: usize, stride: usize) -> Self {
        let zeros = side.saturating_sub(stride);
        Self { side, stride, around: [zeros / 2, zeros - zeros / 2] }
    }

    /// No padding.
    #[must_use]
    pub const fn valid(side: usize, stride: usize) -> Self {
        Self { side, stride, around: [0, 0] }
    }

    /// Number of windows along a side of a picture, which is the output's number of rows or columns.
    #[must_use]
    pub const fn count(self, length: usize) -> usize {
        match (length + self.around[0] + self.around[1]).checked_sub(self.side) {
            Some(way) => way / self.stride + 1,
            None => 0,
        }
    }
}

/// Activation: the function that is applied to each sum last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Activation {
    /// Nothing.
    None,
    /// Negative values become 0.
    Relu,
    /// Negative values are multiplied by their channel's slope.
    Prelu(Vec<f32>),
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
}

/// A value that is added to a convolution's sums before the activation. Where it has fewer channels than those, nothing
/// is added to the last ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Skip {
    /// The value as it is, of the output's height and width.
    Same(Value),
    /// The largest of each 2 x 2 pixels of a value twice as high and wide as the output.
    Halved(Value),
}

impl Skip {
    /// The value that is added.
    #[must_use]
    pub const fn value(self) -> Value {
        match self {
            Self::Same(value) | Self::Halved(value) => value,
        }
    }
}

/// Scales and shifts the channels of a sum (Perez et al. 2018, "FiLM") by numbers of a vector, a value of the same
/// graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Film {
    /// The vector.
    pub vector: Value,
    /// Index in the vector of the first scale; the shifts follow the scales.
    pub start: usize,
}

/// A convolution of all channels with all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Convolution {
    /// What is read.
    pub from: Value,
    /// What is written.
    pub to: Value,
    /// The window.
    pub window: Window,
    /// Weights, `[side, side, channels in, channels out]`.
    pub weights: Vec<f32>,
    /// Bias, one number a channel out.
    pub bias: Vec<f32>,
    /// Whether negative values read as 0.
    pub rectify: bool,
    /// Scale and shift of the sums, before the skip is added.
    pub film: Option<Film>,
    /// Value that is added before the activation.
    pub skip: Option<Skip>,
    /// Function that is applied last.
    pub activation: Activation,
}

/// A convolution of every channel by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Depthwise {
    /// What is read.
    pub from: Value,
    /// What is written.
    pub to: Value,
    /// The window.
    pub window: Window,
    /// Weights, `[side, side, channels]`.
    pub weights: Vec<f32>,
    /// Bias, one number a channel.
    pub bias: Vec<f32>,
}

/// One kernel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Step {
    /// A convolution of all channels with all.
    Convolution(Convolution),
    /// A convolution of every channel by itself.
    Depthwise(Depthwise),
    /// Every pixel of `from` four times, plus `skip`.
    Double {
        /// What is doubled.
        from: Value,
        /// What is added, of the size of `to`.
        skip: Value,
        /// What is written.
        to: Value,
    },
    /// Every pixel's channels less their mean, over their standard deviation, times `gain`.
    Normalise {
        /// What is read.
        from: Value,
        /// What is written.
        to: Value,
        /// One factor a channel.
        gain: Vec<f32>,
        /// Added to the variance.
        epsilon: f32,
    },
    /// One row of pixels with channels and columns exchanged, plus `skip`.
    Turn {
        /// What is read.
        from: Value,
        /// What is added.
        skip: Option<Value>,
        /// What is written.
        to: Value,
    },
}

impl Step {
    /// What is written.
    #[must_use]
    pub const fn to(&self) -> Value {
        match self {
            Self::Convolution(Convolution { to, .. })
            | Self::Depthwise(Depthwise { to, .. })
            | Self::Double { to, .. }
            | Self::Normalise { to, .. }
            | Self::Turn { to, .. } => *to,
        }
    }

    /// What is read.
    #[must_use]
    pub fn reads(&self) -> Vec<Value> {
        match self {
            Self::Convolution(step) => {
                let skip = step.skip.map(Skip::value);
                [Some(step.from), skip, step.film.map(|film| film.vector)].into_iter().flatten().collect()
            }
            Self::Depthwise(step) => vec![step.from],
            Self::Double { from, skip, .. } => vec![*from, *skip],
            Self::Normalise { from, .. } => vec![*from],
            Self::Turn { from, skip, .. } => [Some(*from), *skip].into_iter().flatten().collect(),
        }
    }
}

/// A net.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Graph {
    sizes: Vec<Size>,
    steps: Vec<Step>,
    inputs: Vec<Value>,
    outputs: Vec<Value>,
}

impl Graph {
    /// Adds an input: a value that whoever runs the net gives.
    pub fn input(&mut self, size: Size) -> Value {
        let value = self.value(size);
        self.inputs.push(value);
        value
    }

    /// Marks a value as a result.
    pub fn output(&mut self, value: Value) {
        self.outputs.push(value);
    }

    /// Size of a value of this graph.
    #[must_use]
    pub fn size(&self, value: Value) -> Size {
        self.sizes.get(value.0).copied().unwrap_or(Size::vector(0))
    }

    /// The steps in their order.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The values that are given.
    #[must_use]
    pub fn inputs(&self) -> &[Value] {
        &self.inputs
    }

    /// The results.
    #[must_use]
    pub fn outputs(&self) -> &[Value] {
        &self.outputs
    }

    /// Sizes of all values.
    #[must_use]
    pub fn sizes(&self) -> &[Size] {
        &self.sizes
    }

    /// Adds a value of this size.
    pub fn value(&mut self, size: Size) -> Value {
        self.sizes.push(size);
        Value(self.sizes.len() - 1)
    }

    /// Appends a step.
    pub fn push(&mut self, step: Step) -> Value {
        let to = step.to();
        self.steps.push(step);
        to
    }
}
