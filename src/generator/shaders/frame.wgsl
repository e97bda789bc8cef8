// What one frame needs beside the mesh. The same layout as `frame.rs`.

struct Eye {
    // Target pixels to the photo's pixels, following the head but not the gaze: rows of a 2 x 2 matrix, then its offset.
    to_photo: vec4f,
    offset: vec2f,
    // How far the gaze moves the iris, target pixels.
    shift: vec2f,
    // Patch in the photo: origin and size, pixels.
    patch_area: vec4f,
    // Corners in the photo, pixels.
    corners: vec4f,
    // RGB of the lashes; how far the lids are closed beyond the photo's, 0 to 1.
    lash: vec4f,
    // Share of the redrawn eyeball; eye width in the photo and in the target, pixels.
    weight: f32,
    width: f32,
    target_width: f32,
    // 1 where the upper lid lies to the left of the way from the first corner to the second, -1 to the right of it.
    up: f32,
    // Along the upper lid: place between the corners, stretch of the lid, its height and how far its edge
    // lies above the line between the corners (photo pixels).
    lid: array<vec4f, 9>,
}

struct Mouth {
    // The opening's outline in the target, two points an entry, pixels.
    lips: array<vec4f, 30>,
    // Left, top, right, bottom of the opening in the target and of its surroundings in the photo.
    bounds: vec4f,
    reach: vec4f,
    // Target pixels to centimetres in the skull's and in the jaw's frame: rows, then both offsets.
    to_skull: vec4f,
    to_jaw: vec4f,
    offsets: vec4f,
    // Centimetres in both frames to the photo's pixels.
    skull_to_photo: vec4f,
    jaw_to_photo: vec4f,
    photo_offsets: vec4f,
    // Patch in the photo: origin and size, pixels.
    patch_area: vec4f,
    // Factor on painted colours; share of the redrawn opening.
    tint: vec4f,
    // RGB of the teeth before tint and shade; how much of the photo's own opening is used.
    teeth: vec4f,
    // Half the mouth's width, edge of the upper teeth, edge of the lower teeth, centimetres a pixel.
    measures: vec4f,
    // Height in the photo's opening (0 to 1) that divides the skull's part from the jaw's; how much the lower teeth are bared, how much of the
    // jaw's part is the photo's, and how much lips that show their teeth in the photo are shut, 0 to 1.
    split: vec4f,
    // How far above the border of the photo's opening its upper teeth end in gums, centimetres.
    gums: vec4f,
    tone: Tone,
}

struct Frame {
    // The photo's size, pixels; the mark's top left corner, output pixels.
    size: vec2f,
    mark: vec2f,
    // Pixels of the photo that an output pixel covers across and down; how much of what the face hides of its surroundings is shown, and how much of the rim, 0 to 1.
    scale: vec4f,
    // The patch of what surrounds the face: origin and size, pixels of the photo.
    surroundings: vec4f,
    // How much of what the face hides of itself is shown, 0 to 1.
    completed: vec4f,
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
// What surrounds the face where the photo shows the face, and the matte as its alpha.
@group(0) @binding(7) var surroundings: texture_2d<f32>;
// What the photo does not show of the face, and as alpha how much it stands for the photo.
@group(0) @binding(8) var completion: texture_2d<f32>;

fn rows(matrix: vec4f, point: vec2f) -> vec2f {
    return vec2f(dot(matrix.xy, point), dot(matrix.zw, point));
}

fn within(point: vec2f, low: vec2f, high: vec2f) -> bool {
    return all(point >= low) && all(point <= high);
}
