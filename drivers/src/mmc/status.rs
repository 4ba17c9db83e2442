//! The card status of R1 (SD 4.10.1, JESD84-B51 6.13).
#![forbid(unsafe_code)]

/// Card status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct R1(pub u32);

impl R1 {
    /// The address or the range was outside the card.
    pub const OUT_OF_RANGE: u32 = 1 << 31;
    /// The card is locked by a password.
    pub const LOCKED: u32 = 1 << 25;
    /// The previous command is not legal in the card's state.
    pub const ILLEGAL_COMMAND: u32 = 1 << 22;
    /// eMMC: CMD6 was refused.
    pub const SWITCH_ERROR: u32 = 1 << 7;

    /// Every bit that says that something went wrong, without the lock and the switch error: out of
    /// range, address, block length, erase sequence, erase parameter, write protection, unlock, CRC,
    /// illegal command, ECC, controller, general, underrun, overrun, CSD, erase skipped.
    pub const ERRORS: u32 = 0xfdff_8000;

    /// The error bits that are set.
    pub const fn errors(self) -> u32 {
        self.0 & Self::ERRORS
    }

    /// The state the card was in when it received the command, 0 to 15.
    pub const fn state(self) -> u8 {
        ((self.0 >> 9) & 0xf) as u8
    }

    /// Whether the card is in transfer state and takes data: done with whatever it was doing.
    pub const fn is_ready(self) -> bool {
        self.state() == Self::TRANSFER && self.0 & 1 << 8 != 0
    }

    pub(super) const STANDBY: u8 = 3;
    pub(super) const TRANSFER: u8 = 4;
    pub(super) const SENDING: u8 = 5;
    pub(super) const RECEIVING: u8 = 6;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_the_bits_of_the_tables() {
        let bits = [31, 30, 29, 28, 27, 26, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15];
        let mask = bits.iter().fold(0, |mask, bit| mask | 1u32 << bit);
        assert_eq!(R1::ERRORS, mask);
        assert_eq!(R1::ERRORS & (R1::LOCKED | R1::SWITCH_ERROR), 0);
    }

    #[test]
    fn ready_is_transfer_state_with_room() {
        assert!(R1(0x900).is_ready());
        assert!(!R1(0x800).is_ready());
        assert!(!R1(0xf00).is_ready());
    }
}
