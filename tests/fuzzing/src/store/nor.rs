//! NOR flash that holds anything.

use std::sync::LazyLock;

use oal_sim::{Machine, Rng};
use oal_snapshot::store::nor::{LOG_BLOCKS, NorFlash, NorGeometry, NorStore};
use oal_snapshot::store::{RECORD_LEN, StoreSettings};

use crate::input::{Input, overwrite};
use crate::store::{Bench, script};

/// A log of 16 places in a block, and two slots of six blocks.
const GEOMETRY: NorGeometry = NorGeometry { block_bytes: 8192, blocks: LOG_BLOCKS + 2 * 6, program_bytes: 4 };

/// Why the flash does not do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    PowerOff,
    Failed,
    OutOfRange,
}

/// The flash. It keeps no rules: the simulators of `oal-sim` hold the store to those.
#[derive(Clone, Debug)]
struct Flash {
    bytes: Vec<u8>,
    mapped: bool,
    changes: u64,
    /// Changes that fail.
    failing: Vec<u64>,
    /// The change in which power goes, and how many bytes of it happen.
    cut: Option<(u64, usize)>,
    off: bool,
}

/// Flash with two images.
static USED: LazyLock<Flash> = LazyLock::new(|| {
    let mut flash = Flash::erased();
    for seed in [1, 2] {
        let _ = Machine::tiny(seed).take(&mut flash.store(StoreSettings::default())).expect("a snapshot");
    }
    flash
});

/// See [`Target::run`](crate::Target::run).
///
/// # Panics
/// As said there.
pub fn run(bytes: &[u8]) -> bool {
    script::<Flash>(bytes)
}

impl Flash {
    fn erased() -> Flash {
        Flash {
            bytes: vec![0xff; GEOMETRY.bytes() as usize],
            mapped: false,
            changes: 0,
            failing: Vec::new(),
            cut: None,
            off: false,
        }
    }

    /// How many of `len` bytes a change gets done, and how it ends.
    fn change(&mut self, len: usize) -> (usize, Result<(), Fault>) {
        if self.off {
            return (0, Err(Fault::PowerOff));
        }
        let number = self.changes;
        self.changes += 1;
        match self.cut {
            Some((change, done)) if change == number => {
                self.off = true;
                (done % (len + 1), Err(Fault::PowerOff))
            }
            _ if self.failing.contains(&number) => (len / 2, Err(Fault::Failed)),
            _ => (len, Ok(())),
        }
    }
}

impl NorFlash for &mut Flash {
    type Error = Fault;

    fn geometry(&self) -> NorGeometry {
        GEOMETRY
    }

    fn read(&mut self, at: u64, buf: &mut [u8]) -> Result<(), Fault> {
        if self.off {
            return Err(Fault::PowerOff);
        }
        let at = usize::try_from(at).map_err(|_| Fault::OutOfRange)?;
        let bytes = self.bytes.get(at..).and_then(|bytes| bytes.get(..buf.len()));
        buf.copy_from_slice(bytes.ok_or(Fault::OutOfRange)?);
        Ok(())
    }

    fn program(&mut self, at: u64, data: &[u8]) -> Result<(), Fault> {
        let at = at as usize;
        assert!(at.is_multiple_of(4) && data.len().is_multiple_of(4), "half a unit");
        assert!(at + data.len() <= self.bytes.len(), "outside the flash");
        let (done, result) = self.change(data.len());
        self.bytes[at..].iter_mut().zip(&data[..done]).for_each(|(byte, new)| *byte &= new);
        result
    }

    fn erase(&mut self, block: u32) -> Result<(), Fault> {
        assert!(block < GEOMETRY.blocks, "outside the flash");
        let len = GEOMETRY.block_bytes as usize;
        let (done, result) = self.change(len);
        self.bytes[block as usize * len..][..done].fill(0xff);
        result
    }

    fn mapped(&self) -> Option<&[u8]> {
        self.mapped.then_some(&self.bytes)
    }
}

type On<'a> = NorStore<&'a mut Flash>;

impl Bench for Flash {
    type On<'a> = On<'a>;

    fn start(input: &mut Input<'_>) -> Self {
        let how = input.byte();
        let mut flash = match how % 4 {
            1 => USED.clone(),
            _ => Flash::erased(),
        };
        match how % 4 {
            2 => Rng::new(input.byte().into()).fill(&mut flash.bytes),
            3 => overwrite(&mut flash.bytes, 0, input.slice()),
            _ => {}
        }
        flash.mapped = how & 4 != 0;
        flash
    }

    fn store(&mut self, settings: StoreSettings) -> On<'_> {
        NorStore::new(self, settings).expect("a flash that fits")
    }

    fn put_record(&mut self, record: [u8; RECORD_LEN], input: &mut Input<'_>) {
        let places = (LOG_BLOCKS * GEOMETRY.block_bytes) as usize / RECORD_LEN;
        let place = usize::from(input.byte()) % places;
        overwrite(&mut self.bytes, place * RECORD_LEN, &record);
    }

    fn patch(&mut self, at: usize, bytes: &[u8]) {
        overwrite(&mut self.bytes, at, bytes);
    }

    fn trouble(&mut self, input: &mut Input<'_>) {
        let change = self.changes + u64::from(input.byte());
        match input.byte() % 2 {
            0 => self.cut = Some((change, input.half().into())),
            _ => self.failing.push(change),
        }
    }

    fn power_cycle(&mut self) {
        self.failing.clear();
        (self.cut, self.off) = (None, false);
    }
}
