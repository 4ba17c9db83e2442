//! One command at a time: R1 checked, busy waited for, errors recovered from.
#![forbid(unsafe_code)]

use sdio_host::common_cmd;

use super::command::{Command, Response};
use super::error::Error;
use super::host::{Host, HostError};
use super::status::R1;
use crate::clock::Deadline;

/// Time-outs in microseconds. The standards allow 100 ms to read and 250 to 500 ms to write a block;
/// cards in the field take longer when they tidy up, so these are generous.
pub(super) const READ_US: u32 = 1_000_000;
pub(super) const WRITE_US: u32 = 5_000_000;
const RECOVER_US: u32 = 5_000_000;

/// A host with a card that has an address.
pub(super) struct Bus<H> {
    pub(super) host: H,
    /// The card's relative address; 0 until it has one.
    pub(super) rca: u16,
}

impl<H: Host> Bus<H> {
    /// Sends a command whose response is not a status, or whose status is not to be judged.
    pub(super) fn send(&mut self, command: impl Into<Command>) -> Result<Response, Error> {
        let command = command.into();
        self.host.command(command).map_err(|error| bus_error(command, error))
    }

    /// Sends a command and refuses a status with errors.
    pub(super) fn ask(&mut self, command: impl Into<Command>) -> Result<R1, Error> {
        let command = command.into();
        let status = self.send(command)?.status();
        judge(command, status, R1::ERRORS)
    }

    /// Announces an application command (CMD55, SD 4.3.9). Errors in its status belong to the
    /// command before it, and are not judged here.
    pub(super) fn announce(&mut self) -> Result<(), Error> {
        self.send(common_cmd::app_cmd(self.rca)).map(|_| ())
    }

    /// Reads data with a command: a register or sectors.
    pub(super) fn read(&mut self, command: Command, block: u16, data: &mut [u8]) -> Result<(), Error> {
        let command = command.data();
        let reply = self.host.read(command, block, data, READ_US);
        let status = reply.map_err(|error| bus_error(command, error))?.status();
        judge(command, status, command.no_data_if).map(|_| ())
    }

    /// Reads sectors with a command, and calls `meanwhile` while they come.
    pub(super) fn read_while(
        &mut self,
        command: Command,
        block: u16,
        data: &mut [u8],
        meanwhile: &mut dyn FnMut(),
    ) -> Result<(), Error> {
        let command = command.data();
        let reply = self.host.read_while(command, block, data, READ_US, meanwhile);
        let status = reply.map_err(|error| bus_error(command, error))?.status();
        judge(command, status, command.no_data_if).map(|_| ())
    }

    /// Writes sectors with a command.
    pub(super) fn write(&mut self, command: Command, block: u16, data: &[u8]) -> Result<(), Error> {
        let command = command.data();
        let reply = self.host.write(command, block, data, WRITE_US);
        let status = reply.map_err(|error| bus_error(command, error))?.status();
        judge(command, status, command.no_data_if).map(|_| ())
    }

    /// The card's status (CMD13), unjudged.
    pub(super) fn status(&mut self) -> Result<R1, Error> {
        let command = common_cmd::card_status(self.rca, false);
        Ok(self.send(command)?.status())
    }

    /// Waits until the card is back in transfer state after command number `after`, and judges every
    /// status seen meanwhile. Gives back all their bits.
    pub(super) fn wait_ready(&mut self, after: u8, limit_us: u32) -> Result<R1, Error> {
        let mut deadline = Deadline::new(self.host.now_us(), u64::from(limit_us));
        // Reading an error bit clears it in the card, so the bits are gathered.
        let mut seen = 0;
        loop {
            let status = self.status()?;
            seen |= status.0;
            if status.is_ready() {
                break;
            }
            if deadline.passed(self.host.now_us()) {
                return Err(Error::Busy { command: after });
            }
        }
        let command = Command::new(after, 0, super::Reply::R1);
        judge(command, R1(seen), R1::ERRORS)
    }

    /// Lets `us` microseconds pass.
    pub(super) fn pause(&mut self, us: u32) {
        let mut deadline = Deadline::new(self.host.now_us(), u64::from(us));
        while !deadline.passed(self.host.now_us()) {}
    }

    /// CMD0: every card back to idle state, forgetting its address.
    pub(super) fn idle(&mut self) -> Result<(), Error> {
        self.rca = 0;
        self.send(common_cmd::idle())?;
        self.pause(1000);
        Ok(())
    }

    /// After an error: empties the controller, stops the card, and waits for it to rest in transfer
    /// state (SD 4.3.3, JESD84-B51 6.6.7). The card's own error bits are read, and so cleared.
    pub(super) fn recover(&mut self) -> Result<(), Error> {
        let mut deadline = Deadline::new(self.host.now_us(), u64::from(RECOVER_US));
        loop {
            self.host.abort();
            let error = match self.status() {
                Ok(status) => match status.state() {
                    R1::SENDING | R1::RECEIVING => {
                        let stop = Command::from(common_cmd::stop_transmission()).busy();
                        self.send(stop).err()
                    }
                    R1::STANDBY => self.send(common_cmd::select_card(self.rca)).err(),
                    R1::TRANSFER if status.is_ready() && status.errors() == 0 => return Ok(()),
                    _ => None,
                },
                Err(error) => Some(error),
            };
            if deadline.passed(self.host.now_us()) {
                return Err(error.unwrap_or(Error::Busy { command: 12 }));
            }
            // A card that is gone answers nothing: no need to ask it for five seconds.
            if error.is_some_and(|error| error.is_silence()) && self.silent() {
                return Err(Error::NoCard);
            }
        }
    }

    /// Whether the card leaves CMD13 unanswered ten times, a millisecond apart.
    fn silent(&mut self) -> bool {
        for _ in 0..10 {
            self.pause(1000);
            if !matches!(self.status(), Err(error) if error.is_silence()) {
                return false;
            }
        }
        true
    }
}

/// A host's error, with the command it happened to.
pub(super) fn bus_error(command: Command, error: HostError) -> Error {
    Error::Bus { command: command.index, error }
}

/// The status, or an error if it has a bit of `mask`.
pub(super) fn judge(command: Command, status: R1, mask: u32) -> Result<R1, Error> {
    match status.0 & mask {
        0 => Ok(status),
        bits if bits & R1::LOCKED != 0 => Err(Error::Locked),
        bits => Err(Error::Card { command: command.index, status: bits }),
    }
}
