//! Registers of the PL181 by the names of the PL181 TRM (DDI 0205, chapter 3).
#![forbid(unsafe_code)]

/// Bytes of registers.
pub(super) const POWER: usize = 0x00;
pub(super) const CLOCK: usize = 0x04;
pub(super) const ARGUMENT: usize = 0x08;
pub(super) const COMMAND: usize = 0x0c;
pub(super) const RESPONSE: usize = 0x14;
pub(super) const DATA_TIMER: usize = 0x24;
pub(super) const DATA_LENGTH: usize = 0x28;
pub(super) const DATA_CONTROL: usize = 0x2c;
pub(super) const STATUS: usize = 0x34;
pub(super) const CLEAR: usize = 0x38;
pub(super) const MASK0: usize = 0x3c;
pub(super) const MASK1: usize = 0x40;
/// Sixteen addresses of the same FIFO, so that a burst may increment.
pub(super) const FIFO: usize = 0x80;
pub(super) const FIFO_WORDS: usize = 16;

/// MCIPower.
pub(super) const POWER_UP: u32 = 2;
pub(super) const POWER_ON: u32 = 3;
pub(super) const OPEN_DRAIN: u32 = 1 << 6;

/// MCIClock.
pub(super) const CLOCK_ENABLE: u32 = 1 << 8;
pub(super) const CLOCK_BYPASS: u32 = 1 << 10;
pub(super) const WIDE_BUS: u32 = 1 << 11;

/// MCICommand.
pub(super) const EXPECT_RESPONSE: u32 = 1 << 6;
pub(super) const LONG_RESPONSE: u32 = 1 << 7;
pub(super) const SEND_COMMAND: u32 = 1 << 10;

/// MCIDataCtrl.
pub(super) const DATA_ENABLE: u32 = 1;
pub(super) const FROM_CARD: u32 = 1 << 1;
pub(super) const BLOCK_SHIFT: u32 = 4;

/// MCIStatus. The first eleven bits stay until they are cleared.
pub(super) const COMMAND_CRC: u32 = 1;
pub(super) const DATA_CRC: u32 = 1 << 1;
pub(super) const COMMAND_TIMEOUT: u32 = 1 << 2;
pub(super) const DATA_TIMEOUT: u32 = 1 << 3;
pub(super) const UNDERRUN: u32 = 1 << 4;
pub(super) const OVERRUN: u32 = 1 << 5;
pub(super) const RESPONSE_END: u32 = 1 << 6;
pub(super) const COMMAND_SENT: u32 = 1 << 7;
pub(super) const DATA_END: u32 = 1 << 8;
pub(super) const START_BIT: u32 = 1 << 9;
pub(super) const TX_HALF_EMPTY: u32 = 1 << 14;
pub(super) const RX_HALF_FULL: u32 = 1 << 15;
pub(super) const TX_FULL: u32 = 1 << 16;
pub(super) const RX_AVAILABLE: u32 = 1 << 21;
/// Every bit that MCIClear clears.
pub(super) const STICKY: u32 = 0x7ff;
pub(super) const DATA_ERRORS: u32 = DATA_CRC | DATA_TIMEOUT | UNDERRUN | OVERRUN | START_BIT;

/// Most bytes in one data phase: whole blocks within the 16 bits of MCIDataLength.
pub(super) const fn phase(block: u16) -> usize {
    let block = if block == 0 { 1 } else { block as usize };
    0xffff / block * block
}
