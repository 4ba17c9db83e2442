//! The checks of an image before the attempt at it is counted: all of it but its chunks.

use crate::cpu::CpuContext;
use crate::hooks::{Candidate, DecompressSnapshot, ReadSnapshot, RestoreCpu};
use crate::image::{Fault, Header, Identity, Reader};
use crate::refusal::{Reason, Stage};
use crate::workspace::Parts;

/// Checks the image against this machine, and fills the workspace with its context, map and index. No memory
/// outside the workspace changes.
#[inline(never)]
pub(super) fn check<C: RestoreCpu, Z: DecompressSnapshot, R: ReadSnapshot>(
    candidate: &Candidate,
    identity: &Identity,
    cpu: &C,
    medium: &mut R,
    parts: &mut Parts<'_>,
) -> Result<Header, Fault> {
    let work = &mut parts.work;
    let mut reader = Reader { medium, id: candidate.id, len: candidate.len, buffer: work.stored };
    let header = reader.header()?;
    header
        .check(identity, C::ARCHITECTURE, Z::CODEC, parts.map.digest())
        .map_err(|reason| Fault::new(Stage::Header, reason, 0))?;
    reader.admit(&header)?;
    // The counts are the header's, whose checksum matched: no reading of what the workspace cannot hold.
    if header.context.len as usize > CpuContext::CAPACITY {
        return Err(Fault::new(Stage::Context, Reason::ContextTooLarge, header.context.offset));
    }
    if header.extents as usize > work.extents.capacity() {
        return Err(Fault::new(Stage::Map, Reason::TooManyExtents, header.map.offset));
    }
    if header.chunks as usize > work.index.capacity() {
        return Err(Fault::new(Stage::Index, Reason::TooManyChunks, header.index.offset));
    }

    parts.context.set_resume_address(header.resume_address);
    let mut rest = parts.context.bytes_mut(header.context.len as usize);
    reader.context(&header, |bytes| {
        let place = core::mem::take(&mut rest);
        if let Some((here, behind)) = place.split_at_mut_checked(bytes.len()) {
            here.copy_from_slice(bytes);
            rest = behind;
        }
    })?;
    if !cpu.accepts(parts.context) {
        return Err(Fault::new(Stage::Context, Reason::WrongArchitecture, header.context.offset));
    }

    work.extents.clear();
    reader.map(&header, Some(parts.map), |extent| {
        work.extents.push(extent).map_err(|_| Reason::TooManyExtents)
    })?;
    work.index.clear();
    reader.index(&header, work.extents, |entry| work.index.push(entry).map_err(|_| Reason::TooManyChunks))?;
    Ok(header)
}
