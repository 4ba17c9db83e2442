//! [`SpiChip`]: an SPI NAND at the level of its transactions.

mod cells;

use alloc::vec;
use alloc::vec::Vec;

use embedded_hal::spi::{ErrorKind, ErrorType, Operation, SpiDevice};
use oal_drivers::nand::spi::{EccReport, Family};

use super::array::Array;
use super::on_die::OnDie;
use super::time::Time;
use super::violation::Violation;
use cells::{halves, sixteens};

/// Nanoseconds of a byte at 100 MHz.
const BYTE_NS: u64 = 80;
const WRITE_ENABLED: u8 = 0x02;

/// The bus to the chip failed, or the chip has no power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpiFault;

impl embedded_hal::spi::Error for SpiFault {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

/// A chip of one of the families, powered up as its data sheet says: protected, and with whatever else in its
/// configuration the driver should not rely on.
#[derive(Clone, Debug)]
pub struct SpiChip {
    family: &'static Family,
    /// The cells.
    pub array: Array,
    ecc: OnDie,
    time: Time,
    busy_until: u64,
    protection: u8,
    config: u8,
    status: u8,
    /// Second ECC register: 30h or F0h.
    extra: u8,
    cache: Vec<u8>,
    loaded: u32,
    program: (u16, Vec<u8>),
    violations: Vec<Violation>,
    /// First bytes (up to four) of every transaction that was not a look at the status.
    pub log: Vec<Vec<u8>>,
    /// Looks at the status.
    pub polls: u64,
    /// What to report about the next pages instead of the truth: ECC bits of C0h, and the second register.
    pub report: Option<(u8, u8)>,
    /// Whether the protection register cannot be written (WP# low, or locked for good).
    pub locked: bool,
    /// Whether the chip never ends what it begins.
    pub stuck: bool,
    /// The chip never ends what it begins once it has got this command.
    pub stuck_after: Option<u8>,
    /// The bus fails after this command.
    pub break_after: Option<u8>,
    /// Whether the bus fails.
    pub broken: bool,
    /// What it answers to READ ID after the dummy byte.
    pub id: Vec<u8>,
}

impl SpiChip {
    /// A fresh chip of `family`.
    pub fn new(family: &'static Family, time: Time) -> Self {
        let role = if family.geometry.spare_bytes == 64 { sixteens } else { halves };
        let mut chip = Self {
            family,
            array: Array::new(family.geometry, 4),
            ecc: OnDie::new(family.strength.into(), 4, role),
            time,
            busy_until: 0,
            protection: 0,
            config: 0,
            status: 0,
            extra: 0,
            cache: vec![0xff; family.geometry.page_bytes + family.geometry.spare_bytes],
            loaded: 0,
            program: (0, Vec::new()),
            violations: Vec::new(),
            log: Vec::new(),
            polls: 0,
            report: None,
            locked: false,
            stuck: false,
            stuck_after: None,
            break_after: None,
            broken: false,
            id: family.id.to_vec(),
        };
        chip.reset();
        chip
    }

    /// All rules broken so far.
    pub fn violations(&self) -> Vec<Violation> {
        [self.violations.as_slice(), self.array.violations()].concat()
    }

    /// Protection (A0h) and configuration (B0h) registers.
    pub const fn registers(&self) -> (u8, u8) {
        (self.protection, self.config)
    }

    fn reset(&mut self) {
        // All blocks protected; ECC on; the bits in which the maker's variants differ set against the driver.
        (self.protection, self.config) = match self.family.report {
            EccReport::TwoBits | EccReport::TwoBitsAndMaximum => (0x7c, 0x10 | self.family.config_keep),
            EccReport::TwoBitsAndExtended => (0x38, 0x11),
            EccReport::ThreeBits => (0x7c, 0x11),
        };
        (self.status, self.extra) = (0, 0);
        self.busy_until = self.time.now_ns() + 5_000;
    }

    fn is_busy(&self) -> bool {
        self.stuck || self.time.now_ns() < self.busy_until
    }

    fn work(&mut self, us: u64) {
        self.busy_until = self.time.now_ns() + 1000 * us;
    }

    fn place(&mut self, bytes: &[u8]) -> (u32, u32) {
        let row = bytes[1..4].iter().fold(0, |row, &byte| row << 8 | u32::from(byte));
        let pages = self.family.geometry.pages_per_block;
        if row / pages >= self.family.geometry.blocks {
            self.violations.push(Violation::Address);
        }
        (row / pages, row % pages)
    }

