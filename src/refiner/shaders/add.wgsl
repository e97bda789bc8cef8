// Adds to the picture what the nets' grids say. Where a mask is 0, the pixel stays as it is.
//
// A grid holds, for cells of a patch and levels of brightness, how much of each colour is added to itself and
// how much is added to all of it, and whatever the brightness, how much of the picture's finest detail: what is there
// is shaded and sharpened. Layout of a zone's values in a cell: what its mask is made from;
// sharpness; of each level gain and offset of red, green and blue. Behind the zones of a mouth's cell lies what is painted
// between the lips: of each of its pixels red, green, blue, and what its share is made from. The nets leave four values of
// every cell together.
//
// The brightness that chooses among levels is that of the patch which the net has seen: what is finer keeps its contrast.

@group(0) @binding(3) var<storage, read> mouth: array<vec4f>;
@group(0) @binding(4) var<storage, read> eyes: array<vec4f>;
// The patches as they were cut: red, green, blue and the opening of each pixel.
@group(0) @binding(5) var<storage, read> mouth_cut: array<vec4f>;
@group(0) @binding(6) var<storage, read> eyes_cut: array<vec4f>;

// Pixels of a patch in a cell, along each axis; values of a zone before those of the levels; levels of brightness from
// 0 to 1; the border over which a patch's word fades, sides of a patch.
override CELL: f32;
override SHARED: u32;
override LEVELS: u32;
// Values of a cell before those that are painted.
override GRID: u32;
override FADE: f32;
// Share of the difference between colours that is kept of gains and offsets.
override HUE: f32;

// Hue of a tongue, as the way from grey: of `TONGUE` in the generator's mouth.wgsl; the most that is added to all of a colour in
// an opening.
const FLESH: vec3f = vec3f(0.817, -0.418, -0.399);
const LIFT: f32 = 0.4;
// Teeth in the photos that the net was trained on: the way from blue to yellow, across `FLESH`; how far along it they are for
// brightness 1, and how far for each part of what they cover; how far along `FLESH` for each part of yellow; a
// brightness, next to which a hue is lost in rounding; and how many times as far to yellow as most teeth the yellowest are.
const YELLOW: vec3f = vec3f(0.011, 0.702, -0.713);
const WARMTH: vec2f = vec2f(0.03, 0.36);
const WARM: f32 = 1.2;
const DARK: f32 = 0.05;
const YELLOWEST: f32 = 1.5;
// How far along `FLESH` a painted colour of brightness 1 is in white light: least, palest teeth, and most, a little more than the
// dark behind a tongue.
const REDNESS: vec2f = vec2f(0.05, 0.9);
// How far along `FLESH` what lies behind teeth is for brightness 1, at least; between these brightnesses it may be a tooth.
const CAVITY: f32 = 0.45;
const TOOTH: vec2f = vec2f(0.45, 0.65);
// Share of its brightness that what is around a mouth loses at most.
const DARKEN: f32 = 0.15;
const RUDDIER: f32 = 0.02;
const BLUER: f32 = 0.04;
// So many times as bright as before a colour begins to be and is another thing, of which the detail before knows nothing.
const COVERED: vec2f = vec2f(1.5, 3.0);
// The same for how far its hue goes along `FLESH` for brightness 1, whichever way.
const REPAINTED: vec2f = vec2f(0.2, 0.5);
// A share next to which nothing is painted.
const LITTLE: f32 = 1e-4;
const LUMINANCE: vec3f = vec3f(0.299, 0.587, 0.114);
// Bounds of the sharpness, as in train/refiner_net.py.
const SHARPNESS: vec2f = vec2f(-1.0, 2.0);

@vertex
fn cover(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
    let at = vec2f(f32((index << 1u) & 2u), f32(index & 2u));
    return vec4f(at.x * 2.0 - 1.0, 1.0 - at.y * 2.0, 0.0, 1.0);
}

