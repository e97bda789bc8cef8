// Adds to the picture the changes that the nets' grids ask for. Where a mask is 0, the pixel stays as it is.
//
// A grid holds, for each cell of a patch and each level of brightness, a gain (how much of each colour is added to
// itself) and an offset (how much is added to each colour), and for all levels alike a sharpness (how much of the
// picture's finest detail is added). So the picture is shaded and sharpened. The values of a zone in a cell are: the
// number its blend mask is made from; the sharpness; for each level the gains and the offsets of red, green and blue.
// Behind the zones of a mouth's cell follows the paint between the lips: for each pixel of the cell red, green, blue,
// and the number its share is made from. The nets store each cell's values in planes of four.
//
// The level is chosen by the brightness of the patch that the net saw, so detail finer than the patch keeps its
// contrast.

@group(0) @binding(3) var<storage, read> mouth: array<vec4f>;
@group(0) @binding(4) var<storage, read> eyes: array<vec4f>;
// The patches as they were cut: red, green, blue and the opening of each pixel.
@group(0) @binding(5) var<storage, read> mouth_cut: array<vec4f>;
@group(0) @binding(6) var<storage, read> eyes_cut: array<vec4f>;

// Pixels of a patch that a cell covers along each axis.
override CELL: f32;
// Values of a zone that come before those of its levels: mask and sharpness.
override SHARED: u32;
// Levels of brightness, evenly from 0 to 1.
override LEVELS: u32;
// Values of a cell before its paint.
override GRID: u32;
// Width of the border over which a patch's change fades to nothing, sides of the patch.
override FADE: f32;
// Share of the difference between colours that is kept in gains and offsets, 0 to 1.
override HUE: f32;

// What follows up to `LITTLE` are the limits on hues. `src/refiner/hue.rs` has the same constants under the same names,
// says how hues are measured, and what each constant is for.
//
// Hue of a tongue: the direction from grey to flesh in RGB, of length 1. It is that of `TONGUE` in the generator's
// mouth.wgsl.
const FLESH: vec3f = vec3f(0.817, -0.418, -0.399);
// Most that an offset adds to the mean of a colour in a mouth's opening, brightness 0 to 1.
const LIFT: f32 = 0.4;
// The direction from blue to yellow in RGB, of length 1 and at right angles to `FLESH`.
const YELLOW: vec3f = vec3f(0.011, 0.702, -0.713);
// How far along `YELLOW` teeth are for brightness 1 in the photos that the net was trained on: the first value, plus
// the second times how far along `YELLOW`, for brightness 1, the colour is that they cover.
const WARMTH: vec2f = vec2f(0.03, 0.36);
// How far along `FLESH` the teeth in those photos are for each unit along `YELLOW`.
const WARM: f32 = 1.2;
// Brightness, 0 to 1, below which a colour's hue is lost in rounding; divisors are at least this, or are raised by it.
const DARK: f32 = 0.05;
// How many times as far along `YELLOW` as most teeth in this light (see `warmth_of`) the yellowest teeth are.
const YELLOWEST: f32 = 1.5;
// How far along `FLESH` a painted colour of brightness 1 is in white light: at least the first value, which is that of
// the palest teeth, and at most the second, a little more than that of the dark behind a tongue.
const REDNESS: vec2f = vec2f(0.05, 0.9);
// How far along `FLESH` what lies behind teeth is at least, for brightness 1.
const CAVITY: f32 = 0.45;
// Brightness, 0 to 1, of what lies behind teeth: below the first value it must be as red as `CAVITY`; above the second
// it may be as pale as a tooth.
const TOOTH: vec2f = vec2f(0.45, 0.65);
// Brightness, 0 to 1, that what lies behind teeth has at most where it is darker than `TOOTH`: that of the brightest
// tongues.
const TONGUE: f32 = 0.42;
// Brightness, 0 to 1, of geometry's teeth: a colour darker than the first value is none, one brighter than the second
// is one unless it has the hue of what lies behind teeth.
const TOOTHLIKE: vec2f = vec2f(0.3, 0.55);
// Largest share of its brightness that a pixel around a mouth may lose.
const DARKEN: f32 = 0.15;
// How much farther along `FLESH` a pixel around a mouth may become, for brightness 1: a lip may become a little redder
// than it was, but skin must not look bruised.
const RUDDIER: f32 = 0.02;
// How much farther against `YELLOW` a pixel around a mouth may become, for brightness 1, for the same reason.
const BLUER: f32 = 0.04;
// Ratio of the new to the old brightness at which a repainted pixel starts to lose geometry's fine detail, and at
// which all of it is gone: the detail of a tooth says nothing of the flesh painted over it.
const COVERED: vec2f = vec2f(1.5, 3.0);
// How far a repainted pixel's hue moves along `FLESH`, either way, for brightness 1: it keeps geometry's fine detail
// below the first value and loses all of it above the second.
const REPAINTED: vec2f = vec2f(0.2, 0.5);
// Smallest divisor: a share of paint, or a difference of brightness, that is smaller counts as this much.
const LITTLE: f32 = 1e-4;
// Shares of red, green and blue in the brightness (ITU-R BT.601), as in `src/refiner/brightness.rs`.
const LUMINANCE: vec3f = vec3f(0.299, 0.587, 0.114);
// Distance over which teeth are told apart, pixels of a mouth's patch: about half a tooth.
const AROUND: i32 = 4;
// Share of the fine detail that stays at which no tongue is out for sure.
const CALM: f32 = 0.5;
// Shares of the paint of five pixels in a row in that of the middle one, as in `src/refiner/paint.rs`, which says why.
const SPAN: array<f32, 5> = array(0.125, 0.25, 0.25, 0.25, 0.125);
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

