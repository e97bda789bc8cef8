//! The refiner at work: patches of a rendered frame through the nets and back.

use std::sync::Arc;

use burn::module::Module;
use burn::tensor::Device;

use super::engine::{CpuNets, GpuFeatures, GpuPatchNet};
use super::net::RefinerNet;
use super::patch::Part;
use super::pipelines::Pipelines;
use super::plan::{Plan, White, photo_patches, whites};
use super::ports::{NETS, PATCHES, Ports};
use super::steady::Steady;
use super::surface::Surface;
use super::turns::Turns;
use crate::error::{Error, Result};
use crate::generator::Scene;
use crate::gpu::Gpu;
use crate::models::{Models, load_net};
use crate::motion::TargetGeometry;
use crate::nets::Kernels;
use crate::nets::gpu::FOUR;
use crate::portrait::Portrait;

/// File that `train/refiner.py` writes.
pub const FILE: &str = "refiner.safetensors";
/// Channels of the mouth net's three levels, as in `train/refiner_net.py`.
const MOUTH_WIDTHS: [usize; 3] = [32, 64, 112];
/// Channels of the eyes' net's three levels, as in `train/refiner_net.py`.
const EYE_WIDTHS: [usize; 3] = [24, 48, 96];
/// The two nets; the fields have the names of the weights in the model file.
#[derive(Module, Debug)]
pub(crate) struct Nets {
    pub(crate) mouth: RefinerNet,
    pub(crate) eye: RefinerNet,
}

impl Nets {
    /// The nets without their weights.
    pub(crate) fn new(device: &Device) -> Self {
        Self {
            mouth: RefinerNet::new(Part::Mouth, MOUTH_WIDTHS, device),
            eye: RefinerNet::new(Part::RightEye, EYE_WIDTHS, device),
        }
    }

    /// With the weights of the model file.
    ///
    /// # Errors
    /// [`Error::ModelMissing`], [`Error::ModelCorrupt`].
    pub(super) fn load(models: &Models) -> Result<Self> {
        load_net(Self::new(&Device::flex()), models, FILE)
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
    Cpu(CpuNets),
    Gpu(Box<[GpuPatchNet; NETS]>),
}

/// What is prepared once for a portrait on show, and what is kept from frame to frame.
#[derive(Debug)]
pub struct Retouch {
    steady: Steady,
    turns: Turns,
    surface: Surface,
    photo: Photo,
    white: [White; PATCHES],
    /// Pixels of the photo that a pixel of the output covers across and down.
    scale: [f32; 2],
}

/// Features of the photo's patches.
#[derive(Debug)]
enum Photo {
    /// Features of each patch.
    Cpu([Vec<f32>; PATCHES]),
    /// For each net, features of all its patches.
    Gpu([GpuFeatures; NETS]),
}

impl Retouch {
    /// Runs each net on one of `frames` frames, at least 1; in between its last answer stays on show. Before the first
    /// call each net runs on every frame.
    pub fn set_interval(&mut self, frames: usize) {
        self.turns.interval = frames;
    }

    /// Forgets the frames so far: the next one is repaired as if it were the first, by the nets' answer to it alone.
    pub fn forget(&mut self) {
        self.steady = Steady::default();
        self.turns.forget();
    }
}

impl Refiner {
    /// Loads the nets. With `on_gpu` the nets run on the GPU that draws, and nothing leaves it between render and
    /// repaired frame. Otherwise they run on the CPU, which is faster where the GPU is software, and the patches go
    /// there and back.
    ///
    /// # Errors
    /// [`Error::ModelMissing`](crate::Error::ModelMissing), [`Error::ModelCorrupt`](crate::Error::ModelCorrupt),
    /// [`Error::Gpu`](crate::Error::Gpu).
    pub fn new(gpu: &Gpu, models: &Models, on_gpu: bool) -> Result<Self> {
        let nets = Nets::load(models)?;
        let pipelines = Pipelines::new(&gpu.device);
        let [mouth_side, eye_side] = [Part::Mouth.side(), Part::RightEye.side()];
        let engine = if on_gpu {
            let kernels = Arc::new(Kernels::new(gpu));
            let net = |net, side, patches| GpuPatchNet::new(net, side, patches, gpu, &kernels);
            Engine::Gpu(Box::new([net(&nets.mouth, mouth_side, 1)?, net(&nets.eye, eye_side, PATCHES - 1)?]))
        } else {
            Engine::Cpu(CpuNets::new(&nets)?)
        };
        gpu.take_error().map_or(Ok(()), Err)?;
        Ok(Self { gpu: gpu.clone(), engine, pipelines })
    }

