//! What the options of `animate` do to a frame.

use std::path::Path;

use image::RgbImage;
use ritratto::motion::{FaceMotion, coefficient};

use super::{animate, done, frame, motion, stored_photo};

/// Photo of a calm face, 200 pixels wide.
const CALM: &str = "p006_small.webp";
/// Photo of a face that smiles.
const SMILING: &str = "p005_happy.webp";
/// Left eye shut, a smile, head leaning: a time of the built-in wink, seconds.
const WINK: [&str; 2] = ["2.15", "2.18"];
/// The beginning of the same: a calm face.
const REST: [&str; 2] = ["0", "0.03"];

/// A folder with one frame of the built-in wink, `m.rmotion`.
fn place([from, to]: [&str; 2]) -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    done(place.path(), &["track", "--driver", "builtin:wink", "--from", from, "--to", to, "--out", "m.rmotion"]);
    assert_eq!(motion(place.path(), "m.rmotion").len(), 1);
    place
}

/// The frame that these options make of a photo; it is left in the folder `out`.
fn draw(place: &Path, photo: &str, options: &[&str]) -> RgbImage {
    let _ = std::fs::remove_dir_all(place.join("out"));
    let photo = stored_photo(photo);
    let plain = animate(photo.to_str().unwrap(), "m.rmotion", "out");
    done(place, &[&plain[..], &["--draw", "cpu", "--no-refine"], options].concat());
    frame(&place.join("out"), 1)
}

/// The face that the encoder sees in the frame that these options make of a photo.
fn seen(place: &Path, photo: &str, options: &[&str]) -> Seen {
    draw(place, photo, options);
    done(place, &["track", "--driver", "out", "--out", "seen.rmotion"]);
    Seen(motion(place, "seen.rmotion").frame(0).unwrap())
}

struct Seen(FaceMotion);

impl Seen {
    fn score(&self, name: &str) -> f32 {
        self.0.coefficients[coefficient(name)]
    }

    /// How much more the left eye is shut than the right one.
    fn wink(&self) -> f32 {
        self.score("eyeBlinkLeft") - self.score("eyeBlinkRight")
    }

    fn smile(&self) -> f32 {
        self.score("mouthSmileLeft") + self.score("mouthSmileRight")
    }

    /// How far the head leans to the side, degrees.
    fn lean(&self) -> f64 {
        self.0.pose.angles()[2]
    }
}

#[test]
fn the_mark_is_there_unless_it_is_left_out() {
    let place = place(REST);
    let still = ["--expression", "0", "--pose", "0"];
    let marked = draw(place.path(), CALM, &still);
    let bare = draw(place.path(), CALM, &[&still[..], &["--no-mark"]].concat());
    let photo = ritratto::photo::decode(&std::fs::read(stored_photo(CALM)).unwrap(), 200).unwrap();
    // Below and to the right of the middle: the mark's place, and a shirt that stands still.
    let changed = |frame: &RgbImage| {
        let pixels = frame.enumerate_pixels().filter(|(x, y, _)| *x >= 100 && *y >= 160);
        pixels.filter(|(x, y, pixel)| (0..3).any(|c| pixel.0[c].abs_diff(photo.get_pixel(*x, *y).0[c]) > 32)).count()
    };
    let counts = [&marked, &bare].map(changed);
    assert!(counts[0] > 400 && counts[1] == 0, "{counts:?} pixels with and without it");
    let elsewhere = |frame: &RgbImage| image::imageops::crop_imm(frame, 0, 0, 200, 160).to_image();
    assert_eq!(elsewhere(&marked), elsewhere(&bare));
}

#[test]
fn a_mirror_swaps_left_and_right() {
    let place = place(WINK);
    let [plain, mirrored] = [&[][..], &["--mirror"]].map(|options| seen(place.path(), CALM, options));
    let (winks, leans) = ([plain.wink(), mirrored.wink()], [plain.lean(), mirrored.lean()]);
    assert!(winks[0] > 0.25 && winks[1] < -0.25, "{winks:?}");
    assert!(leans[0] < -3.0 && leans[1] > 3.0, "{leans:?}");
}

#[test]
fn a_strength_of_nothing_keeps_what_the_photo_shows() {
    let place = place(WINK);
    for (option, winks, smiles, leans) in [
        ("", true, true, true),
        ("--expression", false, false, true),
        ("--eyes", false, true, true),
        ("--lips", true, false, true),
        ("--pose", true, true, false),
    ] {
        let options = [option, "0"];
        let face = seen(place.path(), CALM, if option.is_empty() { &[] } else { &options });
        assert_eq!(face.wink() > 0.25, winks, "{option}: {}", face.wink());
        assert_eq!(face.smile() > 0.6, smiles, "{option}: {}", face.smile());
        assert_eq!(face.lean() < -3.0, leans, "{option}: {}", face.lean());
    }
}

#[test]
fn a_smile_stays_in_relative_mode() {
    let place = place(REST);
    let [absolute, relative] =
        ["absolute", "relative"].map(|mode| seen(place.path(), SMILING, &["--mode", mode]).smile());
    assert!(relative > 1.4 && absolute < relative - 0.5, "{absolute}, {relative}");
}
