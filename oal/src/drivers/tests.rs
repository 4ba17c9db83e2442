//! The tables over models of chips, and constructors that find nothing. Cards are tried in the emulator.

use core::ffi::c_void;
use core::ptr::{null, null_mut};
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use oal_drivers::cfi::Cfi;
use oal_drivers::nand::onenand::{OneNand, Options};
use oal_sim::nand::onenand::OneNandChip;
use oal_sim::nand::{Change, Failure, Shared, Time, When};
use oal_sim::nor::chip::{NorChips, UNIFORM};

use super::*;
use crate::store::{OAL_NAND_FAILED, OalBlockDevice, OalNandFlash, OalNorFlash};

const EMPTY: OalDriver = OalDriver { words: [0; OAL_DRIVER_WORDS] };

/// Keeps a driver in a part and makes its table.
fn kept<D, T>(part: &mut OalDriver, driver: D, table: impl FnOnce(*mut c_void, &D) -> T) -> T {
    // SAFETY: a part of the test's own.
    let state = unsafe { keep(part, driver) };
    // SAFETY: it was just written.
    table(state.cast(), unsafe { &*state })
}

#[test]
fn nor_flash_is_erased_programmed_and_read_through_its_table() {
    let mut chips = NorChips::<2>::new(UNIFORM);
    let mut part = EMPTY;
    let cfi = Cfi::identify(&mut chips, Time::new()).unwrap();
    let flash = kept(&mut part, cfi, nor::table);
    assert_eq!((flash.block_bytes, flash.blocks, flash.program_bytes), (16 << 10, 64, 4));
    let (erase, program, read) = (flash.erase.unwrap(), flash.program.unwrap(), flash.read.unwrap());
    let data: [u8; 300] = core::array::from_fn(|i| i as u8 ^ 0x5a);
    let mut back = [0; 300];
    let (at, bytes) = (3 * u64::from(flash.block_bytes) + 100, data.len() as u32);
    // SAFETY: the table's functions, called as it says.
    unsafe {
        assert_eq!(erase(flash.context, 3), 0);
        assert_eq!(program(flash.context, at, data.as_ptr().cast(), bytes), 0);
        assert_eq!(read(flash.context, at, back.as_mut_ptr().cast(), bytes), 0);
        assert_eq!(back, data);
        assert_eq!(erase(flash.context, 3), 0);
        assert_eq!(read(flash.context, at, back.as_mut_ptr().cast(), bytes), 0);
        assert_eq!(back, [0xff; 300]);
        let outside = OalDriverError::OutOfRange as i32;
        assert_eq!(erase(flash.context, 64), outside);
        assert_eq!(program(flash.context, at + 1, data.as_ptr().cast(), 4), outside);
        assert_eq!(read(flash.context, 1 << 20, back.as_mut_ptr().cast(), 1), outside);
        assert_eq!(read(flash.context, u64::MAX, back.as_mut_ptr().cast(), 0), outside);
    }
    assert_eq!(chips.violations, [""; 0]);
}

#[test]
fn a_onenand_is_used_and_its_bad_blocks_are_told_through_its_table() {
    let time = Time::new();
    let chip = Shared::new(OneNandChip::new(1, time.clone()));
    let mut part = EMPTY;
    let driver = OneNand::identify(chip.clone(), time, Options::default()).unwrap();
    let flash = kept(&mut part, driver, nand::table);
    assert_eq!((flash.page_bytes, flash.pages_per_block, flash.blocks), (2048, 64, 1024));
    let (read, program) = (flash.read_page.unwrap(), flash.program_page.unwrap());
    let (erase, is_bad, mark) = (flash.erase_block.unwrap(), flash.is_bad.unwrap(), flash.mark_bad.unwrap());
    let data: [u8; 2048] = core::array::from_fn(|i| (i * 7) as u8);
    let (mut back, mut bad) = ([0; 2048], 9);
    // SAFETY: the table's functions, called as it says.
    unsafe {
        assert_eq!(erase(flash.context, 5), 0);
        assert_eq!(program(flash.context, 5, 0, data.as_ptr().cast(), null(), 0), 0);
        assert_eq!(read(flash.context, 5, 0, back.as_mut_ptr().cast(), null_mut(), 0), 0);
        assert_eq!(back, data);
        assert_eq!((is_bad(flash.context, 5, &raw mut bad), bad), (0, 0));
        assert_eq!((mark(flash.context, 5), is_bad(flash.context, 5, &raw mut bad), bad), (0, 0, 1));
        assert_eq!(erase(flash.context, 1024), OalDriverError::OutOfRange as i32);
    }
    assert_eq!(chip.chip().violations(), []);
}

#[test]
fn a_nand_block_that_fails_is_the_stores_affair_and_a_chip_that_is_stuck_is_not() {
    let time = Time::new();
    let chip = Shared::new(OneNandChip::new(1, time.clone()));
    let mut part = EMPTY;
    let driver = OneNand::identify(chip.clone(), time, Options::default()).unwrap();
    let flash = kept(&mut part, driver, nand::table);
    let erase = flash.erase_block.unwrap();
    chip.chip().array.fail(Failure { change: Change::Erase, when: When::Block(7) });
    // SAFETY: the table's function, called as it says.
    assert_eq!(unsafe { erase(flash.context, 7) }, OAL_NAND_FAILED);
    chip.chip().stuck = true;
    // SAFETY: as above.
    assert_eq!(unsafe { erase(flash.context, 8) }, OalDriverError::Timeout as i32);
}

