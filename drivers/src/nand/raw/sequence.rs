//! The command sequences of a raw chip.
#![forbid(unsafe_code)]

use embedded_hal::delay::DelayNs;

use super::wire::{Polled, READ};
use super::{Area, RawNand};
use crate::nand::bus::RawBus;
use crate::nand::chip::CommandSet;
use crate::nand::error::{Error, Wait};

const READ_CONFIRM: u8 = 0x30;
/// Small pages: points to the spare area.
const POINT_SPARE: u8 = 0x50;
const PROGRAM: u8 = 0x80;
const PROGRAM_CONFIRM: u8 = 0x10;
const ERASE: u8 = 0x60;
const ERASE_CONFIRM: u8 = 0xd0;

impl<B: RawBus, D: DelayNs> RawNand<B, D> {
    /// Runs `sequence` on a chip that is idle.
    ///
    /// If the bus failed in the sequence before, the chip may still be busy, and ignore commands: it is reset
    /// first.
    pub(super) fn settled<T>(
        &mut self,
        sequence: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.unsettled {
            self.wire.reset()?;
        }
        let result = sequence(self);
        self.unsettled = matches!(result, Err(Error::Bus));
        result
    }

    /// Reads a page from `area` on into `first` and then `second`.
    pub(super) fn load(
        &mut self,
        block: u32,
        page: u32,
        area: Area,
        first: &mut [u8],
        second: &mut [u8],
    ) -> Result<(), Error> {
        let (pointer, column) = self.place(area);
        let (address, cycles) = self.chip.address(column, self.chip.row(block, page));
        self.wire.bus.command(pointer)?;
        self.wire.bus.address(&address[..cycles])?;
        if self.chip.commands == CommandSet::LargePage {
            self.wire.bus.command(READ_CONFIRM)?;
        }
        if self.wire.wait(Wait::Read, self.chip.times.read_us)? == Polled::Status {
            self.wire.bus.command(pointer)?;
        }
        self.wire.turn();
        self.wire.bus.read(first)?;
        self.wire.bus.read(second)?;
        Ok(())
    }

    /// Programs `first` and then `second` into a page from `area` on.
    pub(super) fn store(
        &mut self,
        block: u32,
        page: u32,
        area: Area,
        first: &[u8],
        second: &[u8],
    ) -> Result<(), Error> {
        self.refuse_protected()?;
        let (pointer, column) = self.place(area);
        let (address, cycles) = self.chip.address(column, self.chip.row(block, page));
        if self.chip.commands == CommandSet::SmallPage {
            self.wire.bus.command(pointer)?;
        }
        self.wire.bus.command(PROGRAM)?;
        self.wire.bus.address(&address[..cycles])?;
        self.wire.turn();
        self.wire.bus.write(first)?;
        self.wire.bus.write(second)?;
        self.wire.bus.command(PROGRAM_CONFIRM)?;
        self.wire.wait(Wait::Program, self.chip.times.program_us)?;
        if self.wire.status()?.failed() { Err(Error::ProgramFailed) } else { Ok(()) }
    }

    pub(super) fn erase(&mut self, block: u32) -> Result<(), Error> {
        self.refuse_protected()?;
        let (address, cycles) = self.chip.row_address(self.chip.row(block, 0));
        self.wire.bus.command(ERASE)?;
        self.wire.bus.address(&address[..cycles])?;
        self.wire.bus.command(ERASE_CONFIRM)?;
        self.wire.wait(Wait::Erase, self.chip.times.erase_us)?;
        if self.wire.status()?.failed() { Err(Error::EraseFailed) } else { Ok(()) }
    }

    /// The command and the column that lead to an area.
    fn place(&self, area: Area) -> (u8, usize) {
        match (area, self.chip.commands) {
            (Area::Data, _) => (READ, 0),
            (Area::Spare(offset), CommandSet::SmallPage) => (POINT_SPARE, offset),
            (Area::Spare(offset), CommandSet::LargePage) => (READ, self.chip.geometry.page_bytes + offset),
        }
    }

    fn refuse_protected(&mut self) -> Result<(), Error> {
        if self.wire.status()?.protected() { Err(Error::WriteProtected) } else { Ok(()) }
    }
}
