//! Where things are: the workspace, the build folder and what the tasks keep in it.

use std::path::{Path, PathBuf};

/// The workspace's top folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the crate lies in the workspace")
}

/// The build folder: `target`, unless `CARGO_TARGET_DIR` says otherwise.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// Where `setup` unpacks the newer QEMU. It stays in the workspace's own `target`, so that it is found
/// whatever
/// `CARGO_TARGET_DIR` says.
pub fn new_qemu() -> PathBuf {
    root().join("target").join("qemu-new")
}

/// The folder for the screens that `demo` saves.
pub fn demo() -> PathBuf {
    root().join("target").join("demo")
}

/// A folder with room for `bytes` of file-backed guest RAM: shared memory where it is large enough, since RAM
/// that is written back to a disk slows every run down, else the folder for temporary files.
pub fn scratch(bytes: u64) -> PathBuf {
    let shm = Path::new("/dev/shm");
    let room = rustix::fs::statvfs(shm).map(|s| s.f_bavail.saturating_mul(s.f_frsize)).unwrap_or(0);
    // Two runs at a time, each with its RAM and the copy made at the marker.
    if room / 6 >= bytes { shm.to_path_buf() } else { std::env::temp_dir() }
}
