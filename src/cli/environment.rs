//! What the process tells the libraries that it loads.

use std::path::Path;

/// A path that exists and is no socket.
const NOWHERE: &str = "/dev/null";

/// Keeps a Vulkan driver from complaining on stderr where there is no Wayland.
///
/// wgpu asks Vulkan for every kind of surface, even where none will be made; Mesa's device selection then looks for
/// a Wayland display, and Wayland's library complains when no folder for its socket is known. A display's
/// full path needs no folder, and one that leads nowhere is passed over in silence.
///
/// To be called before any other thread begins.
pub fn quieten() {
    let known = |name| std::env::var_os(name).is_some_and(|value| Path::new(&value).is_absolute());
    if cfg!(target_os = "linux") && !known("XDG_RUNTIME_DIR") && !known("WAYLAND_DISPLAY") {
        // SAFETY: no other thread is there that could read the environment at the same time.
        #[allow(unsafe_code)]
        unsafe {
            std::env::set_var("WAYLAND_DISPLAY", NOWHERE);
        }
    }
}
