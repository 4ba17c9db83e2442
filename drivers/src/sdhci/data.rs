//! Data by the buffer's port (SD Host Controller Simplified Specification 3.00, 3.7.2.1).
#![forbid(unsafe_code)]

use zerocopy::FromBytes;

use super::Sdhci;
use super::regs::*;
use crate::clock::Clock;
use crate::mmc::{Command, HostError, Response};
use crate::mmio::Registers;

/// The block's length and number, as the controller counts them: whole words in a block, at most 512 bytes,
/// which every controller's buffer holds (2.2.26), and 16 bits of blocks.
fn blocks(block: u16, length: usize) -> Result<u32, HostError> {
    let fits = (4..=512).contains(&block)
        && block.is_multiple_of(4)
        && length != 0
        && length.is_multiple_of(usize::from(block));
    let count = u16::try_from(length / usize::from(block.max(1))).map_err(|_| HostError::Unsupported)?;
    if fits { Ok(u32::from(count)) } else { Err(HostError::Unsupported) }
}

impl<R: Registers, C: Clock, D> Sdhci<R, C, D> {
    pub(super) fn read_blocks(
        &mut self,
        command: Command,
        block: u16,
        data: &mut [u8],
        timeout_us: u32,
    ) -> Result<Response, HostError> {
        let response = self.start(command, block, data.len(), FROM_CARD)?;
        if response.word() & command.no_data_if != 0 {
            self.recover();
            return Ok(response);
        }
        for piece in data.chunks_mut(usize::from(block)) {
            self.settled(READ_READY, timeout_us)?;
            if let Ok(words) = <[u32]>::mut_from_bytes(piece) {
                for word in words {
                    *word = self.regs.read(BUFFER).to_le();
                }
            } else {
                for word in piece.as_chunks_mut::<4>().0 {
                    *word = self.regs.read(BUFFER).to_le_bytes();
                }
            }
        }
        self.settled(TRANSFER_COMPLETE, timeout_us)?;
        Ok(response)
    }

    pub(super) fn write_blocks(
        &mut self,
        command: Command,
        block: u16,
        data: &[u8],
        timeout_us: u32,
    ) -> Result<Response, HostError> {
        let response = self.start(command, block, data.len(), 0)?;
        if response.word() & command.no_data_if != 0 {
            self.recover();
            return Ok(response);
        }
        for piece in data.chunks(usize::from(block)) {
            self.settled(WRITE_READY, timeout_us)?;
            if let Ok(words) = <[u32]>::ref_from_bytes(piece) {
                for word in words {
                    self.regs.write(BUFFER, u32::from_le(*word));
                }
            } else {
                for word in piece.as_chunks::<4>().0 {
                    self.regs.write(BUFFER, u32::from_le_bytes(*word));
                }
            }
        }
        self.settled(TRANSFER_COMPLETE, timeout_us)?;
        Ok(response)
    }

    /// Block Size, Block Count, then the command with its transfer mode, of which `mode` says direction and
    /// DMA.
    pub(super) fn start(
        &mut self,
        command: Command,
        block: u16,
        length: usize,
        mode: u32,
    ) -> Result<Response, HostError> {
        let count = blocks(block, length)?;
        let boundary = if mode & BY_DMA != 0 { BOUNDARY_512K } else { 0 };
        self.regs.write(BLOCK, count << 16 | boundary | u32::from(block));
        let many = if count > 1 { MULTI_BLOCK | COUNT_BLOCKS } else { 0 };
        self.send(command, WITH_DATA | mode | many)
    }

    /// Waits for a bit of the status and clears it.
    #[inline(always)]
    fn settled(&mut self, bit: u32, timeout_us: u32) -> Result<(), HostError> {
        if self.regs.read(STATUS) & (bit | DATA_ERRORS) != bit {
            self.ready(bit, timeout_us)?;
        }
        self.regs.write(STATUS, bit);
        Ok(())
    }

    /// Waits for one of the status's bits, and leaves it.
    #[cold]
    pub(super) fn ready(&mut self, bits: u32, timeout_us: u32) -> Result<(), HostError> {
        let mut deadline = self.deadline(u64::from(timeout_us));
        loop {
            let status = self.regs.read(STATUS);
            // A transfer that is complete has not timed out, whatever else the status says.
            let errors =
                status & if status & TRANSFER_COMPLETE != 0 { DATA_CRC | DATA_END } else { DATA_ERRORS };
            if errors & DATA_TIMEOUT != 0 {
                return Err(HostError::DataTimeout);
            }
            if errors != 0 {
                return Err(HostError::DataCrc);
            }
            if status & bits != 0 {
                return Ok(());
            }
            if deadline.passed(self.clock.now_us()) {
                return Err(HostError::DataTimeout);
            }
        }
    }
}
