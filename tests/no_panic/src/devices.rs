//! Drivers over devices of which the compiler knows nothing.

use core::hint::black_box;

use oal_drivers::a9_timer::{GLOBAL_WINDOW, GlobalTimer};
use oal_drivers::cfi::Cfi;
use oal_drivers::mmc::{Card, Options};
use oal_drivers::mmio::{FlashWindow, Window, Window16};
use oal_drivers::nand::ecc::{Bch, Hamming};
use oal_drivers::nand::onenand::{self, OneNand};
use oal_drivers::nand::raw::{GuardedNand, RawNand};
use oal_drivers::nand::spi::SpiNand;
use oal_drivers::pl181::{self, Pl181};
use oal_snapshot::store::nand::{NandFlash, NandPage};
use oal_snapshot::store::nor::NorFlash;
use oal_snapshot::store::{BlockStore, Store, StoreSettings};

use crate::board::{Anyone, Line, any};
use oal_snapshot::hooks::SelectSnapshot;

/// An address that nobody knows.
fn somewhere<T>() -> *mut T {
    black_box(core::ptr::dangling_mut())
}

fn any_page() -> NandPage {
    NandPage { block: any(), page: any() }
}

/// A raw chip with pages of 2048 bytes and BCH.
pub fn guarded() -> Option<impl NandFlash> {
    let nand = RawNand::identify(Anyone, Anyone).ok()?;
    GuardedNand::<_, _, Bch<4>, 64>::new(nand).ok()
}

/// A raw chip with pages of 512 bytes and a Hamming code.
pub fn small_page() -> Option<impl NandFlash> {
    let nand = RawNand::identify(Anyone, Anyone).ok()?;
    GuardedNand::<_, _, Hamming, 16>::new(nand).ok()
}

/// A OneNAND.
pub fn one_nand() -> Option<impl NandFlash> {
    // SAFETY: this program is never run.
    let window = unsafe { Window16::<{ onenand::WINDOW }>::new(somewhere()) };
    OneNand::identify(window, Anyone, onenand::Options { spare_apart: any() }).ok()
}

/// An SPI NAND.
pub fn spi_nand() -> Option<impl NandFlash> {
    SpiNand::identify(Line, Anyone).ok()
}

/// Two NOR chips side by side.
pub fn cfi() -> Option<impl NorFlash> {
    // SAFETY: this program is never run.
    let window = unsafe { FlashWindow::<u32>::new(somewhere(), any()) };
    Cfi::identify(window, Anyone).ok()
}

/// What no store above uses: a single NOR chip, the stronger codes, and the PL181.
pub fn rest() {
    // SAFETY: this program is never run.
    let (narrow, mmci, timer) = unsafe {
        let mmci = Window::<{ pl181::WINDOW }>::new(somewhere());
        let timer = Window::<GLOBAL_WINDOW>::new(somewhere());
        (FlashWindow::<u16>::new(somewhere(), any()), mmci, GlobalTimer::new(timer, any()))
    };
    if let Ok(mut flash) = Cfi::identify(narrow, Anyone) {
        black_box((flash.program(any(), any()).is_ok(), flash.erase(any()).is_ok(), flash.bytes()));
    }
    if let Ok(nand) = RawNand::identify(Anyone, Anyone)
        && let Ok(mut nand) = GuardedNand::<_, _, Bch<8>, 128>::new(nand)
    {
        let page = black_box([0_u8; 4]);
        black_box(nand.read_page(any_page(), &mut black_box(page), &mut []).is_ok());
        black_box(nand.program_page(any_page(), black_box(&page), &[]).is_ok());
    }
    let config = pl181::Config { input_hz: any(), max_hz: any(), four_lines: any(), long_reads: any() };
    if let Ok(card) = Card::init(Pl181::new(mmci, timer, config), black_box(Options::default()))
        && let Ok(mut store) = BlockStore::new(card, StoreSettings::default())
    {
        black_box(store.select().is_ok());
        black_box(store.invalidate().is_ok());
    }
}
