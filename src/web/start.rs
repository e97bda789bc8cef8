//! What happens once, when the module is loaded.

#![allow(unsafe_code)]

use wasm_bindgen::prelude::wasm_bindgen;

unsafe extern "C" {
    /// Runs the libraries' constructors; the linker writes this function. If the module itself does not call it, the
    /// linker makes every call from the page run all constructors again, which takes longer than a small net.
    fn __wasm_call_ctors();
}

/// Runs the libraries' constructors. From then on a panic becomes a message on the console before the worker stops.
#[wasm_bindgen(start)]
pub fn start() {
    // SAFETY: it is called once, and nothing has run before.
    unsafe { __wasm_call_ctors() };
    console_error_panic_hook::set_once();
}
