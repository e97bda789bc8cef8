//! Lids: landmarks of a closed eye still leave a gap, so lids are snapped shut.

use nalgebra::Vector3;

use crate::geometry::topology::EYES;
use crate::motion::{eye_width, lid_gap};

/// Gap in eye widths below which an eye counts as closed (design.md: closed eyes
/// measure .05-.12, open ones .31-.41).
pub const CLOSED: f64 = 0.10;
/// Smallest gap of a neutral eye that the openness is measured against, eye widths.
const NEUTRAL_MINIMUM: f64 = 0.2;
/// Share of the closing movement that the upper lid makes; the lower lid makes the rest.
const UPPER_SHARE: f64 = 0.85;

/// Closes the lids of `shape` as far as the driver's are closed.
///
/// `rest` is the portrait's own shape, `neutral` and `current` are the driver's. The
/// driver's openness runs from 0 at [`CLOSED`] to 1 at its neutral gap; no pair of lid
/// points stays wider than this share of its own rest gap.
pub fn snap(shape: &mut [Vector3<f64>], rest: &[Vector3<f64>], neutral: &[Vector3<f64>], current: &[Vector3<f64>]) {
    for eye in &EYES {
        let gap = lid_gap(current, eye) / eye_width(current, eye).max(1e-6);
        let open = (lid_gap(neutral, eye) / eye_width(neutral, eye).max(1e-6)).max(NEUTRAL_MINIMUM);
        let openness = ((gap - CLOSED) / (open - CLOSED)).clamp(0.0, 1.0);
        if openness >= 1.0 {
            continue;
        }
        // Lid points 1-7 lie on the lower lid, 15-9 face them on the upper lid.
        for k in 1..8 {
            let (lower, upper) = (eye.lids[k], eye.lids[16 - k]);
            let apart = shape[upper] - shape[lower];
            let distance = apart.norm();
            if distance < 1e-9 {
                continue;
            }
            let wanted = distance.min((rest[upper] - rest[lower]).norm() * openness);
            let closing = apart / distance * (wanted - distance);
            shape[upper] += closing * UPPER_SHARE;
            shape[lower] -= closing * (1.0 - UPPER_SHARE);
        }
    }
}
