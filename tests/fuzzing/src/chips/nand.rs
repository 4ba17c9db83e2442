//! NAND: raw chips by their parameter page or their id bytes, SPI NAND and OneNAND by theirs.

use embedded_hal::spi::{ErrorType, Operation, SpiDevice};
use oal_drivers::mmio::Registers16;
use oal_drivers::nand::bus::{BusFault, RawBus};
use oal_drivers::nand::ecc::{Bch, Hamming};
use oal_drivers::nand::onenand::{self, OneNand};
use oal_drivers::nand::raw::{GuardedNand, RawNand};
use oal_drivers::nand::spi::SpiNand;
use oal_drivers::nand::{EccStatus, NandDevice, onfi};

use crate::chips::{Answers, NoDelay, Patience};
use crate::input::Input;

/// The first byte chooses the kind of chip.
///
/// # Panics
/// See [`Target::run`](crate::Target::run).
pub fn run(bytes: &[u8]) -> bool {
    let mut input = Input::new(bytes);
    match input.byte() % 4 {
        0 => raw(&mut input, true),
        1 => raw(&mut input, false),
        2 => spi(&mut input),
        _ => one(&mut input),
    }
}

/// Every operation at both ends of the chip, and outside.
fn used(mut nand: impl NandDevice) {
    let geometry = nand.geometry();
    let (page_bytes, spare_bytes) = (geometry.page_bytes, geometry.spare_bytes);
    assert!((512..=16384).contains(&page_bytes) && spare_bytes <= page_bytes / 4, "{geometry:?}");
    assert!(geometry.blocks > 0 && geometry.pages_per_block > 0);
    let (mut data, mut spare) = (vec![0; page_bytes], vec![0; spare_bytes]);
    let (last_block, last_page) = (geometry.blocks - 1, geometry.pages_per_block - 1);
    for (block, page) in [(0, 0), (last_block, last_page)] {
        if let Ok(EccStatus::Corrected { bits, .. }) = nand.read_page(block, page, &mut data, &mut spare) {
            assert!(bits > 0);
        }
        let _ = nand.read_page(block, page, &mut data, &mut []);
        let _ = nand.read_page(block, page, &mut [], &mut spare);
        let _ = nand.program_page(block, page, &data, &spare);
        let _ = nand.program_page(block, page, &data, &[]);
        let _ = nand.erase_block(block);
        let _ = nand.is_bad(block);
        let _ = nand.mark_bad(block);
    }
    for (block, page) in [(geometry.blocks, 0), (u32::MAX, 0), (0, geometry.pages_per_block), (0, u32::MAX)] {
        assert!(nand.read_page(block, page, &mut data, &mut spare).is_err(), "read outside");
        assert!(nand.program_page(block, page, &data, &spare).is_err(), "programmed outside");
    }
    assert!(nand.erase_block(geometry.blocks).is_err() && nand.is_bad(u32::MAX).is_err(), "outside");
    assert!(nand.read_page(0, 0, &mut vec![0; page_bytes + 1], &mut spare).is_err(), "a wrong length");
}

/// A raw chip on its pins.
struct Pins<'a> {
    onfi: bool,
    id: [u8; 5],
    copies: [[u8; onfi::BYTES]; onfi::COPIES],
    answers: Answers<'a>,
    patience: Patience,
    command: u8,
    address: u8,
    at: usize,
}

impl RawBus for Pins<'_> {
    fn command(&mut self, command: u8) -> Result<(), BusFault> {
        (self.command, self.at) = (command, 0);
        Ok(())
    }

    fn address(&mut self, cycles: &[u8]) -> Result<(), BusFault> {
        self.address = cycles.first().copied().unwrap_or(0);
        Ok(())
    }

    fn write(&mut self, _: &[u8]) -> Result<(), BusFault> {
        Ok(())
    }

    fn read(&mut self, data: &mut [u8]) -> Result<(), BusFault> {
        for byte in data {
            *byte = match self.command {
                0x90 if self.address == 0x20 && self.onfi => onfi::SIGNATURE[self.at % 4],
                0x90 => self.id[self.at % 5],
                0xec => self.copies.as_flattened()[self.at % (onfi::BYTES * onfi::COPIES)],
                0x70 => {
                    let status = self.answers.byte() ^ 0xe0;
                    if status & 0x40 == 0 && self.patience.allows() { status } else { status | 0x40 }
                }
                _ => self.answers.byte(),
            };
            self.at += 1;
        }
        // After a status, READ without an address goes on with what was there: the parameter page.
        if self.command == 0x70 {
            self.command = 0xec;
        }
        Ok(())
    }
}

