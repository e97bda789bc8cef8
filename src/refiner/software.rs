//! The refiner where the CPU draws: the same patches, nets and changes without a GPU.

use super::add::{Answers, add};
use super::engine::CpuNets;
use super::keep::keep;
use super::masks::MASKS;
use super::patch::Part;
use super::plan::{Plan, White, photo_patches, whites};
use super::ports::PATCHES;
use super::retouch::Nets;
use super::steady::Steady;
use super::turns::Turns;
use crate::error::Result;
use crate::generator::SoftwareScene;
use crate::models::Models;
use crate::motion::TargetGeometry;
use crate::portrait::Portrait;

/// The nets that repair frames of a [`SoftwareScene`]; every portrait shares them.
#[derive(Debug)]
pub struct SoftwareRefiner(CpuNets);

/// What is prepared once for a portrait, and what is kept from frame to frame.
#[derive(Debug)]
pub struct SoftwareRetouch {
    /// Features of the photo's patches.
    photo: [Vec<f32>; PATCHES],
    white: [White; PATCHES],
    steady: Steady,
    turns: Turns,
    /// The patches as they were cut last, four numbers a pixel: RGB in \[0, 1\] and a zero.
    rendered: [Vec<f32>; PATCHES],
    /// The grids that were shown last.
    grids: [Vec<f32>; PATCHES],
    /// Where the lips were open when the mouth's grid was last moved, pixel by pixel of its patch.
    opened: Vec<bool>,
}

impl SoftwareRetouch {
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
        let patches = photo_patches(portrait)?;
        let [rendered, grids] = [(); 2].map(|()| [const { Vec::new() }; PATCHES]);
        Ok(SoftwareRetouch {
            photo: self.0.features(&patches)?,
            white: whites(portrait, &patches),
            steady: Steady::default(),
            turns: Turns::default(),
            rendered,
            grids,
            opened: Vec::new(),
        })
    }

    /// Repairs the frame that shows `target`, in place. Returns whether anything may have changed: where mouth and eyes
    /// are as in the photo, nothing does. While the face holds still, the change stays as it was in the frames before.
    ///
    /// # Errors
    /// [`Error::Option`](crate::Error::Option) for a target without 478 landmarks.
    pub fn refine(
        &self,
        retouch: &mut SoftwareRetouch,
        portrait: &Portrait,
        target: &TargetGeometry,
        scene: &mut SoftwareScene,
    ) -> Result<bool> {
        let SoftwareRetouch { photo, white, steady, turns, rendered, grids, opened } = retouch;
        let Some(mut plan) = Plan::new(portrait, target, scene.scale(), *white, steady)? else {
            turns.forget();
            return Ok(false);
        };
        let looks = turns.next(&mut plan);
        for (k, (kept, rendered)) in grids.iter_mut().zip(rendered.iter_mut()).enumerate() {
            if plan.weight(k) <= 0.0 {
                continue;
            }
            let (frame, _) = &plan.placed[k];
            rendered.clear();
            let colours = frame.colours(scene.output());
            rendered.extend(colours.iter().flat_map(|[r, g, b, _]| [*r, *g, *b, 0.0].map(|v| v / 255.0)));
            if !looks[k] {
                continue;
            }
            let grid = self.0.grid(k, rendered, &plan, photo)?;
            keep(kept, grid, Part::ALL[k], plan.fresh[k], opened);
            if Part::ALL[k] == Part::Mouth {
                opened.clear();
                opened.extend(plan.masks[k].chunks_exact(MASKS).map(|mask| mask[0] > 0));
            }
        }
        add(scene.output_mut(), &plan, &Answers { rendered, grids });
        Ok(true)
    }
}
