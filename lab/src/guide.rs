//! The examples of `docs/porting.md`, put where they belong: a test builds and runs a board that was filled
//! by nothing else.

use anyhow::{Context, Result, ensure};
use oal_board_build::marks;
use std::path::Path;

/// The guide.
pub const TEXT: &str = include_str!("../../docs/porting.md");

/// Before a block of code: which file's place it fills.
const BEFORE: &str = "<!-- snippet: ";
const FENCE: &str = "```";

/// An example.
#[derive(Debug, PartialEq, Eq)]
pub struct Snippet {
    /// The file of a board whose place it fills.
    pub file: String,
    /// What it is filled with.
    pub code: String,
}

/// All examples of a guide.
pub fn snippets(guide: &str) -> Result<Vec<Snippet>> {
    let mut snippets = Vec::new();
    let mut lines = guide.lines();
    while let Some(line) = lines.next() {
        let Some(file) = line.strip_prefix(BEFORE) else { continue };
        let file = file.strip_suffix(" -->").with_context(|| format!("`{line}` has no end"))?;
        let fence = lines.next().unwrap_or_default();
        ensure!(fence.starts_with(FENCE), "after `{line}` comes no block of code, but `{fence}`");
        let code: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with(FENCE)).collect();
        snippets.push(Snippet { file: file.to_string(), code: code.join("\n") + "\n" });
    }
    Ok(snippets)
}

/// The anchors of a guide's headings, as GitHub makes them from plain words.
pub fn anchors(guide: &str) -> Vec<String> {
    let heading =
        |line: &str| Some(line.strip_prefix('#')?.trim_start_matches('#').strip_prefix(' ')?.to_string());
    let anchor = |text: String| {
        let kept = text.to_lowercase().replace(' ', "-");
        kept.chars().filter(|c| c.is_alphanumeric() || *c == '-' || *c == '_').collect()
    };
    prose(guide).filter_map(heading).map(anchor).collect()
}

/// The lines that are no code.
fn prose(guide: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    guide.lines().filter(move |line| {
        in_code ^= line.starts_with(FENCE);
        !in_code
    })
}

/// Puts every example of the guide into the board in `folder`, in place of the marked lines.
pub fn apply(folder: &Path) -> Result<()> {
    for Snippet { file, code } in snippets(TEXT)? {
        let path = folder.join(&file);
        let text = std::fs::read_to_string(&path).with_context(|| format!("a board has no `{file}`"))?;
        std::fs::write(&path, filled(&text, &code).with_context(|| format!("in `{file}`"))?)?;
    }
    Ok(())
}

/// The text with its marked lines replaced.
fn filled(text: &str, code: &str) -> Result<String> {
    let marks = marks(text);
    let mark = marks.first().context("there is no place to fill")?;
    let lines: Vec<&str> = text.lines().collect();
    let with_ends = |lines: &[&str]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    Ok(with_ends(&lines[..mark.lines.start]) + code + &with_ends(&lines[mark.lines.end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_is_the_block_after_its_mark_and_other_blocks_are_none() {
        let guide = "# A\n```sh\nno\n```\n<!-- snippet: src/a.rs -->\n```rust\none\n\ntwo\n```\n";
        assert_eq!(
            snippets(guide).unwrap(),
            [Snippet { file: "src/a.rs".into(), code: "one\n\ntwo\n".into() }]
        );
        assert!(snippets("<!-- snippet: a -->\ntext\n").is_err());
        assert!(snippets("<!-- snippet: a\n```\n```\n").is_err());
    }

    #[test]
    fn headings_give_anchors_and_comments_of_code_give_none() {
        let guide =
            "# Porting\n## Memory map\n```sh\n# no heading\n```\n### When it does not work: `nosave`\n";
        assert_eq!(anchors(guide), ["porting", "memory-map", "when-it-does-not-work-nosave"]);
    }

    #[test]
    fn the_marked_lines_go_and_all_others_stay() {
        let text = "a\n// FILL x: y\nold\n// FILL END\nb\n";
        assert_eq!(filled(text, "new\n").unwrap(), "a\nnew\nb\n");
        assert!(filled("a\n", "new\n").is_err());
    }

    #[test]
    fn every_link_of_the_guide_leads_somewhere() {
        let here = anchors(TEXT);
        let docs = crate::paths::root().join("docs");
        let links = prose(TEXT).flat_map(|line| line.split("](").skip(1));
        for target in links.filter_map(|rest| rest.split(')').next()) {
            match target.strip_prefix('#') {
                Some(anchor) => assert!(here.iter().any(|a| a == anchor), "#{anchor}"),
                None => {
                    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
                    let path = docs.join(file);
                    assert!(path.exists(), "{target}");
                    if !anchor.is_empty() {
                        let text = std::fs::read_to_string(path).unwrap();
                        assert!(anchors(&text).iter().any(|a| a == anchor), "{target}");
                    }
                }
            }
        }
    }
}
