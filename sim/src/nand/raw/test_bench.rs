//! [`TestBench`]: the bench of the host tests.

use alloc::vec;
use alloc::vec::Vec;

use oal_drivers::nand::bus::BusFault;

use super::bench::{Bench, Cycle};
use super::chip::RawChip;
use super::model::Model;
use crate::nand::array::Array;
use crate::nand::cells::Cells;
use crate::nand::time::Time;
use crate::nand::violation::Violation;

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

/// A bench with a clock and a log, where things go wrong when they are told to. Clones share the time.
#[derive(Clone, Debug)]
pub struct TestBench {
    time: Time,
    busy_until: u64,
    counters: BusCounters,
    violations: Vec<Violation>,
    /// Nanoseconds of one cycle (tRC, tWC).
    pub cycle_ns: u64,
    /// Every command so far.
    pub commands: Vec<u8>,
    /// Whether the chip stays busy without end once it is.
    pub stuck: bool,
    /// The chip stays busy without end once it has got this command.
    pub stuck_after: Option<u8>,
    /// Whether the bus fails from now on.
    pub broken: bool,
    /// The bus fails from behind this command on.
    pub break_after: Option<u8>,
}

impl TestBench {
    /// A bench in `time`, with nothing wrong.
    pub const fn new(time: Time) -> Self {
        Self {
            time,
            busy_until: 0,
            counters: BusCounters { commands: 0, addresses: 0, bytes_in: 0, bytes_out: 0, busy_ns: 0 },
            violations: Vec::new(),
            cycle_ns: 25,
            commands: Vec::new(),
            stuck: false,
            stuck_after: None,
            broken: false,
            break_after: None,
        }
    }
}

impl Bench for TestBench {
    fn cycles(&mut self, cycle: Cycle, count: usize) -> Result<(), BusFault> {
        self.time.advance(self.cycle_ns * count as u64);
        if self.broken {
            return Err(BusFault);
        }
        let counter = match cycle {
            Cycle::Command(command) => {
                self.commands.push(command);
                self.stuck |= self.stuck_after == Some(command);
                self.broken |= self.break_after.take_if(|at| *at == command).is_some();
                &mut self.counters.commands
            }
            Cycle::Address => &mut self.counters.addresses,
            Cycle::In => &mut self.counters.bytes_in,
            Cycle::Out => &mut self.counters.bytes_out,
        };
        *counter += count as u64;
        Ok(())
    }

    fn work(&mut self, us: u64) {
        self.counters.busy_ns += 1000 * us;
        self.busy_until = self.time.now_ns() + 1000 * us;
    }

    fn is_busy(&self) -> bool {
        self.stuck && self.busy_until > 0 || self.time.now_ns() < self.busy_until
    }

    fn note(&mut self, violation: Violation) {
        self.violations.push(violation);
    }
}

impl<C: Cells> RawChip<C, Vec<u8>, TestBench> {
    /// A chip over cells of any kind, in `time`.
    pub fn with_cells(model: Model, cells: C, time: Time) -> Self {
        let register = vec![0xff; model.geometry.page_bytes + model.geometry.spare_bytes];
        Self::over(model, cells, register, TestBench::new(time))
    }
}

impl RawChip<Array, Vec<u8>, TestBench> {
    /// A fresh chip of a kind, in `time`.
    pub fn new(model: Model, time: Time) -> Self {
        let array = Array::new(model.geometry, model.programs_per_page);
        Self::with_cells(model, array, time)
    }

    /// All rules broken so far, on the bus and in the cells.
    pub fn violations(&self) -> Vec<Violation> {
        [self.bench.violations.as_slice(), self.array.violations()].concat()
    }
}

impl<C, R> RawChip<C, R, TestBench> {
    /// Cycles so far.
    pub const fn counters(&self) -> BusCounters {
        self.bench.counters
    }
}
