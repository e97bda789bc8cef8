// Where patches lie in the picture. Layout: `PatchPlace` in surface.rs.

struct Patch {
    // Place of the patch's first corner, way to the next column and to the next row; pixels of the picture.
    origin: vec2f,
    across: vec2f,
    down: vec2f,
    // Pixels of the patch's side; samples a pixel is the mean of, along each axis.
    side: u32,
    samples: u32,
    // Index of its first value in the buffer of cut values: three planes, red, green, blue.
    start: u32,
    // Share of the change that is shown.
    weight: f32,
    // Index of its first value in the buffer of grids, and in that of openings.
    grid: u32,
    opening: u32,
}

@group(0) @binding(0) var<uniform> patches: array<Patch, 3>;
@group(0) @binding(1) var picture: texture_2d<f32>;
