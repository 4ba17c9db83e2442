//! The whole way down: the engine, the NAND store, a driver of `drivers`, and a chip that follows its data
//! sheet command by command.

use oal_drivers::nand::ecc::{Bch, Hamming};
use oal_drivers::nand::marker::MarkerRule;
use oal_drivers::nand::onenand::{OneNand, Options};
use oal_drivers::nand::raw::{GuardedNand, RawNand};
use oal_drivers::nand::spi::SpiNand;
use oal_drivers::nand::spi::family::FAMILIES;
use oal_sim::nand::onenand::OneNandChip;
use oal_sim::nand::raw::{Model, RawChip};
use oal_sim::nand::spi::SpiChip;
use oal_sim::nand::{Array, Change, Failure, Shared, Time, When};
use oal_sim::{Machine, NandBoard, Rng, nand_board};
use oal_snapshot::store::StoreSettings;
use oal_snapshot::store::nand::NandStore;
use oal_snapshot::take::Timeline;

/// Blocks that the store uses of each chip.
const BLOCKS: u32 = 24;

/// Reaches for a chip's cells.
type Reach<'a> = dyn Fn(&mut dyn FnMut(&mut Array)) + 'a;

/// Snapshots and boots on a chip with bad blocks and failures, each by a new driver; `open` is what a board
/// does at power-on, `array` reaches for the chip's cells from outside.
fn story<'a, const PAGE: usize>(
    name: &str,
    rule: MarkerRule,
    open: &dyn Fn() -> NandBoard<'a>,
    array: &Reach<'_>,
) {
    let mut rng = Rng::new(PAGE as u64);
    let store =
        || NandStore::<_, PAGE, { BLOCKS as usize / 8 }>::new(open(), StoreSettings::default()).unwrap();
    array(&mut |array| [0, 9, 16].into_iter().for_each(|block| array.plant_bad(block, rule)));
    for seed in 1..12 {
        if seed % 3 == 0 {
            let change = if seed % 2 == 0 { Change::Erase } else { Change::Program };
            array(&mut |array| array.fail(Failure { change, when: When::After(rng.below(3)) }));
        }
        let machine = Machine::tiny(seed);
        let taken = machine.clone().take(&mut store());
        assert!(matches!(taken, Ok(Timeline::Live(_))), "{name}, snapshot {seed}: {taken:?}");
        // One bit of every page goes wrong: any code here corrects that.
        array(&mut |array| array.age(1));
        let mut restarted = machine.restarted(seed);
        let mut store = store();
        let booted = restarted.boot(&mut store);
        assert!(booted.id().is_some(), "{name}, boot {seed}: {:?}", booted.report);
        assert_eq!(booted.refused(), [], "{name}, boot {seed}");
        assert!(restarted.is_as(&machine), "{name}, boot {seed}");
    }
}

/// A chip, and the clock that it shares with its driver.
fn raw(model: Model) -> (Shared<RawChip>, Time) {
    let time = Time::new();
    (Shared::new(RawChip::new(model, time.clone())), time)
}

fn identified(chip: &Shared<RawChip>, time: &Time) -> RawNand<Shared<RawChip>, Time> {
    RawNand::identify(chip.clone(), time.clone()).unwrap()
}

#[test]
fn raw_nand_with_ecc_in_software() {
    let (chip, time) = raw(Model::k9f1g08());
    let rule = identified(&chip, &time).chip().marker;
    let reach = |act: &mut dyn FnMut(&mut Array)| act(&mut chip.chip().array);
    story::<2048>(
        "BCH 4",
        rule,
        &|| nand_board(GuardedNand::<_, _, Bch<4>, 64>::new(identified(&chip, &time)).unwrap(), BLOCKS),
        &reach,
    );
    assert_eq!(chip.chip().violations(), []);

    let (chip, time) = raw(Model::k9f1g08());
    let reach = |act: &mut dyn FnMut(&mut Array)| act(&mut chip.chip().array);
    story::<2048>(
        "BCH 8",
        rule,
        &|| nand_board(GuardedNand::<_, _, Bch<8>, 64>::new(identified(&chip, &time)).unwrap(), BLOCKS),
        &reach,
    );
    assert_eq!(chip.chip().violations(), []);
}

#[test]
fn raw_nand_with_small_pages_and_hamming() {
    let (chip, time) = raw(Model::tc58512());
    let rule = identified(&chip, &time).chip().marker;
    let reach = |act: &mut dyn FnMut(&mut Array)| act(&mut chip.chip().array);
    story::<512>(
        "Hamming",
        rule,
        &|| nand_board(GuardedNand::<_, _, Hamming, 16>::new(identified(&chip, &time)).unwrap(), BLOCKS),
        &reach,
    );
    assert_eq!(chip.chip().violations(), []);
}

#[test]
fn onenand() {
    let time = Time::new();
    let chip = Shared::new(OneNandChip::new(1, time.clone()));
    let reach = |act: &mut dyn FnMut(&mut Array)| act(&mut chip.chip().array);
    let open =
        || nand_board(OneNand::identify(chip.clone(), time.clone(), Options::default()).unwrap(), BLOCKS);
    story::<2048>("OneNAND", MarkerRule::FirstOrSecondPage, &open, &reach);
    assert_eq!(chip.chip().violations(), []);
}

#[test]
fn spi_nand_of_every_family() {
    for family in FAMILIES {
        let time = Time::new();
        let chip = Shared::new(SpiChip::new(family, time.clone()));
        let reach = |act: &mut dyn FnMut(&mut Array)| act(&mut chip.chip().array);
        let open = || nand_board(SpiNand::identify(chip.clone(), time.clone()).unwrap(), BLOCKS);
        story::<2048>(family.name, MarkerRule::FirstPage, &open, &reach);
        assert_eq!(chip.chip().violations(), [], "{}", family.name);
    }
}
