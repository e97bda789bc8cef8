// Adds to the picture what the nets' grids say. Where a mask is 0, the pixel stays as it is.
//
// A grid holds, for cells of a patch and levels of brightness, how much of each colour is added to itself and
// how much is added to all of it: the picture's own detail is shaded, never painted over. Layout of a zone's
// values in a cell: what its mask is made from; of each level gain and offset of red, green and blue.

@group(0) @binding(2) var<storage, read> grids: array<f32>;
@group(0) @binding(3) var<storage, read> openings: array<f32>;

// Pixels of a patch in a cell, along each axis; levels of brightness from 0 to 1; the border over which a
// patch's word fades, sides of a patch.
override CELL: f32;
override LEVELS: u32;
override FADE: f32;
// Share of the difference between colours that is kept of gains and offsets.
override HUE: f32;

const LUMINANCE: vec3f = vec3f(0.299, 0.587, 0.114);

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

// The value of a grid between four cells, the first of which begins at each index.
fn grid_at(first: vec4u, offset: u32, weight: vec4f) -> f32 {
    let i = first + offset;
    return dot(weight, vec4f(grids[i.x], grids[i.y], grids[i.z], grids[i.w]));
}

// Gains or offsets of red, green and blue.
fn three_at(first: vec4u, offset: u32, weight: vec4f) -> vec3f {
    return vec3f(
        grid_at(first, offset, weight),
        grid_at(first, offset + 1u, weight),
        grid_at(first, offset + 2u, weight),
    );
}

// Nearer to the mean of red, green and blue.
fn paler(colours: vec3f) -> vec3f {
    return mix(vec3f((colours.r + colours.g + colours.b) / 3.0), colours, HUE);
}

// What a zone of a grid adds to a colour; its values in the four cells begin at `first`.
fn added(first: vec4u, weight: vec4f, colour: vec3f) -> vec3f {
    // Exactly 0 and 1 at its ends, in each cell.
    let told = vec4f(grids[first.x], grids[first.y], grids[first.z], grids[first.w]);
    let mask = dot(weight, clamp(0.5 + 0.25 * told, vec4f(0.0), vec4f(1.0)));
    if mask <= 0.0 {
        return vec3f(0.0);
    }
    let level = clamp(dot(colour, LUMINANCE), 0.0, 1.0) * f32(LEVELS - 1u);
    let low = min(u32(level), LEVELS - 2u);
    let share = level - f32(low);
    let below = 1u + 6u * low;
    let above = below + 6u;
    let gain = mix(three_at(first, below, weight), three_at(first, above, weight), share);
    let offset = mix(three_at(first, below + 3u, weight), three_at(first, above + 3u, weight), share);
    return mask * (paler(gain) * colour + paler(offset));
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
        let pixels = corners(at, here.side);
        let i = pixels.index + here.opening;
        let opening = dot(pixels.weight, vec4f(openings[i.x], openings[i.y], openings[i.z], openings[i.w]));
        let cells = u32(f32(here.side) / CELL);
        let near = corners((at + 0.5) / CELL - 0.5, cells);
        let zone = 1u + 6u * LEVELS;
        let first = here.grid + 2u * zone * near.index;
        var change = vec3f(0.0);
        if opening > 0.0 {
            change += opening * added(first, near.weight, before.rgb);
        }
        if opening < 1.0 {
            change += (1.0 - opening) * added(first + zone, near.weight, before.rgb);
        }
        colour += limit * change;
    }
    return vec4f(colour, before.a);
}
