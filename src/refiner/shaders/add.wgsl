// Adds the changes of the patches to the picture. Where there is none, the pixel stays as it is.

@group(0) @binding(2) var<storage, read> change: array<f32>;

@vertex
fn cover(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
    let at = vec2f(f32((index << 1u) & 2u), f32(index & 2u));
    return vec4f(at.x * 2.0 - 1.0, 1.0 - at.y * 2.0, 0.0, 1.0);
}

fn change_of(here: Patch, texel: vec2u) -> vec3f {
    let plane = here.side * here.side;
    let index = here.start + texel.y * here.side + texel.x;
    return vec3f(change[index], change[index + plane], change[index + 2u * plane]);
}

@fragment
fn add(@builtin(position) place: vec4f) -> @location(0) vec4f {
    var colour = textureLoad(picture, vec2i(place.xy), 0);
    for (var k = 0; k < 3; k++) {
        let here = patches[k];
        let way = place.xy - here.origin;
        let at = vec2f(dot(way, here.across), dot(way, here.down)) / max(dot(here.across, here.across), 1e-12) - 0.5;
        // A change fades to nothing in the outermost pixels of its patch.
        if here.weight <= 0.0 || any(at < vec2f(0.0)) || any(at >= vec2f(f32(here.side - 1u))) {
            continue;
        }
        let base = vec2u(floor(at));
        let f = at - floor(at);
        let top = mix(change_of(here, base), change_of(here, base + vec2u(1u, 0u)), f.x);
        let bottom = mix(change_of(here, base + vec2u(0u, 1u)), change_of(here, base + vec2u(1u, 1u)), f.x);
        colour = vec4f(colour.rgb + here.weight * mix(top, bottom, f.y), colour.a);
    }
    return colour;
}
