//! Buffers that several threads work on at once.

use std::cell::UnsafeCell;
use std::ops::Range;

use super::lanes::Octet;

/// Buffers of octets, zero at first.
#[derive(Debug)]
pub(super) struct Memory(Vec<Box<[UnsafeCell<Octet>]>>);

// SAFETY: octets are only reached through `read` and `write`, whose callers see to it that nobody writes what another
// reads or writes.
#[allow(unsafe_code)]
unsafe impl Sync for Memory {}

#[allow(unsafe_code)]
impl Memory {
    /// Buffers of these lengths.
    pub(super) fn new(lengths: impl Iterator<Item = usize>) -> Self {
        let buffer = |length| (0..length).map(|_| UnsafeCell::new(Octet::default())).collect();
        Self(lengths.map(buffer).collect())
    }

    /// A whole buffer; nothing for one that there is not.
    ///
    /// # Safety
    /// Nobody may write to the buffer while the slice is alive.
    pub(super) unsafe fn read(&self, index: usize) -> &[Octet] {
        let Some(cells) = self.0.get(index) else { return &[] };
        // SAFETY: a cell lies in memory as what is in it does, and the caller keeps writers away.
        unsafe { std::slice::from_raw_parts(cells.as_ptr().cast::<Octet>(), cells.len()) }
    }

    /// Some octets of a buffer; nothing for a buffer or octets that there are not.
    ///
    /// # Safety
    /// Nobody else may read or write these octets while the slice is alive.
    #[allow(clippy::mut_from_ref)]
    pub(super) unsafe fn write(&self, index: usize, octets: Range<usize>) -> &mut [Octet] {
        let Some(cells) = self.0.get(index).and_then(|cells| cells.get(octets)) else { return &mut [] };
        let first = UnsafeCell::raw_get(cells.as_ptr());
        // SAFETY: as above; the pointer comes from the cells, which may be written through a shared reference, and the
        // caller keeps everybody else away.
        unsafe { std::slice::from_raw_parts_mut(first, cells.len()) }
    }

    /// Octets of a buffer.
    pub(super) fn len(&self, index: usize) -> usize {
        self.0.get(index).map_or(0, |cells| cells.len())
    }
}
