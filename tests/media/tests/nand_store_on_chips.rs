//! The whole way down: the engine, the NAND store, a driver of `boards/parts`, and a chip that follows its data sheet
//! command by command.

use oal_media::nand::onenand::OneNandChip;
use oal_media::nand::raw::{Model, RawChip};
use oal_media::nand::spi::SpiChip;
use oal_media::nand::{Array, Change, Failure, Shared, Time, When};
use oal_media::{Machine, Rng};
use oal_parts::nand::ecc::{Bch, Ecc as Code, Hamming};
use oal_parts::nand::marker::MarkerRule;
use oal_parts::nand::onenand::{OneNand, Options};
use oal_parts::nand::raw::{GuardedNand, RawNand};
use oal_parts::nand::spi::SpiNand;
use oal_parts::nand::spi::family::FAMILIES;
use oal_parts::nand::{EccStatus, Error, Geometry};
use oal_snapshot::store::StoreSettings;
use oal_snapshot::store::nand::{Ecc, NandError, NandFlash, NandGeometry, NandPage, NandStore};
use oal_snapshot::take::Timeline;

/// What a board writes to put a driver below the store.
macro_rules! board {
    ($name:ident, $driver:ty $(, $code:ident)?) => {
        struct $name$(<$code: Code>)?($driver);

        impl$(<$code: Code>)? NandFlash for $name$(<$code>)? {
            type Error = Error;

            fn geometry(&self) -> NandGeometry {
                let Geometry { page_bytes, pages_per_block, blocks, .. } = self.0.geometry();
                NandGeometry { page_bytes: page_bytes as u32, pages_per_block, blocks }
            }

            fn read_page(&mut self, at: NandPage, data: &mut [u8], _: &mut [u8]) -> Result<Ecc, NandError<Error>> {
                match self.0.read_page(at.block, at.page, data, &mut []) {
                    Ok(EccStatus::Uncorrectable) => Err(NandError::Uncorrectable),
                    Ok(EccStatus::Corrected { refresh: true, .. }) => Ok(Ecc::Worn),
                    Ok(_) => Ok(Ecc::Clean),
                    Err(error) => Err(NandError::Device(error)),
                }
            }

            fn program_page(&mut self, at: NandPage, data: &[u8], _: &[u8]) -> Result<(), NandError<Error>> {
                self.0.program_page(at.block, at.page, data, &[]).map_err(failed)
            }

            fn erase_block(&mut self, block: u32) -> Result<(), NandError<Error>> {
                self.0.erase_block(block).map_err(failed)
            }

            fn is_bad(&mut self, block: u32) -> Result<bool, Error> {
                self.0.is_bad(block)
            }

            fn mark_bad(&mut self, block: u32) -> Result<(), Error> {
                self.0.mark_bad(block)
            }
        }
    };
}

fn failed(error: Error) -> NandError<Error> {
    match error {
        Error::ProgramFailed | Error::EraseFailed => NandError::Failed,
        other => NandError::Device(other),
    }
}

board!(Raw2048, GuardedNand<Shared<RawChip>, Time, C, 64>, C);
board!(Raw512, GuardedNand<Shared<RawChip>, Time, C, 16>, C);
board!(One, OneNand<Shared<OneNandChip>, Time>);
board!(Spi, SpiNand<Shared<SpiChip>, Time>);

/// Blocks that the store uses of each chip.
const BLOCKS: u32 = 24;

/// Reaches for a chip's cells.
type Reach<'a> = dyn Fn(&mut dyn FnMut(&mut Array)) + 'a;

/// Snapshots and boots on a chip with bad blocks and failures, each by a new driver; `open` is what a board does at
/// power-on, `array` reaches for the chip's cells from outside.
fn story<F: NandFlash<Error = Error>, const PAGE: usize>(
    name: &str,
    rule: MarkerRule,
    open: &dyn Fn() -> F,
    array: &Reach<'_>,
) {
    let mut rng = Rng::new(PAGE as u64);
    let store =
        || NandStore::<F, PAGE, { BLOCKS as usize / 8 }>::new(open(), StoreSettings::default()).unwrap();
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
    story::<_, 2048>(
        "BCH 4",
        rule,
        &|| Raw2048(GuardedNand::<_, _, Bch<4>, 64>::new(identified(&chip, &time)).unwrap()),
        &reach,
    );
    assert_eq!(chip.chip().violations(), []);

    let (chip, time) = raw(Model::k9f1g08());
    let reach = |act: &mut dyn FnMut(&mut Array)| act(&mut chip.chip().array);
    story::<_, 2048>(
        "BCH 8",
        rule,
        &|| Raw2048(GuardedNand::<_, _, Bch<8>, 64>::new(identified(&chip, &time)).unwrap()),
        &reach,
    );
    assert_eq!(chip.chip().violations(), []);
}

#[test]
fn raw_nand_with_small_pages_and_hamming() {
    let (chip, time) = raw(Model::tc58512());
    let rule = identified(&chip, &time).chip().marker;
    let reach = |act: &mut dyn FnMut(&mut Array)| act(&mut chip.chip().array);
    story::<_, 512>(
        "Hamming",
        rule,
        &|| Raw512(GuardedNand::<_, _, Hamming, 16>::new(identified(&chip, &time)).unwrap()),
        &reach,
    );
    assert_eq!(chip.chip().violations(), []);
}

#[test]
fn onenand() {
    let time = Time::new();
    let chip = Shared::new(OneNandChip::new(1, time.clone()));
    let reach = |act: &mut dyn FnMut(&mut Array)| act(&mut chip.chip().array);
    let open = || One(OneNand::identify(chip.clone(), time.clone(), Options::default()).unwrap());
    story::<_, 2048>("OneNAND", MarkerRule::FirstOrSecondPage, &open, &reach);
    assert_eq!(chip.chip().violations(), []);
}

#[test]
fn spi_nand_of_every_family() {
    for family in FAMILIES {
        let time = Time::new();
        let chip = Shared::new(SpiChip::new(family, time.clone()));
        let reach = |act: &mut dyn FnMut(&mut Array)| act(&mut chip.chip().array);
        let open = || Spi(SpiNand::identify(chip.clone(), time.clone()).unwrap());
        story::<_, 2048>(family.name, MarkerRule::FirstPage, &open, &reach);
        assert_eq!(chip.chip().violations(), [], "{}", family.name);
    }
}
