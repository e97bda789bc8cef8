//! Drivers that `ffmpeg` decodes: videos, and pictures that move.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{animate, assert_refused, done, motion, stored_photo};

/// A face for the camera, 200 pixels wide.
const PHOTO: &str = "p006_small.webp";
/// A photo that has a face of 64 pixels when it is 128 pixels wide.
const CLOSE: &str = "sfhq_laughing.webp";
/// What makes ffmpeg keep the times of the frames as they are, and say no rate.
const UNEVEN: [&str; 4] = ["-fps_mode", "passthrough", "-enc_time_base", "1/1000"];

/// A folder with the face that is filmed; `None` where there is no ffmpeg.
fn studio() -> Option<tempfile::TempDir> {
    Command::new("ffmpeg").arg("-version").output().ok()?;
    let place = tempfile::tempdir().unwrap();
    let face = image::open(stored_photo(PHOTO)).unwrap().into_rgb8();
    face.save(place.path().join("face.png")).unwrap();
    Some(place)
}

/// Films `count` frames of the face, `rate` a second. Frame `n` is cut out `x` pixels from the left, an expression of ffmpeg; `filters` come
/// after that. A name with a - before it is written as a stream: nothing in its header can be filled in afterwards.
fn film(place: &Path, name: &str, rate: &str, count: u32, x: &str, filters: &str, encoding: &[&str]) {
    let (name, streamed) = name.strip_prefix('-').map_or((name, false), |name| (name, true));
    let format = Path::new(name).extension().unwrap().to_str().unwrap().replace("mkv", "matroska");
    let output = if streamed { "pipe:1".to_owned() } else { format!("file:{name}") };
    let status = Command::new("ffmpeg")
        .current_dir(place)
        .args(["-nostdin", "-v", "error", "-loop", "1", "-framerate", rate, "-i", "face.png"])
        .args(["-frames:v", &count.to_string(), "-vf", &format!("crop=iw-24:ih:x='{x}':y=0,format=yuv420p{filters}")])
        .args(encoding)
        .args(["-f", &format, &output])
        .stdin(Stdio::null())
        .stdout(if streamed { Stdio::from(File::create(place.join(name)).unwrap()) } else { Stdio::null() })
        .status()
        .unwrap();
    assert!(status.success());
}

/// Gives each frame its own time, milliseconds: an expression of ffmpeg.
fn timed(milliseconds: &str) -> String {
    // The last of these filters forgets the rate.
    format!(",settb=1/1000,setpts='{milliseconds}',interleave=n=1")
}

