// What one frame needs beside the mesh: fields, names and layout are those of `draw/src/frame.rs`, which explains them.

struct Eye {
    to_photo: vec4f,
    offset: vec2f,
    shift: vec2f,
    patch_area: vec4f,
    corners: vec4f,
    lash: vec3f,
    closed: f32,
    weight: f32,
    width: f32,
    target_width: f32,
    up: f32,
    lid: array<vec4f, 9>,
}

struct Mouth {
    // Two points an entry, as the elements of an array in a uniform buffer take 16 bytes.
    lips: array<vec4f, 30>,
    bounds: vec4f,
    reach: vec4f,
    to_skull: vec4f,
    to_jaw: vec4f,
    skull_offset: vec2f,
    jaw_offset: vec2f,
    skull_to_photo: vec4f,
    jaw_to_photo: vec4f,
    skull_photo_offset: vec2f,
    jaw_photo_offset: vec2f,
    patch_area: vec4f,
    tint: vec3f,
    weight: f32,
    teeth: vec3f,
    reuse: f32,
    half_width: f32,
    upper_edge: f32,
    lower_edge: f32,
    scale: f32,
    split: f32,
    bared: f32,
    lower_reuse: f32,
    seam: f32,
    gums: f32,
    upper_end: f32,
    margin: vec2f,
    tone: Tone,
}

struct Frame {
    size: vec2f,
    mark: vec2f,
    scale: vec2f,
    uncovered: f32,
    rim: f32,
    surroundings: vec4f,
    completed: f32,
    eyes: array<Eye, 2>,
    mouth: Mouth,
}

@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var photo: texture_2d<f32>;
@group(0) @binding(2) var plate: texture_2d<f32>;
@group(0) @binding(3) var matte: texture_2d<f32>;
// Layers: white, iris, highlight, lid of one eye, then of the other.
@group(0) @binding(4) var patches: texture_2d_array<f32>;
// Layers: the fields of the eyes and of the mouth.
@group(0) @binding(5) var fields: texture_2d_array<f32>;
@group(0) @binding(6) var mark: texture_2d<f32>;
// What the face hides of its surroundings in the photo; alpha is the matte there.
@group(0) @binding(7) var surroundings: texture_2d<f32>;
// What the face hides of itself in the photo; alpha is the share by which it replaces the photo.
@group(0) @binding(8) var completion: texture_2d<f32>;

fn rows(matrix: vec4f, point: vec2f) -> vec2f {
    return vec2f(dot(matrix.xy, point), dot(matrix.zw, point));
}

fn within(point: vec2f, low: vec2f, high: vec2f) -> bool {
    return all(point >= low) && all(point <= high);
}
