//! Motion files: a driving face without a picture of it.
//!
//! A file stands for itself: it has the rate, the driver's neutral face, the few ways in which this face
//! moves, and how far it goes each way in each frame. The usual ending is `.rmotion`. An
//! hour of talk takes a few MB; `ritratto track` prints how many.
//!
//! # Layout, version 2
//!
//! | bytes | what |
//! |---|---|
//! | 7 | `RMOTION` in ASCII |
//! | 1 | version: 2 |
//! | the rest | the sections `HEAD`, `FACE`, `WAYS`, `SEEN`, `MOVE`, in this order, and nothing after them |
//!
//! A section is four bytes of name in ASCII, the length of its body in bytes (unsigned, 32 bits, little endian), and
//! the body: a zlib stream (RFC 1950), whose checksum guards the content. Apart from the rate all content is
//! *numbers*: signed, 32 bits, zigzag coded (0, -1, 1, -2 ... as 0, 1, 2, 3 ...), seven bits a byte, the lowest
//! first, the top bit set in all bytes but the last.
//!
//! | section | content |
//! |---|---|
//! | `HEAD` | rate in frames a second (IEEE 754 double, little endian; above 0, at most 1000), number of frames *n* (1 to [`LIMIT_FRAMES`]), number of components *k* (0 to [`LIMIT_COMPONENTS`]), origin (0: measured on a face, 1: made by hand) |
//! | `FACE` | the neutral face: 59 plain values, then x, y, z of 478 landmarks in the canonical frame in 1/1000 cm |
//! | `WAYS` | for each component its exponent *e* (0 to 20) and 1434 loadings (x, y, z of each landmark), each at most 2^*e* |
//! | `SEEN` | how many frames show a face, how many then do not, how many then do ... until all *n* are told; only the first may be 0 |
//! | `MOVE` | rows of the frames with a face: 59 plain values, then *k* scores |
//!
//! **Plain values** are the rotation as a unit quaternion w, x, y, z in 1/16384, the translation x, y, z in
//! 1/256 cm (both canonical to camera), and 52 coefficients in 1/500, in the order of
//! [`COEFFICIENT_NAMES`](super::COEFFICIENT_NAMES).
//!
//! **Shapes**: landmark coordinate *i* of a frame is the neutral face's plus the sum over the components
//! of `score / 32 * loading[i] / 2^e`, in centimetres.
//!
//! **Order of `MOVE`**: groups of 1024 rows, the last one shorter. A group goes column by column; each
//! value is told as the difference to the one before in its column, also across groups, and the
//! very first as the difference to 0.
//!
//! # Precision
//!
//! Over all landmarks and frames the root of the mean squared error is at most 0.01 cm, a thousandth of
//! the distance of the outer eye corners, as long as [`LIMIT_COMPONENTS`] are enough for
//! the motion; talk needs 30. A coefficient is off by at most 0.001, a component of the quaternion
//! by 3e-5, a translation by 0.002 cm. What was read and is written again stays the same.
//!
//! # Refused
//!
//! Anything that breaks a rule above, ends too soon or goes on too long, is over [`LIMIT_BYTES`], has a
//! quaternion whose length is not 1, a head more than 100 m or a neutral landmark more than 1 m away, or scores that
//! could take a landmark further than 2 m. No more is unpacked than the numbers that `HEAD` announces.

mod numbers;

use self::numbers::{NumberReader, NumberWriter};
use super::track::{self, Component, MotionTrack, Origin};
pub use super::track::{LIMIT_COMPONENTS, LIMIT_FRAMES};
use super::units::{COORDINATES, PLAIN, refuse};
use crate::error::Result;

/// The version that is written and read.
pub const VERSION: u8 = 2;
/// The largest file, bytes.
pub const LIMIT_BYTES: usize = 64 << 20;
/// The usual ending of a motion file's name.
pub const EXTENSION: &str = "rmotion";

const MAGIC: &[u8] = b"RMOTION";
/// Rows of `MOVE` that are kept column by column.
const GROUP: usize = 1024;
/// Largest number of bytes that deflate can pack into one.
const DENSEST: usize = 1032;

/// Reads a motion file.
///
/// # Errors
/// [`Error::Motion`](crate::Error::Motion) for everything that the module's description does not allow.
pub fn read(bytes: &[u8]) -> Result<MotionTrack> {
    if bytes.len() > LIMIT_BYTES {
        return Err(refuse(format!("it is larger than {} MB", LIMIT_BYTES >> 20)));
    }
    let mut rest = after_head(bytes)?;

    let mut head = NumberReader::new(section(&mut rest, b"HEAD")?);
    let rate = head.real()?;
    let (frames, components) = (head.count()?, head.count()?);
    let origin = match head.count()? {
        0 => Origin::Measured,
        1 => Origin::Authored,
        _ => return Err(refuse("it does not say where its motion comes from")),
    };
    head.end()?;
    track::check_size(frames, components)?;

    let mut face = NumberReader::new(section(&mut rest, b"FACE")?);
    let neutral = face.numbers(PLAIN + COORDINATES)?;
    face.end()?;

    let mut ways = NumberReader::new(section(&mut rest, b"WAYS")?);
    let mut read_component = |_| {
        let exponent = u8::try_from(ways.number()?).map_err(|_| refuse("a component is out of range"))?;
        Ok(Component { exponent, loadings: ways.numbers(COORDINATES)? })
    };
    let components: Vec<Component> = (0..components).map(&mut read_component).collect::<Result<_>>()?;
    ways.end()?;

    let seen = read_seen(section(&mut rest, b"SEEN")?, frames)?;
    let count = seen.iter().filter(|&&seen| seen).count();
    let rows = read_rows(section(&mut rest, b"MOVE")?, count, PLAIN + components.len())?;
    if !rest.is_empty() {
        return Err(refuse("something follows its end"));
    }
    MotionTrack::new(rate, origin, neutral, components, &seen, rows)
}

