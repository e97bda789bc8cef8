//! Video in and out through the `ffmpeg` program.

use std::fs::File;
use std::io::{BufReader, Read, Seek, Write};
use std::ops::RangeInclusive;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use image::RgbaImage;
use ritratto::{Error, Result, provenance};

/// Long side of the frames that are tracked, pixels: the nets see a face at 256.
const LONG_SIDE: u32 = 1280;
/// Longest header line of a PPM frame, bytes.
const HEADER: usize = 64;
/// Frames a second that a header is believed. Where frames come at odd times ffprobe gives the ticks of the file's clock (Matroska counts
/// milliseconds, MPEG 1/90000 s), or next to nothing.
const BELIEVED: RangeInclusive<f64> = 1.0..=120.0;
/// Frames a second of a video whose header is not believed: what webcams film, and so what browsers record.
const USUAL: f64 = 30.0;
/// The first video that is no cover picture, as ffmpeg and ffprobe name it.
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

/// How a video is read.
pub struct Facts {
    /// Frames a second, always: a video whose frames come at odd times is read at this rate too.
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
    let believed = |name| fraction(&text(stream.get(name))).filter(|rate| BELIEVED.contains(rate));
    let average = believed("avg_frame_rate");
    let rate = average.or_else(|| believed("r_frame_rate")).unwrap_or(USUAL);
    // As many frames as are stored are read only at their average rate.
    let stored = average.and_then(|_| text(stream.get("nb_frames")).parse().ok());
    // The pictures' own length, else the file's: its sound may go on after them. A header that knows neither may say 0.
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
fn input(path: &Path) -> std::ffi::OsString {
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
    /// Decodes a video at a constant rate, frames a second. Frames are left out or come twice where their own times ask for it: the n-th
    /// frame is what is seen n / `rate` seconds after the first.
    pub fn open(path: &Path, rate: f64) -> Result<Self> {
        let complaints = complaints()?;
        // Counted from 0, and so no frame is added or left out afterwards: the option that says so has another name in each version of ffmpeg.
        let filters = format!(
            "fps={rate},setpts=N,scale='min({LONG_SIDE},iw)':'min({LONG_SIDE},ih)':force_original_aspect_ratio=decrease"
        );
        let mut child = Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-i"])
            .arg(input(path))
            .args(["-map", &format!("0:{STREAM}"), "-vf", &filters])
            // Every frame says its own size: rotated phone videos need no special care.
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
        driver(format!("{} could not be decoded to its end ({})", self.name, said(&mut self.complaints)))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // Nobody reads the rest; a child that has ended already is no error.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes frames into an MP4 file.
pub struct Writer {
    child: Child,
    frames: Option<ChildStdin>,
    complaints: File,
}

/// Why no MP4 can be written.
fn no_writer(error: std::io::Error) -> Error {
    if error.kind() == std::io::ErrorKind::NotFound {
        return Error::Option {
            option: "--out",
            expected: "a folder for PNG frames or a .gif: an .mp4 needs the program ffmpeg, which is not on the PATH",
        };
    }
    Error::Io { path: "ffmpeg".into(), source: error }
}

impl Writer {
    /// Refuses to write where there is no ffmpeg: better now than when all is prepared.
    pub fn check() -> Result<()> {
        let asked = Command::new("ffmpeg").arg("-version").stdin(Stdio::null()).output();
        asked.map(|_| ()).map_err(no_writer)
    }

    /// H.264 in 4:2:0, which every player shows. It needs even sides: an odd one loses one pixel.
    pub fn create(path: &Path, width: u32, height: u32, rate: f64) -> Result<Self> {
        let complaints = complaints()?;
        let mut child = Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgba"])
            .args(["-s", &format!("{width}x{height}"), "-r", &rate.to_string(), "-i", "-"])
            .args(["-vf", "crop=trunc(iw/2)*2:trunc(ih/2)*2:0:0,scale=out_color_matrix=bt709:out_range=tv"])
            .args(["-c:v", "libx264", "-crf", "16", "-pix_fmt", "yuv420p"])
            .args(["-color_primaries", "bt709", "-color_trc", "iec61966-2-1", "-colorspace", "bt709"])
            .args(["-metadata", &format!("encoded_by={}", provenance::SOFTWARE)])
            .args(["-metadata", &format!("comment={}", provenance::comment())])
            .args(["-movflags", "+faststart", "-f", "mp4", "-y"])
            .arg(input(path))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(complaints.try_clone().map_err(super::io(path))?)
            .spawn()
            .map_err(no_writer)?;
        let frames = child.stdin.take();
        Ok(Self { child, frames, complaints })
    }

    pub fn write(&mut self, frame: &RgbaImage) -> Result<()> {
        let sent = self.frames.as_mut().map(|pipe| pipe.write_all(frame.as_raw()));
        if matches!(sent, Some(Ok(()))) { Ok(()) } else { Err(self.failed()) }
    }

    pub fn finish(mut self) -> Result<()> {
        drop(self.frames.take());
        let ended = self.child.wait().is_ok_and(|status| status.success());
        if ended { Ok(()) } else { Err(self.failed()) }
    }

    fn failed(&mut self) -> Error {
        Error::Io {
            path: "ffmpeg".into(),
            source: std::io::Error::other(format!("the MP4 could not be written ({})", said(&mut self.complaints))),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.frames.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A nameless file for what ffmpeg has to say: a pipe would have to be emptied by a thread.
fn complaints() -> Result<File> {
    tempfile::tempfile().map_err(super::io(&std::env::temp_dir()))
}

fn said(complaints: &mut File) -> String {
    let mut text = Vec::new();
    let read = complaints.rewind().and_then(|()| complaints.take(1 << 16).read_to_end(&mut text));
    let text = String::from_utf8_lossy(&text);
    match text.lines().rfind(|line| !line.trim().is_empty()) {
        Some(line) if read.is_ok() => line.trim().to_owned(),
        _ => "ffmpeg gave no reason".to_owned(),
    }
}
