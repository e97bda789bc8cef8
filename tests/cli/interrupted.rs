//! Ctrl-C and a request to end, in the midst of the work.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::{animate, command, listing, stored_photo};

/// How long a step of a busy machine may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// Starts a command, sends it `signal` when `ready`, tells that it was `sent`, and checks that the command ends as asked.
fn assert_interrupted(mut command: Command, signal: &str, ready: impl FnOnce() -> bool, sent: impl FnOnce()) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = ready();
    if begun {
        assert!(Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap().success());
    } else {
        child.kill().unwrap();
    }
    sent();
    let output = child.wait_with_output().unwrap();
    let (said, printed) = (String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
    assert!(begun, "nothing was begun: {said}");
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("Stopped") && printed.is_empty(), "{said}{printed}");
}

#[test]
fn an_interrupted_animation_leaves_nothing() {
    for (signal, out) in [("INT", "out"), ("TERM", "out.gif")] {
        let place = tempfile::tempdir().unwrap();
        let photo = stored_photo("p006_small.webp");
        let arguments = animate(photo.to_str().unwrap(), "builtin:smile", out);
        let begun = || {
            // The hidden folder beside the output is there when the first frame is near.
            let end = Instant::now() + PATIENCE;
            while listing(place.path()).is_empty() && Instant::now() < end {
                std::thread::sleep(Duration::from_millis(20));
            }
            !listing(place.path()).is_empty()
        };
        assert_interrupted(command(place.path(), &arguments), signal, begun, || {});
        assert_eq!(listing(place.path()), [""; 0], "{out}");
    }
}

#[test]
fn an_interrupted_track_leaves_nothing() {
    let place = tempfile::tempdir().unwrap();
    let frame = place.path().join("frame.webp");
    // A pipe in the place of the frame holds the program up until the signal was sent.
    assert!(Command::new("mkfifo").arg(&frame).status().unwrap().success());
    let before = listing(place.path());
    let track = command(place.path(), &["track", "--driver", "frame.webp", "--out", "m.rmotion"]);
    let pipe = frame.clone();
    let (opened, open) = mpsc::channel();
    let (sent, asked) = mpsc::channel();
    let writer = std::thread::spawn(move || {
        // Opens when the program reads.
        let mut pipe = std::fs::File::options().write(true).open(pipe).unwrap();
        opened.send(()).unwrap();
        asked.recv_timeout(PATIENCE).unwrap();
        pipe.write_all(&std::fs::read(stored_photo("p006_small.webp")).unwrap()).unwrap();
    });
    assert_interrupted(track, "INT", || open.recv_timeout(PATIENCE).is_ok(), || sent.send(()).unwrap());
    writer.join().unwrap();
    assert_eq!(listing(place.path()), before);
}
