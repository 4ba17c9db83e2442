//! Which names a board may have.

use anyhow::{Context, Result, ensure};
use std::path::Path;

/// An image's header has so many bytes for the name.
const LONGEST: usize = 16;
/// Words that are no name of a crate, or of a program that cargo builds.
const RESERVED: [&str; 42] = [
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "build",
    "const",
    "continue",
    "core",
    "crate",
    "deps",
    "do",
    "dyn",
    "else",
    "enum",
    "examples",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "incremental",
    "let",
    "loop",
    "match",
    "mod",
    "move",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "type",
    "use",
];

/// An error, in a sentence, for what is no name of a new board; `taken` are the packages that there are.
pub fn check(name: &str, taken: &[String]) -> Result<()> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    ensure!(!name.is_empty(), "a board needs a name");
    ensure!(
        name.chars().all(plain) && name.starts_with(|c: char| c.is_ascii_lowercase()),
        "`{name}` is no name for a board: lower-case letters, digits and single hyphens, a letter first"
    );
    ensure!(
        !name.ends_with('-') && !name.contains("--"),
        "`{name}` is no name for a board: a hyphen stands between two letters or digits"
    );
    ensure!(
        name.len() <= LONGEST,
        "`{name}` has {} letters, and an image has room for {LONGEST}",
        name.len()
    );
    ensure!(!RESERVED.contains(&name), "`{name}` is a word that the compiler or cargo keeps for itself");
    ensure!(!taken.iter().any(|t| t == name), "there is a package `{name}` already");
    Ok(())
}

/// The packages of the workspace and all that they depend on.
pub fn taken(root: &Path) -> Result<Vec<String>> {
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).context("cannot read `Cargo.lock`")?;
    let name = |line: &str| Some(line.strip_prefix("name = \"")?.strip_suffix('"')?.to_string());
    Ok(lock.lines().filter_map(name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(name: &str) -> String {
        check(name, &["n800".to_string()]).expect_err(name).to_string()
    }

    #[test]
    fn names_in_kebab_case_of_at_most_16_letters_are_taken() {
        for name in ["a", "imx6-sabre", "board2", "sixteen-letters1"] {
            check(name, &[]).unwrap();
        }
    }

    #[test]
    fn every_other_name_is_refused_in_a_sentence() {
        assert!(refused("").contains("needs a name"));
        for name in ["My-Board", "my_board", "2nd", "-a", "../other", "a b", "bräd", "a/b", "a.b"] {
            assert!(refused(name).contains("a letter first"), "{name}");
        }
        for name in ["a-", "a--b"] {
            assert!(refused(name).contains("hyphen stands between"), "{name}");
        }
        assert!(refused("seventeen-letters").contains("room for 16"));
        assert!(refused("match").contains("keeps for itself"));
        assert!(refused("n800").contains("already"));
    }

    #[test]
    fn packages_of_the_workspace_and_of_the_registry_are_taken() {
        let taken = taken(crate::paths::root()).unwrap();
        for name in ["oal-snapshot", "vexpress-a9", "heapless"] {
            assert!(taken.iter().any(|t| t == name), "{name}");
        }
    }
}
