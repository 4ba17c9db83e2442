//! The boards that are built and emulated. Each says in `board.toml`, in its own folder, what the lab has to
//! know of it.

mod description;

pub use description::{Board, Medium, Program, Programs};

use crate::media::Kind;
use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Folders of this workspace in which each folder may be a board.
const FOLDERS: [&str; 2] = ["boards", "oal"];
/// The board that the tasks measure and show.
const REFERENCE: &str = "vexpress-a9";
/// The file that describes a board.
const FILE: &str = "board.toml";

/// All boards of this workspace, by their names.
///
/// # Errors
/// The first description that cannot be used, with the reason.
pub fn all() -> Result<&'static [Board]> {
    static BOARDS: OnceLock<Result<Vec<Board>, String>> = OnceLock::new();
    let boards = BOARDS.get_or_init(|| find(crate::paths::root()).map_err(|error| format!("{error:#}")));
    boards.as_deref().map_err(|error| anyhow::anyhow!("{error}"))
}

/// The board in a folder, which may be anywhere. It is read once in a run and stays until its end.
///
/// # Errors
/// If the description cannot be read or used.
pub fn at(folder: &Path) -> Result<&'static Board> {
    let folder = std::path::absolute(folder)?;
    Ok(Box::leak(Box::new(Board::read(&folder.join(FILE))?)))
}

/// The board with this name.
///
/// # Errors
/// If there is none; the names that there are belong to the error.
pub fn named(name: &str) -> Result<&'static Board> {
    let found = all()?.iter().find(|board| board.name == name);
    found.with_context(|| {
        format!("there is no board `{name}`; the boards are {}", names(all().unwrap_or_default()))
    })
}

/// The board that the tasks measure and show.
///
/// # Errors
/// As for [`named`].
pub fn reference() -> Result<&'static Board> {
    named(REFERENCE)
}

/// The same with an SD card.
///
/// # Errors
/// As for [`named`], and if it has none.
pub fn reference_with_card() -> Result<(&'static Board, &'static Medium)> {
    let board = reference()?;
    Ok((board, board.medium(Kind::Sd)?))
}

/// The boards' names in a row.
fn names(boards: &[Board]) -> String {
    boards.iter().map(|board| board.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// The boards and media that the names leave; no name leaves all.
///
/// # Errors
/// If nothing is left: with the names that there are.
pub fn choose(
    boards: &'static [Board],
    board: Option<&str>,
    medium: Option<&str>,
) -> Result<Vec<(&'static Board, &'static Medium)>> {
    let left: Vec<&Board> = boards.iter().filter(|b| board.is_none_or(|name| name == b.name)).collect();
    if let (true, Some(name)) = (left.is_empty(), board) {
        bail!("there is no board `{name}`; the boards are {}", names(boards));
    }
    let all = left.iter().flat_map(|board| board.media.iter().map(move |medium| (*board, medium)));
    let chosen: Vec<_> = all.filter(|(_, m)| medium.is_none_or(|name| name == m.name())).collect();
    let mut media: Vec<&str> = left.iter().flat_map(|board| &board.media).map(Medium::name).collect();
    media.sort_unstable();
    media.dedup();
    let asked = medium.unwrap_or_default();
    ensure!(!chosen.is_empty(), "there is no medium `{asked}`; the media are {}", media.join(", "));
    Ok(chosen)
}

fn find(root: &Path) -> Result<Vec<Board>> {
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in FOLDERS.map(|folder| root.join(folder)) {
        let inner =
            std::fs::read_dir(&folder).with_context(|| format!("cannot read `{}`", folder.display()))?;
        files.extend(inner.flatten().map(|entry| entry.path().join(FILE)).filter(|file| file.exists()));
    }
    let mut boards = files.iter().map(|file| Board::read(file)).collect::<Result<Vec<_>>>()?;
    boards.sort_by(|a, b| a.name.cmp(&b.name));
    for pair in boards.windows(2) {
        ensure!(pair[0].name != pair[1].name, "two boards have the name `{}`", pair[0].name);
    }
    Ok(boards)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number behind a word of a linker script's line, such as `ORIGIN = 0x60000000`.
    fn number(line: &str, word: &str) -> u64 {
        let rest = line.split(word).nth(1).unwrap().trim_start_matches([' ', '=']);
        let digits = rest.split([',', ' ', '\n']).next().unwrap();
        match (digits.strip_prefix("0x"), digits.strip_suffix('M')) {
            (Some(hex), _) => u64::from_str_radix(hex, 16).unwrap(),
            (_, Some(mib)) => mib.parse::<u64>().unwrap() << 20,
            _ => digits.parse().unwrap(),
        }
    }

    #[test]
    fn every_folder_with_a_linker_script_is_a_board_and_has_a_medium_and_ram() {
        let boards = all().unwrap();
        for entry in std::fs::read_dir(crate::paths::root().join("boards")).unwrap().flatten() {
            let is_board = entry.path().join("board.ld").exists();
            assert!(!is_board || boards.iter().any(|b| b.folder == entry.path()), "{:?}", entry.path());
        }
        for board in boards {
            assert!(!board.media.is_empty() && board.ram() > 0, "{}", board.name);
            assert_eq!(named(&board.name).unwrap(), board);
        }
        let error = named("other").unwrap_err().to_string();
        assert!(error.contains("`other`") && error.contains("n800"), "{error}");
        assert_eq!(reference().unwrap().name, REFERENCE);
    }

    #[test]
    fn a_linker_script_places_code_and_data_in_the_smallest_ram_of_the_description() {
        let mut scripts = 0;
        for board in all().unwrap() {
            let Ok(script) = std::fs::read_to_string(board.folder.join("board.ld")) else { continue };
            scripts += 1;
            let smallest = board.ram_mib.iter().min().unwrap();
            let ram = board.ram_start..board.ram_start + (u64::from(*smallest) << 20);
            for line in script.lines().filter(|line| line.contains("ORIGIN")) {
                let start = number(line, "ORIGIN");
                let end = start + number(line, "LENGTH");
                assert!(ram.start <= start && end <= ram.end, "{}: {line} is not in {ram:x?}", board.name);
            }
        }
        assert!(scripts > 0);
    }

    #[test]
    fn boards_and_media_are_chosen_by_name() {
        let boards = all().unwrap();
        let media: usize = boards.iter().map(|board| board.media.len()).sum();
        assert_eq!(choose(boards, None, None).unwrap().len(), media);
        let nand = choose(boards, None, Some("nand")).unwrap();
        assert!(nand.iter().all(|(_, medium)| medium.name() == "nand") && nand.len() > 1);
        let [(board, medium)] = choose(boards, Some("n800"), None).unwrap()[..] else { panic!("n800") };
        assert_eq!((board.name.as_str(), medium.name()), ("n800", "onenand"));
        let error = choose(boards, Some("n800"), Some("sd")).unwrap_err().to_string();
        assert!(error.ends_with("the media are onenand"), "{error}");
        assert!(choose(boards, Some("x"), None).is_err());
    }
}
