//! The refiner's net: a small U-Net from one patch to a bilateral grid of gains, offsets and sharpness, and to the
//! paint of an open mouth.
//!
//! The same net as `train/refiner_net.py`, which writes its weights under these modules' field paths.
//! Convolutions are 3 x 3 with SAME padding, 2 x 2 with stride 2, or 1 x 1.

use burn::module::{Initializer, Module};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{Linear, LinearConfig, PaddingConfig2d};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

use super::code::CODE;
use super::masks::MASKS;
use super::patch::Part;
use crate::error::Result;
use crate::nets::graph::{Activation, Convolution, Film, Graph, POINT, Size, Skip, Value};
use crate::nets::layers::{self, Layers};

/// Levels of the U-Net, at 1/2, 1/4 and 1/8 of the patch.
const LEVELS: usize = 3;
/// Level of each block on the way down, in order; where the level changes, the picture is halved.
const DOWN: [usize; 3] = [0, 1, 1];
/// Level of each block at the bottom.
const BOTTOM: [usize; 3] = [2, 2, 2];
/// Level of each block on the way up, after the picture is doubled. The grid is made here.
const UP: [usize; 2] = [1, 1];
/// Level of each further block of a net that paints, after the picture is doubled once more.
const FINEST: [usize; 2] = [0, 0];
/// Width of the hidden layer between the code and the scales and shifts of the blocks.
const HIDDEN: usize = 48;
/// Colours of a picture.
pub(crate) const RGB: usize = 3;
/// Pixels of the patch in a cell of the grid, along each axis.
pub(super) const CELL: usize = 4;
/// Levels of brightness of a grid, evenly from 0 to 1.
pub(super) const BRIGHTNESSES: usize = 4;
/// Zones of a grid: the opening between lips or lids, and what is around it.
const ZONES: usize = 2;
/// Values of a zone in a cell before those of the levels: the number that the blend mask is made from, and the
/// sharpness.
pub(super) const SHARED: usize = 2;
/// Values of a zone in a cell: the shared ones, then of every level gain and offset of red, green and blue.
pub(super) const ZONE: usize = SHARED + 2 * RGB * BRIGHTNESSES;
/// Values of a cell's grid, zone after zone.
pub(super) const GRID: usize = ZONES * ZONE;
/// Values of the paint at each pixel of a mouth's cell, row after row behind the grid: red, green, blue, and the number
/// that the paint's share is made from.
pub(super) const PAINT: usize = RGB + 1;

/// Values of a cell of a part's grid, with its paint.
pub(super) const fn values(part: Part) -> usize {
    match part {
        Part::Mouth => GRID + PAINT * CELL * CELL,
        Part::RightEye | Part::LeftEye => GRID,
    }
}

/// Features of the photo's own patch, one tensor a level; they are made once a photo.
pub(crate) type Features = [Tensor<4>; LEVELS];

/// The net of the mouth or of the eyes.
#[derive(Module, Debug)]
pub(crate) struct RefinerNet {
    stem: Conv2d,
    photo_stem: Conv2d,
    photo_blocks: Vec<Conv2d>,
    photo_down: Vec<Conv2d>,
    inject: Vec<Conv2d>,
    down: Vec<Conv2d>,
    up: Vec<Conv2d>,
    blocks: Vec<Conv2d>,
    head: Conv2d,
    fine: Option<Conv2d>,
    code: Linear,
    film: Linear,
}

impl RefinerNet {
    /// The net of a part without its weights; `widths` are the channels of its levels.
    pub(crate) fn new(part: Part, widths: [usize; LEVELS], device: &Device) -> Self {
        let conv = |from: usize, to: usize, side: usize| {
            let config = Conv2dConfig::new([from, to], [side; 2]).with_initializer(Initializer::Zeros);
            match side {
                3 => config.with_padding(PaddingConfig2d::Same),
                _ => config.with_stride([side; 2]),
            }
            .init(device)
        };
        let linear = |from: usize, to: usize| -> Linear {
            LinearConfig::new(from, to).with_initializer(Initializer::Zeros).init(device)
        };
        let values = values(part);
        let paints = values > GRID;
        let finest = move || FINEST.into_iter().filter(move |_| paints);
        let levels = || DOWN.into_iter().chain(BOTTOM).chain(UP).chain(finest());
        let halving = || widths.windows(2).map(|pair| conv(pair[0], pair[1], 2)).collect();
        Self {
            stem: conv(RGB + MASKS, widths[0], 2),
            photo_stem: conv(RGB, widths[0], 2),
            photo_blocks: widths.map(|w| conv(w, w, 3)).into(),
            photo_down: halving(),
            inject: widths.map(|w| conv(w, w, 1)).into(),
            down: halving(),
            up: (0..if paints { 2 } else { 1 }).map(|k| conv(widths[2 - k], widths[1 - k], 1)).collect(),
            blocks: levels().map(|level| conv(widths[level], widths[level], 3)).collect(),
            head: conv(widths[1], values, 3),
            fine: paints.then(|| conv(widths[0], values, 2)),
            code: linear(CODE, HIDDEN),
            film: linear(HIDDEN, levels().map(|level| 2 * widths[level]).sum()),
        }
    }

