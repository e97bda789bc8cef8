// Cuts a region out of a picture into a net's input, as `crop.rs` does: bilinear, with OpenCV's fixed-point steps.

struct Cut {
    // The region's top left corner, the step from column to column and the step from row to row, all in 1/32 pixels.
    origin: vec2f,
    across: vec2f,
    down: vec2f,
    // The value that a level of 0 becomes, and the value that each level adds to it.
    low: f32,
    gain: f32,
    // Columns and rows of the input.
    side: u32,
    // 1 if the input is black where the region reaches outside the picture; 0 if the picture's border is repeated
    // there.
    black: u32,
    // 1 if the picture is seen as in a mirror.
    mirrored: u32,
}

@group(0) @binding(0) var<uniform> cut: Cut;
@group(0) @binding(1) var picture: texture_2d<f32>;
@group(0) @binding(2) var<storage, read_write> input: array<vec4f>;

const STEP_BITS: u32 = 5u;
const STEPS: i32 = 32;
// Limit of places, in 1/32 pixels: only absurd regions have places beyond it.
const FARTHEST: f32 = 1e8;

// Red, green and blue, 0 to 255.
fn levels(place: vec2i) -> vec3u {
    let limit = vec2i(textureDimensions(picture)) - 1;
    let inside = clamp(place, vec2i(0), limit);
    if cut.black == 1u && any(inside != place) {
        return vec3u(0u);
    }
    let column = select(inside.x, limit.x - inside.x, cut.mirrored == 1u);
    return vec3u(round(textureLoad(picture, vec2i(column, inside.y), 0).rgb * 255.0));
}

@compute @workgroup_size(8, 8)
fn take(@builtin(global_invocation_id) id: vec3u) {
    if any(id.xy >= vec2u(cut.side)) {
        return;
    }
    let place = cut.origin + cut.across * f32(id.x) + cut.down * f32(id.y);
    let steps = vec2i(round(clamp(place, vec2f(-FARTHEST), vec2f(FARTHEST))));
    let corner = steps >> vec2u(STEP_BITS);
    let after = vec2u(steps & vec2i(STEPS - 1));
    let before = vec2u(u32(STEPS)) - after;
    let sum = levels(corner) * before.x * before.y + levels(corner + vec2i(1, 0)) * after.x * before.y
        + levels(corner + vec2i(0, 1)) * before.x * after.y + levels(corner + vec2i(1, 1)) * after.x * after.y;
    let half = 1u << (2u * STEP_BITS - 1u);
    let level = (sum + half) >> vec3u(2u * STEP_BITS);
    input[id.y * cut.side + id.x] = vec4f(cut.low + vec3f(level) * cut.gain, 0.0);
}
