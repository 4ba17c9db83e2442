//! The text files on the medium: made up from a seed for the tests, gathered from a folder for the
//! demonstration.

use crate::noise::Noise;
use anyhow::{Context, Result, ensure};
use oal_lab_host::table;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// A file for the medium.
#[derive(Debug, Clone)]
pub struct TextFile {
    /// Its path below the medium's root, with `/` between the parts.
    pub name: String,
    /// Its contents.
    pub text: String,
}

/// Files of made-up words, `size` bytes in all.
pub fn made_up(size: usize, seed: u64) -> Vec<TextFile> {
    const FILES: usize = 4;
    let mut noise = Noise::new(seed);
    let vocabulary: Vec<String> = (0..3000).map(|_| word(&mut noise)).collect();
    let file = |i| {
        let mut text = String::new();
        while text.len() < size / FILES {
            let count = 4 + noise.below(9);
            // The lower of two draws: some words are frequent, most are rare, as in real text.
            let mut pick = || vocabulary[noise.below(3000).min(noise.below(3000))].as_str();
            let line: Vec<&str> = (0..count).map(|_| pick()).collect();
            text.push_str(&line.join(" "));
            text.push('\n');
        }
        TextFile { name: format!("TEXT{i}.TXT"), text }
    };
    (0..FILES).map(file).collect()
}

fn word(noise: &mut Noise) -> String {
    const HEADS: [&str; 16] =
        ["b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "st", "br"];
    const TAILS: [&str; 8] = ["a", "e", "i", "o", "u", "an", "el", "or"];
    (0..2 + noise.below(3)).map(|_| HEADS[noise.below(16)].to_string() + TAILS[noise.below(8)]).collect()
}

/// The number of lines that hold the word, counted by the host.
pub fn lines_with(files: &[TextFile], word: &str) -> u64 {
    let holds = |line: &&str| line.split(' ').any(|w| w == word);
    files.iter().map(|f| f.text.lines().filter(holds).count() as u64).sum()
}

/// A word of the text that stands in several lines.
pub fn some_word(files: &[TextFile]) -> Result<&str> {
    let words = files.iter().flat_map(|f| f.text.split_whitespace());
    words
        .into_iter()
        .find(|w| (3..40).contains(&lines_with(files, w)))
        .context("the text has no word that repeats")
}

/// Extensions by which the firmware knows a text file; a file with another one gets `.txt` behind it.
const KINDS: [&str; 12] = ["txt", "md", "rs", "c", "h", "s", "ld", "x", "toml", "json", "log", "csv"];
/// Most files that are gathered; the firmware has room for 1024.
const MOST_FILES: usize = 1000;

/// Files that were left out, by the cause.
#[derive(Debug, Default, PartialEq, Eq)]
struct LeftOut {
    empty: u64,
    too_large: u64,
    too_many: u64,
    no_text: u64,
    unreadable: u64,
}

impl LeftOut {
    /// One line, or none if no file was left out.
    fn tell(&self) -> Option<String> {
        let causes = [
            (self.no_text, "no UTF-8 text"),
            (self.empty, "empty"),
            (self.too_large, "beyond the room for text"),
            (self.too_many, "beyond the number of files"),
            (self.unreadable, "not readable"),
        ];
        let sum = causes.iter().map(|(n, _)| n).sum();
        let causes: Vec<String> =
            causes.iter().filter(|(n, _)| *n > 0).map(|(n, why)| format!("{n} {why}")).collect();
        (sum > 0).then(|| format!("{} left out: {}", table::count(sum, "file"), causes.join(", ")))
    }
}

/// The text files below a folder, in the order of their names, up to `limit` bytes in all. What is left out
/// is printed.
pub fn gather(folder: &Path, limit: usize) -> Result<Vec<TextFile>> {
    let mut paths = Vec::new();
    walk(folder, &mut paths).with_context(|| format!("cannot read the folder `{}`", folder.display()))?;
    paths.sort();
    let (mut files, mut names, mut left) = (Vec::new(), Names::default(), limit);
    let mut out = LeftOut::default();
    for path in paths {
        // The size comes first: nothing is read that has no room.
        let Ok(size) = path.symlink_metadata().map(|m| m.len()) else {
            out.unreadable += 1;
            continue;
        };
        let counter = match size {
            0 => Some(&mut out.empty),
            _ if files.len() == MOST_FILES => Some(&mut out.too_many),
            _ if size > left as u64 => Some(&mut out.too_large),
            _ => None,
        };
        if let Some(counter) = counter {
            *counter += 1;
            continue;
        }
        match read(&path, left) {
            Ok(Some(text)) => {
                left -= text.len();
                let name = names.on_medium(path.strip_prefix(folder).unwrap_or(&path));
                files.push(TextFile { name, text });
            }
            // It grew since its size was asked for.
            Ok(None) => out.too_large += 1,
            Err(error) if error.kind() == ErrorKind::InvalidData => out.no_text += 1,
            Err(_) => out.unreadable += 1,
        }
    }
    if let Some(line) = out.tell() {
        println!("{line}");
    }
    ensure!(!files.is_empty(), "`{}` holds no text file", folder.display());
    Ok(files)
}

/// A file of at most `most` bytes, or nothing if there are more.
fn read(path: &Path, most: usize) -> std::io::Result<Option<String>> {
    let mut text = String::new();
    // One byte more than allowed tells that there are more.
    let file = File::open(path)?;
    file.take(most as u64 + 1).read_to_string(&mut text)?;
    Ok((text.len() <= most).then_some(text))
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        // Nobody wrote what cargo makes.
        let hidden = name.to_string_lossy().starts_with('.') || name == "target" || name == "Cargo.lock";
        let kind = entry.file_type()?;
        match (hidden, kind.is_dir(), kind.is_file()) {
            (false, true, _) => walk(&entry.path(), found)?,
            (false, _, true) => found.push(entry.path()),
            _ => {}
        }
    }
    Ok(())
}

