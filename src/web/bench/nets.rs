//! Each net by itself: numbers in, numbers out, so that a page can time it against another runtime.

use burn::tensor::{Device, Tensor, TensorData};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::encoder::nets::{BlendshapeNet, DETECTOR_SIDE, DetectorNet, LANDMARK_SIDE, LandmarkNet, POINTS};
use crate::encoder::{load_net, read};
use crate::error::{Error, Result};
use crate::gpu::Gpu;
use crate::refiner::code::CODE;
use crate::refiner::masks::MASKS;
use crate::refiner::net::{Features, RGB, RefinerNet};
use crate::refiner::{self, Nets, Part};
use crate::web::shelf::ModelShelf;

/// Patches in one run of the eyes' net.
const EYES: usize = 2;

/// The nets on one device.
#[wasm_bindgen]
#[derive(Debug)]
pub struct NetBench {
    detector: DetectorNet,
    landmarks: LandmarkNet,
    blendshapes: BlendshapeNet,
    refiner: Nets,
    features: [Option<Features>; 2],
    adapter: String,
    device: Device,
}

#[wasm_bindgen]
impl NetBench {
    /// Loads the nets on the GPU or on the CPU; the shelf holds the refiner's model too.
    ///
    /// # Errors
    /// `no-gpu`, `gpu`, `model-missing`, `model-corrupt`.
    pub async fn create(shelf: ModelShelf, on_gpu: bool) -> std::result::Result<Self, JsValue> {
        let gpu = if on_gpu { Some(Gpu::open().await?) } else { None };
        let device = gpu.as_ref().map_or_else(|| Ok(Device::flex()), Gpu::burn_device)?;
        let models = shelf.models;
        Ok(Self {
            detector: load_net(DetectorNet::new(&device), &models, "face_detector.safetensors")?,
            landmarks: load_net(LandmarkNet::new(&device), &models, "face_landmarks.safetensors")?,
            blendshapes: load_net(BlendshapeNet::new(&device), &models, "face_blendshapes.safetensors")?,
            refiner: load_net(Nets::new(&device), &models, refiner::FILE)?,
            features: [None, None],
            adapter: gpu.map_or_else(|| "CPU".into(), |gpu| gpu.describe()),
            device,
        })
    }

    /// What the nets run on, for a person.
    #[must_use]
    pub fn describe(&self) -> String {
        self.adapter.clone()
    }

    /// Prepares `"mouth"` (`[1, 3, 96, 96]`) or `"eye"` (`[2, 3, 64, 64]`) for a photo, RGB in \[0, 1\].
    ///
    /// # Errors
    /// `option` for another net or number of values.
    #[wasm_bindgen(js_name = setPhoto)]
    pub fn set_photo(&mut self, net: &str, photo: Vec<f32>) -> std::result::Result<(), JsValue> {
        let (k, count, side) = refined(net)?;
        let photo = self.tensor(photo, [count, RGB, side, side])?;
        self.features[k] = Some(self.refiner(k).features(photo));
        Ok(())
    }

    /// Runs a net once, from numbers to numbers. In and out, one after the other:
    ///
    /// - `"detector"`: `[1, 128, 128, 3]` in \[-1, 1\]; `[1, 896, 17]`
    /// - `"landmarks"`: `[1, 256, 256, 3]` in \[0, 1\]; `[478, 3]` and presence
    /// - `"blendshapes"`: `[146, 2]`; `[52]`
    /// - `"mouth"`: render `[1, 3, 96, 96]`, masks `[1, 2, 96, 96]`, code `[1, 107]`; grid `[1, 24, 24, 50]`
    /// - `"eye"`: the same for two patches of 64 x 64
    ///
    /// # Errors
    /// `option` for another net or number of values, `not-ready` for a refiner without its photo, `gpu`.
    pub async fn run(&self, net: &str, values: Vec<f32>) -> std::result::Result<Vec<f32>, JsValue> {
        Ok(self.output(net, values).await?)
    }
}

impl NetBench {
    async fn output(&self, net: &str, values: Vec<f32>) -> Result<Vec<f32>> {
        match net {
            "detector" => {
                let picture = self.tensor(values, [1, DETECTOR_SIDE, DETECTOR_SIDE, RGB])?;
                read(self.detector.forward(picture)).await
            }
            "landmarks" => {
                let crop = self.tensor(values, [1, LANDMARK_SIDE, LANDMARK_SIDE, RGB])?;
                let (points, presence) = self.landmarks.forward(crop);
                read(Tensor::cat(vec![points.reshape([-1]), presence], 0)).await
            }
            "blendshapes" => read(self.blendshapes.forward(self.tensor(values, [POINTS.len(), 2])?)).await,
            _ => {
                let (k, count, side) = refined(net)?;
                let features = self.features[k].as_ref().ok_or(Error::NotReady { needed: "The refiner's photo" })?;
                let (picture, mask) = (count * RGB * side * side, count * MASKS * side * side);
                let mut values = values;
                let told = values.split_off((picture + mask).min(values.len()));
                let masks = values.split_off(picture.min(values.len()));
                let rendered = self.tensor(values, [count, RGB, side, side])?;
                let masks = self.tensor(masks, [count, MASKS, side, side])?;
                let code = self.tensor(told, [count, CODE])?;
                read(self.refiner(k).forward(rendered, masks, features, code)).await
            }
        }
    }

    fn refiner(&self, k: usize) -> &RefinerNet {
        [&self.refiner.mouth, &self.refiner.eye][k]
    }

    fn tensor<const D: usize>(&self, values: Vec<f32>, shape: [usize; D]) -> Result<Tensor<D>> {
        if values.len() != shape.iter().product::<usize>() {
            return Err(Error::Option { option: "values", expected: "as many numbers as the net's input has" });
        }
        Ok(Tensor::from_data(TensorData::new(values, shape), &self.device))
    }
}

/// Index of a refiner's net, patches in one run, and their side.
fn refined(net: &str) -> Result<(usize, usize, usize)> {
    match net {
        "mouth" => Ok((0, 1, Part::Mouth.side())),
        "eye" => Ok((1, EYES, Part::RightEye.side())),
        _ => Err(Error::Option { option: "net", expected: "detector, landmarks, blendshapes, mouth or eye" }),
    }
}
