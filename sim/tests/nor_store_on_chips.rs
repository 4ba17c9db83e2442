//! The whole way down: the engine, the NOR store, the CFI driver, and chips that follow their data sheets.

use oal_drivers::cfi::{Bus, Cfi, Error};
use oal_sim::Machine;
use oal_sim::nand::Time;
use oal_sim::nor::chip::{Model, NorChips, Trouble};
use oal_snapshot::store::StoreSettings;
use oal_snapshot::store::nor::{NorFlash, NorGeometry, NorStore};
use oal_snapshot::take::Timeline;

/// What a board writes to put the driver below the store.
struct Board<B>(Cfi<B, Time>);

impl<B: Bus> NorFlash for Board<B> {
    type Error = Error;

    fn geometry(&self) -> NorGeometry {
        let geometry = self.0.geometry();
        let region = geometry.regions().next().unwrap_or_default();
        NorGeometry {
            block_bytes: region.block_bytes,
            blocks: region.blocks,
            program_bytes: geometry.word_bytes,
        }
    }

    fn read(&mut self, at: u64, buf: &mut [u8]) -> Result<(), Error> {
        let at = usize::try_from(at).map_err(|_| Error::OutOfRange)?;
        let bytes = self.0.bytes().ok_or(Error::OutOfRange)?;
        let from = bytes.get(at..).and_then(|bytes| bytes.get(..buf.len()));
        buf.copy_from_slice(from.ok_or(Error::OutOfRange)?);
        Ok(())
    }

    fn program(&mut self, at: u64, data: &[u8]) -> Result<(), Error> {
        self.0.program(usize::try_from(at).map_err(|_| Error::OutOfRange)?, data)
    }

    fn erase(&mut self, block: u32) -> Result<(), Error> {
        self.0.erase(block as usize * self.geometry().block_bytes as usize)
    }

    fn mapped(&self) -> Option<&[u8]> {
        self.0.bytes()
    }
}

/// 2 MiB in 16 KiB blocks, locked at power-on.
const LARGE: Model = Model { size: 21, regions: &[(128, 16 << 10)], buffer: 6, locks: true };

fn store<const LANES: usize>(chips: &mut NorChips<LANES>) -> NorStore<Board<&mut NorChips<LANES>>> {
    let flash = Cfi::identify(chips, Time::new()).expect("a known chip");
    NorStore::new(Board(flash), StoreSettings::default()).expect("a flash that fits")
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
