//! The hex listings in `docs/*.md`: read, and written for a failing test to show what it wanted.

use std::fmt::Write;

/// Bytes of a line.
const LINE: usize = 16;

/// The bytes of the listing behind the line `<!-- name -->`.
///
/// A line is an offset and up to 16 bytes. `*`: the line before repeats up to the offset of the next one.
/// `+`: each 16-bit number is one more than the one before it, up to the offset of the next line. An offset
/// alone ends it.
pub fn read(markdown: &str, name: &str) -> Vec<u8> {
    let (_, behind) = markdown.split_once(&format!("<!-- {name} -->")).expect("the listing's mark");
    let listing = behind.split("```").nth(1).expect("a listing");
    let mut bytes: Vec<u8> = Vec::new();
    let mut fill = None;
    for line in listing.lines().skip(1) {
        let mut words = line.split_whitespace();
        let offset = match words.next() {
            Some(mark @ ("*" | "+")) => {
                fill = Some(mark);
                continue;
            }
            Some(offset) => usize::from_str_radix(offset, 16).expect("an offset"),
            None => continue,
        };
        match fill.take() {
            Some("*") => (bytes.len()..offset).for_each(|at| bytes.push(bytes[at - LINE])),
            Some(_) => {
                while bytes.len() < offset {
                    bytes.extend(next_number(&bytes).to_le_bytes());
                }
            }
            None => {}
        }
        assert_eq!(bytes.len(), offset, "offsets follow each other");
        bytes.extend(words.map(|byte| u8::from_str_radix(byte, 16).expect("a byte")));
    }
    bytes
}

fn next_number(bytes: &[u8]) -> u16 {
    let last = bytes.last_chunk().copied().unwrap_or_default();
    u16::from_le_bytes(last).wrapping_add(1)
}

/// The listing of `bytes`.
pub fn write(bytes: &[u8]) -> String {
    let mut listing = String::new();
    let mut mark = None;
    for (i, line) in bytes.chunks(LINE).enumerate() {
        let so_far = &bytes[..i * LINE];
        let repeats = so_far.ends_with(line);
        let mut counted = so_far.to_vec();
        (0..LINE / 2).for_each(|_| counted.extend(next_number(&counted).to_le_bytes()));
        let counts = i > 0 && counted.ends_with(line);
        let next = if repeats { Some("*") } else { counts.then_some("+") };
        match next {
            None => {
                write!(listing, "{:06x} ", i * LINE).unwrap();
                line.iter().for_each(|byte| write!(listing, " {byte:02x}").unwrap());
                listing.push('\n');
            }
            Some(filler) if next != mark => writeln!(listing, "{filler}").unwrap(),
            Some(_) => {}
        }
        mark = next;
    }
    writeln!(listing, "{:06x}", bytes.len()).unwrap();
    listing
}

/// Compares, and shows the listing that would be right.
#[track_caller]
pub fn assert_same(documented: &[u8], real: &[u8]) {
    assert!(documented == real, "the listing should be:\n{}", write(real));
}
