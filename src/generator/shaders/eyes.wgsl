// Lids and eyeballs.

// Width of the rim inside the opening between the lids where the photo's own lid edge is kept, eye widths.
const RIM: f32 = 0.012;
// Thickness of the upper lid's edge with its lashes, eye widths.
const EDGE: f32 = 0.05;
// Distance from each corner over which the painted skin of the lid fades in, eye widths: a lid that hangs over its
// corner ends abruptly there.
const TAPER: f32 = 0.34;

fn in_patch(area: vec4f, q: vec2f) -> bool {
    return within(q, area.xy, area.xy + area.zw);
}

// The upper lid at a place `along` between the corners, 0 to 1: its stretch, its height, and how far its edge lies
// above the line between the corners, the last two in pixels of the photo.
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
    // Share of that colour that is replaced by plain skin, 0 to 1.
    skin: f32,
    // Factor on the brightness of that skin.
    shade: f32,
}

// The upper lid at a place `q` of the photo, or, away from the lid, the face as it is. When a lid is pulled down over
// the eye, the mesh stretches its narrow strip evenly. Here instead the edge with its lashes keeps its thickness, and
// the skin above it is stretched; as the photo shows that skin folded away, it is also painted. Lids move at right
// angles to the line between the corners, so their heights are measured along that direction. The distance to the
// nearest point of the lid would not do: where a lid hangs over its outer corner, that point jumps.
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

// Factor for the shadow of the lids on the eyeball, as in the preparation of the eyes. `inside` is the distance to the
// opening's outline, `below` that to the upper lid, both in eye widths.
fn shade(inside: f32, below: f32) -> f32 {
    return (0.70 + 0.30 * smoothstep(0.0, 0.17, below)) * (0.78 + 0.22 * smoothstep(0.0, 0.08, inside));
}

fn draw_eye(e: i32, p: vec2f, f: FieldValue, footprint: mat2x2f, under: vec3f) -> vec3f {
    let eye = frame.eyes[e];
    // Pixels of the photo that one target pixel covers, at right angles to the lids' outline.
    let slope = max(length(transpose(footprint) * f.inwards), 1e-3);
    var colour = under;
    if eye.weight > 0.0 {
        let s = rows(eye.to_photo, p) + eye.offset;
        let at_iris = rows(eye.to_photo, p - eye.shift) + eye.offset;
        // A highlight is a reflection on the cornea and moves half as far as the iris.
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
