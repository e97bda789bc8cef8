//! The refiner at work: patches of a rendered frame through the nets and back.

use std::sync::Arc;

use burn::module::Module;
use burn::tensor::Device;

use super::code::code;
use super::engine::{GpuFeatures, GpuPatchNet, PatchNet};
use super::masks::masks;
use super::net::RefinerNet;
use super::patch::{Part, PatchFrame};
use super::pipelines::Pipelines;
use super::ports::{NETS, PATCHES, Ports, place};
use super::surface::{Placed, Surface};
use crate::encoder::load_net;
use crate::error::{Error, Result};
use crate::generator::Scene;
use crate::geometry::topology::{EYES, LIPS};
use crate::geometry::{Shape, smoothstep};
use crate::gpu::Gpu;
use crate::models::Models;
use crate::motion::{eye_width, lid_gap, lip_gap};
use crate::nets::Kernels;
use crate::nets::gpu::FOUR;
use crate::portrait::Portrait;
use crate::transfer::TargetGeometry;
use crate::transfer::lips::mouth_width;

/// File that `train/refiner.py` writes.
pub const FILE: &str = "refiner.safetensors";
/// Channels of the nets' levels, as in `train/refiner_net.py`.
const MOUTH_WIDTHS: [usize; 3] = [32, 64, 112];
const EYE_WIDTHS: [usize; 3] = [24, 48, 96];
/// How far a landmark of mouth or eye is from its place in the photo, centimetres, where the refiner
/// begins to be shown and where it is shown in full: what nothing moved stays the photo's own.
const MOVED: [f64; 2] = [0.02, 0.10];
/// Gap of the lids over the eye's width below which they count as shut, and above which they do not; and how much of the
/// refiner is shown at a shut eye. Geometry knows a shut lid's skin, and what few shut eyes the net has seen are
/// darker than most.
const SHUT: [f64; 2] = [0.06, 0.18];
const SHOWN_SHUT: f64 = 0.35;
/// Gaps of the lips, mouth widths: up to the first they are shut, from the second on they are parted. Of lips that are
/// parted in the photo and shut now the net has seen few, and draws them less shut than geometry does.
const LIPS_SHUT: [f64; 2] = [0.01, 0.06];
const LIPS_PARTED: [f64; 2] = [0.03, 0.08];

/// The two nets, under the names of their weights.
#[derive(Module, Debug)]
pub(crate) struct Nets {
    pub(crate) mouth: RefinerNet,
    pub(crate) eye: RefinerNet,
}

impl Nets {
    /// The nets without their weights.
    pub(crate) fn new(device: &Device) -> Self {
        Self { mouth: RefinerNet::new(MOUTH_WIDTHS, device), eye: RefinerNet::new(EYE_WIDTHS, device) }
    }
}

/// The refiner: nets and pipelines, which every portrait shares.
#[derive(Debug)]
pub struct Refiner {
    gpu: Gpu,
    engine: Engine,
    pipelines: Pipelines,
}

/// The nets of mouth and eyes where they run.
#[derive(Debug)]
enum Engine {
    Cpu(Box<[PatchNet; NETS]>),
    Gpu(Box<[GpuPatchNet; NETS]>),
}

/// What is prepared once for a portrait on show.
#[derive(Debug)]
pub struct Retouch {
    surface: Surface,
    photo: Photo,
    /// Pixels of the photo that a pixel of the output covers across and down.
    scale: [f32; 2],
}

/// Features of the photo's patches.
#[derive(Debug)]
enum Photo {
    /// Of each patch.
    Cpu([Vec<f32>; PATCHES]),
    /// Of the patches of each net.
    Gpu([GpuFeatures; NETS]),
}

