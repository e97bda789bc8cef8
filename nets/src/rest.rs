//! How a thread gives up its core for a moment.

/// Sleeps as shortly as the system can.
#[cfg(not(target_arch = "wasm32"))]
pub fn rest() {
    std::thread::sleep(std::time::Duration::from_micros(20));
}

/// Sleeps as shortly as the browser can, if it lets this thread sleep.
#[cfg(all(target_arch = "wasm32", feature = "shared"))]
pub fn rest() {
    page::rest();
}

/// Does nothing: in a module with one thread there is no other thread to wait for.
#[cfg(all(target_arch = "wasm32", not(feature = "shared")))]
pub const fn rest() {}

#[cfg(all(target_arch = "wasm32", feature = "shared"))]
#[allow(unsafe_code)]
mod page {
    #[link(wasm_import_module = "env")]
    unsafe extern "C" {
        pub(super) safe fn rest();
    }
}
