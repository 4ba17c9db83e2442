//! Addresses: the linker's symbols and the board's memory map.

use oal_snapshot::frame::RamRegion;
use oal_snapshot::memory_map::MemoryLayout;

use crate::Platform;
use crate::mapping::Map;

/// The fill of unused stacks, which shows how deep they were used.
pub const PAINT: u32 = 0xc5c5_c5c5;

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
    /// Lowest byte of the boot stack.
    boot_stack_bottom = __oal_boot_stack_bottom;
    /// One past the boot stack.
    boot_stack_top = __oal_boot_stack_top;
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
    /// First page of the heap.
    heap_start = __heap_start;
    /// The note that holds the linker's build id.
    build_id_note = __oal_build_id_note;
}

fn region(start: usize, end: usize) -> RamRegion {
    RamRegion::new(start as u64, (end - start) as u64)
}

/// Memory that no snapshot holds: code and constants, which the build id identifies, and nosave memory.
pub fn nosave() -> [RamRegion; 2] {
    [region(code_start(), code_end()), region(nosave_start(), nosave_end())]
}

/// The board's memory: given to the boot by the boot stage, to snapshots by the system.
pub fn of<'a, P: Platform>(ram: &'a [RamRegion], nosave: &'a [RamRegion]) -> MemoryLayout<'a> {
    MemoryLayout { ram, oem: P::OEM, nosave }
}

/// The mapping of a board with these banks of RAM.
pub fn map<P: Platform>(ram: &[RamRegion]) -> Map<'_> {
    Map {
        code: code_start() as u64..code_end() as u64,
        ram,
        oem: P::OEM,
        uncached: P::UNCACHED,
        window: P::READ_WINDOW,
    }
}

/// Bytes of the boot stack that were ever used, and all of them.
pub fn boot_stack_use() -> (usize, usize) {
    let size = boot_stack_top() - boot_stack_bottom();
    let mut unused = 0;
    while unused < size {
        // SAFETY: the boot stack is mapped memory of whole words, and nobody runs on it by now.
        if unsafe { ((boot_stack_bottom() + unused) as *const u32).read_volatile() } != PAINT {
            break;
        }
        unused += 4;
    }
    (size - unused, size)
}
