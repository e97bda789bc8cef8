// Every pixel's channels less their mean, over their standard deviation, times the weights. Whole planes only.

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let count = sizes.to.x * sizes.to.y;
    if id.x >= count {
        return;
    }
    let start = id.z * sizes.to.z * count + id.x;
    var sum = vec4f(0.0);
    for (var plane = 0u; plane < sizes.to.z; plane++) {
        sum += input[start + plane * count];
    }
    let channels = f32(sizes.channels);
    let mean = dot(sum, vec4f(1.0)) / channels;
    var squares = 0.0;
    for (var plane = 0u; plane < sizes.to.z; plane++) {
        let away = input[start + plane * count] - mean;
        squares += dot(away, away);
    }
    let factor = inverseSqrt(squares / channels + sizes.epsilon);
    for (var plane = 0u; plane < sizes.to.z; plane++) {
        let at = start + plane * count;
        output[at] = (input[at] - mean) * factor * weights[plane];
    }
}
