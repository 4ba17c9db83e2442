//! The words of a text.

/// Bytes of the longest word that is indexed; of a longer one its first ones.
const LONGEST: usize = 48;

/// A byte as it counts in a word: ASCII letters in lower case.
pub const fn fold(byte: u8) -> u8 {
    byte.to_ascii_lowercase()
}

/// Letters, digits, the underscore, and all that is not ASCII.
const fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// FNV-1a over the folded word.
pub fn hash(word: &[u8]) -> u32 {
    word.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(fold(*byte))).wrapping_mul(0x0100_0193))
}

/// The words of `text` from `from` on, each with where it starts.
pub fn words(text: &[u8], from: usize) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = from;
    core::iter::from_fn(move || {
        let start = at + text.get(at..)?.iter().position(|byte| in_word(*byte))?;
        let rest = text.get(start..)?;
        let len = rest.iter().position(|byte| !in_word(*byte)).unwrap_or(rest.len());
        at = start + len;
        Some((start, rest.get(..len.min(LONGEST))?))
    })
}