    /// The photo's patch `[n, 3, s, s]`, RGB in \[0, 1\], to its features.
    #[cfg(test)]
    pub(crate) fn features(&self, photo: Tensor<4>) -> Features {
        let mut x = self.photo_stem.forward(photo - 0.5);
        std::array::from_fn(|level| {
            if level > 0 {
                x = self.photo_down[level - 1].forward(relu(x.clone()));
            }
            x = x.clone() + self.photo_blocks[level].forward(relu(x.clone()));
            self.inject[level].forward(relu(x.clone()))
        })
    }

    /// The net's answer to a render: the grid `[n, s / CELL, s / CELL, values]`.
    ///
    /// `rendered` is `[n, 3, s, s]`, RGB in \[0, 1\], `masks` `[n, 2, s, s]` in \[0, 1\], `code` `[n, 108]`.
    pub(crate) fn forward(
        &self,
        rendered: Tensor<4>,
        masks: Tensor<4>,
        features: &Features,
        code: Tensor<2>,
    ) -> Tensor<4> {
        let mut modulation = self.modulation(code);
        let mut blocks = self.blocks.iter();
        let mut block = |x: Tensor<4>| match (blocks.next(), modulation.next()) {
            (Some(block), Some((scale, shift))) => x.clone() + block.forward(relu(x)) * (scale + 1.0) + shift,
            _ => x,
        };
        let mut x = self.stem.forward(Tensor::cat(vec![rendered - 0.5, masks], 1)) + features[0].clone();
        let mut kept = Vec::new();
        for (i, level) in DOWN.into_iter().enumerate() {
            x = block(x);
            if DOWN.get(i + 1) != Some(&level) {
                kept.push(x.clone());
                x = self.down[level].forward(relu(x)) + features[level + 1].clone();
            }
        }
        for _ in BOTTOM {
            x = block(x);
        }
        let mut kept = kept.into_iter().rev();
        let mut up = |k: usize, x: Tensor<4>| match (self.up.get(k), kept.next()) {
            (Some(up), Some(kept)) => double(up.forward(relu(x))) + kept,
            _ => x,
        };
        x = up(0, x);
        for _ in UP {
            x = block(x);
        }
        let mut grid = self.head.forward(relu(x.clone()));
        if let Some(fine) = &self.fine {
            x = up(1, x);
            for _ in FINEST {
                x = block(x);
            }
            grid = grid + fine.forward(relu(x));
        }
        grid.permute([0, 2, 3, 1])
    }

    /// Scale and shift of every block, `[n, channels, 1, 1]`.
    fn modulation(&self, code: Tensor<2>) -> impl Iterator<Item = (Tensor<4>, Tensor<4>)> + use<> {
        let [n, _] = code.dims();
        let all = self.film.forward(relu(self.code.forward(code)));
        let widths: Vec<usize> = self.blocks.iter().map(|block| block.weight.dims()[0]).collect();
        let mut start = 0;
        widths.into_iter().map(move |width| {
            let mut next = || {
                let part = all.clone().slice([0..n, start..start + width]);
                start += width;
                part.reshape([n, width, 1, 1])
            };
            (next(), next())
        })
    }
}

impl RefinerNet {
    /// [`features`](Self::features) of one patch for kernels of our own: `s` x `s` x 3 to the three levels.
    ///
    /// # Errors
    /// [`Error::Net`](crate::Error::Net).
    pub(crate) fn features_graph(&self, side: usize) -> Result<Graph> {
        let mut graph = Graph::default();
        let photo = graph.input(Size::new(side, side, RGB));
        let stem = centred(graph.convolution(photo, &self.photo_stem)?);
        let mut x = graph.convolve(stem);
        for level in 0..LEVELS {
            if level > 0 {
                x = rectified(&mut graph, x, &self.photo_down[level - 1], None)?;
            }
            x = rectified(&mut graph, x, &self.photo_blocks[level], Some(Skip::Same(x)))?;
            let feature = rectified(&mut graph, x, &self.inject[level], None)?;
            graph.output(feature);
        }
        Ok(graph)
    }

