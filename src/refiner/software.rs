//! The refiner where the CPU draws: the same patches, nets and changes without a GPU.

use super::add::add;
use super::engine::CpuNets;
use super::plan::{Plan, photo_patches};
use super::ports::PATCHES;
use super::retouch::Nets;
use crate::error::Result;
use crate::generator::SoftwareScene;
use crate::models::Models;
use crate::portrait::Portrait;
use crate::transfer::TargetGeometry;

/// The nets that repair frames of a [`SoftwareScene`]; every portrait shares them.
#[derive(Debug)]
pub struct SoftwareRefiner(CpuNets);

/// What is prepared once for a portrait: features of the photo's patches.
#[derive(Debug)]
pub struct SoftwareRetouch([Vec<f32>; PATCHES]);

impl SoftwareRefiner {
    /// Loads the nets.
    ///
    /// # Errors
    /// [`Error::ModelMissing`](crate::Error::ModelMissing), [`Error::ModelCorrupt`](crate::Error::ModelCorrupt).
    pub fn new(models: &Models) -> Result<Self> {
        Ok(Self(CpuNets::new(&Nets::load(models)?)?))
    }

    /// Prepares a portrait.
    ///
    /// # Errors
    /// [`Error::Option`](crate::Error::Option) for a face without 478 landmarks.
    pub fn prepare(&self, portrait: &Portrait) -> Result<SoftwareRetouch> {
        Ok(SoftwareRetouch(self.0.features(&photo_patches(portrait)?)?))
    }

    /// Repairs the frame that shows `target`, in place. Whether anything may have changed: where mouth and eyes are as
    /// in the photo, nothing does.
    ///
    /// # Errors
    /// [`Error::Option`](crate::Error::Option) for a target without 478 landmarks.
    pub fn refine(
        &self,
        retouch: &SoftwareRetouch,
        portrait: &Portrait,
        target: &TargetGeometry,
        scene: &mut SoftwareScene,
    ) -> Result<bool> {
        let Some(plan) = Plan::new(portrait, target, scene.scale())? else { return Ok(false) };
        let mut grids = [const { Vec::new() }; PATCHES];
        for (k, grid) in grids.iter_mut().enumerate().filter(|(k, _)| plan.weight(*k) > 0.0) {
            let (frame, _) = &plan.placed[k];
            let pixels = frame.colours(scene.output());
            let rendered: Vec<f32> = pixels.flat_map(|[r, g, b]| [r, g, b, 0.0].map(|v| v / 255.0)).collect();
            *grid = self.0.grid(k, &rendered, &plan, &retouch.0)?;
        }
        add(scene.output_mut(), &plan.placed, &plan.masks, &grids);
        Ok(true)
    }
}
