//! The text files on the medium: made up from a seed for the tests, gathered from a folder for the demonstration.

use crate::harness::noise::Noise;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeSet;
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

/// The text files below a folder, in the order of their names, up to `limit` bytes in all.
pub fn gather(folder: &Path, limit: usize) -> Result<Vec<TextFile>> {
    let mut paths = Vec::new();
    walk(folder, &mut paths).with_context(|| format!("cannot read the folder `{}`", folder.display()))?;
    paths.sort();
    let (mut files, mut names, mut left) = (Vec::new(), BTreeSet::new(), limit);
    for path in paths {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        if text.is_empty() || text.len() > left || files.len() == MOST_FILES {
            continue;
        }
        left -= text.len();
        let name = name_on_medium(path.strip_prefix(folder).unwrap_or(&path), &mut names);
        files.push(TextFile { name, text });
    }
    ensure!(!files.is_empty(), "`{}` holds no text file", folder.display());
    Ok(files)
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

/// The file's path as FAT can have it, different from all others even where case does not count.
fn name_on_medium(path: &Path, taken: &mut BTreeSet<String>) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || "-_. ".contains(c) { c } else { '_' };
    let parts =
        path.components().map(|p| p.as_os_str().to_string_lossy().chars().map(allowed).collect::<String>());
    let mut name = parts.collect::<Vec<_>>().join("/");
    let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    if !KINDS.contains(&extension.as_str()) {
        name.push_str(".txt");
    }
    while !taken.insert(name.to_ascii_lowercase()) {
        let dot = name.rfind('.').unwrap_or(name.len());
        name.insert(dot, '_');
    }
    name
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
        let mut taken = BTreeSet::new();
        let mut name = |p: &str| name_on_medium(Path::new(p), &mut taken);
        assert_eq!(name("src/reader.rs"), "src/reader.rs");
        assert_eq!(name("src/Reader.rs"), "src/Reader_.rs");
        assert_eq!(name("a/what?.py"), "a/what_.py.txt");
        assert_eq!(name("LICENSE"), "LICENSE.txt");
    }
}
