//! The encoder's nets at work, on the CPU or on a GPU.

use burn::tensor::Device;

use super::gpu::GpuEngine;
use super::nets::{
    ANCHORS, BlendshapeNet, DETECTOR_SIDE, DETECTOR_VALUES, DetectorNet, LandmarkNet, POINTS, load, prepared, rate,
};
use crate::error::Result;
use crate::geometry::LANDMARKS;
use crate::gpu::Gpu;
use crate::models::Models;
use crate::motion::COEFFICIENTS;
use crate::nets::{Graph, Net};

/// Numbers that the landmark net gives: the points and the presence.
const SEEN: usize = LANDMARKS * 3 + 1;
/// Numbers of one picture of the detector.
const PICTURE: usize = DETECTOR_SIDE * DETECTOR_SIDE * 3;

/// The three nets where they run.
#[derive(Debug)]
pub(super) enum Engine {
    Cpu(Box<CpuEngine>),
    Gpu(Box<GpuEngine>),
}

/// The three nets on the CPU.
#[derive(Debug)]
pub(super) struct CpuEngine {
    detector: Net,
    landmarks: Net,
    blendshapes: Net,
}

/// The three nets, recorded.
pub(super) struct Graphs {
    pub(super) detector: Graph,
    pub(super) landmarks: Graph,
    pub(super) blendshapes: Graph,
}

impl Engine {
    /// Loads the nets' weights, to the GPU if one is given.
    pub(super) fn new(models: &Models, gpu: Option<&Gpu>) -> Result<Self> {
        let device = &Device::flex();
        let graphs = Graphs {
            detector: load(DetectorNet::new(device), models, "face_detector.safetensors")?.graph()?,
            landmarks: load(LandmarkNet::new(device), models, "face_landmarks.safetensors")?.graph()?,
            blendshapes: load(BlendshapeNet::new(device), models, "face_blendshapes.safetensors")?.graph()?,
        };
        Ok(match gpu {
            Some(gpu) => Self::Gpu(Box::new(GpuEngine::new(&graphs, gpu)?)),
            None => Self::Cpu(Box::new(CpuEngine {
                detector: Net::on_cpu(&graphs.detector)?,
                landmarks: Net::on_cpu(&graphs.landmarks)?,
                blendshapes: Net::on_cpu(&graphs.blendshapes)?,
            })),
        })
    }

    /// The candidates of pictures of 128 x 128 x 3 in \[-1, 1\], 896 rows of 17 each.
    pub(super) async fn candidates(&self, pixels: &[f32]) -> Result<Vec<f32>> {
        let mut values = Vec::with_capacity(pixels.len() / PICTURE * ANCHORS * DETECTOR_VALUES);
        for picture in pixels.chunks(PICTURE) {
            match self {
                Self::Cpu(nets) => values.extend(run(&nets.detector, picture)?),
                Self::Gpu(nets) => values.extend(nets.candidates(picture).await?),
            }
        }
        rate(&mut values);
        Ok(values)
    }

    /// Landmarks in pixels of a crop of 256 x 256 x 3 in \[0, 1\], presence and coefficients, one after the other.
    /// `axes` are the directions of the crop's axes in the picture.
    pub(super) async fn observe(&self, crop: &[f32], axes: [[f32; 2]; 2]) -> Result<Vec<f32>> {
        match self {
            Self::Cpu(nets) => {
                let mut values = vec![0.0; SEEN + COEFFICIENTS];
                let (seen, coefficients) = values.split_at_mut(SEEN);
                nets.landmarks.run(&[crop], seen)?;
                let place = |index: usize| {
                    let [x, y] = [seen[3 * index], seen[3 * index + 1]];
                    [0, 1].map(|axis| x * axes[0][axis] + y * axes[1][axis])
                };
                nets.blendshapes.run(&[&prepared(&POINTS.map(place))], coefficients)?;
                Ok(values)
            }
            Self::Gpu(nets) => nets.observe(crop, axes).await,
        }
    }

    /// The coefficients of x and y of the 146 points.
    pub(super) async fn coefficients(&self, points: &[[f32; 2]]) -> Result<Vec<f32>> {
        match self {
            Self::Cpu(nets) => run(&nets.blendshapes, &prepared(points)),
            Self::Gpu(nets) => nets.coefficients(&prepared(points)).await,
        }
    }
}

/// All results of a net with one input.
fn run(net: &Net, input: &[f32]) -> Result<Vec<f32>> {
    let mut values = vec![0.0; net.output_len()];
    net.run(&[input], &mut values)?;
    Ok(values)
}
