//! The frames that `OEMCompressSnapshot` makes and `SnapRestore` reads: up to 16 pages each, with their own
//! checksum.
//!
//! A frame starts at a multiple of 16 bytes of the contents. Numbers are little-endian.
//!
//! | bytes | |
//! |---|---|
//! | 0, 1 | `OF` |
//! | 2 | [`VERSION`] |
//! | 3 | pages, 1 to 16 |
//! | 4 to 11 | stored length, bit 31 set if the pages are stored as they are; CRC-32C of the stored bytes |
//! | 12 to 15 | CRC-32C of bytes 0 to 11 |
//! | 16 and on | the stored bytes, filled up with zeroes to a multiple of 16 |
//!
//! Version 1 had neither signature nor checksums; it is refused as a compression that this build does not
//! know.

use oal_snapshot::crc32c::crc32c;
use oal_snapshot::frame::PAGE_SIZE;
use oal_snapshot::image::{CHUNK_PAGES, ChunkEntry};
use oal_snapshot::refusal::Reason;

/// The version of the frames that this code writes, and the only one it reads.
const VERSION: u8 = 2;

/// Bytes of a frame's head.
pub(crate) const HEAD: usize = 16;

/// `bytes` with the padding up to the next frame.
pub(crate) const fn padded(bytes: usize) -> usize {
    bytes.next_multiple_of(16)
}

/// The head of a frame, checked.
pub(crate) struct FrameHead {
    /// Pages in the frame, 1 to 16.
    pub pages: usize,
    /// The bytes stored for them.
    pub entry: ChunkEntry,
}

impl FrameHead {
    /// The head's bytes.
    pub fn encode(&self) -> [u8; HEAD] {
        let [e0, e1, e2, e3, e4, e5, e6, e7] = self.entry.encode();
        let head = [b'O', b'F', VERSION, self.pages as u8, e0, e1, e2, e3, e4, e5, e6, e7];
        let mut bytes = [0; HEAD];
        let check = crc32c(&head).to_le_bytes();
        bytes.iter_mut().zip(head.iter().chain(&check)).for_each(|(to, byte)| *to = *byte);
        bytes
    }

    /// Reads a head of any origin.
    ///
    /// # Errors
    /// [`Reason::WrongCodec`] if it is no frame of this version, [`Reason::BadCrc`], or [`Reason::BadField`]
    /// for a number of pages or a length that no frame has.
    pub fn decode(bytes: &[u8; HEAD]) -> Result<FrameHead, Reason> {
        let [b'O', b'F', VERSION, pages, head @ ..] = *bytes else { return Err(Reason::WrongCodec) };
        let [e0, e1, e2, e3, e4, e5, e6, e7, check @ ..] = head;
        let (checked, _) = bytes.split_at(HEAD - check.len());
        if crc32c(checked) != u32::from_le_bytes(check) {
            return Err(Reason::BadCrc);
        }
        let entry = ChunkEntry::decode(&[e0, e1, e2, e3, e4, e5, e6, e7])?;
        let pages = usize::from(pages);
        let fits =
            if entry.is_raw() { entry.len() == pages * PAGE_SIZE } else { entry.len() < pages * PAGE_SIZE };
        if pages > CHUNK_PAGES as usize || !fits {
            return Err(Reason::BadField);
        }
        Ok(FrameHead { pages, entry })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_with_any_bit_flipped_is_refused() {
        let head = FrameHead { pages: 5, entry: ChunkEntry::new(777, false, 0x1234_5678) }.encode();
        let decoded = FrameHead::decode(&head).unwrap();
        assert_eq!((decoded.pages, decoded.entry.len(), decoded.entry.is_raw()), (5, 777, false));
        for bit in 0..HEAD * 8 {
            let mut other = head;
            other[bit / 8] ^= 1 << (bit % 8);
            let why = FrameHead::decode(&other).err();
            assert_eq!(why, Some(if bit < 24 { Reason::WrongCodec } else { Reason::BadCrc }), "bit {bit}");
        }
    }

    #[test]
    fn a_frame_of_version_1_is_refused_by_its_name() {
        // Stored length and full length, then the stored bytes.
        for stored in [1u32, 0x464f, 0x1_0000, 0x8001_0000] {
            let mut head = [0x5a; HEAD];
            head[..4].copy_from_slice(&stored.to_le_bytes());
            head[4..8].copy_from_slice(&0x1_0000u32.to_le_bytes());
            assert_eq!(FrameHead::decode(&head).err(), Some(Reason::WrongCodec));
        }
    }

    #[test]
    fn a_head_whose_numbers_no_frame_has_is_refused() {
        for (pages, len, raw) in
            [(0, 1, false), (17, 100, false), (1, 4096, false), (2, 4096, true), (17, 0x1_0000, true)]
        {
            let head = FrameHead { pages, entry: ChunkEntry::new(len, raw, 0) }.encode();
            assert_eq!(FrameHead::decode(&head).err(), Some(Reason::BadField), "{pages} pages, {len} bytes");
        }
    }
}
