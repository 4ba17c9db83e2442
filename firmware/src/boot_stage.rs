//! The boot stage: from power-on to a restored system, or to the application's first instruction.
//!
//! Nothing here, nor in what it calls, uses memory that is saved: that is overwritten, or left half an image.

use core::convert::Infallible;
use core::mem::MaybeUninit;

use oal_snapshot::boot::{Boot, BootEnd, BootReport};
use oal_snapshot::codec::Lz4;
use oal_snapshot::cpu::NosaveStack;
use oal_snapshot::frame::FrameRange;
use oal_snapshot::image::Identity;
use oal_snapshot::mem::PhysicalMemory;
use oal_snapshot::refusal::ColdBoot;
use oal_snapshot::workspace::{Workspace, chunks_for};

use crate::application::Application;
use crate::arch::{self, Table};
use crate::build::{self, BuildId};
use crate::cpu::{self, Cpu};
use crate::layout;
use crate::nosave::NosaveCell;
use crate::observer::Watcher;
use crate::platform::Platform;
use crate::ram::{self, MAX_BANKS, MAX_OEM, Ram};
use crate::storage::Storage;
use crate::terminal::Terminal;

/// For 1 GiB, the most RAM that a board may have here.
pub type Work = Workspace<1024, { chunks_for(1 << 30) }>;
/// The stack of the engine while it writes.
pub type WriterStack = NosaveStack<{ 32 << 10 }>;

#[unsafe(link_section = ".nosave.bss")]
static TABLE: Table = Table::new();
#[unsafe(link_section = ".nosave.bss")]
static WORKSPACE: NosaveCell<Work> = NosaveCell::new(Workspace::new());
#[unsafe(link_section = ".nosave.bss")]
static WRITER_STACK: NosaveCell<WriterStack> = NosaveCell::new(NosaveStack::new());
#[unsafe(link_section = ".nosave.data")]
static CODEC: NosaveCell<Lz4> = NosaveCell::new(Lz4::new());
#[unsafe(link_section = ".nosave.bss")]
static FRAMES: NosaveCell<MaybeUninit<Frames>> = NosaveCell::new(MaybeUninit::zeroed());

/// The frames of all memory that is saved.
type Frames = [FrameRange; MAX_BANKS + MAX_OEM];

/// A board's [`BootStage`]: a static in `.nosave.bss`, made by [`firmware!`](crate::firmware).
pub struct StageCell<P: Platform, A: Application<P>>(NosaveCell<MaybeUninit<BootStage<P, A>>>);

impl<P: Platform, A: Application<P>> StageCell<P, A> {
    /// Room for one, all zeroes.
    #[expect(clippy::new_without_default, reason = "for a static")]
    pub const fn new() -> Self {
        StageCell(NosaveCell::new(MaybeUninit::zeroed()))
    }
}

/// The findings and devices that the boot stage hands over: to the application, or to the restored system.
/// All of it is in nosave memory, at the same address at every boot.
pub struct BootStage<P: Platform, A: Application<P>> {
    /// The banks of RAM.
    pub ram: Ram,
    /// The identity that an image must match.
    pub identity: Identity,
    /// The medium, and the store on it.
    pub storage: P::Storage,
    /// All memory that is saved.
    pub memory: PhysicalMemory<'static>,
    /// The CPU.
    pub cpu: Cpu<P>,
    /// The codec.
    pub codec: &'static mut Lz4,
    /// The engine's memory.
    pub workspace: &'static mut Work,
    /// The progress observer.
    pub watcher: Watcher<P, A>,
    /// The findings of this boot.
    pub report: BootReport,
}

/// The first Rust code after power-on. `unfilled`, from the board's build script, names the places of a new
/// board that are still to be filled: `FILE#SECTION` of `docs/porting.md`, one blank between two.
pub fn boot<P: Platform, A: Application<P>>(cell: &'static StageCell<P, A>, unfilled: &str) -> ! {
    // SAFETY: MMU and caches are off, and nothing of what is probed is in use. Then the caches are empty, and the
    // table is the boot stage's own.
    let ram = unsafe {
        let ram = P::ram();
        let map = layout::map::<P>(&ram);
        arch::enable(&TABLE, |address| map.at(address));
        ram
    };
    // SAFETY: nobody else is there yet.
    let mut terminal = unsafe { Terminal::<P::Uart>::new() };
    terminal.init();
    // SAFETY: as above.
    let storage = unsafe { P::storage() };
    // SAFETY: this runs once after power-on, and what was borrowed before that is gone.
    let stage = unsafe { cell.0.take() }.write(make(ram, storage));

    let (medium, capacity) = stage.storage.describe();
    say!(
        terminal,
        "\n@reset board={} build={} ram_mib={} medium={medium} capacity_mib={capacity}",
        P::NAME,
        BuildId(&stage.identity),
        ram::bytes(&stage.ram) >> 20,
    );
    for (file, section) in unfilled.split(' ').filter_map(|place| place.split_once('#')) {
        say!(terminal, "@unfilled file={file} see=docs/porting.md#{section}");
    }
    let why = stage.run();
    say!(terminal, "@cold stage={} reason={}", why.stage, why.reason.name());
    terminal.drain();
    // SAFETY: nothing on this stack is used again; the memory that is saved is the application's from here on.
    unsafe {
        initialise_application();
        arch::enter_application(layout::application_stack_top())
    }
}

