//! CRC-32C (Castagnoli; RFC 3720, appendix B.4), by crate `crc`.

use crc::{CRC_32_ISCSI, Crc, Digest, Table};

static ALGORITHM: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);

/// A checksum under way.
#[derive(Clone)]
pub struct Crc32c(Digest<'static, u32, Table<16>>);

impl Default for Crc32c {
    fn default() -> Self {
        Self::new()
    }
}

impl Crc32c {
    /// The checksum of nothing yet.
    pub fn new() -> Crc32c {
        Crc32c(ALGORITHM.digest())
    }

    /// Goes on over `bytes`.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The checksum of all that was given.
    pub fn finish(self) -> u32 {
        self.0.finalize()
    }
}

/// The checksum of `bytes`.
pub fn crc32c(bytes: &[u8]) -> u32 {
    ALGORITHM.checksum(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_rfc_3720_come_out() {
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
        let ascending: [u8; 32] = core::array::from_fn(|i| i as u8);
        assert_eq!(crc32c(&ascending), 0x46dd_794e);
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        let mut parts = Crc32c::new();
        parts.update(&ascending[..5]);
        parts.update(&ascending[5..]);
        assert_eq!(parts.finish(), 0x46dd_794e);
    }
}
