//! Lines for programs on the firmware's console (`docs/console.md`).

use anyhow::{Context, Result};
use std::ops::Range;

/// One `@word key=value ...` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The word after the `@`.
    pub word: String,
    pairs: Vec<(String, String)>,
}

impl Event {
    /// Reads a line; `None` for text that is meant for people.
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.trim_end().strip_prefix('@')?.split(' ').filter(|w| !w.is_empty());
        let word = words.next()?.to_string();
        let pairs =
            words.filter_map(|w| w.split_once('=')).map(|(k, v)| (k.to_string(), v.to_string())).collect();
        Some(Self { word, pairs })
    }

    /// The value of a key, if the line has it.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.pairs.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// The value of a key that the line must have.
    pub fn text(&self, key: &str) -> Result<&str> {
        self.get(key).with_context(|| format!("the line `{self}` lacks `{key}`"))
    }

    /// A decimal value that the line must have.
    pub fn number(&self, key: &str) -> Result<u64> {
        let text = self.text(key)?;
        text.parse().with_context(|| format!("`{key}={text}` of `{self}` is not a number"))
    }

    /// A range `0xSTART..0xEND` that the line must have.
    pub fn range(&self, key: &str) -> Result<Range<u64>> {
        let text = self.text(key)?;
        let hex = |s: &str| u64::from_str_radix(s.strip_prefix("0x")?, 16).ok();
        text.split_once("..")
            .and_then(|(a, b)| Some(hex(a)?..hex(b)?))
            .filter(|r| r.start <= r.end)
            .with_context(|| format!("`{key}={text}` of `{self}` is not a range"))
    }
}

impl std::fmt::Display for Event {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "@{}", self.word)?;
        self.pairs.iter().try_for_each(|(k, v)| write!(f, " {k}={v}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_keys_numbers_and_ranges() {
        let event = Event::parse("@nosave range=0x60000000..0x60010000 n=12\r").unwrap();
        assert_eq!(event.word, "nosave");
        assert_eq!(event.number("n").unwrap(), 12);
        assert_eq!(event.range("range").unwrap(), 0x6000_0000..0x6001_0000);
        assert_eq!(event.get("other"), None);
        assert!(event.text("other").unwrap_err().to_string().contains("lacks `other`"));
    }

    #[test]
    fn text_for_people_is_not_an_event() {
        for line in ["", "hello", " @ready", "@", "found @ready"] {
            assert_eq!(Event::parse(line), None, "{line:?}");
        }
    }

    #[test]
    fn bad_values_are_errors() {
        let event = Event::parse("@x n=-1 range=5..6 back=0x2..0x1").unwrap();
        assert!(event.number("n").is_err());
        assert!(event.range("range").is_err());
        assert!(event.range("back").is_err());
    }

    #[test]
    fn shows_as_it_was_read() {
        let line = "@refused seq=- slot=1 stage=header reason=bad-crc";
        assert_eq!(Event::parse(line).unwrap().to_string(), line);
    }
}
