//! Builds the program for each choice of features and runs it in QEMU.
//!
//! Wants the target `armv7a-none-eabi` and `qemu-system-arm`. `OAL_CODEC_BLOCKS` is how many blocks each
//! decoder tries (200,000 if not set), `OAL_CODEC_SEED` where the random numbers start.

#![cfg(not(target_os = "none"))]

use std::path::PathBuf;
use std::process::Command;

/// Builds with `features` and runs it; what it printed.
fn run(features: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let built = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["build", "--quiet", "--release", "--target", "armv7a-none-eabi", "--features", features])
        .arg("--target-dir")
        .arg(&folder)
        .status()
        .expect("cargo starts");
    assert!(built.success(), "the program does not build with features {features:?}");
    let number = |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.into());
    let output = Command::new("qemu-system-arm")
        .args(["-M", "vexpress-a9", "-m", "1G", "-display", "none", "-serial", "null", "-monitor", "none"])
        .args(["-audiodev", "none,id=x", "-semihosting-config", "enable=on,target=native", "-kernel"])
        .arg(folder.join("armv7a-none-eabi/release/codec-arm"))
        .args([
            "-device",
            &format!("loader,addr=0x61f00000,data-len=4,data={}", number("OAL_CODEC_BLOCKS", "200000")),
        ])
        .args([
            "-device",
            &format!("loader,addr=0x61f00004,data-len=4,data={}", number("OAL_CODEC_SEED", "1")),
        ])
        .output()
        .expect("qemu-system-arm starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    println!("features {features:?}:\n{text}");
    assert!(output.status.success() && text.ends_with("passed\n"), "{features:?}: {:?}", output.status);
    text
}

#[test]
fn the_assembly_does_what_its_twins_do_in_every_build() {
    let printed = ["", "unaligned", "neon", "neon,unaligned"].map(run);
    let blocks = |text: &String| text.lines().find(|line| line.starts_with("compressor")).map(str::to_owned);
    let first = blocks(&printed[0]);
    assert!(first.is_some());
    for text in &printed {
        assert_eq!(blocks(text), first, "every build compresses alike");
    }
}