// Where a patch's grid lies in its buffer, and the four cells around a place.
struct Near {
    // Whether the grid is the mouth's.
    mouth: bool,
    // Index of the grid's first four values.
    start: u32,
    // Cells along a side of the patch, and in all.
    side: u32,
    cells: u32,
    // The cells around the place.
    at: Corners,
}

// One value of a grid, in each of the four cells around the place.
fn values_at(near: Near, value: u32) -> vec4f {
    let i = near.start + (value / 4u) * near.cells + near.at.index;
    let c = value % 4u;
    if near.mouth {
        return vec4f(mouth[i.x][c], mouth[i.y][c], mouth[i.z][c], mouth[i.w][c]);
    }
    return vec4f(eyes[i.x][c], eyes[i.y][c], eyes[i.z][c], eyes[i.w][c]);
}

// Three values of a grid (gains or offsets of red, green and blue) from `value` on, interpolated between the cells.
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

// How far a colour is from grey along `FLESH`, the hue of a tongue.
fn of_flesh(colours: vec3f) -> f32 {
    return dot(colours - mean_of(colours), FLESH);
}

// Pulls a colour towards its mean of red, green and blue: the share `HUE` of the distance is kept, and half of that of
// its part against `FLESH`, towards green, as neither skin nor teeth turn green.
fn paler(colours: vec3f) -> vec3f {
    let mean = mean_of(colours);
    return mean + HUE * (colours - mean - 0.5 * min(0.0, of_flesh(colours)) * FLESH);
}

// `paler` for offsets in a mouth's opening: the part along `FLESH` is kept whole, and the mean rises by no more than
// `LIFT`. An open mouth is dark or flesh inside; what might be a tongue or a dark throat would else become a grey veil.
fn fleshy(colours: vec3f) -> vec3f {
    let rise = max(mean_of(colours), 1e-3);
    return (paler(colours) + (1.0 - HUE) * max(0.0, of_flesh(colours)) * FLESH) * LIFT * tanh(rise / LIFT) / rise;
}

