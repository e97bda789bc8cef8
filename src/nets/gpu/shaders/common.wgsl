// Values are planes of four channels, one vec4f a pixel. The weights, an array of vec4f at binding 2, are declared
// apart, because they are either in a storage buffer or in a uniform one.

struct Sizes {
    // Columns, rows and planes of the value that is read.
    source: vec4u,
    // Columns, rows and planes of the value that is written.
    to: vec4u,
    // Index of the step's first scale in the film's vector, and the planes of that vector.
    film: vec2u,
    // Planes of the value that is added.
    added: u32,
    // Index of the first bias among the weights.
    bias: u32,
    // Index of the first slope of a leaky rectifier among the weights.
    slopes: u32,
    // Added to the variance in a layer norm.
    epsilon: f32,
    // Channels of the value that is written.
    channels: u32,
    // The first plane that this dispatch writes.
    first: u32,
    // Index among the weights of those of a fused depthwise convolution: for each plane those of its window, then its
    // bias.
    depthwise: u32,
    unused: vec3u,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> input: array<vec4f>;
@group(0) @binding(3) var<storage, read> added: array<vec4f>;
@group(0) @binding(4) var<storage, read> film: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> output: array<vec4f>;

// The maximum of 2 x 2 pixels of `added`, the first at index `at`; rows are `width` apart.
fn largest(at: u32, width: u32) -> vec4f {
    return max(max(added[at], added[at + 1u]), max(added[at + width], added[at + width + 1u]));
}

