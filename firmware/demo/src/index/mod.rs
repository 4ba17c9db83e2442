//! The application's data: the text of the medium's files, and an index of its words. No allocator: three
//! arrays in pages of the heap.

mod build;
mod calendar;
mod fat_device;
mod files;
mod words;

pub use build::{Step, build};
use files::Library;

use oal_snapshot::crc32c::Crc32c;

use words::{fold, hash};

/// No posting.
const NONE: u32 = u32::MAX;

/// A word of the index: an entry of an open hash table.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct Word {
    hash: u32,
    /// Its first place in the text.
    at: u32,
    /// Its length in bytes; 0 for an empty entry.
    len: u32,
    /// Its first posting and its last.
    first: u32,
    last: u32,
    /// The number of its postings: lines that hold it.
    hits: u32,
}

/// A line that holds a word.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct Posting {
    /// The word's place in the text.
    at: u32,
    /// The word's next posting.
    next: u32,
}

/// The index.
pub struct Index {
    library: Library,
    table: &'static mut [Word],
    postings: &'static mut [Posting],
    words: u32,
}

/// A line that was found.
#[derive(Clone, Copy, Debug)]
pub struct Hit<'a> {
    /// The file's name.
    pub file: &'a str,
    /// The line's number, from 1.
    pub line: u32,
    /// Its text.
    pub text: &'a [u8],
}

impl Index {
    /// Words in the index.
    pub fn words(&self) -> u32 {
        self.words
    }

    /// Postings in the index.
    pub fn postings(&self) -> u32 {
        self.postings.len() as u32
    }

    /// Files in the index.
    pub fn files(&self) -> u32 {
        self.library.files().len() as u32
    }

    /// Bytes of their text.
    pub fn text_bytes(&self) -> u32 {
        self.library.text().len() as u32
    }

    /// The entry of `word`, or the empty one where it would be.
    fn slot(&self, word: &[u8]) -> usize {
        let mask = self.table.len().wrapping_sub(1);
        let hash = hash(word);
        let mut at = hash as usize & mask;
        // The table is never full, so this ends.
        while let Some(entry) = self.table.get(at) {
            if entry.len == 0 || (entry.hash == hash && self.spelling(entry).is_some_and(|s| same(s, word))) {
                break;
            }
            at = (at + 1) & mask;
        }
        at
    }

    fn spelling(&self, entry: &Word) -> Option<&[u8]> {
        self.library.text().get(entry.at as usize..)?.get(..entry.len as usize)
    }

    /// The number of lines that hold `word`, in whatever case.
    pub fn hits(&self, word: &[u8]) -> u32 {
        self.table.get(self.slot(word)).map_or(0, |entry| entry.hits)
    }

    /// The lines that hold `word`, in the order of the files.
    pub fn find(&self, word: &[u8]) -> impl Iterator<Item = Hit<'_>> {
        let entry = self.table.get(self.slot(word)).filter(|entry| entry.len > 0);
        let mut next = entry.map_or(NONE, |entry| entry.first);
        core::iter::from_fn(move || {
            let posting = self.postings.get(next as usize)?;
            next = posting.next;
            self.library.hit(posting.at as usize)
        })
    }

    /// CRC-32C over all of it: text, files, table, postings.
    pub fn digest(&self) -> u32 {
        let mut crc = Crc32c::new();
        crc.update(self.library.text());
        for file in self.library.files() {
            crc.update(file.name().as_bytes());
            crc.update(&file.start.to_le_bytes());
        }
        for word in self.table.iter().filter(|word| word.len > 0) {
            for number in [word.hash, word.at, word.len, word.first, word.last, word.hits] {
                crc.update(&number.to_le_bytes());
            }
        }
        for posting in self.postings.iter() {
            crc.update(&posting.at.to_le_bytes());
            crc.update(&posting.next.to_le_bytes());
        }
        crc.finish()
    }
}

fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| fold(*a) == fold(*b))
}
