//! Writes the kernels' WGSL for each kind of convolution: its window, tile and what follows the sums are fixed when a
//! pipeline is made.

use std::fmt::Write;

use super::tile::{Space, Tile};
use crate::nets::graph::Window;

/// What is added to a convolution's sum: nothing, a value of the same size, or a value of twice the size, of which 2 x
/// 2 pixels count as their largest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Added {
    Nothing,
    Same,
    Halved,
}

/// The activation function, which is applied last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    None,
    Relu,
    Prelu,
    Sigmoid,
}

/// Everything about a convolution that is fixed when its pipeline is made; its sizes come in a buffer when it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Variant {
    pub(super) window: Window,
    pub(super) rectify: bool,
    pub(super) film: bool,
    pub(super) added: Added,
    pub(super) act: Act,
    pub(super) tile: Tile,
}

impl Variant {
    /// The kernel of an ordinary convolution, in which every output channel reads all input channels.
    ///
    /// An invocation makes several pixels, side by side, by several planes, and keeps their sums in registers. Windows
    /// of neighbouring pixels share columns, and each column is read once. All invocations of a workgroup make the same
    /// planes, so that they read the same weights. Loops over pixels and planes are unrolled in the source, because
    /// drivers put arrays with a running index into memory. Where lanes would stay idle, several invocations share a
    /// sum and each adds some of its products: in a small convolution most of the time a lane waits, reading one value
    /// after the other.
    pub(super) fn dense(&self, space: Space) -> String {
        let mut text = preamble(space);
        // Writing to a string cannot fail.
        let _ = self.write_dense(&mut text);
        text
    }

    /// The kernel for few pixels on many lanes: an invocation makes one plane of one pixel.
    pub(super) fn few(&self, space: Space) -> String {
        let mut text = preamble(space);
        let _ = self.write_few(&mut text);
        text
    }

    /// The kernel of a depthwise convolution, of every channel by itself.
    pub(super) fn depthwise(&self, space: Space) -> String {
        let mut text = preamble(space);
        let _ = self.write_depthwise(&mut text);
        text
    }

    /// Writes the beginning of a kernel whose invocations have `made` sums each: the workgroup's memory in which shared
    /// sums meet, and which part of the products an invocation adds (`part`) for which place of the workgroup (`slot`).
    fn write_head(&self, text: &mut String, made: usize) -> std::fmt::Result {
        let Tile { threads, parts, .. } = self.tile;
        if parts > 1 {
            writeln!(text, "var<workgroup> sums: array<vec4f, {}>;", threads * made)?;
        }
        writeln!(text, "@compute @workgroup_size({threads}, 1, 1)")?;
        writeln!(text, "fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {{")?;
        let slots = self.tile.slots();
        writeln!(text, "let part = local / {slots}u; let slot = local % {slots}u;")
    }

    /// Writes the code by which the invocations that share sums put their parts into the workgroup's memory.
    pub(super) fn write_meeting(&self, text: &mut String, across: usize, planes: usize) -> std::fmt::Result {
        let Tile { threads, parts, .. } = self.tile;
        if parts > 1 {
            for (k, i) in (0..planes).flat_map(|k| (0..across).map(move |i| (k, i))) {
                writeln!(text, "sums[{}u + local] = s{i}_{k};", (k * across + i) * threads)?;
            }
            writeln!(text, "workgroupBarrier();")?;
        }
        Ok(())
    }

    /// Writes the code that finds an invocation's pixels in the picture that is written. An invocation beyond the last
    /// pixel returns at once, unless it shares sums: then all must reach the barrier.
    pub(super) fn write_place(&self, text: &mut String) -> std::fmt::Result {
        let Tile { across, planes, parts, .. } = self.tile;
        self.write_head(text, across * planes)?;
        let slots = self.tile.slots();
        writeln!(
            text,
            "let tiles = (sizes.to.x + {}u) / {across}u; let own_id = group.x * {slots}u + slot;",
            across - 1
        )?;
        writeln!(text, "let beyond = own_id >= tiles * sizes.to.y;")?;
        if parts > 1 {
            writeln!(text, "let id = min(own_id, tiles * sizes.to.y - 1u);")?;
        } else {
            writeln!(text, "if beyond {{ return; }} let id = own_id;")?;
        }
        writeln!(text, "let count = sizes.to.x * sizes.to.y; let from_plane = sizes.source.x * sizes.source.y;")?;
        writeln!(text, "let x = id % tiles * {across}u; let y = id / tiles;")?;
        for i in 0..across {
            writeln!(text, "let x{i} = x + {i}u; let y{i} = y; let p{i} = y * sizes.to.x + x{i};")?;
        }
        Ok(())
    }

