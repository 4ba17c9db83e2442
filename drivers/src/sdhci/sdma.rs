//! Data by SDMA (SD Host Controller Simplified Specification 3.00, 1.4 and 3.7.2.2): the controller writes
//! blocks to memory itself, and the CPU is free meanwhile.
#![forbid(unsafe_code)]

use super::Sdhci;
use super::regs::*;
use crate::clock::Clock;
use crate::mmc::{Command, HostError, Response};
use crate::mmio::Registers;

/// Bytes between two addresses at which the controller stops and waits for a command to go on: the most that
/// it can be set to (2.2.2, Host SDMA Buffer Boundary).
const BOUNDARY: usize = 512 << 10;

impl<R: Registers, C: Clock, D> Sdhci<R, C, D> {
    /// Sends a command, calls `meanwhile` while `length` bytes come to `address`, and waits for the rest of
    /// them. On return the controller has ended, or was reset: it writes to no memory.
    pub(super) fn read_by_sdma(
        &mut self,
        command: Command,
        block: u16,
        address: u32,
        length: usize,
        timeout_us: u32,
        meanwhile: &mut dyn FnMut(),
    ) -> Result<Response, HostError> {
        // No blocks left over from a transfer that was called off: the address would be the word for it to go on.
        self.regs.write(BLOCK, 0);
        self.regs.write(SYSTEM_ADDRESS, address);
        let started = self.start(command, block, length, FROM_CARD | BY_DMA);
        let (result, has_ended) = match started {
            Ok(response) if response.word() & command.no_data_if == 0 => {
                meanwhile();
                let arrived = self.arrived(length, timeout_us);
                (arrived.map(|()| response), arrived.is_ok())
            }
            // Refused by the card, or not answered.
            result => (result, false),
        };
        if !has_ended {
            self.recover();
        }
        result
    }

    /// Waits until all data is in memory. At each boundary the controller is commanded to go on: it wants the
    /// address of what comes next, and has it in the register already (2.2.1).
    fn arrived(&mut self, length: usize, timeout_us: u32) -> Result<(), HostError> {
        // One more than fits, since the buffer may begin right before a boundary, and one for the end.
        for _ in 0..length / BOUNDARY + 2 {
            self.ready(TRANSFER_COMPLETE | DMA_BOUNDARY, timeout_us)?;
            let status = self.regs.read(STATUS);
            self.regs.write(STATUS, status & (TRANSFER_COMPLETE | DMA_BOUNDARY));
            if status & TRANSFER_COMPLETE != 0 {
                return Ok(());
            }
            let next = self.regs.read(SYSTEM_ADDRESS);
            self.regs.write(SYSTEM_ADDRESS, next);
        }
        Err(HostError::Stuck)
    }
}
