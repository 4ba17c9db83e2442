//! Hands the linker its scripts, and lets two builds of the same source differ by `OAL_BUILD_TAG`.

use std::path::PathBuf;

fn main() {
    println!("cargo::rerun-if-env-changed=OAL_BUILD_TAG");
    let bare_metal = std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "none");
    if !bare_metal {
        return;
    }
    let manifest = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let scripts = manifest.join("../../linker");
    for script in ["vexpress-a9.ld", "oal-snapshot.x"] {
        println!("cargo::rerun-if-changed={}", scripts.join(script).display());
    }
    println!("cargo::rustc-link-arg-bins=-L{}", scripts.display());
    println!("cargo::rustc-link-arg-bins=-Tvexpress-a9.ld");
    println!("cargo::rustc-link-arg-bins=--build-id=sha1");
}
