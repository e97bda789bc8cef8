// Four times (n + 1) channels to 2 x 2 pixels of n, at most three, times the sigmoid of the last.

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let count = sizes.to.x * sizes.to.y;
    if id.x >= count {
        return;
    }
    let x = id.x % sizes.to.x;
    let y = id.x / sizes.to.x;
    let corner = (y % 2u) * 2u + x % 2u;
    let from_plane = sizes.source.x * sizes.source.y;
    let start = id.z * sizes.source.z * from_plane + (y / 2u) * sizes.source.x + x / 2u;
    let share = 1.0 / (1.0 + exp(-input[start + sizes.channels * from_plane][corner]));
    var value = vec4f(0.0);
    for (var channel = 0u; channel < sizes.channels; channel++) {
        value[channel] = input[start + channel * from_plane][corner] * share;
    }
    output[id.z * count + id.x] = value;
}
