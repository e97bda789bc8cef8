//! Where the frames go. Everything is written beside the target and moved there
//! when it is whole, so that a failure leaves nothing behind.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use image::RgbaImage;
use ritratto::motion::file::EXTENSION;
use ritratto::{Error, Result, provenance};
use tempfile::TempDir;

use super::{ffmpeg, io};

/// What is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Frames,
    Gif,
    Mp4,
}

/// A target that was checked but not begun.
pub struct Target {
    path: PathBuf,
    kind: Kind,
}

/// File endings that mean a single file of a kind that is not written.
const OTHER_FILES: [&str; 26] = [
    "png", "apng", "jpg", "jpeg", "jxl", "webp", "avif", "heic", "bmp", "tif", "tiff", "webm", "mov", "m4v", "avi",
    "mkv", "mpg", "mpeg", "wmv", "flv", "ogv", "mts", "3gp", "zip", "json", EXTENSION,
];

impl Target {
    /// Takes the kind from the ending: .gif, .mp4, else a folder of frames.
    pub fn new(path: &Path) -> Result<Self> {
        let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        let kind = match ending.as_deref() {
            Some("gif") => Kind::Gif,
            Some("mp4") => Kind::Mp4,
            Some(other) if OTHER_FILES.contains(&other) => {
                return Err(Error::Option { option: "--out", expected: "a folder for PNG frames, a .gif or an .mp4" });
            }
            _ => Kind::Frames,
        };
        check_free(path, kind == Kind::Frames)?;
        if kind == Kind::Mp4 {
            ffmpeg::Writer::check()?;
        }
        Ok(Self { path: path.to_owned(), kind })
    }

    /// Opens the output for frames of one size.
    pub fn begin(self, width: u32, height: u32, rate: f64) -> Result<Output> {
        let whole = Whole::new(&self.path)?;
        let sink = match self.kind {
            Kind::Frames => {
                std::fs::create_dir(&whole.draft).map_err(io(&self.path))?;
                Sink::Frames
            }
            Kind::Gif => Sink::Gif(Box::new(GifSink::create(&whole.draft, width, height, rate)?)),
            Kind::Mp4 => Sink::Mp4(ffmpeg::Writer::create(&whole.draft, width, height, rate)?),
        };
        Ok(Output { whole, sink, written: 0 })
    }
}

