//! How much of the time that a chip and its bus need at least the store's sequential read of an image
//! reaches, and how many pages a boot reads before the image's first byte.
//! `cargo test -p oal-sim --test nand_bus_time -- --nocapture` prints the table.
//!
//! What a page needs at least: tR, and a cycle for each byte of its data, and of its spare area where the ECC
//! is software's. Not counted: what the CPU takes for ECC in software and for the rest of its work.

use oal_drivers::nand::Geometry;
use oal_drivers::nand::ecc::{Bch, Ecc, Hamming};
use oal_drivers::nand::onenand::{OneNand, Options};
use oal_drivers::nand::raw::{GuardedNand, RawNand};
use oal_drivers::nand::spi::SpiNand;
use oal_drivers::nand::spi::family::FAMILIES;
use oal_sim::nand::onenand::OneNandChip;
use oal_sim::nand::raw::{Model, RawChip};
use oal_sim::nand::spi::SpiChip;
use oal_sim::nand::{Shared, Time};
use oal_sim::{Machine, NandBoard, Rng, nand_board};
use oal_snapshot::hooks::{BootPolicy, PrepareSnapshot, ReadSnapshot, SelectSnapshot, WriteSnapshot};
use oal_snapshot::store::nand::{LOG_BLOCKS, NandStore};
use oal_snapshot::store::{RECORD_LEN, StoreSettings};

/// Percent of the least time that a read must reach.
const GOAL: f64 = 95.0;

/// tRC and tWC of ONFI's asynchronous timing modes 0, 4 and 5 ("Timing Modes").
const MODE_0_NS: u64 = 100;
const MODE_4_NS: u64 = 25;
const MODE_5_NS: u64 = 20;
/// A 16-bit access to a OneNAND (KFG1G16Q2, "Asynchronous Read", tRC), and its load ("Performance", tR).
const ONENAND: (u64, u64) = (70, 45_000);
/// A byte on one data line at 100 MHz.
const SPI_BYTE_NS: u64 = 80;

/// Blocks that the store uses of each chip.
const BLOCKS: u32 = 256;

/// An image of a little more than a MiB.
const IMAGE: usize = (1 << 20) + 7 * 4096;
/// How a boot reads it: the header, then chunks of all lengths; in the mean about as here.
const PIECES: [usize; 4] = [4096, 65536, 20480, 45056];

/// Writes an image, boots from it as far as the log goes, reads it once from its beginning to its end.
fn measure<const PAGE: usize>(name: &str, time: &Time, page_ns: u64, open: &dyn Fn() -> NandBoard<'static>) {
    let store =
        || NandStore::<_, PAGE, { BLOCKS as usize / 8 }>::new(open(), StoreSettings::default()).unwrap();
    let mut image = vec![0; IMAGE];
    Rng::new(PAGE as u64).fill(&mut image);
    let mut first = store();
    let id = first.prepare_snapshot(IMAGE as u64, BootPolicy::Always).unwrap().id;
    first.write_snapshot(&image, 0).unwrap();
    first.finish_snapshot(&mut [0; 8192]).unwrap();

    let mut store = store();
    let start_ns = time.now_ns();
    store.select().unwrap();
    let (before, select_ns) = (store.device_mut().read.all, time.now_ns() - start_ns);
    let mut back = vec![0; IMAGE];
    let start_ns = time.now_ns();
    let (mut at, mut pieces) = (0, PIECES.into_iter().cycle());
    while at < IMAGE {
        let end = IMAGE.min(at + pieces.next().unwrap());
        store.read_snapshot(id, &mut back[at..end], at as u64).unwrap();
        at = end;
    }
    let (taken_ns, pages) = (time.now_ns() - start_ns, store.device_mut().read.all - before);
    assert!(back == image);
    let least = IMAGE.div_ceil(PAGE) as u64;
    let share = 100.0 * (least * page_ns) as f64 / taken_ns as f64;
    println!(
        "{name:<58} {share:5.1} %  {:6.2} MB/s  {before:>3} pages, {:>5} µs before the image",
        1000.0 * IMAGE as f64 / taken_ns as f64,
        select_ns / 1000
    );
    assert_eq!(pages, least, "{name}: a page was read twice");
    // The first record of each log block; the two of a snapshot, twice each; the page behind them.
    let record_pages = (RECORD_LEN + BLOCKS as usize / 8 + 4).div_ceil(PAGE) as u64;
    assert!(
        before <= (u64::from(LOG_BLOCKS) + 4) * record_pages + 1,
        "{name}: {before} pages before the image"
    );
    assert!(share >= GOAL, "{name}: {share:.1} %");
}

