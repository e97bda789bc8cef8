//! The command line from outside: exit codes, messages, and what is left on disk.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::path::Path;
use std::process::{Command, Output};

use image::{Rgb, RgbImage};

fn ritratto(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ritratto")).current_dir(folder).args(arguments).output().unwrap()
}

/// Names of everything in the folder, hidden entries too.
fn listing(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Exit code 2, one line on stderr with `words` in it, nothing on stdout, no file more than before.
fn assert_refused(folder: &Path, arguments: &[&str], words: &str) {
    let before = listing(folder);
    let output = ritratto(folder, arguments);
    let (said, printed) = (String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
    assert_eq!(said.lines().count(), 1, "{arguments:?}: {said}");
    assert!(said.contains(words), "{arguments:?}: {said}");
    assert!(printed.is_empty(), "{arguments:?}: {printed}");
    assert_eq!(listing(folder), before, "{arguments:?} left something behind");
}

/// A folder with a picture, a text, empty and full folders.
fn workplace() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    let picture = RgbImage::from_fn(96, 64, |x, y| Rgb([(x * 2) as u8, (y * 3) as u8, 90]));
    picture.save(at("photo.png")).unwrap();
    picture.save(at("photo.jpg")).unwrap();
    let jpeg = std::fs::read(at("photo.jpg")).unwrap();
    std::fs::write(at("cut.jpg"), &jpeg[..jpeg.len() / 2]).unwrap();
    let mut large = jpeg;
    let size = large.windows(2).position(|w| w == [0xFF, 0xC0]).unwrap() + 5;
    large[size..size + 4].copy_from_slice(&[0x27, 0x10, 0x27, 0x10]);
    std::fs::write(at("large.jpg"), large).unwrap();
    std::fs::write(at("text.png"), "this is a text").unwrap();
    std::fs::write(at("text.mp4"), "this is a text").unwrap();
    std::fs::write(at("other.json"), "{\"format\":\"ritratto-motion\",\"version\":7}").unwrap();
    std::fs::create_dir(at("empty")).unwrap();
    std::fs::create_dir(at("mixed")).unwrap();
    picture.save(at("mixed/9.png")).unwrap();
    image::imageops::crop_imm(&picture, 0, 0, 31, 47).to_image().save(at("mixed/10.jpg")).unwrap();
    std::fs::create_dir(at("damaged")).unwrap();
    std::fs::write(at("damaged/1.png"), "this is a text").unwrap();
    place
}

fn animate<'a>(photo: &'a str, driver: &'a str, out: &'a str) -> [&'a str; 7] {
    ["animate", "--photo", photo, "--driver", driver, "--out", out]
}

#[test]
fn a_photo_that_cannot_be_used_is_refused() {
    let place = workplace();
    for (photo, words) in [
        ("missing.png", "missing.png"),
        ("text.png", "not a picture"),
        ("cut.jpg", "not a picture"),
        ("large.jpg", "10000 x 10000"),
        ("empty", "empty"),
        ("photo.jpg", "no face"),
    ] {
        for out in ["out", "out.gif", "out.mp4"] {
            assert_refused(place.path(), &animate(photo, "builtin:hello", out), words);
        }
    }
}

#[test]
fn a_driver_that_cannot_be_used_is_refused() {
    let place = workplace();
    for (driver, words) in [
        ("missing", "missing"),
        ("empty", "no pictures"),
        ("builtin:dance", "look-around"),
        ("other.json", "version 7"),
        ("text.mp4", "text.mp4"),
    ] {
        assert_refused(place.path(), &animate("photo.png", driver, "out"), words);
        assert_refused(place.path(), &["track", "--driver", driver, "--out", "out.json"], words);
    }
}

#[test]
fn frames_without_a_face_or_damaged_are_refused() {
    let place = workplace();
    for (driver, words) in [("mixed", "No face"), ("photo.png", "No face"), ("damaged", "damaged/1.png")] {
        assert_refused(place.path(), &["track", "--driver", driver, "--out", "out.json"], words);
    }
}

