// The head: the photo through the mesh, in front of the background, with eyes and mouth.

struct Vertex {
    @location(0) position: vec2f,
    @location(1) depth: f32,
    @location(2) source: vec2f,
    // 1 on the face, 0 on the rings around it.
    @location(3) face: f32,
    // Place of the vertex in the completion, the picture of what the face hides of itself; pixels of that picture.
    @location(4) completion: vec2f,
}

struct Varying {
    @builtin(position) place: vec4f,
    // Offset from a pixel to the place in the photo that it takes its colour from, pixels of the photo. Exactly zero
    // where nothing moves. Taken at the centroid, so that it is not extrapolated over the edge of a triangle.
    @location(0) @interpolate(linear, centroid) motion: vec2f,
    @location(1) @interpolate(linear, centroid) face: f32,
    // The same offset at the pixel's centre, as only there differences between pixels are meaningful.
    @location(2) @interpolate(linear, center) even: vec2f,
    @location(3) @interpolate(linear, centroid) completion: vec2f,
}

@vertex
fn place(vertex: Vertex) -> Varying {
    let clip = vertex.position / frame.size * 2.0 - 1.0;
    let motion = vertex.source - vertex.position;
    return Varying(vec4f(clip.x, -clip.y, vertex.depth, 1.0), motion, vertex.face, motion, vertex.completion);
}

// Motion up to which a pixel counts as still and is the photo's own, pixels of the photo.
const STILL: f32 = 0.02;
// Motion above which a pixel is drawn moved in full; between the two it is mixed with the photo's own. Pixels of the
// photo.
const MOVED: f32 = 0.5;
// Share of painted skin from which on a fragment of a lid counts as moved in full.
const PAINTED: f32 = 0.1;
// A fragment with a smaller `face` lies on a triangle that is not all of the face. It is a little below 1, because a
// value that is interpolated between ones may miss 1 by a little.
const ALL_FACE: f32 = 0.9999;

// The head's own colour where the photo shows the mixture `head` of it and the background `behind`: the background's
// share is taken out. `alpha` is the head's share, 0 to 1.
fn alone(head: vec3f, behind: vec3f, alpha: f32) -> vec3f {
    return clamp((head - (1.0 - alpha) * behind) / max(alpha, 0.004), vec3f(0.0), vec3f(1.0));
}

// Half the width of the nose's ridge in the face's texture coordinates: less than halfway to an eye's inner corner.
const RIDGE: f32 = 0.035;

// Whether a place of the face (in the completion's pixels) lies beside the nose's ridge, on the side of this eye. Where
// the nose hides part of an eye in the photo, the eye's patch reaches over the ridge, and no eye may be drawn there.
fn beside_nose(place: vec2f, eye: i32) -> bool {
    let across = place.x / f32(textureDimensions(completion).x) - 0.5;
    return frame.completed <= 0.0 || select(across, -across, eye == 0) > RIDGE;
}

@fragment
fn paint(in: Varying) -> @location(0) vec4f {
    let scale = frame.scale;
    let footprint = mat2x2f(vec2f(scale.x, 0.0) + dpdx(in.even), vec2f(0.0, scale.y) + dpdy(in.even));
    // Pixels of the photo, also where the output is smaller.
    let p = in.place.xy * scale;
    let q = p + in.motion;
    var colour = photo_at(vec2i(p));
    if scale.x > 1.0 {
        colour = photo_covered(p, mat2x2f(scale.x, 0.0, 0.0, scale.y));
    }

    var eye = -1;
    var lids: FieldValue;
    // No eye is drawn around the face, also where such a fragment takes its colour from behind the face.
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
    var lid = Lid(q, 0.0, 1.0);
    var distance = length(in.motion);
    if eye >= 0 {
        // Between a brow that rises and a lid that falls lies a line that does not move; but its colour comes from
        // elsewhere on the lid or is painted, so it is not the photo's own.
        lid = lid_at(eye, q);
        distance = max(max(distance, length(lid.source - p)), MOVED * smoothstep(0.0, PAINTED, lid.skin));
    }
    if distance > STILL {
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

// The rim, what stands beside the face's outline (glasses, a beard, a strand of hair), painted over the head.
@fragment
fn paint_rim(in: Varying) -> @location(0) vec4f {
    let scale = frame.scale;
    let footprint = mat2x2f(vec2f(scale.x, 0.0) + dpdx(in.even), vec2f(0.0, scale.y) + dpdy(in.even));
    let q = mirrored(in.place.xy * scale + in.motion);
    let alpha = matte_at(q);
    let shown = alpha * frame.rim;
    return vec4f(alone(photo_covered(q, footprint), plate_at(q), alpha) * shown, shown);
}
