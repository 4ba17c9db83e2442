//! `cargo run -p oal-archive -- OUT [TARGET]`: builds `liboal_snapshot.a` into the folder OUT, for the host
//! or for TARGET; for armv7a-none-eabi, where arm-none-eabi-gcc is at hand, with a table of what programs
//! take of it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let out = arguments.next().context("usage: cargo run -p oal-archive -- OUT [TARGET]")?;
    let target = arguments.next();
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.arg("rustc");
    target.iter().for_each(|target| {
        cargo.args(["--target", target]);
    });
    let out = Path::new(&out);
    let library = oal_archive::build(cargo, target.as_deref(), out)?;
    println!("{}", library.display());
    let compiler = "arm-none-eabi-gcc";
    let is_there = Command::new(compiler).arg("--version").output().is_ok();
    if is_there && target.as_deref() == Some("armv7a-none-eabi") {
        println!("{:<16}{:>8}{:>8}{:>8}", "program", "text", "data", "bss");
        for (name, size) in oal_archive::sizes(compiler, &library, &out.join("sizes"))? {
            println!("{name:<16}{:>8}{:>8}{:>8}", size.text, size.data, size.bss);
        }
    }
    Ok(())
}
