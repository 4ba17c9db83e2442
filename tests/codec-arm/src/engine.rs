//! Whole takes and whole boots by the engine, of RAM that the host loaded, on a medium that is memory.
//!
//! ```text
//!  0x6700_0000  one letter a page: Z is free            0x7000_0000  the medium
//!  0x6800_0000  the RAM to save, 64 MiB              0x8000_0000  the staging area, nosave
//! ```
//!
//! Nothing here is a stand-in but the CPU, whose registers are a few words, and the medium, whose copies are
//! counted apart. After each boot every saved page is compared by checksum with what was saved.

use core::arch::asm;
use core::slice;

use oal_snapshot::boot::{Boot, BootEnd, BootReport};
use oal_snapshot::codec::{Lz4, Lz4High};
use oal_snapshot::cpu::fake::FakeCpu;
use oal_snapshot::crc32c::Crc32c;
use oal_snapshot::frame::{FrameRange, PAGE_SIZE, Pfn, RamRegion};
use oal_snapshot::hooks::{CompressSnapshot, DecompressSnapshot, GetSnapshotRegions, SnapshotResume};
use oal_snapshot::image::Identity;
use oal_snapshot::mem::{self, PhysicalMemory};
use oal_snapshot::memory_map::MemoryLayout;
use oal_snapshot::state::StateCell;
use oal_snapshot::store::{BlockDevice, BlockStore, SECTOR_SIZE, StoreSettings};
use oal_snapshot::system::{PageClass, Resume, SuspendFailed, System};
use oal_snapshot::take::{Settings, Snapshot, TakeReport, Timeline};
use oal_snapshot::workspace::{Workspace, chunks_for};
use semihosting::println;

use crate::arena::Large;
use crate::bench::{instructions_of, start_timer, ticks};

/// One letter for each page.
const CLASSES: usize = 0x6700_0000;
const RAM: RamRegion = RamRegion::new(0x6800_0000, 64 << 20);
/// As large as the image may get.
const STAGING: RamRegion = RamRegion::new(0x8000_0000, 64 << 20);
const DISK: usize = 0x7000_0000;
const DISK_BYTES: usize = 160 << 20;
/// The engine's stack is looked at this far down.
const DEPTH: usize = 64 << 10;
const PAINT: u32 = 0x5354_4b21;

/// Room for 64 MiB of RAM.
type Work = Workspace<1024, { chunks_for(64 << 20) }>;

static WORKSPACE: Large<Work> = Large::new(Work::new());
static FAST: Large<Lz4> = Large::new(Lz4::new());
static HIGH: Large<Lz4High> = Large::new(Lz4High::new());
static IDENTITY: Identity = Identity { board: *b"codec-arm\0\0\0\0\0\0\0", build: [7; 32] };

/// Memory as a medium, which tells what its copies took.
struct Disk {
    ticks: u64,
    bytes: u64,
}

impl Disk {
    fn at(first: u64, len: usize) -> Option<*mut u8> {
        let start = usize::try_from(first).ok()?.checked_mul(SECTOR_SIZE)?;
        (start.checked_add(len)? <= DISK_BYTES).then_some((DISK + start) as *mut u8)
    }

    fn copy(&mut self, dst: &mut [u8], src: &[u8]) {
        let start = ticks();
        mem::copy(dst, src);
        self.ticks += ticks() - start;
        self.bytes += src.len() as u64;
    }
}

/// A range that is not on the medium.
#[derive(Debug)]
struct Outside;

impl BlockDevice for Disk {
    type Error = Outside;

    fn sectors(&self) -> u64 {
        (DISK_BYTES / SECTOR_SIZE) as u64
    }

    fn read(&mut self, first: u64, buf: &mut [u8]) -> Result<(), Outside> {
        let from = Disk::at(first, buf.len()).ok_or(Outside)?;
        // SAFETY: RAM that is the medium's alone, within its bounds.
        self.copy(buf, unsafe { slice::from_raw_parts(from, buf.len()) });
        Ok(())
    }

