//! [`MemoryLayout`]: the regions as a board states them. [`MemoryMap`]: which frames exist, and which of them
//! are saved; checked once, used by take and boot.

use heapless::Vec;

use crate::crc32c::Crc32c;
use crate::frame::{FrameRange, Pfn, RamRegion, RegionError};

/// Most regions of each kind in a memory map.
pub const MAX_REGIONS: usize = 16;

/// A board's memory, stated once: the system gives it to a snapshot
/// ([`System::layout`](crate::system::System::layout)) and the boot stage to a boot
/// ([`Boot`](crate::boot::Boot)), where it must be the same as at the capture. The order within a list does
/// not matter.
///
/// ```
/// use oal_snapshot::frame::RamRegion;
/// use oal_snapshot::memory_map::MemoryLayout;
/// const LAYOUT: MemoryLayout<'static> = MemoryLayout {
///     ram: &[RamRegion::new(0x6000_0000, 64 << 20)],
///     oem: &[],
///     nosave: &[RamRegion::new(0x6000_0000, 1 << 20)],
/// };
/// ```
#[doc(alias("RamTable", "PCRamTable"))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct MemoryLayout<'a> {
    /// The RAM that the system manages.
    #[doc(alias = "OEMGetOEMRamTable")]
    pub ram: &'a [RamRegion],
    /// RAM that the system does not know of and that must be in the image, such as display memory; disjoint
    /// from `ram`.
    #[doc(alias = "OEMGetSnapshotRegions")]
    pub oem: &'a [RamRegion],
    /// Memory that is never in an image: the engine's workspace and stack, the storage drivers' state, and
    /// the code and constants of the boot stage, which the build id vouches for. May lie anywhere and
    /// overlap.
    pub nosave: &'a [RamRegion],
}

/// The kind of a part of RAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum AreaKind {
    /// RAM that the system manages, and may call free.
    System,
    /// RAM that only the OEM knows of: always saved.
    Oem,
}

/// RAM of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Area {
    /// Its frames.
    pub frames: FrameRange,
    /// Its kind.
    pub kind: AreaKind,
}

/// The reason why regions make no memory map. The number is the region's position in its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum MapError {
    /// A region of the system's RAM is not whole frames.
    Ram(usize, RegionError),
    /// Two regions of the system's RAM overlap.
    RamOverlaps(usize, usize),
    /// An OEM region is not whole frames.
    Oem(usize, RegionError),
    /// Two OEM regions overlap.
    OemOverlaps(usize, usize),
    /// An OEM region (first number) overlaps the system's RAM (second number).
    OemInRam(usize, usize),
    /// A nosave region is not whole frames.
    Nosave(usize, RegionError),
    /// A list has more than [`MAX_REGIONS`] regions.
    TooMany,
}

/// RAM and its nosave holes. The order of the lists given does not matter.
#[derive(Clone, Debug)]
pub struct MemoryMap {
    areas: Vec<Area, { 2 * MAX_REGIONS }>,
    nosave: Vec<FrameRange, MAX_REGIONS>,
}

impl MemoryMap {
    /// No RAM at all.
    pub(crate) const EMPTY: MemoryMap = MemoryMap { areas: Vec::new(), nosave: Vec::new() };

    /// Checks the board's regions: whole pages, the system's and the OEM's disjoint from each other and among
    /// themselves. Nosave regions may lie anywhere and overlap.
    ///
    /// # Errors
    /// [`MapError`], with the position of the region that is wrong.
    pub fn new(layout: &MemoryLayout<'_>) -> Result<MemoryMap, MapError> {
        let mut map = MemoryMap::EMPTY;
        map.set(layout)?;
        Ok(map)
    }

    /// Becomes the map that [`new`](MemoryMap::new) makes, without a second one on the stack.
    ///
    /// # Errors
    /// As for [`new`](MemoryMap::new); the map is then of no use.
    pub(crate) fn set(&mut self, layout: &MemoryLayout<'_>) -> Result<(), MapError> {
        let MemoryLayout { ram, oem, nosave } = *layout;
        self.areas.clear();
        self.nosave.clear();
        if ram.len() > MAX_REGIONS || oem.len() > MAX_REGIONS || nosave.len() > MAX_REGIONS {
            return Err(MapError::TooMany);
        }
        for (i, region) in ram.iter().enumerate() {
            let frames = region.frames().map_err(|e| MapError::Ram(i, e))?;
            if let Some(other) = overlapping(ram.get(..i).unwrap_or(&[]), frames) {
                return Err(MapError::RamOverlaps(other, i));
            }
            self.insert(Area { frames, kind: AreaKind::System })?;
        }
        for (i, region) in oem.iter().enumerate() {
            let frames = region.frames().map_err(|e| MapError::Oem(i, e))?;
            if let Some(other) = overlapping(oem.get(..i).unwrap_or(&[]), frames) {
                return Err(MapError::OemOverlaps(other, i));
            }
            if let Some(other) = overlapping(ram, frames) {
                return Err(MapError::OemInRam(i, other));
            }
            self.insert(Area { frames, kind: AreaKind::Oem })?;
        }
        for (i, region) in nosave.iter().enumerate() {
            let frames = region.frames().map_err(|e| MapError::Nosave(i, e))?;
            let at = self.nosave.iter().position(|r| r.first > frames.first).unwrap_or(self.nosave.len());
            self.nosave.insert(at, frames).map_err(|_| MapError::TooMany)?;
        }
        Ok(())
    }

    fn insert(&mut self, area: Area) -> Result<(), MapError> {
        let at =
            self.areas.iter().position(|a| a.frames.first > area.frames.first).unwrap_or(self.areas.len());
        self.areas.insert(at, area).map_err(|_| MapError::TooMany)
    }

