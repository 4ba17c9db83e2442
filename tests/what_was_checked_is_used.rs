//! A medium that answers one read, or all reads from one on, with other bytes: whichever read that is, a boot
//! ends with the right image, with the older one, or cold. No page of RAM ever holds anything but what it
//! held before or what an image has for it, and nothing outside the saved memory changes.

use oal_sim::machine::{frames, region};
use oal_sim::{Booted, DmaDisk, FakeSystem, Machine, NandPages, NorCells, RamDisk, Rng};
use oal_snapshot::hooks::{PrepareSnapshot, ReadSnapshot, SelectSnapshot, WriteSnapshot};
use oal_snapshot::store::nand::{Ecc, NandError, NandFlash, NandGeometry, NandPage, NandStore};
use oal_snapshot::store::nor::{NorFlash, NorGeometry, NorStore};
use oal_snapshot::store::{BlockDevice, BlockStore, Slots, StoreSettings};

const SETTINGS: StoreSettings = StoreSettings { slots: Slots::Two, max_attempts: 0 };

/// A machine with saved memory in three chunks, a free page and a nosave page.
fn machine(seed: u64) -> Machine {
    let mut machine = Machine::new(FakeSystem {
        ram: [region(0x200, 56)].into(),
        nosave: [region(0x210, 1)].into(),
        free: [frames(0x220, 1)].into(),
        ..FakeSystem::default()
    });
    machine.fill(seed);
    machine
}

/// What a read gives instead of what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lie {
    FlippedBit,
    Noise,
    Zeroes,
    /// What another medium has at the same place: the same history, but for the newest image, whose number is
    /// the same.
    Other,
}

const LIES: [Lie; 4] = [Lie::FlippedBit, Lie::Noise, Lie::Zeroes, Lie::Other];
/// Lies that a medium does not come back from.
const LASTING: [Lie; 2] = [Lie::Noise, Lie::Other];

/// A medium that lies.
#[derive(Clone)]
struct Liar<D> {
    medium: D,
    other: D,
    lie: Lie,
    /// The read that is answered wrongly, counted from 0.
    at: u64,
    /// Whether all reads behind it are, too.
    lasting: bool,
    reads: u64,
    /// Where the reads were: first unit and bytes.
    places: Vec<(u64, usize)>,
}

impl<D> Liar<D> {
    fn new(medium: D, other: D) -> Liar<D> {
        Liar { medium, other, lie: Lie::Noise, at: u64::MAX, lasting: false, reads: 0, places: Vec::new() }
    }

    /// Reads by `read`, and lies if it is time.
    fn answer<T>(&mut self, buf: &mut [u8], read: impl Fn(&mut D, &mut [u8]) -> T) -> T {
        let number = self.reads;
        self.reads += 1;
        let lies = number == self.at || (self.lasting && number > self.at);
        if lies && self.lie == Lie::Other {
            return read(&mut self.other, buf);
        }
        let answer = read(&mut self.medium, buf);
        match self.lie {
            _ if !lies => {}
            Lie::FlippedBit => {
                let mut rng = Rng::new(number);
                let at = rng.below(buf.len() as u64) as usize;
                buf[at] ^= 1 << rng.below(8);
            }
            Lie::Noise => Rng::new(number).fill(buf),
            Lie::Zeroes | Lie::Other => buf.fill(0),
        }
        answer
    }
}

impl<D: BlockDevice> BlockDevice for Liar<D> {
    type Error = D::Error;

    fn sectors(&self) -> u64 {
        self.medium.sectors()
    }

    fn read(&mut self, first: u64, buf: &mut [u8]) -> Result<(), D::Error> {
        self.places.push((first, buf.len()));
        self.answer(buf, |medium, buf| medium.read(first, buf))
    }

    fn write(&mut self, first: u64, data: &[u8]) -> Result<(), D::Error> {
        self.medium.write(first, data)
    }

    fn flush(&mut self) -> Result<(), D::Error> {
        self.medium.flush()
    }
}

impl<D: NandFlash> NandFlash for Liar<D> {
    type Error = D::Error;

    fn geometry(&self) -> NandGeometry {
        self.medium.geometry()
    }

    fn read_page(
        &mut self,
        at: NandPage,
        data: &mut [u8],
        spare: &mut [u8],
    ) -> Result<Ecc, NandError<D::Error>> {
        let mut page = [&*data, &*spare].concat();
        let data_len = data.len();
        let ecc = self.answer(&mut page, |medium, page| {
            let (data, spare) = page.split_at_mut(data_len);
            medium.read_page(at, data, spare)
        });
        data.copy_from_slice(&page[..data_len]);
        spare.copy_from_slice(&page[data_len..]);
        ecc
    }

    fn program_page(&mut self, at: NandPage, data: &[u8], spare: &[u8]) -> Result<(), NandError<D::Error>> {
        self.medium.program_page(at, data, spare)
    }

    fn erase_block(&mut self, block: u32) -> Result<(), NandError<D::Error>> {
        self.medium.erase_block(block)
    }

