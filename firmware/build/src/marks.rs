//! Places of a new board that are to be filled, as its sources mark them.

use std::ops::Range;

/// A place to fill: the lines from `FILL SECTION: what it is for` to `FILL END`, in comments of whatever kind
/// the file has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The section of `docs/porting.md` that tells how.
    pub section: String,
    /// Its lines, the marking ones included; the first line of the file is 0. A place without an end takes
    /// the rest of the file.
    pub lines: Range<usize>,
}

/// All marks of a file.
pub fn marks(text: &str) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    let mut open = false;
    for (number, line) in text.lines().enumerate() {
        if let (true, Some(mark)) = (open, marks.last_mut()) {
            mark.lines.end = number + 1;
            open = !line.contains("FILL END");
        } else if let Some(section) = begins(line) {
            marks.push(Mark { section: section.to_string(), lines: number..number + 1 });
            open = true;
        }
    }
    marks
}

/// The section that a line names with `FILL SECTION:`, if it does.
fn begins(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("FILL ")?;
    let (section, _) = rest.split_once(':')?;
    let plain = |c: char| c.is_ascii_lowercase() || c == '-';
    (!section.is_empty() && section.chars().all(plain)).then_some(section)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, Range<usize>)> {
        marks(text).into_iter().map(|mark| (mark.section, mark.lines)).collect()
    }

    #[test]
    fn a_place_reaches_from_its_mark_to_the_end_mark_in_any_kind_of_comment() {
        let text = "a\n// FILL clock: how\nb\n// FILL END\nc\n/* FILL memory-map: where */\n/* FILL END */\n";
        assert_eq!(found(text), [("clock".to_string(), 1..4), ("memory-map".to_string(), 5..7)]);
    }

    #[test]
    fn a_place_without_an_end_takes_the_rest_and_words_like_a_mark_are_none() {
        assert_eq!(found("# FILL start: x\ny\nz"), [("start".to_string(), 0..3)]);
        assert_eq!(found("FILL END\nFILL in the form: x\nREFILL 5: x\n"), []);
    }
}
