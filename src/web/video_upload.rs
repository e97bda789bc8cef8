//! A video's frames on their way to the nets, on the GPU from first to last.

use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::VideoFrame;

use super::report::object;
use crate::encoder::{Encoder, FrameTexture};
use crate::error::{Error, Result};
use crate::gpu::Gpu;

#[wasm_bindgen]
extern "C" {
    /// The browser's own queue. wgpu's would take a frame that the browser refuses to copy for a fault of this program,
    /// and end it.
    #[wasm_bindgen(js_name = GPUQueue)]
    type Queue;

    #[wasm_bindgen(method, catch, js_class = "GPUQueue", js_name = copyExternalImageToTexture)]
    fn copy(this: &Queue, source: &JsValue, goal: &JsValue, size: &JsValue) -> std::result::Result<(), JsValue>;
}

/// The texture that frames are copied to; made once, and again when their size changes.
#[derive(Debug, Default)]
pub struct VideoUpload(Option<FrameTexture>);

impl VideoUpload {
    /// The frame as a texture for the encoder.
    ///
    /// # Errors
    /// [`Error::Driver`] for a frame without pixels or with too many, and where the browser refuses to copy it (its
    /// pixels can still be read on the CPU). [`Error::NotReady`] where the nets run on the CPU.
    pub fn take(&mut self, gpu: &Gpu, encoder: &Encoder, picture: VideoFrame, mirrored: bool) -> Result<&FrameTexture> {
        let size @ [width, height] = [picture.display_width(), picture.display_height()];
        if width.min(height) == 0 || width.max(height) > gpu.device.limits().max_texture_dimension_2d {
            return Err(Error::Driver { reason: format!("a frame has {width} x {height} pixels") });
        }
        let fits = |frame: &FrameTexture| frame.dimensions() == (width, height) && frame.is_mirrored() == mirrored;
        let frame = match self.0.take().filter(fits) {
            Some(frame) => frame,
            None => encoder.frame_texture(size, mirrored).ok_or(Error::NotReady { needed: "A GPU for the nets" })?,
        };
        copy(gpu, picture, &frame)?;
        Ok(self.0.insert(frame))
    }
}

/// Copies a frame to its texture. Firefox copies no video frames in this way, other browsers not those of every video.
fn copy(gpu: &Gpu, picture: VideoFrame, frame: &FrameTexture) -> Result<()> {
    let handles = gpu.queue.as_webgpu().zip(frame.texture().as_webgpu());
    let (queue, texture) = handles.ok_or(Error::NotReady { needed: "WebGPU" })?;
    let (width, height) = frame.dimensions();
    let source = object([("source", picture.into())]);
    let goal = object([("texture", texture.clone().into())]);
    let size = object([("width", width.into()), ("height", height.into())]);
    queue.unchecked_ref::<Queue>().copy(&source, &goal, &size).map_err(|refused| {
        let said = js_sys::Error::from(refused).message();
        Error::Driver { reason: format!("the browser does not copy its frames to the GPU: {said}") }
    })
}
