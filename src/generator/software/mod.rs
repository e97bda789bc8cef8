//! The generator without a GPU: the crate `ritratto-draw` draws, natively on all cores, in the browser on the threads
//! that the page may have.

mod bands;
mod hand;
mod layers;
#[cfg(target_arch = "wasm32")]
mod threads;

use image::RgbaImage;

use super::frame::frame;
use super::{RenderOptions, mark, reduced};
use crate::error::{Error, Result};
use crate::motion::TargetGeometry;
use crate::portrait::Portrait;
use hand::Hand;

/// One portrait drawn on the CPU, with its output. Everything is made once; a frame only fills the output.
#[derive(Debug)]
pub struct SoftwareScene {
    /// The photo's size, pixels.
    size: [u32; 2],
    requested: f32,
    hand: Hand,
    output: RgbaImage,
    mark: Mark,
}

/// The mark, and its top left corner, output pixels.
#[derive(Debug)]
struct Mark {
    picture: RgbaImage,
    corner: [f32; 2],
}

impl Mark {
    fn new([width, height]: [u32; 2]) -> Self {
        let (picture, corner) = mark::fitted(width, height);
        Self { picture, corner }
    }

    fn draw(&self, output: &mut RgbaImage) {
        let [left, top] = self.corner.map(|v| v as u32);
        for (x, y, mark) in self.picture.enumerate_pixels() {
            let Some(pixel) = output.get_pixel_mut_checked(left + x, top + y) else { continue };
            let [colour @ .., alpha] = mark.0;
            for (below, over) in pixel.0.iter_mut().zip(colour) {
                let mixed = f32::from(*below) + (f32::from(over) - f32::from(*below)) * f32::from(alpha) / 255.0;
                *below = mixed.round() as u8;
            }
        }
    }
}

impl SoftwareScene {
    /// Prepares a portrait. The output has the portrait photo's size, until it is [rescaled](Self::rescale), and shows
    /// the photo until the first frame.
    ///
    /// # Errors
    /// [`Error::Option`] when the photo has no pixels, or matte and plate do not have its size.
    pub fn new(portrait: &Portrait) -> Result<Self> {
        let (width, height) = portrait.photo.dimensions();
        let alike = portrait.plate.dimensions() == (width, height) && portrait.matte.dimensions() == (width, height);
        if width.min(height) == 0 || !alike {
            return Err(Error::Option { option: "portrait", expected: "pixels, and a matte and a plate of its size" });
        }
        let size = [width, height];
        let mut output = portrait.photo.clone();
        output.pixels_mut().for_each(|pixel| pixel.0[3] = u8::MAX);
        Ok(Self {
            size,
            requested: 1.0,
            hand: Hand::new(&layers::layers(portrait)),
            // Until the first frame the output is the photo.
            output,
            mark: Mark::new(size),
        })
    }

    /// Draws smaller from the next frame on, or in full again: an output pixel covers `scale` pixels of the photo along
    /// each axis, at least 1.
    pub fn rescale(&mut self, scale: f32) {
        let scale = scale.max(1.0);
        if scale != self.requested {
            let size = reduced(self.size, scale);
            self.output = RgbaImage::new(size[0], size[1]);
            self.hand.resize(size, bytemuck::cast_slice_mut(&mut self.output));
            self.mark = Mark::new(size);
            self.requested = scale;
        }
    }

    /// Pixels of the photo that an output pixel covers across and down; 1 unless the scene is drawn smaller.
    #[must_use]
    pub fn scale(&self) -> [f32; 2] {
        let output = [self.output.width(), self.output.height()];
        std::array::from_fn(|k| self.size[k] as f32 / output[k] as f32)
    }

    /// The last frame, opaque, of the portrait photo's size divided by the [scale](Self::scale).
    #[must_use]
    pub fn output(&self) -> &RgbaImage {
        &self.output
    }

    /// The last frame, for the refiner to change.
    pub fn output_mut(&mut self) -> &mut RgbaImage {
        &mut self.output
    }

    /// Renders one frame of the portrait that this was made for into the output.
    pub fn render(&mut self, portrait: &Portrait, target: &TargetGeometry, options: RenderOptions) {
        let placed = portrait.place(target);
        let frame = frame(portrait, target, &placed, options, self.mark.corner, self.scale());
        self.hand.draw(&frame, &placed, bytemuck::cast_slice_mut(&mut self.output));
        if options.mark {
            self.mark.draw(&mut self.output);
        }
    }
}
