//! The OneNAND driver against a chip that follows its data sheet (Samsung KFG1G16Q2, KFH2G16Q2: headings
//! named).

use oal_drivers::nand::marker::MarkerRule;
use oal_drivers::nand::onenand::{FREE, OneNand, Options};
use oal_drivers::nand::{EccStatus, Error, Geometry, NandDevice, Wait};
use oal_sim::Rng;
use oal_sim::nand::onenand::OneNandChip;
use oal_sim::nand::{Change, Failure, Shared, Time, When};

type Nand = OneNand<Shared<OneNandChip>, Time>;

fn nand_with(dies: u32, options: Options) -> (Nand, Shared<OneNandChip>) {
    let time = Time::new();
    let chip = Shared::new(OneNandChip::new(dies, time.clone()));
    chip.chip().spare_apart = options.spare_apart;
    (OneNand::identify(chip.clone(), time, options).expect("a known chip"), chip)
}

fn nand(dies: u32) -> (Nand, Shared<OneNandChip>) {
    nand_with(dies, Options::default())
}

fn commands<T>(chip: &Shared<OneNandChip>, action: impl FnOnce() -> Result<T, Error>) -> Vec<u16> {
    chip.chip().commands.clear();
    assert!(action().is_ok());
    chip.chip().commands.clone()
}

fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut bytes = vec![0; len];
    Rng::new(seed).fill(&mut bytes);
    bytes
}

/// "Hot Reset", "Device ID Register": density and dies.
#[test]
fn identification() {
    for (dies, blocks) in [(1, 1024), (2, 2048)] {
        let (nand, chip) = nand(dies);
        let geometry = Geometry { page_bytes: 2048, spare_bytes: 64, pages_per_block: 64, blocks };
        assert_eq!(nand.geometry(), geometry);
        assert_eq!(chip.chip().commands, [0xf3]);
        assert_eq!(chip.chip().violations(), []);
    }
}

#[test]
fn what_is_no_chip_or_no_fit_chip_is_refused() {
    for (register, value, error) in [
        (0xf000, 0xffff, Error::BadId),
        (0xf000, 0x0000, Error::BadId),
        (0xf001, 0xffff, Error::BadId),
        (0xf003, 0x1000, Error::Unsupported),
        (0xf003, 0x0400, Error::Unsupported),
        (0xf006, 0x0001, Error::Unsupported),
    ] {
        let time = Time::new();
        let mut chip = OneNandChip::new(1, time.clone());
        chip.pretend(register, value);
        let refused = OneNand::identify(chip, time, Options::default()).err();
        assert_eq!(refused, Some(error), "{register:#x} {value:#x}");
    }
}

/// "Load Operation": 00h brings main and spare area, 13h the spare area alone.
#[test]
fn loads() {
    let (mut nand, chip) = nand(1);
    let (mut data, mut spare) = ([0; 2048], [0; 64]);
    assert_eq!(commands(&chip, || nand.read_page(1, 2, &mut data, &mut spare)), [0x00]);
    assert_eq!((data, spare), ([0xff; 2048], [0xff; 64]));
    assert_eq!(commands(&chip, || nand.read_page(1, 2, &mut [], &mut spare)), [0x13]);
    let (mut nand, chip) = nand_with(1, Options { spare_apart: true });
    assert_eq!(commands(&chip, || nand.read_page(1, 2, &mut data, &mut spare)), [0x00, 0x13]);
    assert_eq!(commands(&chip, || nand.read_page(1, 2, &mut data, &mut [])), [0x00]);
    assert_eq!(chip.chip().violations(), []);
}

