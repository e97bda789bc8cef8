//! What is asked of a face, as the numbers that the net is told beside the pixels.

use crate::geometry::Pose;
use crate::motion::{COEFFICIENTS, Coefficients, coefficient, mirror};

/// Numbers of a code: coefficients of photo and target, the turn between them, and the target's tongue.
pub const CODE: usize = 2 * COEFFICIENTS + 4;

/// A face's coefficients and pose.
pub type State<'a> = (&'a Coefficients, &'a Pose);

/// The code of the way from the photo's state to the target's: the photo's coefficients, the
/// target's, the turn of the head (yaw, pitch and roll with the signs of [`Pose::angles`], radians), and how far the
/// target's tongue is out. Among the coefficients its place is 0, as the nets were trained.
///
/// A patch that is mirrored needs the code of the mirrored face.
#[must_use]
pub fn code((rest, from): State<'_>, (wanted, to): State<'_>, mirrored: bool) -> [f32; CODE] {
    let turn = Pose { rotation: to.rotation * from.rotation.inverse(), ..*to };
    let [yaw, pitch, roll] = turn.angles().map(|angle| angle.to_radians() as f32);
    let (mut rest, mut wanted, mut turn) = (*rest, *wanted, [yaw, pitch, roll]);
    if mirrored {
        (rest, wanted, turn) = (mirror::coefficients(&rest), mirror::coefficients(&wanted), [-yaw, pitch, -roll]);
    }
    let place = coefficient("tongueOut");
    let tongue = wanted[place];
    (rest[place], wanted[place]) = (0.0, 0.0);
    let mut values = rest.iter().chain(&wanted).chain(&turn).chain([&tongue]);
    std::array::from_fn(|_| values.next().copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::{Rotation3, Vector3};

    #[test]
    fn a_mirrored_code_is_that_of_the_mirrored_face() {
        let pose = |yaw: f64, roll: f64| Pose {
            rotation: Rotation3::from_euler_angles(0.1, yaw, roll),
            translation: Vector3::new(0.0, 0.0, -40.0),
        };
        let [rest, mut wanted] = [[0.1; COEFFICIENTS]; 2];
        wanted[coefficient("eyeBlinkLeft")] = 0.9;
        let mut swapped = rest;
        swapped[coefficient("eyeBlinkRight")] = 0.9;
        let mirrored = code((&rest, &pose(0.1, 0.02)), (&wanted, &pose(0.3, -0.05)), true);
        let other = code((&rest, &pose(-0.1, -0.02)), (&swapped, &pose(-0.3, 0.05)), false);
        assert!(mirrored.iter().zip(&other).all(|(a, b)| (a - b).abs() < 1e-6));
        assert!((mirrored[COEFFICIENTS + coefficient("eyeBlinkRight")] - 0.9).abs() < 1e-6);
        // Both have a tongue that is a little out.
        assert!((mirrored[CODE - 1] - 0.1).abs() < 1e-6 && mirrored[coefficient("tongueOut")] == 0.0);
    }
}
