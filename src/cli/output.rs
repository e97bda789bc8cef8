//! The output of `ritratto animate`: a GIF, an MP4 or a folder of frames.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use image::RgbaImage;
use ritratto::motion::file::EXTENSION;
use ritratto::{Error, Result, provenance};

use super::animate::LIMIT_SIZE;
use super::gif_sink::GifSink;
use super::io;
use super::mp4::{Compressor, Writer};
use super::whole::{Whole, check_apart, check_free};

/// Kind of output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Frames,
    Gif,
    Mp4(Compressor),
}

/// An output whose name has been checked, but of which nothing is written yet.
pub struct Target {
    path: PathBuf,
    kind: Kind,
}

/// The longest side of an MP4 that is given no size, pixels, as on the page: many players show no more than 4096 x 2304 of H.264.
const USUAL_MP4: u32 = 2048;

/// File endings of kinds of files that cannot be written; without this list such a name would become a folder.
const OTHER_FILES: [&str; 26] = [
    "png", "apng", "jpg", "jpeg", "jxl", "webp", "avif", "heic", "bmp", "tif", "tiff", "webm", "mov", "m4v", "avi",
    "mkv", "mpg", "mpeg", "wmv", "flv", "ogv", "mts", "3gp", "zip", "json", EXTENSION,
];

impl Target {
    /// Takes the kind from the ending: .gif, .mp4, else a folder of frames.
    ///
    /// # Errors
    /// [`Error::Option`] for an ending of [`OTHER_FILES`], for the photo's or the driver's own name, and for an .mp4
    /// that ffmpeg cannot write; [`Error::Io`] for a target that could not be written at the end.
    pub fn new(path: &Path, photo: &Path, driver: &Path) -> Result<Self> {
        let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        let ending = ending.as_deref().unwrap_or_default();
        if OTHER_FILES.contains(&ending) {
            return Err(Error::Option { option: "--out", expected: "a folder for PNG frames, a .gif or an .mp4" });
        }
        check_free(path, !["gif", "mp4"].contains(&ending))?;
        check_apart(path, photo, "another file than the photo")?;
        check_apart(path, driver, "another file than the driver")?;
        let kind = match ending {
            "gif" => Kind::Gif,
            "mp4" => Kind::Mp4(Compressor::find()?),
            _ => Kind::Frames,
        };
        Ok(Self { path: path.to_owned(), kind })
    }

    /// Longest side, pixels, of the output's frames if the user asks for no size.
    pub fn usual_limit(&self) -> u32 {
        if matches!(self.kind, Kind::Mp4(_)) { USUAL_MP4 } else { LIMIT_SIZE }
    }

    /// Opens the output for frames of one size, `rate` a second.
    ///
    /// # Errors
    /// [`Error::Option`] for frames that are too large, [`Error::Io`].
    pub fn begin(self, width: u32, height: u32, rate: f64) -> Result<Output> {
        let whole = Whole::new(&self.path)?;
        let sink = match self.kind {
            Kind::Frames => {
                std::fs::create_dir(&whole.draft).map_err(io(&self.path))?;
                Sink::Frames
            }
            Kind::Gif => Sink::Gif(Box::new(GifSink::create(&whole.draft, width, height, rate)?)),
            Kind::Mp4(compressor) => Sink::Mp4(Writer::create(&whole.draft, width, height, rate, compressor)?),
        };
        Ok(Output { whole, sink, written: 0 })
    }
}

enum Sink {
    Frames,
    Gif(Box<GifSink>),
    Mp4(Writer),
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
    let failed = |error| {
        // The user sees that the disk is full by the kind of the error, so it is kept.
        let source = match error {
            png::EncodingError::IoError(source) => source,
            other => std::io::Error::other(other.to_string()),
        };
        io(path)(source)
    };
    let file = BufWriter::new(File::create(path).map_err(io(path))?);
    provenance::write_png(frame, file).map_err(failed)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::ffmpeg;
    use super::*;
    use image::Rgba;

    fn frame(k: u32) -> RgbaImage {
        RgbaImage::from_fn(35, 21, |x, y| Rgba([(x * 7) as u8, (y * 12) as u8, (k * 80) as u8, 255]))
    }

    fn target(path: &Path) -> Result<Target> {
        Target::new(path, Path::new("photo.jpg"), Path::new("builtin:smile"))
    }

    fn write(name: &str, rate: f64) -> (tempfile::TempDir, PathBuf) {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join(name);
        let mut output = target(&path).unwrap().begin(35, 21, rate).unwrap();
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

    #[test]
    fn an_mp4_has_even_sides_every_frame_and_says_what_it_is() {
        if std::process::Command::new("ffmpeg").arg("-version").output().is_err() {
            return;
        }
        let (_place, path) = write("out.mp4", 29.97);
        let facts = ffmpeg::probe(&path).unwrap();
        assert!((facts.rate - 29.97).abs() < 0.01 && facts.count == Some(3));
        let bytes = std::fs::read(&path).unwrap();
        assert!(String::from_utf8_lossy(&bytes).contains(&provenance::comment()));
        assert!(bytes.ends_with(&provenance::clip_tags("video/mp4")), "programs are told nothing");
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

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_no_fault_of_the_input() {
        let full = Path::new("/dev/full");
        // Larger than the buffer in which the writer holds bytes back.
        let large = RgbaImage::from_fn(300, 300, |x, y| Rgba([(x * y % 251) as u8, (x * x + y) as u8, y as u8, 255]));
        let gif = GifSink::create(full, 300, 300, 25.0).and_then(|mut sink| {
            sink.write(&large)?;
            sink.finish()
        });
        let mut results = vec![write_png(full, &large), gif];
        if let Ok(compressor) = Compressor::find() {
            let mut writer = Writer::create(full, 300, 300, 25.0, compressor).unwrap();
            results.push(writer.write(&large).and_then(|()| writer.finish()));
        }
        for result in results {
            let error = result.unwrap_err();
            assert_eq!(super::super::exit_code(&error), super::super::FAULT, "{error}");
        }
    }

    #[test]
    fn what_is_given_up_leaves_nothing() {
        let place = tempfile::tempdir().unwrap();
        for name in ["frames", "out.gif", "out.mp4"] {
            let Ok(target) = target(&place.path().join(name)) else { continue };
            let mut output = target.begin(35, 21, 25.0).unwrap();
            output.write(&frame(0)).unwrap();
            drop(output);
            assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0, "{name}");
        }
    }
}