#[test]
fn frames_of_mixed_sizes_are_tracked_each_at_its_own() {
    let place = tempfile::tempdir().unwrap();
    let photos = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/photos");
    std::fs::create_dir(place.path().join("frames")).unwrap();
    for (number, name) in [(1, "p001_portrait.webp"), (2, "p005_happy.webp"), (10, "p006_small.webp")] {
        std::fs::copy(photos.join(name), place.path().join(format!("frames/{number}.webp"))).unwrap();
    }
    // The last picture has no face.
    RgbImage::new(50, 80).save(place.path().join("frames/11.png")).unwrap();
    let output = ritratto(place.path(), &["track", "--driver", "frames", "--rate", "12.5", "--out", "m.json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let track = ritratto::motion::file::read(&std::fs::read(place.path().join("m.json")).unwrap()).unwrap();
    assert_eq!(track.frames.iter().map(Option::is_some).collect::<Vec<_>>(), [true, true, true, false]);
    assert_eq!(track.rate, 12.5);
    // The second smiles, and the first with a face is the neutral one.
    assert_eq!(track.frames[0].as_ref().map(|f| f.coefficients), Some(track.neutral.coefficients));
}

#[test]
fn a_video_without_ffmpeg_is_explained() {
    let place = workplace();
    let output = Command::new(env!("CARGO_BIN_EXE_ritratto"))
        .current_dir(place.path())
        .env("PATH", "")
        .args(["track", "--driver", "text.mp4", "--out", "out.json"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("install ffmpeg") && said.lines().count() == 1, "{said}");
}

#[test]
fn an_output_that_cannot_be_written_is_refused_first() {
    let place = workplace();
    for (out, words) in [
        ("mixed", "not an empty folder"),
        ("photo.png", "--out"),
        ("out.webm", "--out"),
        ("nowhere/out", "nowhere"),
        ("nowhere/out.gif", "nowhere"),
    ] {
        assert_refused(place.path(), &animate("photo.png", "builtin:hello", out), words);
    }
    assert_refused(place.path(), &["track", "--driver", "builtin:hello", "--out", "empty"], "is a folder");
}

#[test]
fn wrong_arguments_are_one_line() {
    let place = workplace();
    let good = animate("photo.png", "builtin:hello", "out");
    for (extra, words) in [
        (&["--size", "10"][..], "--size"),
        (&["--size", "huge"], "--size"),
        (&["--device", "abacus"], "--device"),
        (&["--rate", "NaN"], "--rate"),
        (&["--rate", "0"], "--rate"),
        (&["--colour"], "--colour"),
    ] {
        assert_refused(place.path(), &[&good[..], extra].concat(), words);
    }
    assert_refused(place.path(), &["animate"], "--photo");
    assert_refused(place.path(), &["paint"], "paint");
    assert!(ritratto(place.path(), &["--help"]).status.success());
    assert!(ritratto(place.path(), &["--version"]).status.success());
}

#[test]
fn a_built_in_motion_becomes_a_file_that_replaces_an_old_one() {
    let place = workplace();
    std::fs::write(place.path().join("m.json"), "old").unwrap();
    let before = listing(place.path());
    let output = ritratto(place.path(), &["track", "--driver", "builtin:smile", "--out", "m.json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(listing(place.path()), before);
    let track = ritratto::motion::file::read(&std::fs::read(place.path().join("m.json")).unwrap()).unwrap();
    assert!(track.frames.len() > 100 && track.frames.iter().all(Option::is_some));
    // A motion file is a driver like any other.
    let again = ritratto(place.path(), &["track", "--driver", "m.json", "--out", "n.json"]);
    assert!(again.status.success());
    let copy = ritratto::motion::file::read(&std::fs::read(place.path().join("n.json")).unwrap()).unwrap();
    assert_eq!(copy.frames.len(), track.frames.len());
    assert!(copy.frames[7].as_ref().unwrap().shape == track.frames[7].as_ref().unwrap().shape);
}

#[test]
fn a_damaged_model_is_a_fault_of_the_installation() {
    let place = workplace();
    let output = Command::new(env!("CARGO_BIN_EXE_ritratto"))
        .current_dir(place.path())
        .env("RITRATTO_MODELS", "empty")
        .args(["track", "--driver", "builtin:hello", "--out", "out.json"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("missing") && said.lines().count() == 1, "{said}");
    assert!(!place.path().join("out.json").exists());
}

/// A motion file of `count` smiling frames and one without a face.
fn short_motion(folder: &Path, count: usize) {
    assert!(ritratto(folder, &["track", "--driver", "builtin:smile", "--out", "m.json"]).status.success());
    let mut track = ritratto::motion::file::read(&std::fs::read(folder.join("m.json")).unwrap()).unwrap();
    track.frames.drain(..60);
    track.frames.truncate(count);
    track.frames.push(None);
    std::fs::write(folder.join("m.json"), ritratto::motion::file::write(&track).unwrap()).unwrap();
}

/// Runs the whole path; `None` on a machine without any GPU adapter, not even a software one.
fn animated(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = ritratto(folder, arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(1) && said.contains("No usable GPU") {
        eprintln!("skipped: {said}");
        return None;
    }
    assert!(output.status.success(), "{said}");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn a_photo_and_a_motion_become_frames() {
    let place = tempfile::tempdir().unwrap();
    short_motion(place.path(), 2);
    let photo = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/photos/p001_portrait.webp");
    let arguments = [&animate(photo.to_str().unwrap(), "m.json", "out")[..], &["--size", "200"]].concat();
    let Some(summary) = animated(place.path(), &arguments) else { return };
    assert!(summary.contains("3 frames of 200 x 200"), "{summary}");
    assert_eq!(listing(place.path()), ["m.json", "out"]);
    assert_eq!(listing(&place.path().join("out")), ["000001.png", "000002.png", "000003.png"]);
    let frames = [1, 2, 3].map(|k| image::open(place.path().join(format!("out/00000{k}.png"))).unwrap().into_rgb8());
    let rest = ritratto::photo::decode(&std::fs::read(&photo).unwrap(), 200).unwrap();
    let changed = |frame: &RgbImage| {
        frame.pixels().zip(rest.pixels()).filter(|(a, b)| (0..3).any(|c| a.0[c].abs_diff(b.0[c]) > 16)).count()
    };
    assert!(changed(&frames[0]) > 200, "nothing moved");
    // The far corner has nothing that moves: it is the photo's own.
    assert_eq!(frames[0].get_pixel(0, 0).0[..], rest.get_pixel(0, 0).0[..3]);
    // Without a face the last motion is held.
    assert_eq!(frames[1], frames[2]);
}

#[test]
fn an_upside_down_photo_becomes_a_gif() {
    let place = tempfile::tempdir().unwrap();
    short_motion(place.path(), 1);
    let photo = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/photos/p005_happy.webp");
    let picture = ritratto::photo::decode(&std::fs::read(photo).unwrap(), 400).unwrap();
    image::imageops::rotate180(&picture).save(place.path().join("photo.png")).unwrap();
    let Some(_) = animated(place.path(), &animate("photo.png", "m.json", "out.gif")) else { return };
    let bytes = std::fs::read(place.path().join("out.gif")).unwrap();
    let first = ritratto::photo::decode(&bytes, 1000).unwrap();
    assert_eq!(first.dimensions(), picture.dimensions());
}