// How warm white teeth look in the light that falls on `colour`: how far along `YELLOW` they are for brightness 1.
fn warmth_of(colour: vec3f) -> f32 {
    return WARMTH.x + WARMTH.y * dot(colour, YELLOW) / (mean_of(colour) + DARK);
}

// How far a colour in geometry's mouth counts as what lies behind its teeth, flesh in the dark: 0 not at all, 1
// entirely. `before` is the colour's mean without its fine detail.
fn behind_teeth(colour: vec3f, before: f32) -> f32 {
    return clamp(of_flesh(colour) / (CAVITY * max(before, DARK)), 0.0, 1.0);
}

// Brightness that is seen in the end where a colour of brightness `was` would become `becomes` and the share `share` of
// that change is shown: half of a tooth over the dark is a grey haze.
fn seen(was: f32, becomes: f32, share: f32) -> f32 {
    return was + share * (becomes - was);
}

// How far along `FLESH` a new colour must be at least, for brightness 1. It covers a colour that counts by `behind`, 0
// to 1, as lying behind teeth, and is seen with the brightness `bright` in the end.
fn least_redness(behind: f32, bright: f32) -> f32 {
    return CAVITY * behind * (1.0 - smoothstep(TOOTH.x, TOOTH.y, bright));
}

// The mean of a painted colour, and how far along `FLESH` it is in white light, limited to the range from the palest
// teeth to dark flesh (`REDNESS`).
fn bounded(paint: vec3f) -> vec2f {
    let mean = max(mean_of(paint), 0.0);
    return vec2f(mean, clamp(of_flesh(paint), REDNESS.x * mean, REDNESS.y * mean));
}

// The colour of paint in the light of the mouth. `paint` is the mean and redness from `bounded`, times the paint's
// share `shown`; the result is times `shown` too. The paint covers `colour`, which counts by `behind`, 0 to 1, as lying
// behind teeth, and the share `inside` of the whole change is shown.
fn lit(paint: vec2f, shown: f32, colour: vec3f, behind: f32, inside: f32) -> vec3f {
    let warmth = warmth_of(colour);
    let bright = seen(mean_of(colour), paint.x / max(shown, LITTLE), inside);
    let flesh = max(paint.y + WARM * warmth * paint.x, least_redness(behind, bright) * paint.x);
    return paint.x + flesh * FLESH + warmth * paint.x * YELLOW;
}

// Corrects a change of `colour` in a mouth, so that the result is no greener and no yellower than both `colour` itself
// and teeth in this light. `behind`, 0 to 1, is how far `colour` counts as lying behind teeth; the share `inside` of
// the change is shown.
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

// Share of geometry's fine detail that stays where a colour becomes another one, 0 to 1. `becomes` is the new colour
// without the detail, `colour` the old one with it, `before` the old one's mean without it. Where dark or flesh covers
// a tooth, the gap beside that tooth goes with it; where another tooth covers what lies behind, the old edge goes too.
fn staying(becomes: vec3f, colour: vec3f, before: f32) -> f32 {
    let mean = mean_of(becomes);
    let smoothed = max(before, DARK);
    let ratio = mean / smoothed;
    let redder = abs(of_flesh(becomes) / max(mean, DARK) - of_flesh(colour) / smoothed);
    return clamp(ratio, 0.0, 1.0) * (1.0 - smoothstep(COVERED.x, COVERED.y, ratio))
        * (1.0 - smoothstep(REPAINTED.x, REPAINTED.y, redder));
}

// How far a colour of geometry's mouth counts as a tooth, 0 to 1. `behind`, 0 to 1, is how far it counts as lying behind
// teeth, `before` its mean without its fine detail.
fn toothlike(behind: f32, before: f32) -> f32 {
    return smoothstep(TOOTHLIKE.x, TOOTHLIKE.y, before) * (1.0 - behind);
}

