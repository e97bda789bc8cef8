//! Videos that are read through the `ffmpeg` program.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::ops::RangeInclusive;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use image::RgbaImage;
use ritratto::{Error, Result};

/// Long side of the frames that are tracked, pixels: the nets see a face at 256.
const LONG_SIDE: u32 = 1280;
/// Longest header line of a PPM frame, bytes.
const HEADER: usize = 64;
/// Range, frames a second, in which the average rate of a header (`avg_frame_rate`) is believed: telephones film slow
/// motion at 240.
const BELIEVED: RangeInclusive<f64> = 1.0..=250.0;
/// Range, frames a second, in which a header's rate that all frames fit (`r_frame_rate`) is believed. Where frames come
/// at odd times ffprobe gives the ticks of the file's clock there (Matroska counts milliseconds, MPEG 1/90000 s), a
/// multiple of the rates that it has seen, or next to nothing.
const BELIEVED_OF_ALL: RangeInclusive<f64> = 1.0..=120.0;
/// Frames a second that are assumed of a video whose header is not believed: webcams film at this rate, and so browsers
/// record at it.
const USUAL: f64 = 30.0;
/// ffmpeg's and ffprobe's name for the first video stream that is no cover picture.
const STREAM: &str = "V:0";

fn driver(reason: String) -> Error {
    Error::Driver { reason }
}

fn not_started(program: &str, error: &std::io::Error) -> Error {
    driver(if error.kind() == std::io::ErrorKind::NotFound {
        format!("video needs the program {program}, which is not on the PATH; install ffmpeg or use a folder of frames")
    } else {
        format!("{program} could not be started: {error}")
    })
}

/// What is known of a video before it is read.
pub struct Facts {
    /// Frames a second at which the video is read, even if its frames come at odd times.
    pub rate: f64,
    /// Estimated number of frames at this rate, where the header tells.
    pub count: Option<u64>,
}

/// Asks `ffprobe` about a video.
pub fn probe(path: &Path) -> Result<Facts> {
    let out = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", STREAM, "-of", "json", "-show_entries"])
        .arg("stream=avg_frame_rate,r_frame_rate,nb_frames,duration:format=duration")
        .arg(input(path))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| not_started("ffprobe", &error))?;
    let unreadable = || {
        let said = String::from_utf8_lossy(&out.stderr);
        let said = said.lines().last().map_or("no video in it", str::trim);
        driver(format!("{} is not a video that ffmpeg can read ({said})", path.display()))
    };
    let facts: serde_json::Value = serde_json::from_slice(&out.stdout).map_err(|_| unreadable())?;
    let stream = facts.pointer("/streams/0").filter(|_| out.status.success()).ok_or_else(unreadable)?;
    let text = |value: Option<&serde_json::Value>| value.and_then(|v| v.as_str()).unwrap_or_default().to_owned();
    let believed =
        |name, range: RangeInclusive<f64>| fraction(&text(stream.get(name))).filter(|rate| range.contains(rate));
    let average = believed("avg_frame_rate", BELIEVED);
    let rate = average.or_else(|| believed("r_frame_rate", BELIEVED_OF_ALL)).unwrap_or(USUAL);
    // The number of stored frames is the number of frames read only if they are read at their average rate.
    let stored = average.and_then(|_| text(stream.get("nb_frames")).parse().ok());
    // The length of the video stream, else the file's, which may be longer if the sound goes on. 0 means unknown.
    let seconds = [stream.get("duration"), facts.pointer("/format/duration")]
        .into_iter()
        .find_map(|length| text(length).parse::<f64>().ok().filter(|&seconds| seconds > 0.0));
    Ok(Facts { rate, count: stored.or(seconds.map(|seconds| (seconds * rate).round() as u64)) })
}

fn fraction(text: &str) -> Option<f64> {
    let (above, below) = text.split_once('/')?;
    Some(above.parse::<f64>().ok()? / below.parse::<f64>().ok()?)
}

/// A path that ffmpeg takes for a file, whatever its name begins with.
pub fn input(path: &Path) -> std::ffi::OsString {
    let mut name = std::ffi::OsString::from("file:");
    name.push(path);
    name
}

/// The frames of a video, one after the other.
pub struct Reader {
    child: Child,
    frames: BufReader<ChildStdout>,
    complaints: File,
    name: String,
}

