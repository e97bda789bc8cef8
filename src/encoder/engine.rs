//! The encoder's nets at work, on the CPU or on a GPU.

use burn::tensor::Device;

use super::crop::Input;
use super::cutter::FrameTexture;
use super::gpu::GpuEngine;
use super::nets::{ANCHORS, BlendshapeNet, DETECTOR_VALUES, DetectorNet, LandmarkNet, POINTS, prepared, rate};
use super::{Region, Source};
use crate::error::{Error, Result};
use crate::geometry::LANDMARKS;
use crate::gpu::Gpu;
use crate::models::{Models, load_net};
use crate::motion::COEFFICIENTS;
use crate::nets::{Graph, Net};

/// Number of values that the landmark net gives: the points' coordinates, the presence and the tongue.
const SEEN: usize = LANDMARKS * 3 + 2;

/// The error for a frame in a texture where the nets run on the CPU and need pixels.
const ELSEWHERE: Error = Error::Option { option: "The frame", expected: "pixels where the nets run on the CPU" };

/// The three nets, on the CPU or on a GPU.
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

/// The three nets, recorded as graphs.
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
            detector: load_net(DetectorNet::new(device), models, "face_detector.safetensors")?.graph()?,
            landmarks: load_net(LandmarkNet::new(device), models, "face_landmarks.safetensors")?.graph()?,
            blendshapes: load_net(BlendshapeNet::new(device), models, "face_blendshapes.safetensors")?.graph()?,
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

    /// A texture for a driver's frames, where the nets run on a GPU.
    pub(super) fn texture(&self, size: [u32; 2], mirrored: bool) -> Option<FrameTexture> {
        match self {
            Self::Cpu(_) => None,
            Self::Gpu(nets) => Some(nets.texture(size, mirrored)),
        }
    }

    /// The candidates of regions of a picture, 896 rows of 17 each.
    pub(super) async fn candidates(&self, source: Source<'_>, regions: &[Region]) -> Result<Vec<f32>> {
        let mut values = Vec::with_capacity(regions.len() * ANCHORS * DETECTOR_VALUES);
        for region in regions {
            match (self, source) {
                (Self::Cpu(nets), Source::Pixels(picture)) => {
                    values.extend(run(&nets.detector, &Input::DETECTOR.of(picture, region))?);
                }
                (Self::Cpu(_), Source::Texture(_)) => return Err(ELSEWHERE),
                (Self::Gpu(nets), source) => values.extend(nets.candidates(source, region).await?),
            }
        }
        rate(&mut values);
        Ok(values)
    }

    /// Landmarks in pixels of the region's 256 x 256, presence, log odds of a tongue and coefficients, one after
    /// the other.
    /// `axes` are the directions of the region's axes in the picture.
    pub(super) async fn observe(&self, source: Source<'_>, region: &Region, axes: [[f32; 2]; 2]) -> Result<Vec<f32>> {
        match (self, source) {
            (Self::Cpu(_), Source::Texture(_)) => Err(ELSEWHERE),
            (Self::Cpu(nets), Source::Pixels(picture)) => {
                let crop = Input::LANDMARKS.of(picture, region);
                let mut values = vec![0.0; SEEN + COEFFICIENTS];
                let (seen, coefficients) = values.split_at_mut(SEEN);
                nets.landmarks.run(&[&crop], seen)?;
                let place = |index: usize| {
                    let [x, y] = [seen[3 * index], seen[3 * index + 1]];
                    [0, 1].map(|axis| x * axes[0][axis] + y * axes[1][axis])
                };
                nets.blendshapes.run(&[&prepared(&POINTS.map(place))], coefficients)?;
                Ok(values)
            }
            (Self::Gpu(nets), source) => nets.observe(source, region, axes).await,
        }
    }

    /// The coefficients for x and y of the 146 points that the blendshape net reads.
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
