//! How a value lies in memory: in planes of eight channels, each with a border of zeros around it.
//!
//! A pixel's eight channels are one load, and the next pixel's follow. The border is what convolutions read outside
//! the picture; nothing is ever written to it.

use super::lanes::{EIGHT, Octet};
use crate::nets::graph::Size;

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

    /// Octets from a row to the next.
    pub(super) const fn row(&self) -> usize {
        self.border[0] + self.size.width + self.border[1]
    }

    /// Octets of a plane.
    pub(super) const fn plane(&self) -> usize {
        self.row() * (self.border[0] + self.size.height + self.border[1])
    }

    /// Octets of all planes.
    pub(super) const fn len(&self) -> usize {
        self.plane() * self.planes()
    }

    /// Where a pixel's channels lie. Borders count: at (0, 0) is the first zero before the picture.
    pub(super) const fn bordered(&self, plane: usize, y: usize, x: usize) -> usize {
        plane * self.plane() + y * self.row() + x
    }

    /// Where a pixel's channels lie.
    pub(super) const fn at(&self, plane: usize, y: usize, x: usize) -> usize {
        self.bordered(plane, y + self.border[0], x + self.border[0])
    }

    /// Fills the planes from rows of pixels, channels last; with `rectify`, negative values become 0.
    pub(super) fn write(&self, planes: &mut [Octet], values: &[f32], rectify: bool) {
        let Size { width, channels, .. } = self.size;
        for (index, pixel) in values.chunks_exact(channels.max(1)).enumerate() {
            let (y, x) = (index / width.max(1), index % width.max(1));
            for (plane, part) in pixel.chunks(EIGHT).enumerate() {
                if let Some(Octet(octet)) = planes.get_mut(self.at(plane, y, x)) {
                    octet.iter_mut().zip(part).for_each(|(to, from)| *to = if rectify { from.max(0.0) } else { *from });
                }
            }
        }
    }

    /// The values as rows of pixels, channels last.
    pub(super) fn read(&self, planes: &[Octet], values: &mut [f32]) {
        let Size { width, channels, .. } = self.size;
        for (index, pixel) in values.chunks_exact_mut(channels.max(1)).enumerate() {
            let (y, x) = (index / width.max(1), index % width.max(1));
            for (plane, part) in pixel.chunks_mut(EIGHT).enumerate() {
                if let Some(Octet(octet)) = planes.get(self.at(plane, y, x)) {
                    part.iter_mut().zip(octet).for_each(|(to, from)| *to = *from);
                }
            }
        }
    }
}

/// A value to be read.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) layout: Layout,
    pub(super) planes: &'a [Octet],
}

/// A value to be written; `rectified` takes it with 0 for what is negative.
pub(super) struct Target<'a> {
    pub(super) layout: Layout,
    pub(super) plain: &'a mut [Octet],
    pub(super) rectified: &'a mut [Octet],
}