/// A parallel chip with tR of `tr_us` and cycles of `cycle_ns`, whose end of work is seen by its pin or by
/// polling.
fn raw<C: Ecc + 'static, const PAGE: usize, const SPARE: usize>(
    name: &str,
    mut model: Model,
    tr_us: u64,
    cycle_ns: u64,
) {
    model.times_us[0] = tr_us;
    for has_pin in [true, false] {
        let time = Time::new();
        let mut chip = RawChip::new(model.clone(), time.clone());
        chip.has_pin = has_pin;
        chip.bench.cycle_ns = cycle_ns;
        let chip = Shared::new(chip);
        let open = {
            let (chip, time) = (chip.clone(), time.clone());
            move || {
                let nand = RawNand::identify(chip.clone(), time.clone()).unwrap();
                nand_board(GuardedNand::<_, _, C, SPARE>::new(nand).unwrap(), BLOCKS)
            }
        };
        let how = if has_pin { "R/B# pin" } else { "status" };
        let page_ns = 1000 * tr_us + cycle_ns * (PAGE + SPARE) as u64;
        measure::<PAGE>(&format!("{name}, tR {tr_us} µs, {cycle_ns} ns, {how}"), &time, page_ns, &open);
        assert_eq!(chip.chip().violations(), []);
    }
}

fn onfi(page_bytes: usize, spare_bytes: usize, pages_per_block: u32) -> Model {
    Model::onfi(Geometry { page_bytes, spare_bytes, pages_per_block, blocks: 256 }, 1)
}

/// K9F2808U0C, "AC Characteristics": tR 10 µs, tRC 50 ns. Chips of twice and four times its size are as fast.
#[test]
fn raw_nand_with_pages_of_512_bytes_is_read_at_95_percent_of_its_speed_or_more() {
    raw::<Hamming, 512, 16>("raw, 512 + 16 (K9F2808U0C)", Model::k9f2808(), 10, 50);
}

/// K9F1G08U0B: tR 25 µs, tRC 25 ns, which is mode 4.
#[test]
fn raw_nand_with_pages_of_2048_bytes_is_read_at_95_percent_of_its_speed_or_more() {
    raw::<Bch<4>, 2048, 64>("raw, 2048 + 64 (K9F1G08U0B)", Model::k9f1g08(), 25, MODE_4_NS);
    raw::<Bch<4>, 2048, 64>("raw, 2048 + 64 in mode 5", Model::k9f1g08(), 25, MODE_5_NS);
    raw::<Bch<4>, 2048, 64>("raw, 2048 + 64 in mode 0", Model::k9f1g08(), 25, MODE_0_NS);
}

/// MT29F8G08ABABA, "Features": tR 25 µs, timing mode 4; MT29F16G08ABACA: 35 µs, mode 5.
#[test]
fn raw_nand_with_pages_of_4096_bytes_is_read_at_95_percent_of_its_speed_or_more() {
    raw::<Bch<8>, 4096, 224>("raw, 4096 + 224 (MT29F8G08ABABA)", onfi(4096, 224, 128), 25, MODE_4_NS);
    raw::<Bch<8>, 4096, 224>("raw, 4096 + 224 (MT29F16G08ABACA)", onfi(4096, 224, 128), 35, MODE_5_NS);
    raw::<Bch<8>, 4096, 224>("raw, 4096 + 224 in mode 0", onfi(4096, 224, 128), 25, MODE_0_NS);
}

