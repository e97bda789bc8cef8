//! A GPU for tests that need one.

use std::fmt::Display;

/// What was opened; `None`, for a test to skip, where the machine has no GPU. `cargo xtask test` sees to it that there is one, if only one that
/// software plays, and sets `RITRATTO_NEEDS_GPU`: then there being none is a failure.
pub fn or_skip<T, E: Display>(opened: Result<T, E>) -> Option<T> {
    let needed = std::env::var_os("RITRATTO_NEEDS_GPU").is_some();
    match opened {
        Ok(gpu) => Some(gpu),
        Err(error) if needed => panic!("RITRATTO_NEEDS_GPU is set, but: {error}"),
        Err(error) => {
            println!("skipped: {error}");
            None
        }
    }
}
