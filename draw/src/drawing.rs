//! A portrait's frames, some rows at a time.

use bytemuck::Zeroable;
use ritratto_nets::vectorized;

use crate::completion::Completion;
use crate::eyes::{Eye, EyePictures};
use crate::frame::Frame;
use crate::layers::{Layers, Mesh, PlacedVertex};
use crate::mouth::Mouth;
use crate::raster::{self, BAND, Band, Surface};
use crate::sampling::{Footprint, Picture};
use crate::shade::Painter;
use crate::surroundings::Surroundings;

/// Rows that are drawn at once; at the bottom of a picture it may be fewer.
pub const ROWS: usize = BAND;

/// One portrait and the frame that is being drawn of it.
#[derive(Debug)]
pub struct Drawing {
    /// The photo's size, pixels.
    photo_size: [u32; 2],
    photo: Picture,
    /// The plate, and the matte as its alpha.
    behind: Picture,
    surroundings: Option<Surroundings>,
    completion: Option<Completion>,
    eyes: [EyePictures; 2],
    mouth: Picture,
    mesh: Mesh,
    target: Target,
    frame: Frame,
    surfaces: Vec<Option<Surface>>,
    rim: Vec<Option<Surface>>,
}

/// Everything that depends on the output's size.
#[derive(Debug)]
struct Target {
    size: [u32; 2],
    /// The output where nothing moves: the photo at the output's size.
    still: Vec<[u8; 4]>,
    /// The background plate at the output's size.
    plate: Vec<[u8; 4]>,
}

impl Target {
    fn new(photo_size: [u32; 2], size: [u32; 2], photo: &Picture, behind: &Picture) -> Self {
        let (still, plate) = if size == photo_size {
            (copied(size, photo), copied(size, behind))
        } else {
            reduced(photo_size, size, photo, behind)
        };
        Self { size, still, plate }
    }
}

/// A picture's own pixels, opaque.
fn copied([width, height]: [u32; 2], picture: &Picture) -> Vec<[u8; 4]> {
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    pixels.map(|(x, y)| picture.texel(x, y).opaque().bytes()).collect()
}

/// Photo and plate, opaque, reduced to a smaller output's size.
fn reduced(photo_size: [u32; 2], size: [u32; 2], photo: &Picture, behind: &Picture) -> (Vec<[u8; 4]>, Vec<[u8; 4]>) {
    let scale = [0, 1].map(|k| photo_size[k] as f32 / size[k] as f32);
    let footprint = Footprint::new([[scale[0], 0.0], [0.0, scale[1]]]);
    let pixels = (0..size[1]).flat_map(|y| (0..size[0]).map(move |x| (x, y)));
    pixels
        .map(|(x, y)| {
            let place = [(x as f32 + 0.5) * scale[0], (y as f32 + 0.5) * scale[1]];
            (photo.covered(place, &footprint).bytes(), behind.bilinear(place).opaque().bytes())
        })
        .unzip()
}

impl Drawing {
    /// A portrait whose layers [fit](Layers::fit), drawn as large as its photo until it is [resized](Self::resize).
    #[must_use]
    pub fn new(layers: &Layers) -> Self {
        let size = layers.photo.size;
        let (photo, behind) = (Picture::of(&layers.photo), Picture::of(&layers.behind));
        let target = Target::new(size, size, &photo, &behind);
        Self {
            photo_size: size,
            photo,
            behind,
            surroundings: layers.surroundings.as_ref().map(Surroundings::new),
            completion: layers.completion.as_ref().map(|hidden| Completion::new(hidden, &layers.mesh)),
            eyes: layers.eyes.each_ref().map(EyePictures::new),
            mouth: Picture::measured(&layers.mouth),
            mesh: layers.mesh.clone(),
            target,
            frame: Frame::zeroed(),
            surfaces: Vec::with_capacity(layers.mesh.triangles.len()),
            rim: Vec::with_capacity(layers.mesh.rim.len()),
        }
    }

    /// Sets the output's columns and rows from the next frame on, at least 1 and at most the photo's.
    pub fn resize(&mut self, size: [u32; 2]) {
        self.target = Target::new(self.photo_size, size, &self.photo, &self.behind);
        self.surfaces.clear();
        self.rim.clear();
    }

    /// Columns and rows.
    #[must_use]
    pub fn size(&self) -> [u32; 2] {
        self.target.size
    }

    /// The picture while nothing moves, opaque.
    #[must_use]
    pub fn still(&self) -> &[[u8; 4]] {
        &self.target.still
    }

    /// Begins a frame; `placed` are the mesh's vertices in it.
    pub fn begin(&mut self, frame: &Frame, placed: &[PlacedVertex]) {
        self.frame = *frame;
        self.surfaces.clear();
        self.rim.clear();
        // A mesh without places shows the plate alone.
        if placed.len() >= self.mesh.source.len() {
            let completion = self.completion.as_ref().filter(|_| frame.completed > 0.0);
            let corners = |number| completion.and_then(|hidden| hidden.corners(number));
            self.surfaces.extend(raster::surfaces(&self.mesh, &self.mesh.triangles, placed, corners, frame.scale));
            if frame.rim > 0.0 {
                self.rim.extend(raster::surfaces(&self.mesh, &self.mesh.rim, placed, |_| None, frame.scale));
            }
        }
    }

    /// Draws up to [`ROWS`] rows of the frame, as many as `pixels` has, from row `top` on. It allocates nothing, and
    /// several threads may call it at once, each with a band of its own.
    pub fn rows(&self, band: &mut Band, top: usize, pixels: &mut [[u8; 4]]) {
        let Target { size: [width, _], still, plate } = &self.target;
        let width = *width as usize;
        let [right, left] = &self.eyes;
        let eyes = [Eye::new(&self.frame.eyes[0], right), Eye::new(&self.frame.eyes[1], left)];
        let painter = Painter {
            photo: &self.photo,
            behind: &self.behind,
            surroundings: self.surroundings.as_ref().filter(|_| self.frame.uncovered > 0.0),
            uncovered: self.frame.uncovered,
            completion: self.completion.as_ref(),
            completed: self.frame.completed,
            carried: self.frame.rim,
            still,
            plate,
            surfaces: &self.surfaces,
            rim: &self.rim,
            eyes: eyes.iter().any(Eye::is_drawn).then_some(eyes),
            mouth: Mouth::new(&self.frame.mouth, &self.mouth, &self.photo),
            scale: self.frame.scale,
            width,
        };
        vectorized(
            #[inline(always)]
            || {
                band.fill(painter.surfaces, painter.rim, top, pixels.len() / width);
                for (line, row) in pixels.chunks_exact_mut(width).enumerate() {
                    painter.row(band, line, top + line, row);
                    if !painter.rim.is_empty() {
                        painter.row_over(band, line, top + line, row);
                    }
                }
            },
        );
    }
}
