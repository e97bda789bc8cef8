// The head: the photo through the mesh, in front of the background, with eyes and mouth.

struct Vertex {
    @location(0) position: vec2f,
    @location(1) depth: f32,
    @location(2) source: vec2f,
    // 1 on the face, 0 on the rings around it.
    @location(3) face: f32,
    // Where the picture of what the photo does not show of the face has it, its pixels.
    @location(4) completion: vec2f,
}

struct Varying {
    @builtin(position) place: vec4f,
    // From a pixel to where it takes its colour from. Exactly zero where nothing moves.
    // At the centroid, so that it is not extrapolated over the edge of a triangle...
    @location(0) @interpolate(linear, centroid) motion: vec2f,
    @location(1) @interpolate(linear, centroid) face: f32,
    // ...and at the centre, whose differences between pixels are meaningful.
    @location(2) @interpolate(linear, center) even: vec2f,
    @location(3) @interpolate(linear, centroid) completion: vec2f,
}

@vertex
fn place(vertex: Vertex) -> Varying {
    let clip = vertex.position / frame.size * 2.0 - 1.0;
    let motion = vertex.source - vertex.position;
    return Varying(vec4f(clip.x, -clip.y, vertex.depth, 1.0), motion, vertex.face, motion, vertex.completion);
}

// Motion below the first is none at all, above the second it is shown in full. Pixels.
const STILL: f32 = 0.02;
const MOVED: f32 = 0.5;
// What is less is not of the face alone; what is interpolated between ones may miss 1 by a little.
const ALL_FACE: f32 = 0.9999;

// A hair's colour is what the photo shows of it less the old background's share.
fn alone(head: vec3f, behind: vec3f, alpha: f32) -> vec3f {
    return clamp((head - (1.0 - alpha) * behind) / max(alpha, 0.004), vec3f(0.0), vec3f(1.0));
}

// How far the ridge of the nose reaches to both sides in the face's texture coordinates: less than halfway to an eye's inner corner.
const RIDGE: f32 = 0.035;

// Whether a place of the face is so far from the nose's ridge that it can belong to an eye. What the photo hides of an eye lies under the nose
// there.
fn beside_nose(place: vec2f, eye: i32) -> bool {
    let across = place.x / f32(textureDimensions(completion).x) - 0.5;
    return frame.completed <= 0.0 || select(across, -across, eye == 0) > RIDGE;
}

@fragment
fn paint(in: Varying) -> @location(0) vec4f {
    let scale = frame.scale;
    let footprint = mat2x2f(vec2f(scale.x, 0.0) + dpdx(in.even), vec2f(0.0, scale.y) + dpdy(in.even));
    // In the photo's pixels, also where the output is smaller.
    let p = in.place.xy * scale;
    let q = p + in.motion;
    let distance = length(in.motion);
    var colour = photo_at(vec2i(p));
    if scale.x > 1.0 {
        colour = photo_covered(p, mat2x2f(scale.x, 0.0, 0.0, scale.y));
    }

    var eye = -1;
    var lids: FieldValue;
    // Around the face there are no eyes, also where the face hides what is there.
    let around = in.face < ALL_FACE;
    let uncovered = frame.uncovered;
    for (var e = 0; e < 2 && !around; e++) {
        if in_patch(frame.eyes[e].patch_area, q) && beside_nose(in.completion, e) {
            let f = field_at(e, frame.eyes[e].patch_area, q);
            if eye < 0 || f.value.x > lids.value.x {
                eye = e;
                lids = f;
            }
        }
    }
    if distance > STILL {
        var lid = Lid(q, 0.0, 1.0);
        if eye >= 0 {
            lid = lid_at(eye, q);
        }
        var head = photo_covered(mirrored(lid.source), footprint);
        var alpha = matte_at(mirrored(q));
        if around && uncovered > 0.0 && in_surroundings(q) {
            head = mix(head, surroundings_covered(q, footprint), uncovered);
            alpha = mix(alpha, surroundings_matte_at(q), uncovered);
        }
        if !around && frame.completed > 0.0 {
            let hidden = linear_in(completion, vec2f(textureDimensions(completion)), in.completion);
            head = mix(head, hidden.rgb, hidden.a * frame.completed);
        }
        if lid.skin > 0.0 {
            head = mix(head, lid_skin(eye, p) * lid.shade, lid.skin);
        }
        let facing = smoothstep(0.55, 0.95, in.face);
        alpha = max(alpha, facing);
        let hair = alone(head, plate_at(mirrored(q)), alpha);
        let layered = mix(plate_at(p), hair, max(min(alpha, closing(q)), facing));
        colour = mix(colour, layered, smoothstep(STILL, MOVED, distance));
    }
    if eye >= 0 {
        colour = draw_eye(eye, p, lids, footprint, colour);
    }
    return vec4f(draw_mouth(p, q, colour), 1.0);
}

// What the face has beyond its outline, over the head.
@fragment
fn paint_rim(in: Varying) -> @location(0) vec4f {
    let scale = frame.scale;
    let footprint = mat2x2f(vec2f(scale.x, 0.0) + dpdx(in.even), vec2f(0.0, scale.y) + dpdy(in.even));
    let q = mirrored(in.place.xy * scale + in.motion);
    let alpha = matte_at(q);
    let shown = alpha * frame.rim;
    return vec4f(alone(photo_covered(q, footprint), plate_at(q), alpha) * shown, shown);
}
