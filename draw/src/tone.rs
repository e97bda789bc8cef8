//! The tone of photos without colours of their own: black and white, or toned in one hue.

use bytemuck::{Pod, Zeroable};

/// What a photo makes of brightness, for colours that are painted into it: in one of a single tone, each brightness m has the
/// colour m (1 + `linear` + m `square`).
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Tone {
    /// RGB.
    pub linear: [f32; 3],
    /// How much of its hues a painted colour loses: 0 in a photo with colours, 1 in one of a single tone.
    pub single: f32,
    /// RGB.
    pub square: [f32; 3],
    /// Uniforms have steps of 16 bytes.
    pub padding: f32,
}

impl Tone {
    /// A colour that is painted into the photo, as `toned` of `tone.wgsl` has it.
    #[must_use]
    pub fn apply(&self, colour: [f32; 3]) -> [f32; 3] {
        let mean = colour.iter().sum::<f32>() / 3.0;
        let own = |c: usize| mean * (1.0 + self.linear[c] + mean * self.square[c]);
        [0, 1, 2].map(|c| colour[c] + self.single * (own(c) - colour[c]))
    }
}
