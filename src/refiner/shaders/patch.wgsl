// Where patches lie in the picture, and their masks. Layout: `PatchPlace` in surface.rs.

struct Patch {
    // Place of the patch's first corner, pixels of the picture.
    origin: vec2f,
    // Step in the picture to the patch's next column, and to its next row, pixels.
    across: vec2f,
    down: vec2f,
    // Side of the patch, pixels of the patch.
    side: u32,
    // Number of samples along each axis whose mean a pixel of the patch is.
    samples: u32,
    // Index of the patch's first pixel among the pixels of all patches.
    start: u32,
    // Share of the refiner's change that is shown, 0 to 1.
    weight: f32,
    // Index of the patch's first four values in its net's input.
    cut: u32,
    // Index of the patch's first four values in its net's grids.
    grid: u32,
    // Share of the net's new grid in the grid that is shown, 0 to 1, where the lips were open before.
    fresh_inside: f32,
    // The same share everywhere else.
    fresh: f32,
    // Share of the mouth net's paint that is shown, 0 to 1.
    paint: f32,
    // Share of the mouth net's whole change between the lips that is shown, 0 to 1.
    inside: f32,
    // Share of geometry's fine detail between the lips that stays, 0 to 1.
    detail: f32,
    // Brightness, 0 to 1, beyond which nothing is brightened between an eye's lids.
    white_eye: f32,
    // Brightness, 0 to 1, beyond which nothing is brightened around an opening.
    white_around: f32,
    // Tone of the photo, applied to everything the refiner adds.
    tone: Tone,
}

@group(0) @binding(0) var<uniform> patches: array<Patch, 3>;
@group(0) @binding(1) var picture: texture_2d<f32>;
// Two masks a pixel, a byte each: the opening, and the lips or the iris.
@group(0) @binding(2) var<storage, read> masks: array<u32>;

// Both masks of a pixel.
fn masks_at(pixel: u32) -> vec2f {
    let two = unpack4x8unorm(masks[pixel / 2u]);
    return select(two.xy, two.zw, (pixel & 1u) == 1u);
}