impl Refiner {
    /// Loads the nets. On the GPU that draws nothing leaves it on the way from render to repaired frame; on the
    /// CPU, which is faster where a GPU is software, the patches go there and back.
    ///
    /// # Errors
    /// [`Error::ModelMissing`](crate::Error::ModelMissing), [`Error::ModelCorrupt`](crate::Error::ModelCorrupt),
    /// [`Error::Gpu`](crate::Error::Gpu).
    pub fn new(gpu: &Gpu, models: &Models, on_gpu: bool) -> Result<Self> {
        let Nets { mouth, eye } = load_net(Nets::new(&Device::flex()), models, FILE)?;
        let pipelines = Pipelines::new(&gpu.device);
        let [mouth_side, eye_side] = [Part::Mouth.side(), Part::RightEye.side()];
        let engine = if on_gpu {
            let kernels = Arc::new(Kernels::new(gpu));
            let net = |net, side, patches| GpuPatchNet::new(net, side, patches, gpu, &kernels);
            Engine::Gpu(Box::new([net(&mouth, mouth_side, 1)?, net(&eye, eye_side, PATCHES - 1)?]))
        } else {
            Engine::Cpu(Box::new([PatchNet::new(&mouth, mouth_side)?, PatchNet::new(&eye, eye_side)?]))
        };
        gpu.take_error().map_or(Ok(()), Err)?;
        Ok(Self { gpu: gpu.clone(), engine, pipelines })
    }

    /// Prepares a portrait whose frames are rendered into this scene.
    ///
    /// # Errors
    /// [`Error::Option`] for a face without 478 landmarks.
    pub fn prepare(&self, portrait: &Portrait, scene: &Scene) -> Result<Retouch> {
        let places = portrait.face.project(&portrait.face.shape, &portrait.face.pose);
        let cut = |part: Part| -> Result<Vec<f32>> {
            Ok(PatchFrame::of(part, &places)?.cut(&portrait.photo).into_iter().map(|v| f32::from(v) / 255.0).collect())
        };
        let [mouth, right, left] = Part::ALL.map(cut);
        let (mouth, right, left) = (mouth?, right?, left?);
        let (photo, ports) = match &self.engine {
            Engine::Cpu(nets) => {
                let [of_mouth, of_eyes] = nets.as_ref();
                let features = [of_mouth.features(&mouth)?, of_eyes.features(&right)?, of_eyes.features(&left)?];
                (Photo::Cpu(features), Ports::alone(&self.gpu.device))
            }
            Engine::Gpu(nets) => {
                let [of_mouth, of_eyes] = nets.as_ref();
                let features = [of_mouth.features(&self.gpu, &[mouth])?, of_eyes.features(&self.gpu, &[right, left])?];
                let ([mouth, mouth_grid], [eyes, eye_grids]) = (of_mouth.ports()?, of_eyes.ports()?);
                (Photo::Gpu(features), Ports { pictures: [mouth, eyes], grids: [mouth_grid, eye_grids] })
            }
        };
        let surface = Surface::new(&self.gpu, &self.pipelines, scene.output(), ports);
        Ok(Retouch { photo, surface, scale: scene.scale() })
    }

