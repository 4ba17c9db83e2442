//! The boot stage: from power-on to a restored system, or to the application's first instruction.
//!
//! Nothing here, nor in what it calls, uses memory of the picture: that is overwritten, or left half an image.

use core::convert::Infallible;
use core::mem::MaybeUninit;

use oal_snapshot::boot::{Boot, BootEnd, BootReport};
use oal_snapshot::codec::Lz4;
use oal_snapshot::cpu::armv7a::{Armv7a, NosaveStack};
use oal_snapshot::frame::FrameRange;
use oal_snapshot::image::Identity;
use oal_snapshot::mem::PhysicalMemory;
use oal_snapshot::refusal::ColdBoot;
use oal_snapshot::workspace::Workspace;

use crate::build::{self, BuildId};
use crate::layout::{self, FRAME_BUFFER};
use crate::medium::Storage;
use crate::mmu::{self, Table};
use crate::nosave::Handout;
use crate::observer::Watcher;
use crate::ram;
use crate::start::enter_application;
use crate::uart::Terminal;

/// Chunks of 1 GiB, the most RAM that the board takes.
pub type Work = Workspace<1024, 16384>;
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
#[unsafe(link_section = ".nosave.bss")]
static STAGE: Handout<MaybeUninit<BootStage>> = Handout::new(MaybeUninit::zeroed());

/// What the boot stage leaves to whoever comes after it: the application, or the restored system. All of it is in
/// nosave memory, at the same address at every boot.
pub struct BootStage {
    /// Bytes of RAM.
    pub ram_bytes: u32,
    /// Whom images belong to.
    pub identity: Identity,
    /// The card, and the store on it.
    pub storage: Storage,
    /// All memory of the picture.
    pub memory: PhysicalMemory<'static>,
    /// The CPU.
    pub cpu: Armv7a,
    /// The codec.
    pub codec: &'static mut Lz4,
    /// The engine's memory.
    pub workspace: &'static mut Work,
    /// Who watches.
    pub watcher: Watcher,
    /// What was found at this boot.
    pub report: BootReport,
}

/// The first Rust code after power-on.
pub extern "C" fn boot() -> ! {
    // SAFETY: MMU and caches are off, and nothing of what is probed is in use. Then the caches are empty, and the
    // table is the boot stage's own.
    let ram_bytes = unsafe {
        let ram_bytes = ram::size();
        mmu::enable(&TABLE, ram_bytes);
        ram_bytes
    };
    // SAFETY: nobody else is there yet.
    let mut terminal = unsafe { Terminal::new() };
    terminal.init();
    // SAFETY: as above.
    let storage = unsafe { Storage::find() };
    // SAFETY: this runs once in a life, and what an earlier life borrowed is gone.
    let stage = unsafe { STAGE.take() }.write(make(ram_bytes, storage));

    let (medium, capacity) = stage.storage.describe();
    say!(
        terminal,
        "\n@reset board=vexpress-a9 build={} ram_mib={} medium={medium} capacity_mib={capacity}",
        BuildId(&stage.identity),
        ram_bytes >> 20,
    );
    let why = stage.run();
    say!(terminal, "@cold stage={} reason={}", why.stage, why.reason);
    terminal.drain();
    // SAFETY: nothing on this stack is used again; the memory of the picture is the application's from here on.
    unsafe {
        initialise_picture();
        enter_application(layout::application_stack_top())
    }
}

fn make(ram_bytes: u32, storage: Storage) -> BootStage {
    let all = [layout::ram(ram_bytes)[0], FRAME_BUFFER].map(|region| region.frames().unwrap_or_default());
    // SAFETY: `boot` calls this once in a life.
    let (frames, stack) = unsafe { (FRAMES.take().write(all), WRITER_STACK.take()) };
    BootStage {
        ram_bytes,
        identity: build::identity(),
        storage,
        // SAFETY: RAM and video RAM are mapped to where they are, for reading and writing, the code range excepted,
        // which is nosave, as is all that the boot stage uses; the value is the only one.
        memory: unsafe { PhysicalMemory::new(frames, 0) },
        cpu: Armv7a::new(stack).secure(),
        // SAFETY: as above.
        codec: unsafe { CODEC.take() },
        // SAFETY: as above.
        workspace: unsafe { WORKSPACE.take() },
        watcher: Watcher::new(),
        report: BootReport::new(),
    }
}

impl BootStage {
    /// The boot stage's results, for the application.
    ///
    /// # Safety
    /// Called once in the application's life, which may span many boots.
    pub unsafe fn take() -> &'static mut BootStage {
        // SAFETY: the boot stage wrote it, and does not use it while the application runs.
        unsafe { STAGE.take().assume_init_mut() }
    }

    /// Boots, or says why not.
    fn run(&mut self) -> ColdBoot {
        let store = match self.storage.store() {
            Ok(store) => store,
            Err(why) => return why,
        };
        let ram = layout::ram(self.ram_bytes);
        let mut boot = Boot {
            ram: &ram,
            oem: &[FRAME_BUFFER],
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

    /// Bytes of the writer's stack that were ever used in this life, and all of them.
    pub fn writer_stack_use() -> (usize, usize) {
        let stack = (&raw const WRITER_STACK).cast::<WriterStack>();
        // SAFETY: `make` gave the stack away, and nothing runs on it while the application asks.
        (unsafe { WriterStack::used_bytes(stack) }, size_of::<WriterStack>())
    }
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
