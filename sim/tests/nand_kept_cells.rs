//! A parallel chip as firmware has it: no allocator, no bench, and cells that outlive it in storage with
//! addresses.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use embedded_hal::delay::DelayNs;
use oal_drivers::nand::ecc::Bch;
use oal_drivers::nand::marker::MarkerRule;
use oal_drivers::nand::raw::{GuardedNand, RawNand};
use oal_drivers::nand::{EccStatus, Error, NandDevice};
use oal_sim::nand::raw::{Model, RawChip};
use oal_sim::nand::{CellError, Cells, Layout};

const LAYOUT: Layout = Layout::IN_NOR;

/// NOR flash with its rules: programming clears bits, erasing a block of 256 KiB sets them.
struct Nor {
    bytes: Vec<u8>,
    /// A block that takes nothing.
    dead: Option<u32>,
}

impl Cells for Nor {
    type Error = core::convert::Infallible;

    fn read(&mut self, block: u32, page: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        let at = LAYOUT.page(block, page) as usize;
        bytes.copy_from_slice(&self.bytes[at..at + bytes.len()]);
        Ok(())
    }

    fn program(
        &mut self,
        block: u32,
        page: u32,
        column: usize,
        bytes: &[u8],
    ) -> Result<(), CellError<Self::Error>> {
        let at = LAYOUT.page(block, page) as usize + column;
        self.bytes[at..].iter_mut().zip(bytes).for_each(|(cell, byte)| *cell &= byte);
        if self.dead == Some(block) { Err(CellError::Failed) } else { Ok(()) }
    }

    fn erase(&mut self, block: u32) -> Result<(), CellError<Self::Error>> {
        if self.dead == Some(block) {
            return Err(CellError::Failed);
        }
        let at = LAYOUT.block(block) as usize;
        self.bytes[at..at + LAYOUT.block_bytes as usize].fill(0xff);
        Ok(())
    }
}

/// No time passes on a bare table.
struct NoTime;

impl DelayNs for NoTime {
    fn delay_ns(&mut self, _: u32) {}
}

type Chip<'a, C> = RawChip<&'a mut C, [u8; 2112], ()>;

/// What a board does at power-on.
fn power_on<C: Cells>(cells: &mut C) -> GuardedNand<Chip<'_, C>, NoTime, Bch<4>, 64> {
    let chip = RawChip::over(Model::onfi_32_mib(), cells, [0; 2112], ());
    GuardedNand::new(RawNand::identify(chip, NoTime).expect("an ONFI chip")).expect("room for the code")
}

#[test]
fn every_page_has_its_place_in_the_nor_flash() {
    let geometry = Model::onfi_32_mib().geometry;
    assert_eq!(geometry.bytes(), 32 << 20);
    assert_eq!(geometry.page_bytes + geometry.spare_bytes, LAYOUT.page_bytes as usize);
    assert!(LAYOUT.page(0, geometry.pages_per_block) <= LAYOUT.block(1));
    assert_eq!(LAYOUT.block(geometry.blocks), 64 << 20);
    assert_eq!(LAYOUT.page(3, 5), 3 * 0x4_0000 + 5 * 2112);
}

#[test]
fn what_was_programmed_is_there_after_power_was_off() {
    let mut nor = Nor { bytes: vec![0xff; 64 << 20], dead: Some(9) };
    nor.bytes[LAYOUT.page(7, 63) as usize + 2048] = 0;
    let mut nand = power_on(&mut nor);
    assert_eq!(nand.geometry(), Model::onfi_32_mib().geometry);
    assert_eq!([7, 8].map(|block| nand.is_bad(block)), [Ok(true), Ok(false)], "marked in the last page");
    nand.program_page(255, 0, &[0x5a; 2048], &[]).unwrap();
    nand.program_page(255, 1, &[0xa5; 2048], &[]).unwrap();
    nand.program_page(200, 0, &[0x77; 2048], &[]).unwrap();
    nand.erase_block(200).unwrap();
    assert_eq!(nand.program_page(9, 0, &[1; 2048], &[]), Err(Error::ProgramFailed));
    assert_eq!(nand.erase_block(9), Err(Error::EraseFailed));
    nand.mark_bad(8).unwrap();

    nor.bytes[LAYOUT.page(255, 0) as usize + 100] ^= 0x81;
    let mut nand = power_on(&mut nor);
    let mut data = [0; 2048];
    let corrected = EccStatus::Corrected { bits: 2, refresh: true };
    assert_eq!(nand.read_page(255, 0, &mut data, &mut []), Ok(corrected));
    assert_eq!(data, [0x5a; 2048]);
    assert_eq!(nand.read_page(255, 1, &mut data, &mut []), Ok(EccStatus::Clean));
    assert_eq!(data, [0xa5; 2048]);
    assert_eq!(nand.read_page(200, 0, &mut data, &mut []), Ok(EccStatus::Clean));
    assert_eq!((data, nand.is_bad(8)), ([0xff; 2048], Ok(true)));
}

/// The same cells in a file.
struct InFile(File);

impl Cells for InFile {
    type Error = io::Error;

    fn read(&mut self, block: u32, page: u32, bytes: &mut [u8]) -> io::Result<()> {
        self.0.read_exact_at(bytes, LAYOUT.page(block, page))
    }

    fn program(
        &mut self,
        block: u32,
        page: u32,
        column: usize,
        bytes: &[u8],
    ) -> Result<(), CellError<io::Error>> {
        let at = LAYOUT.page(block, page) + column as u64;
        let mut cells = vec![0; bytes.len()];
        self.0.read_exact_at(&mut cells, at)?;
        cells.iter_mut().zip(bytes).for_each(|(cell, byte)| *cell &= byte);
        Ok(self.0.write_all_at(&cells, at)?)
    }

    fn erase(&mut self, block: u32) -> Result<(), CellError<io::Error>> {
        Ok(self.0.write_all_at(&vec![0xff; LAYOUT.block_bytes as usize], LAYOUT.block(block))?)
    }
}

#[test]
fn a_file_keeps_cells_and_its_errors_are_those_of_the_bus() {
    let path = std::env::temp_dir().join(format!("oal-sim-cells-{}", std::process::id()));
    let file = File::options().read(true).write(true).create(true).truncate(true).open(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    // Blocks 0 and 1: whatever lies behind them is an error of the file.
    file.write_all_at(&vec![0xff; 2 * LAYOUT.block_bytes as usize], 0).unwrap();
    let mut cells = InFile(file);
    let mut nand = power_on(&mut cells);
    nand.erase_block(1).unwrap();
    nand.program_page(1, 0, &[3; 2048], &[]).unwrap();
    assert_eq!(nand.read_page(2, 0, &mut [0; 2048], &mut []), Err(Error::Bus));
    assert_eq!(nand.program_page(2, 0, &[3; 2048], &[]), Err(Error::Bus));
    let mut data = [0; 2048];
    assert_eq!(power_on(&mut cells).read_page(1, 0, &mut data, &mut []), Ok(EccStatus::Clean));
    assert_eq!(data, [3; 2048]);
    assert_eq!(power_on(&mut cells).into_inner().chip().marker, MarkerRule::FirstOrLastPage);
}