fn raw(input: &mut Input<'_>, onfi: bool) -> bool {
    let how = input.byte();
    let mut id = [0xec, 0xf1, 0x00, 0x95, 0x40];
    let mut copies = [parameter_page(); onfi::COPIES];
    if onfi {
        for copy in copies.iter_mut().take((how & 3).into()) {
            for _ in 0..1 + how / 64 {
                input.patch(copy);
            }
            if how & 4 != 0 {
                seal(copy);
            }
        }
    } else if how & 1 != 0 {
        id = [input.byte(), input.byte(), input.byte(), input.byte(), input.byte()];
    } else {
        (id[1], id[3]) = (input.byte(), input.byte());
    }
    let answers = Answers::new(input.rest());
    let pins =
        Pins { onfi, id, copies, answers, patience: Patience::default(), command: 0, address: 0, at: 0 };
    let Ok(nand) = RawNand::identify(pins, NoDelay) else { return false };
    let chip = *nand.chip();
    let rows = u64::from(chip.geometry.blocks) * u64::from(chip.geometry.pages_per_block);
    assert!(rows <= 1 << (8 * u32::from(chip.row_cycles).min(7)), "{chip:?}");
    match how >> 3 & 3 {
        0 => used(nand),
        1 => GuardedNand::<_, _, Hamming, 64>::new(nand).map(used).unwrap_or(()),
        2 => GuardedNand::<_, _, Bch<4>, 64>::new(nand).map(used).unwrap_or(()),
        _ => GuardedNand::<_, _, Bch<8>, 128>::new(nand).map(used).unwrap_or(()),
    }
    true
}

fn seal(page: &mut [u8; onfi::BYTES]) {
    page[..4].copy_from_slice(&onfi::SIGNATURE);
    let crc = onfi::crc16(&page[..254]);
    page[254..].copy_from_slice(&crc.to_le_bytes());
}

/// 2048 + 64 bytes, 64 pages, 1024 blocks.
fn parameter_page() -> [u8; onfi::BYTES] {
    let mut page = [0; onfi::BYTES];
    (page[81], page[84], page[92], page[97], page[100]) = (8, 64, 64, 4, 1);
    (page[101], page[110], page[112], page[133], page[135], page[137]) = (0x22, 4, 4, 200, 200, 25);
    seal(&mut page);
    page
}

/// An SPI NAND.
struct Line<'a> {
    id: [u8; 4],
    answers: Answers<'a>,
    patience: Patience,
}

impl ErrorType for Line<'_> {
    type Error = embedded_hal::spi::ErrorKind;
}

impl SpiDevice for Line<'_> {
    fn transaction(&mut self, operations: &mut [Operation<'_, u8>]) -> Result<(), Self::Error> {
        let mut command = 0;
        for operation in operations {
            match operation {
                Operation::Write([first, ..]) if command == 0 => command = *first,
                Operation::Read(data) => {
                    for (n, byte) in data.iter_mut().enumerate() {
                        *byte = match command {
                            0x9f => self.id[n % 4],
                            0x0f => {
                                let status = self.answers.byte();
                                if self.patience.allows() { status } else { status & !1 }
                            }
                            _ => self.answers.byte(),
                        };
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn spi(input: &mut Input<'_>) -> bool {
    const IDS: [[u8; 4]; 5] = [
        [0, 0xef, 0xaa, 0x21],
        [0, 0xef, 0xaa, 0x22],
        [0, 0xc8, 0x51, 0],
        [0, 0x2c, 0x14, 0],
        [0, 0x2c, 0x24, 0],
    ];
    let mut id = IDS[input.below(IDS.len())];
    if input.flag() {
        input.patch(&mut id);
    }
    let line = Line { id, answers: Answers::new(input.rest()), patience: Patience::default() };
    SpiNand::identify(line, NoDelay).map(used).is_ok()
}

/// A OneNAND's registers.
struct Map<'a> {
    device: u16,
    maker: u16,
    buffer: u16,
    technology: u16,
    answers: Answers<'a>,
    patience: Patience,
}

impl Registers16 for Map<'_> {
    fn read(&mut self, index: usize) -> u16 {
        match index {
            0xf000 => self.maker,
            0xf001 => self.device,
            0xf003 => self.buffer,
            0xf006 => self.technology,
            0xf241 if !self.patience.allows() => 0x8000,
            0xf240 | 0xf241 | 0xf24e | 0xff00 => {
                let sane = match index {
                    0xf241 => 0x8000,
                    0xf24e => 4,
                    _ => 0,
                };
                sane ^ u16::from(self.answers.byte()) << 8 ^ u16::from(self.answers.byte())
            }
            _ => u16::from_le_bytes([self.answers.byte(), self.answers.byte()]),
        }
    }

    fn write(&mut self, _: usize, _: u16) {}
}

fn one(input: &mut Input<'_>) -> bool {
    let how = input.byte();
    let mut map = Map {
        device: input.half(),
        maker: 0xec,
        buffer: 2048,
        technology: 0,
        answers: Answers::new(&[]),
        patience: Patience::default(),
    };
    if how & 2 != 0 {
        (map.maker, map.buffer, map.technology) = (input.half(), input.half(), input.half());
    }
    map.answers = Answers::new(input.rest());
    OneNand::identify(map, NoDelay, onenand::Options { spare_apart: how & 1 != 0 }).map(used).is_ok()
}

/// Chips of each kind that work, and an ONFI page that says something else under a right checksum.
pub fn seeds() -> Vec<Vec<u8>> {
    vec![
        vec![0, 0],
        vec![0, 8],
        vec![0, 16],
        vec![0, 7, 80, 0, 4, 0, 0x10, 0, 0, 84, 0, 1, 0x80, 97, 0, 1, 8],
        vec![1, 0, 0xf1, 0x95],
        vec![1, 1, 0xec, 0x76, 0xa5, 0xc0, 0],
        vec![2, 0, 0, 0],
        vec![2, 1, 0, 0],
        vec![2, 3, 0, 0],
        vec![3, 0, 0x34, 0],
        vec![3, 1, 0x34, 0],
    ]
}