impl Reader {
    /// Decodes a video at a constant rate, frames a second. Frames are left out or repeated according to their own
    /// times: the n-th frame is the picture that is seen n / `rate` seconds after the first.
    pub fn open(path: &Path, rate: f64) -> Result<Self> {
        let complaints = complaints()?;
        // `setpts=N` numbers the frames from 0, so that ffmpeg adds or leaves out none after the filters. The option
        // for that has another name in each version of ffmpeg. The scale makes pixels square, as the nets need them.
        let scaled = |side: &str| format!("'max(1,round({side}*min(1,{LONG_SIDE}/max(iw*sar,ih))))'");
        let filters = format!("fps={rate},setpts=N,scale={}:{},setsar=1", scaled("iw*sar"), scaled("ih"));
        let mut child = Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-i"])
            .arg(input(path))
            .args(["-map", &format!("0:{STREAM}"), "-vf", &filters])
            // In a stream of PPM pictures every frame has its own size, so rotated phone videos need no special care.
            .args(["-f", "image2pipe", "-c:v", "ppm", "-pix_fmt", "rgb24", "-"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(complaints.try_clone().map_err(super::io(path))?)
            .spawn()
            .map_err(|error| not_started("ffmpeg", &error))?;
        let name = path.display().to_string();
        let stdout = child.stdout.take().ok_or_else(|| driver(format!("{name}: no output from ffmpeg")))?;
        Ok(Self { child, frames: BufReader::with_capacity(1 << 20, stdout), complaints, name })
    }

    /// The next frame, `None` after the last.
    pub fn next_frame(&mut self) -> Result<Option<RgbaImage>> {
        let Some(kind) = self.token()? else { return self.end() };
        let (width, height, top) = (self.number()?, self.number()?, self.number()?);
        if kind != "P6" || top != 255 || width > LONG_SIDE || height > LONG_SIDE {
            return Err(self.broken());
        }
        let mut rgb = vec![0; width as usize * height as usize * 3];
        self.frames.read_exact(&mut rgb).map_err(|_| self.broken())?;
        let picture = image::RgbImage::from_raw(width, height, rgb).ok_or_else(|| self.broken())?;
        Ok(Some(image::DynamicImage::ImageRgb8(picture).into_rgba8()))
    }

    fn end(&mut self) -> Result<Option<RgbaImage>> {
        let ended = self.child.wait().is_ok_and(|status| status.success());
        if ended { Ok(None) } else { Err(self.broken()) }
    }

    fn number(&mut self) -> Result<u32> {
        self.token()?.and_then(|text| text.parse().ok()).ok_or_else(|| self.broken())
    }

    /// The bytes up to the next white space; `None` at the end of the stream.
    fn token(&mut self) -> Result<Option<String>> {
        let mut text = String::new();
        let mut byte = [0];
        while text.len() < HEADER {
            match self.frames.read(&mut byte) {
                Ok(0) if text.is_empty() => return Ok(None),
                Ok(1) if byte[0].is_ascii_whitespace() => return Ok(Some(text)),
                Ok(1) => text.push(char::from(byte[0])),
                _ => break,
            }
        }
        Err(self.broken())
    }

    fn broken(&mut self) -> Error {
        let said = all_said(&mut self.complaints);
        driver(format!("{} could not be decoded to its end ({})", self.name, last_line(&said)))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // Nobody reads the rest of the frames. That ffmpeg may have ended already is no error.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A nameless file for ffmpeg's messages: a pipe would need a thread that empties it.
pub fn complaints() -> Result<File> {
    tempfile::tempfile().map_err(super::io(&std::env::temp_dir()))
}

/// ffmpeg's messages, or an empty text if they cannot be read.
pub fn all_said(complaints: &mut File) -> String {
    let mut text = Vec::new();
    let read = complaints.rewind().and_then(|()| complaints.take(1 << 16).read_to_end(&mut text));
    if read.is_ok() { String::from_utf8_lossy(&text).into_owned() } else { String::new() }
}

/// The last line of the messages, which names the error that ended ffmpeg.
pub fn last_line(said: &str) -> &str {
    said.lines().rfind(|line| !line.trim().is_empty()).map_or("ffmpeg gave no reason", str::trim)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn pixels_become_square_and_frames_small_enough() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("film.mkv");
        for (size, pixels, seen) in [
            ("64x48", "1", (64, 48)),
            ("64x48", "2", (128, 48)),
            ("64x48", "1/2", (32, 48)),
            ("720x576", "64/45", (1024, 576)),
            ("1920x1080", "1", (1280, 720)),
            ("1440x1080", "4/3", (1280, 720)),
            ("608x1300", "1", (599, 1280)),
        ] {
            let grey = format!("color=s={size}:r=10,setsar={pixels}");
            let film = Command::new("ffmpeg")
                .args(["-nostdin", "-v", "error", "-f", "lavfi", "-i", &grey, "-frames:v", "2", "-c:v", "mjpeg", "-y"])
                .arg(input(&path))
                .status();
            // Without the program there is nothing to test.
            let Ok(status) = film else { return };
            assert!(status.success(), "{size}");
            let mut reader = Reader::open(&path, 10.0).unwrap();
            assert_eq!(reader.next_frame().unwrap().unwrap().dimensions(), seen, "{size}, pixels of {pixels}");
        }
    }
}
