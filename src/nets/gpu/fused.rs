//! A depthwise convolution and the 1 x 1 convolution that reads it, as one kernel.
//!
//! Between two dispatches a large GPU waits some microseconds until the first one's values can be read, which is longer
//! than either takes. The price of one kernel: every group of planes of the second convolution needs the first one's
//! result at a pixel, and computes it anew, which is nine products more for sixteen.

use std::fmt::Write;

use super::source::{Variant, preamble};
use super::tile::{Space, Tile};
use crate::nets::graph::Window;

impl Variant {
    /// The kernel of a 1 x 1 convolution after a depthwise one, whose window is this variant's. With `few` an
    /// invocation makes one plane of one pixel, as in [`Variant::few`].
    pub(super) fn fused(&self, space: Space, few: bool) -> String {
        let mut text = preamble(space);
        // Writing to a string cannot fail.
        let _ = self.write_fused(&mut text, few);
        text
    }

    fn write_fused(&self, text: &mut String, few: bool) -> std::fmt::Result {
        let Tile { across, parts, .. } = self.tile;
        let planes = if few { 1 } else { self.tile.planes };
        let Window { side, stride, around: [before, _] } = self.window;
        if few {
            self.write_few_place(text)?;
            writeln!(text, "let x = x0; let y = y0;")?;
        } else {
            self.write_place(text)?;
            writeln!(text, "let own = group.y * {planes}u; let first = sizes.first + own;")?;
        }
        for (k, i) in (0..planes).flat_map(|k| (0..across).map(move |i| (k, i))) {
            writeln!(text, "var s{i}_{k} = {};", self.begun(&format!("sizes.bias + own + {k}u")))?;
        }
        self.write_columns(text)?;
        for row in 0..side {
            writeln!(text, "let v{row} = y * {stride}u + {row}u;")?;
            writeln!(text, "let seen{row} = v{row} >= {before}u && v{row} < sizes.source.y + {before}u;")?;
        }
        writeln!(text, "for (var c = part; c < sizes.source.z; c += {parts}u) {{")?;
        let each = side * side + 1;
        writeln!(text, "let alone = sizes.depthwise + c * {each}u;")?;
        for i in 0..across {
            writeln!(text, "var d{i} = weights[alone + {}u];", each - 1)?;
        }
        for row in 0..side {
            writeln!(text, "if seen{row} {{")?;
            writeln!(
                text,
                "let line = (group.z * sizes.source.z + c) * from_plane + (v{row} - {before}u) * sizes.source.x;"
            )?;
            for column in 0..self.columns() {
                writeln!(text, "let t{column} = {};", self.column(column))?;
            }
            for column in 0..side {
                writeln!(text, "let w{column} = weights[alone + {}u];", row * side + column)?;
                for i in 0..across {
                    writeln!(text, "d{i} = fma(t{}, w{column}, d{i});", i * stride + column)?;
                }
            }
            writeln!(text, "}}")?;
        }
        if few {
            writeln!(text, "let w = c * 4u * sizes.to.z + own;")?;
        } else {
            writeln!(text, "let w = (group.y * sizes.source.z + c) * {}u;", 4 * planes)?;
        }
        for k in 0..planes {
            for (c, channel) in ["x", "y", "z", "w"].into_iter().enumerate() {
                let at = if few { format!("{c}u * sizes.to.z") } else { format!("{}u", c * planes + k) };
                writeln!(text, "let m{k}_{c} = weights[w + {at}];")?;
                for i in 0..across {
                    writeln!(text, "s{i}_{k} = fma(vec4f(d{i}.{channel}), m{k}_{c}, s{i}_{k});")?;
                }
            }
        }
        writeln!(text, "}}")?;
        self.write_meeting(text, across, planes)?;
        self.finish(text, across, planes)?;
        writeln!(text, "}}")
    }
}
