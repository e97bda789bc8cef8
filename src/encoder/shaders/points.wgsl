// Turns landmarks into the input of the blendshape net: x and y of its points in the picture's axes, centred and
// scaled to one size. It does the same as `prepared` in nets/blendshapes.rs.

struct Axes {
    // The directions of the crop's axes in the picture.
    x: vec2f,
    y: vec2f,
}

@group(0) @binding(0) var<uniform> axes: Axes;
// Three numbers for each landmark: x, y, z.
@group(0) @binding(1) var<storage, read> landmarks: array<f32>;
// Which landmarks the net reads.
@group(0) @binding(2) var<storage, read> points: array<u32>;
// Three rows of `COLUMNS` values, four values of each row together: x, y, and the row of the learnt token.
@group(0) @binding(3) var<storage, read_write> rows: array<vec4f>;

override POINTS: u32;
override COLUMNS: u32;
override SPREAD: f32;

const THREADS: u32 = 64;

var<workgroup> sums: array<vec2f, THREADS>;

fn place(k: u32) -> vec2f {
    let first = 3u * points[k];
    return landmarks[first] * axes.x + landmarks[first + 1u] * axes.y;
}

// The sum of the values that all invocations have put into `sums`.
fn total(local: u32) -> vec2f {
    workgroupBarrier();
    var sum = vec2f(0.0);
    for (var k = 0u; k < THREADS; k++) {
        sum += sums[k];
    }
    workgroupBarrier();
    return sum;
}

@compute @workgroup_size(64, 1, 1)
fn prepare(@builtin(local_invocation_index) local: u32) {
    var sum = vec2f(0.0);
    for (var k = local; k < POINTS; k += THREADS) {
        sum += place(k);
    }
    sums[local] = sum;
    let mean = total(local) / f32(POINTS);
    var spread = 0.0;
    for (var k = local; k < POINTS; k += THREADS) {
        spread += length(place(k) - mean);
    }
    sums[local] = vec2f(spread, 0.0);
    // Points that all coincide have no expression; the floor only keeps the result finite.
    let scale = SPREAD / max(total(local).x / f32(POINTS), 1e-9);
    for (var four = local; four < COLUMNS / 4u; four += THREADS) {
        var x = vec4f(0.0);
        var y = vec4f(0.0);
        var token = vec4f(0.0);
        for (var c = 0u; c < 4u; c++) {
            let k = 4u * four + c;
            if k < POINTS {
                let here = (place(k) - mean) * scale;
                x[c] = here.x;
                y[c] = here.y;
            } else if k == COLUMNS - 1u {
                x[c] = 1.0;
                y[c] = 1.0;
            } else {
                token[c] = 1.0;
            }
        }
        rows[3u * four] = x;
        rows[3u * four + 1u] = y;
        rows[3u * four + 2u] = token;
    }
}
