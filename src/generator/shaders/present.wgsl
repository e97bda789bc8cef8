// The finished frame on a surface of any size.

@group(0) @binding(0) var frame: texture_2d<f32>;
@group(0) @binding(1) var linear: sampler;
// Whether the surface encodes as sRGB what is written to it, so that the shader must decode first.
override encodes: bool = false;

struct Varying {
    @builtin(position) place: vec4f,
    @location(0) at: vec2f,
}

@vertex
fn cover(@builtin(vertex_index) index: u32) -> Varying {
    let at = vec2f(f32((index << 1u) & 2u), f32(index & 2u));
    return Varying(vec4f(at.x * 2.0 - 1.0, 1.0 - at.y * 2.0, 0.0, 1.0), at);
}

fn decoded(colour: vec3f) -> vec3f {
    return select(pow((colour + 0.055) / 1.055, vec3f(2.4)), colour / 12.92, colour <= vec3f(0.04045));
}

@fragment
fn show(in: Varying) -> @location(0) vec4f {
    // A quarter of the step to the next surface pixel. So the four taps lie half a surface pixel apart, which is enough
    // down to a quarter of the frame's size.
    let across = dpdx(in.at) * 0.25;
    let down = dpdy(in.at) * 0.25;
    let reduced = max(length(across * vec2f(textureDimensions(frame))), length(down * vec2f(textureDimensions(frame))));
    let spread = smoothstep(0.25, 0.35, reduced);
    let a = across * spread;
    let d = down * spread;
    let sum = textureSampleLevel(frame, linear, in.at - a - d, 0.0) + textureSampleLevel(frame, linear, in.at + a - d, 0.0)
        + textureSampleLevel(frame, linear, in.at - a + d, 0.0) + textureSampleLevel(frame, linear, in.at + a + d, 0.0);
    let colour = sum.rgb * 0.25;
    return vec4f(select(colour, decoded(colour), encodes), 1.0);
}
