//! A disk that the harness owns: QEMU gets at it as a network block device over a socket. It remembers every
//! write and flush, cuts the power inside any of them, and lets reading fail or lie.

mod disk;
mod wire;

pub use disk::{Cut, Disk, Op, ReadFault, Rest, SECTOR};

use anyhow::{Context, Result, ensure};
use std::io::ErrorKind;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use wire::{Command, Refusal};

/// What server and harness share.
struct Shared {
    disk: Mutex<Disk>,
    /// Told when power went out.
    off: Condvar,
    /// The connection, so that it can be ended from outside.
    client: Mutex<Option<UnixStream>>,
}

/// A server for one client, which is one run of QEMU. Dropping it ends the connection and removes the socket.
pub struct Server {
    /// The socket's path, for QEMU's command line.
    pub socket: PathBuf,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Waits for a client at a socket of this path, which must not be there yet.
    pub fn start(disk: Disk, socket: &Path) -> Result<Self> {
        let listener = UnixListener::bind(socket)
            .with_context(|| format!("cannot make the socket `{}`", socket.display()))?;
        let shared =
            Arc::new(Shared { disk: Mutex::new(disk), off: Condvar::new(), client: Mutex::default() });
        let ours = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            // A client that breaks off or talks nonsense loses its disk; what comes of that shows at the guest.
            let _ = serve(&listener, &ours);
            lock(&ours.client).take();
        });
        Ok(Self { socket: socket.to_path_buf(), shared, thread: Some(thread) })
    }

    /// The disk. The guest waits for whoever holds it.
    pub fn disk(&self) -> MutexGuard<'_, Disk> {
        lock(&self.shared.disk)
    }

    /// Waits until power goes out.
    pub fn wait_off(&self, patience: Duration) -> Result<()> {
        let off = &self.shared.off;
        let (disk, _) = off
            .wait_timeout_while(self.disk(), patience, |disk| !disk.is_off())
            .unwrap_or_else(PoisonError::into_inner);
        ensure!(disk.is_off(), "waited {patience:?} for the write at which power goes out");
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // If nobody has come yet, this is the client that the thread waits for.
        let _ = UnixStream::connect(&self.socket);
        if let Some(client) = lock(&self.shared.client).as_ref() {
            let _ = client.shutdown(std::net::Shutdown::Both);
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        let _ = std::fs::remove_file(&self.socket);
    }
}

fn serve(listener: &UnixListener, shared: &Shared) -> Result<()> {
    let (mut stream, _) = listener.accept()?;
    *lock(&shared.client) = Some(stream.try_clone()?);
    let bytes = lock(&shared.disk).bytes;
    if !wire::negotiate(&mut stream, bytes)? {
        return Ok(());
    }
    while let Some((cookie, command)) = wire::request(&mut stream)? {
        let mut disk = lock(&shared.disk);
        let answer = obey(&mut disk, command);
        if disk.is_off() {
            shared.off.notify_all();
        }
        drop(disk);
        wire::reply(&mut stream, cookie, answer)?;
    }
    Ok(())
}

fn obey(disk: &mut Disk, command: Command) -> Result<Vec<u8>, Refusal> {
    let refuse = |error: std::io::Error| {
        if error.kind() == ErrorKind::InvalidInput { Refusal::Invalid } else { Refusal::Io }
    };
    match command {
        Command::Read { offset, len } => return disk.read(offset, len).map_err(refuse),
        Command::Write { offset, data, durable } => {
            disk.write(offset, &data).map_err(refuse)?;
            if durable {
                disk.flush();
            }
        }
        Command::Flush => disk.flush(),
        Command::Unknown => return Err(Refusal::Invalid),
    }
    Ok(Vec::new())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
