//! The whole way down: the engine, the NOR store, the CFI driver, and chips that follow their data sheets.

use oal_drivers::cfi::{Cfi, Error};
use oal_sim::Machine;
use oal_sim::nand::Time;
use oal_sim::nor::chip::{Model, NorChips, Trouble};
use oal_snapshot::store::nor::{NorFlash, NorGeometry, NorStore};
use oal_snapshot::store::{GeometryError, StoreSettings};
use oal_snapshot::take::Timeline;

/// 2 MiB in 16 KiB blocks, locked at power-on.
const LARGE: Model = Model { size: 21, regions: &[(128, 16 << 10)], buffer: 6, locks: true };

/// The same with small blocks for parameters at its end, which together are as large as two of the others.
const PARAMETERS: Model =
    Model { size: 21, regions: &[(126, 16 << 10), (16, 2 << 10)], buffer: 6, locks: true };

fn store<const LANES: usize>(chips: &mut NorChips<LANES>) -> NorStore<Cfi<&mut NorChips<LANES>, Time>> {
    let flash = Cfi::identify(chips, Time::new()).expect("a known chip");
    NorStore::new(flash, StoreSettings::default()).expect("a flash that fits")
}

fn snapshots_come_back<const LANES: usize>(model: Model) {
    let mut chips = NorChips::<LANES>::new(model);
    for seed in 1..6 {
        let machine = Machine::sample(seed);
        assert!(matches!(machine.clone().take(&mut store(&mut chips)), Ok(Timeline::Live(_))));
        let mut restarted = machine.restarted(7);
        assert!(restarted.boot(&mut store(&mut chips)).id().is_some());
        assert!(restarted.is_as(&machine));
    }
    assert_eq!(chips.violations, [""; 0]);
    assert!(chips.shows_array());
}

#[test]
fn snapshots_come_back_from_one_chip_and_from_two_side_by_side() {
    snapshots_come_back::<1>(LARGE);
    snapshots_come_back::<2>(LARGE);
    snapshots_come_back::<2>(Model { locks: false, ..LARGE });
    snapshots_come_back::<1>(Model { buffer: 0, ..LARGE });
}

#[test]
fn small_blocks_at_an_end_are_erased_together_as_one_of_the_others() {
    snapshots_come_back::<1>(PARAMETERS);
    snapshots_come_back::<2>(PARAMETERS);
    let mut chips = NorChips::<1>::new(PARAMETERS);
    let mut flash = Cfi::identify(&mut chips, Time::new()).unwrap();
    let geometry = NorFlash::geometry(&flash);
    assert_eq!(geometry, NorGeometry { block_bytes: 16 << 10, blocks: 128, program_bytes: 2 });
    NorFlash::program(&mut flash, (127 << 14) - 512, &[0; 512 + (16 << 10)]).unwrap();
    NorFlash::erase(&mut flash, 127).unwrap();
    assert_eq!(NorFlash::erase(&mut flash, 128), Err(Error::OutOfRange));
    let bytes = flash.bytes().unwrap();
    assert!(bytes[127 << 14..].iter().all(|byte| *byte == 0xff));
    assert!(bytes[(127 << 14) - 512..127 << 14].iter().all(|byte| *byte == 0));
}

#[test]
fn chips_whose_small_blocks_make_up_none_of_the_large_ones_are_refused() {
    // Each of the two regions of smaller blocks is half as large as a block of the first region.
    let odd = Model { size: 21, regions: &[(127, 16 << 10), (4, 2 << 10), (1, 8 << 10)], ..LARGE };
    let mut chips = NorChips::<1>::new(odd);
    let flash = Cfi::identify(&mut chips, Time::new()).unwrap();
    assert_eq!(NorFlash::geometry(&flash).blocks, 0);
    let refused = NorStore::new(flash, StoreSettings::default()).err();
    assert_eq!(refused, Some(GeometryError::BlockBytes { block_bytes: 0 }));
}

#[test]
fn a_chip_that_fails_in_one_lane_keeps_the_image_before() {
    for after in [3, 60, 500] {
        let mut chips = NorChips::<2>::new(LARGE);
        let machine = Machine::sample(1);
        assert!(machine.clone().take(&mut store(&mut chips)).is_ok());
        chips.trouble = Some(Trouble::Program { lane: 1, after });
        // Over the log it passes to another block, over the image it fails.
        let taken = Machine::sample(2).take(&mut store(&mut chips)).is_ok();
        assert_eq!(taken, after == 3);
        let now = Machine::sample(if taken { 2 } else { 1 });
        let mut restarted = now.restarted(7);
        assert!(restarted.boot(&mut store(&mut chips)).id().is_some());
        assert!(restarted.is_as(&now));
    }
}