/// The bytes that follow magic and version.
fn after_head(bytes: &[u8]) -> Result<&[u8]> {
    if bytes.trim_ascii_start().starts_with(b"{") {
        return Err(refuse("it is text, as motion files of version 1 were, which are no longer read; record it again"));
    }
    match bytes.strip_prefix(MAGIC).and_then(<[u8]>::split_first) {
        Some((&VERSION, rest)) => Ok(rest),
        Some((version, _)) => Err(refuse(format!("it has version {version}, this program reads version {VERSION}"))),
        None => Err(refuse("it is not a motion file")),
    }
}

/// Takes the body of the next section, which must have this name.
fn section<'a>(rest: &mut &'a [u8], name: &[u8; 4]) -> Result<&'a [u8]> {
    let broken = || refuse(format!("its section {} is missing or cut off", name.escape_ascii()));
    let after = rest.strip_prefix(name).ok_or_else(broken)?;
    let (length, after) = after.split_first_chunk().ok_or_else(broken)?;
    let (body, after) = after.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(broken)?;
    *rest = after;
    Ok(body)
}

fn read_seen(body: &[u8], frames: usize) -> Result<Vec<bool>> {
    let mut runs = NumberReader::new(body);
    let mut seen = Vec::with_capacity(frames);
    let mut face = true;
    while seen.len() < frames {
        let run = runs.count()?;
        // An empty run that is not the first would let the file go on for ever.
        if run > frames - seen.len() || (run == 0 && !(face && seen.is_empty())) {
            return Err(refuse("its list of frames with a face does not fit"));
        }
        seen.resize(seen.len() + run, face);
        face = !face;
    }
    runs.end()?;
    Ok(seen)
}

fn read_rows(body: &[u8], count: usize, width: usize) -> Result<Vec<i32>> {
    if count * width > body.len().saturating_mul(DENSEST) {
        return Err(refuse("it announces more than it has"));
    }
    let mut differences = NumberReader::new(body);
    let mut rows = vec![0; count * width];
    let mut last = vec![0i32; width];
    for group in rows.chunks_mut(GROUP * width) {
        for (column, last) in last.iter_mut().enumerate() {
            for value in group.iter_mut().skip(column).step_by(width) {
                *last = last.checked_add(differences.number()?).ok_or_else(|| refuse("a number is too large"))?;
                *value = *last;
            }
        }
    }
    differences.end()?;
    Ok(rows)
}

/// Writes a motion file.
///
/// # Errors
/// [`Error::Motion`](crate::Error::Motion) if it would be larger than [`LIMIT_BYTES`].
pub fn write(track: &MotionTrack) -> Result<Vec<u8>> {
    let components = track.components();
    let mut out = [MAGIC, &[VERSION]].concat();

    let mut head = NumberWriter::default();
    head.real(track.rate());
    head.count(track.len());
    head.count(components.len());
    head.count(usize::from(track.origin() == Origin::Authored));
    head.finish(b"HEAD", &mut out)?;

    let mut face = NumberWriter::default();
    track.neutral_units().iter().for_each(|&value| face.number(value));
    face.finish(b"FACE", &mut out)?;

    let mut ways = NumberWriter::default();
    for component in components {
        ways.number(component.exponent.into());
        component.loadings.iter().for_each(|&value| ways.number(value));
    }
    ways.finish(b"WAYS", &mut out)?;

    write_seen(track.seen()).finish(b"SEEN", &mut out)?;
    write_rows(track.rows(), PLAIN + components.len()).finish(b"MOVE", &mut out)?;
    if out.len() > LIMIT_BYTES {
        return Err(refuse(format!("it would be larger than {} MB", LIMIT_BYTES >> 20)));
    }
    Ok(out)
}

fn write_seen(seen: impl Iterator<Item = bool>) -> NumberWriter {
    let mut runs = NumberWriter::default();
    let (mut face, mut run) = (true, 0);
    for seen in seen {
        if seen != face {
            runs.count(run);
            (face, run) = (seen, 0);
        }
        run += 1;
    }
    runs.count(run);
    runs
}

fn write_rows(rows: &[i32], width: usize) -> NumberWriter {
    let mut differences = NumberWriter::default();
    let mut last = vec![0; width];
    for group in rows.chunks(GROUP * width) {
        for (column, last) in last.iter_mut().enumerate() {
            for &value in group.iter().skip(column).step_by(width) {
                // The values' ranges are far from overflow: the track has checked them.
                differences.number(value - *last);
                *last = value;
            }
        }
    }
    differences
}