    /// All RAM, ascending.
    pub fn areas(&self) -> &[Area] {
        &self.areas
    }

    /// The nosave regions, ascending.
    pub fn nosave(&self) -> &[FrameRange] {
        &self.nosave
    }

    /// The areas less what is nosave, ascending.
    pub fn saved(&self) -> impl Iterator<Item = Area> + '_ {
        self.areas.iter().flat_map(|area| Pieces { area: *area, nosave: &self.nosave })
    }

    /// Whether every frame of `frames` is saved.
    pub fn is_saved(&self, frames: FrameRange) -> bool {
        self.saved().any(|area| area.frames.covers(frames))
    }

    /// Whether `frame` is nosave.
    pub fn is_nosave(&self, frame: Pfn) -> bool {
        self.nosave.iter().any(|range| range.contains(frame))
    }

    /// CRC-32C over the map: `(first frame, count)` of every area as little-endian u64, ascending, then
    /// the same of the nosave regions. An image is booted only where the digest is that of its capture.
    pub fn digest(&self) -> u32 {
        let mut crc = Crc32c::new();
        for range in self.areas.iter().map(|a| &a.frames).chain(&self.nosave) {
            crc.update(&range.first.0.to_le_bytes());
            crc.update(&u64::from(range.count).to_le_bytes());
        }
        crc.finish()
    }
}

/// The first of `regions` that shares a frame with `frames`.
fn overlapping(regions: &[RamRegion], frames: FrameRange) -> Option<usize> {
    regions.iter().position(|r| r.frames().is_ok_and(|other| other.overlaps(frames)))
}

/// The parts of one area between the nosave regions.
struct Pieces<'a> {
    area: Area,
    nosave: &'a [FrameRange],
}

impl Iterator for Pieces<'_> {
    type Item = Area;

    fn next(&mut self) -> Option<Area> {
        loop {
            let frames = self.area.frames;
            if frames.is_empty() {
                return None;
            }
            let Some(hole) = self.nosave.iter().find(|hole| hole.overlaps(frames)) else {
                self.area.frames.count = 0;
                return Some(Area { frames, kind: self.area.kind });
            };
            // The list is ascending, so nothing before this hole is nosave.
            let before = hole.first.0.saturating_sub(frames.first.0).min(u64::from(frames.count)) as u32;
            let to_end = (hole.end().0 - frames.first.0).min(u64::from(frames.count)) as u32;
            self.area.frames = frames.skip(to_end);
            if before > 0 {
                return Some(Area { frames: frames.take(before), kind: self.area.kind });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const K4: u64 = 4096;

    fn region(first: u64, pages: u64) -> RamRegion {
        RamRegion::new(first * K4, pages * K4)
    }

    #[test]
    fn each_fault_of_a_region_has_its_own_error() {
        let ram = [region(16, 16)];
        let oem = |regions: &[RamRegion]| {
            MemoryMap::new(&MemoryLayout { ram: &ram, oem: regions, nosave: &[] }).map(|_| ())
        };
        let nosave =
            |nosave: &[RamRegion]| MemoryMap::new(&MemoryLayout { ram: &ram, oem: &[], nosave }).map(|_| ());
        assert_eq!(oem(&[region(64, 4), region(32, 4)]), Ok(()));
        assert_eq!(oem(&[RamRegion::new(64 * K4 + 1, K4)]), Err(MapError::Oem(0, RegionError::Unaligned)));
        assert_eq!(oem(&[region(64, 0)]), Err(MapError::Oem(0, RegionError::Empty)));
        assert_eq!(oem(&[region(64, 4), region(67, 4)]), Err(MapError::OemOverlaps(0, 1)));
        assert_eq!(oem(&[region(40, 4), region(31, 4)]), Err(MapError::OemInRam(1, 0)));
        assert_eq!(
            MemoryMap::new(&MemoryLayout { ram: &[region(0, 4), region(3, 4)], ..MemoryLayout::default() })
                .map(|_| ()),
            Err(MapError::RamOverlaps(0, 1))
        );
        assert_eq!(nosave(&[RamRegion::new(1, K4)]), Err(MapError::Nosave(0, RegionError::Unaligned)));
        assert_eq!(nosave(&[region(1, 1); 17]), Err(MapError::TooMany));
    }

    #[test]
    fn saved_memory_is_ram_less_the_nosave_regions() {
        let map = MemoryMap::new(&MemoryLayout {
            ram: &[region(100, 100), region(0, 10)],
            oem: &[region(300, 4)],
            nosave: &[region(0, 2), region(4, 1), region(4, 2), region(150, 500), region(9, 91)],
        })
        .unwrap();
        let pieces: std::vec::Vec<_> =
            map.saved().map(|a| (a.frames.first.0, a.frames.count, a.kind)).collect();
        assert_eq!(pieces, [(2, 2, AreaKind::System), (6, 3, AreaKind::System), (100, 50, AreaKind::System)]);
        assert!(map.is_saved(FrameRange { first: Pfn(6), count: 3 }));
        assert!(!map.is_saved(FrameRange { first: Pfn(6), count: 4 }));
    }

    #[test]
    fn the_digest_tells_maps_apart_but_not_their_order() {
        let digest = |ram: &[RamRegion], nosave: &[RamRegion]| {
            MemoryMap::new(&MemoryLayout { ram, oem: &[], nosave }).unwrap().digest()
        };
        assert_eq!(digest(&[region(0, 4), region(8, 4)], &[]), digest(&[region(8, 4), region(0, 4)], &[]));
        assert_ne!(digest(&[region(0, 4)], &[]), digest(&[region(0, 5)], &[]));
        assert_ne!(digest(&[region(0, 4)], &[]), digest(&[region(0, 4)], &[region(1, 1)]));
    }
}
