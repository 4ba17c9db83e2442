//! The differences between the families of SPI NAND.
//!
//! The data sheets are cited by heading. Where a figure is a range, the worst is taken.
#![forbid(unsafe_code)]

use super::super::chip::Times;
use super::super::geometry::{EccStatus, Geometry, Region};

/// A family's report of its ECC's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum EccReport {
    /// Two bits in C0h: 00 clean, 01 corrected, 10 and 11 not.
    TwoBits,
    /// Two bits in C0h: 00 clean, 01 and 11 corrected, 10 not; how many bits is in 30h, bits 7 to 4.
    TwoBitsAndMaximum,
    /// Two bits in C0h: 00 clean, 01 corrected, how many bits is in F0h, bits 5 and 4; 10 and 11 not.
    TwoBitsAndExtended,
    /// Three bits in C0h: 000 clean, 001 up to 3 bits, 011 up to 6, 101 up to 8, all others not corrected.
    ThreeBits,
}

/// A family of SPI NAND chips.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Family {
    /// Its name in trade.
    pub name: &'static str,
    /// Its id, maker first.
    pub id: &'static [u8],
    /// Dummy bytes between READ ID and the id.
    pub id_dummy: usize,
    /// Its measures.
    pub geometry: Geometry,
    /// Planes, between which the blocks alternate. With two, the lowest bit of the block is also bit 12 of a
    /// column.
    pub planes: u32,
    /// Bits of the configuration register B0h that are left as they are.
    pub config_keep: u8,
    /// Bits of B0h that are set, ECC among them; all others are cleared.
    pub config_set: u8,
    /// The ECC's report.
    pub report: EccReport,
    /// Wrong bits in a sector that the ECC corrects.
    pub strength: u8,
    /// The bytes of the spare area that are free to use and that the ECC guards like the data.
    pub free: &'static [Region],
    /// Its times, with ECC on.
    pub times: Times,
}

impl Family {
    /// The meaning of the status register C0h for the page just read. `extra` is what the second register of
    /// [`Family::report`] holds, if there is one.
    pub fn ecc_status(&self, status: u8, extra: u8) -> EccStatus {
        let (two, three) = (status >> 4 & 3, status >> 4 & 7);
        let bits = match (self.report, two, three) {
            (EccReport::ThreeBits, _, 0) => return EccStatus::Clean,
            (EccReport::ThreeBits, _, 1) => 3,
            (EccReport::ThreeBits, _, 3) => 6,
            (EccReport::ThreeBits, _, 5) => 8,
            (EccReport::ThreeBits, ..) => return EccStatus::Uncorrectable,
            (_, 0, _) => return EccStatus::Clean,
            (EccReport::TwoBits, 1, _) => self.strength,
            (EccReport::TwoBitsAndMaximum, 1 | 3, _) => match extra >> 4 {
                0 => self.strength,
                bits => bits.min(self.strength),
            },
            (EccReport::TwoBitsAndExtended, 1, _) => (extra >> 4 & 3) + 1,
            _ => return EccStatus::Uncorrectable,
        };
        // From half of what can be corrected on the block should move; for Micron this is what the data sheet says.
        EccStatus::Corrected { bits, refresh: 2 * bits >= self.strength }
    }
}

const fn blocks_of_64(spare_bytes: usize, blocks: u32) -> Geometry {
    Geometry { page_bytes: 2048, spare_bytes, pages_per_block: 64, blocks }
}

/// Winbond W25N01GV, 1 Gb. "Read JEDEC ID", "Configuration Register", "Status Register", "Spare area".
///
/// Each sector's 16 bytes: 0 and 1 bad block marker, 2 and 3 free but not guarded, 4 to 7 free and guarded,
/// then ECC.
pub const W25N01GV: Family = Family {
    name: "W25N01GV",
    id: &[0xef, 0xaa, 0x21],
    id_dummy: 1,
    geometry: blocks_of_64(64, 1024),
    planes: 1,
    config_keep: 0,
    config_set: ECC_ON | WINBOND_BUFFER,
    report: EccReport::TwoBits,
    strength: 1,
    free: &[Region::new(4, 4), Region::new(20, 4), Region::new(36, 4), Region::new(52, 4)],
    times: Times { read_us: 60, program_us: 700, erase_us: 10_000 },
};

/// Winbond W25N02KV, 2 Gb. "Read JEDEC ID", "Configuration Register", "Status Register", "Maximum Bit Flip
/// Report".
///
/// The second half of the spare area holds the ECC. Bits 2 to 0 of B0h are drive strength and hold.
pub const W25N02KV: Family = Family {
    name: "W25N02KV",
    id: &[0xef, 0xaa, 0x22],
    id_dummy: 1,
    geometry: blocks_of_64(128, 2048),
    planes: 1,
    config_keep: 0x07,
    config_set: ECC_ON | WINBOND_BUFFER,
    report: EccReport::TwoBitsAndMaximum,
    strength: 8,
    free: &[Region::new(2, 14), Region::new(18, 14), Region::new(34, 14), Region::new(50, 14)],
    times: Times { read_us: 60, program_us: 700, erase_us: 10_000 },
};

/// GigaDevice GD5F1GQ5UE, 1 Gb. "Read ID", "Feature Operation", "ECC Status", "Internal ECC".
///
/// The second half of the spare area holds the ECC. Bit 0 of B0h enables four data lines.
pub const GD5F1GQ5: Family = Family {
    name: "GD5F1GQ5UE",
    id: &[0xc8, 0x51],
    id_dummy: 1,
    geometry: blocks_of_64(128, 1024),
    planes: 1,
    config_keep: 0x01,
    config_set: ECC_ON,
    report: EccReport::TwoBitsAndExtended,
    strength: 4,
    free: &[Region::new(1, 63)],
    times: Times { read_us: 120, program_us: 600, erase_us: 10_000 },
};

/// Micron MT29F1G01ABAFD, 1 Gb. "READ ID", "Feature Operations", "Status Register", "ECC Protection".
///
/// The second half of the spare area holds the ECC. B0h selects special modes (OTP, continuous read): all
/// off.
pub const MT29F1G01: Family = Family {
    name: "MT29F1G01",
    id: &[0x2c, 0x14],
    id_dummy: 1,
    geometry: blocks_of_64(128, 1024),
    planes: 1,
    config_keep: 0,
    config_set: ECC_ON,
    report: EccReport::ThreeBits,
    strength: 8,
    free: &[Region::new(2, 62)],
    times: Times { read_us: 70, program_us: 600, erase_us: 10_000 },
};

/// Micron MT29F2G01ABAGD, 2 Gb: like [`MT29F1G01`], in two planes ("Array Organization", plane select).
pub const MT29F2G01: Family = Family {
    name: "MT29F2G01",
    id: &[0x2c, 0x24],
    geometry: blocks_of_64(128, 2048),
    planes: 2,
    ..MT29F1G01
};

/// The families that [`SpiNand::identify`](super::SpiNand::identify) knows.
pub const FAMILIES: [&Family; 5] = [&W25N01GV, &W25N02KV, &GD5F1GQ5, &MT29F1G01, &MT29F2G01];

/// Bit 4 of B0h in all of them.
pub(super) const ECC_ON: u8 = 1 << 4;
/// W25N: a page is read through the buffer, from any column (otherwise whole pages follow one another).
const WINBOND_BUFFER: u8 = 1 << 3;