    fn is_bad(&mut self, block: u32) -> Result<bool, D::Error> {
        self.medium.is_bad(block)
    }

    fn mark_bad(&mut self, block: u32) -> Result<(), D::Error> {
        self.medium.mark_bad(block)
    }
}

impl<D: NorFlash> NorFlash for Liar<D> {
    type Error = D::Error;

    fn geometry(&self) -> NorGeometry {
        self.medium.geometry()
    }

    fn read(&mut self, at: u64, buf: &mut [u8]) -> Result<(), D::Error> {
        self.answer(buf, |medium, buf| medium.read(at, buf))
    }

    fn program(&mut self, at: u64, data: &[u8]) -> Result<(), D::Error> {
        self.medium.program(at, data)
    }

    fn erase(&mut self, block: u32) -> Result<(), D::Error> {
        self.medium.erase(block)
    }

    fn mapped(&self) -> Option<&[u8]> {
        self.medium.mapped()
    }
}

/// The machines whose images are on the medium: the older, the newest, and the newest of the other medium.
struct Machines([Machine; 3]);

impl Machines {
    fn new() -> Machines {
        Machines([1, 2, 3].map(machine))
    }

    /// Boots on a machine full of noise, and looks at every page of it. Gives the number of the machine that
    /// came back.
    fn boot<S: SelectSnapshot + ReadSnapshot>(&self, store: &mut S, what: &str) -> (Booted, Option<usize>) {
        let noise = machine(0).restarted(9);
        let mut machine = noise.clone();
        let booted = machine.boot(store);
        assert!(machine.has_the_rest_of(&noise), "{what}: memory that is not saved was written to");
        for frame in machine.saved() {
            let page = machine.ram.page(frame);
            let known = page == noise.ram.page(frame) || self.0.iter().any(|m| m.ram.page(frame) == page);
            assert!(known, "{what}: {frame:?} holds what no image has");
        }
        let whole = self.0.iter().position(|other| machine.is_as(other));
        assert_eq!(booted.id().is_some(), whole.is_some(), "{what}: {booted:?}");
        (booted, whole)
    }

    /// Every read of a boot, with every lie; `boot` gives the number of reads too. Counts how often which
    /// machine came back, and how often none.
    fn lie_at_every_read<D: Clone>(
        &self,
        liar: &Liar<D>,
        boot: impl Fn(&Machines, Liar<D>, &str) -> ((Booted, Option<usize>), u64),
    ) -> [u32; 4] {
        let ((_, whole), reads) = boot(self, liar.clone(), "honest");
        assert_eq!(whole, Some(1), "the newest image boots from an honest medium");
        let mut ends = [0; 4];
        let lies = LIES.map(|lie| (lie, false)).into_iter().chain(LASTING.map(|lie| (lie, true)));
        for (lie, lasting) in lies {
            for at in 0..=reads {
                let liar = Liar { lie, at, lasting, ..liar.clone() };
                let what = format!("{lie:?}, read {at} of {reads}, lasting: {lasting}");
                let ((booted, whole), _) = boot(self, liar, &what);
                // One read cannot bring all of the other medium's image.
                let foreign = whole == Some(2);
                assert!(!foreign || (lasting && lie == Lie::Other), "{what}: {booted:?}");
                assert!(at < reads || whole == Some(1), "{what}: {booted:?}");
                ends[whole.unwrap_or(3)] += 1;
            }
        }
        let [older, newest, _, cold] = ends;
        assert!(reads > 8 && older > 8 && newest > 8 && cold > 0, "{reads} reads: {ends:?}");
        ends
    }
}

fn take<S: PrepareSnapshot + WriteSnapshot>(store: &mut S, seed: u64) {
    assert!(machine(seed).take(store).is_ok());
}

/// Two media with the same older image, and each with a newest one of its own.
fn media<D: Clone>(blank: D, take: impl Fn(&mut D, u64)) -> Liar<D> {
    let mut older = blank;
    take(&mut older, 1);
    let (mut medium, mut other) = (older.clone(), older);
    take(&mut medium, 2);
    take(&mut other, 3);
    Liar::new(medium, other)
}

fn disks() -> Liar<RamDisk> {
    media(RamDisk::blank(64 + 2 * 8 * 80), |disk, seed| {
        take(&mut BlockStore::new(disk, SETTINGS).unwrap(), seed)
    })
}

#[test]
fn no_read_of_a_block_device_that_differs_brings_a_wrong_byte_to_ram() {
    let ends = Machines::new().lie_at_every_read(&disks(), |machines, mut liar, what| {
        let booted = machines.boot(&mut BlockStore::new(&mut liar, SETTINGS).unwrap(), what);
        (booted, liar.reads)
    });
    assert!(ends[2] > 0, "a medium that was exchanged before the boot is another medium: {ends:?}");
}

#[test]
fn no_read_in_flight_that_differs_brings_a_wrong_byte_to_ram() {
    Machines::new().lie_at_every_read(&disks(), |machines, mut liar, what| {
        let booted = machines.boot(&mut BlockStore::new(DmaDisk::new(&mut liar), SETTINGS).unwrap(), what);
        (booted, liar.reads)
    });
}

