//! The pages themselves.

use oal_snapshot::codec::Lz4;
use oal_snapshot::crc32c::Crc32c;
use oal_snapshot::frame::{FrameRange, PAGE_SIZE, Pfn};
use oal_snapshot::hooks::DecompressSnapshot;
use oal_snapshot::image::CHUNK_PAGES;
use oal_snapshot::mem::{Memory, Page};
use oal_snapshot::memory_map::MemoryMap;
use oal_snapshot::refusal::{Reason, Stage};

use super::Fault;
use super::image::{Head, numbers};
use super::source::{Source, Stream};
use crate::config::OalStep;
use crate::hooks::{FRAME_RAW, padded};
use crate::system::Watcher;

/// Loads the pages.
pub(super) fn contents<M: Memory>(
    source: &mut Source<'_>,
    head: &Head,
    map: &MemoryMap,
    memory: &mut M,
    codec: &Lz4,
    raw: &mut [Page; CHUNK_PAGES as usize],
    observer: &Watcher,
) -> Result<(), Fault> {
    let fault = |reason| (Stage::Chunk, reason);
    let stored_raw = head.len == head.pages * PAGE_SIZE as u64;
    let mut stream =
        Stream { at: head.contents, end: head.contents + head.len, crc: Crc32c::new(), held: 0..0 };
    let mut done = 0;
    while done < head.pages {
        let most = (head.pages - done).min(CHUNK_PAGES.into()) as usize;
        let (bytes, flag, count) = if stored_raw {
            (most * PAGE_SIZE, FRAME_RAW, most)
        } else {
            match stream.frame(source).map_err(fault)? {
                Some((stored, flag, len))
                    if len > 0 && len.is_multiple_of(PAGE_SIZE) && len <= most * PAGE_SIZE =>
                {
                    (stored, flag, len / PAGE_SIZE)
                }
                Some(_) => return Err(fault(Reason::CorruptStream)),
                None => continue,
            }
        };
        let taken = if stored_raw { bytes } else { padded(bytes) };
        // The table's page is fetched before the bytes are held: both may come through one reader.
        let mut pages = [Pfn(0); CHUNK_PAGES as usize];
        let pages = pages.get_mut(..count).ok_or(fault(Reason::CorruptStream))?;
        numbers(source, head, done, pages).map_err(fault)?;
        let data = stream.take(source, taken).map_err(fault)?;
        let data = data.get(..bytes).ok_or(fault(Reason::Truncated))?;
        place(data, flag, pages, map, memory, codec, raw).map_err(fault)?;
        done += count as u64;
        observer.tell(OalStep::Load, done, head.pages);
    }
    // What follows the last frame is padding, but counts.
    while stream.at < stream.end {
        let rest = (stream.end - stream.at).min(PAGE_SIZE as u64) as usize;
        stream.take(source, rest).map_err(fault)?;
    }
    if stream.crc.finish() == head.sum { Ok(()) } else { Err(fault(Reason::BadCrc)) }
}

/// Puts the pages of one frame where they belong: straight there if they are contiguous, else through `raw`. Every page is
/// held against the map once more: a table that is read twice may differ.
fn place<M: Memory>(
    data: &[u8],
    flag: u32,
    pages: &[Pfn],
    map: &MemoryMap,
    memory: &mut M,
    codec: &Lz4,
    raw: &mut [Page; CHUNK_PAGES as usize],
) -> Result<(), Reason> {
    let decode = |to: &mut [u8]| {
        if flag == FRAME_RAW {
            if data.len() != to.len() {
                return Err(Reason::CorruptStream);
            }
            to.copy_from_slice(data);
            return Ok(());
        }
        codec.decompress_snapshot(data, to).map_err(|_| Reason::CorruptStream)
    };
    let first = *pages.first().ok_or(Reason::CorruptStream)?;
    let run = FrameRange { first, count: pages.len() as u32 };
    let contiguous = pages.iter().zip(first.0..).all(|(page, number)| page.0 == number);
    if contiguous && map.in_picture(run) {
        return decode(Page::bytes_mut(memory.pages_mut(run).ok_or(Reason::OutOfRange)?));
    }
    let room = raw.get_mut(..pages.len()).ok_or(Reason::CorruptStream)?;
    decode(Page::bytes_mut(room))?;
    for (page, bytes) in pages.iter().zip(room) {
        let frame = FrameRange { first: *page, count: 1 };
        if !map.in_picture(frame) {
            return Err(Reason::OutOfRange);
        }
        memory.pages_mut(frame).ok_or(Reason::OutOfRange)?.clone_from_slice(core::slice::from_ref(bytes));
    }
    Ok(())
}
