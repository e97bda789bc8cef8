//! WGSL of the kernels.
//!
//! A value lies in planes of four channels, one `vec4f` a pixel, row by row: neighbouring invocations read and write
//! neighbouring memory. An invocation makes several pixels, a workgroup apart, by several planes, and its sums stay
//! in registers; which planes is the workgroup's matter, so that weights are read once for all its invocations.
//! Loops over pixels and planes are written out: drivers keep arrays with a running index in memory.

use std::fmt::Write;

use crate::nets::graph::Window;

/// Invocations of a workgroup.
pub(super) const THREADS: u32 = 64;

/// What is added to a sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Added {
    Nothing,
    Same,
    Halved,
}

/// What is done at last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    None,
    Relu,
    Prelu,
    Sigmoid,
}

/// What is known of a convolution when its pipeline is made; sizes are told when it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Variant {
    pub(super) window: Window,
    pub(super) depthwise: bool,
    pub(super) rectify: bool,
    pub(super) film: bool,
    pub(super) added: Added,
    pub(super) act: Act,
    /// Pixels and planes of an invocation.
    pub(super) pixels: usize,
    pub(super) planes: usize,
}

/// The bindings of all kernels, and the sizes of what they read and write.
const COMMON: &str = include_str!("shaders/common.wgsl");

impl Variant {
    /// The kernel's source.
    pub(super) fn source(&self) -> String {
        let mut text = String::from(COMMON);
        // Writing to a string cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        if self.depthwise {
            return self.write_depthwise(text);
        }
        let Self { pixels, planes, .. } = *self;
        let Window { side, stride, around } = self.window;
        let padded = around != [0, 0];
        writeln!(text, "@compute @workgroup_size({THREADS}, 1, 1)")?;
        writeln!(text, "fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {{")?;
        writeln!(text, "let count = sizes.to.x * sizes.to.y;")?;
        writeln!(text, "let first = group.y * {planes}u;")?;
        writeln!(text, "if group.x * {}u + local >= count {{ return; }}", pixels as u32 * THREADS)?;
        writeln!(text, "let from_plane = sizes.source.x * sizes.source.y;")?;
        writeln!(text, "let from_start = group.z * sizes.source.z * from_plane;")?;
        for i in 0..pixels {
            writeln!(text, "let p{i} = min((group.x * {pixels}u + {i}u) * {THREADS}u + local, count - 1u);")?;
            writeln!(text, "let x{i} = p{i} % sizes.to.x; let y{i} = p{i} / sizes.to.x;")?;
            for k in 0..planes {
                writeln!(text, "var s{i}_{k} = weights[sizes.bias + first + {k}u];")?;
            }
        }
        let taps = side * side;
        writeln!(text, "var w = group.y * sizes.source.z * {}u;", taps * 4 * planes)?;
        writeln!(
            text,
            "for (var row = 0u; row < {side}u; row++) {{ for (var column = 0u; column < {side}u; column++) {{"
        )?;
        for i in 0..pixels {
            let before = around[0];
            writeln!(text, "let u{i} = x{i} * {stride}u + column; let v{i} = y{i} * {stride}u + row;")?;
            if padded {
                writeln!(
                    text,
                    "let inside{i} = f32(u{i} >= {before}u && v{i} >= {before}u && u{i} < sizes.source.x + {before}u && v{i} < sizes.source.y + {before}u);"
                )?;
                writeln!(
                    text,
                    "let at{i} = from_start + clamp(v{i}, {before}u, sizes.source.y + {before}u - 1u) * sizes.source.x - {before}u * sizes.source.x + clamp(u{i}, {before}u, sizes.source.x + {before}u - 1u) - {before}u;"
                )?;
            } else {
                writeln!(text, "let at{i} = from_start + v{i} * sizes.source.x + u{i};")?;
            }
        }
        let read = |i: usize, plane: &str| {
            let value = format!("input[at{i} + {plane} * from_plane]");
            let value = if self.rectify { format!("max({value}, vec4f(0.0))") } else { value };
            if padded { format!("{value} * inside{i}") } else { value }
        };
        writeln!(text, "for (var c = 0u; c < sizes.source.z; c++) {{")?;
        for i in 0..pixels {
            writeln!(text, "let t{i} = {};", read(i, "c"))?;
        }
        for (c, channel) in ["x", "y", "z", "w"].into_iter().enumerate() {
            for k in 0..planes {
                writeln!(text, "let w{c}_{k} = weights[w + {}u];", c * planes + k)?;
                for i in 0..pixels {
                    writeln!(text, "s{i}_{k} = fma(vec4f(t{i}.{channel}), w{c}_{k}, s{i}_{k});")?;
                }
            }
        }
        writeln!(text, "w += {}u; }}", 4 * planes)?;
        writeln!(text, "}} }}")?;
        self.finish(text)?;
        writeln!(text, "}}")
    }

    /// Neighbouring pixels of a row see the same columns, which are read once.
    fn write_depthwise(&self, text: &mut String) -> std::fmt::Result {
        let pixels = self.pixels;
        let Window { side, stride, around: [before, _] } = self.window;
        writeln!(text, "@compute @workgroup_size({THREADS}, 1, 1)")?;
        writeln!(text, "fn main(@builtin(global_invocation_id) id: vec3u) {{")?;
        writeln!(text, "let across = (sizes.to.x + {}u) / {pixels}u; let plane = id.y;", pixels - 1)?;
        writeln!(text, "if id.x >= across * sizes.to.y {{ return; }}")?;
        writeln!(text, "let x = id.x % across * {pixels}u; let y = id.x / across;")?;
        writeln!(text, "let start = (id.z * sizes.source.z + plane) * sizes.source.x * sizes.source.y;")?;
        for i in 0..pixels {
            writeln!(text, "var s{i} = weights[sizes.bias + plane];")?;
        }
        writeln!(text, "for (var row = 0u; row < {side}u; row++) {{ let v = y * {stride}u + row;")?;
        writeln!(text, "if v < {before}u || v >= sizes.source.y + {before}u {{ continue; }}")?;
        writeln!(text, "let at = start + (v - {before}u) * sizes.source.x;")?;
        let columns = (pixels - 1) * stride + side;
        for column in 0..columns {
            writeln!(text, "let u{column} = x * {stride}u + {column}u; var t{column} = vec4f(0.0);")?;
            writeln!(
                text,
                "if u{column} >= {before}u && u{column} < sizes.source.x + {before}u {{ t{column} = input[at + u{column} - {before}u]; }}"
            )?;
        }
        for column in 0..side {
            writeln!(text, "let w{column} = weights[(plane * {side}u + row) * {side}u + {column}u];")?;
            for i in 0..pixels {
                writeln!(text, "s{i} = fma(t{}, w{column}, s{i});", i * stride + column)?;
            }
        }
        writeln!(text, "}} let to = ((id.z * sizes.to.z + plane) * sizes.to.y + y) * sizes.to.x + x;")?;
        for i in 0..pixels {
            writeln!(text, "if x + {i}u < sizes.to.x {{ output[to + {i}u] = s{i}; }}")?;
        }
        writeln!(text, "}}")
    }

    /// What happens to the sums before they are stored.
    fn finish(&self, text: &mut String) -> std::fmt::Result {
        for k in 0..self.planes {
            writeln!(text, "if first + {k}u < sizes.to.z {{ let plane = first + {k}u;")?;
            if self.film {
                writeln!(text, "let scale = film[group.z * sizes.film.y + sizes.film.x + plane];")?;
                writeln!(text, "let shift = film[group.z * sizes.film.y + sizes.film.x + sizes.to.z + plane];")?;
            }
            if self.act == Act::Prelu {
                writeln!(text, "let slope = weights[sizes.slopes + plane];")?;
            }
            for i in 0..self.pixels {
                let sum = format!("s{i}_{k}");
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
                // Those beyond the last pixel have made it too; only one of them may store it.
                writeln!(
                    text,
                    "if (group.x * {}u + {i}u) * {THREADS}u + local < count {{ output[(group.z * sizes.to.z + plane) * count + p{i}] = {sum}; }}",
                    self.pixels
                )?;
            }
            writeln!(text, "}}")?;
        }
        Ok(())
    }
}

