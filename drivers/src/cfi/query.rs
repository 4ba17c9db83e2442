//! A chip's description of itself: the query structure of JESD68.01, and the extended table of Intel's and
//! Sharp's command sets ("Primary Vendor-Specific Extended Query"). Numbers are offsets in words.
#![forbid(unsafe_code)]

use super::error::Error;

/// Erase regions that a chip may have, at the most.
pub const MAX_REGIONS: usize = 4;

/// Blocks of one size, next to each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct EraseRegion {
    /// Their number.
    pub blocks: u32,
    /// Bytes of each, of all chips side by side together.
    pub block_bytes: u32,
}

/// The measures of the chips, all lanes together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Geometry {
    /// Bytes of the array.
    pub bytes: usize,
    /// Bytes that are programmed at once at the least: a word of the bus.
    pub word_bytes: u32,
    /// Bytes of the write buffer; 0 if there is none.
    pub buffer_bytes: u32,
    regions: [EraseRegion; MAX_REGIONS],
}

/// An erase block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Block {
    /// Its first byte.
    pub start: usize,
    /// Its length in bytes.
    pub len: usize,
}

impl Geometry {
    /// The erase regions, from the array's start on.
    pub fn regions(&self) -> impl Iterator<Item = EraseRegion> + '_ {
        self.regions.iter().copied().filter(|region| region.blocks > 0)
    }

    /// The block that byte `at` is in.
    pub fn block(&self, at: usize) -> Option<Block> {
        let mut start = 0;
        for region in self.regions() {
            let len = region.block_bytes as usize;
            let end = start + len * region.blocks as usize;
            if at < end {
                return Some(Block { start: at - (at - start).checked_rem(len)?, len });
            }
            start = end;
        }
        None
    }
}

/// Longest waits, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    pub program_us: u32,
    pub buffer_us: u32,
    pub erase_us: u32,
}

/// The figures that the driver needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Query {
    pub geometry: Geometry,
    pub limits: Limits,
    /// Whether blocks are locked at power-on and can be unlocked one by one.
    pub unlocks: bool,
}

/// No wait is shorter than the first or longer than the second, whatever a chip says.
const PROGRAM_US: (u64, u64) = (1_000, 100_000);
const ERASE_US: (u64, u64) = (4_000_000, 60_000_000);
/// Bytes of one chip: 64 KiB to 1 GiB.
const SIZE: core::ops::RangeInclusive<u8> = 16..=30;
/// "Device Interface Code": 16 data lines, or 8 or 16.
const X16: [u16; 2] = [0x0001, 0x0002];
/// JEP137: Intel/Sharp extended, and Intel standard.
const COMMAND_SETS: [u16; 2] = [0x0001, 0x0003];
/// "Optional Feature & Command Support": instant individual block locking.
const INSTANT_LOCKING: u8 = 1 << 5;