/// What ffprobe says of a video.
fn probed(place: &Path, name: &str, entry: &str) -> String {
    let output = Command::new("ffprobe")
        .current_dir(place)
        .args(["-v", "error", "-select_streams", "v:0", "-of", "default=nw=1:nk=1", "-show_entries", entry])
        .arg(format!("file:{name}"))
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn videos_are_tracked_frame_by_frame() {
    let Some(place) = studio() else { return };
    for (name, rate, encoding) in [
        ("film.mp4", "25", &["-c:v", "libx264"][..]),
        ("film.mov", "30000/1001", &["-c:v", "mjpeg"]),
        ("film.gif", "10", &[]),
        ("slow.mp4", "240", &["-c:v", "libx264"]),
        // Without length or number of frames.
        ("-film.mkv", "50", &["-c:v", "libx264"]),
    ] {
        film(place.path(), name, rate, 10, "2*n", "", encoding);
        let name = name.trim_start_matches('-');
        done(place.path(), &["track", "--driver", name, "--out", "m.rmotion"]);
        let track = motion(place.path(), "m.rmotion");
        assert_eq!((track.len(), track.seen().filter(|seen| *seen).count()), (10, 10), "{name}");
        let (above, below) = rate.split_once('/').unwrap_or((rate, "1"));
        let rate = above.parse::<f64>().unwrap() / below.parse::<f64>().unwrap();
        assert!((track.rate() / rate - 1.0).abs() < 1e-6, "{name}: {} a second", track.rate());
        // The camera goes to the right, the face to the left.
        let place_of = |frame| track.frame(frame).unwrap().pose.translation.x;
        let places = [place_of(0), place_of(4), place_of(9)];
        assert!(places[0] - places[1] > 1.0 && places[1] - places[2] > 1.0, "{name}: {places:?}");
    }
    assert_eq!(probed(place.path(), "film.mkv", "stream=nb_frames:format=duration"), "N/A\nN/A");
}

/// A recording of a browser: frames at odd times, and a header without rate or length.
#[test]
fn a_recording_without_a_rate_keeps_its_time() {
    let Some(place) = studio() else { return };
    let place = place.path();
    film(
        place,
        "-film.webm",
        "15",
        10,
        "2*n",
        &timed("67*N+11*mod(N*N,5)"),
        &[&UNEVEN[..], &["-c:v", "libvpx"]].concat(),
    );
    // Else this would not be such a recording.
    let said = probed(place, "film.webm", "stream=r_frame_rate,avg_frame_rate:format=duration");
    assert_eq!(said, "1000/1\n0/0\nN/A");
    let tracked = |part: &[&str]| {
        done(place, &[&["track", "--driver", "film.webm", "--out", "m.rmotion"][..], part].concat());
        motion(place, "m.rmotion")
    };
    // The last frame begins after .614 s.
    let whole = tracked(&[]);
    assert_eq!((whole.rate(), whole.seen().all(|seen| seen)), (30.0, true));
    assert!((0.58..0.7).contains(&whole.seconds()), "{} s", whole.seconds());
    let part = tracked(&["--from", "0.2", "--to", "0.4"]);
    assert_eq!(part.len(), 6);
    let (a, b) = (part.frame(0).unwrap(), whole.frame(6).unwrap());
    assert!((a.pose.translation - b.pose.translation).norm() < 0.5);
    let beyond = ["track", "--driver", "film.webm", "--from", "5", "--out", "n.rmotion"];
    assert_refused(place, &beyond, "it ends before --from 5");

    let photo = stored_photo(CLOSE);
    let arguments = animate(photo.to_str().unwrap(), "film.webm", "out.mp4");
    let summary = done(place, &[&arguments[..], &["--size", "128", "--draw", "cpu", "--no-refine"]].concat());
    assert!(summary.contains("128 x 128, 30.000000 a second"), "{summary}");
    let seconds: f64 = probed(place, "out.mp4", "format=duration").parse().unwrap();
    assert!((seconds - whole.seconds()).abs() < 0.01, "{seconds} s");
}

/// Ten quick frames, then ten slow ones, when the camera has jumped.
#[test]
fn what_is_filmed_at_an_uneven_rate_happens_when_it_did() {
    let Some(place) = studio() else { return };
    let place = place.path();
    let times = timed("if(lt(N,10),33*N,100*N-670)");
    let encoding = [&UNEVEN[..], &["-c:v", "libx264", "-bf", "0"]].concat();
    film(place, "film.mp4", "30", 20, "24*gte(n,10)", &times, &encoding);
    done(place, &["track", "--driver", "film.mp4", "--out", "m.rmotion"]);
    let track = motion(place, "m.rmotion");
    let places: Vec<f64> = track.frames().map(|face| face.unwrap().pose.translation.x).collect();
    let middle = (places[0] + places[places.len() - 1]) / 2.0;
    let jump = places.iter().position(|x| *x < middle).unwrap() as f64 / track.rate();
    assert!((jump - 0.33).abs() < 0.07, "after {jump} s");
    assert!((track.seconds() - 1.28).abs() < 0.1, "{} s", track.seconds());
}

#[test]
fn a_moving_picture_drives_a_photo_at_its_own_rate() {
    let Some(place) = studio() else { return };
    let place = place.path();
    film(place, "film.gif", "20", 6, "2*n", "", &[]);
    let photo = stored_photo(CLOSE);
    let arguments = animate(photo.to_str().unwrap(), "film.gif", "out.gif");
    let summary = done(place, &[&arguments[..], &["--size", "128", "--draw", "cpu", "--no-refine"]].concat());
    assert!(summary.contains("6 frames of 128 x 128, 20.000000 a second"), "{summary}");
    assert_eq!(probed(place, "out.gif", "stream=nb_frames,duration"), "0.300000\n6");
}