// Indices of the four values around a place between the centres of a square of `side` values, and their weights.
struct Corners {
    index: vec4u,
    weight: vec4f,
}

fn corners(at: vec2f, side: u32) -> Corners {
    let last = f32(side - 1u);
    let p = clamp(at, vec2f(0.0), vec2f(last));
    let low = vec2u(floor(p));
    let high = min(low + 1u, vec2u(side - 1u));
    let f = p - floor(p);
    let rows = vec2u(low.y, high.y) * side;
    return Corners(
        vec4u(rows.x + low.x, rows.x + high.x, rows.y + low.x, rows.y + high.x),
        vec4f((1.0 - f.x) * (1.0 - f.y), f.x * (1.0 - f.y), (1.0 - f.x) * f.y, f.x * f.y),
    );
}

// Where a patch's grid is: whether it is the mouth's, its first four values, cells along a side and in all, and the cells
// around a place.
struct Near {
    mouth: bool,
    start: u32,
    side: u32,
    cells: u32,
    at: Corners,
}

// A value of a grid in each of the four cells.
fn values_at(near: Near, value: u32) -> vec4f {
    let i = near.start + (value / 4u) * near.cells + near.at.index;
    let c = value % 4u;
    if near.mouth {
        return vec4f(mouth[i.x][c], mouth[i.y][c], mouth[i.z][c], mouth[i.w][c]);
    }
    return vec4f(eyes[i.x][c], eyes[i.y][c], eyes[i.z][c], eyes[i.w][c]);
}

// Gains or offsets of red, green and blue between the cells.
fn three_at(near: Near, value: u32) -> vec3f {
    return vec3f(
        dot(near.at.weight, values_at(near, value)),
        dot(near.at.weight, values_at(near, value + 1u)),
        dot(near.at.weight, values_at(near, value + 2u)),
    );
}

fn mean_of(colours: vec3f) -> f32 {
    return (colours.r + colours.g + colours.b) / 3.0;
}

// How far colours are from grey towards a tongue's hue.
fn of_flesh(colours: vec3f) -> f32 {
    return dot(colours - mean_of(colours), FLESH);
}

// Nearer to the mean of red, green and blue, and less still towards green, which neither skin nor teeth turn.
fn paler(colours: vec3f) -> vec3f {
    let mean = mean_of(colours);
    return mean + HUE * (colours - mean - 0.5 * min(0.0, of_flesh(colours)) * FLESH);
}

// The same, but what is of a tongue's hue is kept whole, and nothing is brightened by more than `LIFT`: a mouth that is
// seen into is dark or flesh. What may be a tongue or a dark throat would else be a grey veil.
fn fleshy(colours: vec3f) -> vec3f {
    let rise = max(mean_of(colours), 1e-3);
    return (paler(colours) + (1.0 - HUE) * max(0.0, of_flesh(colours)) * FLESH) * LIFT * tanh(rise / LIFT) / rise;
}

// How warm the light on a colour makes white teeth: the way to yellow for brightness 1.
fn warmth_of(colour: vec3f) -> f32 {
    return WARMTH.x + WARMTH.y * dot(colour, YELLOW) / (mean_of(colour) + DARK);
}

// How much a colour of geometry's mouth, without detail so bright, is what is behind its teeth, 0 to 1: flesh in the dark.
fn behind_teeth(colour: vec3f, before: f32) -> f32 {
    return clamp(of_flesh(colour) / (CAVITY * max(before, DARK)), 0.0, 1.0);
}

// How bright a colour that was so bright is seen where a share of what it becomes is shown: half a tooth over the dark is a grey haze.
fn seen(was: f32, becomes: f32, share: f32) -> f32 {
    return was + share * (becomes - was);
}

// How far along `FLESH` what is made of such a colour is at least for brightness 1, where it is seen so bright.
fn least_redness(behind: f32, bright: f32) -> f32 {
    return CAVITY * behind * (1.0 - smoothstep(TOOTH.x, TOOTH.y, bright));
}