    /// Writes the code that finds the columns that an invocation's pixels read. A column beyond the picture is read at
    /// its border instead. With padding the value is then replaced by zero; without padding no pixel of the result uses
    /// it.
    pub(super) fn write_columns(&self, text: &mut String) -> std::fmt::Result {
        let Window { stride, around: [before, _], .. } = self.window;
        for column in 0..self.columns() {
            writeln!(text, "let u{column} = x * {stride}u + {column}u;")?;
            if self.is_padded() {
                writeln!(text, "let in{column} = u{column} >= {before}u && u{column} < sizes.source.x + {before}u;")?;
                writeln!(
                    text,
                    "let c{column} = clamp(u{column}, {before}u, sizes.source.x + {before}u - 1u) - {before}u;"
                )?;
            } else {
                writeln!(text, "let c{column} = min(u{column}, sizes.source.x - 1u);")?;
            }
        }
        Ok(())
    }

    pub(super) fn columns(&self) -> usize {
        (self.tile.across - 1) * self.window.stride + self.window.side
    }

    fn is_padded(&self) -> bool {
        self.window.around != [0, 0]
    }

    /// The expression that reads one column of a row of a plane, which begins at `line`.
    pub(super) fn column(&self, column: usize) -> String {
        let value = format!("input[line + c{column}]");
        let value = if self.rectify { format!("max({value}, vec4f(0.0))") } else { value };
        if self.is_padded() { format!("select(vec4f(0.0), {value}, in{column})") } else { value }
    }

    fn write_dense(&self, text: &mut String) -> std::fmt::Result {
        let Tile { across, planes, parts, .. } = self.tile;
        let Window { side, stride, around: [before, _] } = self.window;
        self.write_place(text)?;
        writeln!(text, "let own = group.y * {planes}u; let first = sizes.first + own;")?;
        for k in 0..planes {
            for i in 0..across {
                writeln!(text, "var s{i}_{k} = {};", self.begun(&format!("sizes.bias + own + {k}u")))?;
            }
        }
        self.write_columns(text)?;
        let start = "group.z * sizes.source.z * from_plane";
        if parts > 1 {
            writeln!(text, "for (var j = part; j < {side}u * sizes.source.z; j += {parts}u) {{")?;
            writeln!(text, "let row = j / sizes.source.z; let v = y * {stride}u + row;")?;
        } else {
            writeln!(text, "for (var row = 0u; row < {side}u; row++) {{ let v = y * {stride}u + row;")?;
        }
        writeln!(text, "if v < {before}u || v >= sizes.source.y + {before}u {{ continue; }}")?;
        if parts > 1 {
            writeln!(text, "let w = (group.y * {side}u * sizes.source.z + j) * {}u;", 4 * side * planes)?;
            writeln!(
                text,
                "let line = {start} + (j - row * sizes.source.z) * from_plane + (v - {before}u) * sizes.source.x;"
            )?;
        } else {
            writeln!(text, "var w = (group.y * {side}u + row) * sizes.source.z * {}u;", 4 * side * planes)?;
            writeln!(text, "var line = {start} + (v - {before}u) * sizes.source.x;")?;
            writeln!(text, "for (var c = 0u; c < sizes.source.z; c++) {{")?;
        }
        for column in 0..self.columns() {
            writeln!(text, "let t{column} = {};", self.column(column))?;
        }
        for column in 0..side {
            for k in 0..planes {
                // The four products of a sum follow each other, while it is in a register for sure.
                writeln!(text, "{{")?;
                for c in 0..4 {
                    writeln!(text, "let w{c} = weights[w + {}u];", (column * 4 + c) * planes + k)?;
                }
                for i in 0..across {
                    let seen = i * stride + column;
                    for (c, channel) in ["x", "y", "z", "w"].into_iter().enumerate() {
                        writeln!(text, "s{i}_{k} = fma(vec4f(t{seen}.{channel}), w{c}, s{i}_{k});")?;
                    }
                }
                writeln!(text, "}}")?;
            }
        }
        if parts == 1 {
            writeln!(text, "w += {}u; line += from_plane; }}", 4 * side * planes)?;
        }
        writeln!(text, "}}")?;
        self.write_meeting(text, across, planes)?;
        self.finish(text, across, planes)?;
        writeln!(text, "}}")
    }