/// "Unlock Block", "Program Operation": 23h once for a block, then 80h for main and spare area, 1Ah for the
/// spare area.
#[test]
fn programs() {
    let (mut nand, chip) = nand(1);
    assert_eq!(commands(&chip, || nand.program_page(1, 0, &[5; 2048], &[6; 64])), [0x23, 0x80]);
    assert_eq!(commands(&chip, || nand.program_page(1, 1, &[7; 2048], &[])), [0x80]);
    assert_eq!(commands(&chip, || nand.program_page(1, 2, &[], &[8; 64])), [0x1a]);
    let (mut data, mut spare) = ([0; 2048], [0; 64]);
    assert_eq!(nand.read_page(1, 1, &mut data, &mut spare), Ok(EccStatus::Clean));
    assert_eq!((data, &spare[2..5]), ([7; 2048], [0xff; 3].as_slice()), "no spare area left from before");
    assert_eq!(nand.read_page(1, 2, &mut data, &mut spare), Ok(EccStatus::Clean));
    assert_eq!((data, &spare[2..5]), ([0xff; 2048], [8; 3].as_slice()));
    let (mut nand, chip) = nand_with(1, Options { spare_apart: true });
    assert_eq!(commands(&chip, || nand.program_page(1, 0, &[5; 2048], &[6; 64])), [0x23, 0x80, 0x1a]);
    assert_eq!(chip.chip().violations(), []);
}

/// "Block Erase", "Unlock Block".
#[test]
fn erases() {
    let (mut nand, chip) = nand(1);
    nand.program_page(9, 0, &[0; 2048], &[]).unwrap();
    assert_eq!(commands(&chip, || nand.erase_block(9)), [0x94]);
    assert_eq!(commands(&chip, || nand.erase_block(8)), [0x23, 0x94]);
    let mut data = [0; 2048];
    assert_eq!(nand.read_page(9, 0, &mut data, &mut []), Ok(EccStatus::Clean));
    assert_eq!(data, [0xff; 2048]);
    assert_eq!(chip.chip().violations(), []);
}

/// "DDP Chip Block Selection": the second die's blocks.
#[test]
fn pages_of_both_dies_come_back() {
    for options in [Options::default(), Options { spare_apart: true }] {
        let (mut nand, chip) = nand_with(2, options);
        let places = [(0, 0), (1023, 63), (1024, 0), (1024, 1), (2047, 63)];
        for (seed, (block, page)) in (0..).zip(places) {
            nand.program_page(block, page, &noise(2048, seed), &noise(64, 99 + seed)).unwrap();
        }
        for (seed, (block, page)) in (0..).zip(places) {
            let (mut data, mut spare) = ([0; 2048], [0; 64]);
            assert_eq!(nand.read_page(block, page, &mut data, &mut spare), Ok(EccStatus::Clean));
            assert_eq!(data.as_slice(), noise(2048, seed));
            for region in FREE {
                let bytes = region.offset..region.offset + region.len;
                assert_eq!(spare[bytes.clone()], noise(64, 99 + seed)[bytes]);
            }
        }
        assert_eq!(chip.chip().violations(), []);
    }
}

/// "ECC Status Register", "Controller Status Register": error bit of a load.
#[test]
fn one_wrong_bit_is_corrected_and_two_are_reported() {
    let (mut nand, chip) = nand(1);
    let page = noise(2048, 1);
    nand.program_page(0, 0, &page, &[]).unwrap();
    let mut data = [0; 2048];
    for sector in 0..4 {
        chip.chip().array.flip(0, 0, 8 * 512 * sector + 100);
        let corrected = Ok(EccStatus::Corrected { bits: 1, refresh: true });
        assert_eq!(nand.read_page(0, 0, &mut data, &mut []), corrected);
        assert_eq!(data.as_slice(), page);
    }
    chip.chip().array.flip(0, 0, 8 * 512 + 7);
    assert_eq!(nand.read_page(0, 0, &mut data, &mut []), Ok(EccStatus::Uncorrectable));
    chip.chip().array.flip(0, 1, 8 * (2048 + 18));
    assert_eq!(
        nand.read_page(0, 1, &mut [], &mut [0; 64]),
        Ok(EccStatus::Corrected { bits: 1, refresh: true })
    );
}

