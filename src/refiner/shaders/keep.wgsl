// Moves the grids that are shown towards those that the nets have just made, each by its patch's share.

@group(0) @binding(3) var<storage, read> mouth: array<vec4f>;
@group(0) @binding(4) var<storage, read> eyes: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> mouth_shown: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> eyes_shown: array<vec4f>;

// What is shown next; all of the new where nothing was shown before, whatever is in the buffer.
fn moved(shown: vec4f, fresh: vec4f, share: f32) -> vec4f {
    if share >= 1.0 {
        return fresh;
    }
    return shown + share * (fresh - shown);
}

@compute @workgroup_size(64)
fn keep(@builtin(global_invocation_id) id: vec3u) {
    let here = patches[id.y];
    if id.x >= here.values || here.weight <= 0.0 {
        return;
    }
    let i = here.grid + id.x;
    if id.y == 0u {
        mouth_shown[i] = moved(mouth_shown[i], mouth[i], here.fresh);
    } else {
        eyes_shown[i] = moved(eyes_shown[i], eyes[i], here.fresh);
    }
}