    /// Byte number of a column, for a block in the plane that the column names.
    fn column(&mut self, column: u16, block: u32) -> usize {
        let plane = if self.family.planes == 2 { block & 1 } else { 0 };
        if u32::from(column >> 12) != plane || usize::from(column & 0xfff) >= self.cache.len() {
            self.violations.push(Violation::Address);
        }
        usize::from(column & 0xfff)
    }

    /// A transaction: what was sent, and what is to be sent back.
    fn answer(&mut self, sent: &[u8]) -> Vec<u8> {
        if sent != [0x0f, 0xc0] {
            self.log.push(sent[..sent.len().min(4)].to_vec());
        }
        if self.stuck_after.is_some_and(|command| sent.first() == Some(&command)) && !self.is_busy() {
            (self.stuck, self.stuck_after) = (true, None);
            return Vec::new();
        }
        if self.is_busy() && !matches!(sent, [0x0f, _] | [0xff]) {
            self.violations.push(Violation::Command(sent.first().copied().unwrap_or(0)));
            return Vec::new();
        }
        match *sent {
            [0xff] => self.reset(),
            [0x9f] => return [&[0x00], self.id.as_slice()].concat(),
            [0x0f, register] => return vec![self.feature(register)],
            [0x1f, 0xa0, value] if !self.locked => self.protection = value,
            [0x1f, 0xa0, _] => {}
            [0x1f, 0xb0, value] => self.config = value,
            [0x06] => self.status |= WRITE_ENABLED,
            [0x13, ..] if sent.len() == 4 => {
                let (block, page) = self.place(sent);
                self.load(block, page);
            }
            [0x03 | 0x0b, high, low, _] => {
                let buffered = match self.family.report {
                    EccReport::TwoBits | EccReport::TwoBitsAndMaximum => self.config & 0x08 != 0,
                    EccReport::TwoBitsAndExtended => true,
                    EccReport::ThreeBits => self.config & 0x01 == 0,
                };
                if !buffered {
                    self.violations.push(Violation::Command(sent[0]));
                }
                let column = self.column(u16::from_be_bytes([high, low]), self.loaded);
                return self.cache[column..].to_vec();
            }
            [0x02, high, low, ref data @ ..] => {
                self.program = (u16::from_be_bytes([high, low]), data.to_vec());
            }
            [0x10, ..] if sent.len() == 4 => {
                let (block, page) = self.place(sent);
                self.execute(block, page);
            }
            [0xd8, ..] if sent.len() == 4 => {
                let (block, _) = self.place(sent);
                self.erase(block);
            }
            _ => self.violations.push(Violation::Command(sent.first().copied().unwrap_or(0))),
        }
        Vec::new()
    }

    fn feature(&mut self, register: u8) -> u8 {
        match (register, self.family.report) {
            (0xa0, _) => self.protection,
            (0xb0, _) => self.config,
            (0xc0, _) => {
                self.polls += 1;
                self.status | u8::from(self.is_busy())
            }
            (0x30, EccReport::TwoBitsAndMaximum) | (0xf0, EccReport::TwoBitsAndExtended) => self.extra,
            _ => {
                self.violations.push(Violation::Address);
                0xff
            }
        }
    }
}

impl ErrorType for SpiChip {
    type Error = SpiFault;
}

impl SpiDevice for SpiChip {
    fn transaction(&mut self, operations: &mut [Operation<'_, u8>]) -> Result<(), SpiFault> {
        if self.broken || self.array.is_off() {
            return Err(SpiFault);
        }
        let mut sent = Vec::new();
        for operation in operations.iter() {
            if let Operation::Write(bytes) = operation {
                sent.extend_from_slice(bytes);
            }
        }
        self.broken = self.break_after.take_if(|at| sent.first() == Some(at)).is_some();
        let mut back = self.answer(&sent).into_iter();
        let mut bytes = sent.len();
        for operation in operations {
            if let Operation::Read(buffer) = operation {
                bytes += buffer.len();
                buffer.iter_mut().for_each(|byte| *byte = back.next().unwrap_or(0xff));
            }
        }
        self.time.advance(BYTE_NS * bytes as u64);
        Ok(())
    }
}
