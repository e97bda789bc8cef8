// Reading pictures between their pixels. Texels are loaded exactly and weighted here instead of by a sampler, so that
// every adapter gives the same picture. Coordinates are pixels; the first pixel's centre is at .5.

fn photo_at(texel: vec2i) -> vec3f {
    return textureLoad(photo, clamp(texel, vec2i(0), vec2i(frame.size) - 1), 0).rgb;
}

// Folds a place beyond the photo's border back into the photo, so that what the border cuts off is continued by its
// mirror image; the last row, drawn out, would be streaks.
fn mirrored(position: vec2f) -> vec2f {
    return min(abs(position), 2.0 * frame.size - position);
}

// Between the four nearest texels of a picture.
fn linear_in(picture: texture_2d<f32>, size: vec2f, position: vec2f) -> vec4f {
    let p = clamp(position, vec2f(0.5), size - 0.5) - 0.5;
    let base = vec2i(floor(p));
    let f = p - floor(p);
    let next = min(base + 1, vec2i(size) - 1);
    let top = mix(textureLoad(picture, base, 0), textureLoad(picture, vec2i(next.x, base.y), 0), f.x);
    let bottom = mix(textureLoad(picture, vec2i(base.x, next.y), 0), textureLoad(picture, next, 0), f.x);
    return mix(top, bottom, f.y);
}

fn plate_at(position: vec2f) -> vec3f {
    return linear_in(plate, frame.size, position).rgb;
}

fn matte_at(position: vec2f) -> f32 {
    return linear_in(matte, frame.size, position).r;
}

// Largest share of the head that is shown at a position of the photo, 0 to 1. Beyond the photo's border the head
// closes: a place at a distance d outside shows head only if the border cuts through head up to d to both sides. So the
// tip of a lock ends, and wide hair goes on.
fn closing(position: vec2f) -> f32 {
    let above = -position.y;
    let beside = max(-position.x, position.x - frame.size.x);
    let far = max(above, beside);
    if far <= 0.0 {
        return 1.0;
    }
    let along = select(vec2f(0.0, far), vec2f(far, 0.0), above > beside);
    var least = 1.0;
    for (var k = -2; k <= 2; k++) {
        least = min(least, matte_at(position + 0.5 * f32(k) * along));
    }
    return least;
}

// Slope of the cubic kernel one pixel from its middle. Catmull and Rom's value, -0.5, blurs skin: faces that are moved
// a little and back keep 86 % of their gradients' energy with it. With this value they keep 93 % and come 1 dB nearer
// to what they were; beyond -0.8 edges get halos.
const SLOPE: f32 = -0.75;

// Weights of four values around a place (Keys 1981).
fn cubic(t: f32) -> vec4f {
    let t2 = t * t;
    let t3 = t2 * t;
    return vec4f(
        SLOPE * (t3 - 2.0 * t2 + t),
        (SLOPE + 2.0) * t3 - (SLOPE + 3.0) * t2 + 1.0,
        (2.0 * SLOPE + 3.0) * t2 - (SLOPE + 2.0) * t3 - SLOPE * t,
        SLOPE * (t2 - t3),
    );
}

// The colour at a place by cubic interpolation, limited to the range of the four nearest pixels, so that edges do not
// ring.
fn smooth_in(picture: texture_2d<f32>, size: vec2f, position: vec2f) -> vec3f {
    let p = clamp(position, vec2f(0.5), size - 0.5) - 0.5;
    let base = vec2i(floor(p));
    let f = p - floor(p);
    let wx = cubic(f.x);
    let wy = cubic(f.y);
    var sum = vec3f(0.0);
    var low = vec3f(1.0);
    var high = vec3f(0.0);
    for (var j = 0; j < 4; j++) {
        for (var i = 0; i < 4; i++) {
            let place = clamp(base + vec2i(i - 1, j - 1), vec2i(0), vec2i(size) - 1);
            let texel = textureLoad(picture, place, 0).rgb;
            sum += texel * wx[i] * wy[j];
            if (i == 1 || i == 2) && (j == 1 || j == 2) {
                low = min(low, texel);
                high = max(high, texel);
            }
        }
    }
    return clamp(sum, low, high);
}

