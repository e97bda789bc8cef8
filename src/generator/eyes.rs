//! Where the eyeballs and lids of a frame are.

use nalgebra::Vector3;

use super::affine::Affine;
use super::frame::EyeFrame;
use crate::geometry::topology::{EYES, Eye};
use crate::geometry::{FaceGeometry, LANDMARKS, Pose, smoothstep};
use crate::motion::{TargetGeometry, eye_width, lid_gap};
use crate::portrait::Portrait;
use crate::portrait::eyes::CREASE;

/// Movement of the gaze that counts as one unit of motion, eye widths (from the design's prototype).
const GAZE_UNIT: f64 = 0.06;
/// Change of the gap between the lids that counts as one unit of motion, eye widths (from the design's prototype).
const LID_UNIT: f64 = 0.08;
/// Units of motion, the larger of gaze and lids: the redrawn eyeball is not shown below the first value, and is shown
/// fully above the second.
const FADE: [f64; 2] = [0.25, 1.0];
/// Gap between the lids, eye widths: the line of shut lashes is drawn fully below the first value, and not at all above
/// the second.
const SHUT: [f64; 2] = [0.02, 0.13];

/// The eye `side` (0 is the person's right) under `target`.
pub fn frame(portrait: &Portrait, target: &TargetGeometry, side: usize) -> EyeFrame {
    let mut frame: EyeFrame = bytemuck::Zeroable::zeroed();
    let (eye, layer, face) = (&EYES[side], &portrait.eyes[side], &portrait.face);
    let patch = layer.field.patch;
    frame.patch_area = [patch.origin[0], patch.origin[1], patch.size[0], patch.size[1]].map(|v| v as f32);
    frame.width = layer.width;
    if target.shape.len() < LANDMARKS || face.shape.len() < LANDMARKS {
        return frame;
    }
    let project = |shape: &[Vector3<f64>], pose: &Pose, i: usize| pixel(face, pose, &shape[i]);
    let of_rest = |i| project(&face.shape, &face.pose, i);
    let of_target = |i| project(&target.shape, &target.pose, i);

    let rest_frame = eye_plane(face, &face.shape, &face.pose, eye);
    let target_frame = eye_plane(face, &target.shape, &target.pose, eye);
    let to_photo = rest_frame.after(&target_frame.inverse());
    frame.to_photo = to_photo.matrix_f32();
    frame.offset = to_photo.offset_f32();
    let carried = target_frame.after(&rest_frame.inverse()).apply(of_rest(eye.iris[0]));
    let looked = of_target(eye.iris[0]);
    let shift = [looked[0] - carried[0], looked[1] - carried[1]];
    frame.shift = shift.map(|v| v as f32);

    let [a, b] = eye.corners.map(of_rest);
    frame.corners = [a[0], a[1], b[0], b[1]].map(|v| v as f32);
    let [a, b] = eye.corners.map(of_target);
    let target_width = (a[0] - b[0]).hypot(a[1] - b[1]).max(1.0);
    frame.target_width = target_width as f32;

    let open = |shape: &[Vector3<f64>]| lid_gap(shape, eye) / eye_width(shape, eye).max(1e-6);
    let (before, now) = (open(&face.shape), open(&target.shape));
    let motion = (shift[0].hypot(shift[1]) / target_width / GAZE_UNIT).max((now - before).abs() / LID_UNIT);
    frame.weight = smoothstep(motion, FADE[0], FADE[1]) as f32;
    frame.lash = layer.lash.map(|v| v / 255.0);
    frame.closed = ((1.0 - smoothstep(now, SHUT[0], SHUT[1])) * smoothstep(before - now, 0.02, 0.10)) as f32;

    // The upper lid from the corner at index 0 back to the one at index 8.
    let axis = [frame.corners[2] - frame.corners[0], frame.corners[3] - frame.corners[1]];
    let length = (axis[0] * axis[0] + axis[1] * axis[1]).max(1.0);
    let height = |p: [f64; 2]| {
        (axis[1] * (p[0] as f32 - frame.corners[0]) - axis[0] * (p[1] as f32 - frame.corners[1])) / length.sqrt()
    };
    let up = height(of_rest(CREASE[side][3])) - height(of_rest(eye.lids[4]));
    frame.up = if up < 0.0 { -1.0 } else { 1.0 };
    frame.lid[0] = [0.0, 1.0, 0.0, 0.0];
    frame.lid[8] = [1.0, 1.0, 0.0, 0.0];
    for k in 0..CREASE[side].len() {
        // Lid points 15 to 9 run from the first corner to the second; the crease row is stored the other way.
        let (lid, crease) = (eye.lids[15 - k], CREASE[side][6 - k]);
        let (lid_rest, crease_rest) = (of_rest(lid), of_rest(crease));
        let (lid_target, crease_target) = (of_target(lid), of_target(crease));
        let thick = (lid_rest[0] - crease_rest[0]).hypot(lid_rest[1] - crease_rest[1]).max(0.1);
        let moved = (lid_target[0] - crease_target[0]).hypot(lid_target[1] - crease_target[1]);
        let along = ((lid_rest[0] as f32 - frame.corners[0]) * axis[0]
            + (lid_rest[1] as f32 - frame.corners[1]) * axis[1])
            / length;
        let above = frame.up * height(lid_rest);
        frame.lid[k + 1] = [along, (moved / thick) as f32, thick as f32, above];
    }
    frame
}

/// Centimetres in the plane between the eye's corners, parallel to the face, to pixels.
fn eye_plane(face: &FaceGeometry, shape: &[Vector3<f64>], pose: &Pose, eye: &Eye) -> Affine {
    let middle = (shape[eye.corners[0]] + shape[eye.corners[1]]) / 2.0;
    let at = |offset: Vector3<f64>| pixel(face, pose, &(middle + offset));
    Affine::from_frame(at(Vector3::zeros()), at(Vector3::x()), at(Vector3::y()))
}

fn pixel(face: &FaceGeometry, pose: &Pose, point: &Vector3<f64>) -> [f64; 2] {
    let p = face.camera.project(&pose.apply(point));
    [p.x, p.y]
}
