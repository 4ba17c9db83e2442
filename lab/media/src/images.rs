//! Finding the images on a medium without the store's help, by their headers, and reading and changing their
//! bytes wherever those lie.

use super::chip::{At, Cells};
use super::layout::{BLOCK, PAGE};
use super::{Medium, records};
use anyhow::{Context, Result, ensure};
use oal_snapshot::image::{Extent, HEADER_LEN, Header, MAGIC};
use oal_snapshot::store::nand::LOG_BLOCKS;
use std::ops::Range;

/// An image and where it lies.
#[derive(Debug, Clone)]
pub struct Found {
    /// The header.
    pub header: Header,
    place: Place,
}

/// Where the bytes of an image are.
#[derive(Debug, Clone)]
enum Place {
    /// In one piece from this offset of the file on.
    Piece(u64),
    /// In the pages of these NAND blocks.
    Blocks(Vec<u32>),
}

impl Found {
    /// The place within the image of a byte in the middle of the chunks.
    pub fn chunk_byte(&self) -> u64 {
        self.header.chunks_offset + self.header.chunks_len / 2
    }

    /// On NAND, the page that holds this byte of the image.
    pub fn page(&self, offset: u64) -> Option<At> {
        let Place::Blocks(blocks) = &self.place else { return None };
        let block = *blocks.get((offset / BLOCK) as usize)?;
        Some(At { block, page: (offset % BLOCK / PAGE as u64) as u32 })
    }

    /// Where a byte of the image is in the medium's file.
    pub fn in_file(&self, medium: &Medium, offset: u64) -> Option<u64> {
        match self.place {
            Place::Piece(start) => Some(start + offset),
            Place::Blocks(_) => {
                let at = self.page(offset)?;
                Some(medium.layout.chip()?.data(at.block, at.page) + offset % PAGE as u64)
            }
        }
    }

    /// On NAND, the blocks that hold it; none elsewhere.
    pub fn blocks(&self) -> &[u32] {
        match &self.place {
            Place::Piece(_) => &[],
            Place::Blocks(blocks) => blocks,
        }
    }

    /// Reads bytes of the image.
    pub fn read(&self, medium: &Medium, offset: u64, size: usize) -> Result<Vec<u8>> {
        if let Place::Piece(start) = self.place {
            return medium.read(start + offset, size);
        }
        let mut bytes = Vec::with_capacity(size);
        self.pages(
            offset,
            size,
            |cells, at, part, _| {
                let page = cells.read(at)?.context("a page of the image cannot be read")?;
                bytes.extend_from_slice(&page[part]);
                Ok(())
            },
            medium,
        )?;
        Ok(bytes)
    }

    /// Writes bytes of the image, so that they read as these: on NAND with the ECC that belongs to them.
    pub fn write(&self, medium: &Medium, offset: u64, bytes: &[u8]) -> Result<()> {
        if let Place::Piece(start) = self.place {
            return medium.write(start + offset, bytes);
        }
        self.pages(
            offset,
            bytes.len(),
            |cells, at, part, done| {
                let mut page = cells.read(at)?.context("a page of the image cannot be read")?;
                let len = part.len();
                page[part].copy_from_slice(&bytes[done..done + len]);
                cells.write(at, &page)
            },
            medium,
        )
    }

    /// Calls `each` for every page that the bytes are in, with their place in it and how many came before.
    fn pages(
        &self,
        offset: u64,
        size: usize,
        mut each: impl FnMut(Cells, At, Range<usize>, usize) -> Result<()>,
        medium: &Medium,
    ) -> Result<()> {
        let cells = Cells::of(medium).context("this medium has no pages")?;
        let mut done = 0;
        while done < size {
            let at = self.page(offset + done as u64).context("beyond the image's blocks")?;
            let start = ((offset + done as u64) % PAGE as u64) as usize;
            let part = start..PAGE.min(start + size - done);
            done += part.len();
            each(cells, at, part.clone(), done - part.len())?;
        }
        Ok(())
    }
}

/// All images, the newest last.
pub fn find(medium: &Medium) -> Result<Vec<Found>> {
    let mut found = match Cells::of(medium) {
        Some(cells) => in_blocks(medium, cells)?,
        None => in_pieces(medium)?,
    };
    found.sort_by_key(|f| f.header.id.0);
    Ok(found)
}

/// Images in one piece: slots begin on sectors at least.
fn in_pieces(medium: &Medium) -> Result<Vec<Found>> {
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
            found.push(Found { header, place: Place::Piece(range.start + at as u64) });
        }
    }
    Ok(found)
}

/// Images on NAND: in the good blocks of a slot, one after the other, from a block's first page on.
fn in_blocks(medium: &Medium, cells: Cells) -> Result<Vec<Found>> {
    let record = records::newest(medium)?;
    let good: Vec<u32> = (LOG_BLOCKS..cells.blocks()).filter(|b| !record.is_bad(*b)).collect();
    let mut found = Vec::new();
    for (i, block) in good.iter().enumerate() {
        let mut bytes = Vec::new();
        for page in 0..(HEADER_LEN / PAGE) as u32 {
            bytes.extend(cells.read(At { block: *block, page })?.unwrap_or_default());
        }
        let Some(Ok(header)) = bytes.first_chunk().map(Header::decode) else { continue };
        let count = header.image_len().div_ceil(BLOCK) as usize;
        if let Some(blocks) = good.get(i..i + count) {
            found.push(Found { header, place: Place::Blocks(blocks.to_vec()) });
        }
    }
    Ok(found)
}

/// The newest image.
pub fn newest(medium: &Medium) -> Result<Found> {
    find(medium)?.pop().context("there is no image in the store")
}

/// The page map as ranges of addresses, in the map's order; neighbours are joined.
pub fn mapped(medium: &Medium, image: &Found) -> Result<Vec<Range<u64>>> {
    let part = &image.header.map;
    let bytes = image.read(medium, part.offset, part.len as usize)?;
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
    image.write(medium, 0, &page)
}

/// Flips one bit of a byte of the image.
pub fn flip(medium: &Medium, image: &Found, offset: u64, bit: u8) -> Result<()> {
    let mut byte = image.read(medium, offset, 1)?;
    byte[0] ^= 1 << bit;
    image.write(medium, offset, &byte)
}