// A new colour in a mouth. Where it covers what lies behind teeth (`behind`, 0 to 1, or 0 where a tongue is out) and is
// no tooth, it becomes no brighter than `TONGUE` and at least as red as `CAVITY`: a guess between tooth and tongue is a
// haze.
fn without_haze(becomes: vec3f, behind: f32) -> vec3f {
    let bright = max(mean_of(becomes), LITTLE);
    let dimmed = becomes * min(TONGUE / bright, 1.0);
    let tongue = dimmed + max(CAVITY * mean_of(dimmed) - of_flesh(dimmed), 0.0) * FLESH;
    return mix(becomes, tongue, behind * (1.0 - smoothstep(TOOTH.x, TOOTH.y, bright)));
}

// Share of a change of brightness that is made around a mouth, where the brightness without fine detail is `before`.
// All of a small darkening is made, but in sum no more than the share `DARKEN` of `before`: a fold shades the skin, a
// blotch hides it. Brightening is not limited here.
fn undarkened(change: f32, before: f32) -> f32 {
    let way = min(change, 0.0) / (DARKEN * max(before, DARK));
    return inverseSqrt(1.0 + way * way);
}

// Share of a brightening by `change` that is made where the brightness is `before`: all of a small one, but the result
// does not exceed `white`. Darkening is not limited here.
fn unbleached(change: f32, before: f32, white: f32) -> f32 {
    let way = max(change, 0.0) / max(white - before, LITTLE);
    return inverseSqrt(1.0 + way * way);
}

// Limits a change of `colour` around a mouth. `fine` is the fine detail in the colour's brightness, `white` the
// brightness of the photo's lit skin. The result is no brighter than `white`, not much darker than before
// (`undarkened`), not much redder or bluer (`RUDDIER`, `BLUER`), and no yellower than before.
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
    // Correcting the hue must not make the pixel brighter.
    return min(max(dot(becomes, LUMINANCE), LITTLE) / max(dot(hued, LUMINANCE), LITTLE), 1.0) * hued - colour;
}

// The brightness of a cut patch and its mask of the opening, interpolated between the centres of its pixels. `start` is
// the index of the patch's first pixel.
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

// Detail of the size of teeth at a place `at` of a patch of `side` x `side` pixels: the brightness `bright` there less
// its mean around, over eight places that lie in the opening. It fades out where few of them do.
fn tooth_detail(near: Near, start: u32, at: vec2f, side: u32, bright: f32) -> f32 {
    var sum = 0.0;
    var count = 0.0;
    for (var k = 0; k < 9; k++) {
        if k == 4 {
            continue;
        }
        let way = vec2f(vec2i(k % 3 - 1, k / 3 - 1) * AROUND);
        let seen = patch_at(near, start, corners(at + way, side));
        sum += seen.x * seen.y;
        count += seen.y;
    }
    return min(0.25 * count, 1.0) * (bright - sum / max(count, LITTLE));
}

// The brightness of a pixel of the picture; outside the picture its border goes on.
fn brightness_at(pixel: vec2i) -> f32 {
    let last = vec2i(textureDimensions(picture)) - 1;
    return dot(textureLoad(picture, clamp(pixel, vec2i(0), last), 0).rgb, LUMINANCE);
}

// The brightness at a place between the centres of the picture's pixels; the place of a centre is the pixel's indices.
fn brightness_between(at: vec2f) -> f32 {
    let low = vec2i(floor(at));
    let f = at - floor(at);
    let upper = mix(brightness_at(low), brightness_at(low + vec2i(1, 0)), f.x);
    let lower = mix(brightness_at(low + vec2i(0, 1)), brightness_at(low + vec2i(1, 1)), f.x);
    return mix(upper, lower, f.y);
}

// A pixel's fine detail: its brightness less the mean brightness at four places one pixel of the patch away from it.
fn detail(pixel: vec2i, here: Patch) -> f32 {
    let at = vec2f(pixel);
    let mean = brightness_between(at - here.across) + brightness_between(at + here.across)
        + brightness_between(at - here.down) + brightness_between(at + here.down);
    return brightness_at(pixel) - 0.25 * mean;
}

