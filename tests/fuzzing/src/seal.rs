//! Right checksums under wrong bytes.

use oal_sim::image::seal_header;
use oal_snapshot::crc32c::crc32c;
use oal_snapshot::image::HEADER_LEN;
use oal_snapshot::store::RECORD_LEN;

/// Where the header keeps its parts, and the chunks' first byte: `docs/image-format.md`.
const CONTEXT: usize = 120;
const MAP: usize = 136;
const INDEX: usize = 152;
const CHUNKS_OFFSET: usize = 168;

fn number(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..).and_then(|b| b.first_chunk()).map_or(usize::MAX, |b| u64::from_le_bytes(*b) as usize)
}

fn word(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..).and_then(|b| b.first_chunk()).map_or(usize::MAX, |b| u32::from_le_bytes(*b) as usize)
}

fn put(bytes: &mut [u8], at: usize, crc: u32) {
    if let Some(place) = bytes.get_mut(at..).and_then(|b| b.first_chunk_mut()) {
        *place = crc.to_le_bytes();
    }
}

fn part(image: &[u8], at: usize) -> Option<core::ops::Range<usize>> {
    let (start, len) = (number(image, at), word(image, at + 8));
    let end = start.checked_add(len)?;
    (end <= image.len()).then_some(start..end)
}

/// Makes the index say the checksum of every chunk that lies within the image.
pub fn chunks(image: &mut [u8]) {
    const RAW: usize = 1 << 31;
    let Some(index) = part(image, INDEX) else { return };
    let mut at = number(image, CHUNKS_OFFSET);
    for entry in index.step_by(8) {
        let len = word(image, entry) & !RAW;
        let Some(bytes) = at.checked_add(len).and_then(|end| image.get(at..end)) else { return };
        let crc = crc32c(bytes);
        put(image, entry + 4, crc);
        at += len.next_multiple_of(4);
    }
}

/// Makes the header say the checksum of every part that lies within the image.
pub fn parts(image: &mut [u8]) {
    for at in [CONTEXT, MAP, INDEX] {
        if let Some(range) = part(image, at) {
            let crc = crc32c(&image[range]);
            put(image, at + 12, crc);
        }
    }
}

/// Makes the header's own checksum right.
pub fn header(image: &mut [u8]) {
    if image.len() >= HEADER_LEN {
        seal_header(image);
    }
}

/// Makes a commit record's checksum right.
pub fn record(record: &mut [u8; RECORD_LEN]) {
    let crc = crc32c(&record[..RECORD_LEN - 4]);
    put(record, RECORD_LEN - 4, crc);
}
