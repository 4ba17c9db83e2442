//! Cycles, waits and status of a raw chip.
#![forbid(unsafe_code)]

use embedded_hal::delay::DelayNs;

use super::super::bus::RawBus;
use super::super::error::{Error, Wait};

pub(super) const READ: u8 = 0x00;
pub(super) const READ_STATUS: u8 = 0x70;
const RESET: u8 = 0xff;
const READ_ID: u8 = 0x90;

/// tWB, tWHR, tADL, tRR and tCCS of the slowest mode (ONFI, "Timing Parameters", mode 0), rounded up.
const TURN_NS: u32 = 500;
/// tRST is 5 ms at most (same place); twice that.
const RESET_US: u32 = 10_000;

/// Bits of the status byte (ONFI, "Read Status Definition").
#[derive(Clone, Copy)]
pub(super) struct Status(u8);

impl Status {
    pub(super) fn failed(self) -> bool {
        self.0 & 1 != 0
    }

    fn ready(self) -> bool {
        self.0 & 1 << 6 != 0
    }

    pub(super) fn protected(self) -> bool {
        self.0 & 1 << 7 == 0
    }
}

/// A bus and a way to wait.
#[derive(Debug)]
pub(super) struct Wire<B, D> {
    pub(super) bus: B,
    delay: D,
}

impl<B: RawBus, D: DelayNs> Wire<B, D> {
    pub(super) fn new(bus: B, delay: D) -> Self {
        Self { bus, delay }
    }

    pub(super) fn release(self) -> (B, D) {
        (self.bus, self.delay)
    }

    /// The time that has to pass when a command's cycles end and others begin.
    pub(super) fn turn(&mut self) {
        self.delay.delay_ns(TURN_NS);
    }

    /// RESET (ONFI, "Reset Definition").
    pub(super) fn reset(&mut self) -> Result<(), Error> {
        self.bus.command(RESET)?;
        self.poll(RESET_US).and_then(|ready| ready.ok_or(Error::timeout(Wait::Reset))).map(|_| ())
    }

    /// READ ID (ONFI, "Read ID Definition") at an address.
    pub(super) fn id<const N: usize>(&mut self, address: u8) -> Result<[u8; N], Error> {
        self.bus.command(READ_ID)?;
        self.bus.address(&[address])?;
        self.turn();
        let mut id = [0; N];
        self.bus.read(&mut id)?;
        Ok(id)
    }

    /// READ STATUS (ONFI, "Read Status Definition").
    pub(super) fn status(&mut self) -> Result<Status, Error> {
        self.bus.command(READ_STATUS)?;
        self.turn();
        let mut status = [0];
        self.bus.read(&mut status)?;
        Ok(Status(status[0]))
    }

    /// Waits until the chip is ready. Returns whether the status was read for it, after which the chip has to
    /// be set to put out data again.
    ///
    /// A chip that exceeds four times `usual_us` (and a millisecond) is reset, so that the next call finds it
    /// idle.
    pub(super) fn wait(&mut self, what: Wait, usual_us: u32) -> Result<Polled, Error> {
        match self.poll(usual_us.saturating_mul(4).saturating_add(1000))? {
            Some(polled) => Ok(polled),
            None => {
                // It may not answer to this either; what counts is the time-out.
                let _ = self.reset();
                Err(Error::timeout(what))
            }
        }
    }

    fn poll(&mut self, limit_us: u32) -> Result<Option<Polled>, Error> {
        self.turn();
        for _ in 0..=limit_us {
            let (ready, polled) = match self.bus.ready()? {
                Some(ready) => (ready, Polled::Pin),
                None => (self.status()?.ready(), Polled::Status),
            };
            if ready {
                return Ok(Some(polled));
            }
            self.delay.delay_us(1);
        }
        Ok(None)
    }
}

/// The way in which the end of an operation was found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Polled {
    Pin,
    Status,
}
