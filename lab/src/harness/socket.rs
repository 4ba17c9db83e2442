//! Connecting to a socket that another process is about to open.

use anyhow::{Context, Result, bail};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

/// Tries until the socket is there, the process has ended, or the time is up.
pub fn connect(path: &Path, process: &mut Child, patience: Duration) -> Result<UnixStream> {
    let end = Instant::now() + patience;
    loop {
        match UnixStream::connect(path) {
            Ok(stream) => return Ok(stream),
            Err(_) if process.try_wait().context("cannot watch the emulator")?.is_some() => {
                bail!("the emulator ended before it opened its sockets")
            }
            Err(error) if Instant::now() >= end => {
                return Err(error)
                    .with_context(|| format!("the emulator opened no socket within {patience:?}"));
            }
            Err(_) => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}
