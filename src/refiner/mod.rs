//! The refiner: the generator's neural half, for what geometry cannot know.
//!
//! A small net repairs the render inside patches around the mouth and the eyes. Training
//! (`examples/refiner_pairs`, `train/refiner.py`) and the running program must cut the patches
//! alike, so everything that defines one is here: its [frame](patch::PatchFrame), its
//! [masks](masks) and the [code](code) that says which expression is asked for.
//! [`Refiner`] puts the nets to work on rendered frames, [`SoftwareRefiner`] on those that the CPU draws.

mod add;
mod brightness;
pub mod code;
mod corners;
mod cut;
mod engine;
mod hue;
mod keep;
pub mod masks;
pub(crate) mod net;
mod paint;
pub mod patch;
mod pipelines;
mod plan;
mod ports;
mod retouch;
mod shading;
mod software;
mod steady;
mod surface;
mod turns;

pub use patch::{Part, PatchFrame};
pub use plan::painted_share;
pub(crate) use retouch::Nets;
pub use retouch::{FILE, Refiner, Retouch};
pub use software::{SoftwareRefiner, SoftwareRetouch};