impl Query {
    /// Reads and checks the description that chips side by side, `lanes` of them, give by `byte`: `None`
    /// where they differ.
    pub fn parse(lanes: u32, mut byte: impl FnMut(usize) -> Option<u8>) -> Result<Self, Error> {
        for (at, letter) in (0x10..).zip(*b"QRY") {
            if byte(at) != Some(letter) {
                return Err(Error::NoChip);
            }
        }
        let mut byte = |at| byte(at).ok_or(Error::BadQuery);
        let mut half = |at| Ok(u16::from_le_bytes([byte(at)?, byte(at + 1)?]));
        if !COMMAND_SETS.contains(&half(0x13)?) || !X16.contains(&half(0x28)?) {
            return Err(Error::Unsupported);
        }
        let table = usize::from(half(0x15)?);
        let buffer = half(0x2a)?;
        let size = byte(0x27)?;
        if !SIZE.contains(&size) || buffer > 15 {
            return Err(Error::BadQuery);
        }
        let bytes = 1_u64 << size;
        let mut regions = [EraseRegion::default(); MAX_REGIONS];
        let count = usize::from(byte(0x2c)?);
        if count == 0 {
            return Err(Error::BadQuery);
        }
        if count > MAX_REGIONS {
            return Err(Error::Unsupported);
        }
        let buffer_bytes = if buffer == 0 { 0 } else { lanes << buffer };
        let mut sum = 0;
        for (region, at) in regions.iter_mut().take(count).zip((0x2d..).step_by(4)) {
            let mut half = |at| Ok::<_, Error>(u64::from(u16::from_le_bytes([byte(at)?, byte(at + 1)?])));
            // Blocks less one; bytes of a block in 256s, where 0 is 128 bytes: too small for any chip of these kinds.
            let (blocks, block_bytes) = (half(at)? + 1, half(at + 2)? * 256);
            sum += blocks * block_bytes;
            let whole = block_bytes * u64::from(lanes);
            if !block_bytes.is_power_of_two() || whole < u64::from(buffer_bytes) {
                return Err(Error::BadQuery);
            }
            *region = EraseRegion { blocks: blocks as u32, block_bytes: whole as u32 };
        }
        if sum != bytes {
            return Err(Error::BadQuery);
        }
        let bytes = usize::try_from(bytes * u64::from(lanes)).map_err(|_| Error::Unsupported)?;
        let geometry = Geometry { bytes, word_bytes: 2 * lanes, buffer_bytes, regions };
        let limits = Limits {
            program_us: limit(byte(0x1f)?, byte(0x23)?, 1, PROGRAM_US),
            buffer_us: limit(byte(0x20)?, byte(0x24)?, 1, PROGRAM_US),
            erase_us: limit(byte(0x21)?, byte(0x25)?, 1000, ERASE_US),
        };
        let unlocks = table != 0 && unlocks(table, &mut byte)?;
        Ok(Self { geometry, limits, unlocks })
    }
}

/// Whether the extended table at `table` offers instant individual block locking.
fn unlocks(table: usize, byte: &mut impl FnMut(usize) -> Result<u8, Error>) -> Result<bool, Error> {
    for (at, letter) in (table..).zip(*b"PRI") {
        if byte(at)? != letter {
            return Err(Error::BadQuery);
        }
    }
    Ok(byte(table + 5)? & INSTANT_LOCKING != 0)
}

