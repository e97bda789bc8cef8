//! The tone of photos without colours of their own: black and white, or toned in one hue.

use bytemuck::{Pod, Zeroable};

/// The tone of a photo, for colours that are painted into it. In a photo of a single tone a pixel of brightness m has
/// the colour m (1 + `linear` + m `square`).
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Tone {
    /// RGB.
    pub linear: [f32; 3],
    /// Share of its own hue that a painted colour loses: 0 in a photo with colours, 1 in one of a single tone.
    pub single: f32,
    /// RGB.
    pub square: [f32; 3],
    /// Padding: the layout of uniform buffers has steps of 16 bytes.
    pub padding: f32,
}

impl Tone {
    /// A colour as it is painted into a photo of this tone; the same as `toned` of `tone.wgsl`.
    #[must_use]
    pub fn apply(&self, colour: [f32; 3]) -> [f32; 3] {
        let mean = colour.iter().sum::<f32>() / 3.0;
        let own = |c: usize| mean * (1.0 + self.linear[c] + mean * self.square[c]);
        [0, 1, 2].map(|c| colour[c] + self.single * (own(c) - colour[c]))
    }
}
