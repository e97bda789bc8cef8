//! The refiner's nets on the CPU, patch by patch.

use super::code::CODE;
use super::masks::MASKS;
use super::net::{RGB, RefinerNet};
use crate::error::Result;
use crate::nets::Net;

/// A net of patches of one size.
#[derive(Debug)]
pub(super) struct PatchNet {
    features: Net,
    levels: Vec<usize>,
    grid: Net,
    pixels: usize,
}

impl PatchNet {
    /// From the loaded net, for patches of `side` x `side` pixels.
    ///
    /// # Errors
    /// [`Error::Net`](crate::Error::Net).
    pub(super) fn new(net: &RefinerNet, side: usize) -> Result<Self> {
        let features = net.features_graph(side)?;
        Ok(Self {
            levels: features.outputs().iter().map(|value| features.size(*value).len()).collect(),
            features: Net::on_cpu(&features)?,
            grid: Net::on_cpu(&net.graph(side)?)?,
            pixels: side * side,
        })
    }

    /// Features of a photo's patch, rows of RGB in \[0, 1\].
    ///
    /// # Errors
    /// [`Error::Net`](crate::Error::Net) for another size.
    pub(super) fn features(&self, photo: &[f32]) -> Result<Vec<f32>> {
        let mut features = vec![0.0; self.features.output_len()];
        self.features.run(&[photo], &mut features)?;
        Ok(features)
    }

    /// The grid of a rendered patch, whose values are planes of red, green and blue.
    ///
    /// # Errors
    /// [`Error::Net`](crate::Error::Net) for another size.
    pub(super) fn grid(
        &self,
        rendered: &[f32],
        masks: &[u8],
        code: &[f32; CODE],
        features: &[f32],
    ) -> Result<Vec<f32>> {
        let pixels = self.pixels;
        let picture: Vec<f32> = (0..pixels.min(rendered.len() / RGB).min(masks.len() / MASKS))
            .flat_map(|k| {
                let colours: [f32; RGB] = std::array::from_fn(|c| rendered[c * pixels + k]);
                let seen: [f32; MASKS] = std::array::from_fn(|c| f32::from(masks[k * MASKS + c]) / 255.0);
                colours.into_iter().chain(seen)
            })
            .collect();
        let mut inputs: Vec<&[f32]> = vec![&picture, code];
        let mut rest = features;
        for count in &self.levels {
            let (level, after) = rest.split_at((*count).min(rest.len()));
            inputs.push(level);
            rest = after;
        }
        let mut grid = vec![0.0; self.grid.output_len()];
        self.grid.run(&inputs, &mut grid)?;
        Ok(grid)
    }
}
