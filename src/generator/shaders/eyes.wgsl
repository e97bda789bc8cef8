// Lids and eyeballs.

// Rim of the opening that keeps the photo's own lid edge, eye widths.
const RIM: f32 = 0.012;
// Thickness of the upper lid's edge with its lashes, eye widths.
const EDGE: f32 = 0.05;
// Part of the eye's width at each corner over which painted skin begins: a lid that hangs over its corner ends abruptly there.
const TAPER: f32 = 0.22;

fn in_patch(area: vec4f, q: vec2f) -> bool {
    return within(q, area.xy, area.xy + area.zw);
}

// Stretch, height and edge of the upper lid at a place between the corners.
fn lid_here(e: i32, along: f32) -> vec3f {
    var here = frame.eyes[e].lid[0].yzw;
    for (var k = 0; k < 8; k++) {
        let a = frame.eyes[e].lid[k];
        let b = frame.eyes[e].lid[k + 1];
        let t = clamp((along - a.x) / max(b.x - a.x, 1e-4), 0.0, 1.0);
        here = select(here, mix(a.yzw, b.yzw, t), along >= a.x);
    }
    return here;
}

struct Lid {
    // Where the lid takes its colour from, photo pixels.
    source: vec2f,
    // How much of that is replaced by plain skin, and the skin's shade.
    skin: f32,
    shade: f32,
}

// The upper lid, or the face as it is away from it. The mesh stretches the narrow strip of a lid
// that is pulled down over the eye evenly; here the edge with its lashes keeps its thickness, and
// the skin above it is stretched and, as it was folded away in the photo, painted.
// Lids move across the line between the corners, and are measured across it: the nearest point of a lid that
// hangs over its outer corner jumps from one place to the next.
fn lid_at(e: i32, q: vec2f) -> Lid {
    let corners = frame.eyes[e].corners;
    let width = frame.eyes[e].width;
    let axis = corners.zw - corners.xy;
    let length = max(length(axis), 1.0);
    let up = frame.eyes[e].up * vec2f(axis.y, -axis.x) / length;
    let along = dot(q - corners.xy, axis) / (length * length);
    let here = lid_here(e, along);
    let stretch = here.x;
    let height = here.y;
    let edge = min(EDGE * width, 0.6 * height);
    let above = max(dot(q - corners.xy, up) - here.z, 0.0);
    if stretch <= 1.0 || above >= 1.6 * height || height <= 0.0 {
        return Lid(q, 0.0, 1.0);
    }
    let moved = above * stretch;
    let stretched = edge + (moved - edge) * (height - edge) / max(height * stretch - edge, 1e-3);
    let source = select(min(stretched, above), moved, moved < edge);
    let v = moved / (height * stretch);
    let taper = smoothstep(0.0, TAPER, min(along, 1.0 - along));
    let skin = 0.85 * taper * smoothstep(1.15, 2.0, stretch) * smoothstep(0.4 * edge, 1.4 * edge, moved) * (1.0 - smoothstep(0.85, 1.5, v));
    let round = 0.84 + 0.20 * smoothstep(0.0, 0.45, v) - 0.14 * smoothstep(0.55, 1.0, v);
    return Lid(q + up * (source - above), skin, round);
}

fn lid_skin(e: i32, p: vec2f) -> vec3f {
    return patch_at(4 * e + 3, frame.eyes[e].patch_area, rows(frame.eyes[e].to_photo, p) + frame.eyes[e].offset).rgb;
}

// The light that the lids leave, as in the preparation of the eyes.
fn shade(inside: f32, below: f32) -> f32 {
    return (0.70 + 0.30 * smoothstep(0.0, 0.17, below)) * (0.78 + 0.22 * smoothstep(0.0, 0.08, inside));
}

fn draw_eye(e: i32, p: vec2f, f: FieldValue, footprint: mat2x2f, under: vec3f) -> vec3f {
    let eye = frame.eyes[e];
    // Photo pixels a target pixel, across the lid line.
    let slope = max(length(transpose(footprint) * f.inwards), 1e-3);
    var colour = under;
    if eye.weight > 0.0 {
        let s = rows(eye.to_photo, p) + eye.offset;
        let at_iris = rows(eye.to_photo, p - eye.shift) + eye.offset;
        // What the cornea mirrors moves half as far as the iris.
        let at_highlight = rows(eye.to_photo, p - eye.shift * 0.5) + eye.offset;
        let white = patch_at(4 * e, eye.patch_area, s).rgb;
        let iris = patch_at(4 * e + 1, eye.patch_area, at_iris);
        let highlight = patch_at(4 * e + 2, eye.patch_area, at_highlight).rgb;
        let lit = shade(f.value.x / slope / eye.target_width, f.value.y / slope / eye.target_width);
        let ball = mix(white, iris.rgb, iris.a) * lit + highlight;
        let open = smoothstep(-0.6, 0.6, (f.value.x - RIM * eye.width) / slope);
        colour = mix(colour, ball, open * eye.weight);
    }
    let closed = eye.closed;
    if closed > 0.0 {
        let line = max(abs(f.value.x) / slope, 0.0) / max(0.030 * eye.target_width, 0.7);
        colour = mix(colour, min(colour, eye.lash), 0.75 * closed * exp(-line * line));
    }
    return colour;
}
