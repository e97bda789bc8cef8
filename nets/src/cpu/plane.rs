//! How a value lies in memory: row by row, a row in planes of eight channels, with a border of zeros around the picture.
//!
//! A pixel's eight channels are one load, and the next pixel's follow. The border is what convolutions read outside
//! the picture; nothing is ever written to it. As a row's planes lie together, so do the rows that a thread makes.

use std::ops::Range;

use super::lanes::{EIGHT, Octet, positive};
use super::plan::Part;
use crate::graph::Size;

/// The layout of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) size: Size,
    /// Zeros before the first row and column, and after the last.
    pub(super) border: [usize; 2],
}

impl Layout {
    /// Planes of eight channels.
    pub(super) const fn planes(&self) -> usize {
        self.size.channels.div_ceil(EIGHT)
    }

    /// Octets from a plane of a row to the next plane.
    pub(super) const fn row(&self) -> usize {
        self.border[0] + self.size.width + self.border[1]
    }

    /// Octets from a row to the next.
    pub(super) const fn line(&self) -> usize {
        self.row() * self.planes()
    }

    /// Octets of all rows.
    pub(super) const fn len(&self) -> usize {
        self.line() * (self.border[0] + self.size.height + self.border[1])
    }

    /// Index of a pixel's channels, with y and x counted from the border's corner: (0, 0) is the first zero before the
    /// picture.
    pub(super) const fn bordered(&self, plane: usize, y: usize, x: usize) -> usize {
        y * self.line() + plane * self.row() + x
    }

    /// The octets of a part: of whole rows, or of some planes of one row.
    pub(super) fn band(&self, part: &Part) -> Range<usize> {
        let first = self.bordered(part.planes.start, self.border[0] + part.rows.start, 0);
        first..first + part.rows.len() * part.planes.len() * self.row()
    }

    /// Index of the octet with a pixel's channels, with y and x counted from the picture's corner.
    pub(super) const fn at(&self, plane: usize, y: usize, x: usize) -> usize {
        self.bordered(plane, y + self.border[0], x + self.border[0])
    }

    /// Fills the planes from rows of pixels, channels last; with `rectify`, negative values become 0.
    pub(super) fn write(&self, planes: &mut [Octet], values: &[f32], rectify: bool) {
        self.each(|at, from| {
            let (Some(octets), Some(pixels)) = (planes.get_mut(at), values.get(from.start..)) else { return };
            for (Octet(octet), pixel) in octets.iter_mut().zip(pixels.chunks(from.step)) {
                // Colours and whole octets get code of their own, because the compiler knows their number of channels.
                match (from.count, pixel.first_chunk::<EIGHT>(), pixel.first_chunk::<3>()) {
                    (EIGHT, Some(part), _) => *octet = *part,
                    (3, _, Some(part)) => octet[..3].copy_from_slice(part),
                    _ => octet.iter_mut().zip(&pixel[..from.count]).for_each(|(to, from)| *to = *from),
                }
                if rectify {
                    octet.iter_mut().for_each(|v| *v = positive(*v));
                }
            }
        });
    }

    /// The values as rows of pixels, channels last.
    pub(super) fn read(&self, planes: &[Octet], values: &mut [f32]) {
        self.each(|at, to| {
            let (Some(octets), Some(pixels)) = (planes.get(at), values.get_mut(to.start..)) else { return };
            for (Octet(octet), pixel) in octets.iter().zip(pixels.chunks_mut(to.step)) {
                pixel[..to.count].copy_from_slice(&octet[..to.count]);
            }
        });
    }

    /// Visits every row of every plane: the range of its octets, and where its numbers lie in an array of pixels with
    /// their channels last.
    fn each(&self, mut visit: impl FnMut(Range<usize>, Strip)) {
        let Size { height, width, channels } = self.size;
        for plane in 0..self.planes() {
            let count = EIGHT.min(channels - plane * EIGHT);
            for y in 0..height {
                let at = self.at(plane, y, 0);
                visit(at..at + width, Strip { start: y * width * channels + plane * EIGHT, step: channels, count });
            }
        }
    }
}

/// Eight channels or fewer of the pixels of a row, channels last.
struct Strip {
    /// The first number.
    start: usize,
    /// Numbers from pixel to pixel.
    step: usize,
    /// Numbers of each pixel.
    count: usize,
}

/// A value to be read.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) layout: Layout,
    pub(super) planes: &'a [Octet],
}

/// A part of a value to be written: `plain` as it is, `rectified` with 0 in place of negative numbers.
pub(super) struct Target<'a> {
    pub(super) layout: Layout,
    /// Octets of the value before this part.
    pub(super) first: usize,
    pub(super) plain: &'a mut [Octet],
    pub(super) rectified: &'a mut [Octet],
}

impl Target<'_> {
    /// Where a pixel's channels lie in this part.
    pub(super) const fn at(&self, plane: usize, y: usize, x: usize) -> usize {
        self.layout.at(plane, y, x) - self.first
    }
}
