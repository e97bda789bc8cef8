//! The refiner's nets at work: on the CPU patch by patch, or on the GPU that draws.

use std::sync::{Arc, Mutex, PoisonError};

use super::code::CODE;
use super::masks::MASKS;
use super::net::{RGB, RefinerNet};
use super::patch::Part;
use super::plan::Plan;
use super::ports::{NETS, PATCHES, place};
use super::retouch::Nets;
use crate::error::{Error, Result};
use crate::gpu::Gpu;
use crate::nets::gpu::FOUR;
use crate::nets::{GpuNet, Kernels, Net};

/// A net of patches of one size, on the CPU.
#[derive(Debug)]
pub(crate) struct PatchNet {
    features: Net,
    levels: Vec<usize>,
    grid: Net,
    pixels: usize,
}

impl PatchNet {
    /// From the loaded net, for patches of `side` x `side` pixels.
    ///
    /// # Errors
    /// [`Error::Net`](crate::Error::Net).
    pub(crate) fn new(net: &RefinerNet, side: usize) -> Result<Self> {
        let features = net.features_graph(side)?;
        Ok(Self {
            levels: features.outputs().iter().map(|value| features.size(*value).len()).collect(),
            features: Net::on_cpu(&features)?,
            grid: Net::on_cpu(&net.graph(side)?)?,
            pixels: side * side,
        })
    }

    /// Features of a photo's patch, rows of RGB in \[0, 1\].
    ///
    /// # Errors
    /// [`Error::Net`](crate::Error::Net) for another size.
    pub(crate) fn features(&self, photo: &[f32]) -> Result<Vec<f32>> {
        let mut features = vec![0.0; self.features.output_len()];
        self.features.run(&[photo], &mut features)?;
        Ok(features)
    }

    /// The grid of a patch. `rendered` has four numbers a pixel: RGB in \[0, 1\], and one that is not used.
    ///
    /// # Errors
    /// [`Error::Net`](crate::Error::Net) for another size.
    pub(crate) fn grid(
        &self,
        rendered: &[f32],
        masks: &[u8],
        code: &[f32; CODE],
        features: &[f32],
    ) -> Result<Vec<f32>> {
        let picture: Vec<f32> = (rendered.chunks_exact(FOUR).zip(masks.chunks_exact(MASKS)).take(self.pixels))
            .flat_map(|(colours, seen)| {
                let seen: [f32; MASKS] = std::array::from_fn(|c| f32::from(seen[c]) / 255.0);
                colours.iter().copied().take(RGB).chain(seen)
            })
            .collect();
        let mut inputs: Vec<&[f32]> = vec![&picture, code];
        let mut rest = features;
        for count in &self.levels {
            let (level, after) = rest.split_at((*count).min(rest.len()));
            inputs.push(level);
            rest = after;
        }
        let mut grid = vec![0.0; self.grid.output_len()];
        self.grid.run(&inputs, &mut grid)?;
        Ok(grid)
    }
}

/// The nets of mouth and eyes on the CPU.
#[derive(Debug)]
pub(crate) struct CpuNets(Box<[PatchNet; NETS]>);

impl CpuNets {
    /// From the loaded nets.
    ///
    /// # Errors
    /// [`Error::Net`].
    pub(super) fn new(nets: &Nets) -> Result<Self> {
        let [mouth, eye] = [Part::Mouth, Part::RightEye].map(Part::side);
        Ok(Self(Box::new([PatchNet::new(&nets.mouth, mouth)?, PatchNet::new(&nets.eye, eye)?])))
    }

    /// Features of the photo's patches, each rows of RGB in \[0, 1\].
    ///
    /// # Errors
    /// [`Error::Net`] for other sizes.
    pub(super) fn features(&self, [mouth, right, left]: &[Vec<f32>; PATCHES]) -> Result<[Vec<f32>; PATCHES]> {
        let [of_mouth, of_eyes] = self.0.as_ref();
        Ok([of_mouth.features(mouth)?, of_eyes.features(right)?, of_eyes.features(left)?])
    }

    /// The grid of a patch, cell by cell; `rendered` as [`PatchNet::grid`] has it.
    ///
    /// # Errors
    /// [`Error::Net`] for another size.
    pub(super) fn grid(
        &self,
        patch: usize,
        rendered: &[f32],
        plan: &Plan,
        features: &[Vec<f32>; PATCHES],
    ) -> Result<Vec<f32>> {
        let [net, _] = place(patch);
        self.0[net].grid(rendered, &plan.masks[patch], &plan.codes[patch], &features[patch])
    }
}

