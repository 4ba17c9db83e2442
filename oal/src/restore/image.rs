//! The start of an image: header and context, each checked.

use oal_snapshot::crc32c::Crc32c;
use oal_snapshot::frame::PAGE_SIZE;
use oal_snapshot::image::{Identity, page_align};
use oal_snapshot::memory_map::MemoryMap;
use oal_snapshot::refusal::{Reason, Stage};

use super::head::{Fault, Head};
use super::source::Source;
use crate::cpu::{ARCHITECTURE, Record};
use crate::types::{OAL_CPU_CONTEXT_BYTES, OAL_SNAP_SIG, SNAP_HEADER};

/// Offsets in the header.
mod at {
    use crate::types::SNAP_HEADER;
    use core::mem::offset_of;
    pub const SIG: usize = offset_of!(SNAP_HEADER, dwSig);
    pub const TABLE: usize = offset_of!(SNAP_HEADER, dwOfstSnapTable);
    pub const PAGEABLE: usize = offset_of!(SNAP_HEADER, dwOfstPageable);
    pub const PAGES: usize = offset_of!(SNAP_HEADER, cSnapPages);
    pub const COMPRESSED: usize = offset_of!(SNAP_HEADER, cbCompressed);
    pub const PAGEABLE_BYTES: usize = offset_of!(SNAP_HEADER, cbPageable);
    pub const ADJUST: usize = offset_of!(SNAP_HEADER, dwHeaderAdjust);
    pub const TABLE_SUM: usize = offset_of!(SNAP_HEADER, dwTableChkSum);
    pub const SUM: usize = offset_of!(SNAP_HEADER, dwSnapChkSum);
}

/// Largest `dwOfstSnapTable`.
const MAX_HEAD: u32 = 16 * PAGE_SIZE as u32;

/// Reads and checks header and context, page by page through `page`: each page is read once.
pub(super) fn read_head(
    source: &mut Source<'_>,
    page: &mut [u8; PAGE_SIZE],
) -> Result<(Head, Record), Fault> {
    let fault = |reason| (Stage::Header, reason);
    source.page(0, page).map_err(fault)?;
    let word = |at: usize| {
        let bytes = page.get(at..).and_then(<[u8]>::first_chunk::<4>);
        bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
    };
    if word(at::SIG) != OAL_SNAP_SIG {
        return Err(fault(Reason::BadMagic));
    }
    let record = page.get(size_of::<SNAP_HEADER>()..);
    let record = record.and_then(<[u8]>::first_chunk::<{ OAL_CPU_CONTEXT_BYTES as usize }>);
    let record = Record::decode(record.ok_or(fault(Reason::Truncated))?);
    let table = word(at::TABLE);
    let (pages, adjust) = (u64::from(word(at::PAGES)), word(at::ADJUST));
    let (len, pageable) = (u64::from(word(at::COMPRESSED)), u64::from(word(at::PAGEABLE)));
    let pageable_bytes = word(at::PAGEABLE_BYTES);
    let (table_sum, sum) = (word(at::TABLE_SUM), word(at::SUM));

    // The checksum covers all that comes before the table.
    if table < PAGE_SIZE as u32 || table > MAX_HEAD || !(table as usize).is_multiple_of(PAGE_SIZE) {
        return Err(fault(Reason::BadField));
    }
    let mut crc = Crc32c::new();
    let (before, rest) = page.split_at(at::ADJUST);
    crc.update(before);
    crc.update(&[0; 4]);
    crc.update(rest.get(4..).unwrap_or(&[]));
    for offset in (PAGE_SIZE as u64..table.into()).step_by(PAGE_SIZE) {
        source.page(offset, page).map_err(fault)?;
        crc.update(page);
    }
    if crc.finish().wrapping_add(adjust) != 0 {
        return Err(fault(Reason::BadCrc));
    }
    let contents = page_align(u64::from(table) + 4 * pages);
    let end = page_align(contents + len);
    let pageable_fits = pageable_bytes == 0 || (pageable >= end && pageable.is_multiple_of(PAGE_SIZE as u64));
    if pages == 0 || len == 0 || end > u64::from(u32::MAX) || !pageable_fits {
        return Err(fault(Reason::BadField));
    }
    Ok((Head { table: table.into(), pages, contents, len, table_sum, sum, pageable_bytes }, record))
}

/// Checks the identity of the context.
pub(super) fn check_record(
    record: &Record,
    identity: &Identity,
    map: &MemoryMap,
    accepts: impl FnOnce(&[u32]) -> bool,
) -> Result<(), Fault> {
    if !record.is_whole() {
        return Err((Stage::Context, Reason::BadCrc));
    }
    let (architecture, owner, digest) = record.owner();
    let checks = [
        (architecture == ARCHITECTURE.0, Stage::Header, Reason::WrongArchitecture),
        (owner.board == identity.board, Stage::Header, Reason::WrongBoard),
        (owner.build == identity.build, Stage::Header, Reason::WrongBuild),
        (digest == map.digest(), Stage::Header, Reason::WrongRam),
    ];
    if let Some((_, stage, reason)) = checks.iter().find(|(right, ..)| !right) {
        return Err((*stage, *reason));
    }
    if accepts(record.words()) { Ok(()) } else { Err((Stage::Context, Reason::WrongArchitecture)) }
}
