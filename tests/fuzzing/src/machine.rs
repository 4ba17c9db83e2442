//! The machine that boots from whatever a target made up.

use std::sync::LazyLock;

use oal_sim::{Booted, Machine};
use oal_snapshot::boot::BootEnd;
use oal_snapshot::hooks::{ReadSnapshot, SelectSnapshot};
use oal_snapshot::memory_map::MemoryMap;
use oal_snapshot::system::System;

thread_local! {
    /// Just switched on: noise in RAM.
    static NOISE: Machine = Machine::tiny(0).restarted(3);
}

/// What may be in an image of the machine.
static MAP: LazyLock<MemoryMap> =
    LazyLock::new(|| MemoryMap::new(&Machine::tiny(0).system.layout()).expect("valid regions"));

/// Boots, and holds the boot to what is true of every one: it writes to saved memory only, and a cold boot
/// leaves the CPU alone.
///
/// # Panics
/// If it is not true.
pub fn boot<R: SelectSnapshot + ReadSnapshot>(store: &mut R) -> (Machine, Booted) {
    NOISE.with(|noise| {
        let mut machine = noise.clone();
        let booted = machine.boot(store);
        for range in machine.ram.take_lent() {
            assert!(MAP.is_saved(range), "wrote to memory outside saved memory: {range:?}");
        }
        assert!(
            !matches!(booted.end, BootEnd::Cold(_)) || machine.cpu == noise.cpu,
            "a cold boot with a CPU"
        );
        (machine, booted)
    })
}
