//! The refiner's view of a face: small patches around the mouth and the eyes.
//!
//! A small net repairs what geometry cannot know inside these patches. Training
//! (`examples/refiner_pairs`, `train/refiner.py`) and the running program must cut them
//! alike, so everything that defines a patch is here: its [frame](patch::PatchFrame), its
//! [masks](masks) and the [code](code) that says what is asked of the face.

pub mod code;
pub mod masks;
pub mod patch;

pub use patch::{Part, PatchFrame};
