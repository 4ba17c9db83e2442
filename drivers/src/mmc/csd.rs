//! Card-specific data (SD 5.3, JESD84-B51 7.3): capacity, clock, erase groups.
#![forbid(unsafe_code)]

use super::error::{Error, Register};

const BAD: Error = Error::BadRegister(Register::Csd);

/// The CSD register of either kind of card.
#[derive(Clone, Copy, Debug)]
pub(super) struct Csd(pub(super) u128);

impl Csd {
    /// The field from bit `low` to bit `high`, both included.
    const fn field(self, high: u32, low: u32) -> u32 {
        ((self.0 >> low) & ((1 << (high - low + 1)) - 1)) as u32
    }

    /// Capacity of an SD card in sectors (SD 5.3.2, 5.3.3).
    ///
    /// Cards beyond 2 TB (structure version 3) need a command that this driver does not send.
    pub(super) fn sd_sectors(self) -> Result<u64, Error> {
        match self.field(127, 126) {
            0 => self.small_sectors(),
            1 => Ok((u64::from(self.field(69, 48)) + 1) * 1024),
            2 => Err(Error::Unsupported),
            _ => Err(BAD),
        }
    }

    /// Capacity of a card of at most 4 GB in sectors, from C_SIZE, C_SIZE_MULT and READ_BL_LEN.
    pub(super) fn small_sectors(self) -> Result<u64, Error> {
        let block_log2 = self.field(83, 80);
        if !(9..=11).contains(&block_log2) {
            return Err(BAD);
        }
        let blocks = (u64::from(self.field(73, 62)) + 1) << (self.field(49, 47) + 2);
        Ok(blocks << (block_log2 - 9))
    }

    /// Version of the eMMC standard that the card follows, 4 for every card since 2004.
    pub(super) const fn emmc_version(self) -> u32 {
        self.field(125, 122)
    }

    /// Sectors in an eMMC erase group, where ERASE_GROUP_DEF is 0 (JESD84-B51 7.3, ERASE_GRP_SIZE and
    /// ERASE_GRP_MULT).
    pub(super) fn emmc_erase_group(self) -> u32 {
        let write_block = (1u32 << self.field(25, 22).clamp(9, 11)) / 512;
        (self.field(46, 42) + 1) * (self.field(41, 37) + 1) * write_block
    }

    /// Fastest clock in Hz at default timing, from TRAN_SPEED (SD 5.3.2, JESD84-B51 7.3), between
    /// 100 kHz and `limit`. Reserved values count as slow.
    pub(super) fn clock_hz(self, emmc: bool, limit: u32) -> u32 {
        let unit = match self.field(98, 96) {
            0 => 10_000,
            1 => 100_000,
            2 => 1_000_000,
            3 => 10_000_000,
            _ => 10_000,
        };
        // Tenths. The two standards differ in a few values.
        let factor = match (self.field(102, 99), emmc) {
            (1, _) => 10,
            (2, _) => 12,
            (3, _) => 13,
            (4, _) => 15,
            (5, _) => 20,
            (6, true) => 26,
            (6, false) => 25,
            (7, _) => 30,
            (8, _) => 35,
            (9, _) => 40,
            (10, _) => 45,
            (11, true) => 52,
            (11, false) => 50,
            (12, _) => 55,
            (13, _) => 60,
            (14, _) => 70,
            (15, _) => 80,
            _ => 10,
        };
        let hz: u32 = unit * factor;
        hz.max(100_000).min(limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn csd(fields: &[(u32, u128)]) -> Csd {
        Csd(fields.iter().fold(0, |csd, (low, value)| csd | value << low))
    }

    #[test]
    fn capacity_of_a_standard_card() {
        // 64 MiB: 512-byte blocks, multiplier 512, 256 units.
        let small = csd(&[(80, 9), (62, 255), (47, 7)]);
        assert_eq!(small.sd_sectors(), Ok(131_072));
        // 2 GiB, the largest with 1024-byte blocks.
        let large = csd(&[(80, 10), (62, 4095), (47, 7)]);
        assert_eq!(large.sd_sectors(), Ok(4_194_304));
    }

    #[test]
    fn capacity_of_a_high_capacity_card() {
        // 8 GiB and the largest of the layout, 2 TiB.
        assert_eq!(csd(&[(126, 1), (48, 16383)]).sd_sectors(), Ok(16_777_216));
        assert_eq!(csd(&[(126, 1), (48, 0x3f_ffff)]).sd_sectors(), Ok(1 << 32));
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!(Csd(0).sd_sectors(), Err(BAD));
        assert_eq!(csd(&[(80, 12)]).sd_sectors(), Err(BAD));
        assert_eq!(csd(&[(126, 2)]).sd_sectors(), Err(Error::Unsupported));
        assert_eq!(csd(&[(126, 3)]).sd_sectors(), Err(BAD));
    }

    #[test]
    fn clocks() {
        let speed = |value, emmc| csd(&[(96, value)]).clock_hz(emmc, 100_000_000);
        assert_eq!(speed(0x32, false), 25_000_000);
        assert_eq!(speed(0x5a, false), 50_000_000);
        assert_eq!(speed(0x32, true), 26_000_000);
        assert_eq!(speed(0x2a, true), 20_000_000);
        assert_eq!(speed(0, true), 100_000);
        assert_eq!(csd(&[(96, 0x32)]).clock_hz(false, 400_000), 400_000);
    }

    proptest! {
        #[test]
        fn any_bits_give_a_sane_value_or_an_error(bits: u128, emmc: bool) {
            let csd = Csd(bits);
            if let Ok(sectors) = csd.sd_sectors() {
                prop_assert!((4..=1 << 32).contains(&sectors));
            }
            let _ = csd.small_sectors();
            prop_assert!((1..=4096).contains(&csd.emmc_erase_group()));
            prop_assert!((100_000..=52_000_000).contains(&csd.clock_hz(emmc, 52_000_000)));
        }
    }
}