    /// [`forward`](Self::forward) of one patch for kernels of our own. Inputs: render and masks, `s` x `s` x 5; the
    /// code; the features. Output: the grid, `s / CELL` x `s / CELL` x `values`.
    ///
    /// # Errors
    /// [`Error::Net`](crate::Error::Net).
    pub(crate) fn graph(&self, side: usize) -> Result<Graph> {
        let mut graph = Graph::default();
        let picture = graph.input(Size::new(side, side, RGB + MASKS));
        let code = graph.input(Size::vector(CODE));
        let widths = [&self.stem, &self.down[0], &self.down[1]].map(|conv| conv.weight.dims()[0]);
        let features: [Value; LEVELS] = std::array::from_fn(|level| {
            graph.input(Size::new(side >> (level + 1), side >> (level + 1), widths[level]))
        });
        let vector = self.modulate(&mut graph, code)?;
        let mut blocks = self.blocks.iter();
        let mut start = 0;
        let mut block = |graph: &mut Graph, x: Value| -> Result<Value> {
            let Some(block) = blocks.next() else { return Ok(x) };
            let conv = graph.convolution(x, block)?;
            let film = Some(Film { vector, start });
            start += 2 * conv.bias.len();
            Ok(graph.convolve(Convolution { rectify: true, film, skip: Some(Skip::Same(x)), ..conv }))
        };
        let stem = centred(graph.convolution(picture, &self.stem)?);
        let mut x = graph.convolve(Convolution { skip: Some(Skip::Same(features[0])), ..stem });
        let mut kept = Vec::new();
        for (i, level) in DOWN.into_iter().enumerate() {
            x = block(&mut graph, x)?;
            if DOWN.get(i + 1) != Some(&level) {
                kept.push(x);
                x = rectified(&mut graph, x, &self.down[level], Some(Skip::Same(features[level + 1])))?;
            }
        }
        for _ in BOTTOM {
            x = block(&mut graph, x)?;
        }
        let mut steps = self.up.iter().zip(kept.into_iter().rev());
        let mut up = |graph: &mut Graph, x: Value| -> Result<Value> {
            let Some((up, kept)) = steps.next() else { return Ok(x) };
            let up = rectified(graph, x, up, None)?;
            Ok(graph.double(up, kept))
        };
        x = up(&mut graph, x)?;
        for _ in UP {
            x = block(&mut graph, x)?;
        }
        let mut grid = rectified(&mut graph, x, &self.head, None)?;
        if let Some(fine) = &self.fine {
            x = up(&mut graph, x)?;
            for _ in FINEST {
                x = block(&mut graph, x)?;
            }
            grid = rectified(&mut graph, x, fine, Some(Skip::Same(grid)))?;
        }
        graph.output(grid);
        Ok(graph)
    }

    /// Scales and shifts of all blocks, one after the other.
    fn modulate(&self, graph: &mut Graph, code: Value) -> Result<Value> {
        let [weights, bias] = layers::linear(&self.code)?;
        let hidden = graph.windowed(code, POINT, weights, bias);
        let hidden = graph.convolve(Convolution { activation: Activation::Relu, ..hidden });
        let mut film = graph.linear(hidden, &self.film)?;
        let mut start = 0;
        for block in &self.blocks {
            let width = block.weight.dims()[0];
            // The net says by how much a scale differs from 1.
            film.bias[start..start + width].iter_mut().for_each(|scale| *scale += 1.0);
            start += 2 * width;
        }
        Ok(graph.convolve(film))
    }
}

/// A convolution that reads its input through a ReLU.
fn rectified(graph: &mut Graph, x: Value, layer: &Conv2d, skip: Option<Skip>) -> Result<Value> {
    let conv = graph.convolution(x, layer)?;
    Ok(graph.convolve(Convolution { rectify: true, skip, ..conv }))
}

/// A convolution without padding that subtracts ½ from the colours first, folded into its bias. The colours are the
/// first channels.
fn centred(mut conv: Convolution) -> Convolution {
    let out = conv.bias.len();
    let taps = conv.window.side * conv.window.side;
    let channels = conv.weights.len() / (taps * out);
    for (k, row) in conv.weights.chunks_exact(out).enumerate() {
        if k % channels < RGB {
            conv.bias.iter_mut().zip(row).for_each(|(bias, weight)| *bias -= 0.5 * weight);
        }
    }
    conv
}

/// The picture at twice its size along each axis: every pixel becomes four.
fn double(x: Tensor<4>) -> Tensor<4> {
    let [n, channels, height, width] = x.dims();
    x.reshape([n, channels, height, 1, width, 1]).expand([n, channels, height, 2, width, 2]).reshape([
        n,
        channels,
        2 * height,
        2 * width,
    ])
}
