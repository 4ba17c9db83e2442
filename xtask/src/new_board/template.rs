//! The files of a new board.

use anyhow::{Context, Result, ensure};
use oal_board_build::marks;
use std::path::Path;

macro_rules! files {
    ($($to:literal = $from:literal;)+) => {
        [$(($to, include_str!(concat!("../../templates/board/", $from)))),+]
    };
}

/// Where each file goes, and its text, in the order in which the guide fills them.
const FILES: [(&str, &str); 15] = files! {
    "Cargo.toml" = "Cargo.toml.in";
    "board.ld" = "board.ld";
    "src/memory.rs" = "src/memory.rs";
    "src/console.rs" = "src/console.rs";
    "src/clock.rs" = "src/clock.rs";
    "src/drivers.rs" = "src/drivers.rs";
    "src/medium.rs" = "src/medium.rs";
    "src/cpu.rs" = "src/cpu.rs";
    "src/caches.rs" = "src/caches.rs";
    "src/display.rs" = "src/display.rs";
    "src/power.rs" = "src/power.rs";
    "board.toml" = "board.toml";
    "src/platform.rs" = "src/platform.rs";
    "src/main.rs" = "src/main.rs";
    "build.rs" = "build.rs";
};
/// The end of the manifest of a board in this workspace.
const IN_TREE: &str = include_str!("../../templates/board/in-tree.toml");
/// The same for one elsewhere.
const OWN_WORKSPACE: &str = include_str!("../../templates/board/own-workspace.toml");

/// The files of a board with this name, for a folder in `boards/` or anywhere else; `root` has the library.
pub fn files(name: &str, root: &Path, in_tree: bool) -> Result<Vec<(&'static str, String)>> {
    let root = if in_tree { Path::new("../..") } else { root };
    let root = root.to_str().context("the path of this workspace is not text")?;
    ensure!(
        !root.contains(['"', '\\']),
        "the path of this workspace, `{root}`, cannot be written in a manifest"
    );
    let end = if in_tree { IN_TREE } else { OWN_WORKSPACE };
    let fill = |text: &str| text.replace("{{name}}", name).replace("{{root}}", root);
    let files = FILES.map(|(file, text)| match file {
        "Cargo.toml" => (file, fill(text) + end),
        _ => (file, fill(text)),
    });
    Ok(files.into())
}

/// The places to fill, file and section of the guide, in the guide's order.
pub fn places() -> Vec<(String, String)> {
    let of = |(file, text): &(&str, &str)| {
        let sections = marks(text).into_iter().map(|mark| mark.section);
        sections.map(|section| (file.to_string(), section)).collect::<Vec<_>>()
    };
    FILES.iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_one_place_to_fill_at_most_and_it_has_an_end() {
        for (file, text) in FILES {
            let marks = marks(text);
            assert!(marks.len() <= 1, "{file}");
            for mark in marks {
                let last = text.lines().nth(mark.lines.end - 1).unwrap();
                assert!(last.contains("FILL END"), "{file}: {last}");
            }
        }
        assert_eq!(places().len(), 12);
        assert_eq!(places()[0], ("Cargo.toml".to_string(), "start".to_string()));
    }
}
