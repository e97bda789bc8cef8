//! Drawing on several threads in the browser: in the module whose memory threads share (`www/package/threads.js`).

use ritratto_draw::frame::Frame;
use ritratto_draw::{Layers, PlacedVertex};
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(raw_module = "./threads.js")]
extern "C" {
    #[wasm_bindgen(js_name = netThreads)]
    fn net_threads() -> u32;
    #[wasm_bindgen(js_name = loadScene)]
    fn load_scene(layers: &[u8]) -> u32;
    fn unload(scene: u32);
    #[wasm_bindgen(js_name = resizeScene)]
    fn resize_scene(scene: u32, width: u32, height: u32, still: &mut [u8]);
    #[wasm_bindgen(js_name = drawScene)]
    fn draw_scene(scene: u32, frame: &[u8], placed: &[u8], pixels: &mut [u8]);
}

/// A portrait in the threads' module.
#[derive(Debug)]
pub(super) struct ThreadedDrawing(u32);

impl ThreadedDrawing {
    /// Loads a portrait into the threads' module; `None` if no threads were started or there is no room for it.
    pub(super) fn new(layers: &Layers) -> Option<Self> {
        if net_threads() < 2 {
            return None;
        }
        let scene = load_scene(&layers.to_bytes()?);
        (scene > 0).then_some(Self(scene))
    }

    /// Sets the output's columns and rows, and writes into `still` the picture that is shown while nothing moves.
    pub(super) fn resize(&mut self, [width, height]: [u32; 2], still: &mut [[u8; 4]]) {
        resize_scene(self.0, width, height, bytemuck::cast_slice_mut(still));
    }

    /// Draws a frame into `pixels`, which must have as many pixels as the output.
    pub(super) fn draw(&mut self, frame: &Frame, placed: &[PlacedVertex], pixels: &mut [[u8; 4]]) {
        draw_scene(self.0, bytemuck::bytes_of(frame), bytemuck::cast_slice(placed), bytemuck::cast_slice_mut(pixels));
    }
}

impl Drop for ThreadedDrawing {
    fn drop(&mut self) {
        unload(self.0);
    }
}
