//! Extended card-specific data of eMMC (JESD84-B51 7.4): 512 bytes, of which these matter here.
#![forbid(unsafe_code)]

use super::error::{Error, Register};

/// Byte numbers that CMD6 writes.
pub(super) const FLUSH_CACHE: u8 = 32;
pub(super) const CACHE_CTRL: u8 = 33;
pub(super) const PARTITION_CONFIG: u8 = 179;
pub(super) const BUS_WIDTH: u8 = 183;
pub(super) const HS_TIMING: u8 = 185;

/// The form of reliable writes that the card takes (JESD84-B51 6.6.8, reliable write).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reliable {
    /// Not at all.
    No,
    /// One sector, or this many at an address that is a multiple of as many.
    Fixed(u8),
    /// Any number of sectors, each whole or untouched after a power cut.
    Any,
}

/// The register, whose bytes are only read where they have a meaning.
#[derive(Debug)]
pub(super) struct ExtCsd<'a>(pub(super) &'a [u8; 512]);

impl ExtCsd<'_> {
    const fn word(&self, low: usize) -> u32 {
        let b = self.0;
        u32::from_le_bytes([b[low], b[low + 1], b[low + 2], b[low + 3]])
    }

    /// User area in sectors, SEC_COUNT. 0 on cards of up to 2 GB that leave it to the CSD.
    pub(super) const fn sectors(&self) -> u32 {
        self.word(212)
    }

    /// PARTITION_ACCESS of PARTITION_CONFIG: 0 is the user area.
    pub(super) const fn partition(&self) -> u8 {
        self.0[PARTITION_CONFIG as usize] & 7
    }

    /// Whether the card wants 4 KiB sectors only: DATA_SECTOR_SIZE while USE_NATIVE_SECTOR is set
    /// (JESD84-B51 6.6, large sectors).
    pub(super) const fn native_4k(&self) -> bool {
        self.0[61] == 1 && self.0[62] == 1
    }

    /// Volatile cache in kilobits (units of 1024 bits), CACHE_SIZE. 0 without a cache.
    pub(super) const fn cache_kbit(&self) -> u32 {
        if self.revision() >= 6 { self.word(249) } else { 0 }
    }

    /// Revision of the register, EXT_CSD_REV.
    pub(super) const fn revision(&self) -> u8 {
        self.0[192]
    }

    /// Whether the card runs at 52 MHz with high-speed timing, from DEVICE_TYPE.
    pub(super) const fn high_speed_52(&self) -> bool {
        self.0[196] & 2 != 0
    }

    /// Whether the card runs at 26 MHz with high-speed timing, from DEVICE_TYPE.
    pub(super) const fn high_speed_26(&self) -> bool {
        self.0[196] & 1 != 0
    }

    /// The capabilities of reliable write: EN_REL_WR of WR_REL_PARAM and REL_WR_SEC_C.
    pub(super) const fn reliable(&self) -> Reliable {
        if self.revision() >= 5 && self.0[166] & 4 != 0 {
            return Reliable::Any;
        }
        match self.0[222] {
            0 => Reliable::No,
            sectors => Reliable::Fixed(sectors),
        }
    }

    /// Whether a power cut during any write to the user area leaves the old data: WR_DATA_REL_USR of
    /// WR_REL_SET.
    pub(super) const fn protected_writes(&self) -> bool {
        self.revision() >= 5 && self.0[167] & 1 != 0
    }

    /// Whether TRIM works: SEC_GB_CL_EN of SEC_FEATURE_SUPPORT.
    pub(super) const fn trim(&self) -> bool {
        self.0[231] & 0x10 != 0
    }

    /// The value of erased bytes: ERASED_MEM_CONT.
    pub(super) const fn erased_byte(&self) -> u8 {
        if self.0[181] & 1 != 0 { 0xff } else { 0 }
    }

    /// Sectors in an erase group where ERASE_GROUP_DEF is set: HC_ERASE_GRP_SIZE times 512 KiB.
    pub(super) const fn large_erase_group(&self) -> Option<u32> {
        match (self.0[175] & 1, self.0[224]) {
            (0, _) | (_, 0) => None,
            (_, size) => Some(size as u32 * 1024),
        }
    }

    /// Longest time in microseconds to erase or trim one group: the greater of ERASE_TIMEOUT_MULT and
    /// TRIM_MULT, in units of 300 ms.
    pub(super) fn erase_group_us(&self) -> u32 {
        u32::from(self.0[223].max(self.0[232]).max(1)) * 300_000
    }

    /// Longest time in microseconds for CMD6, GENERIC_CMD6_TIME in units of 10 ms; half a second where
    /// the card does not say.
    pub(super) const fn switch_us(&self) -> u32 {
        match self.0[248] {
            0 => 500_000,
            time => time as u32 * 10_000,
        }
    }

    /// Refuses a register that this driver would misread.
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.native_4k() {
            return Err(Error::Unsupported);
        }
        // Revisions 0 to 8 are defined; a card of a later one keeps these bytes. 255 or more reserved
        // bits say that this is not an EXT_CSD at all.
        if self.revision() == 0xff {
            return Err(Error::BadRegister(Register::ExtCsd));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields() {
        let mut bytes = [0u8; 512];
        bytes[212..216].copy_from_slice(&0x0123_4567u32.to_le_bytes());
        bytes[192] = 8;
        bytes[179] = 0x4a;
        bytes[249] = 64;
        bytes[181] = 1;
        bytes[222] = 8;
        bytes[175] = 1;
        bytes[224] = 2;
        let register = ExtCsd(&bytes);
        assert_eq!(register.sectors(), 0x0123_4567);
        assert_eq!(register.partition(), 2);
        assert_eq!(register.cache_kbit(), 64);
        assert_eq!(register.erased_byte(), 0xff);
        assert_eq!(register.reliable(), Reliable::Fixed(8));
        assert_eq!(register.large_erase_group(), Some(2048));
        assert_eq!(register.switch_us(), 500_000);
        assert!(!register.trim());
    }

    #[test]
    fn reliable_write_of_either_kind() {
        let mut bytes = [0u8; 512];
        assert_eq!(ExtCsd(&bytes).reliable(), Reliable::No);
        bytes[192] = 5;
        bytes[166] = 4;
        assert_eq!(ExtCsd(&bytes).reliable(), Reliable::Any);
    }

    #[test]
    fn native_sectors_are_refused() {
        let mut bytes = [0u8; 512];
        bytes[61] = 1;
        assert_eq!(ExtCsd(&bytes).check(), Ok(()));
        bytes[62] = 1;
        assert_eq!(ExtCsd(&bytes).check(), Err(Error::Unsupported));
    }
}
