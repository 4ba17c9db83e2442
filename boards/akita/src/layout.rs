//! Where things are: the linker's symbols, the board's memory map, and which build this is.

use oal_snapshot::frame::{FrameRange, Pfn, RamRegion};
use oal_snapshot::image::Identity;
use oal_snapshot::memory_map::MemoryLayout;

/// All of RAM: 64 MiB.
pub const RAM: [RamRegion; 1] = [RamRegion::new(0xa000_0000, 64 << 20)];
/// The same in frames.
pub const FRAMES: [FrameRange; 1] = [FrameRange { first: Pfn(0xa_0000), count: (64 << 20) / 4096 }];

/// The board's name.
pub const BOARD: &str = "akita";

/// A word that makes two builds of the same source differ, for tests.
#[used]
static TAG: [u8; TAG_TEXT.len()] = {
    let mut tag = [0; TAG_TEXT.len()];
    tag.copy_from_slice(TAG_TEXT.as_bytes());
    tag
};
const TAG_TEXT: &str = match option_env!("OAL_BUILD_TAG") {
    Some(text) => text,
    None => "",
};

/// Bytes of the build id: a SHA-1.
pub const BUILD_ID_BYTES: usize = 20;
/// Bytes of the note before it: three lengths, and the name "GNU".
const NOTE_HEADER: usize = 16;

macro_rules! symbols {
    ($($(#[$doc:meta])* $name:ident = $symbol:ident;)+) => {
        // SAFETY: the linker script defines each symbol, and its address is all that is taken.
        unsafe extern "C" { $(static $symbol: u8;)+ }
        $($(#[$doc])* pub fn $name() -> usize { &raw const $symbol as usize })+
    };
}

symbols! {
    /// First byte of code and constants.
    code_start = __oal_code_start;
    /// One past the code range.
    code_end = __oal_code_end;
    /// First byte of nosave memory.
    nosave_start = __oal_nosave_start;
    /// One past nosave memory.
    nosave_end = __oal_nosave_end;
    /// The application's initialised data.
    data_start = __data_start;
    /// One past it.
    data_end = __data_end;
    /// Its first values, in the code range.
    data_load = __data_load;
    /// The application's zeroed data.
    bss_start = __bss_start;
    /// One past it.
    bss_end = __bss_end;
    /// One past the application's stack.
    application_stack_top = __application_stack_top;
    /// First page behind the application's statics and stack.
    heap_start = __heap_start;
    /// The note that holds the linker's build id.
    build_id_note = __oal_build_id_note;
}

fn region(start: usize, end: usize) -> RamRegion {
    RamRegion::new(start as u64, (end - start) as u64)
}

/// What no snapshot holds: code and constants, which the build id vouches for, and nosave memory.
pub fn nosave() -> [RamRegion; 2] {
    [region(code_start(), code_end()), region(nosave_start(), nosave_end())]
}

/// The board's memory: given to the boot by the boot stage, to snapshots by the system.
pub fn of(nosave: &[RamRegion]) -> MemoryLayout<'_> {
    MemoryLayout { ram: &RAM, oem: &[], nosave }
}

/// The board, and the linker's build id.
pub fn identity() -> Identity {
    let mut identity = Identity { board: [0; 16], build: [0; 32] };
    for (place, byte) in identity.board.iter_mut().zip(BOARD.bytes()) {
        *place = byte;
    }
    for (i, byte) in identity.build.iter_mut().take(BUILD_ID_BYTES).enumerate() {
        // SAFETY: the linker put the note into the code range, and it has this form and length.
        *byte = unsafe { ((build_id_note() + NOTE_HEADER + i) as *const u8).read_volatile() };
    }
    identity
}
