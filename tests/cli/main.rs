//! The command line from outside: exit codes, messages, and what is left on disk.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

// Signals are sent by programs that only unix has.
#[cfg(unix)]
mod interrupted;
mod options;
#[path = "../support/or_skip.rs"]
mod or_skip;
mod outputs;
mod video;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use image::{Rgb, RgbImage};
use or_skip::or_skip;
use ritratto::motion::{MotionRecorder, MotionTrack};

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ritratto"));
    command.current_dir(folder).args(arguments);
    command
}

fn ritratto(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

/// What a command prints that succeeds.
fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = ritratto(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn motion(folder: &Path, name: &str) -> MotionTrack {
    ritratto::motion::file::read(&std::fs::read(folder.join(name)).unwrap()).unwrap()
}

/// The picture of that number in a folder of frames.
fn frame(folder: &Path, number: usize) -> RgbImage {
    image::open(folder.join(format!("{number:06}.png"))).unwrap().into_rgb8()
}

fn stored_photo(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/photos").join(name)
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
    std::fs::write(at("old.json"), "{\"format\":\"ritratto-motion\",\"version\":1}").unwrap();
    std::fs::write(at("other.rmotion"), b"RMOTION\x07").unwrap();
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
            assert_refused(place.path(), &animate(photo, "builtin:talking", out), words);
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
        ("old.json", "record it again"),
        ("other.rmotion", "version 7"),
        ("text.mp4", "text.mp4"),
    ] {
        assert_refused(place.path(), &animate("photo.png", driver, "out"), words);
        assert_refused(place.path(), &["track", "--driver", driver, "--out", "out.rmotion"], words);
    }
}

#[test]
fn frames_without_a_face_or_damaged_are_refused() {
    let place = workplace();
    for (driver, words) in [("mixed", "No face"), ("photo.png", "No face"), ("damaged", "damaged/1.png")] {
        assert_refused(place.path(), &["track", "--driver", driver, "--out", "out.rmotion"], words);
    }
}

#[test]
fn frames_of_mixed_sizes_are_tracked_each_at_its_own() {
    let place = tempfile::tempdir().unwrap();
    std::fs::create_dir(place.path().join("frames")).unwrap();
    for (number, name) in [(1, "p001_portrait.webp"), (2, "p005_happy.webp"), (10, "p006_small.webp")] {
        std::fs::copy(stored_photo(name), place.path().join(format!("frames/{number}.webp"))).unwrap();
    }
    // The last picture has no face.
    RgbImage::new(50, 80).save(place.path().join("frames/11.png")).unwrap();
    done(place.path(), &["track", "--driver", "frames", "--rate", "12.5", "--out", "m.rmotion"]);
    let track = motion(place.path(), "m.rmotion");
    assert_eq!(track.seen().collect::<Vec<_>>(), [true, true, true, false]);
    assert_eq!(track.rate(), 12.5);
    // The second smiles, and the first with a face is the neutral one.
    assert_eq!(track.frame(0).map(|f| f.coefficients), Some(track.neutral().coefficients));
}

#[test]
fn a_video_without_ffmpeg_is_explained() {
    let place = workplace();
    let output =
        command(place.path(), &["track", "--driver", "text.mp4", "--out", "out.rmotion"]).env("PATH", "").output();
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("install ffmpeg") && said.lines().count() == 1, "{said}");
    // No driver is to blame where it is the output that needs it.
    let photo = stored_photo("p006_small.webp");
    let arguments = animate(photo.to_str().unwrap(), "builtin:laugh", "out.mp4");
    let output = command(place.path(), &arguments).env("PATH", "").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("--out must be a folder") && said.contains("ffmpeg"), "{said}");
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
        assert_refused(place.path(), &animate("photo.png", "builtin:talking", out), words);
    }
    for (out, words) in [("empty", "is a folder"), ("motion", "ends in .rmotion"), ("m.json", "ends in .rmotion")] {
        assert_refused(place.path(), &["track", "--driver", "builtin:talking", "--out", out], words);
    }
}

#[test]
fn wrong_arguments_are_one_line() {
    let place = workplace();
    let good = animate("photo.png", "builtin:talking", "out");
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
    let help = done(place.path(), &["--help"]);
    assert!(help.contains("Exit codes:") && help.contains("RITRATTO_MODELS"), "{help}");
    done(place.path(), &["--version"]);
}

