//! `cargo xtask new-board`: a board's crate from the template, with its places to fill marked.
//!
//! The template is `xtask/templates/board`; `docs/porting.md` says how its places are filled, and has an
//! example for each, which the lab puts in for the case that does as the guide says.

mod name;
mod template;

use crate::paths;
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};

use template::places;

/// Options of the task.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// The board's name, in kebab case: that of its package, and in every image
    pub name: String,
    /// Make this folder, a workspace of its own, instead of one in `boards/`
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
}

/// Makes the crate and says what comes next.
pub fn main(options: &Options) -> Result<()> {
    let name = &options.name;
    let folder = match &options.folder {
        Some(folder) => std::path::absolute(folder)?,
        None => paths::root().join("boards").join(name),
    };
    make(name, &folder)?;
    println!("{} is there. It compiles as it is:\n", folder.display());
    let place = if is_in_tree(&folder) { format!("--package {name} ") } else { String::new() };
    println!("    cargo build --release {place}--target armv7a-none-eabi\n");
    println!("What is to be filled, in the order of docs/porting.md:\n");
    for (file, section) in places() {
        println!("    {file:<16} docs/porting.md#{section}");
    }
    println!(
        "\nThen docs/porting.md#snapshot: the self test, a snapshot, and a boot from it. If QEMU has the board:\n"
    );
    let which = match is_in_tree(&folder) {
        true => format!("--board {name}"),
        false => format!("--board-dir {}", folder.display()),
    };
    println!("    cargo xtask qemu-test {which}");
    Ok(())
}

/// Makes the crate of a board in a folder that is not there yet. Outside `boards/` it is a workspace of its
/// own.
pub fn make(name: &str, folder: &Path) -> Result<()> {
    name::check(name, &name::taken(paths::root())?)?;
    let shown = folder.display();
    ensure!(!folder.exists(), "`{shown}` exists already");
    let files = template::files(name, paths::root(), is_in_tree(folder))?;
    write(folder, &files).inspect_err(|_| {
        // Half a board in `boards/` would keep the whole workspace from being built. If it cannot be removed either, the
        // first error is the one to tell.
        let _ = std::fs::remove_dir_all(folder);
    })
}

fn write(folder: &Path, files: &[(&str, String)]) -> Result<()> {
    for (file, text) in files {
        let path = folder.join(file);
        let inner = path.parent().with_context(|| format!("`{file}` has no folder"))?;
        std::fs::create_dir_all(inner).with_context(|| format!("cannot make `{}`", inner.display()))?;
        std::fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(())
}

/// Whether the folder is one of those that the workspace takes for boards.
fn is_in_tree(folder: &Path) -> bool {
    folder.parent() == Some(&paths::root().join("boards"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use oal_board_build::marks;
    use oal_lab::guide;

    fn made(name: &str) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        make(name, &dir.path().join(name)).unwrap();
        dir
    }

    #[test]
    fn a_new_board_has_its_name_and_no_word_of_the_template_left() {
        let dir = made("some-board");
        let folder = dir.path().join("some-board");
        let read = |file| std::fs::read_to_string(folder.join(file)).unwrap();
        for file in ["Cargo.toml", "build.rs", "board.ld", "board.toml", "src/main.rs", "src/platform.rs"] {
            assert!(!read(file).contains("{{"), "{file}");
        }
        assert!(read("Cargo.toml").contains("name = \"some-board\""));
        assert!(read("Cargo.toml").contains("[workspace]"));
        assert!(read("src/platform.rs").contains("const NAME: &'static str = \"some-board\";"));
    }

    #[test]
    fn a_board_of_this_workspace_takes_the_library_from_beside_it() {
        let files = template::files("some-board", Path::new("/else/where"), true).unwrap();
        let (_, manifest) = files.iter().find(|(file, _)| *file == "Cargo.toml").unwrap();
        assert!(manifest.contains("path = \"../..\"") && manifest.contains("path = \"../../firmware\""));
        assert!(manifest.contains("[lints]\nworkspace = true") && !manifest.contains("[workspace]"));
    }

    #[test]
    fn what_is_there_already_is_left_alone() {
        let dir = made("some-board");
        let error = make("some-board", &dir.path().join("some-board")).unwrap_err().to_string();
        assert!(error.contains("exists already"), "{error}");
        let error = make("n800", &dir.path().join("other")).unwrap_err().to_string();
        assert!(error.contains("`n800`"), "{error}");
    }

    #[test]
    fn the_guide_has_a_section_and_an_example_for_every_place_and_none_is_left_when_they_are_put_in() {
        let dir = made("some-board");
        let folder = dir.path().join("some-board");
        let anchors = guide::anchors(guide::TEXT);
        for (file, section) in places() {
            assert!(anchors.contains(&section), "{file}: the guide has no section {section}");
        }
        guide::apply(&folder).unwrap();
        for (file, _) in places() {
            let text = std::fs::read_to_string(folder.join(&file)).unwrap();
            assert_eq!(marks(&text), [], "{file}");
        }
        let again = format!("{:#}", guide::apply(&folder).unwrap_err());
        assert!(again.contains("no place to fill"), "{again}");
    }
}
