// The "AI-animated" mark at the lower right, pixel for pixel.

struct MarkVarying {
    @builtin(position) place: vec4f,
    @location(0) texel: vec2f,
}

@vertex
fn place_mark(@builtin(vertex_index) index: u32) -> MarkVarying {
    let corner = vec2f(f32(index & 1u), f32(index >> 1u));
    let size = vec2f(textureDimensions(mark));
    let clip = (frame.mark + corner * size) * frame.scale / frame.size * 2.0 - 1.0;
    return MarkVarying(vec4f(clip.x, -clip.y, 0.0, 1.0), corner * size);
}

@fragment
fn paint_mark(in: MarkVarying) -> @location(0) vec4f {
    let colour = textureLoad(mark, clamp(vec2i(in.texel), vec2i(0), vec2i(textureDimensions(mark)) - 1), 0);
    return vec4f(colour.rgb * colour.a, colour.a);
}
