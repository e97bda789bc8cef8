// Values are planes of four channels, one vec4f a pixel. The weights, an array of vec4f at binding 2, are declared
// apart: they are a storage buffer or a uniform one.

struct Sizes {
    // Columns, rows and planes of what is read and of what is written.
    source: vec4u,
    to: vec4u,
    // Where the scales are in a vector of the film, and planes of that vector.
    film: vec2u,
    // Planes of what is added.
    added: u32,
    // Where the biases and the slopes are among the weights.
    bias: u32,
    slopes: u32,
    epsilon: f32,
    channels: u32,
    // The first plane that this dispatch writes.
    first: u32,
    // Where the weights of a convolution of every channel by itself are, which comes before: of each plane its window's and
    // its bias.
    depthwise: u32,
    unused: vec3u,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> input: array<vec4f>;
@group(0) @binding(3) var<storage, read> added: array<vec4f>;
@group(0) @binding(4) var<storage, read> film: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> output: array<vec4f>;

// The largest of 2 x 2 pixels of `added`, rows `width` apart.
fn largest(at: u32, width: u32) -> vec4f {
    return max(max(added[at], added[at + 1u]), max(added[at + width], added[at + width + 1u]));
}

