//! The form of documentation: lines of doc comments to 110 columns and of markdown to 100, and words that are
//! not ours.

use crate::paths;
use anyhow::{Result, bail};
use std::path::Path;
use std::process::Command;

/// Longest line of a doc comment, indentation included, in characters.
const DOC: usize = 110;
/// Longest line of markdown, but for tables, code, and lines that are one word.
const MARKDOWN: usize = 100;
/// Words with a plainer one beside them, or without a place in this project.
const WORDS: [(&str, &str); 4] =
    [("pictured", "saved"), ("mended", "fixed"), ("whom", "a noun"), ("of the future", "of a newer version")];

/// Checks all files under version control. Without git there is nothing to go by, and it is skipped: `false`.
pub fn check() -> Result<bool> {
    let listed = Command::new("git").current_dir(paths::root()).args(["ls-files", "-z"]).output();
    let Some(listed) = listed.ok().filter(|output| output.status.success()) else { return Ok(false) };
    let mut wrong = Vec::new();
    let mut files = 0;
    for name in String::from_utf8_lossy(&listed.stdout).split('\0').filter(|name| !name.is_empty()) {
        let is = |extension| Path::new(name).extension().is_some_and(|e| e == extension);
        // A file that was removed and is still listed, or one that holds no text, has no lines.
        let Ok(text) = std::fs::read_to_string(paths::root().join(name)) else { continue };
        let found = match (is("rs"), is("md")) {
            (true, _) => long_docs(&text),
            (_, true) => long_markdown(&text),
            _ => continue,
        };
        files += 1;
        wrong.extend(found.into_iter().chain(words(&text)).map(|(n, why)| format!("{name}:{n}: {why}")));
    }
    println!("    {files} files");
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n      "));
    }
    Ok(true)
}

/// Numbers of lines, and what is wrong with them.
type Found = Vec<(usize, String)>;

fn long_docs(text: &str) -> Found {
    let lines = text.lines().enumerate().filter(|(_, line)| {
        let doc = line.trim_start();
        let free = doc.trim_start_matches(['/', '!']).trim_start();
        (doc.starts_with("///") || doc.starts_with("//!"))
            && line.chars().count() > DOC
            && !free.starts_with('|')
            && !free.starts_with("# ")
    });
    lines.map(|(n, line)| (n + 1, format!("{} columns, {DOC} at most", line.chars().count()))).collect()
}

fn long_markdown(text: &str) -> Found {
    let mut code = false;
    let mut found = Found::new();
    for (n, line) in text.lines().enumerate() {
        let free = line.trim_start();
        code ^= free.starts_with("```");
        let columns = line.chars().count();
        let one_word = !free.trim_start_matches(['*', '-', ' ']).contains(' ');
        if columns > MARKDOWN && !code && !one_word && !free.starts_with(['|', '#', '<', '!']) {
            found.push((n + 1, format!("{columns} columns, {MARKDOWN} at most")));
        }
    }
    found
}

fn words(text: &str) -> Found {
    let mut found = Found::new();
    for (n, line) in text.lines().enumerate() {
        let plain = line.to_lowercase();
        for (word, better) in WORDS {
            let whole = plain.match_indices(word).any(|(at, _)| {
                let letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '"');
                !letter(plain[..at].chars().next_back()) && !letter(plain[at + word.len()..].chars().next())
            });
            if whole {
                found.push((n + 1, format!("`{word}`: say {better}")));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_too_long_from_the_first_column_beyond_and_tables_and_code_are_not_prose() {
        let text = |columns: usize| {
            format!("/// a{}\n", " b".repeat((columns - 5) / 2) + &"c".repeat((columns - 5) % 2))
        };
        assert_eq!(long_docs(&text(DOC)), []);
        assert_eq!(long_docs(&text(DOC + 1)).len(), 1);
        assert_eq!(long_docs(&format!("/// | {} |\n", text(DOC))), []);
        let long = "word ".repeat(21);
        assert_eq!(long_markdown(&format!("one\n{long}\n")), [(2, "105 columns, 100 at most".to_string())]);
        assert_eq!(long_markdown(&format!("```\n{long}\n```\n| {long} |\n{}\n", "w".repeat(120))), []);
    }

    #[test]
    fn a_word_is_found_whole_and_in_any_case() {
        assert_eq!(
            words(concat!("a Mend", "ed line\nunmended, \"mended\"\n")),
            [(1, format!("`{}`: say fixed", WORDS[1].0))]
        );
    }
}
