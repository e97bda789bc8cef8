// `input` at twice its size along each axis, every pixel repeated four times, plus `added`.

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let count = sizes.to.x * sizes.to.y;
    if id.x >= count {
        return;
    }
    let plane = id.z * sizes.to.z + id.y;
    let x = id.x % sizes.to.x;
    let y = id.x / sizes.to.x;
    let half = plane * sizes.source.x * sizes.source.y + (y / 2u) * sizes.source.x + x / 2u;
    let at = plane * count + id.x;
    output[at] = input[half] + added[at];
}
