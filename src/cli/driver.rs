//! Drivers: where the motion comes from.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use ritratto::encoder::{Encoder, Tracker};
use ritratto::gpu::Gpu;
use ritratto::models::Models;
use ritratto::motion::{FaceMotion, MotionTrack, Origin, builtin, file};
use ritratto::{Error, Result, photo};

use super::{ffmpeg, folder, io};

/// Long side of the frames that are tracked, pixels.
const LONG_SIDE: u32 = 2048;

/// A driver that was opened and looked at, before any model is loaded.
pub enum Driver {
    /// Pictures, and frames a second.
    Pictures(Vec<PathBuf>, f64),
    /// A video and how it is read.
    Video(PathBuf, ffmpeg::Facts),
    /// A motion file.
    Track(Box<MotionTrack>),
    /// A built-in motion's name.
    Builtin(String),
}

impl Driver {
    /// Opens what the argument names.
    ///
    /// # Errors
    /// [`Error::Driver`], [`Error::Motion`], [`Error::Io`].
    pub fn open(argument: &OsStr, rate: f64) -> Result<Self> {
        if let Some(name) = argument.to_str().and_then(|argument| argument.strip_prefix("builtin:")) {
            if !builtin::names().contains(&name) {
                return Err(Error::Driver {
                    reason: format!("there is no built-in motion \"{name}\", only {}", builtin::names().join(", ")),
                });
            }
            return Ok(Self::Builtin(name.to_owned()));
        }
        let path = Path::new(argument);
        let size = std::fs::metadata(path).map_err(io(path))?;
        if size.is_dir() {
            return Ok(Self::Pictures(folder::pictures(path)?, rate));
        }
        // Motion files of version 1 were JSON; the reader says what to do about them.
        if path.extension().is_some_and(|e| [file::EXTENSION, "json"].iter().any(|known| e.eq_ignore_ascii_case(known)))
        {
            if size.len() > file::LIMIT_BYTES as u64 {
                return Err(Error::Motion { reason: format!("it is larger than {} MB", file::LIMIT_BYTES >> 20) });
            }
            return Ok(Self::Track(Box::new(file::read(&std::fs::read(path).map_err(io(path))?)?)));
        }
        // A picture that moves is a video.
        let moves = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gif"));
        if folder::is_picture(path) && !moves {
            return Ok(Self::Pictures(vec![path.to_owned()], rate));
        }
        Ok(Self::Video(path.to_owned(), ffmpeg::probe(path)?))
    }

    /// Begins to read motion.
    pub fn start(self, models: &Models, gpu: Option<&Gpu>) -> Result<Motions> {
        let watch = |frames, rate, count| -> Result<Motions> {
            let encoder = Encoder::new(models, gpu)?;
            let source = Source::Watched(Box::new(Watch { frames, encoder, tracker: Tracker::default() }));
            Ok(Motions { rate, count, neutral: None, measured: true, source })
        };
        let replay = |track: MotionTrack| Motions {
            rate: track.rate(),
            count: Some(track.len() as u64),
            neutral: Some(track.neutral().clone()),
            measured: track.origin() == Origin::Measured,
            source: Source::Stored { track: Box::new(track), next: 0 },
        };
        match self {
            Self::Pictures(paths, rate) => {
                let count = paths.len() as u64;
                watch(Frames::Pictures(paths.into_iter()), rate, Some(count))
            }
            Self::Video(path, ffmpeg::Facts { rate, count }) => {
                watch(Frames::Video(ffmpeg::Reader::open(&path, rate)?), rate, count)
            }
            Self::Track(track) => Ok(replay(*track)),
            Self::Builtin(name) => Ok(replay(builtin::track(&name, models)?)),
        }
    }
}

/// A stream of motion, one entry a frame.
pub struct Motions {
    /// Frames a second.
    pub rate: f64,
    /// Number of frames, where it is known (of a video an estimate).
    pub count: Option<u64>,
    /// The neutral face, where the driver carries one.
    pub neutral: Option<FaceMotion>,
    /// Whether the motion was measured, and so jitters.
    pub measured: bool,
    source: Source,
}

enum Source {
    Stored { track: Box<MotionTrack>, next: usize },
    Watched(Box<Watch>),
}

/// Frames that are tracked as they come.
struct Watch {
    frames: Frames,
    encoder: Encoder,
    tracker: Tracker,
}

enum Frames {
    Pictures(std::vec::IntoIter<PathBuf>),
    Video(ffmpeg::Reader),
}

impl Motions {
    /// Passes over the next frame without looking at it; `None` after the last.
    pub fn skip(&mut self) -> Result<Option<()>> {
        match &mut self.source {
            Source::Stored { track, next } => {
                *next += 1;
                Ok((*next <= track.len()).then_some(()))
            }
            Source::Watched(watch) => Ok(match &mut watch.frames {
                Frames::Pictures(paths) => paths.next().map(|_| ()),
                Frames::Video(reader) => reader.next_frame()?.map(|_| ()),
            }),
        }
    }

    /// The next frame's motion (`None` inside where it shows no face); `None` after the last frame.
    pub async fn next(&mut self) -> Result<Option<Option<FaceMotion>>> {
        let watch = match &mut self.source {
            Source::Stored { track, next } => {
                let frame = (*next < track.len()).then(|| track.frame(*next));
                *next += 1;
                return Ok(frame);
            }
            Source::Watched(watch) => watch,
        };
        let picture = match &mut watch.frames {
            Frames::Pictures(paths) => paths.next().map(|path| picture(&path)).transpose()?,
            Frames::Video(reader) => reader.next_frame()?,
        };
        let Some(picture) = picture else { return Ok(None) };
        let seen = watch.tracker.track(&watch.encoder, &picture).await?;
        Ok(Some(seen.map(|face| face.motion())))
    }
}

fn picture(path: &Path) -> Result<image::RgbaImage> {
    let bytes = std::fs::read(path).map_err(io(path))?;
    photo::decode(&bytes, LONG_SIDE).map_err(|error| Error::Driver {
        reason: format!("{}: {}", path.display(), error.to_string().trim_end_matches('.')),
    })
}