// Mean colour of the parallelogram `footprint` of a picture that a target pixel covers: up to four taps along its
// longer side.
fn covered_in(picture: texture_2d<f32>, size: vec2f, position: vec2f, footprint: mat2x2f) -> vec3f {
    let across = length(footprint[0]);
    let down = length(footprint[1]);
    let longer = select(footprint[1], footprint[0], across > down);
    let taps = i32(clamp(ceil(max(across, down) - 0.3), 1.0, 4.0));
    var sum = vec3f(0.0);
    for (var k = 0; k < taps; k++) {
        sum += smooth_in(picture, size, position + longer * ((f32(k) + 0.5) / f32(taps) - 0.5));
    }
    return sum / f32(taps);
}

fn photo_covered(position: vec2f, footprint: mat2x2f) -> vec3f {
    return covered_in(photo, frame.size, position, footprint);
}

// Width of the border of the patch of surroundings in which it equals photo and matte, pixels.
const BORDER: f32 = 4.0;

// Whether a position of the photo lies in the patch of surroundings, inside its border.
fn in_surroundings(position: vec2f) -> bool {
    let area = frame.surroundings;
    return within(position, area.xy + BORDER, area.xy + area.zw - BORDER);
}

fn surroundings_covered(position: vec2f, footprint: mat2x2f) -> vec3f {
    let area = frame.surroundings;
    return covered_in(surroundings, area.zw, position - area.xy, footprint);
}

fn surroundings_matte_at(position: vec2f) -> f32 {
    let area = frame.surroundings;
    return linear_in(surroundings, area.zw, position - area.xy).a;
}

// A layer of the eyes' patches at a position of the photo; beyond the patch its border pixels are repeated.
fn patch_at(layer: i32, area: vec4f, position: vec2f) -> vec4f {
    let p = clamp(position - area.xy, vec2f(0.5), area.zw - 0.5) - 0.5;
    let base = vec2i(floor(p));
    let f = p - floor(p);
    let next = min(base + 1, vec2i(area.zw) - 1);
    let top = mix(textureLoad(patches, base, layer, 0), textureLoad(patches, vec2i(next.x, base.y), layer, 0), f.x);
    let bottom = mix(textureLoad(patches, vec2i(base.x, next.y), layer, 0), textureLoad(patches, next, layer, 0), f.x);
    return mix(top, bottom, f.y);
}

struct FieldValue {
    // Distance to the outline (positive inside) and to the upper arc, pixels; whether the upper arc is the nearer one,
    // 0 to 1; height in the opening, 0 at the lower arc and 1 at the upper.
    value: vec4f,
    // Direction in which the distance to the outline grows, of length 1.
    inwards: vec2f,
}

fn field_at(layer: i32, area: vec4f, position: vec2f) -> FieldValue {
    let p = clamp(position - area.xy, vec2f(0.5), area.zw - 0.5) - 0.5;
    let base = vec2i(floor(p));
    let f = p - floor(p);
    let next = min(base + 1, vec2i(area.zw) - 1);
    let a = textureLoad(fields, base, layer, 0);
    let b = textureLoad(fields, vec2i(next.x, base.y), layer, 0);
    let c = textureLoad(fields, vec2i(base.x, next.y), layer, 0);
    let d = textureLoad(fields, next, layer, 0);
    let gradient = vec2f(mix(b.x - a.x, d.x - c.x, f.y), mix(c.x - a.x, d.x - b.x, f.x));
    return FieldValue(mix(mix(a, b, f.x), mix(c, d, f.x), f.y), gradient / max(length(gradient), 1e-3));
}
