//! A frame's rows on the caller's thread, natively on all cores.

#[cfg(not(target_arch = "wasm32"))]
use rayon::prelude::*;
use ritratto_draw::{Band, Drawing, ROWS};

/// Number of shares of a picture for each thread: rows with a face take longer, so a thread that is done early takes
/// another share.
#[cfg(not(target_arch = "wasm32"))]
const SHARES: usize = 4;

/// A working buffer for each share of a picture of this width; in the browser the whole picture is one share.
pub(super) fn of(width: u32) -> Vec<Band> {
    #[cfg(not(target_arch = "wasm32"))]
    let count = SHARES * rayon::current_num_threads();
    #[cfg(target_arch = "wasm32")]
    let count = 1;
    (0..count).map(|_| Band::new(width as usize)).collect()
}

/// Draws all rows of the frame that was begun.
pub(super) fn draw(drawing: &Drawing, bands: &mut [Band], pixels: &mut [[u8; 4]]) {
    let rows = ROWS * drawing.size()[0].max(1) as usize;
    #[cfg(not(target_arch = "wasm32"))]
    {
        // A share is a run of neighbouring rows, because neighbours read the same parts of the photo.
        let count = pixels.len().div_ceil(rows).div_ceil(bands.len().max(1)).max(1);
        let shares = pixels.par_chunks_mut(count * rows).zip(bands.par_iter_mut()).enumerate();
        shares.for_each(|(share, (pixels, band))| {
            for (k, pixels) in pixels.chunks_mut(rows).enumerate() {
                drawing.rows(band, (share * count + k) * ROWS, pixels);
            }
        });
    }
    #[cfg(target_arch = "wasm32")]
    if let Some(band) = bands.first_mut() {
        for (k, pixels) in pixels.chunks_mut(rows).enumerate() {
            drawing.rows(band, k * ROWS, pixels);
        }
    }
}