/// Index of the net's input for the picture, see [`RefinerNet::graph`].
const PICTURE: usize = 0;
/// Index of the net's input for the code.
const TOLD: usize = 1;
/// Index of the first of the net's inputs for the photo's features, one for each level.
const LEVELS: usize = 2;

/// A net of patches of one size, on the GPU: all its patches in one run.
#[derive(Debug)]
pub(crate) struct GpuPatchNet {
    features: GpuNet,
    grid: GpuNet,
    patches: usize,
    /// Which photo's features the net's own buffers hold, known by the first buffer of those features: portraits share
    /// the net's buffers.
    holds: Mutex<Option<wgpu::Buffer>>,
}

impl GpuPatchNet {
    /// From the loaded net, for `patches` patches of `side` x `side` pixels.
    ///
    /// # Errors
    /// [`Error::Net`], [`Error::Gpu`].
    pub(crate) fn new(
        net: &RefinerNet,
        side: usize,
        patches: usize,
        gpu: &Gpu,
        kernels: &Arc<Kernels>,
    ) -> Result<Self> {
        Ok(Self {
            features: GpuNet::new(&net.features_graph(side)?, gpu, kernels, patches)?,
            grid: GpuNet::new(&net.graph(side)?, gpu, kernels, patches)?,
            patches,
            holds: Mutex::default(),
        })
    }

    /// Features of a photo's patches, each rows of RGB in \[0, 1\].
    ///
    /// # Errors
    /// [`Error::Net`] for another number of patches or pixels.
    pub(crate) fn features(&self, gpu: &Gpu, photos: &[Vec<f32>]) -> Result<GpuFeatures> {
        for (patch, photo) in photos.iter().enumerate() {
            self.features.write(0, patch, photo)?;
        }
        let mut encoder =
            gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("features") });
        self.features.record(&mut encoder);
        let levels = (0..)
            .map_while(|level| self.features.output(level))
            .map(|made| {
                let kept = gpu.device.create_buffer(&wgpu::BufferDescriptor {
                    label: Some("features"),
                    size: made.size(),
                    usage: wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
                    mapped_at_creation: false,
                });
                encoder.copy_buffer_to_buffer(made, 0, &kept, 0, made.size());
                kept
            })
            .collect();
        gpu.queue.submit([encoder.finish()]);
        Ok(GpuFeatures(levels))
    }

    /// The net's input buffer for the patches, which a pass fills, and its output buffer with their grids.
    ///
    /// # Errors
    /// [`Error::Net`].
    pub(crate) fn ports(&self) -> Result<[wgpu::Buffer; 2]> {
        let missing = || Error::Net { reason: "a net has no input or no output" };
        let picture = self.grid.input(PICTURE).ok_or_else(missing)?;
        Ok([picture.clone(), self.grid.output(0).ok_or_else(missing)?.clone()])
    }

    /// Records a run of the net on the patches that will be in its input buffer by then; `codes` has one code a patch.
    ///
    /// # Errors
    /// [`Error::Net`] for another number of codes.
    pub(crate) fn record(
        &self,
        gpu: &Gpu,
        codes: &[[f32; CODE]],
        features: &GpuFeatures,
        encoder: &mut wgpu::CommandEncoder,
    ) -> Result<()> {
        if codes.len() != self.patches {
            return Err(Error::Net { reason: "there is not a code for each patch" });
        }
        for (patch, code) in codes.iter().enumerate() {
            self.grid.write(TOLD, patch, code)?;
        }
        self.hold(gpu, features)?;
        self.grid.record(encoder);
        Ok(())
    }

    /// Copies features into the net's own buffers, unless they are there. The copy is submitted at once, so it comes
    /// before everything that is submitted later.
    fn hold(&self, gpu: &Gpu, features: &GpuFeatures) -> Result<()> {
        let mut holds = self.holds.lock().unwrap_or_else(PoisonError::into_inner);
        if holds.as_ref() == features.0.first() {
            return Ok(());
        }
        let mut encoder =
            gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("features") });
        for (level, kept) in features.0.iter().enumerate() {
            let input = self.grid.input(LEVELS + level).ok_or(Error::Net { reason: "there is no such level" })?;
            encoder.copy_buffer_to_buffer(kept, 0, input, 0, kept.size());
        }
        gpu.queue.submit([encoder.finish()]);
        *holds = features.0.first().cloned();
        Ok(())
    }
}

/// Features of a photo's patches on the GPU, level by level.
#[derive(Debug)]
pub(crate) struct GpuFeatures(Vec<wgpu::Buffer>);
