//! The person matte net: MediaPipe's selfie segmentation, once a photo.

pub mod net;

use burn::tensor::{Device, Tensor, TensorData};
use image::imageops::{FilterType, resize};
use image::{GrayImage, RgbaImage};

use crate::encoder::read as read_tensor;
use crate::error::{Error, Result};
use crate::models::{Models, load_net};
use net::{SIDE, SelfieNet};

/// File name of the weights.
pub const MODEL: &str = "selfie_segmentation.safetensors";

/// The person matte net on a device.
#[derive(Debug)]
pub struct Segmenter {
    net: SelfieNet,
    device: Device,
}

impl Segmenter {
    /// Loads the net's weights to `device`. Weights are stored in half precision and widened here.
    ///
    /// # Errors
    /// [`Error::ModelMissing`], [`Error::ModelCorrupt`].
    pub fn new(models: &Models, device: &Device) -> Result<Self> {
        Ok(Self { net: load_net(SelfieNet::new(device), models, MODEL)?, device: device.clone() })
    }

    /// Probability of a person for each of the 256 x 256 pixels of the picture
    /// stretched to a square, row by row.
    ///
    /// # Errors
    /// [`Error::Gpu`] when the device fails.
    pub async fn probabilities(&self, picture: &RgbaImage) -> Result<Vec<f32>> {
        let side = SIDE as u32;
        let small = if picture.dimensions() == (side, side) {
            picture.clone()
        } else {
            resize(picture, side, side, FilterType::Triangle)
        };
        let planes: Vec<f32> =
            (0..3).flat_map(|channel| small.pixels().map(move |p| f32::from(p.0[channel]) / 255.0)).collect();
        let input = Tensor::<4>::from_data(TensorData::new(planes, [1, 3, SIDE, SIDE]), &self.device);
        read_tensor(self.net.forward(input)).await
    }

    /// The net's mask, 256 x 256, 255 = person, of the picture stretched to a square.
    ///
    /// # Errors
    /// [`Error::Gpu`] when the device fails.
    pub async fn mask(&self, picture: &RgbaImage) -> Result<GrayImage> {
        let values = self.probabilities(picture).await?.iter().map(|p| (p * 255.0).round() as u8).collect();
        GrayImage::from_raw(SIDE as u32, SIDE as u32, values)
            .ok_or_else(|| Error::Gpu { reason: "the matte net gave a mask of another size".into() })
    }
}
