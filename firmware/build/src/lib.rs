//! The build script of a board: it hands the linker its scripts, and names the places of a new board that
//! are still to be filled.
//!
//! ```no_run
//! // build.rs
//! oal_board_build::board("board.ld");
//! ```

mod marks;

pub use marks::{Mark, marks};

use std::path::{Path, PathBuf};

/// The linker script that all boards share, under the name by which theirs includes it.
pub const SHARED_SCRIPT: (&str, &str) = ("oal-firmware.x", include_str!("../../../linker/oal-firmware.x"));

/// Files of a board, beside its sources, that may have places to fill.
const OTHER_FILES: [&str; 3] = ["Cargo.toml", "board.ld", "board.toml"];

/// Links the board's programs by its `script`, a path from the board's folder, with a build id. The script
/// includes the
/// [shared one](SHARED_SCRIPT), and that `oal-snapshot.x`, which the build script of `oal-snapshot` provides.
/// If the board's sources have [marks], each is a warning, and the firmware prints them at every power-on.
///
/// # Panics
/// If `OUT_DIR` cannot be written to.
pub fn board(script: &str) {
    let bare_metal = std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "none");
    if !bare_metal {
        return;
    }
    let folder = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let script = folder.join(script);
    let others = OTHER_FILES.map(|file| folder.join(file));
    for file in others.iter().chain([&script, &folder.join("src")]).filter(|file| file.exists()) {
        println!("cargo::rerun-if-changed={}", file.display());
    }
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    let (name, text) = SHARED_SCRIPT;
    std::fs::write(out.join(name), text).expect("OUT_DIR can be written to");
    println!("cargo::rustc-link-search={}", out.display());
    println!("cargo::rustc-link-arg-bins=-T{}", script.display());
    println!("cargo::rustc-link-arg-bins=--build-id=sha1");

    let places = places(&folder);
    for place in &places {
        println!("cargo::warning={place} is still to be filled: see docs/porting.md");
    }
    if !places.is_empty() {
        println!("cargo::rustc-env=OAL_UNFILLED={}", places.join(" "));
    }
}

/// The places of a board that are still to be filled: `FILE#SECTION` of the guide.
pub fn places(folder: &Path) -> Vec<String> {
    let sources = std::fs::read_dir(folder.join("src")).into_iter().flatten().flatten();
    let sources = sources.map(|entry| format!("src/{}", entry.file_name().to_string_lossy()));
    let mut files: Vec<String> = OTHER_FILES.map(String::from).into_iter().chain(sources).collect();
    files.sort();
    let mut places = Vec::new();
    for file in files {
        // A folder, or a file that this board does not have.
        let Ok(text) = std::fs::read_to_string(folder.join(&file)) else { continue };
        places.extend(marks(&text).iter().map(|mark| format!("{file}#{}", mark.section)));
    }
    places
}
