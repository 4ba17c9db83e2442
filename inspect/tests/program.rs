//! The installed program: what it prints, and how it ends.

use std::process::{Command, Output};

/// The image of `docs/image-format.md`.
const IMAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/image-v1.bin");

fn run(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_oal-inspect")).args(words).output().unwrap()
}

#[test]
fn an_image_is_told_and_what_is_none_ends_in_one_sentence() {
    let told = run(&[IMAGE, "--verify"]);
    assert!(told.status.success(), "{told:?}");
    assert!(String::from_utf8_lossy(&told.stdout).contains("every chunk is right"));

    let refused = run(&[concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && refused.stdout.is_empty(), "{refused:?}");
    assert!(said.starts_with("error: cannot tell what `") && said.trim().lines().count() == 1, "{said}");
}
