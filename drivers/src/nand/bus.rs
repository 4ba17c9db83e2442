//! [`RawBus`]: the pins of a parallel NAND chip.
#![forbid(unsafe_code)]

use embedded_hal::digital::InputPin;

use super::error::Error;

/// A cycle on the bus could not be made (a GPIO or a controller failed).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct BusFault;

impl From<BusFault> for Error {
    fn from(_: BusFault) -> Self {
        Self::Bus
    }
}

/// Eight data lines with CLE and ALE to one chip, which is selected whenever a method is called.
///
/// The implementation keeps to the times of a cycle (set-up, hold, pulse widths: ONFI, "Timing Parameters",
/// or those of the chip's data sheet). The times between cycles of different kinds (tWB, tWHR, tADL, tRR) are
/// the driver's.
///
/// ```
/// use oal_drivers::mmio::Registers16;
/// use oal_drivers::nand::bus::{BusFault, RawBus};
///
/// /// Three registers, as many memory controllers have them.
/// struct Controller<R>(R);
///
/// const DATA: usize = 0;
/// const COMMAND: usize = 1;
/// const ADDRESS: usize = 2;
///
/// impl<R: Registers16> RawBus for Controller<R> {
///     fn command(&mut self, command: u8) -> Result<(), BusFault> {
///         self.0.write(COMMAND, command.into());
///         Ok(())
///     }
///     fn address(&mut self, cycles: &[u8]) -> Result<(), BusFault> {
///         cycles.iter().for_each(|&cycle| self.0.write(ADDRESS, cycle.into()));
///         Ok(())
///     }
///     fn write(&mut self, data: &[u8]) -> Result<(), BusFault> {
///         data.iter().for_each(|&byte| self.0.write(DATA, byte.into()));
///         Ok(())
///     }
///     fn read(&mut self, data: &mut [u8]) -> Result<(), BusFault> {
///         data.iter_mut().for_each(|byte| *byte = self.0.read(DATA) as u8);
///         Ok(())
///     }
/// }
/// ```
pub trait RawBus {
    /// One command cycle (CLE high).
    ///
    /// # Errors
    ///
    /// [`BusFault`], as for all methods.
    fn command(&mut self, command: u8) -> Result<(), BusFault>;

    /// Address cycles (ALE high), one for each byte.
    fn address(&mut self, cycles: &[u8]) -> Result<(), BusFault>;

    /// Data input cycles: to the chip.
    fn write(&mut self, data: &[u8]) -> Result<(), BusFault>;

    /// Data output cycles: from the chip.
    fn read(&mut self, data: &mut [u8]) -> Result<(), BusFault>;

    /// The ready/busy pin: whether the chip is ready. None if the pin is not connected; the driver then polls
    /// the chip's status.
    ///
    /// QEMU's chip, never busy, puts out the status once more in place of a page's first byte if it was
    /// polled before: there, say `Some(true)`.
    fn ready(&mut self) -> Result<Option<bool>, BusFault> {
        Ok(None)
    }
}

impl<B: RawBus + ?Sized> RawBus for &mut B {
    fn command(&mut self, command: u8) -> Result<(), BusFault> {
        (**self).command(command)
    }

    fn address(&mut self, cycles: &[u8]) -> Result<(), BusFault> {
        (**self).address(cycles)
    }

    fn write(&mut self, data: &[u8]) -> Result<(), BusFault> {
        (**self).write(data)
    }

    fn read(&mut self, data: &mut [u8]) -> Result<(), BusFault> {
        (**self).read(data)
    }

    fn ready(&mut self) -> Result<Option<bool>, BusFault> {
        (**self).ready()
    }
}

/// A bus whose ready/busy line is an input pin of its own: high is ready (the line is open-drain with a
/// pull-up).
#[derive(Debug)]
pub struct WithReadyPin<B, P> {
    /// The other lines.
    pub bus: B,
    /// R/B#.
    pub pin: P,
}

impl<B: RawBus, P: InputPin> RawBus for WithReadyPin<B, P> {
    fn command(&mut self, command: u8) -> Result<(), BusFault> {
        self.bus.command(command)
    }

    fn address(&mut self, cycles: &[u8]) -> Result<(), BusFault> {
        self.bus.address(cycles)
    }

    fn write(&mut self, data: &[u8]) -> Result<(), BusFault> {
        self.bus.write(data)
    }

    fn read(&mut self, data: &mut [u8]) -> Result<(), BusFault> {
        self.bus.read(data)
    }

    fn ready(&mut self) -> Result<Option<bool>, BusFault> {
        self.pin.is_high().map(Some).map_err(|_| BusFault)
    }
}
