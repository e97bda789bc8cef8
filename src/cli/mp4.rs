//! Frames as an MP4 file, through the `ffmpeg` program.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use image::RgbaImage;
use ritratto::{Error, Result, provenance};

use super::ffmpeg::{all_said, complaints, input, last_line};
use super::io;

/// Bits for each pixel of a frame that OpenH264, which needs a fixed rate, is given: as many as x264 takes for a face
/// at the quality that it is asked for.
const BITS_A_PIXEL: f64 = 0.2;

/// Words in ffmpeg's messages when the disk is full.
const FULL: &str = "No space left on device";

/// Which of ffmpeg's compressors to H.264 is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Compressor {
    /// The better one, which some distributions leave out.
    X264,
    /// The one that those distributions have instead.
    OpenH264,
}

impl Compressor {
    /// Looks for a compressor. Where there is none, or no ffmpeg, it fails now rather than after all is prepared.
    ///
    /// # Errors
    /// [`Error::Option`], and [`Error::Io`] when ffmpeg cannot be started.
    pub fn find() -> Result<Self> {
        let asked = Command::new("ffmpeg").args(["-v", "error", "-encoders"]).stdin(Stdio::null()).output();
        Self::among(&String::from_utf8_lossy(&asked.map_err(no_writer)?.stdout)).ok_or(Error::Option {
            option: "--out",
            expected: "a folder for PNG frames or a .gif: an .mp4 needs an ffmpeg that compresses to H.264 (libx264 or libopenh264), \
                       which the one on the PATH does not",
        })
    }

    /// The better one of those in ffmpeg's list, whose lines are marks, a name and what it is.
    fn among(list: &str) -> Option<Self> {
        let there =
            |compressor: &Self| list.lines().any(|line| line.split_whitespace().nth(1) == Some(compressor.name()));
        [Self::X264, Self::OpenH264].into_iter().find(there)
    }

    /// ffmpeg's name for the compressor.
    fn name(self) -> &'static str {
        match self {
            Self::X264 => "libx264",
            Self::OpenH264 => "libopenh264",
        }
    }

    /// The arguments that tell ffmpeg the quality.
    fn quality(self, width: u32, height: u32, rate: f64) -> [String; 2] {
        match self {
            Self::X264 => ["-crf".into(), "16".into()],
            // OpenH264 takes no quality, only a rate of bits.
            Self::OpenH264 => {
                let bits = f64::from(width) * f64::from(height) * rate * BITS_A_PIXEL;
                ["-b:v".into(), format!("{bits:.0}")]
            }
        }
    }
}

/// An MP4 file that takes frames.
pub struct Writer {
    child: Child,
    frames: Option<ChildStdin>,
    complaints: File,
    path: PathBuf,
}

/// Why no MP4 can be written.
fn no_writer(error: std::io::Error) -> Error {
    if error.kind() == ErrorKind::NotFound {
        return Error::Option {
            option: "--out",
            expected: "a folder for PNG frames or a .gif: an .mp4 needs the program ffmpeg, which is not on the PATH",
        };
    }
    Error::Io { path: "ffmpeg".into(), source: error }
}

impl Writer {
    /// Begins a file for frames of one size, `rate` a second: H.264 in 4:2:0, which every player shows. It needs even sides: an odd one loses
    /// one pixel.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn create(path: &Path, width: u32, height: u32, rate: f64, compressor: Compressor) -> Result<Self> {
        let complaints = complaints()?;
        let mut child = Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgba"])
            .args(["-s", &format!("{width}x{height}"), "-r", &rate.to_string(), "-i", "-"])
            .args(["-vf", "crop=trunc(iw/2)*2:trunc(ih/2)*2:0:0,scale=out_color_matrix=bt709:out_range=tv"])
            .args(["-c:v", compressor.name(), "-pix_fmt", "yuv420p"])
            .args(compressor.quality(width, height, rate))
            .args(["-color_primaries", "bt709", "-color_trc", "iec61966-2-1", "-colorspace", "bt709"])
            .args(["-metadata", &format!("comment={}", provenance::comment())])
            .args(["-movflags", "+faststart", "-f", "mp4", "-y"])
            .arg(input(path))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(complaints.try_clone().map_err(io(path))?)
            .spawn()
            .map_err(no_writer)?;
        let frames = child.stdin.take();
        Ok(Self { child, frames, complaints, path: path.to_owned() })
    }

    /// Takes the next frame.
    ///
    /// # Errors
    /// [`Error::Io`] with what ffmpeg said.
    pub fn write(&mut self, frame: &RgbaImage) -> Result<()> {
        let sent = self.frames.as_mut().map(|pipe| pipe.write_all(frame.as_raw()));
        if matches!(sent, Some(Ok(()))) { Ok(()) } else { Err(self.failed()) }
    }

    /// Ends the file, and adds the tags that say that it is AI-animated.
    ///
    /// # Errors
    /// [`Error::Io`] with what ffmpeg said, or when nothing can be added to its file.
    pub fn finish(mut self) -> Result<()> {
        drop(self.frames.take());
        if !self.child.wait().is_ok_and(|status| status.success()) {
            return Err(self.failed());
        }
        // ffmpeg has no way to put an XMP packet in.
        let file = File::options().append(true).open(&self.path);
        file.and_then(|mut file| file.write_all(&provenance::clip_tags("video/mp4"))).map_err(io(&self.path))
    }

    fn failed(&mut self) -> Error {
        // ffmpeg ends by itself when its input breaks off, and may write more messages before that.
        drop(self.frames.take());
        let _ = self.child.wait();
        let said = all_said(&mut self.complaints);
        // On a full disk ffmpeg's last line says only that it failed; the reason stands in an earlier one.
        let (kind, reason) =
            if said.contains(FULL) { (ErrorKind::StorageFull, FULL) } else { (ErrorKind::Other, last_line(&said)) };
        let reason = format!("the MP4 could not be written ({reason})");
        Error::Io { path: "ffmpeg".into(), source: std::io::Error::new(kind, reason) }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.frames.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_better_compressor_of_those_that_are_there_is_taken() {
        let head = "Encoders:\n V..... = Video\n ------\n V....D libx264rgb           libx264 H.264 RGB (codec h264)\n";
        let x264 = " V....D libx264              libx264 H.264 / AVC / MPEG-4 AVC / MPEG-4 part 10 (codec h264)\n";
        let open = " V....D libopenh264          OpenH264 H.264 / AVC / MPEG-4 AVC / MPEG-4 part 10 (codec h264)\n";
        assert_eq!(Compressor::among(head), None);
        assert_eq!(Compressor::among(&[head, open].concat()), Some(Compressor::OpenH264));
        assert_eq!(Compressor::among(&[head, open, x264].concat()), Some(Compressor::X264));
        assert_eq!(Compressor::OpenH264.quality(1280, 720, 25.0), ["-b:v", "4608000"]);
    }
}