    fn write(&mut self, first: u64, data: &[u8]) -> Result<(), Outside> {
        let to = Disk::at(first, data.len()).ok_or(Outside)?;
        // SAFETY: as above.
        self.copy(unsafe { slice::from_raw_parts_mut(to, data.len()) }, data);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Outside> {
        Ok(())
    }
}

const LAYOUT: MemoryLayout<'static> = MemoryLayout { ram: &[RAM, STAGING], oem: &[], nosave: &[STAGING] };

/// The system: the classes say what is free.
struct Loaded {
    staging: Option<FrameRange>,
}

impl System for Loaded {
    fn layout(&self) -> MemoryLayout<'_> {
        LAYOUT
    }

    fn page_class(&self, frame: Pfn) -> PageClass {
        let page = frame.0.wrapping_sub(RAM.base / PAGE_SIZE as u64) as usize;
        if classes().get(page) == Some(&b'Z') { PageClass::Free } else { PageClass::Used }
    }

    fn suspend(&mut self) -> Result<(), SuspendFailed> {
        Ok(())
    }

    fn resume(&mut self, _: Resume) {}

    fn pause(&mut self, _: u32) {}

    fn staging(&self) -> Option<FrameRange> {
        self.staging
    }
}

impl GetSnapshotRegions for Loaded {}

impl SnapshotResume for Loaded {}

fn classes() -> &'static [u8] {
    // SAFETY: RAM that the host filled before the start and nobody writes.
    unsafe { slice::from_raw_parts(CLASSES as *const u8, (RAM.len as usize) / PAGE_SIZE) }
}

/// CRC-32C of all pages that are not free.
fn digest() -> u32 {
    // SAFETY: the engine does not run now.
    let ram = unsafe { slice::from_raw_parts(RAM.base as usize as *const u8, RAM.len as usize) };
    let mut crc = Crc32c::new();
    for (page, class) in ram.as_chunks::<PAGE_SIZE>().0.iter().zip(classes()) {
        if *class != b'Z' {
            crc.update(page);
        }
    }
    crc.finish()
}

/// Overwrites all of the RAM.
fn spoil() {
    // SAFETY: as above.
    unsafe { slice::from_raw_parts_mut(RAM.base as usize as *mut u8, RAM.len as usize) }.fill(0xa5);
}

fn stack_pointer() -> usize {
    let sp;
    // SAFETY: reads a register.
    unsafe { asm!("mov {}, sp", out(reg) sp, options(nomem, nostack)) };
    sp
}

/// Marks the stack below the caller's.
#[inline(never)]
fn paint() -> usize {
    let top = stack_pointer() & !7;
    for at in (top - DEPTH..top - 64).step_by(4) {
        // SAFETY: below the stack pointer of a function that calls nothing; the stack is 512 KiB deep.
        unsafe { (at as *mut u32).write_volatile(PAINT) };
    }
    top
}

/// Bytes of stack used below `top` since it was painted.
#[inline(never)]
fn deepest(top: usize) -> usize {
    // SAFETY: RAM of the stack, read only.
    let lowest =
        (top - DEPTH..top).step_by(4).find(|at| unsafe { (*at as *const u32).read_volatile() } != PAINT);
    top - lowest.unwrap_or(top)
}

/// Calls `what` in a stack frame below the caller's, so that all of its own is counted.
#[inline(never)]
fn on_its_own<T>(what: impl FnOnce() -> T) -> T {
    what()
}

/// What is measured together.
struct Run<'a, Z> {
    name: &'a str,
    codec: &'a mut Z,
    staged: bool,
}

