// What a photo makes of brightness: `Tone` of draw/src/tone.rs.
struct Tone {
    linear: vec3f,
    // How much of its hues a painted colour loses.
    single: f32,
    square: vec3f,
    padding: f32,
}

// A colour that is painted into the photo.
fn toned(tone: Tone, colour: vec3f) -> vec3f {
    let mean = (colour.r + colour.g + colour.b) / 3.0;
    return mix(colour, mean * (1.0 + tone.linear + mean * tone.square), tone.single);
}