    /// The expression that a sum begins with: its bias. Of the invocations that share a sum only the first adds it.
    pub(super) fn begun(&self, bias: &str) -> String {
        match self.tile.parts {
            1 => format!("weights[{bias}]"),
            _ => format!("select(vec4f(0.0), weights[{bias}], part == 0u)"),
        }
    }

    /// Writes the code that finds the plane and the pixel of an invocation, in the kernel for few pixels.
    pub(super) fn write_few_place(&self, text: &mut String) -> std::fmt::Result {
        let slots = self.tile.slots();
        self.write_head(text, 1)?;
        writeln!(text, "let own_id = group.x * {slots}u + slot; let beyond = own_id >= sizes.to.z;")?;
        writeln!(text, "let own = min(own_id, sizes.to.z - 1u); let first = own;")?;
        writeln!(text, "let count = sizes.to.x * sizes.to.y; let from_plane = sizes.source.x * sizes.source.y;")?;
        writeln!(text, "let p0 = group.y; let x0 = p0 % sizes.to.x; let y0 = p0 / sizes.to.x;")
    }

    fn write_few(&self, text: &mut String) -> std::fmt::Result {
        let Window { side, stride, around: [before, _] } = self.window;
        let parts = self.tile.parts;
        self.write_few_place(text)?;
        writeln!(text, "var s0_0 = {};", self.begun("sizes.bias + own"))?;
        writeln!(text, "for (var j = part; j < {}u * sizes.source.z; j += {parts}u) {{", side * side)?;
        writeln!(text, "let tap = j / sizes.source.z; let c = j - tap * sizes.source.z;")?;
        writeln!(text, "let row = tap / {side}u; let column = tap - row * {side}u;")?;
        writeln!(text, "let u = x0 * {stride}u + column; let v = y0 * {stride}u + row;")?;
        writeln!(
            text,
            "if u < {before}u || v < {before}u || u >= sizes.source.x + {before}u || v >= sizes.source.y + {before}u {{ continue; }}"
        )?;
        writeln!(
            text,
            "let at = (group.z * sizes.source.z + c) * from_plane + (v - {before}u) * sizes.source.x + u - {before}u;"
        )?;
        let value = if self.rectify { "max(input[at], vec4f(0.0))" } else { "input[at]" };
        writeln!(text, "let t = {value};")?;
        writeln!(text, "let w = ((row * sizes.source.z + c) * {side}u + column) * 4u * sizes.to.z + own;")?;
        for (c, channel) in ["x", "y", "z", "w"].into_iter().enumerate() {
            writeln!(text, "s0_0 = fma(vec4f(t.{channel}), weights[w + {c}u * sizes.to.z], s0_0);")?;
        }
        writeln!(text, "}}")?;
        self.write_meeting(text, 1, 1)?;
        self.finish(text, 1, 1)?;
        writeln!(text, "}}")
    }

    fn write_depthwise(&self, text: &mut String) -> std::fmt::Result {
        let across = self.tile.across;
        let Window { side, stride, around: [before, _] } = self.window;
        self.write_place(text)?;
        writeln!(text, "let own = group.y; let first = own;")?;
        writeln!(text, "let start = (group.z * sizes.source.z + own) * from_plane;")?;
        for i in 0..across {
            writeln!(text, "var s{i}_0 = weights[sizes.bias + own];")?;
        }
        self.write_columns(text)?;
        writeln!(text, "for (var row = 0u; row < {side}u; row++) {{ let v = y * {stride}u + row;")?;
        writeln!(text, "if v < {before}u || v >= sizes.source.y + {before}u {{ continue; }}")?;
        writeln!(text, "let line = start + (v - {before}u) * sizes.source.x;")?;
        for column in 0..self.columns() {
            writeln!(text, "let t{column} = {};", self.column(column))?;
        }
        for column in 0..side {
            writeln!(text, "let w{column} = weights[(own * {side}u + row) * {side}u + {column}u];")?;
            for i in 0..across {
                writeln!(text, "s{i}_0 = fma(t{}, w{column}, s{i}_0);", i * stride + column)?;
            }
        }
        writeln!(text, "}}")?;
        self.finish(text, across, 1)?;
        writeln!(text, "}}")
    }