#[test]
fn a_built_in_motion_becomes_a_file_that_replaces_an_old_one() {
    let place = workplace();
    std::fs::write(place.path().join("m.rmotion"), "old").unwrap();
    let before = listing(place.path());
    done(place.path(), &["track", "--driver", "builtin:smile", "--out", "m.rmotion"]);
    assert_eq!(listing(place.path()), before);
    let track = motion(place.path(), "m.rmotion");
    assert!(track.len() > 100 && track.seen().all(|seen| seen));
    // A motion file is a driver like any other.
    done(place.path(), &["track", "--driver", "m.rmotion", "--out", "n.rmotion"]);
    let copy = motion(place.path(), "n.rmotion");
    assert_eq!(copy.len(), track.len());
    let (a, b) = (copy.frame(70).unwrap(), track.frame(70).unwrap());
    assert!(a.shape.iter().zip(&b.shape).all(|(p, q)| (p - q).norm() < 0.1));
    assert_eq!(a.coefficients, b.coefficients);
}

#[test]
fn a_part_of_a_driver_is_tracked() {
    let place = workplace();
    let part = ["track", "--driver", "builtin:laugh", "--from", "1.5", "--to", "1.6", "--out", "m.rmotion"];
    done(place.path(), &part);
    assert_eq!(motion(place.path(), "m.rmotion").len(), 3);
    for (part, words) in [
        (&["--from", "60"][..], "before --from 60"),
        (&["--from", "2", "--to", "1.5"], "not before --to 1.5"),
        (&["--to", "0"], "not before --to 0"),
        (&["--from", "-1"], "unexpected argument '-1'"),
        (&["--to", "NaN"], "from 0 on"),
    ] {
        let arguments = [&["track", "--driver", "builtin:laugh", "--out", "n.rmotion"], part].concat();
        assert_refused(place.path(), &arguments, words);
    }
}

#[test]
fn a_damaged_model_is_a_fault_of_the_installation() {
    let place = workplace();
    let output = command(place.path(), &["track", "--driver", "builtin:smile", "--out", "out.rmotion"])
        .env("RITRATTO_MODELS", "empty")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("missing") && said.lines().count() == 1, "{said}");
    assert!(!place.path().join("out.rmotion").exists());
}

/// A motion file of `count` smiling frames and one without a face.
fn short_motion(folder: &Path, count: usize) {
    done(folder, &["track", "--driver", "builtin:smile", "--out", "m.rmotion"]);
    let track = motion(folder, "m.rmotion");
    let mut short = MotionRecorder::new(track.rate(), Some(track.neutral())).unwrap();
    for frame in track.frames().skip(60).take(count).chain([None]) {
        short.push(frame.as_ref()).unwrap();
    }
    std::fs::write(folder.join("m.rmotion"), short.finish().unwrap()).unwrap();
}

#[test]
fn a_photo_and_a_motion_become_frames() {
    let place = tempfile::tempdir().unwrap();
    short_motion(place.path(), 2);
    let photo = stored_photo("p001_portrait.webp");
    let arguments = [&animate(photo.to_str().unwrap(), "m.rmotion", "out")[..], &["--size", "200"]].concat();
    let summary = done(place.path(), &arguments);
    assert!(summary.contains("3 frames of 200 x 200"), "{summary}");
    assert_eq!(listing(place.path()), ["m.rmotion", "out"]);
    assert_eq!(listing(&place.path().join("out")), ["000001.png", "000002.png", "000003.png"]);
    let frames = [1, 2, 3].map(|number| frame(&place.path().join("out"), number));
    let rest = ritratto::photo::decode(&std::fs::read(&photo).unwrap(), 200).unwrap();
    let changed = |frame: &RgbImage| {
        frame.pixels().zip(rest.pixels()).filter(|(a, b)| (0..3).any(|c| a.0[c].abs_diff(b.0[c]) > 16)).count()
    };
    assert!(changed(&frames[0]) > 200, "nothing moved");
    // The far corner has nothing that moves: it is the photo's own.
    assert_eq!(frames[0].get_pixel(0, 0).0[..], rest.get_pixel(0, 0).0[..3]);
    // Without a face the last motion is held; what the refiner adds to it still arrives.
    let most = frames[1].as_raw().iter().zip(frames[2].as_raw()).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(most <= Some(3), "a channel changes by {most:?}");
}

