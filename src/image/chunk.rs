//! A chunk: from pages to stored bytes, and back.

use crate::crc32c::crc32c;
use crate::hooks::{CompressSnapshot, DecompressSnapshot};
use crate::image::{ChunkEntry, ChunkFrames, chunk_pages};
use crate::mem::{self, Memory, Page};
use crate::refusal::Reason;

/// The bytes of a chunk's pages: where they are if they are contiguous, else gathered in `raw`.
pub(crate) fn gather<'a, M: Memory>(
    memory: &'a M,
    frames: &ChunkFrames,
    raw: &'a mut [Page],
) -> Option<&'a [u8]> {
    if let [run] = frames.as_slice() {
        return memory.pages(*run).map(Page::bytes);
    }
    let mut filled = 0;
    for run in frames {
        let pages = memory.pages(*run)?;
        mem::copy(Page::bytes_mut(raw.get_mut(filled..filled + pages.len())?), Page::bytes(pages));
        filled += pages.len();
    }
    raw.get(..filled).map(Page::bytes)
}

/// Compresses `src` to the start of `dst`, or copies it there if that is no gain, and pads it with zeroes;
/// `dst` has room for both.
pub(crate) fn store_chunk<Z: CompressSnapshot>(
    codec: &mut Z,
    src: &[u8],
    dst: &mut [u8],
) -> Option<ChunkEntry> {
    let entry = match codec.compress_snapshot(src, dst) {
        Some(len) if len < src.len() => ChunkEntry::new(len, false, crc32c(dst.get(..len)?)),
        _ => {
            mem::copy(dst.get_mut(..src.len())?, src);
            ChunkEntry::new(src.len(), true, crc32c(src))
        }
    };
    dst.get_mut(entry.len()..entry.padded_len())?.fill(0);
    Some(entry)
}

/// Puts the pages of one chunk where they belong: straight there if they are contiguous, else through `raw`.
pub(crate) fn place<M: Memory, Z: DecompressSnapshot>(
    bytes: &[u8],
    entry: &ChunkEntry,
    frames: &ChunkFrames,
    memory: &mut M,
    codec: &Z,
    raw: &mut [Page],
) -> Result<(), Reason> {
    if let [run] = frames.as_slice() {
        let pages = memory.pages_mut(*run).ok_or(Reason::OutOfRange)?;
        return decode(bytes, entry, codec, Page::bytes_mut(pages));
    }
    let pages = raw.get_mut(..chunk_pages(frames)).ok_or(Reason::OutOfRange)?;
    decode(bytes, entry, codec, Page::bytes_mut(pages))?;
    let mut rest = &*pages;
    for run in frames {
        let (here, behind) = rest.split_at_checked(run.count as usize).ok_or(Reason::OutOfRange)?;
        let pages = memory.pages_mut(*run).ok_or(Reason::OutOfRange)?;
        mem::copy(Page::bytes_mut(pages), Page::bytes(here));
        rest = behind;
    }
    Ok(())
}

fn decode<Z: DecompressSnapshot>(
    bytes: &[u8],
    entry: &ChunkEntry,
    codec: &Z,
    destination: &mut [u8],
) -> Result<(), Reason> {
    if !entry.is_raw() {
        return codec.decompress_snapshot(bytes, destination).map_err(|_| Reason::CorruptStream);
    }
    if bytes.len() != destination.len() {
        return Err(Reason::CorruptStream);
    }
    mem::copy(destination, bytes);
    Ok(())
}
