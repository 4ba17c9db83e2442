//! Commands of an SPI NAND, one transaction each.
#![forbid(unsafe_code)]

use embedded_hal::delay::DelayNs;
use embedded_hal::spi::{Operation, SpiDevice};

use super::super::error::{Error, Wait};

/// Feature registers.
pub(super) const PROTECTION: u8 = 0xa0;
pub(super) const CONFIG: u8 = 0xb0;
pub(super) const STATUS: u8 = 0xc0;

const RESET: u8 = 0xff;
const READ_ID: u8 = 0x9f;
const GET_FEATURE: u8 = 0x0f;
const SET_FEATURE: u8 = 0x1f;
const WRITE_ENABLE: u8 = 0x06;
const PAGE_READ: u8 = 0x13;
/// Read from cache, with one dummy byte after the column in all families, at full clock speed.
const READ_CACHE: u8 = 0x0b;
const PROGRAM_LOAD: u8 = 0x02;
const PROGRAM_EXECUTE: u8 = 0x10;
const BLOCK_ERASE: u8 = 0xd8;

/// tRST after an interrupted erase is 500 µs, and after power-on a page is loaded as well.
const RESET_US: u32 = 10_000;

/// Status register C0h.
#[derive(Clone, Copy)]
pub(super) struct Status(pub(super) u8);

impl Status {
    fn busy(self) -> bool {
        self.0 & 1 != 0
    }

    /// Bits 6 to 4: clean in every family if they are 0.
    pub(super) fn ecc_clean(self) -> bool {
        self.0 & 0x70 == 0
    }

    pub(super) fn erase_failed(self) -> bool {
        self.0 & 1 << 2 != 0
    }

    pub(super) fn program_failed(self) -> bool {
        self.0 & 1 << 3 != 0
    }
}

/// The chip on its bus, and a way to wait.
#[derive(Debug)]
pub(super) struct Wire<S, D> {
    spi: S,
    delay: D,
}

impl<S: SpiDevice, D: DelayNs> Wire<S, D> {
    pub(super) fn new(spi: S, delay: D) -> Self {
        Self { spi, delay }
    }

    pub(super) fn release(self) -> (S, D) {
        (self.spi, self.delay)
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.spi.write(bytes).map_err(|_| Error::Bus)
    }

    fn row_command(&mut self, command: u8, row: u32) -> Result<(), Error> {
        let [_, a, b, c] = row.to_be_bytes();
        self.send(&[command, a, b, c])
    }

    pub(super) fn reset(&mut self) -> Result<(), Error> {
        self.send(&[RESET])?;
        match self.poll(RESET_US)? {
            Some(_) => Ok(()),
            None => Err(Error::timeout(Wait::Reset)),
        }
    }

    /// The bytes that follow READ ID, dummy bytes included.
    pub(super) fn id(&mut self) -> Result<[u8; 4], Error> {
        let mut id = [0; 4];
        let operations = &mut [Operation::Write(&[READ_ID]), Operation::Read(&mut id)];
        self.spi.transaction(operations).map_err(|_| Error::Bus)?;
        Ok(id)
    }

    pub(super) fn feature(&mut self, register: u8) -> Result<u8, Error> {
        let mut value = [0];
        let operations = &mut [Operation::Write(&[GET_FEATURE, register]), Operation::Read(&mut value)];
        self.spi.transaction(operations).map_err(|_| Error::Bus)?;
        Ok(value[0])
    }

    pub(super) fn set_feature(&mut self, register: u8, value: u8) -> Result<(), Error> {
        self.send(&[SET_FEATURE, register, value])
    }

    /// Page read: from the cells to the cache.
    pub(super) fn load(&mut self, row: u32, usual_us: u32) -> Result<Status, Error> {
        self.row_command(PAGE_READ, row)?;
        self.wait(Wait::Read, usual_us)
    }

    /// Read from cache.
    pub(super) fn fetch(&mut self, column: u16, first: &mut [u8], second: &mut [u8]) -> Result<(), Error> {
        let [high, low] = column.to_be_bytes();
        let head = [READ_CACHE, high, low, 0];
        let operations = &mut [Operation::Write(&head), Operation::Read(first), Operation::Read(second)];
        self.spi.transaction(operations).map_err(|_| Error::Bus)
    }

    /// Write enable, program load (which makes the rest of the cache all ones) and program execute.
    pub(super) fn program(
        &mut self,
        row: u32,
        column: u16,
        bytes: [&[u8]; 2],
        usual_us: u32,
    ) -> Result<Status, Error> {
        let [high, low] = column.to_be_bytes();
        let head = [PROGRAM_LOAD, high, low];
        let operations =
            &mut [Operation::Write(&head), Operation::Write(bytes[0]), Operation::Write(bytes[1])];
        self.send(&[WRITE_ENABLE])?;
        self.spi.transaction(operations).map_err(|_| Error::Bus)?;
        self.row_command(PROGRAM_EXECUTE, row)?;
        self.wait(Wait::Program, usual_us)
    }

    /// Write enable and block erase.
    pub(super) fn erase(&mut self, row: u32, usual_us: u32) -> Result<Status, Error> {
        self.send(&[WRITE_ENABLE])?;
        self.row_command(BLOCK_ERASE, row)?;
        self.wait(Wait::Erase, usual_us)
    }

    /// Waits until the chip is ready, for up to four times `usual_us` and a millisecond; then it is reset.
    fn wait(&mut self, what: Wait, usual_us: u32) -> Result<Status, Error> {
        match self.poll(usual_us.saturating_mul(4).saturating_add(1000))? {
            Some(status) => Ok(status),
            None => {
                // It may not answer to this either; what counts is the time-out.
                let _ = self.reset();
                Err(Error::timeout(what))
            }
        }
    }

    fn poll(&mut self, limit_us: u32) -> Result<Option<Status>, Error> {
        for _ in 0..=limit_us {
            let status = Status(self.feature(STATUS)?);
            if !status.busy() {
                return Ok(Some(status));
            }
            self.delay.delay_us(1);
        }
        Ok(None)
    }
}