/// A clock that runs fast, so that no test waits.
unsafe extern "C" fn clock() -> u64 {
    static NOW: AtomicU64 = AtomicU64::new(0);
    NOW.fetch_add(1000, Relaxed)
}

/// Memory in which no chip answers.
struct Nothing([u64; 0x2_0000 / 8]);

/// An error of the arguments.
fn call(error: OalError) -> u32 {
    number(OalStage::Call, error)
}

#[test]
fn constructors_refuse_bad_arguments_and_touch_nothing() {
    let mut memory = std::boxed::Box::new(Nothing([0; 0x2_0000 / 8]));
    let base: *mut c_void = (&raw mut memory.0).cast();
    let mut part = EMPTY;
    part.words[0] = 77;
    let mut flash = core::mem::MaybeUninit::<OalNorFlash>::zeroed();
    let good = || OalCfi { base, array: base, bytes: 0x2_0000, now_us: Some(clock), chips: 2, reserved: 0 };
    let mut tried = |wiring: &OalCfi| {
        // SAFETY: places of the test's own, and memory in which nobody looks for a chip but this test.
        unsafe { oal_driver_cfi(&raw mut part, wiring, flash.as_mut_ptr()) }
    };
    assert_eq!(tried(&OalCfi { base: null_mut(), ..good() }), call(OalError::NullArgument));
    assert_eq!(tried(&OalCfi { array: null(), ..good() }), call(OalError::NullArgument));
    assert_eq!(tried(&OalCfi { base: base.wrapping_byte_add(2), ..good() }), call(OalError::Unaligned));
    assert_eq!(tried(&OalCfi { now_us: None, ..good() }), call(OalError::MissingFunction));
    assert_eq!(tried(&OalCfi { chips: 3, ..good() }), call(OalError::BadArgument));
    assert_eq!(tried(&OalCfi { reserved: 1, ..good() }), call(OalError::BadArgument));
    assert_eq!(tried(&OalCfi { bytes: usize::MAX, ..good() }), call(OalError::BadArgument));
    let wiring = good();
    // SAFETY: NULL where the constructor looks for it.
    unsafe {
        assert_eq!(
            oal_driver_cfi(null_mut(), &raw const wiring, flash.as_mut_ptr()),
            call(OalError::NullArgument)
        );
        assert_eq!(oal_driver_cfi(&raw mut part, null(), flash.as_mut_ptr()), call(OalError::NullArgument));
        assert_eq!(
            oal_driver_cfi(&raw mut part, &raw const wiring, null_mut()),
            call(OalError::NullArgument)
        );
    }
    assert_eq!(part.words[..2], [77, 0]);
    // SAFETY: it was zeroed, which is a table without functions.
    assert!(unsafe { flash.assume_init() }.erase.is_none());
    assert!(memory.0.iter().all(|word| *word == 0), "something was written to the chip");
}

#[test]
fn constructors_say_that_nothing_answers() {
    let mut memory = std::boxed::Box::new(Nothing([0; 0x2_0000 / 8]));
    let base: *mut c_void = (&raw mut memory.0).cast();
    let now_us: OalClock = Some(clock);
    let (mut part, no_medium) = (EMPTY, number(OalStage::Medium, OalError::NoMedium));
    let mut nor = core::mem::MaybeUninit::<OalNorFlash>::zeroed();
    let mut nand = core::mem::MaybeUninit::<OalNandFlash>::zeroed();
    let mut card = core::mem::MaybeUninit::<OalBlockDevice>::zeroed();
    let part = &raw mut part;
    // SAFETY: places of the test's own.
    unsafe {
        for chips in [1, 2] {
            let wiring = OalCfi { base, array: base, bytes: 0x2_0000, now_us, chips, reserved: 0 };
            assert_eq!(oal_driver_cfi(part, &raw const wiring, nor.as_mut_ptr()), no_medium);
        }
        memory.0.fill(0);
        let wiring = OalOneNand { base, now_us, spare_apart: 0, reserved: 0 };
        assert_eq!(oal_driver_onenand(part, &raw const wiring, nand.as_mut_ptr()), no_medium);
        memory.0.fill(0);
        let wiring =
            OalPl181 { base, now_us, input_hz: 24_000_000, max_hz: 24_000_000, flags: 0, reserved: 0 };
        let medium_error = number(OalStage::Medium, OalError::MediumError);
        assert_eq!(oal_driver_pl181(part, &raw const wiring, card.as_mut_ptr()), medium_error);
        let wiring = OalPl181 { flags: 4, ..wiring };
        assert_eq!(oal_driver_pl181(part, &raw const wiring, card.as_mut_ptr()), call(OalError::BadArgument));
        memory.0.fill(0);
        let wiring =
            OalSdhci { base, now_us, input_hz: 50_000_000, max_hz: 25_000_000, lines: 4, removable: 1 };
        assert_eq!(oal_driver_sdhci(part, &raw const wiring, card.as_mut_ptr()), no_medium);
        let wiring = OalSdhci { removable: 0, ..wiring };
        assert_eq!(oal_driver_sdhci(part, &raw const wiring, card.as_mut_ptr()), medium_error);
        let wiring = OalSdhci { lines: 2, ..wiring };
        assert_eq!(oal_driver_sdhci(part, &raw const wiring, card.as_mut_ptr()), call(OalError::BadArgument));
        assert!(card.assume_init().read.is_none() && nand.assume_init().erase_block.is_none());
        assert!(nor.assume_init().erase.is_none());
    }
    // SAFETY: a part of the test's own.
    assert!(unsafe { (*part).words }.iter().all(|word| *word == 0));
}
