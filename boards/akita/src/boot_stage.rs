//! The boot stage: from power-on to a restored system, or to the application's first instruction.
//!
//! Nothing here, nor in what it calls, uses memory of the picture: that is overwritten, or left half an image.

use core::convert::Infallible;
use core::fmt;
use core::mem::MaybeUninit;
use core::panic::PanicInfo;

use oal_drivers::nand::Error;
use oal_snapshot::boot::{Boot, BootEnd, BootReport};
use oal_snapshot::codec::Lz4;
use oal_snapshot::image::Identity;
use oal_snapshot::mem::PhysicalMemory;
use oal_snapshot::progress::Progress;
use oal_snapshot::refusal::{ColdBoot, Reason, Stage};
use oal_snapshot::store::StoreSettings;
use oal_snapshot::store::nand::{NandFlash, NandStore};
use oal_snapshot::workspace::{Workspace, chunks_for};

use crate::cpu::{Armv5te, Stack};
use crate::flash::{self, Chip, PAGE};
use crate::layout::{self, BOARD, BUILD_ID_BYTES, FRAMES, RAM};
use crate::nosave::Handout;
use crate::pxa::Terminal;
use crate::start::enter_application;

/// The store of this board: a bit for each of the chip's 1024 blocks.
pub type Store = NandStore<Chip, PAGE, 128>;
/// For all of RAM.
type Work = Workspace<256, { chunks_for(RAM[0].len) }>;

#[unsafe(link_section = ".nosave.bss")]
static WORKSPACE: Handout<Work> = Handout::new(Workspace::new());
#[unsafe(link_section = ".nosave.bss")]
static WRITER_STACK: Handout<Stack<{ 32 << 10 }>> = Handout::new(Stack::new());
#[unsafe(link_section = ".nosave.data")]
static CODEC: Handout<Lz4> = Handout::new(Lz4::new());
#[unsafe(link_section = ".nosave.bss")]
static STAGE: Handout<MaybeUninit<BootStage>> = Handout::new(MaybeUninit::zeroed());

/// What the boot stage leaves to whoever comes after it: the application, or the restored system. All of it is in
/// nosave memory, at the same address at every boot.
pub struct BootStage {
    /// Whom images belong to.
    pub identity: Identity,
    /// The store on the chip, or why there is none.
    pub store: Result<Store, ColdBoot>,
    /// All memory of the picture.
    pub memory: PhysicalMemory<'static>,
    /// The CPU.
    pub cpu: Armv5te,
    /// The codec.
    pub codec: &'static mut Lz4,
    /// The engine's memory.
    pub workspace: &'static mut Work,
    /// What was found at this boot.
    pub report: BootReport,
}

/// The first Rust code after power-on.
pub extern "C" fn boot() -> ! {
    // SAFETY: nobody else is there yet.
    let mut terminal = unsafe { Terminal::new() };
    terminal.init();
    // SAFETY: this runs once in a life, and what an earlier life borrowed is gone. RAM is where it is, the MMU being
    // off; code and all that the boot stage uses are nosave; the memory is the only value of its kind.
    let stage = unsafe {
        STAGE.take().write(BootStage {
            identity: layout::identity(),
            store: find_store(),
            memory: PhysicalMemory::new(&FRAMES, 0),
            cpu: Armv5te::new(WRITER_STACK.take()),
            codec: CODEC.take(),
            workspace: WORKSPACE.take(),
            report: BootReport::new(),
        })
    };
    let (medium, capacity) = stage.store.as_mut().map_or(("none", 0), |store| {
        let geometry = store.device_mut().geometry();
        ("nand", (geometry.block_bytes() * u64::from(geometry.blocks)) >> 20)
    });
    let (build, ram) = (BuildId(&stage.identity), RAM[0].len >> 20);
    say!(
        terminal,
        "\n@reset board={BOARD} build={build} ram_mib={ram} medium={medium} capacity_mib={capacity}"
    );
    let why = stage.run(&mut terminal);
    say!(terminal, "@cold stage={} reason={}", why.stage, why.reason.name());
    // SAFETY: nothing on this stack is used again; the memory of the picture is the application's from here on.
    unsafe {
        initialise_picture();
        enter_application(layout::application_stack_top())
    }
}

/// # Safety
/// Nobody else uses the chip.
unsafe fn find_store() -> Result<Store, ColdBoot> {
    let no = |reason| ColdBoot { stage: Stage::Medium, reason };
    // SAFETY: the caller's promise.
    let chip = unsafe { flash::find() }
        .map_err(|error| no(if error == Error::BadId { Reason::NoMedium } else { Reason::MediumError }))?;
    Store::new(chip, StoreSettings::default()).map_err(|_| no(Reason::MediumError))
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
    fn run(&mut self, terminal: &mut Terminal) -> ColdBoot {
        let store = match &mut self.store {
            Ok(store) => store,
            Err(why) => return *why,
        };
        let nosave = layout::nosave();
        let mut boot = Boot {
            layout: layout::of(&nosave),
            identity: &self.identity,
            memory: &mut self.memory,
            cpu: &mut self.cpu,
            codec: &*self.codec,
            store,
            observer: &mut |progress| tell(terminal, progress),
        };
        let end: BootEnd<Infallible> = boot.run(self.workspace, &mut self.report);
        let BootEnd::Cold(why) = end;
        why
    }
}

fn tell(terminal: &mut Terminal, progress: Progress) {
    match progress {
        Progress::Refused(refused) => {
            let (id, slot) = (Dash(refused.id.map(|id| id.0)), Dash(refused.slot.map(u64::from)));
            say!(
                terminal,
                "@refused seq={id} slot={slot} stage={} reason={}",
                refused.stage,
                refused.reason.name()
            );
        }
        Progress::Chosen { id, slot, attempt, pages } => {
            say!(terminal, "@boot image seq={} slot={slot} attempt={attempt} pages={pages}", id.0);
        }
        _ => {}
    }
}

/// A number, or a dash.
struct Dash(Option<u64>);

impl fmt::Display for Dash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(number) => write!(f, "{number}"),
            None => f.write_str("-"),
        }
    }
}

/// The linker's build id in hexadecimal.
struct BuildId<'a>(&'a Identity);

impl fmt::Display for BuildId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.build.iter().take(BUILD_ID_BYTES).try_for_each(|byte| write!(f, "{byte:02x}"))
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

/// A panic tells the console, then ends the emulator with exit code 101.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    // SAFETY: whoever used the UART does not go on.
    let mut terminal = unsafe { Terminal::new() };
    say!(terminal, "\n{info}");
    terminal.drain();
    semihosting::process::exit(101)
}
