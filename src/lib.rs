//! Ritratto brings one portrait photo to life with the facial motion of a webcam
//! or a video, on the user's own GPU.
//!
//! The data flows one way: [`encoder`] -> [`motion`] -> [`transfer`] -> [`generator`] -> canvas.
//! What is prepared once from the photo is a [`portrait`].

pub mod catalog;
pub mod encoder;
pub mod error;
pub mod generator;
pub mod geometry;
pub mod governor;
pub mod gpu;
pub mod models;
pub mod motion;
pub mod nets;
#[cfg(test)]
#[path = "../tests/support/or_skip.rs"]
mod or_skip;
pub mod pace;
pub mod photo;
pub mod portrait;
pub mod provenance;
pub mod refiner;
pub mod transfer;
#[cfg(target_arch = "wasm32")]
pub mod web;

pub use error::{Error, Result};
