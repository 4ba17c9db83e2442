//! Finding out which chip there is.
#![forbid(unsafe_code)]

use embedded_hal::delay::DelayNs;

use super::super::bus::RawBus;
use super::super::chip::Chip;
use super::super::error::{Error, Wait};
use super::super::{ids, onfi};
use super::wire::{Polled, READ, Wire};

const PARAMETER_PAGE: u8 = 0xec;
/// Address at which an ONFI chip puts its signature (ONFI, "Read ID Definition").
const SIGNATURE_ADDRESS: u8 = 0x20;
/// tR before its true value is known (same place).
const PARAMETERS_US: u32 = 200;

/// Resets the chip, then lets it describe itself; if it cannot, its id bytes have to do.
pub(super) fn identify<B: RawBus, D: DelayNs>(wire: &mut Wire<B, D>) -> Result<Chip, Error> {
    wire.reset()?;
    if wire.id(SIGNATURE_ADDRESS)? == onfi::SIGNATURE {
        return parameters(wire);
    }
    let id: [u8; ids::BYTES] = wire.id(0)?;
    // A bus without a chip answers with noise or with what was last on it: a chip says the same twice.
    if wire.id(0)? == id { ids::decode(&id) } else { Err(Error::BadId) }
}

/// READ PARAMETER PAGE (ONFI, "Read Parameter Page Definition").
fn parameters<B: RawBus, D: DelayNs>(wire: &mut Wire<B, D>) -> Result<Chip, Error> {
    wire.bus.command(PARAMETER_PAGE)?;
    wire.bus.address(&[0])?;
    if wire.wait(Wait::Parameters, PARAMETERS_US)? == Polled::Status {
        wire.bus.command(READ)?;
    }
    wire.turn();
    let mut copies = [[0; onfi::BYTES]; onfi::COPIES];
    for copy in &mut copies {
        wire.bus.read(copy)?;
    }
    onfi::decode(&copies)
}