// What a zone of a grid, whose values begin at `first`, adds to a colour where the patch has this brightness. `fine` is
// the picture's fine detail. Between lips at least the share `kept` of it stays, less where `staying` says so, and the
// share `inside` of what is added is shown; for the zone around an opening `inside` is 0.
fn added(near: Near, first: u32, colour: vec3f, brightness: f32, fine: f32, kept: f32, inside: f32) -> vec3f {
    // Each cell's mask is exactly 0 at -2 and below, and exactly 1 at 2 and above.
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

// The paint at a pixel of the mouth's patch: mean and redness from `bounded`, both times the paint's share, then the
// share. The share is exactly 0 where the net says -2 or less, and exactly 1 from 2 on.
fn paint_of(near: Near, pixel: vec2u) -> vec3f {
    let step = u32(CELL);
    let cell = pixel / step;
    let inner = pixel - cell * step;
    let plane = GRID / 4u + inner.y * step + inner.x;
    let paint = mouth[near.start + plane * near.cells + cell.y * near.side + cell.x];
    let share = clamp(0.5 + 0.25 * paint.w, 0.0, 1.0);
    return vec3f(bounded(paint.rgb) * share, share);
}

// The paint at a place between the centres of pixels of a patch of `side` x `side` pixels: that of the pixels around it,
// by `SPAN` along each axis and interpolated between two of them. Only what lies in the opening counts; `start` is the
// index of the cut patch's first pixel.
fn paint_at(near: Near, start: u32, at: vec2f, side: u32) -> vec3f {
    let last = i32(side) - 1;
    let p = clamp(at, vec2f(0.0), vec2f(f32(last)));
    let low = vec2i(floor(p));
    let f = p - floor(p);
    var sum = vec3f(0.0);
    var whole = 0.0;
    for (var row = 0; row < 6; row++) {
        let y = clamp(low.y + row - 2, 0, last);
        let down = span_at(row, f.y);
        for (var column = 0; column < 6; column++) {
            let x = clamp(low.x + column - 2, 0, last);
            let opening = mouth_cut[start + u32(y * i32(side) + x)].w;
            let share = opening * down * span_at(column, f.x);
            if share > 0.0 {
                sum += share * paint_of(near, vec2u(vec2i(x, y)));
                whole += share;
            }
        }
    }
    return sum / max(whole, LITTLE);
}

// Share of the `k`-th of six pixels in a row in the paint of a place that lies by `f` between the third and the fourth.
fn span_at(k: i32, f: f32) -> f32 {
    var span = SPAN;
    return (1.0 - f) * select(0.0, span[min(k, 4)], k < 5) + f * select(0.0, span[max(k - 1, 0)], k > 0);
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
                var paint = vec3f(0.0);
                if here.paint > 0.0 {
                    paint = here.paint * paint_at(near, here.cut, at, here.side);
                }
                let smoothed = mean_of(before.rgb) - fine;
                let behind = behind_teeth(before.rgb, smoothed);
                let covers = lit(paint.xy, paint.z, before.rgb, behind, shown);
                let stays = kept * staying(covers / max(paint.z, LITTLE), before.rgb, smoothed);
                let teeth = toothlike(behind, smoothed);
                var details = fine;
                if paint.z * stays * teeth > 0.0 {
                    details += teeth * tooth_detail(near, here.cut, at, here.side, dot(before.rgb, LUMINANCE) - fine);
                }
                let mask = dot(near.at.weight, clamp(0.5 + 0.25 * values_at(near, 0u), vec4f(0.0), vec4f(1.0)));
                inside = (1.0 - paint.z) * inside + covers - paint.z * (before.rgb - stays * details);
                let seen_so = before.rgb + shown * inside;
                // A tongue that is out is as bright as it is.
                let changed = (1.0 - (1.0 - paint.z) * (1.0 - mask)) * min(kept / CALM, 1.0);
                inside = (without_haze(seen_so, changed * behind) - before.rgb) / max(shown, LITTLE);
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
