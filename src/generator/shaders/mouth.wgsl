// The inside of the mouth: cavity, tongue, teeth, and what the photo itself shows.

// Colour of the mouth's cavity before tint and shade, RGB, 0 to 1.
const CAVITY: vec3f = vec3f(0.195, 0.074, 0.076);
// Colour of the tongue before tint and shade, RGB, 0 to 1.
const TONGUE: vec3f = vec3f(0.560, 0.285, 0.290);
// Light on the lower teeth behind the lower lip, as a share of the light on the upper teeth, RGB.
const COVERED_TEETH: vec3f = vec3f(0.66, 0.61, 0.56);
// The same share where the lower lip is drawn down and bares the lower teeth.
const BARED_TEETH: vec3f = vec3f(0.92, 0.90, 0.87);
// Colour of the gums before tint and shade, RGB, 0 to 1.
const GUM: vec3f = vec3f(0.560, 0.290, 0.290);

struct Opening {
    // Distance to the outline, positive inside, pixels.
    inside: f32,
    // Distances to the lower and to the upper lip, pixels.
    lower: f32,
    upper: f32,
}

fn lip_point(k: i32) -> vec2f {
    let pair = frame.mouth.lips[k / 2];
    return select(pair.xy, pair.zw, k % 2 == 1);
}

fn opening_at(p: vec2f) -> Opening {
    var nearest = vec2f(1e6);
    var crossings = 0;
    var a = lip_point(0);
    for (var k = 0; k < 60; k++) {
        let b = lip_point((k + 1) % 60);
        let along = b - a;
        let t = clamp(dot(p - a, along) / max(dot(along, along), 1e-8), 0.0, 1.0);
        let d = length(p - a - along * t);
        if k < 30 {
            nearest.x = min(nearest.x, d);
        } else {
            nearest.y = min(nearest.y, d);
        }
        if (a.y > p.y) != (b.y > p.y) && p.x < a.x + (p.y - a.y) / (b.y - a.y) * along.x {
            crossings++;
        }
        a = b;
    }
    let distance = min(nearest.x, nearest.y);
    return Opening(select(-distance, distance, crossings % 2 == 1), nearest.x, nearest.y);
}

// 1 where `x` is below `start`, 0 above `end`, smooth between.
fn falling(start: f32, end: f32, x: f32) -> f32 {
    return 1.0 - smoothstep(start, end, x);
}

// A number in [0, 1) that looks random.
fn noise(seed: f32) -> f32 {
    return fract(sin(seed * 12.9898) * 43758.547);
}

// One row of teeth; the result is its colour and its coverage. `x` is the distance from the middle to the right, `y`
// that from the biting edge towards the root, both in centimetres. `ends` are the far ends of four teeth of one half,
// counted from the middle, where 2.5 is half the mouth's width. `soft` is half the softness of the edge, centimetres.
fn teeth_row(x: f32, y: f32, half_width: f32, ends: vec4f, soft: f32, seed: f32) -> vec4f {
    // The two halves of a row are never quite alike.
    let side = select(1.0, -1.0, x < 0.0);
    let at = abs(x + 0.02 * side * sin(3.0 * x)) * 2.5 / half_width;
    var start = 0.0;
    var end = ends.x;
    var number = 0.0;
    for (var k = 0; k < 3; k++) {
        if at > ends[k] {
            start = ends[k];
            end = ends[k + 1];
            number = f32(k + 1);
        }
    }
    if at > ends.w {
        start = ends.w;
        end = ends.w + 0.55;
        number = 4.0;
    }
    let t = clamp((at - start) / (end - start) * 2.0 - 1.0, -1.0, 1.2);
    let own = noise(seed + number * 3.0 + side);
    // Rounded corners, and edges that do not line up.
    let corner = t * t * t * t;
    let low = 0.075 * corner * corner + 0.03 * (own - 0.5) + select(0.0, 0.05, number == 1.0);
    let cover = smoothstep(-soft, soft, y - low);
    // Neighbours touch above their rounded corners.
    let gap = smoothstep(0.84, 1.0, abs(t)) * (0.25 + 0.75 * falling(0.05, 0.40, y - low));
    var colour = frame.mouth.teeth * (0.97 + 0.06 * (own - 0.5));
    // Round from side to side, thin and bluish at the edge, yellower towards the root.
    colour *= 1.0 - 0.14 * t * t;
    colour *= mix(vec3f(0.90, 0.93, 0.97), vec3f(1.0), smoothstep(0.0, 0.22, y - low));
    colour *= mix(vec3f(1.0), vec3f(0.95, 0.90, 0.83), smoothstep(0.35, 1.0, y));
    colour *= 1.0 - 0.24 * gap;
    // Gums, in scallops around the roots.
    let gum = smoothstep(-0.06, 0.06, y - (0.98 - 0.16 * t * t));
    colour = mix(colour, GUM, gum);
    let turned = clamp(abs(x) / half_width, 0.0, 1.0);
    return vec4f(colour * (1.0 - 0.72 * pow(turned, 1.7)), cover);
}

