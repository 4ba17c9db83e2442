//! Gives each port the reference board's linker script, and one of them a broken one.

use std::path::{Path, PathBuf};

/// The port whose nosave range ends too early.
const SHORT_NOSAVE: &str = "nosave-in-saved-memory";

fn main() {
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os != "none") {
        return;
    }
    let folder = |variable| PathBuf::from(std::env::var_os(variable).unwrap_or_default());
    let (here, out) = (folder("CARGO_MANIFEST_DIR"), folder("OUT_DIR"));
    let [board, firmware, nosave] =
        ["boards/vexpress-a9/board.ld", "linker/oal-firmware.x", "linker/oal-snapshot.x"]
            .map(|file| read(&here.join("../..").join(file)));
    let linked = |nosave: &str| {
        let shared = replaced(&firmware, "INCLUDE oal-snapshot.x", nosave);
        replaced(&board, "INCLUDE oal-firmware.x", &shared)
    };
    for (script, nosave) in [("right.ld", nosave.clone()), ("short.ld", shortened(&nosave))] {
        std::fs::write(out.join(script), linked(&nosave)).expect("OUT_DIR can be written to");
    }
    println!("cargo::rerun-if-changed={}", here.join("src/bin").display());
    for program in std::fs::read_dir(here.join("src/bin")).expect("the ports are in src/bin").flatten() {
        let path = program.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let script = if name == SHORT_NOSAVE { "short.ld" } else { "right.ld" };
        println!("cargo::rustc-link-arg-bin={name}=-T{}", out.join(script).display());
        println!("cargo::rustc-link-arg-bin={name}=--build-id=sha1");
    }
}

fn read(script: &Path) -> String {
    println!("cargo::rerun-if-changed={}", script.display());
    std::fs::read_to_string(script).expect("the linker script is there")
}

/// The nosave script whose range ends before the zeroed statics and the boot stack.
fn shortened(script: &str) -> String {
    const END: &str = "    __oal_nosave_end = .;\n";
    const TOO_EARLY: &str = "__oal_nosave_data_load = LOADADDR(.nosave.data);\n";
    let early = format!("{TOO_EARLY}. = ALIGN(4096);\n__oal_nosave_end = .;\n");
    replaced(&replaced(script, END, ""), TOO_EARLY, &early)
}

fn replaced(script: &str, what: &str, by: &str) -> String {
    assert!(script.contains(what), "the linker script has no `{what}`");
    script.replace(what, by)
}
