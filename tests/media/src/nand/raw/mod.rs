//! [`RawChip`]: a parallel NAND chip at the level of its bus.

mod cells;
mod model;

use alloc::vec;
use alloc::vec::Vec;

use oal_parts::nand::bus::{BusFault, RawBus};

pub use model::{Model, parameter_page, seal};

use super::array::Array;
use super::fault::Violation;
use super::time::Time;

/// Cycles on the bus so far, and the time the chip was busy by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BusCounters {
    /// Command cycles.
    pub commands: u64,
    /// Address cycles.
    pub addresses: u64,
    /// Bytes to the chip.
    pub bytes_in: u64,
    /// Bytes from the chip.
    pub bytes_out: u64,
    /// Nanoseconds in which the chip read, programmed or erased.
    pub busy_ns: u64,
}

/// Time of one cycle (tRC, tWC).
const CYCLE_NS: u64 = 25;

/// What data output cycles give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Output {
    Nothing,
    Status,
    Register,
}

/// A chip that follows its data sheet and notes whoever does not.
#[derive(Debug)]
pub struct RawChip {
    model: Model,
    /// The cells.
    pub array: Array,
    time: Time,
    busy_until: u64,
    command: u8,
    address: Vec<u8>,
    /// Small pages: what the pointer command adds to the column.
    pointer: usize,
    /// The page register, or an id, or the parameter pages.
    register: Vec<u8>,
    position: usize,
    program: Vec<u8>,
    output: Output,
    failed: bool,
    counters: BusCounters,
    violations: Vec<Violation>,
    /// Every command so far.
    pub commands: Vec<u8>,
    /// Whether WP# is low.
    pub protected: bool,
    /// Whether the chip stays busy for ever once it is.
    pub stuck: bool,
    stuck_after: Option<u8>,
    /// The bus fails from this command on.
    pub break_after: Option<u8>,
    /// Whether R/B# is connected.
    pub has_pin: bool,
    /// Whether the bus fails from now on.
    pub broken: bool,
}

impl RawChip {
    /// A fresh chip of a kind, in `time`.
    pub fn new(model: Model, time: Time) -> Self {
        let array = Array::new(model.geometry, model.programs_per_page);
        Self {
            model,
            array,
            time,
            busy_until: 0,
            command: 0xff,
            address: Vec::new(),
            pointer: 0,
            register: Vec::new(),
            position: 0,
            program: Vec::new(),
            output: Output::Nothing,
            failed: false,
            counters: BusCounters::default(),
            violations: Vec::new(),
            commands: Vec::new(),
            protected: false,
            stuck: false,
            stuck_after: None,
            break_after: None,
            has_pin: false,
            broken: false,
        }
    }

    /// Cycles so far.
    pub const fn counters(&self) -> BusCounters {
        self.counters
    }

    /// All rules broken so far, on the bus and in the cells.
    pub fn violations(&self) -> Vec<Violation> {
        [self.violations.as_slice(), self.array.violations()].concat()
    }

    /// The chip stays busy for ever once it has got this command.
    pub fn stuck_after(&mut self, command: u8) {
        self.stuck_after = Some(command);
    }

    fn is_busy(&self) -> bool {
        self.stuck && self.busy_until > 0 || self.time.now_ns() < self.busy_until
    }

    fn work(&mut self, us: u64) {
        self.counters.busy_ns += 1000 * us;
        self.busy_until = self.time.now_ns() + 1000 * us;
    }

    fn cycle(&mut self) -> Result<(), BusFault> {
        self.time.advance(CYCLE_NS);
        if self.broken { Err(BusFault) } else { Ok(()) }
    }

    fn give(&mut self, bytes: Vec<u8>) {
        self.register = bytes;
        self.position = 0;
        self.output = Output::Register;
    }

    fn begin(&mut self, command: u8) {
        self.command = command;
        self.address.clear();
        self.program.clear();
    }

    fn obey(&mut self, command: u8) {
        match (command, self.command, self.model.small) {
            (0x00, ..) | (0x01 | 0x50, _, true) => {
                self.pointer = usize::from(command & 1) << 8 | usize::from(command == 0x50) << 9;
                self.begin(0x00);
                // Without an address to follow this means: go on with the data.
                self.output = Output::Register;
            }
            (0x30, 0x00, false) => self.load(),
            (0x80 | 0x60 | 0x90, ..) => self.begin(command),
            (0xec, ..) if !self.model.parameters.is_empty() => self.begin(command),
            (0x10, 0x80, _) => self.store(),
            (0xd0, 0x60, _) => self.erase(),
            _ => return self.violations.push(Violation::Command(command)),
        }
        if matches!(command, 0x30 | 0x10 | 0xd0) {
            self.command = 0xff;
        }
    }
}

impl RawBus for RawChip {
    fn command(&mut self, command: u8) -> Result<(), BusFault> {
        self.cycle()?;
        self.counters.commands += 1;
        self.commands.push(command);
        self.stuck |= self.stuck_after == Some(command);
        self.broken |= self.break_after.take_if(|at| *at == command).is_some();
        match command {
            0xff => {
                self.begin(command);
                self.pointer = 0;
                self.failed = false;
                self.output = Output::Nothing;
                self.work(5);
            }
            0x70 => self.output = Output::Status,
            _ if self.is_busy() => self.violations.push(Violation::Command(command)),
            _ => self.obey(command),
        }
        Ok(())
    }

    fn address(&mut self, cycles: &[u8]) -> Result<(), BusFault> {
        for &byte in cycles {
            self.cycle()?;
            self.counters.addresses += 1;
            self.address.push(byte);
        }
        match (self.command, self.address.as_slice()) {
            (0x90, [0x00]) => self.give(self.model.id.to_vec()),
            (0x90, [0x20]) if !self.model.parameters.is_empty() => self.give(b"ONFI".to_vec()),
            (0x90, [_]) => self.give(vec![0xff; 5]),
            (0xec, [0x00]) => {
                self.give(self.model.parameters.clone());
                self.work(self.model.times_us[0]);
            }
            (0x00, _) if self.model.small => self.load(),
            (0x00 | 0x80 | 0x60, _) => {}
            _ => self.violations.push(Violation::Cycles),
        }
        Ok(())
    }

    fn write(&mut self, data: &[u8]) -> Result<(), BusFault> {
        if self.command != 0x80 && !data.is_empty() {
            self.violations.push(Violation::Cycles);
        }
        for &byte in data {
            self.cycle()?;
            self.counters.bytes_in += 1;
            self.program.push(byte);
        }
        Ok(())
    }

    fn read(&mut self, data: &mut [u8]) -> Result<(), BusFault> {
        for byte in data {
            self.cycle()?;
            self.counters.bytes_out += 1;
            *byte = match self.output {
                Output::Status => {
                    let ready = if self.is_busy() { 0 } else { 0x60 };
                    ready | u8::from(self.failed) | u8::from(!self.protected) << 7
                }
                Output::Register if !self.is_busy() && self.position < self.register.len() => {
                    self.position += 1;
                    self.register[self.position - 1]
                }
                _ => {
                    self.violations.push(Violation::Cycles);
                    0xff
                }
            };
        }
        Ok(())
    }

    fn ready(&mut self) -> Result<Option<bool>, BusFault> {
        if self.broken {
            return Err(BusFault);
        }
        Ok(self.has_pin.then(|| !self.is_busy()))
    }
}