// The painted inside at a place given in the skull's and the jaw's frame.
fn painted(skull: vec2f, jaw: vec2f, soft: f32) -> vec3f {
    let half_width = frame.mouth.half_width;
    let floor = frame.mouth.lower_edge;
    let used = frame.mouth.reuse;
    var colour = CAVITY * (0.45 + 0.55 * falling(-0.2, 1.4, jaw.y - floor));
    // Tongue: a low mound behind the lower teeth, with a furrow.
    let mound = vec2f(jaw.x / (0.80 * half_width), (jaw.y - floor + 0.25) / 0.80);
    let tongue = falling(0.50, 1.10, length(mound));
    let furrow = 1.0 - 0.16 * exp(-39.0 * jaw.x * jaw.x) * smoothstep(-0.3, 0.3, mound.y);
    let lit = 0.50 + 0.50 * falling(0.0, 0.9, length(mound - vec2f(0.0, 0.30)));
    colour = mix(colour, TONGUE * furrow * lit, tongue * 0.9);
    let lower_edge = floor - 0.05 * jaw.x * jaw.x / half_width;
    let lower = teeth_row(jaw.x, lower_edge - jaw.y, half_width, vec4f(0.55, 1.12, 1.75, 2.35), soft, 7.0);
    // A row that the photo shows is not painted a second time.
    let lower_seen = frame.mouth.lower_reuse;
    let shade = mix(COVERED_TEETH, BARED_TEETH, frame.mouth.bared);
    colour = mix(colour, lower.rgb * shade, lower.a * (1.0 - lower_seen));
    let upper_edge = frame.mouth.upper_edge + 0.16 * skull.x * skull.x / (half_width * half_width);
    let upper = teeth_row(skull.x, skull.y - upper_edge, half_width, vec4f(0.86, 1.50, 2.18, 2.75), soft, 1.0);
    // The upper row shades what lies behind and below it.
    colour *= 1.0 - 0.35 * falling(0.0, 0.30, upper_edge - skull.y) * (1.0 - upper.a) * (1.0 - used);
    return mix(colour, upper.rgb, upper.a * (1.0 - used));
}

// Above the photo's opening its picture is folded back inside: a pixel above the border takes its colour from this many
// pixels below it. 1 would be the mirror image, 0 the border itself drawn out to streaks.
const BACK: f32 = 0.7;

struct Shown {
    // The photo's colour; alpha is the share of it that may be used, 0 to 1.
    colour: vec4f,
    // How far above the opening the place is, centimetres.
    beyond: f32,
}

