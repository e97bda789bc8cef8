//! A canvas that takes pixels as they are.

use image::RgbaImage;
use wasm_bindgen::{Clamped, JsCast, JsValue};
use web_sys::{ImageData, OffscreenCanvas, OffscreenCanvasRenderingContext2d};

use crate::error::{Error, Result};
use crate::web::report::object;

/// An `OffscreenCanvas` with its 2D context.
#[derive(Debug)]
pub struct Canvas2d {
    canvas: OffscreenCanvas,
    context: OffscreenCanvasRenderingContext2d,
}

impl Canvas2d {
    /// Takes the canvas over.
    ///
    /// # Errors
    /// [`Error::Canvas`] when it has another context already.
    pub fn new(canvas: OffscreenCanvas) -> Result<Self> {
        let context = canvas
            .get_context_with_context_options("2d", &object([("alpha", false.into())]))
            .ok()
            .flatten()
            .and_then(|context| context.dyn_into().ok())
            .ok_or_else(|| Error::Canvas { reason: "it is in use already".into() })?;
        Ok(Self { canvas, context })
    }

    /// Shows the frame; the canvas takes its size.
    ///
    /// # Errors
    /// [`Error::Canvas`] when the browser refuses the pixels.
    pub fn show(&mut self, frame: &RgbaImage) -> Result<()> {
        let (width, height) = frame.dimensions();
        if [self.canvas.width(), self.canvas.height()] != [width, height] {
            self.canvas.set_width(width);
            self.canvas.set_height(height);
        }
        let refused = |error: JsValue| Error::Canvas { reason: format!("{error:?}") };
        let pixels = ImageData::new_with_u8_clamped_array_and_sh(Clamped(frame.as_raw()), width, height);
        self.context.put_image_data(&pixels.map_err(refused)?, 0.0, 0.0).map_err(refused)
    }
}
