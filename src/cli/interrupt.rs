//! Ctrl-C and requests to end: noticed between two pieces of work, so that nothing half-made stays on the disk.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use ritratto::{Error, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// Exit code of a program that Ctrl-C ended (128 and the signal's number).
pub const INTERRUPTED: u8 = 130;

static ASKED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Starts to listen for signals. A second one ends the program at once: whoever asks twice does not want to wait for
/// the tidying up.
///
/// # Errors
/// [`Error::Io`] when the operating system refuses.
pub fn listen() -> Result<()> {
    let failed = |source| Error::Io { path: "signals".into(), source };
    for signal in [SIGINT, SIGTERM] {
        // The order matters: the conditional shutdown comes first, so at the first signal it finds the flag not set
        // yet.
        flag::register_conditional_shutdown(signal, INTERRUPTED.into(), ASKED.clone()).map_err(failed)?;
        flag::register(signal, ASKED.clone()).map_err(failed)?;
    }
    Ok(())
}

/// Whether the user asked for the end.
pub fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}

/// To be called between two pieces of work.
///
/// # Errors
/// [`Error::Interrupted`] if the user asked for the end.
pub fn check() -> Result<()> {
    if asked() { Err(Error::Interrupted) } else { Ok(()) }
}
