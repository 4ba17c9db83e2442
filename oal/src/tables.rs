//! [`Tables`]: the memory of the C side's system, as it states it.

use core::ptr::null;

use heapless::Vec;
use oal_snapshot::frame::{FrameRange, RamRegion};
use oal_snapshot::memory_map::{MAX_REGIONS, MapError, MemoryLayout, MemoryMap};

use crate::config::OalSystem;
use crate::error::OalError;
use crate::types::PCRamTable;

/// The three tables in the engine's words.
pub(crate) struct Tables {
    /// RAM of the system.
    pub ram: Vec<RamRegion, MAX_REGIONS>,
    /// RAM of the OEM.
    pub oem: Vec<RamRegion, MAX_REGIONS>,
    /// Memory that is never saved.
    pub nosave: Vec<RamRegion, MAX_REGIONS>,
}

impl Tables {
    /// Asks the system for its tables.
    pub fn read(system: &OalSystem) -> Result<Tables, OalError> {
        let (Some(ram), Some(nosave)) = (system.ram_table, system.nosave_table) else {
            return Err(OalError::MissingFunction);
        };
        // SAFETY: the C side's functions, called as its table says.
        let (ram, nosave) = unsafe { (ram(system.context), nosave(system.context)) };
        if ram.is_null() || nosave.is_null() {
            return Err(OalError::NullArgument);
        }
        // SAFETY: as above.
        let oem = system.oem_table.map_or(null(), |oem| unsafe { oem(system.context) });
        Ok(Tables { ram: regions(ram)?, oem: regions(oem)?, nosave: regions(nosave)? })
    }

    /// The same, for the engine.
    pub fn layout(&self) -> MemoryLayout<'_> {
        MemoryLayout { ram: &self.ram, oem: &self.oem, nosave: &self.nosave }
    }

    /// The memory map.
    pub fn map(&self) -> Result<MemoryMap, MapError> {
        MemoryMap::new(&self.layout())
    }

    /// All RAM that may be saved.
    pub fn frames(&self) -> Vec<FrameRange, { 2 * MAX_REGIONS }> {
        let mut all = Vec::new();
        for frames in self.ram.iter().chain(&self.oem).filter_map(|region| region.frames().ok()) {
            // There is room for all of both lists.
            let _ = all.push(frames);
        }
        all
    }
}

/// The regions of a table; none for NULL.
fn regions(table: PCRamTable) -> Result<Vec<RamRegion, MAX_REGIONS>, OalError> {
    if !table.is_aligned() {
        return Err(OalError::Unaligned);
    }
    // SAFETY: the C side's table, which it says is valid.
    let Some(table) = (unsafe { table.as_ref() }) else { return Ok(Vec::new()) };
    let count = table.dwNumEntries as usize;
    if count > MAX_REGIONS {
        return Err(OalError::TooManyRegions);
    }
    if count > 0 && table.pRamEntries.is_null() {
        return Err(OalError::NullArgument);
    }
    if !table.pRamEntries.is_aligned() {
        return Err(OalError::Unaligned);
    }
    let mut list = Vec::new();
    for i in 0..count {
        // SAFETY: the table says that it has so many entries.
        let entry = unsafe { *table.pRamEntries.add(i) };
        let region = RamRegion::new(u64::from(entry.ShiftedRamBase) << 8, entry.RamSize.into());
        list.push(region).map_err(|_| OalError::TooManyRegions)?;
    }
    Ok(list)
}