    /// Writes the code that finishes the sums (film, skip, activation) and stores them. Pixels beyond the end of a row
    /// are not stored. Invocations that share sums also share this work.
    pub(super) fn finish(&self, text: &mut String, across: usize, planes: usize) -> std::fmt::Result {
        let Tile { threads, parts, .. } = self.tile;
        if parts > 1 {
            writeln!(text, "if beyond {{ return; }}")?;
        }
        for k in 0..planes {
            writeln!(text, "if first + {k}u < sizes.to.z {{ let plane = first + {k}u;")?;
            if self.film {
                writeln!(text, "let scale = film[group.z * sizes.film.y + sizes.film.x + plane];")?;
                writeln!(text, "let shift = film[group.z * sizes.film.y + sizes.film.x + sizes.to.z + plane];")?;
            }
            if self.act == Act::Prelu {
                writeln!(text, "let slope = weights[sizes.slopes + own + {k}u];")?;
            }
            for i in 0..across {
                let sum = format!("s{i}_{k}");
                let sum_of = k * across + i;
                if parts > 1 {
                    writeln!(text, "if x{i} < sizes.to.x && part == {}u {{", sum_of % parts)?;
                    for other in 0..parts {
                        let (at, sign) =
                            (sum_of * threads + other * self.tile.slots(), if other == 0 { "" } else { "+" });
                        writeln!(text, "{sum} {sign}= sums[{at}u + slot];")?;
                    }
                } else {
                    writeln!(text, "if x{i} < sizes.to.x {{")?;
                }
                if self.film {
                    writeln!(text, "{sum} = fma({sum}, scale, shift);")?;
                }
                match self.added {
                    Added::Nothing => {}
                    Added::Same => writeln!(
                        text,
                        "if plane < sizes.added {{ {sum} += added[(group.z * sizes.added + plane) * count + p{i}]; }}"
                    )?,
                    Added::Halved => writeln!(
                        text,
                        "if plane < sizes.added {{ {sum} += largest((group.z * sizes.added + plane) * count * 4u + y{i} * 4u * sizes.to.x + 2u * x{i}, 2u * sizes.to.x); }}"
                    )?,
                }
                match self.act {
                    Act::None => {}
                    Act::Relu => writeln!(text, "{sum} = max({sum}, vec4f(0.0));")?,
                    Act::Prelu => {
                        writeln!(text, "{sum} = max({sum}, vec4f(0.0)) + slope * min({sum}, vec4f(0.0));")?;
                    }
                    Act::Sigmoid => writeln!(text, "{sum} = 1.0 / (1.0 + exp(-{sum}));")?,
                }
                writeln!(text, "output[(group.z * sizes.to.z + plane) * count + p{i}] = {sum}; }}")?;
            }
            writeln!(text, "}}")?;
        }
        Ok(())
    }
}

/// The beginning of the declaration of weights in a storage buffer.
const WEIGHTS: &str = "@group(0) @binding(2) var<storage, read> weights:";

/// Changes a kernel whose weights lie in a storage buffer so that they lie there in half precision. They are widened
/// where they are read, so it still computes in single precision.
pub(super) fn halved(source: &str) -> String {
    let declared = format!("{WEIGHTS} array<vec4f>;");
    let source = source.replacen(&declared, &format!("{WEIGHTS} array<vec4<f16>>;"), 1);
    let mut text = "enable f16;\n".to_owned();
    let mut rest = source.as_str();
    while let Some(start) = rest.find("weights[") {
        let end = rest[start..].find(']').map_or(rest.len(), |length| start + length + 1);
        text += &rest[..start];
        text += &format!("vec4f({})", &rest[start..end]);
        rest = &rest[end..];
    }
    text + rest
}

/// The beginning of every kernel's source: the bindings, and the sizes of the values that are read and written.
pub(super) fn preamble(space: Space) -> String {
    let weights = match space {
        Space::Storage | Space::Half => format!("{WEIGHTS} array<vec4f>;\n"),
        Space::Uniform(count) => format!("@group(0) @binding(2) var<uniform> weights: array<vec4f, {count}>;\n"),
    };
    concat!(include_str!("shaders/common.wgsl"), "\n").to_owned() + &weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_in_half_precision_are_widened_where_they_are_read() {
        let source = preamble(Space::Storage) + "let w = weights[k + 1u]; s = fma(t, weights[sizes.bias], s);";
        let halved = halved(&source);
        assert!(halved.starts_with("enable f16;"));
        assert!(halved.contains("weights: array<vec4<f16>>;"));
        assert!(halved.ends_with("let w = vec4f(weights[k + 1u]); s = fma(t, vec4f(weights[sizes.bias]), s);"));
        assert_eq!(halved.matches("vec4f(weights[").count(), halved.matches("weights[").count());
    }
}
