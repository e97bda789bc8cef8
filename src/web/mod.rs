//! Browser glue: one [`Session`] lives in a module worker and does the whole path.
//!
//! JavaScript (`www/package/`) fetches files, grabs video frames and keeps time; everything
//! else happens here. What fails is thrown as a JavaScript `Error` with a `code`
//! ([`Error::code`](crate::Error::code)).

mod active;
#[cfg(feature = "bench")]
mod bench;
mod clock;
mod driver;
mod expression;
mod fault;
mod graphics;
mod live;
mod model_files;
mod painter;
mod place;
mod recording;
mod report;
mod session;
mod start;
mod video_upload;

pub use graphics::Graphics;
pub use model_files::ModelFiles;
pub use session::Session;

use wasm_bindgen::prelude::wasm_bindgen;

/// Names of the built-in motions.
#[wasm_bindgen(js_name = builtinMotions)]
#[must_use]
pub fn builtin_motions() -> Vec<String> {
    crate::motion::builtin::names().iter().map(ToString::to_string).collect()
}

/// What is put into a clip that the browser has recorded: before the first cluster of a WebM file, or behind the last box of an MP4 file.
/// `kind` is its media type without parameters.
#[wasm_bindgen(js_name = clipTags)]
#[must_use]
pub fn clip_tags(kind: &str) -> Vec<u8> {
    crate::provenance::clip_tags(kind)
}

/// Names of the 52 expression coefficients, in their order.
#[wasm_bindgen(js_name = expressionNames)]
#[must_use]
pub fn expression_names() -> Vec<String> {
    crate::motion::COEFFICIENT_NAMES.iter().map(ToString::to_string).collect()
}

/// Bytes of memory the module holds; it never shrinks.
#[wasm_bindgen(js_name = memoryBytes)]
#[must_use]
pub fn memory_bytes() -> f64 {
    /// A page of WebAssembly memory, bytes.
    const PAGE: f64 = 65536.0;
    core::arch::wasm32::memory_size::<0>() as f64 * PAGE
}
