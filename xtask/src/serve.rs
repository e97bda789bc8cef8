//! Serves the page from this machine to this machine, with Node's own server.

use std::process::Command;

use anyhow::{Result, ensure};

use crate::paths;
#[cfg(not(unix))]
use crate::tools;

/// Serves `www/` until it is stopped; prints the address.
///
/// # Errors
/// When the port is taken or nothing was built.
pub fn run(port: u16) -> Result<()> {
    let page = paths::page();
    ensure!(page.join("pkg").is_dir(), "nothing is built yet: run `cargo xtask demo`");
    let script = paths::root().join("xtask/serve.mjs");
    let mut command = Command::new("node");
    command.arg(script).arg(page).arg(port.to_string());
    // Where it can, the server takes this process's place, so that stopping one stops the other.
    #[cfg(unix)]
    return Err(std::os::unix::process::CommandExt::exec(&mut command).into());
    #[cfg(not(unix))]
    tools::run(&mut command)
}
