//! Draws a portrait's frames on the CPU: the same picture as the shaders', pixel by pixel.
//!
//! Rows are done a few at a time: first what each of four samples of a pixel shows (`raster.rs`), then every pixel's colour
//! once (`shade.rs`), or, where an outline runs through it, once for each side. Runs of pixels that nothing moves are copied.
//! What is drawn comes as plain [`Layers`], so that it can be given to a module that threads share.

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
