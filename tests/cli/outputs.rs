//! Where an output may go, and what it is when nothing else is asked for.

use std::path::Path;
use std::process::Stdio;

use image::{Rgb, RgbImage};

use super::{animate, assert_refused, command, done, frame, listing, motion, ritratto, short_motion, stored_photo};

/// A photo that has a face of 64 pixels when it is 128 pixels wide.
const PHOTO: &str = "sfhq_laughing.webp";
/// Options of a frame that is drawn quickly.
const QUICK: [&str; 4] = ["--size", "128", "--draw", "cpu"];

/// A folder with a short motion and a photo, `m.rmotion` and `face.webp`.
fn place() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    short_motion(place.path(), 1);
    std::fs::copy(stored_photo(PHOTO), place.path().join("face.webp")).unwrap();
    place
}

#[test]
fn the_folder_where_the_user_stands_is_filled() {
    let place = place();
    std::fs::create_dir(place.path().join("here")).unwrap();
    let here = place.path().join("here");
    for out in [".", "../here/."] {
        done(&here, &[&animate("../face.webp", "../m.rmotion", out)[..], &QUICK].concat());
        assert_eq!(listing(&here), ["000001.png", "000002.png"], "{out}");
        for name in listing(&here) {
            std::fs::remove_file(here.join(name)).unwrap();
        }
    }
    assert_eq!(listing(place.path()), ["face.webp", "here", "m.rmotion"]);
}

#[test]
fn what_goes_in_is_not_replaced_by_what_comes_out() {
    let place = place();
    std::fs::create_dir(place.path().join("sub")).unwrap();
    for name in ["photo.gif", "talk.gif"] {
        RgbImage::new(30, 30).save(place.path().join(name)).unwrap();
    }
    let names = listing(place.path());
    for out in ["photo.gif", "./photo.gif", "sub/../photo.gif"] {
        assert_refused(place.path(), &animate("photo.gif", "m.rmotion", out), "another file than the photo");
    }
    assert_refused(place.path(), &animate("face.webp", "talk.gif", "talk.gif"), "another file than the driver");
    let track = ["track", "--driver", "m.rmotion", "--out", "sub/../m.rmotion"];
    assert_refused(place.path(), &track, "another file than the driver");
    assert_eq!((listing(place.path()), motion(place.path(), "m.rmotion").len()), (names, 2));
}

/// Not even the models are read before it is known that there is a place for the motion file.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_cannot_be_written_to_is_found_out_first() {
    let place = tempfile::tempdir().unwrap();
    let track = ["track", "--driver", "builtin:smile", "--out", "/proc/m.rmotion"];
    let output = command(place.path(), &track).env("RITRATTO_MODELS", place.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("/proc") && said.lines().count() == 1, "{said}");
}

/// Puts a program `ffmpeg` in the folder `bin` that has these compressors.
#[cfg(unix)]
fn pretend(place: &Path, compressors: &str) {
    use std::os::unix::fs::PermissionsExt;
    let bin = place.join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::write(bin.join("ffmpeg"), format!("#!/bin/sh\necho 'Encoders:'\necho '{compressors}'\n")).unwrap();
    std::fs::set_permissions(bin.join("ffmpeg"), std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(unix)]
#[test]
fn an_ffmpeg_that_cannot_compress_is_found_out_first() {
    let place = place();
    pretend(place.path(), " V....D libx265              libx265 H.265 / HEVC (codec hevc)");
    let run = || {
        let arguments = animate("missing.webp", "builtin:smile", "out.mp4");
        let output = command(place.path(), &arguments).env("PATH", "bin").output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    let said = run();
    assert!(said.contains("--out must be a folder") && said.contains("libopenh264"), "{said}");
    pretend(
        place.path(),
        " V....D libopenh264          OpenH264 H.264 / AVC / MPEG-4 AVC / MPEG-4 part 10 (codec h264)",
    );
    let said = run();
    assert!(said.contains("missing.webp"), "{said}");
}

#[test]
fn an_mp4_of_a_large_photo_is_one_that_players_show() {
    if std::process::Command::new("ffmpeg").arg("-version").output().is_err() {
        return;
    }
    let place = place();
    let face = image::open(place.path().join("face.webp")).unwrap().into_rgb8();
    let large = image::imageops::resize(&face, 2100, 2100, image::imageops::FilterType::Triangle);
    large.save(place.path().join("large.jpg")).unwrap();
    let run = |out: &str, more: &[&str]| {
        let arguments = [&animate("large.jpg", "m.rmotion", out)[..], &["--draw", "cpu", "--no-refine"], more].concat();
        let output = ritratto(place.path(), &arguments);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        assert!(output.status.success(), "{}", text(output.stderr));
        (text(output.stdout), text(output.stderr))
    };
    let (printed, said) = run("out.mp4", &[]);
    assert!(printed.contains("of 2048 x 2048"), "{printed}");
    assert!(said.contains("note: ") && said.contains("2048") && said.contains("--size"), "{said}");
    for (out, more) in [("out.mp4", &["--size", "2100"][..]), ("out", &[])] {
        let (printed, said) = run(out, more);
        assert!(printed.contains("of 2100 x 2100") && said.is_empty(), "{out}: {printed}{said}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_driver_may_have_any_name() {
    use std::os::unix::ffi::OsStrExt;
    let place = place();
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.rmotion");
    std::fs::copy(place.path().join("m.rmotion"), place.path().join(name)).unwrap();
    let output = command(place.path(), &["track", "--out", "n.rmotion", "--driver"]).arg(name).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(motion(place.path(), "n.rmotion").len(), 2);
}

#[test]
fn a_success_that_nobody_reads_is_one() {
    let place = place();
    let track = ["track", "--driver", "m.rmotion", "--out", "n.rmotion"];
    let mut child = command(place.path(), &track).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty() && motion(place.path(), "n.rmotion").len() == 2);
}

/// Somebody is cut off at the border, in front of the one who is meant.
#[test]
fn the_largest_face_that_is_usable_is_animated() {
    let place = place();
    let path = place.path();
    let scaled = |name: &str, side: u32| {
        let picture = image::open(stored_photo(name)).unwrap().into_rgb8();
        image::imageops::resize(&picture, side, side, image::imageops::FilterType::CatmullRom)
    };
    let mut photo = RgbImage::from_pixel(786, 526, Rgb([120, 120, 120]));
    image::imageops::overlay(&mut photo, &scaled(PHOTO, 526), 444, 0);
    image::imageops::crop_imm(&photo, 260, 0, 526, 526).to_image().save(path.join("cut.png")).unwrap();
    image::imageops::overlay(&mut photo, &scaled("p006_small.webp", 260), 0, 133);
    photo.save(path.join("both.png")).unwrap();
    assert_refused(path, &animate("cut.png", "m.rmotion", "out"), "cut by the border");
    let arguments = [&animate("both.png", "m.rmotion", "out")[..], &["--draw", "cpu", "--no-mark"]].concat();
    let output = ritratto(path, &arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("2 faces"), "{said}");
    let drawn = frame(&path.join("out"), 1);
    let changed = |from: u32, to: u32| {
        let pixels = drawn.enumerate_pixels().filter(|(x, ..)| (from..to).contains(x));
        pixels.filter(|(x, y, pixel)| (0..3).any(|c| pixel.0[c].abs_diff(photo.get_pixel(*x, *y).0[c]) > 16)).count()
    };
    let counts = [changed(0, 260), changed(600, 786)];
    assert!(counts[0] > 200 && counts[1] < 20, "{counts:?} pixels of each have changed");
}
