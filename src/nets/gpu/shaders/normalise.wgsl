// A layer norm: every pixel's channels less their mean, divided by their standard deviation, times the weights. All
// planes must be whole.
//
// A workgroup has four pixels; sixteen invocations share the planes of each.

// Invocations that share a pixel.
const SHARERS: u32 = 16u;
// Pixels of a workgroup.
const PIXELS: u32 = 4u;

var<workgroup> shared_sums: array<f32, 64>;

// The sum of the values of all invocations that share a pixel; `local` is the invocation's index in the workgroup.
fn together(value: f32, local: u32) -> f32 {
    shared_sums[local] = value;
    workgroupBarrier();
    var sum = 0.0;
    for (var k = 0u; k < SHARERS; k++) {
        sum += shared_sums[(local / SHARERS) * SHARERS + k];
    }
    workgroupBarrier();
    return sum;
}

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
    let count = sizes.to.x * sizes.to.y;
    let own = group.x * PIXELS + local / SHARERS;
    let start = group.z * sizes.to.z * count + min(own, count - 1u);
    let first = local % SHARERS;
    var sum = vec4f(0.0);
    for (var plane = first; plane < sizes.to.z; plane += SHARERS) {
        sum += input[start + plane * count];
    }
    let channels = f32(sizes.channels);
    let mean = together(dot(sum, vec4f(1.0)), local) / channels;
    var squares = 0.0;
    for (var plane = first; plane < sizes.to.z; plane += SHARERS) {
        let away = input[start + plane * count] - mean;
        squares += dot(away, away);
    }
    let factor = inverseSqrt(together(squares, local) / channels + sizes.epsilon);
    if own >= count {
        return;
    }
    for (var plane = first; plane < sizes.to.z; plane += SHARERS) {
        let at = start + plane * count;
        output[at] = (input[at] - mean) * factor * weights[plane];
    }
}
