//! The browser's module for several threads: nets and drawing on the CPU. Every thread has an instance of the module, and all
//! instances have one memory (`www/package/threads.js` makes both).
//!
//! The standard library is the one for a single thread: its allocator and its locks know of no other. So only the thread that
//! loads things may call anything but `work`, and `work` allocates nothing, locks nothing and has no variables of its own
//! thread; all that threads share are atomics.

#[cfg(target_arch = "wasm32")]
mod exports;
#[cfg(target_arch = "wasm32")]
mod net;
#[cfg(any(target_arch = "wasm32", test))]
mod queue;
#[cfg(target_arch = "wasm32")]
mod scene;
