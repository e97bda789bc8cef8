//! Frames as a GIF.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use image::RgbaImage;
use ritratto::{Error, Result, provenance};

use super::io;

/// A GIF that takes frames.
pub struct GifSink {
    encoder: gif::Encoder<BufWriter<File>>,
    path: PathBuf,
    rate: f64,
    /// Frames that came.
    taken: u64,
    /// Length of the file so far, hundredths of a second.
    told: u64,
}

impl GifSink {
    /// Shortest time that a frame is shown, hundredths of a second: browsers show a frame with a shorter time for a
    /// tenth of a second.
    const SHORTEST: u64 = 2;
    /// Quality of the palette, 1 (best) to 30 (fastest): the scale of NeuQuant.
    const PALETTE_SPEED: i32 = 10;

    /// Begins a file for frames of one size, `rate` a second.
    ///
    /// # Errors
    /// [`Error::Option`] for more than 65535 pixels a side, [`Error::Io`].
    pub fn create(path: &Path, width: u32, height: u32, rate: f64) -> Result<Self> {
        let too_large = |_| Error::Option { option: "--size", expected: "at most 65535 pixels a side for a GIF" };
        let (width, height) = (u16::try_from(width).map_err(too_large)?, u16::try_from(height).map_err(too_large)?);
        let file = BufWriter::new(File::create(path).map_err(io(path))?);
        let mut encoder = gif::Encoder::new(file, width, height, &[]).map_err(unwritten(path))?;
        encoder.set_repeat(gif::Repeat::Infinite).map_err(unwritten(path))?;
        let comment = provenance::comment();
        encoder.write_raw_extension(gif::Extension::Comment.into(), &[comment.as_bytes()]).map_err(unwritten(path))?;
        Ok(Self { encoder, path: path.to_owned(), rate, taken: 0, told: 0 })
    }

    /// Takes the next frame. A frame that would be shown for too short a time is left out, and its time is added to the
    /// next frame's.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write(&mut self, frame: &RgbaImage) -> Result<()> {
        // Delays are whole hundredths of a second; the rest of one frame's time is added to the next frame's.
        let end = ((self.taken + 1) as f64 * 100.0 / self.rate).round() as u64;
        // The first frame is always written, even if its time is too short.
        let time = end.saturating_sub(self.told);
        let first = self.taken == 0;
        self.taken += 1;
        if time < Self::SHORTEST && !first {
            return Ok(());
        }
        let delay = time.max(Self::SHORTEST);
        self.told += delay;
        let (width, height) = (frame.width() as u16, frame.height() as u16);
        let mut picture = gif::Frame::from_rgba_speed(width, height, &mut frame.as_raw().clone(), Self::PALETTE_SPEED);
        picture.delay = u16::try_from(delay).unwrap_or(u16::MAX);
        self.encoder.write_frame(&picture).map_err(unwritten(&self.path))
    }

    /// Ends the file.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn finish(self) -> Result<()> {
        let path = self.path;
        let mut file = self.encoder.into_inner().map_err(unwritten(&path))?;
        file.flush().map_err(io(&path))
    }
}

fn unwritten(path: &Path) -> impl Fn(gif::EncodingError) -> Error {
    |error| {
        // The user sees that the disk is full by the kind of the error, so it is kept.
        let source = match error {
            gif::EncodingError::Io(source) => source,
            other => std::io::Error::other(other.to_string()),
        };
        io(path)(source)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use image::Rgba;

    fn frame(k: u32) -> RgbaImage {
        RgbaImage::from_fn(35, 21, |x, y| Rgba([(x * 7) as u8, (y * 12) as u8, (k * 80) as u8, 255]))
    }

    /// Frames that browsers would show for a tenth of a second are left out, and the length of the whole stays the
    /// same.
    #[test]
    fn a_gif_of_a_fast_driver_has_no_frame_that_stands_still() {
        for rate in [50.0, 60.0, 100.0, 120.0, 240.0, 1000.0] {
            let mut sink = GifSink::create(&tempfile::tempdir().unwrap().path().join("x.gif"), 35, 21, rate).unwrap();
            let mut delays = Vec::new();
            for k in 0..60 {
                let before = sink.told;
                sink.write(&frame(k % 3)).unwrap();
                delays.push(sink.told - before);
            }
            assert!(delays.iter().all(|&delay| delay == 0 || (2..100).contains(&delay)), "{rate}: {delays:?}");
            assert!((sink.told as f64 - 6000.0 / rate).abs() <= 2.0, "{rate}: {} hundredths", sink.told);
            assert!(delays[0] >= 2, "the first frame is shown");
        }
    }
}
