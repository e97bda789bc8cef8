//! Draws a portrait's frames on the CPU: the same picture as the shaders', pixel by pixel.
//!
//! A few rows are drawn at a time. First each pixel's four samples find their triangles (`raster.rs`), then every pixel
//! is shaded once (`shade.rs`), or, where an outline runs through it, once for each side. Runs of pixels that nothing
//! moves are copied. A portrait comes as plain [`Layers`], so that it can be handed to a module whose memory threads
//! share.

mod completion;
mod drawing;
mod eyes;
pub mod frame;
mod layers;
mod mouth;
mod raster;
mod rim;
mod sampling;
mod shade;
mod surroundings;
mod teeth;
mod tone;

pub use drawing::{Drawing, ROWS};
pub use layers::{Completion, Distances, EyePatches, Layers, Mesh, Pixels, PlacedVertex, Surroundings};
pub use raster::Band;
pub use tone::Tone;
