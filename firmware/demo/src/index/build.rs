//! Building the index: read the files, count the words, then a posting for each line that holds one.

use oal_firmware::Platform;
use oal_firmware::heap::PageHeap;
use oal_firmware::storage::Sectors;

use super::files::Library;
use super::words::{hash, words};
use super::{Index, NONE, Posting, Word};

/// Entries of the smallest hash table: 6 KiB.
const LEAST_ENTRIES: usize = 1 << 8;
/// Most entries: 6 MiB.
const MOST_ENTRIES: usize = 1 << 18;
/// Most entries of the table that only counts: 2 MiB of free pages. When it is full, [`MOST_ENTRIES`] are
/// due.
const MOST_COUNTED: usize = 1 << 19;
/// Bytes of text between two calls of the progress function.
const REPORT: usize = 64 << 10;

/// The present step of the index.
pub enum Step<'a> {
    /// A file was read, of so many bytes.
    Read(&'a str, u32),
    /// So much of so much text was indexed.
    Indexed(usize, usize),
}

/// Reads the text files of `medium` and indexes their words. Returns the index, and the address behind the
/// memory that it turned out to need; from there on the heap's low end may be trimmed. `None` if there is too
/// little RAM.
pub fn build<P: Platform>(
    medium: Option<&mut dyn Sectors>,
    heap: &mut PageHeap,
    progress: &mut dyn FnMut(Step<'_>),
) -> Option<(Index, usize)> {
    // A third of the memory is enough for text: a posting takes 8 bytes, and a word with what follows it is seldom less
    // than six bytes of text, so that the rest holds postings and table.
    let budget = heap.longest() / 3;
    let library = Library::read::<P>(medium, heap, budget, &mut |name, len| progress(Step::Read(name, len)))?;

    let Count { all, distinct } = count(library.text(), heap)?;
    // The table goes into every snapshot, so it follows the distinct words: a quarter to a half of it is used.
    let entries = (2 * distinct).next_power_of_two().clamp(LEAST_ENTRIES, MOST_ENTRIES);
    let table = array(heap, entries, Word { hash: 0, at: 0, len: 0, first: NONE, last: NONE, hits: 0 })?;
    let postings = array(heap, all, Posting { at: 0, next: NONE })?;
    let end = postings.as_ptr() as usize;

    let mut index = Index { library, table, postings: &mut [], words: 0 };
    let used = index.fill(postings, progress);
    Some((index, end + used * size_of::<Posting>()))
}

/// Words of a text.
struct Count {
    all: usize,
    /// Without those that came before: a few less if hashes collide, or if there are very many.
    distinct: usize,
}

/// Counts the words, with a table of their hashes in free pages of the heap.
fn count(text: &[u8], heap: &mut PageHeap) -> Option<Count> {
    // No more words than every other byte: the table is at most half full, unless it is the largest one.
    let entries = text.len().next_power_of_two().clamp(LEAST_ENTRIES, MOST_COUNTED);
    let seen = heap.scratch(entries)?;
    seen.fill(0);
    let mut count = Count { all: 0, distinct: 0 };
    for (_, word) in words(text, 0) {
        count.all += 1;
        // 0 is an empty entry. An eighth of the table stays empty, so that the search ends.
        let hash = hash(word).max(1);
        let mut at = hash as usize;
        while let Some(entry) = seen.get_mut(at & (entries - 1)).filter(|entry| **entry != hash) {
            if *entry == 0 {
                if count.distinct < entries / 8 * 7 {
                    *entry = hash;
                    count.distinct += 1;
                }
                break;
            }
            at += 1;
        }
    }
    Some(count)
}

/// `count` times `value` in pages of the heap.
fn array<T: Copy>(heap: &mut PageHeap, count: usize, value: T) -> Option<&'static mut [T]> {
    const { assert!(align_of::<T>() <= 4096) };
    let place = heap.take_bottom(count.checked_mul(size_of::<T>())?)?.as_mut_ptr().cast::<T>();
    for i in 0..count {
        // SAFETY: within the bytes that were just handed out, which are aligned to pages.
        unsafe { place.add(i).write(value) };
    }
    // SAFETY: as above; every one of them was written.
    Some(unsafe { core::slice::from_raw_parts_mut(place, count) })
}

impl Index {
    /// Makes the postings; returns how many.
    fn fill(&mut self, postings: &'static mut [Posting], progress: &mut dyn FnMut(Step<'_>)) -> usize {
        let total = self.library.text().len();
        let mut used = 0;
        let mut from = 0;
        let mut report = 0;
        loop {
            let Some((at, word)) = words(self.library.text(), from).next() else { break };
            from = at + word.len();
            let slot = self.slot(word);
            let (hash, len) = (hash(word), word.len());
            // The table keeps an eighth of its entries empty, so that a search for what is not there ends soon.
            let full = self.words as usize >= self.table.len() / 8 * 7;
            let Some(entry) = self.table.get(slot).copied().filter(|entry| entry.len > 0 || !full) else {
                continue;
            };
            let again =
                postings.get(entry.last as usize).is_some_and(|last| self.same_line(last.at as usize, at));
            if !again && let Some(posting) = postings.get_mut(used) {
                *posting = Posting { at: at as u32, next: NONE };
                let number = used as u32;
                used += 1;
                let mut entry = entry;
                if entry.len == 0 {
                    self.words += 1;
                    entry =
                        Word { hash, at: at as u32, len: len as u32, first: number, last: number, hits: 0 };
                } else if let Some(last) = postings.get_mut(entry.last as usize) {
                    last.next = number;
                }
                entry.last = number;
                entry.hits += 1;
                if let Some(place) = self.table.get_mut(slot) {
                    *place = entry;
                }
            }
            if at >= report {
                progress(Step::Indexed(at, total));
                report = at + REPORT;
            }
        }
        let (used_ones, _) = postings.split_at_mut(used);
        self.postings = used_ones;
        used
    }

    /// Whether no line ends between two places in the text.
    fn same_line(&self, from: usize, to: usize) -> bool {
        self.library.text().get(from..to).is_some_and(|between| !between.contains(&b'\n'))
    }
}
