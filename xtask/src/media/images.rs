//! Finding the images on a medium, without the store's help: every page of the partition that decodes as a header.

use super::Medium;
use anyhow::{Context, Result, ensure};
use oal_snapshot::image::{Extent, HEADER_LEN, Header, MAGIC};
use std::ops::Range;

/// An image and where its header lies in the medium's file.
#[derive(Debug, Clone)]
pub struct Found {
    /// Offset of the first byte in the file.
    pub offset: u64,
    /// The header.
    pub header: Header,
}

impl Found {
    /// The offset in the file of a byte in the middle of the chunks.
    pub fn chunk_byte(&self) -> u64 {
        self.offset + self.header.chunks_offset + self.header.chunks_len / 2
    }
}

/// All images, the newest last. Slots begin on sectors at least.
pub fn find(medium: &Medium) -> Result<Vec<Found>> {
    const STEP: usize = 512;
    let range = medium.snapshot();
    let bytes = medium.read(range.start, (range.end - range.start) as usize)?;
    let mut found = Vec::new();
    for at in (0..bytes.len()).step_by(STEP) {
        if !bytes[at..].starts_with(&MAGIC) {
            continue;
        }
        let Some(page) = bytes.get(at..at + HEADER_LEN).and_then(|p| p.first_chunk()) else { continue };
        if let Ok(header) = Header::decode(page) {
            found.push(Found { offset: range.start + at as u64, header });
        }
    }
    found.sort_by_key(|f| f.header.id.0);
    Ok(found)
}

/// The newest image.
pub fn newest(medium: &Medium) -> Result<Found> {
    find(medium)?.pop().context("there is no image in the snapshot partition")
}

/// The page map as ranges of addresses, in the map's order; neighbours are joined.
pub fn mapped(medium: &Medium, image: &Found) -> Result<Vec<Range<u64>>> {
    let part = &image.header.map;
    let bytes = medium.read(image.offset + part.offset, part.len as usize)?;
    let mut ranges: Vec<Range<u64>> = Vec::new();
    for entry in bytes.chunks_exact(Extent::BYTES) {
        let entry = entry.first_chunk().context("an extent of the wrong size")?;
        let extent =
            Extent::decode(entry).map_err(|r| anyhow::anyhow!("the page map does not decode: {r}"))?;
        let range = extent.frames.first.address()..extent.frames.end().address();
        match ranges.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            last => {
                ensure!(last.is_none_or(|l| l.end < range.start), "the page map is not in order");
                ranges.push(range);
            }
        }
    }
    Ok(ranges)
}

/// Replaces the header, with its checksum.
pub fn rewrite(medium: &Medium, image: &Found, change: impl FnOnce(&mut Header)) -> Result<()> {
    let mut header = image.header.clone();
    change(&mut header);
    let mut page = [0; HEADER_LEN];
    header.encode(&mut page);
    medium.write(image.offset, &page)
}

/// Flips one bit.
pub fn flip(medium: &Medium, offset: u64, bit: u8) -> Result<()> {
    let mut byte = medium.read(offset, 1)?;
    byte[0] ^= 1 << bit;
    medium.write(offset, &byte)
}
