//! A chip's side of the bus.

use oal_drivers::nand::bus::{BusFault, RawBus};

use super::bench::{Bench, Cycle};
use super::chip::{Output, RawChip};
use crate::nand::cells::Cells;
use crate::nand::violation::Violation;

impl<C: Cells, R: AsRef<[u8]> + AsMut<[u8]>, W: Bench> RawBus for RawChip<C, R, W> {
    fn command(&mut self, command: u8) -> Result<(), BusFault> {
        self.bench.cycles(Cycle::Command(command), 1)?;
        match command {
            0xff => {
                self.begin(command);
                self.pointer = 0;
                self.failed = false;
                self.give(Output::Nothing);
                self.bench.work(5);
            }
            0x70 => self.tell_status = true,
            _ if self.bench.is_busy() => self.bench.note(Violation::Command(command)),
            _ => self.obey(command)?,
        }
        Ok(())
    }

    fn address(&mut self, cycles: &[u8]) -> Result<(), BusFault> {
        self.bench.cycles(Cycle::Address, cycles.len())?;
        cycles.iter().for_each(|&cycle| self.address.push(cycle));
        let onfi = self.model.parameters.is_some();
        match (self.command, self.address.cycles()) {
            (0x90, [0x00]) => self.give(Output::Id),
            (0x90, [0x20]) if onfi => self.give(Output::Signature),
            (0x90, [_]) => self.give(Output::Unknown),
            (0xec, [0x00]) => {
                self.give(Output::Parameters);
                self.bench.work(self.model.times_us[0]);
            }
            (0x00, _) if self.model.small => self.load()?,
            (0x00 | 0x80 | 0x60, _) => {}
            _ => self.bench.note(Violation::Cycles),
        }
        Ok(())
    }

    fn write(&mut self, data: &[u8]) -> Result<(), BusFault> {
        self.bench.cycles(Cycle::In, data.len())?;
        let at = self.column() + self.received;
        let wanted = self.command == 0x80 || data.is_empty();
        let room = self.page().get_mut(at..).unwrap_or_default();
        if data.len() > room.len() || !wanted {
            self.bench.note(Violation::Cycles);
            return Ok(());
        }
        room[..data.len()].copy_from_slice(data);
        self.received += data.len();
        Ok(())
    }

    fn read(&mut self, data: &mut [u8]) -> Result<(), BusFault> {
        if self.tell_status {
            self.bench.cycles(Cycle::Out, data.len())?;
            data.fill(self.status());
            return Ok(());
        }
        let too_early = self.bench.is_busy();
        self.bench.cycles(Cycle::Out, data.len())?;
        let source = if too_early { &[] } else { self.source() };
        let given = source.len().min(data.len());
        let (filled, rest) = data.split_at_mut(given);
        filled.copy_from_slice(&source[..given]);
        self.position += given;
        if !rest.is_empty() {
            rest.fill(0xff);
            self.bench.note(Violation::Cycles);
        }
        Ok(())
    }

    fn ready(&mut self) -> Result<Option<bool>, BusFault> {
        self.bench.cycles(Cycle::Out, 0)?;
        Ok(self.has_pin.then(|| !self.bench.is_busy()))
    }
}