fn make<P: Platform, A: Application<P>>(ram: Ram, storage: P::Storage) -> BootStage<P, A> {
    const { assert!(P::OEM.len() <= MAX_OEM, "a board names at most MAX_OEM regions") };
    // SAFETY: `boot` calls this once after power-on.
    let (frames, stack) = unsafe { (FRAMES.take().write(Frames::default()), WRITER_STACK.take()) };
    let regions = ram.iter().chain(P::OEM);
    for (frames, region) in frames.iter_mut().zip(regions.filter_map(|region| region.frames().ok())) {
        *frames = region;
    }
    BootStage {
        ram,
        identity: build::identity::<P>(),
        storage,
        // SAFETY: RAM and the regions outside it are mapped to where they are, for reading and writing, the code range excepted,
        // which is nosave, as is all that the boot stage uses; the value is the only one.
        memory: unsafe { PhysicalMemory::new(frames, 0) },
        cpu: cpu::new::<P, _>(stack),
        // SAFETY: as above.
        codec: unsafe { CODEC.take() },
        // SAFETY: as above.
        workspace: unsafe { WORKSPACE.take() },
        watcher: Watcher::new(),
        report: BootReport::new(),
    }
}

impl<P: Platform, A: Application<P>> BootStage<P, A> {
    /// The boot stage's results, for the application.
    ///
    /// # Safety
    /// Called once by the application, which may go on over many boots.
    #[expect(clippy::mut_from_ref, reason = "the caller vouches for there being one")]
    pub unsafe fn take(cell: &'static StageCell<P, A>) -> &'static mut Self {
        // SAFETY: the boot stage wrote it, and does not use it while the application runs.
        unsafe { cell.0.take().assume_init_mut() }
    }

    /// Boots, or says why not.
    fn run(&mut self) -> ColdBoot {
        let store = match self.storage.store() {
            Ok(store) => store,
            Err(why) => return why,
        };
        let nosave = layout::nosave();
        let mut boot = Boot {
            layout: layout::of::<P>(&self.ram, &nosave),
            identity: &self.identity,
            memory: &mut self.memory,
            cpu: &mut self.cpu,
            codec: &*self.codec,
            store,
            observer: &mut self.watcher,
        };
        let end: BootEnd<Infallible> = boot.run(self.workspace, &mut self.report);
        let BootEnd::Cold(why) = end;
        why
    }
}

/// Bytes of the writer's stack that were ever used since power-on, and all of them.
pub fn writer_stack_use() -> (usize, usize) {
    let stack = (&raw const WRITER_STACK).cast::<WriterStack>();
    // SAFETY: `make` gave the stack away, and nothing runs on it while the application asks.
    (unsafe { WriterStack::used_bytes(stack) }, size_of::<WriterStack>())
}

/// Name, address and bytes of each static of the boot stage, for who looks whether all are in nosave memory.
pub fn places() -> [(&'static str, usize, usize); 5] {
    [
        ("table", &raw const TABLE as usize, size_of::<Table>()),
        ("workspace", &raw const WORKSPACE as usize, size_of::<Work>()),
        ("writer-stack", &raw const WRITER_STACK as usize, size_of::<WriterStack>()),
        ("codec", &raw const CODEC as usize, size_of::<Lz4>()),
        ("frames", &raw const FRAMES as usize, size_of::<Frames>()),
    ]
}

/// The boot stage's translation table, as the core's register has it.
pub fn table() -> usize {
    TABLE.base()
}

/// Gives the application's statics their first values.
///
/// # Safety
/// The application does not run yet.
unsafe fn initialise_application() {
    let (data, bss) = (layout::data_start(), layout::bss_start());
    // SAFETY: the linker's ranges, aligned to words, disjoint, and nobody's yet.
    unsafe {
        let words = (layout::data_end() - data) / 4;
        core::ptr::copy_nonoverlapping(layout::data_load() as *const u32, data as *mut u32, words);
        core::ptr::write_bytes(bss as *mut u32, 0, (layout::bss_end() - bss) / 4);
    }
}
