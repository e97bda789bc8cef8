// Moves the grids that are shown towards the nets' newest grids, by each patch's shares `fresh_inside` and `fresh`.

@group(0) @binding(3) var<storage, read> mouth: array<vec4f>;
@group(0) @binding(4) var<storage, read> eyes: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> mouth_shown: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> eyes_shown: array<vec4f>;
// The mouth's masks when its grid was last moved.
@group(0) @binding(7) var<storage, read> masks_before: array<u32>;

// Pixels of a patch that a cell covers along each axis.
override CELL: u32;
// Values of a cell in its first zone, that of the opening.
override ZONE: u32;
// Values of a cell before its paint.
override GRID: u32;

// Four values to be shown next. Where the share is 1 the new value is taken as it is, because the buffer may hold
// anything (even NaN) where nothing was shown before.
fn moved(shown: vec4f, fresh: vec4f, share: vec4f) -> vec4f {
    return select(shown + share * (fresh - shown), fresh, share >= vec4f(1.0));
}

// Whether a pixel of the mouth's patch lay between the lips when the grid was last moved.
fn was_open(pixel: u32) -> bool {
    return (masks_before[pixel / 2u] & select(0xffu, 0xff0000u, (pixel & 1u) == 1u)) != 0u;
}

@compute @workgroup_size(64)
fn keep(@builtin(global_invocation_id) id: vec3u) {
    let here = patches[id.y];
    let columns = here.side / CELL;
    let cells = columns * columns;
    let plane = id.x / cells;
    let paints = id.y == 0u;
    if plane >= GRID / 4u + select(0u, CELL * CELL, paints) || here.weight <= 0.0 || here.fresh <= 0.0 {
        return;
    }
    let i = here.grid + id.x;
    if !paints {
        eyes_shown[i] = moved(eyes_shown[i], eyes[i], vec4f(here.fresh));
        return;
    }
    let cell = id.x % cells;
    let first = CELL * (cell / columns * here.side + cell % columns);
    var open: vec4<bool>;
    if plane >= GRID / 4u {
        let inner = plane - GRID / 4u;
        open = vec4<bool>(was_open(first + inner / CELL * here.side + inner % CELL));
    } else {
        var all_open = true;
        for (var inner = 0u; inner < CELL * CELL; inner++) {
            all_open = all_open && was_open(first + inner / CELL * here.side + inner % CELL);
        }
        open = vec4u(4u * plane) + vec4u(0u, 1u, 2u, 3u) < vec4u(select(0u, ZONE, all_open));
    }
    let share = select(vec4f(here.fresh), vec4f(here.fresh_inside), open);
    mouth_shown[i] = moved(mouth_shown[i], mouth[i], share);
}
