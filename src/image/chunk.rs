//! A chunk, from pages to stored bytes and back. Nothing else in the library does either.
//!
//! Every function here works on the bytes that it is given: it knows no store, no position in the image, and
//! no other chunk, so chunks can be handled in any order.
//!
//! ```text
//! pages in RAM ── gather ──► their bytes ── encode ──► stored bytes, and the chunk's entry of the index
//! stored bytes ── check ───► checked bytes ── place ──► pages in RAM
//!                                           └ decode ─► bytes of the pages, anywhere
//! ```

use crate::crc32c::crc32c;
use crate::frame::{FrameRange, Pfn};
use crate::hooks::{CompressSnapshot, DecompressSnapshot};
use crate::image::{ChunkEntry, ChunkFrames, chunk_pages};
use crate::mem::{self, Memory, Page};
use crate::refusal::Reason;

/// The runs that `frames` form, in their order; `None` if they are more than a chunk holds.
pub fn runs(frames: impl IntoIterator<Item = Pfn>) -> Option<ChunkFrames> {
    let mut runs = ChunkFrames::new();
    let mut pages = 0;
    for frame in frames {
        pages += 1;
        match runs.last_mut() {
            Some(run) if run.end() == frame => run.count += 1,
            _ => runs.push(FrameRange { first: frame, count: 1 }).ok()?,
        }
    }
    (pages <= runs.capacity()).then_some(runs)
}

/// The bytes of a chunk's pages: where they are if they are contiguous, else gathered in `scratch`. `None` if
/// a page cannot be reached, or if `scratch` is too small.
pub fn gather<'a, M: Memory>(
    memory: &'a M,
    frames: &ChunkFrames,
    scratch: &'a mut [Page],
) -> Option<&'a [u8]> {
    if let [run] = frames.as_slice() {
        return memory.pages(*run).map(Page::bytes);
    }
    let mut filled = 0;
    for run in frames {
        let pages = memory.pages(*run)?;
        mem::copy(Page::bytes_mut(scratch.get_mut(filled..filled + pages.len())?), Page::bytes(pages));
        filled += pages.len();
    }
    scratch.get(..filled).map(Page::bytes)
}

/// Compresses the bytes of a chunk's pages to the start of `stored`, or copies them there if that is no gain,
/// and pads them with zeroes to a multiple of 4. `None` if `stored` has less room than the codec asks for.
pub fn encode<Z: CompressSnapshot>(codec: &mut Z, pages: &[u8], stored: &mut [u8]) -> Option<ChunkEntry> {
    let entry = match codec.compress_snapshot(pages, stored) {
        Some(len) if len < pages.len() => ChunkEntry::new(len, false, crc32c(stored.get(..len)?)),
        _ => {
            mem::copy(stored.get_mut(..pages.len())?, pages);
            ChunkEntry::new(pages.len(), true, crc32c(pages))
        }
    };
    stored.get_mut(entry.len()..entry.padded_len())?.fill(0);
    Some(entry)
}

/// Checks stored bytes against their entry of the index and gives them without their padding: what follows
/// the entry's length in `stored`, which must be zero.
///
/// # Errors
/// [`Reason::Truncated`], [`Reason::BadCrc`] or [`Reason::BadPadding`].
pub fn check<'a>(stored: &'a [u8], entry: &ChunkEntry) -> Result<&'a [u8], Reason> {
    let (bytes, padding) = stored.split_at_checked(entry.len()).ok_or(Reason::Truncated)?;
    if crc32c(bytes) != entry.crc {
        return Err(Reason::BadCrc);
    }
    if padding.iter().any(|byte| *byte != 0) {
        return Err(Reason::BadPadding);
    }
    Ok(bytes)
}

/// Turns checked bytes into the bytes of the pages: exactly `pages.len()`.
///
/// # Errors
/// [`Reason::CorruptStream`] if they do not decode to that; `pages` then holds anything.
pub fn decode<Z: DecompressSnapshot>(
    bytes: &[u8],
    raw: bool,
    codec: &Z,
    pages: &mut [u8],
) -> Result<(), Reason> {
    if !raw {
        return codec.decompress_snapshot(bytes, pages).map_err(|_| Reason::CorruptStream);
    }
    if bytes.len() != pages.len() {
        return Err(Reason::CorruptStream);
    }
    mem::copy(pages, bytes);
    Ok(())
}

