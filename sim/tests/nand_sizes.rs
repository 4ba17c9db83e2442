//! The NAND store on chips of 16 MiB to 4 GiB with pages of every size: raw chips with ECC in software, known
//! by their ids.

use oal_drivers::nand::ecc::{Bch, Ecc, Hamming};
use oal_drivers::nand::raw::{GuardedNand, RawNand};
use oal_drivers::nand::{Geometry, NandDevice};
use oal_sim::nand::raw::{Model, RawChip};
use oal_sim::nand::{Shared, Time};
use oal_sim::{Machine, nand_board};
use oal_snapshot::hooks::SelectSnapshot;
use oal_snapshot::store::nand::{LOG_BLOCKS, NandStore};
use oal_snapshot::store::{RECORD_LEN, Store, StoreSettings};
use oal_snapshot::take::Timeline;

/// A chip of Samsung's ids: the second byte gives the size, the fourth page, spare area and block.
fn model(device: u8, fourth: u8, geometry: Geometry) -> Model {
    let base = if geometry.page_bytes == 512 { Model::k9f2808() } else { Model::k9f1g08() };
    let rows = if geometry.blocks * geometry.pages_per_block > 1 << 16 { 3 } else { 2 };
    let [maker, _, third, _, fifth] = base.id;
    Model { geometry, cycles: (base.cycles.0, rows), id: [maker, device, third, fourth, fifth], ..base }
}

/// Two snapshots, a boot of the second, and a bound on the pages that a boot reads before it knows the newest
/// record.
fn holds_images<C: Ecc + 'static, const PAGE: usize, const SPARE: usize, const MAP: usize>(model: Model) {
    let geometry = model.geometry;
    let (blocks, pages_per_block) = (geometry.blocks, geometry.pages_per_block);
    assert_eq!((geometry.page_bytes, geometry.spare_bytes), (PAGE, SPARE));
    assert_eq!(blocks as usize, 8 * MAP, "a map with a bit for every block");
    let (marker, time) = (model.marker, Time::new());
    let chip = Shared::new(RawChip::new(model, time.clone()));
    // In the log, at the beginning of each slot, in the middle and at the very end.
    let middle = LOG_BLOCKS + (blocks - LOG_BLOCKS) / 2;
    for bad in [1, LOG_BLOCKS, middle, middle + 1, blocks - 1] {
        chip.chip().array.plant_bad(bad, marker);
    }
    let store = || {
        let nand = RawNand::identify(chip.clone(), time.clone()).unwrap();
        assert_eq!(nand.geometry(), geometry);
        let board = nand_board(GuardedNand::<_, _, C, SPARE>::new(nand).unwrap(), blocks);
        NandStore::<_, PAGE, MAP>::new(board, StoreSettings::default()).unwrap()
    };
    for seed in 1..=2 {
        let machine = Machine::tiny(seed);
        let before = chip.chip().array.counters().reads;
        assert!(matches!(machine.clone().take(&mut store()), Ok(Timeline::Live(_))));
        let read = chip.chip().array.counters().reads - before;
        assert!(read < 400, "{read} pages read for a snapshot: marks of blocks that it does not need?");
        let mut restarted = machine.restarted(seed);
        let booted = restarted.boot(&mut store());
        assert!(booted.id().is_some() && booted.refused().is_empty(), "{:?}", booted.report);
        assert!(restarted.is_as(&machine));
    }
    // As many records in one block as it holds.
    let record_pages = (RECORD_LEN + MAP + 4).div_ceil(PAGE) as u32;
    let mut full = store();
    for _ in 0..pages_per_block / (2 * record_pages) {
        full.invalidate().unwrap();
    }
    let mut fresh = store();
    fresh.select().unwrap();
    let (read, most) = (fresh.device_mut().read.all, u64::from(LOG_BLOCKS * record_pages + pages_per_block));
    println!(
        "{PAGE}-byte pages, {:>4} MiB: {blocks} blocks, a record of {record_pages} pages, {read} pages read to find the \
         newest of a full block, {most} at most",
        geometry.bytes() >> 20
    );
    assert!(read <= most);
    assert_eq!(chip.chip().violations(), []);
}

const fn geometry(page_bytes: usize, spare_bytes: usize, pages_per_block: u32, mib: u32) -> Geometry {
    let blocks = mib * 1024 / (page_bytes as u32 * pages_per_block / 1024);
    Geometry { page_bytes, spare_bytes, pages_per_block, blocks }
}

#[test]
fn pages_of_512_bytes_on_16_to_128_mib() {
    let model = |device, mib| model(device, 0xc0, geometry(512, 16, 32, mib));
    holds_images::<Hamming, 512, 16, 128>(model(0x73, 16));
    holds_images::<Bch<4>, 512, 16, 256>(model(0x75, 32));
    holds_images::<Hamming, 512, 16, 512>(model(0x76, 64));
    holds_images::<Bch<4>, 512, 16, 1024>(model(0x79, 128));
}

#[test]
fn pages_of_2048_bytes_on_16_mib_to_4_gib() {
    let model = |device, mib| model(device, 0x95, geometry(2048, 64, 64, mib));
    holds_images::<Bch<4>, 2048, 64, 16>(Model::onfi(geometry(2048, 64, 64, 16), 1));
    holds_images::<Bch<4>, 2048, 64, 128>(model(0xf1, 128));
    holds_images::<Bch<8>, 2048, 64, 512>(model(0xdc, 512));
    holds_images::<Bch<8>, 2048, 64, 4096>(model(0xd7, 4096));
}

#[test]
fn pages_of_4096_bytes_on_16_mib_to_4_gib() {
    let model = |device, mib| model(device, 0xa6, geometry(4096, 128, 64, mib));
    holds_images::<Bch<4>, 4096, 128, 8>(Model::onfi(geometry(4096, 128, 64, 16), 1));
    holds_images::<Bch<4>, 4096, 128, 256>(model(0xdc, 512));
    holds_images::<Bch<8>, 4096, 128, 2048>(model(0xd7, 4096));
}

#[test]
fn pages_of_8192_bytes_on_16_mib_to_4_gib() {
    let model = |device, mib| model(device, 0xb7, geometry(8192, 256, 64, mib));
    holds_images::<Bch<4>, 8192, 256, 4>(Model::onfi(geometry(8192, 256, 64, 16), 1));
    holds_images::<Bch<4>, 8192, 256, 256>(model(0xd3, 1024));
    holds_images::<Bch<8>, 8192, 256, 1024>(model(0xd7, 4096));
}
