//! Registers of an SD host controller by the names of the SD Host Controller Simplified Specification 3.00,
//! section 2.2. Narrower registers that share a word are read and written together.
#![forbid(unsafe_code)]

/// SDMA System Address; writing it lets a transfer go on that stopped at a boundary (2.2.1).
pub(super) const SYSTEM_ADDRESS: usize = 0x00;
/// Block Size in the low half, Block Count in the high half (2.2.2, 2.2.3).
pub(super) const BLOCK: usize = 0x04;
pub(super) const ARGUMENT: usize = 0x08;
/// Transfer Mode in the low half, Command in the high half; writing the latter sends (2.2.5, 2.2.6).
pub(super) const COMMAND: usize = 0x0c;
pub(super) const RESPONSE: usize = 0x10;
/// Buffer Data Port (2.2.8).
pub(super) const BUFFER: usize = 0x20;
/// Present State (2.2.9).
pub(super) const PRESENT: usize = 0x24;
/// Host Control 1, Power Control, Block Gap Control, Wakeup Control (2.2.10 to 2.2.13).
pub(super) const HOST: usize = 0x28;
/// Clock Control in the low half, then Timeout Control, Software Reset (2.2.14 to 2.2.16).
pub(super) const CLOCK: usize = 0x2c;
/// Normal Interrupt Status in the low half, Error Interrupt Status in the high half (2.2.17, 2.2.18).
pub(super) const STATUS: usize = 0x30;
/// The bits of [`STATUS`] that are ever set (2.2.19, 2.2.20), and those that raise an interrupt (2.2.21,
/// 2.2.22).
pub(super) const STATUS_ENABLE: usize = 0x34;
pub(super) const SIGNAL_ENABLE: usize = 0x38;
/// Capabilities, low word (2.2.26).
pub(super) const CAPABILITIES: usize = 0x40;
/// Slot Interrupt Status in the low half, Host Controller Version in the high half (2.2.37, 2.2.38).
pub(super) const VERSION: usize = 0xfc;

/// Host SDMA Buffer Boundary, in Block Size: 512 KiB (2.2.2).
pub(super) const BOUNDARY_512K: u32 = 7 << 12;

/// Capabilities: SDMA (2.2.26).
pub(super) const HAS_SDMA: u32 = 1 << 22;

/// Transfer Mode.
pub(super) const BY_DMA: u32 = 1;
pub(super) const COUNT_BLOCKS: u32 = 1 << 1;
pub(super) const FROM_CARD: u32 = 1 << 4;
pub(super) const MULTI_BLOCK: u32 = 1 << 5;

/// Command.
pub(super) const LONG: u32 = 1 << 16;
pub(super) const SHORT: u32 = 2 << 16;
pub(super) const SHORT_BUSY: u32 = 3 << 16;
pub(super) const CHECK_CRC: u32 = 1 << 19;
pub(super) const CHECK_INDEX: u32 = 1 << 20;
pub(super) const WITH_DATA: u32 = 1 << 21;
pub(super) const ABORT: u32 = 3 << 22;
pub(super) const INDEX_SHIFT: u32 = 24;

/// Present State.
pub(super) const COMMAND_INHIBIT: u32 = 1;
pub(super) const DATA_INHIBIT: u32 = 1 << 1;
pub(super) const CARD_INSERTED: u32 = 1 << 16;

/// Host Control 1 and Power Control.
pub(super) const FOUR_LINES: u32 = 1 << 1;
pub(super) const HIGH_SPEED: u32 = 1 << 2;
pub(super) const EIGHT_LINES: u32 = 1 << 5;
pub(super) const BUS_POWER: u32 = 1 << 8;
pub(super) const VOLTAGE_SHIFT: u32 = 9;

/// Clock Control, Timeout Control, Software Reset.
pub(super) const INTERNAL_ENABLE: u32 = 1;
pub(super) const INTERNAL_STABLE: u32 = 1 << 1;
pub(super) const CARD_ENABLE: u32 = 1 << 2;
/// The longest data time-out: 2^27 cycles of its clock.
pub(super) const LONGEST_TIMEOUT: u32 = 0xe << 16;
pub(super) const RESET_ALL: u32 = 1 << 24;
pub(super) const RESET_COMMAND: u32 = 1 << 25;
pub(super) const RESET_DATA: u32 = 1 << 26;

/// Interrupt status.
pub(super) const COMMAND_COMPLETE: u32 = 1;
pub(super) const TRANSFER_COMPLETE: u32 = 1 << 1;
/// A transfer by SDMA stopped at a boundary.
pub(super) const DMA_BOUNDARY: u32 = 1 << 3;
pub(super) const WRITE_READY: u32 = 1 << 4;
pub(super) const READ_READY: u32 = 1 << 5;
pub(super) const COMMAND_TIMEOUT: u32 = 1 << 16;
pub(super) const COMMAND_CRC: u32 = 1 << 17;
pub(super) const COMMAND_END: u32 = 1 << 18;
pub(super) const COMMAND_INDEX: u32 = 1 << 19;
pub(super) const DATA_TIMEOUT: u32 = 1 << 20;
pub(super) const DATA_CRC: u32 = 1 << 21;
pub(super) const DATA_END: u32 = 1 << 22;
pub(super) const COMMAND_ERRORS: u32 = COMMAND_TIMEOUT | COMMAND_CRC | COMMAND_END | COMMAND_INDEX;
pub(super) const DATA_ERRORS: u32 = DATA_TIMEOUT | DATA_CRC | DATA_END;
/// All that this driver looks at. The bits for cards that come and go stay off.
pub(super) const WATCHED: u32 = COMMAND_COMPLETE
    | TRANSFER_COMPLETE
    | DMA_BOUNDARY
    | WRITE_READY
    | READ_READY
    | COMMAND_ERRORS
    | DATA_ERRORS;
