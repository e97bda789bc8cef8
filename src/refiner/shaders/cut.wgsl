// Cuts the patches out of the picture, into the inputs of their nets: red, green, blue and the first mask of every pixel,
// then the second mask. The same samples as `PatchFrame::cut`.

@group(0) @binding(3) var<storage, read_write> mouth: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> eyes: array<vec4f>;

fn picture_at(position: vec2f) -> vec3f {
    let limit = vec2i(textureDimensions(picture)) - 1;
    let p = clamp(position - 0.5, vec2f(0.0), vec2f(limit));
    let base = vec2i(floor(p));
    let f = p - floor(p);
    let next = min(base + 1, limit);
    let top = mix(textureLoad(picture, base, 0).rgb, textureLoad(picture, vec2i(next.x, base.y), 0).rgb, f.x);
    let bottom = mix(textureLoad(picture, vec2i(base.x, next.y), 0).rgb, textureLoad(picture, next, 0).rgb, f.x);
    return mix(top, bottom, f.y);
}

@compute @workgroup_size(8, 8, 1)
fn take(@builtin(global_invocation_id) id: vec3u) {
    let here = patches[id.z];
    if id.x >= here.side || id.y >= here.side {
        return;
    }
    var sum = vec3f(0.0);
    for (var y = 0u; y < here.samples; y++) {
        for (var x = 0u; x < here.samples; x++) {
            let at = vec2f(id.xy) + (vec2f(f32(x), f32(y)) + 0.5) / f32(here.samples);
            sum += picture_at(here.origin + here.across * at.x + here.down * at.y);
        }
    }
    let colour = sum / f32(here.samples * here.samples);
    let pixel = id.y * here.side + id.x;
    let seen = masks_at(here.start + pixel);
    let plane = here.side * here.side;
    let index = here.cut + pixel;
    if id.z == 0u {
        mouth[index] = vec4f(colour, seen.x);
        mouth[index + plane] = vec4f(seen.y, 0.0, 0.0, 0.0);
    } else {
        eyes[index] = vec4f(colour, seen.x);
        eyes[index + plane] = vec4f(seen.y, 0.0, 0.0, 0.0);
    }
}
