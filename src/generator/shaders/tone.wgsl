// The tone of a photo: `Tone` of draw/src/tone.rs, which explains it.
struct Tone {
    linear: vec3f,
    // Share of its own hue that a painted colour loses, 0 to 1.
    single: f32,
    square: vec3f,
    padding: f32,
}

// A colour as it is painted into a photo of this tone.
fn toned(tone: Tone, colour: vec3f) -> vec3f {
    let mean = (colour.r + colour.g + colour.b) / 3.0;
    return mix(colour, mean * (1.0 + tone.linear + mean * tone.square), tone.single);
}
