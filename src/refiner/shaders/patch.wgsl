// Where patches lie in the picture, and their masks. Layout: `PatchPlace` in surface.rs.

struct Patch {
    // Place of the patch's first corner, way to the next column and to the next row; pixels of the picture.
    origin: vec2f,
    across: vec2f,
    down: vec2f,
    // Pixels of the patch's side; samples a pixel is the mean of, along each axis.
    side: u32,
    samples: u32,
    // Index of its first pixel among those of all patches.
    start: u32,
    // Share of the change that is shown.
    weight: f32,
    // Index of its first value in its net's input, and in its net's grids.
    cut: u32,
    grid: u32,
    // Shares of its new grid in the one that is shown: between lips that were open there before, and everywhere else.
    fresh_inside: f32,
    fresh: f32,
    // Share of what is painted that is shown, and of all that is said between lips.
    paint: f32,
    inside: f32,
    // Share of geometry's detail between lips that stays.
    detail: f32,
    // Brightness that nothing is brightened beyond: in an eye's opening, and around an opening.
    white_eye: f32,
    white_around: f32,
    // What the photo makes of what is added.
    tone: Tone,
}

@group(0) @binding(0) var<uniform> patches: array<Patch, 3>;
@group(0) @binding(1) var picture: texture_2d<f32>;
// Two masks a pixel, a byte each: the opening, and the other.
@group(0) @binding(2) var<storage, read> masks: array<u32>;

// Both masks of a pixel.
fn masks_at(pixel: u32) -> vec2f {
    let two = unpack4x8unorm(masks[pixel / 2u]);
    return select(two.xy, two.zw, (pixel & 1u) == 1u);
}
