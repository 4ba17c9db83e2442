//! NAND, page by page: a chip that holds anything and says of it what it likes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use oal_sim::{Machine, Rng};
use oal_snapshot::crc32c::crc32c;
use oal_snapshot::store::nand::{Ecc, LOG_BLOCKS, NandError, NandFlash, NandGeometry, NandPage, NandStore};
use oal_snapshot::store::{RECORD_LEN, StoreSettings};

use crate::input::{Input, overwrite};
use crate::store::{Bench, script};

const PAGE: usize = 512;
/// Bytes of the map of bad blocks.
const MAP: usize = 4;
const PAGES: u32 = 32;
const BLOCKS: u32 = LOG_BLOCKS + 14;
const GEOMETRY: NandGeometry =
    NandGeometry { page_bytes: PAGE as u32, pages_per_block: PAGES, blocks: BLOCKS };

/// What the chip says of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Worn,
    Uncorrectable,
    /// The bus fails.
    Unreadable,
}

/// Why the chip does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    PowerOff,
    Bus,
}

/// The chip. It keeps no rules: the simulators of `oal-sim` hold the store to those.
#[derive(Clone, Debug)]
struct Chip {
    pages: Vec<u8>,
    health: BTreeMap<u32, Health>,
    bad: u32,
    changes: u64,
    /// Changes that fail.
    failing: Vec<u64>,
    /// The change in which power goes, and how many bytes of it happen.
    cut: Option<(u64, usize)>,
    off: bool,
}

/// A chip with two images.
static USED: LazyLock<Chip> = LazyLock::new(|| {
    let mut chip = Chip::erased();
    for seed in [1, 2] {
        let _ = Machine::tiny(seed).take(&mut chip.store(StoreSettings::default())).expect("a snapshot");
    }
    chip
});

/// See [`Target::run`](crate::Target::run).
///
/// # Panics
/// As said there.
pub fn run(bytes: &[u8]) -> bool {
    script::<Chip>(bytes)
}

impl Chip {
    fn erased() -> Chip {
        Chip {
            pages: vec![0xff; (BLOCKS * PAGES) as usize * PAGE],
            health: BTreeMap::new(),
            bad: 0,
            changes: 0,
            failing: Vec::new(),
            cut: None,
            off: false,
        }
    }

    /// Writes to a range of the array, unless that fails or power goes.
    fn change(&mut self, at: usize, data: &[u8]) -> Result<(), NandError<Fault>> {
        if self.off {
            return Err(NandError::Device(Fault::PowerOff));
        }
        let number = self.changes;
        self.changes += 1;
        let pages = (at / PAGE) as u32..((at + data.len()) / PAGE) as u32;
        if let Some((_, done)) = self.cut.filter(|(change, _)| *change == number) {
            let done = done % (data.len() + 1);
            overwrite(&mut self.pages, at, &data[..done]);
            if done % 2 == 1 {
                self.health.insert(pages.start, Health::Uncorrectable);
            }
            self.off = true;
            return Err(NandError::Device(Fault::PowerOff));
        }
        if self.failing.contains(&number) {
            self.health.insert(pages.start, Health::Uncorrectable);
            return Err(NandError::Failed);
        }
        pages.for_each(|page| {
            self.health.remove(&page);
        });
        overwrite(&mut self.pages, at, data);
        Ok(())
    }

    fn position(at: NandPage) -> usize {
        assert!(at.block < BLOCKS && at.page < PAGES, "outside the chip");
        (at.block * PAGES + at.page) as usize * PAGE
    }
}

impl NandFlash for &mut Chip {
    type Error = Fault;

    fn geometry(&self) -> NandGeometry {
        GEOMETRY
    }

    fn read_page(&mut self, at: NandPage, data: &mut [u8], _: &mut [u8]) -> Result<Ecc, NandError<Fault>> {
        let position = Chip::position(at);
        if self.off {
            return Err(NandError::Device(Fault::PowerOff));
        }
        data.copy_from_slice(&self.pages[position..][..PAGE]);
        match self.health.get(&((position / PAGE) as u32)) {
            None => Ok(Ecc::Clean),
            Some(Health::Worn) => Ok(Ecc::Worn),
            Some(Health::Uncorrectable) => Err(NandError::Uncorrectable),
            Some(Health::Unreadable) => Err(NandError::Device(Fault::Bus)),
        }
    }

    fn program_page(&mut self, at: NandPage, data: &[u8], _: &[u8]) -> Result<(), NandError<Fault>> {
        assert_eq!(data.len(), PAGE);
        self.change(Chip::position(at), data)
    }

    fn erase_block(&mut self, block: u32) -> Result<(), NandError<Fault>> {
        let position = Chip::position(NandPage { block, page: 0 });
        self.change(position, &[0xff; PAGE * PAGES as usize])
    }

    fn is_bad(&mut self, block: u32) -> Result<bool, Fault> {
        if self.off { Err(Fault::PowerOff) } else { Ok(self.bad >> block & 1 != 0) }
    }

    fn mark_bad(&mut self, block: u32) -> Result<(), Fault> {
        if self.off {
            return Err(Fault::PowerOff);
        }
        self.bad |= 1 << block;
        Ok(())
    }
}

type On<'a> = NandStore<&'a mut Chip, PAGE, MAP>;

impl Bench for Chip {
    type On<'a> = On<'a>;

    fn start(input: &mut Input<'_>) -> Self {
        match input.byte() % 4 {
            0 => Chip::erased(),
            1 => USED.clone(),
            2 => {
                let mut chip = Chip::erased();
                Rng::new(input.byte().into()).fill(&mut chip.pages);
                chip
            }
            _ => {
                let mut chip = Chip { bad: input.word(), ..Chip::erased() };
                let bytes = input.slice();
                overwrite(&mut chip.pages, 0, bytes);
                chip
            }
        }
    }

    fn store(&mut self, settings: StoreSettings) -> On<'_> {
        NandStore::new(self, settings).expect("a chip that fits")
    }

    /// With a map of bad blocks and, unless the input wants it otherwise, the checksum over both.
    fn put_record(&mut self, record: [u8; RECORD_LEN], input: &mut Input<'_>) {
        let how = input.byte();
        let map = if how & 1 != 0 { input.word() } else { 0 };
        let mut bytes = record.to_vec();
        bytes.extend_from_slice(&map.to_le_bytes());
        let crc = crc32c(&bytes) ^ u32::from(how >> 1 & 1);
        bytes.extend_from_slice(&crc.to_le_bytes());
        bytes.resize(2 * PAGE, 0xff);
        let place = input.below((LOG_BLOCKS * PAGES / 2) as usize);
        overwrite(&mut self.pages, place * bytes.len(), &bytes);
    }

    fn patch(&mut self, at: usize, bytes: &[u8]) {
        overwrite(&mut self.pages, at, bytes);
    }

    fn trouble(&mut self, input: &mut Input<'_>) {
        let change = self.changes + u64::from(input.byte());
        let page = input.below((BLOCKS * PAGES) as usize) as u32;
        match input.byte() % 6 {
            0 => self.cut = Some((change, page as usize)),
            1 => self.failing.push(change),
            2 => self.bad ^= 1 << (page % BLOCKS),
            3 => drop(self.health.insert(page, Health::Worn)),
            4 => drop(self.health.insert(page, Health::Uncorrectable)),
            _ => drop(self.health.insert(page, Health::Unreadable)),
        }
    }

    fn power_cycle(&mut self) {
        self.failing.clear();
        (self.cut, self.off) = (None, false);
    }
}
