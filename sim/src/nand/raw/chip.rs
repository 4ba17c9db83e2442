//! [`RawChip`]: the chip.

use oal_drivers::nand::bus::BusFault;
use oal_drivers::nand::onfi;

use super::address::Address;
use super::bench::Bench;
use super::model::Model;
use crate::nand::cells::{CellError, Cells};
use crate::nand::violation::Violation;

/// What data output cycles give, unless it is the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Output {
    Nothing,
    /// The page register.
    Page,
    Id,
    Signature,
    /// As many bytes as a chip gives at an address where it has no id.
    Unknown,
    Parameters,
}

/// A chip that follows its data sheet, and notes whoever does not.
///
/// | parameter | what it is | in tests | in firmware |
/// |---|---|---|---|
/// | `C` | the [`Cells`]: all that outlives a power cut | `Array` | in a NOR flash |
/// | `R` | the page register: bytes as many as a page has, spare area included | `Vec<u8>` | `[u8; 2112]` |
/// | `W` | the [`Bench`] | `TestBench` | `()` |
///
/// Reading and programming go through the page register. At power-on a chip is made anew over the same cells;
/// nothing that it held counts, and a driver resets it anyway.
#[derive(Clone, Debug)]
pub struct RawChip<C, R, W> {
    pub(super) model: Model,
    /// The cells.
    pub array: C,
    register: R,
    /// What it lies on.
    pub bench: W,
    pub(super) command: u8,
    pub(super) address: Address,
    /// Small pages: what the pointer command adds to the column.
    pub(super) pointer: usize,
    pub(super) output: Output,
    /// The next byte of the output.
    pub(super) position: usize,
    /// Whether data output cycles give the status.
    pub(super) tell_status: bool,
    /// Bytes to program that have come in since the address.
    pub(super) received: usize,
    pub(super) failed: bool,
    /// Whether WP# is low.
    pub protected: bool,
    /// Whether R/B# is connected.
    pub has_pin: bool,
}

impl<C: Cells, R: AsRef<[u8]> + AsMut<[u8]>, W: Bench> RawChip<C, R, W> {
    /// A chip of a kind that is powered on: `array` are its cells, and `register` has room for a page and its
    /// spare area.
    pub const fn over(model: Model, array: C, register: R, bench: W) -> Self {
        Self {
            model,
            array,
            register,
            bench,
            command: 0xff,
            address: Address::NONE,
            pointer: 0,
            output: Output::Nothing,
            position: 0,
            tell_status: false,
            received: 0,
            failed: false,
            protected: false,
            has_pin: false,
        }
    }

    /// The page register; shorter than it should be only if it was made so.
    pub(super) fn page(&mut self) -> &mut [u8] {
        let page = self.model.geometry.page_bytes + self.model.geometry.spare_bytes;
        let register = self.register.as_mut();
        let len = page.min(register.len());
        &mut register[..len]
    }

    pub(super) fn give(&mut self, output: Output) {
        (self.output, self.position, self.tell_status) = (output, 0, false);
    }

    pub(super) fn begin(&mut self, command: u8) {
        self.command = command;
        self.address = Address::NONE;
        self.received = 0;
        if command == 0x80 {
            self.page().fill(0xff);
            self.output = Output::Nothing;
        }
    }

    pub(super) fn obey(&mut self, command: u8) -> Result<(), BusFault> {
        match (command, self.command, self.model.small) {
            (0x00, ..) | (0x01 | 0x50, _, true) => {
                self.pointer = usize::from(command & 1) << 8 | usize::from(command == 0x50) << 9;
                self.begin(0x00);
                // Without an address to follow this means: go on with the data.
                self.tell_status = false;
            }
            (0x30, 0x00, false) => self.load()?,
            (0x80 | 0x60 | 0x90, ..) => self.begin(command),
            (0xec, ..) if self.model.parameters.is_some() => self.begin(command),
            (0x10, 0x80, _) => self.store()?,
            (0xd0, 0x60, _) => self.erase()?,
            _ => {
                self.bench.note(Violation::Command(command));
                return Ok(());
            }
        }
        if matches!(command, 0x30 | 0x10 | 0xd0) {
            self.command = 0xff;
        }
        Ok(())
    }

    /// Block and page of the row behind so many column cycles.
    fn target(&mut self, columns: usize) -> Option<(u32, u32)> {
        let target = self.address.row(columns, &self.model);
        target.map_err(|violation| self.bench.note(violation)).ok()
    }

    pub(super) fn column(&self) -> usize {
        self.pointer + self.address.column(self.model.small)
    }

    pub(super) fn load(&mut self) -> Result<(), BusFault> {
        let Some((block, page)) = self.target(self.model.cycles.0) else { return Ok(()) };
        let column = self.column();
        let len = self.page().len();
        let register = &mut self.register.as_mut()[..len];
        self.array.read(block, page, register).map_err(|_| BusFault)?;
        self.give(Output::Page);
        self.position = column;
        self.bench.work(self.model.times_us[0]);
        Ok(())
    }

    fn store(&mut self) -> Result<(), BusFault> {
        let Some((block, page)) = self.target(self.model.cycles.0) else { return Ok(()) };
        let column = self.column();
        let end = column.saturating_add(self.received);
        if !self.protected {
            let len = self.page().len();
            let bytes = self.register.as_ref().get(column..end.min(len)).unwrap_or_default();
            self.failed = failed(self.array.program(block, page, column, bytes))?;
            self.bench.work(self.model.times_us[1]);
        }
        if self.pointer == 256 {
            self.pointer = 0;
        }
        Ok(())
    }

    fn erase(&mut self) -> Result<(), BusFault> {
        let Some((block, _)) = self.target(0) else { return Ok(()) };
        if !self.protected {
            self.failed = failed(self.array.erase(block))?;
            self.bench.work(self.model.times_us[2]);
        }
        Ok(())
    }

    /// Bytes of the output from `position` on.
    pub(super) fn source(&self) -> &[u8] {
        let page = self.model.geometry.page_bytes + self.model.geometry.spare_bytes;
        let register = self.register.as_ref();
        let all = match self.output {
            Output::Nothing => &[],
            Output::Page => &register[..page.min(register.len())],
            Output::Id => self.model.id.as_slice(),
            Output::Signature => onfi::SIGNATURE.as_slice(),
            Output::Unknown => [0xff; 5].as_slice(),
            Output::Parameters => {
                self.model.parameters.as_ref().map_or(&[][..], |copies| copies.as_flattened())
            }
        };
        all.get(self.position..).unwrap_or_default()
    }

    pub(super) fn status(&self) -> u8 {
        let ready = if self.bench.is_busy() { 0 } else { 0x60 };
        ready | u8::from(self.failed) | u8::from(!self.protected) << 7
    }
}

/// Whether the chip reports a failure.
fn failed<E>(result: Result<(), CellError<E>>) -> Result<bool, BusFault> {
    match result {
        Ok(()) => Ok(false),
        Err(CellError::Failed) => Ok(true),
        Err(CellError::Lost(_)) => Err(BusFault),
    }
}
