//! Who draws a frame's pixels.

use ritratto_draw::frame::Frame;
use ritratto_draw::{Band, Drawing, Layers, PlacedVertex};

use super::bands;
#[cfg(target_arch = "wasm32")]
use super::threads::ThreadedDrawing;

/// One portrait with whatever draws it.
#[derive(Debug)]
pub(super) enum Hand {
    /// Drawn in this module or program.
    Own { drawing: Box<Drawing>, bands: Vec<Band> },
    /// Drawn in the browser's module whose memory threads share.
    #[cfg(target_arch = "wasm32")]
    Threaded(ThreadedDrawing),
}

impl Hand {
    /// Loads a portrait: in the browser on the threads that the page has already started, if there are any, otherwise
    /// in this module or program.
    pub(super) fn new(layers: &Layers) -> Self {
        #[cfg(target_arch = "wasm32")]
        if let Some(drawing) = ThreadedDrawing::new(layers) {
            return Self::Threaded(drawing);
        }
        Self::Own { drawing: Box::new(Drawing::new(layers)), bands: bands::of(layers.photo.size[0]) }
    }

    /// Sets the output's columns and rows, and writes into `still` the picture that is shown while nothing moves.
    pub(super) fn resize(&mut self, size: [u32; 2], still: &mut [[u8; 4]]) {
        match self {
            Self::Own { drawing, bands } => {
                drawing.resize(size);
                *bands = bands::of(size[0]);
                still.copy_from_slice(drawing.still());
            }
            #[cfg(target_arch = "wasm32")]
            Self::Threaded(drawing) => drawing.resize(size, still),
        }
    }

    /// Draws a frame.
    pub(super) fn draw(&mut self, frame: &Frame, placed: &[PlacedVertex], pixels: &mut [[u8; 4]]) {
        match self {
            Self::Own { drawing, bands } => {
                drawing.begin(frame, placed);
                bands::draw(drawing, bands, pixels);
            }
            #[cfg(target_arch = "wasm32")]
            Self::Threaded(drawing) => drawing.draw(frame, placed, pixels),
        }
    }
}
