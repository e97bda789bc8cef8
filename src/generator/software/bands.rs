//! A picture's rows, a few at a time.

#[cfg(not(target_arch = "wasm32"))]
use rayon::prelude::*;

use super::raster::{BAND, Band};

/// Shares of a picture for each thread: rows with a face take longer, so a thread that is done early takes another one.
#[cfg(not(target_arch = "wasm32"))]
const SHARES: usize = 4;

/// What is needed for each share of a picture that is drawn beside others; in the browser there is one.
pub(super) fn of(width: usize) -> Vec<Band> {
    #[cfg(not(target_arch = "wasm32"))]
    let count = SHARES * rayon::current_num_threads();
    #[cfg(target_arch = "wasm32")]
    let count = 1;
    (0..count).map(|_| Band::new(width)).collect()
}

/// Has every few rows of a picture drawn: by a band, from this row on, into these pixels.
pub(super) fn each(
    pixels: &mut [[u8; 4]],
    width: usize,
    bands: &mut [Band],
    draw: impl Fn(&mut Band, usize, &mut [[u8; 4]]) + Sync,
) {
    let rows = BAND * width.max(1);
    #[cfg(not(target_arch = "wasm32"))]
    {
        // A share is a run of rows, as neighbours read the same of the photo.
        let count = pixels.len().div_ceil(rows).div_ceil(bands.len().max(1)).max(1);
        let shares = pixels.par_chunks_mut(count * rows).zip(bands.par_iter_mut()).enumerate();
        shares.for_each(|(share, (pixels, band))| {
            for (k, pixels) in pixels.chunks_mut(rows).enumerate() {
                draw(band, (share * count + k) * BAND, pixels);
            }
        });
    }
    #[cfg(target_arch = "wasm32")]
    if let Some(band) = bands.first_mut() {
        for (k, pixels) in pixels.chunks_mut(rows).enumerate() {
            draw(band, k * BAND, pixels);
        }
    }
}
