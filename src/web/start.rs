//! What happens once, when the module is loaded.

#![allow(unsafe_code)]

use wasm_bindgen::prelude::wasm_bindgen;

unsafe extern "C" {
    /// What libraries want done before anything else; the linker writes it. Where nothing calls it, the linker has every call
    /// from the page do it all again, which takes longer than a small net.
    fn __wasm_call_ctors();
}

/// Libraries get ready, and from now on a panic becomes a message on the console before the worker stops.
#[wasm_bindgen(start)]
pub fn start() {
    // SAFETY: it is called once, and nothing has run before.
    unsafe { __wasm_call_ctors() };
    console_error_panic_hook::set_once();
}
