//! Commands of the Intel and Sharp command sets, and the status that they leave.
//!
//! Reference: Intel StrataFlash P30 and J3 data sheets, "Command Definitions", "Status Register" and the
//! flowcharts named at each sequence.
#![forbid(unsafe_code)]

use embedded_hal::delay::DelayNs;

use super::bus::Bus;
use super::error::{Error, Wait};
use super::{Cfi, READ_ARRAY};

const READ_ID: u16 = 0x90;
const READ_STATUS: u16 = 0x70;
const CLEAR_STATUS: u16 = 0x50;
const PROGRAM: u16 = 0x40;
const PROGRAM_BUFFER: u16 = 0xe8;
const ERASE: u16 = 0x20;
const LOCK_SETUP: u16 = 0x60;
const CONFIRM: u16 = 0xd0;

const READY: u16 = 1 << 7;
const ERASE_ERROR: u16 = 1 << 5;
const PROGRAM_ERROR: u16 = 1 << 4;
const VPP_LOW: u16 = 1 << 3;
const LOCKED: u16 = 1 << 1;

/// The place of a block's lock state in the identifier space, in words from the block's first; bit 0 is
/// "locked".
const LOCK_STATE: usize = 2;
/// Longest waits for what CFI tells no time of, in microseconds.
const UNLOCK_US: u32 = 1_000;
const RECOVER_US: u32 = 1_000;

impl<B: Bus, D: DelayNs> Cfi<B, D> {
    /// Bytes of a word of the bus: a constant, so that nothing divides by what a chip says.
    pub(super) const WORD_BYTES: usize = 2 * B::LANES as usize;

    /// The same 16 bits for every lane.
    const fn all(value: u16) -> u32 {
        if B::LANES == 2 { value as u32 * 0x0001_0001 } else { value as u32 }
    }

    /// Gives a command to every lane.
    pub(super) fn command(&mut self, word: usize, command: u16) {
        self.bus.write(word, Self::all(command));
    }

    /// Waits until every lane is ready, and gives what their status registers say together.
    fn wait(&mut self, word: usize, limit_us: u32, what: Wait) -> Result<u16, Error> {
        for _ in 0..=limit_us {
            let status = self.bus.read(word);
            if status & Self::all(READY) == Self::all(READY) {
                return Ok((status | status >> 16) as u16);
            }
            self.delay.delay_us(1);
        }
        self.busy = Some((word, what));
        Err(Error::Timeout { what })
    }

    /// Waits, and judges the status.
    fn wait_and_judge(&mut self, word: usize, limit_us: u32, what: Wait) -> Result<(), Error> {
        judge(self.wait(word, limit_us, what)?)
    }

    /// Waits once more for what was too slow before.
    pub(super) fn recover(&mut self) -> Result<(), Error> {
        let Some((word, what)) = self.busy else { return Ok(()) };
        self.wait(word, RECOVER_US, what)?;
        self.busy = None;
        if what == Wait::Buffer {
            // Every lane has its buffer now and waits for a count: one word of ones, not confirmed, is nothing.
            self.command(word, 0);
            self.command(word, u16::MAX);
            self.command(word, READ_ARRAY);
        }
        self.show_array(word, true);
        Ok(())
    }

    /// Has the chips show their array again, unless they are still busy. `clear`: after a failure, whose
    /// status bits stay until they are cleared.
    pub(super) fn show_array(&mut self, word: usize, clear: bool) {
        if self.busy.is_none() {
            if clear {
                self.command(word, CLEAR_STATUS);
            }
            self.command(word, READ_ARRAY);
        }
    }

    /// "Block Lock Operations Flowchart": unlocks a block if it is locked, where locks are such that power-on
    /// sets them.
    pub(super) fn unlock(&mut self, block: usize) -> Result<(), Error> {
        if !self.query.unlocks || !self.is_locked(block) {
            return Ok(());
        }
        self.command(block, LOCK_SETUP);
        self.command(block, CONFIRM);
        self.command(block, READ_STATUS);
        self.wait_and_judge(block, UNLOCK_US, Wait::Unlock)?;
        if self.is_locked(block) { Err(Error::Locked) } else { Ok(()) }
    }

    fn is_locked(&mut self, block: usize) -> bool {
        self.command(block, READ_ID);
        self.bus.read(block + LOCK_STATE) & Self::all(1) != 0
    }

    /// "Block Erase Flowchart".
    pub(super) fn erase_block(&mut self, block: usize) -> Result<(), Error> {
        self.command(block, ERASE);
        self.command(block, CONFIRM);
        self.wait_and_judge(block, self.query.limits.erase_us, Wait::Erase)
    }

    /// "Word Program Flowchart".
    pub(super) fn program_word(&mut self, word: usize, data: &[u8]) -> Result<(), Error> {
        self.command(word, PROGRAM);
        self.bus.write(word, value(data));
        self.wait_and_judge(word, self.query.limits.program_us, Wait::Program)
    }

    /// "Write to Buffer Flowchart": up to the buffer's size, within its boundaries.
    pub(super) fn program_buffer(&mut self, word: usize, data: &[u8]) -> Result<(), Error> {
        // Asked for once: a second time would be the count to a lane whose buffer was free at once.
        self.command(word, PROGRAM_BUFFER);
        self.wait(word, self.query.limits.buffer_us, Wait::Buffer)?;
        let count = (data.len() / Self::WORD_BYTES).saturating_sub(1) as u16;
        self.command(word, count);
        for (i, data) in data.chunks_exact(Self::WORD_BYTES).enumerate() {
            self.bus.write(word + i, value(data));
        }
        self.command(word, CONFIRM);
        self.wait_and_judge(word, self.query.limits.buffer_us, Wait::Program)
    }
}

/// A word of the bus, whose first byte is the lowest.
fn value(data: &[u8]) -> u32 {
    data.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte))
}

/// "Status Register": what went wrong. One lane's failure is everybody's.
fn judge(status: u16) -> Result<(), Error> {
    Err(if status & LOCKED != 0 {
        Error::Locked
    } else if status & VPP_LOW != 0 {
        Error::VppLow
    } else {
        match (status & ERASE_ERROR != 0, status & PROGRAM_ERROR != 0) {
            (true, true) => Error::BadSequence,
            (true, false) => Error::EraseFailed,
            (false, true) => Error::ProgramFailed,
            (false, false) => return Ok(()),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_status_says() {
        for (status, said) in [
            (0x80, Ok(())),
            (0x84, Ok(())),
            (0x90, Err(Error::ProgramFailed)),
            (0xa0, Err(Error::EraseFailed)),
            (0xb0, Err(Error::BadSequence)),
            (0x98, Err(Error::VppLow)),
            (0xa8, Err(Error::VppLow)),
            (0x92, Err(Error::Locked)),
            (0xa2, Err(Error::Locked)),
        ] {
            assert_eq!(judge(status), said, "{status:#x}");
        }
    }

    #[test]
    fn words_are_little_endian() {
        assert_eq!((value(&[0x34, 0x12]), value(&[0x78, 0x56, 0x34, 0x12])), (0x1234, 0x1234_5678));
    }
}
