//! A record that power goes out over may read as nothing at one power-on, and as a record at a later one.
//! What a boot found must stay so all the same, even if that boot wrote nothing itself.

use oal_sim::nor::NorCells;
use oal_sim::{Machine, NandPages};
use oal_snapshot::hooks::{PrepareSnapshot, SelectSnapshot, WriteSnapshot};
use oal_snapshot::image::ImageId;
use oal_snapshot::store::nand::{NandGeometry, NandStore};
use oal_snapshot::store::nor::{NorGeometry, NorStore};
use oal_snapshot::store::{Slots, Store, StoreSettings};
use oal_snapshot::take::Timeline;

const SETTINGS: StoreSettings = StoreSettings { slots: Slots::Two, max_attempts: 0 };
const TRIES: StoreSettings = StoreSettings { max_attempts: 1, ..SETTINGS };

fn nand(chip: &mut NandPages, settings: StoreSettings) -> NandStore<&mut NandPages, 2048, 3> {
    NandStore::new(chip, settings).expect("a chip that fits")
}

fn nor(cells: &mut NorCells, settings: StoreSettings) -> NorStore<&mut NorCells> {
    NorStore::new(cells, settings).expect("flash that fits")
}

fn chip(seed: u64) -> NandPages {
    NandPages::new(NandGeometry { page_bytes: 2048, pages_per_block: 16, blocks: 24 }, seed)
}

fn cells(seed: u64) -> NorCells {
    NorCells::new(NorGeometry { block_bytes: 16384, blocks: 12, program_bytes: 4 }, seed)
}

fn take(store: &mut (impl PrepareSnapshot + WriteSnapshot)) -> u64 {
    match Machine::tiny(1).take(store) {
        Ok(Timeline::Live(report)) => report.id.0,
        other => panic!("{other:?}"),
    }
}

/// `$cut` is what is cut at each of its first changes, in many ways.
macro_rules! stays {
    ($medium:ident, $store:ident, $settings:expr, $cut:expr) => {
        let mut seen = [false; 2];
        let mut whole = $medium(1);
        let id = take(&mut $store(&mut whole, $settings));
        assert_eq!(Machine::tiny(0).restarted(9).boot(&mut $store(&mut whole, $settings)).id(), Some(id));
        whole.power_cycle();
        for (change, seed) in (0..16).flat_map(|change| (0..30).map(move |seed| (change, seed))) {
            let mut medium = whole.clone();
            medium.reseed(seed);
            medium.cut(change);
            let _ = $cut(&mut $store(&mut medium, $settings), ImageId(id));
            medium.power_cycle();
            let found = [(); 8].map(|()| {
                let candidates = $store(&mut medium, $settings).select().expect("a store").candidates;
                medium.power_cycle();
                candidates.first().map(|candidate| candidate.id.0)
            });
            assert!(found.iter().all(|f| *f == found[0]), "seed {seed}, change {change}: {found:?}");
            seen[usize::from(found[0].is_some())] = true;
        }
        assert_eq!(seen, [true; 2], "cut before what counts, and behind it");
    };
}

#[test]
fn an_invalidation_that_was_cut_is_done_or_not_for_good() {
    stays!(chip, nand, SETTINGS, |store: &mut NandStore<_, 2048, 3>, _| store.invalidate());
    stays!(cells, nor, SETTINGS, |store: &mut NorStore<_>, _| store.invalidate());
}

#[test]
fn a_confirmation_that_was_cut_is_done_or_not_for_good() {
    // The only attempt is used up: a confirmed image boots, and one that is not does not.
    stays!(chip, nand, TRIES, |store: &mut NandStore<_, 2048, 3>, id| store.confirm(id));
    stays!(cells, nor, TRIES, |store: &mut NorStore<_>, id| store.confirm(id));
}

#[test]
fn the_only_image_that_a_snapshot_gives_up_is_there_or_not_for_good() {
    const ONE: StoreSettings = StoreSettings { slots: Slots::One, ..SETTINGS };
    stays!(chip, nand, ONE, |store: &mut NandStore<_, 2048, 3>, _| Machine::tiny(2).take(store).is_ok());
    stays!(cells, nor, ONE, |store: &mut NorStore<_>, _| Machine::tiny(2).take(store).is_ok());
}
