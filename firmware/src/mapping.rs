//! The mapping of each address: every one to itself, but for a window to flash.
//!
//! The first MiB is not mapped, so that a null pointer faults. An outer cache stays off, as a reset leaves
//! it.

use core::ops::Range;

use oal_snapshot::frame::RamRegion;

/// Bytes that are mapped alike: all boundaries lie on a multiple.
pub const GRANULE: u64 = 1 << 20;

/// Flash that is seen as memory at an address of its own, all in whole MiB, so that it can be read at any
/// alignment. It must not cover anything else that is used.
#[derive(Clone, Copy, Debug)]
pub struct ReadWindow {
    /// Its virtual address.
    pub at: u64,
    /// Its physical address.
    pub physical: u64,
    /// Its bytes.
    pub bytes: u64,
}

/// The mapping of a MiB. All is privileged, and nothing but code is executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mapping {
    /// Not at all.
    None,
    /// Normal memory, cached, read-only, executed.
    Code,
    /// Normal memory, cached.
    Ram,
    /// Normal memory without caches.
    Uncached,
    /// Device memory.
    Device,
    /// Normal memory without caches, read-only, at this physical address.
    Window(u64),
}

/// A board's memory as it is mapped.
#[derive(Clone, Debug)]
pub struct Map<'a> {
    /// Code and constants.
    pub code: Range<u64>,
    /// The banks of RAM.
    pub ram: &'a [RamRegion],
    /// Memory outside RAM that is saved with it; cached unless `uncached` names it too.
    pub oem: &'a [RamRegion],
    /// Memory without caches.
    pub uncached: &'a [RamRegion],
    /// The window to flash.
    pub window: Option<ReadWindow>,
}

/// Whether one of the regions has this address.
pub fn any_has(regions: &[RamRegion], address: u64) -> bool {
    regions.iter().any(|region| address.wrapping_sub(region.base) < region.len)
}

impl Map<'_> {
    /// The kind of the MiB at `address`.
    pub fn at(&self, address: u64) -> Mapping {
        match self.window {
            Some(window) if address.wrapping_sub(window.at) < window.bytes => {
                Mapping::Window(window.physical + (address - window.at))
            }
            _ if address == 0 => Mapping::None,
            _ if self.code.contains(&address) => Mapping::Code,
            _ if any_has(self.ram, address) => Mapping::Ram,
            _ if any_has(self.uncached, address) => Mapping::Uncached,
            // A region may begin inside a MiB.
            _ if self
                .oem
                .iter()
                .any(|r| address < r.base.saturating_add(r.len) && r.base < address + GRANULE) =>
            {
                Mapping::Ram
            }
            _ => Mapping::Device,
        }
    }
}
