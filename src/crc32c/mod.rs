//! CRC-32C (Castagnoli; RFC 3720, appendix B.4).
//!
//! Short inputs go through the table of crate `crc`, byte by byte. Long ones are first made short without any
//! table (`sparse.rs`), which takes a tenth of the instructions.

mod fold;
mod sparse;

use crc::{CRC_32_ISCSI, Crc, Table};

static TABLE: Crc<u32, Table<1>> = Crc::<u32, Table<1>>::new(&CRC_32_ISCSI);

/// A checksum under way.
#[derive(Clone)]
pub struct Crc32c {
    /// The remainder so far, bit-reflected.
    state: u32,
}

impl Default for Crc32c {
    fn default() -> Self {
        Self::new()
    }
}

impl Crc32c {
    /// The checksum of nothing yet.
    pub fn new() -> Crc32c {
        Crc32c { state: !0 }
    }

    /// Goes on over `bytes`.
    pub fn update(&mut self, bytes: &[u8]) {
        self.state =
            sparse::update(self.state, bytes, by_table).unwrap_or_else(|| by_table(self.state, bytes));
    }

    /// The checksum of all that was given.
    pub fn finish(self) -> u32 {
        !self.state
    }
}

/// The checksum of `bytes`.
#[doc(alias = "SnapChkSum")]
pub fn crc32c(bytes: &[u8]) -> u32 {
    let mut crc = Crc32c::new();
    crc.update(bytes);
    crc.finish()
}

/// The remainder after `bytes`, one byte at a time.
fn by_table(state: u32, bytes: &[u8]) -> u32 {
    // The crate takes a remainder that is not reflected, and gives the finished checksum.
    let mut digest = TABLE.digest_with_initial(state.reverse_bits());
    digest.update(bytes);
    !digest.finalize()
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

    #[test]
    fn long_inputs_have_the_checksum_of_the_table() {
        let mut seed = 1_u32;
        let bytes: [u8; 5000] = core::array::from_fn(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8
        });
        // Miri takes a second for what a machine does in a millisecond.
        let (starts, step, last) = if cfg!(miri) { (1, 1999, 4998) } else { (9, 7, 4990) };
        for start in 0..starts {
            for end in (start..5000).step_by(step).chain(last..5000) {
                let part = &bytes[start..end];
                let mut crc = Crc32c::new();
                crc.update(&part[..part.len() / 3]);
                crc.update(&part[part.len() / 3..]);
                assert_eq!(crc.finish(), TABLE.checksum(part), "bytes {start} to {end}");
                assert_eq!(crc32c(part), TABLE.checksum(part), "bytes {start} to {end}");
            }
        }
    }
}