/// Refuses what could not be written in the end: better now than after an hour.
fn check_free(path: &Path, folder: bool) -> Result<()> {
    let parent = parent(path);
    if !parent.is_dir() {
        return Err(Error::Io { path: parent.display().to_string(), source: std::io::ErrorKind::NotFound.into() });
    }
    let refuse = |text: &str| Err(Error::Io { path: path.display().to_string(), source: std::io::Error::other(text) });
    if folder && path.exists() {
        let empty = path.is_dir() && std::fs::read_dir(path).map_err(io(path))?.next().is_none();
        if !empty {
            return refuse("exists already and is not an empty folder");
        }
    } else if !folder && path.is_dir() {
        return refuse("is a folder");
    }
    Ok(())
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file or folder that appears under its name only when it is whole.
pub struct Whole {
    /// Where to write.
    pub draft: PathBuf,
    target: PathBuf,
    folder: TempDir,
}

impl Whole {
    /// Makes a hidden folder beside `target`: on the same disk, so that the last move cannot fail half-way.
    pub fn new(target: &Path) -> Result<Self> {
        let folder =
            tempfile::Builder::new().prefix(".ritratto-").tempdir_in(parent(target)).map_err(io(parent(target)))?;
        Ok(Self { draft: folder.path().join("draft"), target: target.to_owned(), folder })
    }

    /// Moves the draft to its name.
    pub fn keep(self) -> Result<()> {
        std::fs::rename(&self.draft, &self.target).map_err(io(&self.target))?;
        self.folder.close().map_err(io(&self.target))
    }

    /// Refuses a target that is a folder or lies in none.
    pub fn check(target: &Path) -> Result<()> {
        check_free(target, false)
    }
}

enum Sink {
    Frames,
    Gif(Box<GifSink>),
    Mp4(ffmpeg::Writer),
}

/// An output that takes frames.
pub struct Output {
    // The sink holds files in the draft folder: it is declared, and so dropped, first.
    sink: Sink,
    whole: Whole,
    written: u64,
}

impl Output {
    pub fn write(&mut self, frame: &RgbaImage) -> Result<()> {
        self.written += 1;
        match &mut self.sink {
            Sink::Frames => write_png(&self.whole.draft.join(format!("{:06}.png", self.written)), frame),
            Sink::Gif(sink) => sink.write(frame),
            Sink::Mp4(writer) => writer.write(frame),
        }
    }

    /// Ends the files and moves them to their name.
    pub fn finish(self) -> Result<()> {
        match self.sink {
            Sink::Frames => {}
            Sink::Gif(sink) => sink.finish()?,
            Sink::Mp4(writer) => writer.finish()?,
        }
        self.whole.keep()
    }
}

fn write_png(path: &Path, frame: &RgbaImage) -> Result<()> {
    let failed = |error: png::EncodingError| Error::Io {
        path: path.display().to_string(),
        source: std::io::Error::other(error.to_string()),
    };
    let file = BufWriter::new(File::create(path).map_err(io(path))?);
    provenance::write_png(frame, file).map_err(failed)
}

struct GifSink {
    encoder: gif::Encoder<BufWriter<File>>,
    path: PathBuf,
    rate: f64,
    /// Frames that came.
    taken: u64,
    /// Hundredths of a second that the file has so far.
    told: u64,
}

impl GifSink {
    /// The shortest time that a frame is shown, hundredths of a second: browsers show one of less for a tenth of a second.
    const SHORTEST: u64 = 2;
    /// Quality of the palette, 1 (best) to 30 (fastest): the scale of NeuQuant.
    const PALETTE_SPEED: i32 = 10;

    fn create(path: &Path, width: u32, height: u32, rate: f64) -> Result<Self> {
        let too_large = |_| Error::Option { option: "--size", expected: "at most 65535 pixels a side for a GIF" };
        let (width, height) = (u16::try_from(width).map_err(too_large)?, u16::try_from(height).map_err(too_large)?);
        let file = BufWriter::new(File::create(path).map_err(io(path))?);
        let failed = |error: gif::EncodingError| unwritten(path, &error);
        let mut encoder = gif::Encoder::new(file, width, height, &[]).map_err(failed)?;
        encoder.set_repeat(gif::Repeat::Infinite).map_err(failed)?;
        let comment = provenance::comment();
        encoder.write_raw_extension(gif::Extension::Comment.into(), &[comment.as_bytes()]).map_err(failed)?;
        Ok(Self { encoder, path: path.to_owned(), rate, taken: 0, told: 0 })
    }

    fn write(&mut self, frame: &RgbaImage) -> Result<()> {
        // Delays are whole hundredths of a second; what is rounded off one frame goes to the next.
        let end = ((self.taken + 1) as f64 * 100.0 / self.rate).round() as u64;
        let first = self.taken == 0;
        self.taken += 1;
        if end - self.told < Self::SHORTEST && !first {
            // The next one has its time as well.
            return Ok(());
        }
        let delay = (end - self.told).max(Self::SHORTEST);
        self.told += delay;
        let (width, height) = (frame.width() as u16, frame.height() as u16);
        let mut picture = gif::Frame::from_rgba_speed(width, height, &mut frame.as_raw().clone(), Self::PALETTE_SPEED);
        picture.delay = u16::try_from(delay).unwrap_or(u16::MAX);
        self.encoder.write_frame(&picture).map_err(|error| unwritten(&self.path, &error))
    }

    fn finish(self) -> Result<()> {
        let path = self.path;
        let mut file = self.encoder.into_inner().map_err(|error| unwritten(&path, &error))?;
        file.flush().map_err(io(&path))
    }
}

fn unwritten(path: &Path, error: &gif::EncodingError) -> Error {
    Error::Io { path: path.display().to_string(), source: std::io::Error::other(error.to_string()) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use image::Rgba;

    fn frame(k: u32) -> RgbaImage {
        RgbaImage::from_fn(35, 21, |x, y| Rgba([(x * 7) as u8, (y * 12) as u8, (k * 80) as u8, 255]))
    }

    fn write(name: &str, rate: f64) -> (TempDir, PathBuf) {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join(name);
        let mut output = Target::new(&path).unwrap().begin(35, 21, rate).unwrap();
        for k in 0..3 {
            output.write(&frame(k)).unwrap();
        }
        assert!(!path.exists(), "visible before it is whole");
        output.finish().unwrap();
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
        (place, path)
    }

    #[test]
    fn png_frames_are_exact_and_say_what_they_are() {
        let (_place, path) = write("frames.v1", 25.0);
        for k in 0..3 {
            let file = path.join(format!("{:06}.png", k + 1));
            assert_eq!(image::open(&file).unwrap().into_rgba8(), frame(k));
            let reader = png::Decoder::new(std::io::BufReader::new(File::open(&file).unwrap())).read_info().unwrap();
            let texts = &reader.info().uncompressed_latin1_text;
            assert!(texts.iter().any(|t| t.keyword == "Software" && t.text == "Ritratto"));
            assert!(texts.iter().any(|t| t.keyword == "Description" && t.text == "AI-animated portrait"));
            let xmp = reader.info().utf8_text[0].get_text().unwrap();
            assert!(xmp.contains("digitalsourcetype/compositeSynthetic") && xmp.starts_with("<?xpacket"));
        }
    }

    #[test]
    fn a_gif_keeps_its_rate_and_says_what_it_is() {
        let (_place, path) = write("out.gif", 30.0);
        let bytes = std::fs::read(&path).unwrap();
        assert!(String::from_utf8_lossy(&bytes).contains("AI-animated portrait, made with Ritratto"));
        let mut reader = gif::DecodeOptions::new().read_info(&bytes[..]).unwrap();
        let mut delays = Vec::new();
        while let Some(frame) = reader.read_next_frame().unwrap() {
            delays.push(frame.delay);
        }
        assert_eq!(delays, [3, 4, 3], "0.1 s in all");
    }

    /// Frames that browsers would show for a tenth of a second are left out, and the whole is as long as it was.
    #[test]
    fn a_gif_of_a_fast_driver_has_no_frame_that_stands_still() {
        for rate in [50.0, 60.0, 100.0, 120.0, 240.0] {
            let mut sink = GifSink::create(&tempfile::tempdir().unwrap().path().join("x.gif"), 35, 21, rate).unwrap();
            let mut delays = Vec::new();
            for k in 0..60 {
                let before = sink.told;
                sink.write(&frame(k % 3)).unwrap();
                delays.push(sink.told - before);
            }
            assert!(delays.iter().all(|&delay| delay == 0 || delay >= 2), "{rate}: {delays:?}");
            assert!((sink.told as f64 - 6000.0 / rate).abs() <= 2.0, "{rate}: {} hundredths", sink.told);
            assert!(delays[0] >= 2, "the first frame is shown");
        }
    }

    #[test]
    fn an_mp4_has_even_sides_every_frame_and_says_what_it_is() {
        if std::process::Command::new("ffmpeg").arg("-version").output().is_err() {
            return;
        }
        let (_place, path) = write("out.mp4", 29.97);
        let facts = ffmpeg::probe(&path).unwrap();
        assert!((facts.rate - 29.97).abs() < 0.01 && facts.count == Some(3));
        assert!(String::from_utf8_lossy(&std::fs::read(&path).unwrap()).contains("compositeSynthetic"));
        let mut reader = ffmpeg::Reader::open(&path, facts.rate).unwrap();
        let mut frames = 0;
        while let Some(seen) = reader.next_frame().unwrap() {
            assert_eq!(seen.dimensions(), (34, 20));
            let middle = (seen.get_pixel(17, 10).0, frame(frames).get_pixel(17, 10).0);
            assert!(middle.0.iter().zip(middle.1).all(|(a, b)| a.abs_diff(b) < 30), "{middle:?}");
            frames += 1;
        }
        assert_eq!(frames, 3);
    }

    #[test]
    fn what_is_given_up_leaves_nothing() {
        let place = tempfile::tempdir().unwrap();
        for name in ["frames", "out.gif", "out.mp4"] {
            let Ok(mut output) = Target::new(&place.path().join(name)).unwrap().begin(35, 21, 25.0) else { continue };
            output.write(&frame(0)).unwrap();
            drop(output);
            assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0, "{name}");
        }
    }
}
