// A value of one row of pixels, with its channels and columns exchanged, plus `added`.

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let columns = sizes.to.x;
    if id.x >= columns {
        return;
    }
    let start = (id.z * sizes.source.z + id.x / 4u) * sizes.source.x;
    var value = vec4f(0.0);
    for (var k = 0u; k < 4u; k++) {
        let column = id.y * 4u + k;
        if column < sizes.source.x {
            value[k] = input[start + column][id.x % 4u];
        }
    }
    let at = (id.z * sizes.to.z + id.y) * columns + id.x;
    if sizes.added > 0u {
        value += added[at];
    }
    output[at] = value;
}