/// Twice the longest time that a chip says it takes: 2^`typical` units, 2^`factor` times that at the most; 0
/// is "not stated".
fn limit(typical: u8, factor: u8, unit_us: u64, (least, most): (u64, u64)) -> u32 {
    if typical == 0 {
        return most as u32;
    }
    let exponent = u32::from(typical) + u32::from(factor) + 1;
    (unit_us << exponent.min(32)).clamp(least, most) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    /// A chip of 32 MiB with 128 KiB blocks and 4 of 32 KiB at its end, and instant locking: like a 256 Mbit
    /// P30.
    fn sample() -> Vec<u8> {
        let mut bytes = std::vec![0; 0x200];
        bytes[0x10..0x17].copy_from_slice(b"QRY\x01\x00\x0a\x01");
        bytes[0x1f..0x27].copy_from_slice(&[8, 9, 10, 0, 1, 2, 2, 0]);
        bytes[0x27..0x2d].copy_from_slice(&[25, 1, 0, 6, 0, 2]);
        bytes[0x2d..0x35].copy_from_slice(&[0xfe, 0, 0, 2, 3, 0, 0x80, 0]);
        bytes[0x10a..0x110].copy_from_slice(b"PRI15\x20");
        bytes
    }

    fn parse(bytes: &[u8], lanes: u32) -> Result<Query, Error> {
        Query::parse(lanes, |at| bytes.get(at).copied())
    }

    #[test]
    fn a_description_is_read() {
        for lanes in [1, 2] {
            let Query { geometry, limits, unlocks } = parse(&sample(), lanes).unwrap();
            assert_eq!((geometry.bytes, geometry.word_bytes), ((32 << 20) * lanes as usize, 2 * lanes));
            assert_eq!(geometry.buffer_bytes, 64 * lanes);
            let regions: Vec<_> = geometry.regions().map(|r| (r.blocks, r.block_bytes / lanes)).collect();
            assert_eq!(regions, [(255, 128 << 10), (4, 32 << 10)]);
            assert_eq!(limits, Limits { program_us: 1024, buffer_us: 4096, erase_us: 8_192_000 });
            assert!(unlocks);
        }
    }

    #[test]
    fn blocks_are_found_by_their_bytes() {
        let geometry = parse(&sample(), 1).unwrap().geometry;
        let last = 255 * (128 << 10);
        for (at, start, len) in [
            (0, 0, 128 << 10),
            (131_071, 0, 128 << 10),
            (131_072, 131_072, 128 << 10),
            (last - 1, last - (128 << 10), 128 << 10),
            (last, last, 32 << 10),
            ((32 << 20) - 1, (32 << 20) - (32 << 10), 32 << 10),
        ] {
            assert_eq!(geometry.block(at), Some(Block { start, len }));
        }
        assert_eq!(geometry.block(32 << 20), None);
    }

    #[test]
    fn a_description_that_makes_no_sense_is_refused() {
        for (at, value, error) in [
            (0x10, b'q', Error::NoChip),
            (0x13, 2, Error::Unsupported),
            (0x14, 1, Error::Unsupported),
            (0x28, 0, Error::Unsupported),
            (0x28, 3, Error::Unsupported),
            (0x27, 24, Error::BadQuery),
            (0x27, 26, Error::BadQuery),
            (0x27, 64, Error::BadQuery),
            (0x2a, 16, Error::BadQuery),
            (0x2b, 1, Error::BadQuery),
            (0x2c, 0, Error::BadQuery),
            (0x2c, 1, Error::BadQuery),
            (0x2c, 5, Error::Unsupported),
            (0x2d, 0xff, Error::BadQuery),
            (0x30, 0, Error::BadQuery),
            (0x33, 0x60, Error::BadQuery),
            (0x10a, b'p', Error::BadQuery),
            (0x16, 9, Error::BadQuery),
        ] {
            let mut bytes = sample();
            bytes[at] = value;
            assert_eq!(parse(&bytes, 2), Err(error), "{at:#x} = {value:#x}");
        }
        // Two chips that differ, wherever.
        for differs in 0x10..0x110 {
            let bytes = sample();
            let parsed = Query::parse(2, |at| (at != differs).then_some(bytes[at]));
            assert!(parsed == parse(&bytes, 2) || matches!(parsed, Err(Error::NoChip | Error::BadQuery)));
        }
    }

    #[test]
    fn any_description_is_read_or_refused() {
        use proptest::prelude::*;
        proptest!(|(changes in proptest::collection::vec((0x10_usize..0x110, any::<u8>()), 0..5), lanes in 1_u32..3)| {
            let mut bytes = sample();
            for (at, value) in changes {
                bytes[at] = value;
            }
            if let Ok(query) = parse(&bytes, lanes) {
                let sum: usize = query.geometry.regions().map(|r| r.blocks as usize * r.block_bytes as usize).sum();
                prop_assert_eq!(sum, query.geometry.bytes);
                prop_assert!(query.limits.erase_us <= 60_000_000 && query.limits.program_us <= 100_000);
            }
        });
    }

    #[test]
    fn times_that_are_not_told_or_absurd_have_a_limit() {
        assert_eq!(limit(0, 0, 1, PROGRAM_US), 100_000);
        assert_eq!(limit(1, 0, 1, PROGRAM_US), 1_000);
        assert_eq!(limit(255, 255, 1000, ERASE_US), 60_000_000);
    }
}
