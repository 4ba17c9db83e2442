//! Puts the linker script of nosave memory where a firmware's own script finds it: `INCLUDE oal-snapshot.x`.

use std::path::PathBuf;

const SCRIPT: &str = "oal-snapshot.x";

fn main() -> std::io::Result<()> {
    let source = PathBuf::from("linker").join(SCRIPT);
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    println!("cargo::rerun-if-changed={}", source.display());
    std::fs::copy(source, out.join(SCRIPT))?;
    println!("cargo::rustc-link-search={}", out.display());
    Ok(())
}
