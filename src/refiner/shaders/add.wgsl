// Adds to the picture what the nets' grids say. Where a mask is 0, the pixel stays as it is.
//
// A grid holds, for cells of a patch and levels of brightness, how much of each colour is added to itself and
// how much is added to all of it: the picture's own detail is shaded, never painted over. Layout of a zone's
// planes: mask; of each level gain and offset of red, green and blue.

@group(0) @binding(2) var<storage, read> grids: array<f32>;
@group(0) @binding(3) var<storage, read> openings: array<f32>;

// Pixels of a patch in a cell, along each axis; levels of brightness from 0 to 1; the border over which a
// patch's word fades, sides of a patch.
override CELL: f32;
override LEVELS: u32;
override FADE: f32;

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

fn grid_at(start: u32, near: Corners) -> f32 {
    let i = near.index + start;
    return dot(near.weight, vec4f(grids[i.x], grids[i.y], grids[i.z], grids[i.w]));
}

// Gains or offsets of red, green and blue.
fn three_at(start: u32, plane: u32, near: Corners) -> vec3f {
    return vec3f(grid_at(start, near), grid_at(start + plane, near), grid_at(start + 2u * plane, near));
}

// What a zone of a grid adds to a colour; its planes begin at `start`.
fn added(start: u32, plane: u32, near: Corners, colour: vec3f) -> vec3f {
    let mask = grid_at(start, near);
    if mask <= 0.0 {
        return vec3f(0.0);
    }
    let level = clamp(dot(colour, LUMINANCE), 0.0, 1.0) * f32(LEVELS - 1u);
    let low = min(u32(level), LEVELS - 2u);
    let share = level - f32(low);
    let first = start + (1u + 6u * low) * plane;
    let second = first + 6u * plane;
    let gain = mix(three_at(first, plane, near), three_at(second, plane, near), share);
    let offset = mix(three_at(first + 3u * plane, plane, near), three_at(second + 3u * plane, plane, near), share);
    return mask * (gain * colour + offset);
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
        let plane = cells * cells;
        let outer = here.grid + (1u + 6u * LEVELS) * plane;
        var change = vec3f(0.0);
        if opening > 0.0 {
            change += opening * added(here.grid, plane, near, before.rgb);
        }
        if opening < 1.0 {
            change += (1.0 - opening) * added(outer, plane, near, before.rgb);
        }
        colour += limit * change;
    }
    return vec4f(colour, before.a);
}
