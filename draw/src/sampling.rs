//! Reading pictures between their pixels, as `sampling.wgsl` does. Coordinates are pixels; the first pixel's centre is at .5.
//!
//! Everything here is inlined into the loop over pixels, which alone is compiled for the processor's vectors.

use bytemuck::{Pod, Zeroable};

use crate::layers::{Distances, Pixels};

/// Four numbers of a pixel: red, green, blue and alpha in \[0, 1\], or the four values of a distance field.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C, align(16))]
pub struct Texel(pub [f32; 4]);

/// The smaller of two numbers. (`f32::min` also handles NaN, which makes it a function call in WebAssembly.)
#[inline(always)]
pub fn least(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

/// The larger of two numbers; see [`least`].
#[inline(always)]
pub fn most(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

#[inline(always)]
pub fn clamp(value: f32, low: f32, high: f32) -> f32 {
    least(most(value, low), high)
}

/// A number from 0 to some millions, rounded to the nearest whole one. An ordinary conversion is slower, as it must
/// handle all other numbers, too.
#[inline(always)]
fn whole(value: f32) -> u32 {
    // From 2^23 on neighbouring numbers of 32 bits are 1 apart, so the low bits of such a number are the whole number.
    const ONE_APART: f32 = 8_388_608.0;
    (value + ONE_APART).to_bits() & 0x7f_ffff
}

#[inline(always)]
pub fn mix(a: f32, b: f32, share: f32) -> f32 {
    a + (b - a) * share
}

/// WGSL's `smoothstep`, with its order of arguments.
#[inline(always)]
pub fn smoothstep(low: f32, high: f32, x: f32) -> f32 {
    let t = clamp((x - low) / (high - low), 0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

impl Texel {
    /// Of a pixel's bytes.
    #[inline(always)]
    pub fn of([r, g, b, a]: [u8; 4]) -> Self {
        Self([f32::from(r), f32::from(g), f32::from(b), f32::from(a)]).scaled(1.0 / 255.0)
    }

    /// As bytes.
    #[inline(always)]
    pub fn bytes(self) -> [u8; 4] {
        let Self([r, g, b, a]) = self.clamped(Self([0.0; 4]), Self([1.0; 4])).scaled(255.0);
        [whole(r) as u8, whole(g) as u8, whole(b) as u8, whole(a) as u8]
    }

    /// The same colour, opaque.
    #[inline(always)]
    pub fn opaque(self) -> Self {
        let Self([r, g, b, _]) = self;
        Self([r, g, b, 1.0])
    }

    #[inline(always)]
    pub fn plus(self, Self([e, f, g, h]): Self) -> Self {
        let Self([a, b, c, d]) = self;
        Self([a + e, b + f, c + g, d + h])
    }

    #[inline(always)]
    pub fn minus(self, Self([e, f, g, h]): Self) -> Self {
        let Self([a, b, c, d]) = self;
        Self([a - e, b - f, c - g, d - h])
    }

    #[inline(always)]
    pub fn times(self, Self([e, f, g, h]): Self) -> Self {
        let Self([a, b, c, d]) = self;
        Self([a * e, b * f, c * g, d * h])
    }

    #[inline(always)]
    pub fn scaled(self, by: f32) -> Self {
        self.times(Self([by; 4]))
    }

    /// Between this (share 0) and the other (share 1).
    #[inline(always)]
    pub fn mixed(self, other: Self, share: f32) -> Self {
        self.plus(other.minus(self).scaled(share))
    }

    #[inline(always)]
    pub fn least(self, Self([e, f, g, h]): Self) -> Self {
        let Self([a, b, c, d]) = self;
        Self([least(a, e), least(b, f), least(c, g), least(d, h)])
    }

    #[inline(always)]
    pub fn most(self, Self([e, f, g, h]): Self) -> Self {
        let Self([a, b, c, d]) = self;
        Self([most(a, e), most(b, f), most(c, g), most(d, h)])
    }

    #[inline(always)]
    pub fn clamped(self, low: Self, high: Self) -> Self {
        self.most(low).least(high)
    }
}

/// A picture of numbers with its border pixels repeated around it, so that taps need no check against the border.
#[derive(Debug, Clone)]
pub struct Picture {
    size: [f32; 2],
    stride: usize,
    texels: Vec<Texel>,
}

/// Repeated pixels before the first pixel, along each axis.
const BEFORE: usize = 1;
/// Repeated pixels in all, along each axis.
const REPEATED: usize = 3;

/// A field's value at a place, and the direction in which its first number grows.
#[derive(Debug, Clone, Copy)]
pub struct FieldValue {
    pub value: Texel,
    pub inwards: [f32; 2],
}

impl Picture {
    /// From the number of columns and rows, at least one each, and a function that gives the texel at a column and row.
    pub fn new([width, height]: [u32; 2], at: impl Fn(u32, u32) -> Texel) -> Self {
        let padded = |count: u32| (0..count as usize + REPEATED).map(move |k| k.saturating_sub(BEFORE) as u32);
        let places = padded(height).flat_map(|y| padded(width).map(move |x| (x, y)));
        // The iterator does not know its length, so `collect` could allocate up to twice the memory.
        let mut texels = Vec::with_capacity((width as usize + REPEATED) * (height as usize + REPEATED));
        texels.extend(places.map(|(x, y)| at(x.min(width.max(1) - 1), y.min(height.max(1) - 1))));
        Self { size: [width as f32, height as f32], stride: width as usize + REPEATED, texels }
    }

    /// From RGBA pixels.
    pub fn of(Pixels { size, bytes }: &Pixels) -> Self {
        let (pixels, _) = bytes.as_chunks();
        Self::new(*size, |x, y| Texel::of(pixels.get((y * size[0] + x) as usize).copied().unwrap_or_default()))
    }

    /// From the distances to an opening.
    pub fn measured(Distances { size, values }: &Distances) -> Self {
        let (values, _) = values.as_chunks();
        let value = |bytes: &[u8; 16]| Texel(bytemuck::pod_read_unaligned(bytes));
        Self::new(*size, |x, y| values.get((y * size[0] + x) as usize).map_or(Texel([0.0; 4]), value))
    }

    /// Folds a place beyond the picture's border back into it, so that what the border cuts off is continued by its
    /// mirror image; the last row, drawn out, would be streaks.
    #[inline(always)]
    pub fn mirrored(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let [width, height] = self.size;
        [least(x.abs(), 2.0 * width - x), least(y.abs(), 2.0 * height - y)]
    }

    /// How far a place lies beyond the upper or a side border, pixels, and the direction along that border; 0 for other
    /// places.
    #[inline(always)]
    pub fn beyond(&self, [x, y]: [f32; 2]) -> (f32, [f32; 2]) {
        let (above, beside) = (-y, most(-x, x - self.size[0]));
        (most(most(above, beside), 0.0), if above > beside { [1.0, 0.0] } else { [0.0, 1.0] })
    }

    /// A texel of the picture itself.
    #[inline(always)]
    pub fn texel(&self, x: u32, y: u32) -> Texel {
        self.texels[(y as usize + BEFORE) * self.stride + x as usize + BEFORE]
    }

    /// Index, in the padded picture, of the first texel of the 4 x 4 around a place, and the place between the two
    /// middle texels along each axis, 0 to 1.
    #[inline(always)]
    fn around(&self, [x, y]: [f32; 2]) -> (usize, [f32; 2]) {
        let p = [clamp(x, 0.5, self.size[0] - 0.5) - 0.5, clamp(y, 0.5, self.size[1] - 0.5) - 0.5];
        let [left, top] = [p[0].floor(), p[1].floor()];
        (whole(top) as usize * self.stride + whole(left) as usize, [p[0] - left, p[1] - top])
    }

    #[inline(always)]
    fn four(&self, start: usize) -> [Texel; 4] {
        match self.texels[start..] {
            [a, b, c, d, ..] => [a, b, c, d],
            _ => [Texel([0.0; 4]); 4],
        }
    }

    #[inline(always)]
    fn square(&self, position: [f32; 2]) -> ([Texel; 4], [f32; 2]) {
        let (start, f) = self.around(position);
        let [_, a, b, _] = self.four(start + self.stride);
        let [_, c, d, _] = self.four(start + 2 * self.stride);
        ([a, b, c, d], f)
    }

    /// The value at a place, interpolated between the four nearest texels.
    #[inline(always)]
    pub fn bilinear(&self, position: [f32; 2]) -> Texel {
        let ([a, b, c, d], [x, y]) = self.square(position);
        a.mixed(b, x).mixed(c.mixed(d, x), y)
    }

    /// The colour at a place by cubic interpolation, limited to the range of the four nearest texels, so that edges do
    /// not ring.
    #[inline(always)]
    pub fn smooth(&self, position: [f32; 2]) -> Texel {
        let (start, [x, y]) = self.around(position);
        let (across, down) = (cubic(x), cubic(y));
        let row = |j: usize| -> ([Texel; 4], Texel) {
            let texels = self.four(start + j * self.stride);
            let [a, b, c, d] = texels;
            let near = a.scaled(across[0]).plus(b.scaled(across[1]));
            (texels, near.plus(c.scaled(across[2])).plus(d.scaled(across[3])))
        };
        let [(_, first), (upper, second), (lower, third), (_, fourth)] = [row(0), row(1), row(2), row(3)];
        let sum = first.scaled(down[0]).plus(second.scaled(down[1]));
        let sum = sum.plus(third.scaled(down[2])).plus(fourth.scaled(down[3]));
        let low = upper[1].least(upper[2]).least(lower[1].least(lower[2]));
        let high = upper[1].most(upper[2]).most(lower[1].most(lower[2]));
        sum.clamped(low, high)
    }

    /// Mean colour of the part of the picture that an output pixel covers: up to four taps along the longer side of its
    /// footprint.
    #[inline(always)]
    pub fn covered(&self, position: [f32; 2], footprint: &Footprint) -> Texel {
        let mut sum = Texel([0.0; 4]);
        let taps = footprint.taps as f32;
        for k in 0..footprint.taps {
            let along = (k as f32 + 0.5) / taps - 0.5;
            let [x, y] = footprint.longer;
            sum = sum.plus(self.smooth([position[0] + x * along, position[1] + y * along]));
        }
        sum.scaled(1.0 / taps)
    }

    /// A field, with the direction in which its first number grows.
    #[inline(always)]
    pub fn field(&self, position: [f32; 2]) -> FieldValue {
        let ([a, b, c, d], [x, y]) = self.square(position);
        let first = |texel: Texel| texel.0[0];
        let across = mix(first(b) - first(a), first(d) - first(c), y);
        let down = mix(first(c) - first(a), first(d) - first(b), x);
        let length = most((across * across + down * down).sqrt(), 1e-3);
        FieldValue { value: a.mixed(b, x).mixed(c.mixed(d, x), y), inwards: [across / length, down / length] }
    }
}

/// Slope of the cubic kernel one pixel from its middle, as in `sampling.wgsl`, which explains the choice.
const SLOPE: f32 = -0.75;

/// Weights of four values around a place (Keys 1981).
#[inline(always)]
fn cubic(t: f32) -> [f32; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [
        SLOPE * (t3 - 2.0 * t2 + t),
        (SLOPE + 2.0) * t3 - (SLOPE + 3.0) * t2 + 1.0,
        (2.0 * SLOPE + 3.0) * t2 - (SLOPE + 2.0) * t3 - SLOPE * t,
        SLOPE * (t2 - t3),
    ]
}

/// The parallelogram of a picture that an output pixel covers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Footprint {
    /// Steps in the picture from an output pixel to the next one, and to the next row.
    pub steps: [[f32; 2]; 2],
    longer: [f32; 2],
    taps: u32,
}

impl Footprint {
    /// From the steps in the picture from an output pixel to the next one, and to the next row.
    #[inline(always)]
    pub fn new(steps: [[f32; 2]; 2]) -> Self {
        let [across, down] = [length(steps[0]), length(steps[1])];
        let taps = clamp((most(across, down) - 0.3).ceil(), 1.0, 4.0) as u32;
        Self { steps, longer: if across > down { steps[0] } else { steps[1] }, taps }
    }
}

#[inline(always)]
pub fn length([x, y]: [f32; 2]) -> f32 {
    (x * x + y * y).sqrt()
}

#[inline(always)]
pub fn dot([a, b]: [f32; 2], [c, d]: [f32; 2]) -> f32 {
    a * c + b * d
}

/// The product of a 2 x 2 matrix, given row by row, and a point.
#[inline(always)]
pub fn rows([a, b, c, d]: [f32; 4], [x, y]: [f32; 2]) -> [f32; 2] {
    [a * x + b * y, c * x + d * y]
}

/// Whether a point lies between two corners.
#[inline(always)]
pub fn within([x, y]: [f32; 2], [left, top, right, bottom]: [f32; 4]) -> bool {
    x >= left && y >= top && x <= right && y <= bottom
}