#[test]
fn no_read_of_a_nand_page_that_differs_brings_a_wrong_byte_to_ram() {
    const GEOMETRY: NandGeometry = NandGeometry { page_bytes: 2048, pages_per_block: 16, blocks: 40 };
    type Store<D> = NandStore<D, 2048, 5>;
    let chips = media(NandPages::new(GEOMETRY, 1), |chip, seed| {
        take(&mut Store::new(chip, SETTINGS).expect("a chip that fits"), seed);
    });
    Machines::new().lie_at_every_read(&chips, |machines, mut liar, what| {
        let booted = machines.boot(&mut Store::new(&mut liar, SETTINGS).expect("a chip that fits"), what);
        (booted, liar.reads)
    });
}

const NOR: NorGeometry = NorGeometry { block_bytes: 8192, blocks: 4 + 2 * 14, program_bytes: 4 };

fn flashes(blank: NorCells) -> Liar<NorCells> {
    media(blank, |flash, seed| {
        take(&mut NorStore::new(flash, SETTINGS).expect("a flash that fits"), seed);
    })
}

fn boot_nor(machines: &Machines, mut liar: Liar<NorCells>, what: &str) -> ((Booted, Option<usize>), u64) {
    let booted = machines.boot(&mut NorStore::new(&mut liar, SETTINGS).expect("a flash that fits"), what);
    (booted, liar.reads)
}

#[test]
fn no_read_of_nor_that_differs_brings_a_wrong_byte_to_ram() {
    Machines::new().lie_at_every_read(&flashes(NorCells::new(NOR, 1)), boot_nor);
}

#[test]
fn no_read_of_mapped_nor_that_differs_brings_a_wrong_byte_to_ram() {
    // The chunks are not read but mapped: the next test is about them.
    Machines::new().lie_at_every_read(&flashes(NorCells::new(NOR, 1).mapped()), boot_nor);
}

/// NOR flash whose mapped memory is not what a read gives.
struct TwoViews {
    read: NorCells,
    mapped: NorCells,
}

impl NorFlash for TwoViews {
    type Error = <NorCells as NorFlash>::Error;

    fn geometry(&self) -> NorGeometry {
        self.read.geometry()
    }

    fn read(&mut self, at: u64, buf: &mut [u8]) -> Result<(), Self::Error> {
        self.read.read(at, buf)
    }

    fn program(&mut self, at: u64, data: &[u8]) -> Result<(), Self::Error> {
        self.read.program(at, data)
    }

    fn erase(&mut self, block: u32) -> Result<(), Self::Error> {
        self.read.erase(block)
    }

    fn mapped(&self) -> Option<&[u8]> {
        NorFlash::mapped(&self.mapped)
    }
}

#[test]
fn mapped_nor_that_is_not_what_was_read_brings_no_wrong_byte_to_ram() {
    let machines = Machines::new();
    let mut flashes = flashes(NorCells::new(NOR, 1).mapped());
    let other = flashes.other.bytes_mut().to_vec();
    let mut refused = 0;
    let len = other.len();
    for lie in LIES {
        for start in (0..len).step_by(4096) {
            let mut mapped = flashes.medium.clone();
            let page = &mut mapped.bytes_mut()[start..start + 4096];
            match lie {
                Lie::FlippedBit => page[Rng::new(start as u64).below(4096) as usize] ^= 0x10,
                Lie::Noise => Rng::new(start as u64).fill(page),
                Lie::Zeroes => page.fill(0),
                Lie::Other => page.copy_from_slice(&other[start..start + 4096]),
            }
            let flash = TwoViews { read: flashes.medium.clone(), mapped };
            let mut store = NorStore::new(flash, SETTINGS).expect("a flash that fits");
            let (booted, whole) = machines.boot(&mut store, &format!("{lie:?}, {start:#x}"));
            assert!(matches!(whole, Some(0 | 1)), "{lie:?}, {start:#x}: {booted:?}");
            refused += usize::from(whole == Some(0));
        }
    }
    assert!(refused >= 4 * 16, "only {refused} pages were looked at");
}

#[test]
fn every_byte_of_an_image_is_read_at_most_once() {
    let mut liar = disks();
    let (_, whole) = Machines::new().boot(&mut BlockStore::new(&mut liar, SETTINGS).unwrap(), "honest");
    assert_eq!(whole, Some(1));
    // Behind the log, which is the store's own.
    let mut sectors: Vec<u64> = liar
        .places
        .iter()
        .flat_map(|(first, bytes)| *first..*first + *bytes as u64 / 512)
        .filter(|sector| *sector >= oal_snapshot::store::LOG_SECTORS)
        .collect();
    let read = sectors.len();
    sectors.sort_unstable();
    sectors.dedup();
    assert!(read > 8 * 16 && sectors.len() == read, "{read} sectors were read, {} of them", sectors.len());
}
