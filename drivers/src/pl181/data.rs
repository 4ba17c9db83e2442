//! The data path of the PL181 (DDI 0205: MCIDataTimer, MCIDataLength, MCIDataCtrl, MCIStatus,
//! MCIFIFO).
//!
//! The inner loops move eight words for each look at the status register; with a buffer aligned to four
//! bytes each word is one load and one store.
#![forbid(unsafe_code)]

use zerocopy::FromBytes;

use super::Pl181;
use super::regs::*;
use crate::clock::Clock;
use crate::mmc::{Command, Host, HostError, Response};
use crate::mmio::Registers;

/// Words in half a FIFO, and bytes.
const BURST: usize = 8;
const BURST_BYTES: usize = BURST * 4;

/// Refuses what the controller cannot count: blocks that are no power of two up to 2048, data that is
/// not whole blocks, words that are not whole.
fn check(block: u16, length: usize) -> Result<(), HostError> {
    let fits = block.is_power_of_two()
        && (4..=2048).contains(&block)
        && length != 0
        && length.is_multiple_of(usize::from(block));
    if fits { Ok(()) } else { Err(HostError::Unsupported) }
}

impl<R: Registers, C: Clock> Pl181<R, C> {
    /// A read: the data path listens before the command goes out, since the card may answer at once.
    pub(super) fn read_phases(
        &mut self,
        command: Command,
        block: u16,
        data: &mut [u8],
        timeout_us: u32,
    ) -> Result<Response, HostError> {
        check(block, data.len())?;
        let mut response = None;
        for piece in data.chunks_mut(phase(block)) {
            self.arm(block, piece.len(), FROM_CARD, timeout_us);
            if response.is_none() {
                let reply = self.command(command)?;
                if reply.word() & command.no_data_if != 0 {
                    self.abort();
                    return Ok(reply);
                }
                response = Some(reply);
            }
            self.drain(piece, timeout_us)?;
            self.finish(timeout_us)?;
        }
        response.ok_or(HostError::Unsupported)
    }

    /// A write: the card takes data after its response only.
    pub(super) fn write_phases(
        &mut self,
        command: Command,
        block: u16,
        data: &[u8],
        timeout_us: u32,
    ) -> Result<Response, HostError> {
        check(block, data.len())?;
        let response = self.command(command)?;
        if response.word() & command.no_data_if != 0 {
            return Ok(response);
        }
        for piece in data.chunks(phase(block)) {
            self.arm(block, piece.len(), 0, timeout_us);
            self.fill(piece, timeout_us)?;
            self.finish(timeout_us)?;
        }
        Ok(response)
    }

    /// Starts a data phase of `length` bytes.
    fn arm(&mut self, block: u16, length: usize, direction: u32, timeout_us: u32) {
        // The timer counts card clocks; the deadline of the polling loops stands behind it.
        let clocks = u64::from(timeout_us) * u64::from(self.card_hz) / 1_000_000;
        self.regs.write(CLEAR, STICKY);
        self.regs.write(DATA_TIMER, u32::try_from(clocks).unwrap_or(u32::MAX));
        self.regs.write(DATA_LENGTH, length as u32);
        let size = block.trailing_zeros() << BLOCK_SHIFT;
        self.write_slowly(DATA_CONTROL, DATA_ENABLE | direction | size);
    }

    /// Waits for the end of a data phase, and for what the controller thinks of it.
    fn finish(&mut self, timeout_us: u32) -> Result<(), HostError> {
        self.wait(DATA_END, timeout_us)?;
        data_error(self.regs.read(STATUS))
    }

    /// Waits until one of the bits of `wanted` is set.
    #[inline(always)]
    fn wait(&mut self, wanted: u32, timeout_us: u32) -> Result<(), HostError> {
        if self.regs.read(STATUS) & wanted != 0 {
            return Ok(());
        }
        self.wait_long(wanted, timeout_us)
    }

    #[cold]
    fn wait_long(&mut self, wanted: u32, timeout_us: u32) -> Result<(), HostError> {
        let mut deadline = self.deadline(u64::from(timeout_us));
        loop {
            let status = self.regs.read(STATUS);
            if status & wanted != 0 {
                return Ok(());
            }
            data_error(status)?;
            if deadline.passed(self.clock.now_us()) {
                return Err(HostError::DataTimeout);
            }
        }
    }

    /// Fetches `data` from the FIFO.
    fn drain(&mut self, data: &mut [u8], timeout_us: u32) -> Result<(), HostError> {
        if let Ok(words) = <[u32]>::mut_from_bytes(data) {
            let (bursts, rest) = words.as_chunks_mut::<BURST>();
            for burst in bursts {
                self.wait(RX_HALF_FULL, timeout_us)?;
                for (i, word) in burst.iter_mut().enumerate() {
                    *word = self.regs.read(FIFO + 4 * i).to_le();
                }
            }
            for word in rest {
                self.wait(RX_AVAILABLE, timeout_us)?;
                *word = self.regs.read(FIFO).to_le();
            }
            return Ok(());
        }
        let (bursts, rest) = data.as_chunks_mut::<BURST_BYTES>();
        for burst in bursts {
            self.wait(RX_HALF_FULL, timeout_us)?;
            for word in burst.as_chunks_mut::<4>().0 {
                *word = self.regs.read(FIFO).to_le_bytes();
            }
        }
        for word in rest.as_chunks_mut::<4>().0 {
            self.wait(RX_AVAILABLE, timeout_us)?;
            *word = self.regs.read(FIFO).to_le_bytes();
        }
        Ok(())
    }

    /// Puts `data` into the FIFO.
    fn fill(&mut self, data: &[u8], timeout_us: u32) -> Result<(), HostError> {
        if let Ok(words) = <[u32]>::ref_from_bytes(data) {
            let (bursts, rest) = words.as_chunks::<BURST>();
            for burst in bursts {
                self.wait(TX_HALF_EMPTY, timeout_us)?;
                for (i, word) in burst.iter().enumerate() {
                    self.regs.write(FIFO + 4 * i, u32::from_le(*word));
                }
            }
            for word in rest {
                self.room(timeout_us)?;
                self.regs.write(FIFO, u32::from_le(*word));
            }
            return Ok(());
        }
        let (bursts, rest) = data.as_chunks::<BURST_BYTES>();
        for burst in bursts {
            self.wait(TX_HALF_EMPTY, timeout_us)?;
            for word in burst.as_chunks::<4>().0 {
                self.regs.write(FIFO, u32::from_le_bytes(*word));
            }
        }
        for word in rest.as_chunks::<4>().0 {
            self.room(timeout_us)?;
            self.regs.write(FIFO, u32::from_le_bytes(*word));
        }
        Ok(())
    }

    /// Waits for room for one word.
    fn room(&mut self, timeout_us: u32) -> Result<(), HostError> {
        if self.regs.read(STATUS) & TX_FULL == 0 {
            return Ok(());
        }
        self.wait(TX_HALF_EMPTY, timeout_us)
    }
}

fn data_error(status: u32) -> Result<(), HostError> {
    match status & DATA_ERRORS {
        0 => Ok(()),
        bits if bits & DATA_TIMEOUT != 0 => Err(HostError::DataTimeout),
        bits if bits & OVERRUN != 0 => Err(HostError::Overrun),
        bits if bits & UNDERRUN != 0 => Err(HostError::Underrun),
        _ => Err(HostError::DataCrc),
    }
}