    /// Repairs the frame that shows `target`, in place. Whether anything may have changed: where mouth
    /// and eyes are as in the photo, nothing does.
    ///
    /// # Errors
    /// [`Error::Gpu`]; [`Error::Option`] for a target without 478 landmarks.
    pub async fn refine(&self, retouch: &Retouch, portrait: &Portrait, target: &TargetGeometry) -> Result<bool> {
        let places = portrait.face.project(&target.shape, &target.pose);
        let [mouth, right, left] = Part::ALL.map(|part| PatchFrame::of(part, &places));
        let frames = [mouth?, right?, left?];
        let weights = Part::ALL.map(|part| weight(part, &portrait.face.shape, &target.shape));
        let drawn: [Placed; PATCHES] = std::array::from_fn(|k| (frames[k].shrunk(retouch.scale), weights[k]));
        if weights.iter().all(|&weight| weight <= 0.0) {
            return Ok(false);
        }
        let (gpu, surface) = (&self.gpu, &retouch.surface);
        let states = [(&portrait.coefficients, &portrait.face.pose), (&target.coefficients, &target.pose)];
        let codes = Part::ALL.map(|part| code(states[0], states[1], part.is_mirrored()));
        let seen: [Vec<u8>; PATCHES] = std::array::from_fn(|k| masks(Part::ALL[k], &frames[k], &places));
        let commands = || gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("refiner") });
        let mut encoder = commands();
        surface.cut(gpu, &self.pipelines, (&drawn, &seen), &mut encoder);
        match (&self.engine, &retouch.photo) {
            (Engine::Cpu(nets), Photo::Cpu(features)) => {
                let rendered = surface.read(gpu, encoder).await?;
                encoder = commands();
                let mut rest = rendered.as_slice();
                for (k, part) in Part::ALL.into_iter().enumerate() {
                    let (here, after) = rest.split_at((FOUR * part.side() * part.side()).min(rest.len()));
                    rest = after;
                    if weights[k] > 0.0 {
                        let [net, _] = place(k);
                        surface.write(gpu, k, &nets[net].grid(here, &seen[k], &codes[k], &features[k])?);
                    }
                }
            }
            (Engine::Gpu(nets), Photo::Gpu(features)) => {
                let patches = [0..1, 1..PATCHES];
                for ((net, features), patches) in nets.iter().zip(features).zip(patches) {
                    if weights[patches.clone()].iter().any(|&weight| weight > 0.0) {
                        net.record(&codes[patches], features, &mut encoder)?;
                    }
                }
            }
            // A portrait that another refiner has prepared.
            _ => return Err(Error::NotReady { needed: "A portrait prepared by this refiner" }),
        }
        surface.add(&self.pipelines, &drawn, &mut encoder);
        gpu.queue.submit([encoder.finish()]);
        gpu.take_error().map_or(Ok(true), Err)
    }
}