/// Without a GPU the CPU draws, and the refiner repairs what it drew.
#[test]
fn frames_are_the_same_whatever_draws_them() {
    let place = tempfile::tempdir().unwrap();
    short_motion(place.path(), 1);
    let photo = stored_photo("p001_portrait.webp");
    let draw = |how: &str, more: &[&str]| {
        let arguments =
            [&animate(photo.to_str().unwrap(), "m.rmotion", "out")[..], &["--size", "200", "--draw", how], more]
                .concat();
        let output = ritratto(place.path(), &arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.code() == Some(1) && said.contains("No usable GPU") {
            return Err(said.into_owned());
        }
        assert!(output.status.success(), "{said}");
        let drawn = frame(&place.path().join("out"), 1);
        std::fs::remove_dir_all(place.path().join("out")).unwrap();
        Ok(drawn)
    };
    let apart = |a: &RgbImage, b: &RgbImage| {
        let squares: f64 = a.iter().zip(b.iter()).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2)).sum();
        10.0 * (255.0f64.powi(2) / (squares / a.len() as f64).max(1e-9)).log10()
    };
    let cpu = draw("cpu", &[]).unwrap();
    let plain = draw("cpu", &["--no-refine"]).unwrap();
    assert!(apart(&cpu, &plain) < 60.0, "nothing is refined");
    let Some(gpu) = or_skip(draw("gpu", &[])) else { return };
    assert!(apart(&cpu, &gpu) > 45.0, "{} dB", apart(&cpu, &gpu));
}

/// Linux has GPUs by Vulkan alone, and Vulkan has none without a driver.
#[cfg(target_os = "linux")]
#[test]
fn where_there_is_no_gpu_the_cpu_draws_unless_a_gpu_was_asked_for() {
    let place = tempfile::tempdir().unwrap();
    short_motion(place.path(), 1);
    let photo = stored_photo("p006_small.webp");
    let run = |more: &[&str]| {
        let arguments = [&animate(photo.to_str().unwrap(), "m.rmotion", "out")[..], more].concat();
        let mut command = command(place.path(), &arguments);
        command.env("VK_DRIVER_FILES", "/dev/null").env("VK_ICD_FILENAMES", "/dev/null").output().unwrap()
    };
    for more in [["--draw", "gpu"], ["--device", "gpu"]] {
        let output = run(&more);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{more:?}: {said}");
        assert!(said.contains("No usable GPU") && said.lines().count() == 1, "{more:?}: {said}");
        assert_eq!(listing(place.path()), ["m.rmotion"], "{more:?}");
    }
    let output = run(&["--draw", "auto", "--device", "auto"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(listing(&place.path().join("out")), ["000001.png", "000002.png"]);
}

#[test]
fn a_late_refusal_is_one_line_without_a_display_too() {
    let place = workplace();
    std::fs::copy(stored_photo("p006_small.webp"), place.path().join("face.webp")).unwrap();
    let before = listing(place.path());
    let output = command(place.path(), &animate("face.webp", "mixed", "out"))
        .env_remove("XDG_RUNTIME_DIR")
        .env_remove("WAYLAND_DISPLAY")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("No face was found anywhere"), "{said}");
    assert_eq!(listing(place.path()), before);
}

#[test]
fn an_upside_down_photo_becomes_a_gif() {
    let place = tempfile::tempdir().unwrap();
    short_motion(place.path(), 1);
    let photo = stored_photo("p005_happy.webp");
    let picture = ritratto::photo::decode(&std::fs::read(photo).unwrap(), 400).unwrap();
    image::imageops::rotate180(&picture).save(place.path().join("photo.png")).unwrap();
    done(place.path(), &animate("photo.png", "m.rmotion", "out.gif"));
    let bytes = std::fs::read(place.path().join("out.gif")).unwrap();
    let first = ritratto::photo::decode(&bytes, 1000).unwrap();
    assert_eq!(first.dimensions(), picture.dimensions());
}
