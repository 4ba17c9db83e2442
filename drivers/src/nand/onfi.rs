//! The parameter page, in which an ONFI chip describes itself.
//!
//! Offsets and meanings: Open NAND Flash Interface Specification, revision 1.0, "Parameter Page Data
//! Structure Definition"; later revisions only add to it. Every field used here is checked, so that a
//! description that makes no sense is refused whatever its CRC says.
#![forbid(unsafe_code)]

use super::chip::{Chip, CommandSet, Times, bits_for};
use super::error::Error;
use super::geometry::Geometry;
use super::marker::MarkerRule;

/// Bytes of a parameter page.
pub const BYTES: usize = 256;
/// Copies that every chip has, one after the other.
pub const COPIES: usize = 3;
/// The signature at the start of the id at address 20h, and of every parameter page.
pub const SIGNATURE: [u8; 4] = *b"ONFI";

const FEATURES: usize = 6;
const DATA_BYTES: usize = 80;
const SPARE_BYTES: usize = 84;
const PAGES_PER_BLOCK: usize = 92;
const BLOCKS_PER_LUN: usize = 96;
const LUNS: usize = 100;
const ADDRESS_CYCLES: usize = 101;
const PROGRAMS_PER_PAGE: usize = 110;
const ECC_BITS: usize = 112;
const PROGRAM_US: usize = 133;
const ERASE_US: usize = 135;
const READ_US: usize = 137;
const CRC: usize = 254;

/// CRC of a parameter page's first 254 bytes (its last field, "Integrity CRC"): polynomial 8005h, starting
/// from 4F4Eh, highest bit first.
pub fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0x4f4e, |crc, &byte| {
        (0..8)
            .fold(crc ^ u16::from(byte) << 8, |crc, _| crc << 1 ^ if crc & 0x8000 != 0 { 0x8005 } else { 0 })
    })
}

/// The chip that `copies` describe.
///
/// The first copy whose CRC is right counts. If none is right, a page is tried that has each bit as most
/// copies have it (ONFI, "Read Parameter Page Definition").
///
/// # Errors
///
/// [`Error::BadParameterPage`] if no copy is whole or it makes no sense; [`Error::Unsupported`] if the chip
/// has 16 data lines.
pub fn decode(copies: &[[u8; BYTES]; COPIES]) -> Result<Chip, Error> {
    if let Some(page) = copies.iter().find(|page| is_whole(page)) {
        return parse(page);
    }
    let [a, b, c] = copies;
    let page = core::array::from_fn(|n| a[n] & b[n] | b[n] & c[n] | a[n] & c[n]);
    if is_whole(&page) { parse(&page) } else { Err(Error::BadParameterPage) }
}

fn is_whole(page: &[u8; BYTES]) -> bool {
    let signed = page.iter().zip(SIGNATURE).all(|(byte, letter)| *byte == letter);
    signed && crc16(&page[..CRC]) == half(page, CRC)
}

fn half(page: &[u8; BYTES], at: usize) -> u16 {
    u16::from_le_bytes([page[at], page[at + 1]])
}

fn word(page: &[u8; BYTES], at: usize) -> u32 {
    u32::from(half(page, at)) | u32::from(half(page, at + 2)) << 16
}

fn parse(page: &[u8; BYTES]) -> Result<Chip, Error> {
    const SIXTEEN_LINES: u16 = 1;
    if half(page, FEATURES) & SIXTEEN_LINES != 0 {
        return Err(Error::Unsupported);
    }
    let blocks_per_lun = word(page, BLOCKS_PER_LUN);
    let luns = u32::from(page[LUNS]);
    let geometry = Geometry {
        page_bytes: word(page, DATA_BYTES) as usize,
        spare_bytes: half(page, SPARE_BYTES).into(),
        pages_per_block: word(page, PAGES_PER_BLOCK),
        blocks: blocks_per_lun.saturating_mul(luns),
    };
    let chip = Chip {
        geometry,
        blocks_per_lun,
        commands: if geometry.page_bytes < 1024 { CommandSet::SmallPage } else { CommandSet::LargePage },
        column_cycles: page[ADDRESS_CYCLES] >> 4,
        row_cycles: page[ADDRESS_CYCLES] & 0xf,
        marker: MarkerRule::FirstOrLastPage,
        ecc_bits: Some(page[ECC_BITS]).filter(|&bits| bits != 0xff),
        programs_per_page: page[PROGRAMS_PER_PAGE].max(1),
        times: Times {
            read_us: half(page, READ_US).into(),
            program_us: half(page, PROGRAM_US).into(),
            erase_us: half(page, ERASE_US).into(),
        },
    };
    if makes_sense(&chip, luns) { Ok(chip) } else { Err(Error::BadParameterPage) }
}

/// Bounds within which the arithmetic of this crate and of its callers holds.
fn makes_sense(chip: &Chip, luns: u32) -> bool {
    let geometry = &chip.geometry;
    let page = geometry.page_bytes;
    let spare = geometry.spare_bytes;
    let page_ok = page.is_power_of_two() && (2048..=16384).contains(&page);
    let spare_ok = (page / 64..=page / 4).contains(&spare);
    let block_ok = (16..=1024).contains(&geometry.pages_per_block);
    let chip_ok = (1..=8).contains(&luns) && (1..=1 << 16).contains(&chip.blocks_per_lun);
    if !(page_ok && spare_ok && block_ok && chip_ok) {
        return false;
    }
    let rows = bits_for(luns) + bits_for(chip.blocks_per_lun) + bits_for(geometry.pages_per_block);
    chip.column_cycles == 2 && (1..=3).contains(&chip.row_cycles) && rows <= 8 * u32::from(chip.row_cycles)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crc_of_nothing_is_its_start_and_it_catches_every_single_bit() {
        assert_eq!(crc16(&[]), 0x4f4e);
        let page = [0x5a; CRC];
        for bit in 0..8 * CRC {
            let mut other = page;
            other[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(crc16(&page), crc16(&other));
        }
    }
}