/// How much of the refiner is shown at a part of the face, 0 to 1.
fn weight(part: Part, rest: &Shape, shape: &Shape) -> f32 {
    let farthest =
        |landmarks: &mut dyn Iterator<Item = usize>| landmarks.map(|i| (shape[i] - rest[i]).norm()).fold(0.0, f64::max);
    let moved = match part {
        Part::Mouth => farthest(&mut LIPS.iter().copied()),
        Part::RightEye => farthest(&mut EYES[0].lids.iter().chain(&EYES[0].iris).copied()),
        Part::LeftEye => farthest(&mut EYES[1].lids.iter().chain(&EYES[1].iris).copied()),
    };
    let eye = match part {
        Part::Mouth => None,
        Part::RightEye => Some(&EYES[0]),
        Part::LeftEye => Some(&EYES[1]),
    };
    let shut = match eye {
        Some(eye) => 1.0 - smoothstep(lid_gap(shape, eye) / eye_width(shape, eye).max(1e-6), SHUT[0], SHUT[1]),
        None => {
            let gap = |shape: &Shape| lip_gap(shape) / mouth_width(shape).max(1e-6);
            let parted = smoothstep(gap(rest), LIPS_PARTED[0], LIPS_PARTED[1]);
            parted * (1.0 - smoothstep(gap(shape), LIPS_SHUT[0], LIPS_SHUT[1]))
        }
    };
    let shown = 1.0 - (1.0 - SHOWN_SHUT) * shut;
    (shown * smoothstep(moved, MOVED[0], MOVED[1])) as f32
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::code::CODE;
    use super::super::masks::MASKS;
    use super::super::net::RGB;
    use super::*;
    use burn::tensor::{Tensor, TensorData};
    use safetensors::SafeTensors;

    /// Bytes of a picture with `channels` values a pixel, as planes of numbers in \[0, 1\].
    fn planes(bytes: &[u8], channels: usize) -> Vec<f32> {
        let plane = |channel| bytes.iter().skip(channel).step_by(channels).map(|&v| f32::from(v) / 255.0);
        (0..channels).flat_map(plane).collect()
    }

    fn nets() -> Nets {
        let device = Device::flex();
        let models = Models::from_folder("models".as_ref()).unwrap();
        load_net(Nets::new(&device), &models, FILE).unwrap()
    }

    /// Numbers of `train/refiner.py` itself for a patch of a mouth and one of an eye.
    #[test]
    fn the_nets_compute_what_was_trained() {
        let (device, nets) = (Device::flex(), nets());
        let file = std::fs::read("tests/refiner/reference.safetensors").unwrap();
        let stored = SafeTensors::deserialize(&file).unwrap();
        for (name, net, side) in [("mouth", &nets.mouth, 96), ("eye", &nets.eye, 64)] {
            let bytes = |key: &str| stored.tensor(&format!("{name}.{key}")).unwrap().data().to_vec();
            let floats = |key: &str| -> Vec<f32> { bytemuck::pod_collect_to_vec(&bytes(key)) };
            let picture = |key: &str, channels: usize| {
                let data = TensorData::new(planes(&bytes(key), channels), [1, channels, side, side]);
                Tensor::from_data(data, &device)
            };
            let told = Tensor::from_data(TensorData::new(floats("code"), [1, CODE]), &device);
            let features = net.features(picture("photo", RGB));
            let grid = net.forward(picture("rendered", RGB), picture("masks", MASKS), &features, told);
            let grid = grid.into_data().try_to_vec::<f32>().unwrap();
            let wanted = floats("grid");
            assert_eq!(grid.len(), wanted.len());
            assert!(wanted.iter().any(|v| v.abs() > 0.05), "the reference changes nothing");
            let own = PatchNet::new(net, side).unwrap();
            let photo: Vec<f32> = bytes("photo").into_iter().map(|v| f32::from(v) / 255.0).collect();
            let code: [f32; CODE] = floats("code").try_into().unwrap();
            let rendered: Vec<f32> = (bytes("rendered").chunks_exact(RGB))
                .flat_map(|p| [p[0], p[1], p[2], 0].map(|v| f32::from(v) / 255.0))
                .collect();
            let own = own.grid(&rendered, &bytes("masks"), &code, &own.features(&photo).unwrap()).unwrap();
            for (k, (found, wanted)) in grid.iter().zip(&wanted).enumerate() {
                assert!((found - wanted).abs() < 1e-3, "{name}: {found} for {wanted} at {k}");
                assert!((own[k] - found).abs() < 1e-4, "{name}: our kernels give {} for {found}", own[k]);
            }
        }
    }

    #[test]
    fn a_part_is_refined_as_far_as_it_moves() {
        let mut rest = vec![nalgebra::Vector3::zeros(); crate::geometry::LANDMARKS];
        for eye in &EYES {
            rest[eye.corners[1]].x = 3.0;
            rest[eye.upper].y = 1.0;
        }
        let mut shape = rest.clone();
        assert!(Part::ALL.iter().all(|&part| weight(part, &rest, &shape) == 0.0));
        // A brow is in no patch's own part.
        shape[105].y = 1.0;
        assert!(Part::ALL.iter().all(|&part| weight(part, &rest, &shape) == 0.0));
        let lid = EYES[1].lids.iter().copied().find(|i| ![EYES[1].upper, EYES[1].lower].contains(i)).unwrap();
        shape[lid].y -= 0.06;
        let half = weight(Part::LeftEye, &rest, &shape);
        assert!(half > 0.2 && half < 0.8, "{half}");
        assert_eq!(weight(Part::RightEye, &rest, &shape), 0.0);
        // A shut eye is mostly geometry's.
        shape[EYES[0].upper] = shape[EYES[0].lower];
        assert!((weight(Part::RightEye, &rest, &shape) - SHOWN_SHUT as f32).abs() < 1e-6);
        shape[14].y = -0.5;
        assert_eq!(weight(Part::Mouth, &rest, &shape), 1.0);
        // And so are lips that shut, if the photo has them parted.
        let (parted, mut shut) = (shape.clone(), shape);
        shut[14] = shut[13];
        assert!((weight(Part::Mouth, &parted, &shut) - SHOWN_SHUT as f32).abs() < 1e-6);
        assert_eq!(weight(Part::Mouth, &shut, &parted), 1.0);
    }
}
