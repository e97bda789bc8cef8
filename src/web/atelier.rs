//! What is ready before the models are there.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::OffscreenCanvas;

use super::screen::Screen;
use crate::generator::Generator;
use crate::gpu::Gpu;

/// The GPU with its pipelines and the canvas: opened while the models are still on their way.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Atelier {
    pub(super) gpu: Gpu,
    pub(super) generator: Generator,
    pub(super) screen: Option<Screen>,
}

#[wasm_bindgen]
impl Atelier {
    /// Opens the GPU, takes the canvas over and has the pipelines compiled.
    ///
    /// # Errors
    /// `no-gpu`, `gpu`.
    pub async fn open(canvas: Option<OffscreenCanvas>) -> Result<Self, JsValue> {
        let gpu = Gpu::open().await?;
        let generator = Generator::new(&gpu)?;
        let screen = canvas.map(|canvas| Screen::new(&gpu, canvas)).transpose()?;
        Ok(Self { gpu, generator, screen })
    }
}