    /// Prepares a portrait whose frames are rendered into this scene.
    ///
    /// # Errors
    /// [`Error::Option`] for a face without 478 landmarks.
    pub fn prepare(&self, portrait: &Portrait, scene: &Scene) -> Result<Retouch> {
        let patches = photo_patches(portrait)?;
        let (photo, ports) = match &self.engine {
            Engine::Cpu(nets) => (Photo::Cpu(nets.features(&patches)?), Ports::alone(&self.gpu.device)),
            Engine::Gpu(nets) => {
                let [of_mouth, of_eyes] = nets.as_ref();
                let [mouth, eyes @ ..] = &patches;
                let features =
                    [of_mouth.features(&self.gpu, std::slice::from_ref(mouth))?, of_eyes.features(&self.gpu, eyes)?];
                let ([mouth, mouth_grid], [eyes, eye_grids]) = (of_mouth.ports()?, of_eyes.ports()?);
                (Photo::Gpu(features), Ports::of(&self.gpu.device, [mouth, eyes], [mouth_grid, eye_grids]))
            }
        };
        let surface = Surface::new(&self.gpu, &self.pipelines, scene.output(), ports);
        let (white, scale) = (whites(portrait, &patches), scene.scale());
        Ok(Retouch { steady: Steady::default(), turns: Turns::default(), photo, white, surface, scale })
    }

    /// Repairs the frame that shows `target`, in place. Returns whether anything may have changed: where mouth and eyes
    /// are as in the photo, nothing does. While the face holds still, the change stays as it was in the frames before.
    ///
    /// # Errors
    /// [`Error::Gpu`]; [`Error::Option`] for a target without 478 landmarks.
    pub async fn refine(&self, retouch: &mut Retouch, portrait: &Portrait, target: &TargetGeometry) -> Result<bool> {
        let Some(mut plan) = Plan::new(portrait, target, retouch.scale, retouch.white, &mut retouch.steady)? else {
            retouch.turns.forget();
            return Ok(false);
        };
        let looks = retouch.turns.next(&mut plan);
        let (gpu, surface) = (&self.gpu, &retouch.surface);
        let commands = || gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("refiner") });
        let mut encoder = commands();
        surface.cut(gpu, &self.pipelines, &plan, &mut encoder);
        match (&self.engine, &retouch.photo) {
            (Engine::Cpu(nets), Photo::Cpu(features)) if looks.contains(&true) => {
                let rendered = surface.read(gpu, encoder).await?;
                encoder = commands();
                let mut rest = rendered.as_slice();
                for (k, part) in Part::ALL.into_iter().enumerate() {
                    let (here, after) = rest.split_at((FOUR * part.side() * part.side()).min(rest.len()));
                    rest = after;
                    if looks[k] {
                        surface.write(gpu, k, &nets.grid(k, here, &plan, features)?);
                    }
                }
            }
            (Engine::Cpu(_), Photo::Cpu(_)) => {}
            (Engine::Gpu(nets), Photo::Gpu(features)) => {
                let patches = [0..1, 1..PATCHES];
                for ((net, features), patches) in nets.iter().zip(features).zip(patches) {
                    if patches.clone().any(|k| looks[k]) {
                        net.record(gpu, &plan.codes[patches], features, &mut encoder)?;
                    }
                }
            }
            // The portrait was prepared by a refiner whose nets run elsewhere.
            _ => return Err(Error::NotReady { needed: "A portrait prepared by this refiner" }),
        }
        surface.keep(&self.pipelines, looks[0], &mut encoder);
        surface.add(&self.pipelines, &plan.placed, &mut encoder);
        gpu.queue.submit([encoder.finish()]);
        gpu.take_error().map_or(Ok(true), Err)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::code::CODE;
    use super::super::engine::PatchNet;
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
        Nets::load(&Models::from_folder("models".as_ref()).unwrap()).unwrap()
    }

    /// The reference are numbers that `train/refiner.py` computed for a patch of a mouth and one of an eye.
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
}