/// Decodes checked bytes to the frames of their chunk: straight there if they are contiguous, else through
/// `scratch`. Nothing but these frames is written to. Their numbers must have been checked against the
/// board's RAM.
///
/// # Errors
/// [`Reason::CorruptStream`] as for [`decode`], or [`Reason::OutOfRange`] if a frame cannot be reached or
/// `scratch` is too small; the frames then hold anything.
pub fn place<M: Memory, Z: DecompressSnapshot>(
    bytes: &[u8],
    raw: bool,
    frames: &ChunkFrames,
    memory: &mut M,
    codec: &Z,
    scratch: &mut [Page],
) -> Result<(), Reason> {
    if let [run] = frames.as_slice() {
        let pages = memory.pages_mut(*run).ok_or(Reason::OutOfRange)?;
        return decode(bytes, raw, codec, Page::bytes_mut(pages));
    }
    let pages = scratch.get_mut(..chunk_pages(frames)).ok_or(Reason::OutOfRange)?;
    decode(bytes, raw, codec, Page::bytes_mut(pages))?;
    let mut rest = &*pages;
    for run in frames {
        let (here, behind) = rest.split_at_checked(run.count as usize).ok_or(Reason::OutOfRange)?;
        let pages = memory.pages_mut(*run).ok_or(Reason::OutOfRange)?;
        mem::copy(Page::bytes_mut(pages), Page::bytes(here));
        rest = behind;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Raw;

    #[test]
    fn frames_form_runs_in_their_order_and_no_more_than_a_chunk_holds() {
        let runs_of = |numbers: &[u64]| {
            let runs = runs(numbers.iter().copied().map(Pfn))?;
            Some(runs.iter().map(|run| (run.first.0, run.count)).collect::<std::vec::Vec<_>>())
        };
        assert_eq!(runs_of(&[]), Some(std::vec![]));
        assert_eq!(runs_of(&[3, 4, 5, 9, 8, 7, 8]), Some(std::vec![(3, 3), (9, 1), (8, 1), (7, 2)]));
        let ascending: std::vec::Vec<u64> = (0..17).collect();
        assert_eq!(runs_of(&ascending[..16]), Some(std::vec![(0, 16)]));
        assert_eq!(runs_of(&ascending), None);
        let apart: std::vec::Vec<u64> = (0..17).map(|n| 2 * n).collect();
        assert_eq!(runs_of(&apart[..16]).map(|runs| runs.len()), Some(16));
        assert_eq!(runs_of(&apart), None);
    }

    #[test]
    fn stored_bytes_are_given_out_only_with_their_checksum_and_zero_padding() {
        let mut stored = [1, 2, 3, 4, 5, 0, 0, 0];
        let entry = ChunkEntry::new(5, false, crc32c(&stored[..5]));
        assert_eq!(check(&stored, &entry), Ok(&stored[..5]));
        assert_eq!(check(&stored[..5], &entry), Ok(&stored[..5]));
        assert_eq!(check(&stored[..4], &entry), Err(Reason::Truncated));
        for at in 0..8 {
            stored[at] ^= 0x40;
            let reason = if at < 5 { Reason::BadCrc } else { Reason::BadPadding };
            assert_eq!(check(&stored, &entry), Err(reason), "byte {at}");
            stored[at] ^= 0x40;
        }
    }

    #[test]
    fn raw_bytes_are_as_many_as_the_pages_have() {
        let (bytes, mut pages) = ([7; 8], [0; 8]);
        assert_eq!(decode(&bytes, true, &Raw, &mut pages), Ok(()));
        assert_eq!(pages, bytes);
        assert_eq!(decode(&bytes[..7], true, &Raw, &mut pages), Err(Reason::CorruptStream));
        assert_eq!(decode(&bytes, true, &Raw, &mut pages[..7]), Err(Reason::CorruptStream));
    }
}
