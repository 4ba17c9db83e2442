//! Hands the linker its scripts: the board's, and for one port a broken one.

use std::path::{Path, PathBuf};

/// The port whose nosave range ends too early.
const SHORT_NOSAVE: &str = "nosave-in-picture";

fn main() {
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os != "none") {
        return;
    }
    let folder = |variable| PathBuf::from(std::env::var_os(variable).unwrap_or_default());
    let (here, out) = (folder("CARGO_MANIFEST_DIR"), folder("OUT_DIR"));
    let scripts = here.join("../../linker");
    for script in ["vexpress-a9.ld", "oal-firmware.x", "oal-snapshot.x"] {
        println!("cargo::rerun-if-changed={}", scripts.join(script).display());
    }
    println!("cargo::rerun-if-changed={}", here.join("src/bin").display());
    shorten(&scripts, &out);
    for program in std::fs::read_dir(here.join("src/bin")).expect("the ports are in src/bin").flatten() {
        let path = program.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let argument = |text: String| println!("cargo::rustc-link-arg-bin={name}={text}");
        // What is found first counts.
        if name == SHORT_NOSAVE {
            argument(format!("-L{}", out.display()));
        }
        argument(format!("-L{}", scripts.display()));
        argument("-Tvexpress-a9.ld".into());
        argument("--build-id=sha1".into());
    }
}

/// A linker script whose nosave range ends before the zeroed statics and the boot stack.
fn shorten(scripts: &Path, out: &Path) {
    const END: &str = "    __oal_nosave_end = .;\n";
    const TOO_EARLY: &str = "__oal_nosave_data_load = LOADADDR(.nosave.data);\n";
    let script = std::fs::read_to_string(scripts.join("oal-snapshot.x")).expect("the linker script is there");
    assert!(script.contains(END) && script.contains(TOO_EARLY), "the linker script has another form");
    let short = script
        .replace(END, "")
        .replace(TOO_EARLY, &format!("{TOO_EARLY}. = ALIGN(4096);\n__oal_nosave_end = .;\n"));
    std::fs::write(out.join("oal-snapshot.x"), short).expect("the folder can be written to");
}