/// The names on the medium so far, of files and of folders; case does not count there.
#[derive(Default)]
struct Names {
    files: BTreeSet<String>,
    folders: BTreeSet<String>,
}

impl Names {
    /// The file's path as FAT can have it, different from all others, with no folder that is named like a
    /// file.
    fn on_medium(&mut self, path: &Path) -> String {
        let allowed = |c: char| if c.is_ascii_alphanumeric() || "-_. ".contains(c) { c } else { '_' };
        let mut parts: Vec<String> = path
            .components()
            .map(|p| p.as_os_str().to_string_lossy().chars().map(allowed).collect())
            .map(trim)
            .collect();
        let mut last = parts.pop().unwrap_or_default();
        let mut name = String::new();
        for mut part in parts {
            while self.files.contains(&key(&name, &part)) {
                part.push('_');
            }
            name.push_str(&part);
            self.folders.insert(name.to_ascii_lowercase());
            name.push('/');
        }
        let extension = last.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase()).unwrap_or_default();
        if !KINDS.contains(&extension.as_str()) {
            last.push_str(".txt");
        }
        while self.files.contains(&key(&name, &last)) || self.folders.contains(&key(&name, &last)) {
            let dot = last.rfind('.').unwrap_or(last.len());
            last.insert(dot, '_');
        }
        self.files.insert(key(&name, &last));
        name + &last
    }
}

fn key(folder: &str, name: &str) -> String {
    format!("{folder}{name}").to_ascii_lowercase()
}

/// FAT drops blanks and dots at a name's end, and blanks at its beginning, so that two names could become
/// one.
fn trim(name: String) -> String {
    let kept = name.trim_start().trim_end_matches([' ', '.']);
    if kept.is_empty() { "_".into() } else { kept.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_text_repeats_itself_for_a_seed() {
        let files = made_up(20_000, 7);
        assert_eq!(files.len(), 4);
        assert_eq!(files[2].text, made_up(20_000, 7)[2].text);
        let word = some_word(&files).unwrap();
        assert!(lines_with(&files, word) >= 3);
    }

    #[test]
    fn names_fit_the_medium_and_are_all_different() {
        let mut names = Names::default();
        let mut name = |p: &str| names.on_medium(Path::new(p));
        assert_eq!(name("src/reader.rs"), "src/reader.rs");
        assert_eq!(name("src/Reader.rs"), "src/Reader_.rs");
        assert_eq!(name("a/what?.py"), "a/what_.py.txt");
        assert_eq!(name("LICENSE"), "LICENSE.txt");
        // A file and a folder of the same name, whichever comes first.
        assert_eq!(name("notes.md"), "notes.md");
        assert_eq!(name("Notes.MD/a.txt"), "Notes.MD_/a.txt");
        assert_eq!(name("SRC.rs/a.rs"), "SRC.rs/a.rs");
        assert_eq!(name("src.rs"), "src_.rs");
        assert_eq!(name("end. /b.c"), "end/b.c");
    }

    #[test]
    fn what_is_left_out_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| std::fs::write(dir.path().join(name), bytes).unwrap();
        write("a.txt", b"some text\n");
        write("b.txt", b"");
        write("c.txt", &[0xff, 0xfe]);
        write("d.txt", &[b'x'; 100]);
        std::os::unix::fs::symlink("a.txt", dir.path().join("e.txt")).unwrap();
        let files = gather(dir.path(), 50).unwrap();
        assert_eq!(files.iter().map(|f| &*f.name).collect::<Vec<_>>(), ["a.txt"]);
        let out = LeftOut { empty: 1, no_text: 2, ..LeftOut::default() };
        assert_eq!(out.tell().unwrap(), "3 files left out: 2 no UTF-8 text, 1 empty");
        assert_eq!(LeftOut::default().tell(), None);
    }
}
