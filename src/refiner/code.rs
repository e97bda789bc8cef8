//! The code: numbers that a net gets beside the pixels, and that say which expression and turn the frame asks for.

use super::patch::Part;
use crate::geometry::Pose;
use crate::motion::{COEFFICIENT_NAMES, COEFFICIENTS, Coefficients, coefficient, mirror};

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

/// Beginnings of the names of the coefficients that a part's net gets, as in `train/refiner_net.py`: those that its
/// pixels depend on (a smile lifts the cheeks below the eyes). A net that gets all of them learns which ones go
/// together in its data: for a grimace with a frown and shut eyes, which nobody makes there, it painted a tongue over
/// the teeth.
const fn names(part: Part) -> &'static [&'static str] {
    match part {
        Part::Mouth => &["jaw", "mouth", "cheekPuff"],
        Part::RightEye | Part::LeftEye => &["brow", "eye", "mouthSmile"],
    }
}

/// A [`code`] as this part's net gets it: coefficients that its pixels do not depend on are set to 0.
#[must_use]
pub fn told(part: Part, mut code: [f32; CODE]) -> [f32; CODE] {
    let faces = COEFFICIENT_NAMES.iter().cycle().zip(&mut code[..2 * COEFFICIENTS]);
    faces
        .filter(|(name, _)| !names(part).iter().any(|stem| name.starts_with(stem)))
        .for_each(|(_, value)| *value = 0.0);
    code
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
        // In both faces the tongue is out by .1.
        assert!((mirrored[CODE - 1] - 0.1).abs() < 1e-6 && mirrored[coefficient("tongueOut")] == 0.0);
    }

    #[test]
    fn parts_are_told_of_what_moves_them() {
        let code: [f32; CODE] = std::array::from_fn(|k| 1.0 + k as f32);
        let (mouth, eye) = (told(Part::Mouth, code), told(Part::RightEye, code));
        assert_eq!(eye, told(Part::LeftEye, code));
        let of = |told: &[f32; CODE], name| [0, COEFFICIENTS].map(|face| told[face + coefficient(name)]);
        for name in ["jawOpen", "mouthUpperUpRight", "mouthPucker", "cheekPuff"] {
            assert_eq!([of(&mouth, name), of(&eye, name)], [of(&code, name), [0.0; 2]], "{name}");
        }
        for name in ["browDownLeft", "eyeBlinkRight", "eyeSquintLeft", "eyeLookUpRight"] {
            assert_eq!([of(&mouth, name), of(&eye, name)], [[0.0; 2], of(&code, name)], "{name}");
        }
        assert_eq!([of(&mouth, "mouthSmileLeft"), of(&eye, "mouthSmileLeft")], [of(&code, "mouthSmileLeft"); 2]);
        // Neither net gets these: the training data has none of them.
        for name in ["noseSneerLeft", "cheekSquintRight"] {
            assert_eq!([of(&mouth, name), of(&eye, name)], [[0.0; 2]; 2], "{name}");
        }
        for told in [mouth, eye] {
            assert_eq!(told[2 * COEFFICIENTS..], code[2 * COEFFICIENTS..]);
        }
    }
}
