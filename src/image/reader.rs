//! The one reader of a stored image: checks all of it but its chunks.

use crate::cpu::CpuContext;
use crate::crc32c::Crc32c;
use crate::hooks::{Candidate, DecompressSnapshot, ReadSnapshot, RestoreCpu};
use crate::image::{
    ChunkEntry, Extent, ExtentKind, HEADER_LEN, Header, Identity, Part, check_index, check_map, count_pages,
    page_align,
};
use crate::refusal::{Reason, Stage};
use crate::workspace::{Parts, STORED_BYTES};

/// Where and why an image was refused.
pub(crate) type Fault = (Stage, Reason);

/// Checks all of the image but its chunks, and fills the workspace with it. No memory of the picture changes.
pub(crate) fn check<C: RestoreCpu, Z: DecompressSnapshot, R: ReadSnapshot>(
    candidate: &Candidate,
    identity: &Identity,
    cpu: &C,
    medium: &mut R,
    parts: &mut Parts<'_>,
) -> Result<Header, Fault> {
    let header = read_header(candidate, medium, parts.stored)?;
    header
        .check(identity, C::ARCHITECTURE, Z::CODEC, parts.map.digest())
        .map_err(|reason| (Stage::Header, reason))?;
    if header.id != candidate.id {
        return Err((Stage::Header, Reason::WrongImage));
    }
    if header.image_len() > candidate.len {
        return Err((Stage::Header, Reason::Truncated));
    }
    // The counts are the header's, whose checksum matched: no reading of what the workspace cannot hold.
    if header.extents as usize > parts.extents.capacity() {
        return Err((Stage::Map, Reason::TooManyExtents));
    }
    if header.chunks as usize > parts.index.capacity() {
        return Err((Stage::Index, Reason::TooManyChunks));
    }
    let mut reader = PartReader { candidate, medium, buffer: parts.stored };
    read_context(&mut reader, &header.context, parts.context)?;
    if !cpu.accepts(parts.context) {
        return Err((Stage::Context, Reason::WrongArchitecture));
    }

    let extents = &mut parts.extents;
    extents.clear();
    reader.records::<{ Extent::BYTES }>(Stage::Map, &header.map, |bytes| {
        extents.push(Extent::decode(bytes)?).map_err(|_| Reason::TooManyExtents)
    })?;
    check_map(extents, parts.map).map_err(|reason| (Stage::Map, reason))?;
    let pages = (count_pages(extents, ExtentKind::Data), count_pages(extents, ExtentKind::Zero));
    if pages != (header.data_pages, header.zero_pages) {
        return Err((Stage::Map, Reason::BadField));
    }

    let index = &mut parts.index;
    index.clear();
    reader.records::<{ ChunkEntry::BYTES }>(Stage::Index, &header.index, |bytes| {
        index.push(ChunkEntry::decode(bytes)?).map_err(|_| Reason::TooManyChunks)
    })?;
    check_index(extents, index, header.chunks_len).map_err(|reason| (Stage::Index, reason))?;
    Ok(header)
}

fn read_header<R: ReadSnapshot>(
    candidate: &Candidate,
    medium: &mut R,
    buffer: &mut [u8; STORED_BYTES],
) -> Result<Header, Fault> {
    if candidate.len < HEADER_LEN as u64 {
        return Err((Stage::Header, Reason::Truncated));
    }
    let page = buffer.first_chunk_mut::<HEADER_LEN>().ok_or((Stage::Header, Reason::Truncated))?;
    medium.read_snapshot(candidate.id, page, 0).map_err(|_| (Stage::Header, Reason::ReadFailed))?;
    Header::decode(page).map_err(|reason| (Stage::Header, reason))
}

fn read_context<R: ReadSnapshot>(
    reader: &mut PartReader<'_, R>,
    part: &Part,
    context: &mut CpuContext,
) -> Result<(), Fault> {
    let mut words = context.words_mut(part.len as usize / 4).iter_mut();
    reader.records::<4>(Stage::Context, part, |bytes| {
        *words.next().ok_or(Reason::BadField)? = u32::from_le_bytes(*bytes);
        Ok(())
    })
}

/// Reads parts that are lists of records.
struct PartReader<'a, R: ReadSnapshot> {
    candidate: &'a Candidate,
    medium: &'a mut R,
    buffer: &'a mut [u8; STORED_BYTES],
}

impl<R: ReadSnapshot> PartReader<'_, R> {
    /// Gives every record of `part` to `each`, and compares the checksum. What `each` objects to is only
    /// reported if the checksum matches: else the medium is to blame, not the writer.
    fn records<const N: usize>(
        &mut self,
        stage: Stage,
        part: &Part,
        mut each: impl FnMut(&[u8; N]) -> Result<(), Reason>,
    ) -> Result<(), Fault> {
        let mut crc = Crc32c::new();
        let mut objection = Ok(());
        let mut done = 0;
        let len = u64::from(part.len);
        while done < len {
            let padded = page_align(len - done).min(STORED_BYTES as u64) as usize;
            let bytes = self.buffer.get_mut(..padded).ok_or((stage, Reason::BadField))?;
            self.medium
                .read_snapshot(self.candidate.id, bytes, part.offset + done)
                .map_err(|_| (stage, Reason::ReadFailed))?;
            let useful = bytes.get(..padded.min((len - done) as usize)).unwrap_or(&[]);
            crc.update(useful);
            let (records, rest) = useful.as_chunks::<N>();
            if !rest.is_empty() {
                objection = Err(Reason::BadField);
            }
            for record in records {
                if objection.is_ok() {
                    objection = each(record);
                }
            }
            done += useful.len() as u64;
        }
        if crc.finish() != part.crc {
            return Err((stage, Reason::BadCrc));
        }
        objection.map_err(|reason| (stage, reason))
    }
}
