//! [`Bench`]: what a chip lies on.

use oal_drivers::nand::bus::BusFault;

use crate::nand::violation::Violation;

/// Cycles on the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cycle {
    /// Of this command.
    Command(u8),
    /// Of an address.
    Address,
    /// Bytes to the chip.
    In,
    /// Bytes from the chip.
    Out,
}

/// What a chip lies on: time passes there, and someone may watch.
///
/// On `()`, the bare table, no time passes, the chip is ready as soon as it begins, and nobody notes what is
/// done wrong.
pub trait Bench {
    /// So many cycles pass.
    ///
    /// # Errors
    ///
    /// [`BusFault`] if they do not get through: then the chip does not see them.
    fn cycles(&mut self, _: Cycle, _count: usize) -> Result<(), BusFault> {
        Ok(())
    }

    /// The chip begins something that takes so many microseconds.
    fn work(&mut self, _us: u64) {}

    /// Whether it is still at that.
    fn is_busy(&self) -> bool {
        false
    }

    /// Whoever drives the chip broke a rule.
    fn note(&mut self, _: Violation) {}
}

impl Bench for () {}
