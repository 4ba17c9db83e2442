//! Chips that do not describe themselves: what their id bytes say.
//!
//! The first byte is the maker, the second the device, from which the size follows. Chips with large pages
//! tell page, spare area and block in the fourth byte (Samsung K9F1G08U0 data sheet, "Read ID", "4th ID
//! Data"; Toshiba and others use the same bits).
#![forbid(unsafe_code)]

use super::chip::{Chip, CommandSet, Times};
use super::error::Error;
use super::geometry::Geometry;
use super::marker::MarkerRule;

/// Id bytes that are looked at.
pub const BYTES: usize = 5;

/// Makers whose chips follow the tables: AMD, Toshiba, Micron, Hynix, Fujitsu, ESMT, Samsung, Macronix,
/// Winbond.
const MAKERS: [u8; 9] = [0x01, 0x98, 0x2c, 0xad, 0x04, 0xc8, 0xec, 0xc2, 0xef];

/// 512-byte pages, blocks of 32: device and MiB.
const SMALL: [(u8, u32); 8] =
    [(0x33, 16), (0x73, 16), (0x35, 32), (0x75, 32), (0x36, 64), (0x76, 64), (0x78, 128), (0x79, 128)];

/// Larger pages: device (1.8 V, 3.3 V) and MiB.
const LARGE: [(u8, u8, u32); 7] = [
    (0xa2, 0xf2, 64),
    (0xa1, 0xf1, 128),
    (0xaa, 0xda, 256),
    (0xac, 0xdc, 512),
    (0xa3, 0xd3, 1024),
    (0xa5, 0xd5, 2048),
    (0xa7, 0xd7, 4096),
];

const SMALL_TIMES: Times = Times { read_us: 25, program_us: 500, erase_us: 4000 };
const LARGE_TIMES: Times = Times { read_us: 60, program_us: 800, erase_us: 10_000 };

/// The chip with these id bytes.
///
/// Where a chip has more spare area than the fourth byte can say, the rest is left alone.
///
/// # Errors
///
/// [`Error::BadId`] if the maker or the device is unknown; [`Error::Unsupported`] if the chip has 16 data
/// lines or several bits in a cell.
pub fn decode(id: &[u8; BYTES]) -> Result<Chip, Error> {
    let [maker, device, third, fourth, _] = *id;
    if !MAKERS.contains(&maker) {
        return Err(Error::BadId);
    }
    if let Some((_, mib)) = SMALL.iter().find(|(small, _)| *small == device) {
        return Ok(small(*mib));
    }
    let entry = LARGE.iter().find(|(low, high, _)| *low == device || *high == device);
    let (_, _, mib) = *entry.ok_or(Error::BadId)?;
    large(mib, third, fourth)
}

fn small(mib: u32) -> Chip {
    let geometry = Geometry {
        page_bytes: 512,
        spare_bytes: 16,
        pages_per_block: 32,
        blocks: mib * (1 << 20) / (512 * 32),
    };
    Chip {
        geometry,
        blocks_per_lun: geometry.blocks,
        commands: CommandSet::SmallPage,
        column_cycles: 1,
        row_cycles: row_cycles(&geometry),
        marker: MarkerRule::SmallPage,
        ecc_bits: Some(1),
        programs_per_page: 1,
        times: SMALL_TIMES,
    }
}

fn large(mib: u32, third: u8, fourth: u8) -> Result<Chip, Error> {
    const CELL_TYPE: u8 = 0b1100;
    const SIXTEEN_LINES: u8 = 1 << 6;
    if third & CELL_TYPE != 0 || fourth & SIXTEEN_LINES != 0 {
        return Err(Error::Unsupported);
    }
    let page_bytes = 1024_usize << (fourth & 3);
    let spare_bytes = page_bytes / 512 * (8 << (fourth >> 2 & 1));
    let block_bytes = (64_u32 << 10) << (fourth >> 4 & 3);
    let pages_per_block = block_bytes / page_bytes as u32;
    let blocks = mib * ((1 << 20) / block_bytes);
    let geometry = Geometry { page_bytes, spare_bytes, pages_per_block, blocks };
    Ok(Chip {
        geometry,
        blocks_per_lun: blocks,
        commands: CommandSet::LargePage,
        column_cycles: 2,
        row_cycles: row_cycles(&geometry),
        marker: MarkerRule::FirstOrSecondPage,
        ecc_bits: None,
        programs_per_page: 1,
        times: LARGE_TIMES,
    })
}

/// These chips take as few row cycles as number their pages, but no fewer than two.
fn row_cycles(geometry: &Geometry) -> u8 {
    if geometry.blocks * geometry.pages_per_block > 1 << 16 { 3 } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(id: [u8; 5]) -> (usize, usize, u32, u32, u8, u8) {
        let chip = decode(&id).unwrap();
        let g = chip.geometry;
        (g.page_bytes, g.spare_bytes, g.pages_per_block, g.blocks, chip.column_cycles, chip.row_cycles)
    }

    #[test]
    fn chips_of_their_data_sheets() {
        // K9F1G08U0B, K9F2G08U0C, K9F4G08U0B, TC58NVG0S3E; K9F2808U0C, TC58512FT.
        assert_eq!(shape([0xec, 0xf1, 0x00, 0x95, 0x40]), (2048, 64, 64, 1024, 2, 2));
        assert_eq!(shape([0xec, 0xda, 0x10, 0x95, 0x44]), (2048, 64, 64, 2048, 2, 3));
        assert_eq!(shape([0xec, 0xdc, 0x10, 0x95, 0x54]), (2048, 64, 64, 4096, 2, 3));
        assert_eq!(shape([0x98, 0xf1, 0x80, 0x15, 0x72]), (2048, 64, 64, 1024, 2, 2));
        assert_eq!(shape([0xec, 0x73, 0xa5, 0xc0, 0x00]), (512, 16, 32, 1024, 1, 2));
        assert_eq!(shape([0x98, 0x76, 0xa5, 0xc0, 0x00]), (512, 16, 32, 4096, 1, 3));
    }

    #[test]
    fn what_is_not_known_or_not_fit_is_refused() {
        assert_eq!(decode(&[0xff; 5]), Err(Error::BadId));
        assert_eq!(decode(&[0; 5]), Err(Error::BadId));
        assert_eq!(decode(&[0xec, 0x01, 0, 0, 0]), Err(Error::BadId));
        assert_eq!(decode(&[0xec, 0xd3, 0x14, 0xa5, 0x64]), Err(Error::Unsupported));
        assert_eq!(decode(&[0xec, 0xf1, 0x00, 0xd5, 0x40]), Err(Error::Unsupported));
    }

    #[test]
    fn every_id_gives_a_chip_of_its_size_or_an_error() {
        for device in 0..=255 {
            for fourth in 0..=255 {
                let Ok(chip) = decode(&[0xec, device, 0, fourth, 0]) else { continue };
                let geometry = chip.geometry;
                assert!(geometry.bytes().is_power_of_two() && geometry.bytes() >= 16 << 20);
                let pages = u64::from(geometry.blocks) * u64::from(geometry.pages_per_block);
                assert!(pages <= 1 << (8 * chip.row_cycles), "{chip:?}");
            }
        }
    }
}