impl<Z: CompressSnapshot + DecompressSnapshot> Run<'_, Z> {
    /// Takes a snapshot.
    #[inline(never)]
    fn take(&mut self, memory: &mut PhysicalMemory<'_>, store: &mut BlockStore<Disk>) -> TakeReport {
        let staging = STAGING.frames().ok().filter(|_| self.staged);
        let (state, mut system) = (StateCell::new(), Loaded { staging });
        // SAFETY: one borrow at a time.
        let workspace = unsafe { WORKSPACE.get() };
        *store.device_mut() = Disk { ticks: 0, bytes: 0 };
        let (mut cpu, mut observer) = (FakeCpu::new(), ());
        let mut snapshot = Snapshot {
            system: &mut system,
            state: &state,
            identity: &IDENTITY,
            memory,
            cpu: &mut cpu,
            codec: self.codec,
            store,
            observer: &mut observer,
            settings: Settings::default(),
        };
        let top = paint();
        let start = ticks();
        let taken = on_its_own(|| snapshot.take(workspace));
        let all = ticks() - start;
        let stack = deepest(top);
        let Ok(Timeline::Live(report)) = taken else { panic!("no snapshot: {taken:?}") };
        let disk = store.device_mut();
        println!(
            "@take name={} staged={} instructions={} device={} device_bytes={} pages={} zero={} image={} extents={} chunks={} raw={} stack={stack}",
            self.name,
            u8::from(self.staged),
            instructions_of(all),
            instructions_of(disk.ticks),
            disk.bytes,
            report.pages,
            report.zero_pages,
            report.image_len,
            report.extents,
            report.chunks,
            report.raw_chunks,
        );
        report
    }

    /// Spoils all RAM, boots, and checks that saved memory is back.
    #[inline(never)]
    fn boot(&mut self, memory: &mut PhysicalMemory<'_>, store: &mut BlockStore<Disk>, taken: &TakeReport) {
        let before = digest();
        spoil();
        assert_ne!(digest(), before, "spoiled");
        // SAFETY: one borrow at a time.
        let workspace = unsafe { WORKSPACE.get() };
        *store.device_mut() = Disk { ticks: 0, bytes: 0 };
        let (mut cpu, mut observer, mut report) = (FakeCpu::new(), (), BootReport::new());
        let mut boot = Boot {
            layout: LAYOUT,
            identity: &IDENTITY,
            memory,
            cpu: &mut cpu,
            codec: &*self.codec,
            store,
            observer: &mut observer,
        };
        let top = paint();
        let start = ticks();
        let end = on_its_own(|| boot.run(workspace, &mut report));
        let all = ticks() - start;
        let stack = deepest(top);
        assert!(matches!(end, BootEnd::Entered(_)), "{end:?}");
        assert_eq!(report.booted.map(|image| image.id), Some(taken.id), "the image just taken");
        assert_eq!(digest(), before, "saved memory is back");
        let disk = store.device_mut();
        println!(
            "@boot name={} instructions={} device={} device_bytes={} pages={} stack={stack}",
            self.name,
            instructions_of(all),
            instructions_of(disk.ticks),
            disk.bytes,
            taken.pages,
        );
    }
}

/// Takes without and with a staging area, boots, and the same with the high level.
pub fn run() {
    start_timer();
    let ranges = [RAM, STAGING].map(|region| region.frames().expect("whole frames"));
    // SAFETY: both are RAM that the engine alone uses while it runs, and the value is the only one.
    let mut memory = unsafe { PhysicalMemory::new(&ranges, 0) };
    let mut store = BlockStore::new(Disk { ticks: 0, bytes: 0 }, StoreSettings::default()).unwrap();
    // SAFETY: once.
    let (fast, high) = unsafe { (FAST.get(), HIGH.get()) };
    println!(
        "@memory workspace={} codec={} store={} report={}",
        size_of::<Work>(),
        size_of::<Lz4>(),
        size_of::<BlockStore<Disk>>() - size_of::<Disk>(),
        size_of::<BootReport>(),
    );
    let mut unstaged = Run { name: "fast", codec: &mut *fast, staged: false };
    let first = unstaged.take(&mut memory, &mut store);
    let mut staged = Run { name: "fast", codec: fast, staged: true };
    let second = staged.take(&mut memory, &mut store);
    assert_eq!(first.image_len, second.image_len, "the staging area changes no image");
    staged.boot(&mut memory, &mut store, &second);
    let mut high = Run { name: "high", codec: high, staged: true };
    let third = high.take(&mut memory, &mut store);
    high.boot(&mut memory, &mut store, &third);
}