// The photo's colour at a place of its own mouth opening. Beyond the opening the picture is continued, below it by its
// border and above it folded back at the border; `reach` says how far below and above, centimetres.
fn shown(place: vec2f, reach: vec2f) -> Shown {
    let f = field_at(2, frame.mouth.patch_area, place);
    let pixels = length(frame.mouth.skull_to_photo.xz);
    let margin = mix(frame.mouth.margin.x, frame.mouth.margin.y, f.value.z);
    let beyond = mix(reach.x, reach.y, f.value.z) * pixels;
    let missing = max(margin - f.value.x, 0.0);
    let border = place + f.inwards * missing;
    let folded = BACK * f.value.z * missing;
    // The folded place must not lie beyond the opening's other border.
    let room = field_at(2, frame.mouth.patch_area, border + f.inwards * folded).value.x - margin;
    let colour = smooth_in(photo, frame.size, border + f.inwards * clamp(room, 0.0, folded));
    let alpha = smoothstep(-max(beyond, 1.5), 0.0, f.value.x);
    let gone = max(frame.mouth.margin.x - f.value.x, 0.0);
    return Shown(vec4f(colour, alpha), f.value.z * gone / max(pixels, 1e-3));
}

fn draw_mouth(p: vec2f, q: vec2f, under: vec3f) -> vec3f {
    let weight = frame.mouth.weight;
    if weight <= 0.0 || !within(p, frame.mouth.bounds.xy, frame.mouth.bounds.zw)
        || !within(q, frame.mouth.reach.xy, frame.mouth.reach.zw) {
        return under;
    }
    let opening = opening_at(p);
    let scale = frame.mouth.scale;
    let soft = max(0.8, 0.015 / scale);
    // The seam of shut lips is as wide as the softness of a border, however near to each other the lips are.
    let open = smoothstep(-0.7 * soft, soft, opening.inside + 0.6 * frame.mouth.seam * soft) * weight;
    if open <= 0.0 {
        return under;
    }
    let skull = rows(frame.mouth.to_skull, p) + frame.mouth.skull_offset;
    let jaw = rows(frame.mouth.to_jaw, p) + frame.mouth.jaw_offset;
    var inside = painted(skull, jaw, max(0.9 * scale, 0.02));
    // Lips shade what is behind them, the upper lip more; corners are dark.
    let shade = (0.50 + 0.50 * smoothstep(-0.04, 0.30, opening.upper * scale))
        * (0.60 + 0.40 * smoothstep(-0.02, 0.22, opening.lower * scale));
    inside = toned(frame.mouth.tone, inside * shade * frame.mouth.tint);
    let used = frame.mouth.reuse;
    if used > 0.0 {
        let split = frame.mouth.split;
        let upper_end = frame.mouth.upper_end;
        let at_jaw = rows(frame.mouth.jaw_to_photo, jaw) + frame.mouth.jaw_photo_offset;
        let below = shown(at_jaw, vec2f(0.35, 0.05)).colour;
        let below_height = field_at(2, frame.mouth.patch_area, at_jaw).value.w;
        inside = mix(inside, below.rgb, frame.mouth.lower_reuse * below.a * falling(split, split + 0.08, below_height));
        let at_skull = rows(frame.mouth.skull_to_photo, skull) + frame.mouth.skull_photo_offset;
        let above = shown(at_skull, vec2f(0.08, 0.80));
        let above_height = field_at(2, frame.mouth.patch_area, at_skull).value.w;
        let gum = toned(frame.mouth.tone, GUM * shade * frame.mouth.tint);
        let gums = smoothstep(frame.mouth.gums, frame.mouth.gums + 0.14, above.beyond);
        let seen = used * above.colour.a * smoothstep(upper_end - 0.08, upper_end, above_height);
        inside = mix(inside, mix(above.colour.rgb, gum, gums), seen);
        // Teeth between lips that shut would be drawn together to a bright line.
        let dark = toned(frame.mouth.tone, CAVITY * frame.mouth.tint);
        inside = mix(inside, dark, frame.mouth.seam);
    }
    return mix(under, inside, open);
}