/// MT29F32G08ABAAA, "Features": tR 35 µs, timing mode 5.
#[test]
fn raw_nand_with_pages_of_8192_bytes_is_read_at_95_percent_of_its_speed_or_more() {
    raw::<Bch<8>, 8192, 448>("raw, 8192 + 448 (MT29F32G08ABAAA)", onfi(8192, 448, 128), 35, MODE_5_NS);
    raw::<Bch<8>, 8192, 448>("raw, 8192 + 448 in mode 0", onfi(8192, 448, 128), 35, MODE_0_NS);
}

#[test]
fn onenand_is_read_at_95_percent_of_its_speed_or_more() {
    let time = Time::new();
    let chip = Shared::new(OneNandChip::new(1, time.clone()));
    let (access_ns, tr_ns) = ONENAND;
    let open = {
        let (chip, time) = (chip.clone(), time.clone());
        move || nand_board(OneNand::identify(chip.clone(), time.clone(), Options::default()).unwrap(), BLOCKS)
    };
    measure::<2048>("OneNAND (KFG1G16Q2), tR 45 µs, 70 ns", &time, tr_ns + access_ns * 1024, &open);
    assert_eq!(chip.chip().violations(), []);
}

/// tR as each data sheet has it, with the ECC on ([`Family::times`](oal_drivers::nand::spi::Family::times)).
#[test]
fn spi_nand_is_read_at_95_percent_of_its_speed_or_more() {
    for family in FAMILIES {
        let time = Time::new();
        let chip = Shared::new(SpiChip::new(family, time.clone()));
        let open = {
            let (chip, time) = (chip.clone(), time.clone());
            move || nand_board(SpiNand::identify(chip.clone(), time.clone()).unwrap(), BLOCKS)
        };
        let name = format!("{}, tR {} µs, 100 MHz", family.name, family.times.read_us);
        measure::<2048>(&name, &time, u64::from(1000 * family.times.read_us) + SPI_BYTE_NS * 2048, &open);
        assert_eq!(chip.chip().violations(), []);
    }
}

/// The engine's own reads of an image, from the header to the last chunk.
#[test]
fn a_boot_reads_every_page_of_an_image_once() {
    fn boots<C: Ecc + 'static, const PAGE: usize, const SPARE: usize>(model: Model) {
        let time = Time::new();
        let chip = Shared::new(RawChip::new(model, time.clone()));
        let store = || {
            let nand = RawNand::identify(chip.clone(), time.clone()).unwrap();
            let board = nand_board(GuardedNand::<_, _, C, SPARE>::new(nand).unwrap(), BLOCKS);
            NandStore::<_, PAGE, { BLOCKS as usize / 8 }>::new(
                board,
                StoreSettings { max_attempts: 0, ..Default::default() },
            )
            .unwrap()
        };
        let machine = Machine::sample(1);
        let _ = machine.clone().take(&mut store()).unwrap();
        let mut selecting = store();
        let candidate = selecting.select().unwrap().candidates[0];
        let before = selecting.device_mut().read.all;
        let (mut store, mut restarted) = (store(), machine.restarted(2));
        assert!(restarted.boot(&mut store).id().is_some());
        assert!(restarted.is_as(&machine));
        let pages = candidate.len.div_ceil(PAGE as u64);
        println!(
            "{PAGE}-byte pages: an image of {pages}, {} read, {before} before it",
            store.device_mut().read.all - before
        );
        assert_eq!(store.device_mut().read.all - before, pages);
    }
    boots::<Hamming, 512, 16>(Model::k9f2808());
    boots::<Bch<4>, 2048, 64>(Model::k9f1g08());
    boots::<Bch<4>, 4096, 224>(onfi(4096, 224, 64));
    boots::<Bch<4>, 8192, 448>(onfi(8192, 448, 64));
}
