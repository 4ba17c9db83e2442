//! Hands the linker its scripts.

use std::path::PathBuf;

fn main() {
    let bare_metal = std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "none");
    if !bare_metal {
        return;
    }
    let manifest = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let scripts = manifest.join("../../linker");
    for script in ["xilinx-zynq-a9.ld", "oal-firmware.x", "oal-snapshot.x"] {
        println!("cargo::rerun-if-changed={}", scripts.join(script).display());
    }
    println!("cargo::rustc-link-arg-bins=-L{}", scripts.display());
    println!("cargo::rustc-link-arg-bins=-Txilinx-zynq-a9.ld");
    println!("cargo::rustc-link-arg-bins=--build-id=sha1");
}