// The mean of a painted colour, and how far along `FLESH` it is in white light, between palest teeth and dark flesh.
fn bounded(paint: vec3f) -> vec2f {
    let mean = max(mean_of(paint), 0.0);
    return vec2f(mean, clamp(of_flesh(paint), REDNESS.x * mean, REDNESS.y * mean));
}

// A colour of a mouth, told by what `bounded` says of it, where it covers `colour`, which is so much behind teeth, and the share `inside`
// of that is shown; what is told and what comes of it are times the share `shown` of the paint.
fn lit(paint: vec2f, shown: f32, colour: vec3f, behind: f32, inside: f32) -> vec3f {
    let warmth = warmth_of(colour);
    let bright = seen(mean_of(colour), paint.x / max(shown, LITTLE), inside);
    let flesh = max(paint.y + WARM * warmth * paint.x, least_redness(behind, bright) * paint.x);
    return paint.x + flesh * FLESH + warmth * paint.x * YELLOW;
}

// What is to be added to a colour in a mouth that is so much behind teeth, without turning it greener or yellower than it is and than
// teeth are in this light; of what is added the share `inside` is shown.
fn hued(change: vec3f, colour: vec3f, behind: f32, inside: f32) -> vec3f {
    let becomes = colour + change;
    let light = warmth_of(colour);
    let bright = max(mean_of(colour), DARK);
    let mean = max(mean_of(becomes), 0.0);
    let asked = least_redness(behind, seen(mean_of(colour), mean, inside));
    let least = min(max(REDNESS.x + WARM * light, asked), of_flesh(colour) / bright) * mean;
    let most = max(YELLOWEST * light, dot(colour, YELLOW) / bright) * mean;
    return change + max(least - of_flesh(becomes), 0.0) * FLESH - max(dot(becomes, YELLOW) - most, 0.0) * YELLOW;
}

// Share of the detail of a colour that stays where what is without it, `before` in the mean, becomes another one: the gap of a tooth goes
// with the tooth that is covered, by dark or by flesh, and so does its edge where another covers what lies behind it.
fn staying(becomes: vec3f, colour: vec3f, before: f32) -> f32 {
    let mean = mean_of(becomes);
    let smoothed = max(before, DARK);
    let ratio = mean / smoothed;
    let redder = abs(of_flesh(becomes) / max(mean, DARK) - of_flesh(colour) / smoothed);
    return clamp(ratio, 0.0, 1.0) * (1.0 - smoothstep(COVERED.x, COVERED.y, ratio))
        * (1.0 - smoothstep(REPAINTED.x, REPAINTED.y, redder));
}

// Share of a change of the brightness around a mouth that is made where without detail it is so bright: all of a small one, never more than
// `DARKEN` of it: a fold shades skin, a blotch hides it.
fn undarkened(change: f32, before: f32) -> f32 {
    let way = min(change, 0.0) / (DARKEN * max(before, DARK));
    return inverseSqrt(1.0 + way * way);
}

// Share of a brightening that is made where it is so bright: all of a small one, nothing beyond `white`.
fn unbleached(change: f32, before: f32, white: f32) -> f32 {
    let way = max(change, 0.0) / max(white - before, LITTLE);
    return inverseSqrt(1.0 + way * way);
}

// What is made of a change around a mouth, of a colour with so much detail, where lit skin of the photo is as bright as `white`: nothing becomes
// brighter than that, much darker, much redder or bluer, or yellower than it was.
fn around_mouths(change: vec3f, colour: vec3f, fine: f32, white: f32) -> vec3f {
    let rise = dot(change, LUMINANCE);
    let before = dot(colour, LUMINANCE) - fine;
    let made = change * undarkened(rise, before) * unbleached(rise, before, white);
    let becomes = colour + made;
    let bright = max(mean_of(becomes) - fine, DARK);
    let lighter = bright / max(mean_of(colour) - fine, DARK);
    let yellow = dot(colour, YELLOW) * lighter;
    let flesh = of_flesh(colour) * lighter;
    let excess = max(dot(becomes, YELLOW) - max(yellow, 0.0), 0.0);
    let missing = max(yellow - BLUER * bright - dot(becomes, YELLOW), 0.0);
    let redder = max(of_flesh(becomes) - max(flesh, 0.0) - RUDDIER * bright, 0.0);
    let hued = becomes - (excess - missing) * YELLOW - redder * FLESH;
    // Its hue back makes nothing brighter.
    return min(max(dot(becomes, LUMINANCE), LITTLE) / max(dot(hued, LUMINANCE), LITTLE), 1.0) * hued - colour;
}

