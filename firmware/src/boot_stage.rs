//! The boot stage: from power-on to a restored system, or to the application's first instruction.
//!
//! Nothing here, nor in what it calls, uses memory of the picture: that is overwritten, or left half an image.

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

use crate::build::{self, BuildId};
use crate::cpu::{self, Cpu};
use crate::layout;
use crate::mmu::{self, Table};
use crate::nosave::Handout;
use crate::observer::Watcher;
use crate::platform::Platform;
use crate::start::enter_application;
use crate::storage::Storage;
use crate::terminal::Terminal;

/// For 1 GiB, the most RAM that a board may have here.
pub type Work = Workspace<1024, { chunks_for(1 << 30) }>;
/// The stack of the engine while it writes.
pub type WriterStack = NosaveStack<{ 32 << 10 }>;

#[unsafe(link_section = ".nosave.bss")]
static TABLE: Table = Table::new();
#[unsafe(link_section = ".nosave.bss")]
static WORKSPACE: Handout<Work> = Handout::new(Workspace::new());
#[unsafe(link_section = ".nosave.bss")]
static WRITER_STACK: Handout<WriterStack> = Handout::new(NosaveStack::new());
#[unsafe(link_section = ".nosave.data")]
static CODEC: Handout<Lz4> = Handout::new(Lz4::new());
#[unsafe(link_section = ".nosave.bss")]
static FRAMES: Handout<MaybeUninit<[FrameRange; 2]>> = Handout::new(MaybeUninit::zeroed());

/// Where a board's [`BootStage`] is: a static in `.nosave.bss`, made by [`firmware!`](crate::firmware).
pub struct Place<P: Platform>(Handout<MaybeUninit<BootStage<P>>>);

impl<P: Platform> Place<P> {
    /// Room for one, all zeroes.
    #[expect(clippy::new_without_default, reason = "for a static")]
    pub const fn new() -> Self {
        Place(Handout::new(MaybeUninit::zeroed()))
    }
}

/// What the boot stage leaves to whoever comes after it: the application, or the restored system. All of it is in
/// nosave memory, at the same address at every boot.
pub struct BootStage<P: Platform> {
    /// Bytes of RAM.
    pub ram_bytes: u32,
    /// Whom images belong to.
    pub identity: Identity,
    /// The medium, and the store on it.
    pub storage: P::Storage,
    /// All memory of the picture.
    pub memory: PhysicalMemory<'static>,
    /// The CPU.
    pub cpu: Cpu<P>,
    /// The codec.
    pub codec: &'static mut Lz4,
    /// The engine's memory.
    pub workspace: &'static mut Work,
    /// Who watches.
    pub watcher: Watcher<P>,
    /// What was found at this boot.
    pub report: BootReport,
}

/// The first Rust code after power-on. `unfilled`, from the board's build script, names the places of a new board that are
/// still to be filled: `FILE#SECTION` of `docs/porting.md`, one blank between two.
pub fn boot<P: Platform>(place: &'static Place<P>, unfilled: &str) -> ! {
    // SAFETY: MMU and caches are off, and nothing of what is probed is in use. Then the caches are empty, and the
    // table is the boot stage's own.
    let ram_bytes = unsafe {
        let ram_bytes = P::ram_bytes();
        mmu::enable::<P>(&TABLE, ram_bytes);
        ram_bytes
    };
    // SAFETY: nobody else is there yet.
    let mut terminal = unsafe { Terminal::<P::Uart>::new() };
    terminal.init();
    // SAFETY: as above.
    let storage = unsafe { P::storage() };
    // SAFETY: this runs once in a life, and what an earlier life borrowed is gone.
    let stage = unsafe { place.0.take() }.write(make(ram_bytes, storage));

    let (medium, capacity) = stage.storage.describe();
    say!(
        terminal,
        "\n@reset board={} build={} ram_mib={} medium={medium} capacity_mib={capacity}",
        P::NAME,
        BuildId(&stage.identity),
        ram_bytes >> 20,
    );
    for (file, section) in unfilled.split(' ').filter_map(|place| place.split_once('#')) {
        say!(terminal, "@unfilled file={file} see=docs/porting.md#{section}");
    }
    let why = stage.run();
    say!(terminal, "@cold stage={} reason={}", why.stage, why.reason.name());
    terminal.drain();
    // SAFETY: nothing on this stack is used again; the memory of the picture is the application's from here on.
    unsafe {
        initialise_picture();
        enter_application(layout::application_stack_top())
    }
}

fn make<P: Platform>(ram_bytes: u32, storage: P::Storage) -> BootStage<P> {
    // No frame buffer: a range of no frames.
    let all = [Some(layout::ram::<P>(ram_bytes)[0]), layout::frame_buffer::<P>()]
        .map(|region| region.and_then(|region| region.frames().ok()).unwrap_or_default());
    // SAFETY: `boot` calls this once in a life.
    let (frames, stack) = unsafe { (FRAMES.take().write(all), WRITER_STACK.take()) };
    BootStage {
        ram_bytes,
        identity: build::identity::<P>(),
        storage,
        // SAFETY: RAM and video RAM are mapped to where they are, for reading and writing, the code range excepted,
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

impl<P: Platform> BootStage<P> {
    /// The boot stage's results, for the application.
    ///
    /// # Safety
    /// Called once in the application's life, which may span many boots.
    #[expect(clippy::mut_from_ref, reason = "the caller vouches for there being one")]
    pub unsafe fn take(place: &'static Place<P>) -> &'static mut Self {
        // SAFETY: the boot stage wrote it, and does not use it while the application runs.
        unsafe { place.0.take().assume_init_mut() }
    }

    /// Boots, or says why not.
    fn run(&mut self) -> ColdBoot {
        let store = match self.storage.store() {
            Ok(store) => store,
            Err(why) => return why,
        };
        let (ram, frame_buffer) = (layout::ram::<P>(self.ram_bytes), layout::frame_buffer::<P>());
        let mut boot = Boot {
            ram: &ram,
            oem: frame_buffer.as_slice(),
            nosave: &layout::nosave(),
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

/// Bytes of the writer's stack that were ever used in this life, and all of them.
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
        ("frames", &raw const FRAMES as usize, size_of::<[FrameRange; 2]>()),
    ]
}

/// The boot stage's translation table, as TTBR0 has it.
pub fn table() -> u32 {
    TABLE.base()
}

/// A number, or a dash.
pub struct Dash(pub Option<u64>);

impl core::fmt::Display for Dash {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.0 {
            Some(number) => write!(f, "{number}"),
            None => f.write_str("-"),
        }
    }
}

/// Gives the application's statics their first values.
///
/// # Safety
/// The application does not run yet.
unsafe fn initialise_picture() {
    let (data, bss) = (layout::data_start(), layout::bss_start());
    // SAFETY: the linker's ranges, aligned to words, disjoint, and nobody's yet.
    unsafe {
        let words = (layout::data_end() - data) / 4;
        core::ptr::copy_nonoverlapping(layout::data_load() as *const u32, data as *mut u32, words);
        core::ptr::write_bytes(bss as *mut u32, 0, (layout::bss_end() - bss) / 4);
    }
}
