//! Painted teeth, as `teeth_row` in `mouth.wgsl` has them.

use crate::mouth::falling;
use crate::sampling::{Texel, clamp, mix, smoothstep};

/// Colour of the gums before tint and shade, RGB, 0 to 1.
pub const GUM: Texel = Texel([0.560, 0.290, 0.290, 1.0]);

/// A row of teeth.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Half the mouth's width, centimetres.
    pub half_width: f32,
    /// Far ends of four teeth of one half, counted from the middle, where 2.5 is half the mouth's width.
    pub ends: [f32; 4],
    /// Half the softness of the row's edge, centimetres.
    pub soft: f32,
    pub seed: f32,
    /// RGB of the teeth before tint and shade.
    pub colour: [f32; 3],
}

/// A number in \[0, 1) that looks random.
fn noise(seed: f32) -> f32 {
    let wide = (seed * 12.9898).sin() * 43758.547;
    wide - wide.floor()
}

/// Colour and coverage of a row of teeth. `x` is the distance from the middle to the right, `y` that from the biting
/// edge towards the root, both in centimetres.
pub fn painted_row(x: f32, y: f32, row: &Row) -> Texel {
    let Row { half_width, ends, soft, seed, colour: [r, g, b] } = *row;
    // The two halves of a row are never quite alike.
    let side = if x < 0.0 { -1.0 } else { 1.0 };
    let at = (x + 0.02 * side * (3.0 * x).sin()).abs() * 2.5 / half_width;
    let (start, end, number) = match ends {
        [.., last] if at > last => (last, last + 0.55, 4.0),
        [.., third, last] if at > third => (third, last, 3.0),
        [_, second, third, _] if at > second => (second, third, 2.0),
        [first, second, ..] if at > first => (first, second, 1.0),
        [first, ..] => (0.0, first, 0.0),
    };
    let t = clamp((at - start) / (end - start) * 2.0 - 1.0, -1.0, 1.2);
    let own = noise(seed + number * 3.0 + side);
    // Rounded corners, and edges that do not line up.
    let corner = t * t * t * t;
    let low = 0.075 * corner * corner + 0.03 * (own - 0.5) + if number == 1.0 { 0.05 } else { 0.0 };
    let cover = smoothstep(-soft, soft, y - low);
    // Neighbours touch above their rounded corners.
    let gap = smoothstep(0.84, 1.0, t.abs()) * (0.25 + 0.75 * falling(0.05, 0.40, y - low));
    // Round from side to side, thin and bluish at the edge, yellower towards the root.
    let (thin, root) = (smoothstep(0.0, 0.22, y - low), smoothstep(0.35, 1.0, y));
    let even = (0.97 + 0.06 * (own - 0.5)) * (1.0 - 0.14 * t * t) * (1.0 - 0.24 * gap);
    let tooth = |colour: f32, edge: f32, yellow: f32| colour * even * mix(edge, 1.0, thin) * mix(1.0, yellow, root);
    let colour = Texel([tooth(r, 0.90, 0.95), tooth(g, 0.93, 0.90), tooth(b, 0.97, 0.83), 1.0]);
    // Gums, in scallops around the roots.
    let gum = smoothstep(-0.06, 0.06, y - (0.98 - 0.16 * t * t));
    let turned = clamp(x.abs() / half_width, 0.0, 1.0);
    let Texel([r, g, b, _]) = colour.mixed(GUM, gum).scaled(1.0 - 0.72 * turned.powf(1.7));
    Texel([r, g, b, cover])
}
