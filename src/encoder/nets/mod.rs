//! The three networks of the encoder as Burn modules, computed in f32.
//!
//! Structure and weights are Google MediaPipe's (Apache-2.0, see `models/NOTICE`);
//! `train/convert_nets.py` writes the weights under these modules' field paths.
//! All of them take pictures channels-last, as they lie in memory.

mod blendshapes;
mod block;
mod detector;
mod landmarks;

pub(crate) use blendshapes::{BlendshapeNet, COLUMNS, POINTS, SPREAD, prepared};
pub(crate) use detector::{ANCHORS, DetectorNet, VALUES as DETECTOR_VALUES, rate};
pub(crate) use landmarks::LandmarkNet;

/// Side of the detector's input, pixels.
pub const DETECTOR_SIDE: usize = 128;
/// Side of the landmark net's input, pixels.
pub const LANDMARK_SIDE: usize = 256;