/// "Identifying Initial Invalid Block(s)".
#[test]
fn bad_blocks() {
    for dies in [1, 2] {
        let (mut nand, chip) = nand(dies);
        let last = 1024 * dies - 1;
        chip.chip().array.plant_bad(3, MarkerRule::FirstOrSecondPage);
        chip.chip().array.plant_bad(last, MarkerRule::FirstOrSecondPage);
        assert_eq!([2, 3, last].map(|block| nand.is_bad(block)), [Ok(false), Ok(true), Ok(true)]);
        nand.program_page(5, 0, &[0; 2048], &[0; 64]).unwrap();
        nand.mark_bad(5).unwrap();
        assert_eq!(nand.is_bad(5), Ok(true));
        assert_eq!(chip.chip().array.peek(5, 0)[2048..2050], [0, 0]);
        chip.chip().array.fail(Failure { change: Change::Erase, when: When::Block(6) });
        nand.mark_bad(6).unwrap();
        assert_eq!(nand.is_bad(6), Ok(true));
        assert_eq!(chip.chip().violations(), []);
    }
}

/// "Controller Status Register": error and lock bits.
#[test]
fn failures_and_locks() {
    let (mut nand, chip) = nand(1);
    chip.chip().array.fail(Failure { change: Change::Program, when: When::After(0) });
    assert_eq!(nand.program_page(0, 0, &[0; 2048], &[]), Err(Error::ProgramFailed));
    chip.chip().array.fail(Failure { change: Change::Erase, when: When::After(0) });
    assert_eq!(nand.erase_block(0), Err(Error::EraseFailed));
    assert_eq!(nand.erase_block(0), Ok(()));
    chip.chip().tight = Some(4);
    assert_eq!(nand.erase_block(4), Err(Error::WriteProtected));
    assert_eq!(nand.program_page(4, 0, &[], &[0; 64]), Err(Error::WriteProtected));
    assert_eq!(nand.mark_bad(4), Err(Error::WriteProtected));
}

#[test]
fn waits_end() {
    let time = Time::new();
    let mut chip = OneNandChip::new(1, time.clone());
    chip.stuck = true;
    let refused = OneNand::identify(chip, time.clone(), Options::default()).err();
    assert_eq!(refused, Some(Error::Timeout { what: Wait::Reset }));
    assert!(time.now_ns() < 100_000_000);
    let (mut nand, chip) = nand(1);
    nand.program_page(0, 0, &[0; 2048], &[]).unwrap();
    let timeout = |what| Error::Timeout { what };
    chip.chip().stuck = true;
    assert_eq!(nand.read_page(0, 0, &mut [0; 2048], &mut []), Err(timeout(Wait::Read)));
    assert_eq!(nand.program_page(0, 1, &[0; 2048], &[]), Err(timeout(Wait::Program)));
    assert_eq!(nand.erase_block(0), Err(timeout(Wait::Erase)));
    assert_eq!(nand.erase_block(1), Err(timeout(Wait::Unlock)));
    assert!(chip.chip().commands.contains(&0xf0), "the cells are reset");
    chip.chip().stuck = false;
    assert_eq!(nand.read_page(0, 0, &mut [0; 2048], &mut []), Ok(EccStatus::Clean));
}

#[test]
fn nothing_is_sent_for_wrong_places_and_lengths() {
    let (mut nand, chip) = nand(2);
    chip.chip().commands.clear();
    for (block, page) in [(2048, 0), (0, 64), (u32::MAX, 0)] {
        assert_eq!(nand.read_page(block, page, &mut [0; 2048], &mut []), Err(Error::OutOfRange));
        assert_eq!(nand.program_page(block, page, &[0; 2048], &[]), Err(Error::OutOfRange));
    }
    assert_eq!(nand.erase_block(2048), Err(Error::OutOfRange));
    assert_eq!(nand.is_bad(2048), Err(Error::OutOfRange));
    for (data, spare) in [(0, 0), (2047, 0), (2048, 63), (512, 16)] {
        assert_eq!(nand.read_page(0, 0, &mut vec![0; data], &mut vec![0; spare]), Err(Error::BadLength));
        assert_eq!(nand.program_page(0, 0, &vec![0; data], &vec![0; spare]), Err(Error::BadLength));
    }
    assert_eq!(chip.chip().commands, []);
}