// The brightness of a patch, and its opening, between the centres of its pixels.
fn patch_at(near: Near, start: u32, pixels: Corners) -> vec2f {
    let i = pixels.index + start;
    var sum = vec2f(0.0);
    for (var k = 0; k < 4; k++) {
        var pixel: vec4f;
        if near.mouth {
            pixel = mouth_cut[i[k]];
        } else {
            pixel = eyes_cut[i[k]];
        }
        sum += pixels.weight[k] * vec2f(dot(pixel.rgb, LUMINANCE), pixel.w);
    }
    return sum;
}

fn brightness_at(pixel: vec2i) -> f32 {
    let last = vec2i(textureDimensions(picture)) - 1;
    return dot(textureLoad(picture, clamp(pixel, vec2i(0), last), 0).rgb, LUMINANCE);
}

// Between the centres of pixels; a pixel's own is at its indices.
fn brightness_between(at: vec2f) -> f32 {
    let low = vec2i(floor(at));
    let f = at - floor(at);
    let upper = mix(brightness_at(low), brightness_at(low + vec2i(1, 0)), f.x);
    let lower = mix(brightness_at(low + vec2i(0, 1)), brightness_at(low + vec2i(1, 1)), f.x);
    return mix(upper, lower, f.y);
}

// What a pixel's brightness has that the mean of its neighbours one pixel of the patch away has not.
fn detail(pixel: vec2i, here: Patch) -> f32 {
    let at = vec2f(pixel);
    let mean = brightness_between(at - here.across) + brightness_between(at + here.across)
        + brightness_between(at - here.down) + brightness_between(at + here.down);
    return brightness_at(pixel) - 0.25 * mean;
}

// What a zone of a grid, whose values begin at `first`, adds to a colour where the patch has this brightness; `fine` is the picture's
// detail, of which between lips at least the share `kept` stays where nothing becomes darker. Of a mouth's opening the share `inside` of
// it is shown; around it that is 0.
fn added(near: Near, first: u32, colour: vec3f, brightness: f32, fine: f32, kept: f32, inside: f32) -> vec3f {
    // Exactly 0 and 1 at its ends, in each cell.
    let mask = dot(near.at.weight, clamp(0.5 + 0.25 * values_at(near, first), vec4f(0.0), vec4f(1.0)));
    if mask <= 0.0 {
        return vec3f(0.0);
    }
    let level = clamp(brightness, 0.0, 1.0) * f32(LEVELS - 1u);
    let low = min(u32(level), LEVELS - 2u);
    let share = level - f32(low);
    let below = first + SHARED + 6u * low;
    let above = below + 6u;
    let gain = mix(three_at(near, below), three_at(near, above), share);
    let offset = mix(three_at(near, below + 3u), three_at(near, above + 3u), share);
    let sharpness = dot(near.at.weight, clamp(values_at(near, first + 1u), vec4f(SHARPNESS.x), vec4f(SHARPNESS.y)));
    if inside > 0.0 && near.mouth {
        let shaded = paler(gain) * colour + fleshy(offset);
        let before = mean_of(colour) - fine;
        let softest = kept * staying(colour - fine + shaded, colour, before) - 1.0;
        return mask * hued(shaded + max(sharpness, softest) * fine, colour, behind_teeth(colour, before), inside);
    }
    return mask * (paler(gain) * colour + paler(offset) + sharpness * fine);
}

