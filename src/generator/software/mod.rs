//! The generator without a GPU: the same picture, pixel by pixel on the CPU.
//!
//! Rows are done a few at a time ([`bands`]), natively on all cores: first what each of four samples of a pixel shows ([`raster`]), then every pixel's colour
//! once ([`shade`]), or, where an outline runs through it, once for each side. Runs of pixels that nothing moves are copied.

mod bands;
mod eyes;
mod mouth;
mod raster;
mod sampling;
mod shade;
mod teeth;

use image::RgbaImage;

use super::frame::Frame;
use super::{RenderOptions, mark, reduced};
use crate::error::{Error, Result};
use crate::nets::vectorized;
use crate::portrait::Portrait;
use crate::transfer::TargetGeometry;
use eyes::{Eye, EyePictures};
use mouth::Mouth;
use raster::{Band, Surface};
use sampling::{Footprint, Picture, Texel};
use shade::Painter;

/// One portrait drawn on the CPU, with its output. Everything is made once; a frame only fills it.
#[derive(Debug)]
pub struct SoftwareScene {
    /// The photo's size, pixels.
    size: [u32; 2],
    requested: f32,
    photo: Picture,
    /// The plate, and the matte as its alpha.
    behind: Picture,
    eyes: [EyePictures; 2],
    mouth: Picture,
    surfaces: Vec<Option<Surface>>,
    target: Target,
}

/// What depends on the output's size.
#[derive(Debug)]
struct Target {
    /// The output where nothing moves, and the plate at the output's pixels.
    still: RgbaImage,
    plate: RgbaImage,
    mark: RgbaImage,
    /// Top left corner of the mark, output pixels.
    corner: [f32; 2],
    bands: Vec<Band>,
    output: RgbaImage,
}

impl Target {
    fn new(size: [u32; 2], [width, height]: [u32; 2], photo: &Picture, behind: &Picture) -> Self {
        let (still, plate) = if size == [width, height] {
            (copied(size, photo), copied(size, behind))
        } else {
            reduced_pictures(size, [width, height], photo, behind)
        };
        let (mark, corner) = mark::fitted(width, height);
        Self {
            // Until the first frame the output is the photo.
            output: still.clone(),
            still,
            plate,
            mark,
            corner,
            bands: bands::of(width as usize),
        }
    }

    fn draw_mark(&mut self) {
        let [left, top] = self.corner.map(|v| v as u32);
        for (x, y, mark) in self.mark.enumerate_pixels() {
            let Some(pixel) = self.output.get_pixel_mut_checked(left + x, top + y) else { continue };
            let (colour, below) = (Texel::of(mark.0), Texel::of(pixel.0));
            pixel.0 = below.mixed(colour, colour.0[3]).opaque().bytes();
        }
    }
}

/// A picture's own pixels, opaque.
fn copied([width, height]: [u32; 2], picture: &Picture) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| image::Rgba(picture.texel(x, y).opaque().bytes()))
}

/// Photo and plate, opaque, as a smaller output's pixels cover them.
fn reduced_pictures(size: [u32; 2], output: [u32; 2], photo: &Picture, behind: &Picture) -> (RgbaImage, RgbaImage) {
    let [width, height] = output;
    let scale = [size[0] as f32 / width as f32, size[1] as f32 / height as f32];
    let footprint = Footprint::new([[scale[0], 0.0], [0.0, scale[1]]]);
    let (mut still, mut plate) = (RgbaImage::new(width, height), RgbaImage::new(width, height));
    for (y, (still, plate)) in still.rows_mut().zip(plate.rows_mut()).enumerate() {
        for (x, (still, plate)) in still.zip(plate).enumerate() {
            let place = [(x as f32 + 0.5) * scale[0], (y as f32 + 0.5) * scale[1]];
            still.0 = photo.covered(place, &footprint).bytes();
            plate.0 = behind.bilinear(place).opaque().bytes();
        }
    }
    (still, plate)
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
        let photo = Picture::of(&portrait.photo);
        let behind = Picture::with_alpha(&portrait.plate, &portrait.matte);
        let target = Target::new(size, size, &photo, &behind);
        Ok(Self {
            size,
            requested: 1.0,
            photo,
            behind,
            eyes: portrait.eyes.each_ref().map(EyePictures::new),
            mouth: eyes::field(&portrait.mouth.field),
            surfaces: Vec::with_capacity(portrait.mesh.triangles.len()),
            target,
        })
    }

    /// Draws smaller from the next frame on, or in full again: an output pixel covers `scale` pixels of the photo along
    /// each axis, at least 1.
    pub fn rescale(&mut self, scale: f32) {
        let scale = scale.max(1.0);
        if scale != self.requested {
            self.target = Target::new(self.size, reduced(self.size, scale), &self.photo, &self.behind);
            self.requested = scale;
        }
    }

    /// Pixels of the photo that an output pixel covers across and down; 1 unless it is drawn smaller.
    #[must_use]
    pub fn scale(&self) -> [f32; 2] {
        let output = [self.target.output.width(), self.target.output.height()];
        std::array::from_fn(|k| self.size[k] as f32 / output[k] as f32)
    }

    /// The last frame, opaque, of the portrait photo's size divided by the [scale](Self::scale).
    #[must_use]
    pub fn output(&self) -> &RgbaImage {
        &self.target.output
    }

    /// The last frame, to be repaired.
    pub fn output_mut(&mut self) -> &mut RgbaImage {
        &mut self.target.output
    }

    /// Renders one frame of the portrait that this was made for into the output.
    pub fn render(&mut self, portrait: &Portrait, target: &TargetGeometry, options: RenderOptions) {
        let scale = self.scale();
        let frame = Frame::new(portrait, target, self.target.corner, scale);
        let placed = portrait.mesh.place(&portrait.face, target);
        raster::surfaces(&portrait.mesh, &placed, scale, &mut self.surfaces);
        let [right, left] = &self.eyes;
        let eyes = [Eye::new(&frame.eyes[0], right), Eye::new(&frame.eyes[1], left)];
        let Target { still, plate, bands, output, .. } = &mut self.target;
        let width = output.width() as usize;
        let painter = Painter {
            photo: &self.photo,
            behind: &self.behind,
            still: bytemuck::cast_slice(still),
            plate: bytemuck::cast_slice(plate),
            surfaces: &self.surfaces,
            eyes: eyes.iter().any(Eye::is_drawn).then_some(eyes),
            mouth: Mouth::new(&frame.mouth, &self.mouth, &self.photo),
            scale,
            width,
        };
        let pixels: &mut [[u8; 4]] = bytemuck::cast_slice_mut(output);
        bands::each(pixels, width, bands, |band, top, pixels| {
            vectorized(
                #[inline(always)]
                || {
                    band.fill(painter.surfaces, top, pixels.len() / width);
                    for (line, row) in pixels.chunks_exact_mut(width).enumerate() {
                        painter.row(band, line, top + line, row);
                    }
                },
            );
        });
        if options.mark {
            self.target.draw_mark();
        }
    }
}
