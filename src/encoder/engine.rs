//! The encoder's nets at work: our own kernels on the CPU, Burn's on any other device.

use burn::tensor::{Device, Int, Tensor, TensorData};

use super::nets::{
    ANCHORS, BlendshapeNet, DETECTOR_SIDE, DETECTOR_VALUES, DetectorNet, LANDMARK_SIDE, LandmarkNet, POINTS, load,
    prepared, rate,
};
use super::read;
use crate::error::Result;
use crate::geometry::LANDMARKS;
use crate::models::Models;
use crate::motion::COEFFICIENTS;
use crate::nets::Net;

/// Numbers that the landmark net gives: the points and the presence.
const SEEN: usize = LANDMARKS * 3 + 1;

/// The three nets on one device.
#[derive(Debug)]
pub(super) enum Engine {
    Own(Box<Own>),
    Burn(Box<Stock>),
}

/// Our own kernels.
#[derive(Debug)]
pub(super) struct Own {
    detector: Net,
    landmarks: Net,
    blendshapes: Net,
}

/// Burn's own kernels.
#[derive(Debug)]
pub(super) struct Stock {
    detector: DetectorNet,
    landmarks: LandmarkNet,
    blendshapes: BlendshapeNet,
    /// Indices of the landmarks that the blendshape net reads, `[146]`.
    points: Tensor<1, Int>,
    device: Device,
}

impl Engine {
    /// Loads the nets' weights to `device`.
    pub(super) fn new(models: &Models, device: &Device) -> Result<Self> {
        let detector = load(DetectorNet::new(device), models, "face_detector.safetensors")?;
        let landmarks = load(LandmarkNet::new(device), models, "face_landmarks.safetensors")?;
        let blendshapes = load(BlendshapeNet::new(device), models, "face_blendshapes.safetensors")?;
        if *device == Device::flex() {
            return Ok(Self::Own(Box::new(Own {
                detector: Net::on_cpu(&detector.graph()?)?,
                landmarks: Net::on_cpu(&landmarks.graph()?)?,
                blendshapes: Net::on_cpu(&blendshapes.graph()?)?,
            })));
        }
        let points: Vec<i32> = POINTS.iter().map(|&index| index as i32).collect();
        let points = Tensor::from_data(TensorData::new(points, [POINTS.len()]), device);
        Ok(Self::Burn(Box::new(Stock { detector, landmarks, blendshapes, points, device: device.clone() })))
    }

    /// The candidates of pictures of 128 x 128 x 3 in \[-1, 1\], 896 rows of 17 each.
    pub(super) async fn candidates(&self, pixels: Vec<f32>) -> Result<Vec<f32>> {
        let picture = DETECTOR_SIDE * DETECTOR_SIDE * 3;
        match self {
            Self::Own(own) => {
                let mut values = vec![0.0; pixels.len() / picture * ANCHORS * DETECTOR_VALUES];
                for (pixels, values) in pixels.chunks(picture).zip(values.chunks_mut(ANCHORS * DETECTOR_VALUES)) {
                    own.detector.run(&[pixels], values)?;
                }
                rate(&mut values);
                Ok(values)
            }
            Self::Burn(stock) => {
                let size = [pixels.len() / picture, DETECTOR_SIDE, DETECTOR_SIDE, 3];
                let input = Tensor::from_data(TensorData::new(pixels, size), &stock.device);
                read(stock.detector.forward(input).reshape([-1])).await
            }
        }
    }

    /// Landmarks in pixels of a crop of 256 x 256 x 3 in \[0, 1\], presence and coefficients, one after the other.
    /// `axes` are the directions of the crop's axes in the picture.
    pub(super) async fn observe(&self, crop: Vec<f32>, axes: [[f32; 2]; 2]) -> Result<Vec<f32>> {
        match self {
            Self::Own(own) => {
                let mut values = vec![0.0; SEEN + COEFFICIENTS];
                let (seen, coefficients) = values.split_at_mut(SEEN);
                own.landmarks.run(&[&crop], seen)?;
                let place = |index: usize| {
                    let [x, y] = [seen[3 * index], seen[3 * index + 1]];
                    [0, 1].map(|axis| x * axes[0][axis] + y * axes[1][axis])
                };
                own.blendshapes.run(&[&prepared(&POINTS.map(place))], coefficients)?;
                Ok(values)
            }
            Self::Burn(stock) => {
                // Everything stays on the device, for one read-back a frame.
                let input = TensorData::new(crop, [1, LANDMARK_SIDE, LANDMARK_SIDE, 3]);
                let (points, presence) = stock.landmarks.forward(Tensor::from_data(input, &stock.device));
                let axes = Tensor::<2>::from_data(axes, &stock.device);
                let plane = points.clone().narrow(1, 0, 2).select(0, stock.points.clone()).matmul(axes);
                let coefficients = stock.blendshapes.forward(plane);
                read(Tensor::cat(vec![points.reshape([LANDMARKS * 3]), presence, coefficients], 0)).await
            }
        }
    }

    /// The coefficients of x and y of the 146 points.
    pub(super) async fn coefficients(&self, points: &[[f32; 2]]) -> Result<Vec<f32>> {
        match self {
            Self::Own(own) => {
                let mut values = vec![0.0; COEFFICIENTS];
                own.blendshapes.run(&[&prepared(points)], &mut values)?;
                Ok(values)
            }
            Self::Burn(stock) => {
                let input = TensorData::new(points.as_flattened().to_vec(), [points.len(), 2]);
                read(stock.blendshapes.forward(Tensor::from_data(input, &stock.device))).await
            }
        }
    }
}
