//! The GPU and the canvas, which are opened before the models have been loaded.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::OffscreenCanvas;

use super::painter::Painter;
use super::place::Place;
use crate::gpu::Gpu;

/// The painter with its pipelines and the canvas, and the GPU of the nets. They are opened while the models are still
/// being loaded.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Graphics {
    pub(super) painter: Painter,
    pub(super) nets_gpu: Option<Gpu>,
}

#[wasm_bindgen]
impl Graphics {
    /// Opens the GPU if it is wanted, takes the canvas over and has the pipelines compiled. `draw` says where frames
    /// are drawn and `nets` where the nets run: `"gpu"`, `"cpu"`, or `"auto"`: the GPU unless there is none or it is
    /// one that draws in software itself, which a CPU does faster directly.
    ///
    /// # Errors
    /// `no-gpu` where only a GPU will do, `gpu`, `canvas`, `option`.
    pub async fn open(canvas: Option<OffscreenCanvas>, draw: &str, nets: &str) -> Result<Self, JsValue> {
        let places @ [draw, nets] = [Place::of("draw", draw)?, Place::of("nets", nets)?];
        let gpu = match places {
            [Place::Cpu, Place::Cpu] => None,
            _ if places.contains(&Place::Gpu) => Some(Gpu::open().await?),
            // Whatever is wrong with the GPU, the CPU can take its place.
            _ => Gpu::open_hardware().await.ok(),
        };
        Ok(Self { painter: Painter::new(draw.choose(gpu.as_ref()), canvas)?, nets_gpu: nets.choose(gpu.as_ref()) })
    }

    /// The browser's promise of its GPU's end, `GPUDevice.lost`; undefined where only the CPU works.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn lost(&self) -> JsValue {
        let drawing = match &self.painter {
            Painter::Gpu(painter) => Some(painter.gpu()),
            Painter::Cpu(_) => None,
        };
        // Drawing and nets share one device.
        let device = drawing.or(self.nets_gpu.as_ref()).and_then(|gpu| gpu.device.as_webgpu());
        device.map_or(JsValue::UNDEFINED, |device| device.lost().into())
    }

    /// Whether the nets run on a GPU.
    #[wasm_bindgen(getter, js_name = hasNetsGpu)]
    #[must_use]
    pub fn has_nets_gpu(&self) -> bool {
        self.nets_gpu.is_some()
    }
}