/// The kernel of few pixels: an invocation for each plane of each pixel.
pub(super) fn few(variant: &Variant) -> String {
    let mut text = String::from(COMMON);
    let _ = write_few(variant, &mut text);
    text
}

fn write_few(variant: &Variant, text: &mut String) -> std::fmt::Result {
    let Window { side, stride, around } = variant.window;
    let before = around[0];
    writeln!(text, "@compute @workgroup_size({THREADS}, 1, 1)")?;
    writeln!(text, "fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {{")?;
    writeln!(text, "let first = group.x * {THREADS}u + local; if first >= sizes.to.z {{ return; }}")?;
    writeln!(text, "let count = sizes.to.x * sizes.to.y; let p0 = group.y;")?;
    writeln!(text, "let x0 = p0 % sizes.to.x; let y0 = p0 / sizes.to.x;")?;
    writeln!(text, "let from_plane = sizes.source.x * sizes.source.y;")?;
    writeln!(text, "var s0_0 = weights[sizes.bias + first];")?;
    writeln!(text, "for (var row = 0u; row < {side}u; row++) {{ for (var column = 0u; column < {side}u; column++) {{")?;
    writeln!(text, "let u = x0 * {stride}u + column; let v = y0 * {stride}u + row;")?;
    writeln!(
        text,
        "if u < {before}u || v < {before}u || u >= sizes.source.x + {before}u || v >= sizes.source.y + {before}u {{ continue; }}"
    )?;
    writeln!(
        text,
        "let at = group.z * sizes.source.z * from_plane + (v - {before}u) * sizes.source.x + u - {before}u;"
    )?;
    writeln!(text, "for (var c = 0u; c < sizes.source.z; c++) {{")?;
    let value = "input[at + c * from_plane]";
    let value = if variant.rectify { format!("max({value}, vec4f(0.0))") } else { value.into() };
    writeln!(text, "let t = {value};")?;
    writeln!(text, "let w = ((row * {side}u + column) * sizes.source.z + c) * 4u * sizes.to.z + first;")?;
    for (c, channel) in ["x", "y", "z", "w"].into_iter().enumerate() {
        writeln!(text, "s0_0 = fma(vec4f(t.{channel}), weights[w + {c}u * sizes.to.z], s0_0);")?;
    }
    writeln!(text, "}} }} }}")?;
    // The epilogue asks for workgroups of pixels: here a workgroup is at one pixel.
    let mut finish = String::new();
    Variant { pixels: 1, planes: 1, ..*variant }.finish(&mut finish)?;
    let guard = format!("if (group.x * 1u + 0u) * {THREADS}u + local < count {{");
    writeln!(text, "{}\n}}", finish.replace(&guard, "{"))
}