// What is painted at a pixel of the mouth's patch, as `bounded` tells it, times its share, and the share: exactly 0 and 1 at its ends.
fn paint_of(near: Near, pixel: vec2u) -> vec3f {
    let step = u32(CELL);
    let cell = pixel / step;
    let inner = pixel - cell * step;
    let plane = GRID / 4u + inner.y * step + inner.x;
    let paint = mouth[near.start + plane * near.cells + cell.y * near.side + cell.x];
    let share = clamp(0.5 + 0.25 * paint.w, 0.0, 1.0);
    return vec3f(bounded(paint.rgb) * share, share);
}

// The same between the centres of pixels, at a place of a patch of `side` pixels.
fn paint_at(near: Near, at: vec2f, side: u32) -> vec3f {
    let p = clamp(at, vec2f(0.0), vec2f(f32(side - 1u)));
    let low = vec2u(floor(p));
    let high = min(low + 1u, vec2u(side - 1u));
    let f = p - floor(p);
    let upper = mix(paint_of(near, low), paint_of(near, vec2u(high.x, low.y)), f.x);
    let lower = mix(paint_of(near, vec2u(low.x, high.y)), paint_of(near, high), f.x);
    return mix(upper, lower, f.y);
}

@fragment
fn add(@builtin(position) place: vec4f) -> @location(0) vec4f {
    let before = textureLoad(picture, vec2i(place.xy), 0);
    var colour = before.rgb;
    for (var k = 0; k < 3; k++) {
        let here = patches[k];
        let way = place.xy - here.origin;
        let at = vec2f(dot(way, here.across), dot(way, here.down)) / max(dot(here.across, here.across), 1e-12) - 0.5;
        let last = f32(here.side - 1u);
        let edge = min(min(at.x, at.y), min(last - at.x, last - at.y));
        let limit = here.weight * smoothstep(0.0, FADE * f32(here.side), edge);
        if limit <= 0.0 {
            continue;
        }
        let cells = u32(f32(here.side) / CELL);
        let near = Near(k == 0, here.grid, cells, cells * cells, corners((at + 0.5) / CELL - 0.5, cells));
        let cut = patch_at(near, here.cut, corners(at, here.side));
        let brightness = cut.x;
        let opening = cut.y;
        let fine = detail(vec2i(place.xy), here);
        var change = vec3f(0.0);
        if opening > 0.0 {
            let kept = select(0.0, here.detail, near.mouth);
            let shown = select(1.0, here.inside, near.mouth);
            var inside = added(near, 0u, before.rgb, brightness, fine, kept, shown);
            if near.mouth {
                let paint = here.paint * paint_at(near, at, here.side);
                let smoothed = mean_of(before.rgb) - fine;
                let behind = behind_teeth(before.rgb, smoothed);
                let covers = lit(paint.xy, paint.z, before.rgb, behind, shown);
                let stays = kept * staying(covers / max(paint.z, LITTLE), before.rgb, smoothed);
                inside = (1.0 - paint.z) * inside + covers - paint.z * (before.rgb - stays * fine);
            } else {
                inside *= unbleached(mean_of(inside), mean_of(before.rgb), here.white_eye);
            }
            change += opening * shown * inside;
        }
        if opening < 1.0 {
            var around = (1.0 - opening) * added(near, SHARED + 6u * LEVELS, before.rgb, brightness, fine, 0.0, 0.0);
            if near.mouth {
                around = around_mouths(around, before.rgb, fine, here.white_around);
            } else {
                around *= unbleached(dot(around, LUMINANCE), dot(before.rgb, LUMINANCE) - fine, here.white_around);
            }
            change += around;
        }
        colour += limit * change;
    }
    let tone = patches[0].tone;
    return vec4f(before.rgb + toned(tone, colour) - toned(tone, before.rgb), before.a);
}
