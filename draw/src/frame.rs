//! What is needed for one frame beside the mesh. The layout is that of `frame.wgsl`, which says what each number is.

#![allow(missing_docs)]

use bytemuck::{Pod, Zeroable};

use crate::tone::Tone;

/// One eye, see `frame.wgsl`.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct EyeFrame {
    pub to_photo: [f32; 4],
    pub offset: [f32; 2],
    pub shift: [f32; 2],
    pub patch: [f32; 4],
    pub corners: [f32; 4],
    pub lash: [f32; 3],
    pub closed: f32,
    pub weight: f32,
    pub width: f32,
    pub target_width: f32,
    pub up: f32,
    pub lid: [[f32; 4]; 9],
}

/// The mouth, see `frame.wgsl`.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct MouthFrame {
    pub lips: [[f32; 2]; 60],
    pub bounds: [f32; 4],
    pub reach: [f32; 4],
    pub to_skull: [f32; 4],
    pub to_jaw: [f32; 4],
    pub skull_offset: [f32; 2],
    pub jaw_offset: [f32; 2],
    pub skull_to_photo: [f32; 4],
    pub jaw_to_photo: [f32; 4],
    pub skull_photo_offset: [f32; 2],
    pub jaw_photo_offset: [f32; 2],
    pub patch: [f32; 4],
    pub tint: [f32; 3],
    pub weight: f32,
    pub teeth: [f32; 3],
    pub reuse: f32,
    pub half_width: f32,
    pub upper_edge: f32,
    pub lower_edge: f32,
    pub scale: f32,
    pub split: f32,
    pub bared: f32,
    pub lower_reuse: f32,
    pub seam: f32,
    pub gums: f32,
    pub spare: [f32; 3],
    pub tone: Tone,
}

/// Everything, see `frame.wgsl`.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Frame {
    pub size: [f32; 2],
    pub mark: [f32; 2],
    pub scale: [f32; 2],
    pub uncovered: f32,
    pub rim: f32,
    pub surroundings: [f32; 4],
    pub completed: f32,
    pub spare: [f32; 3],
    pub eyes: [EyeFrame; 2],
    pub mouth: MouthFrame,
}
