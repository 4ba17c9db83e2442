//! The OEM hooks, one trait each, in the order in which they are called.
//!
//! | step | trait | C name |
//! |---|---|---|
//! | 1 | [`GetSnapshotRegions`] | `OEMGetSnapshotRegions` |
//! | 2 | [`TakeCpuSnapshot`] | `OEMTakeCPUSnapshot` |
//! | 3 | [`CompressSnapshot`] | `OEMCompressSnapshot` |
//! | 4 | [`PrepareSnapshot`] | `OEMPrepareSnapshot` |
//! | 5 | [`WriteSnapshot`] | `OEMWriteSnapshot` |
//! | boot | [`SelectSnapshot`], ours | none: which image, how often tried |
//! | boot | [`ReadSnapshot`] | `OEMReadSnapshot` |
//! | boot | [`DecompressSnapshot`] | the boot loader's part of step 3 |
//! | boot | [`RestoreCpu`] | the boot loader's last routine |
//! | boot | [`SnapshotResume`] | `OEMSnapshotResume` |
//!
//! The stores of [`store`](crate::store) implement steps 4 and 5, selection and reading;
//! [`codec`](crate::codec) implements step 3 and its inverse; [`cpu`](crate::cpu) step 2 and the restore.
//! A board implements the first and the last.

mod by_reference;

use heapless::Vec;

use crate::cpu::Architecture;
use crate::cpu::context::CpuContext;
use crate::frame::RamRegion;
use crate::image::id::ImageId;
use crate::refusal::{Reason, Refusal};
use crate::system::System;

/// Step 1, `OEMGetSnapshotRegions`: RAM that the system does not know of and that must be in the image, such
/// as display memory. Optional: the default answers what the system's [layout](System::layout) has.
///
/// ```
/// # use oal_snapshot::frame::Pfn;
/// # use oal_snapshot::system::{PageClass, Resume, SuspendFailed, System};
/// use oal_snapshot::frame::RamRegion;
/// use oal_snapshot::hooks::GetSnapshotRegions;
/// use oal_snapshot::memory_map::MemoryLayout;
///
/// const LAYOUT: MemoryLayout<'static> = MemoryLayout {
///     ram: &[RamRegion::new(0x6000_0000, 64 << 20)],
///     oem: &[RamRegion::new(0x4c00_0000, 640 * 480 * 2)], // the frame buffer
///     nosave: &[RamRegion::new(0x6000_0000, 1 << 20)],
/// };
/// struct Board;
/// impl System for Board {
///     fn layout(&self) -> MemoryLayout<'_> {
///         LAYOUT
///     }
/// #   fn page_class(&self, _: Pfn) -> PageClass { PageClass::Used }
/// #   fn suspend(&mut self) -> Result<(), SuspendFailed> { Ok(()) }
/// #   fn resume(&mut self, _: Resume) {}
/// #   fn pause(&mut self, _: u32) {}
///     // ...
/// }
/// impl GetSnapshotRegions for Board {}
/// assert_eq!(Board.get_snapshot_regions(), LAYOUT.oem);
/// ```
#[doc(alias("OEMGetSnapshotRegions", "pfnSnapGetOemRegions", "SnapshotSupport"))]
pub trait GetSnapshotRegions: System {
    /// The regions, each physically contiguous, page-aligned, disjoint from each other and from the system's
    /// RAM. The same at every call, and what the boot's [layout](crate::boot::Boot::layout) has. Called
    /// before anything is captured.
    #[doc(alias = "OEMGetSnapshotRegions")]
    fn get_snapshot_regions(&self) -> &[RamRegion] {
        self.layout().oem
    }
}

/// On which of its two returns a capture is: `fork` for a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Fork {
    /// The machine that took the snapshot goes on.
    Live,
    /// The machine was restored from the snapshot.
    Restored,
}

/// Step 2, `OEMTakeCPUSnapshot`: stores every register that must come back.
///
/// Implemented for ARMv7-A by `cpu::armv7a` (on that target) and for host tests by
/// [`cpu::fake`](crate::cpu::fake).
///
/// ```
/// use oal_snapshot::cpu::{Architecture, CpuContext};
/// use oal_snapshot::hooks::{Fork, TakeCpuSnapshot};
/// struct NoRegisters;
/// impl TakeCpuSnapshot for NoRegisters {
///     const ARCHITECTURE: Architecture = Architecture::FAKE;
///     fn take_cpu_snapshot(&mut self, context: &mut CpuContext, live: &mut dyn FnMut(&CpuContext)) -> Fork {
///         *context = CpuContext::new();
///         live(context);
///         Fork::Live
///     }
/// }
/// ```
#[doc(alias("OEMTakeCPUSnapshot", "pfnSnapCPU", "SnapshotSupport"))]
pub trait TakeCpuSnapshot {
    /// The architecture of the registers; an image boots only on the same.
    const ARCHITECTURE: Architecture;

    /// Captures the CPU into `context` (nosave memory) so that execution goes on at this call's return, calls
    /// `live` on a stack in nosave memory, and returns [`Fork::Live`]. After a restore of the context it
    /// returns a second time, in the restored machine, with [`Fork::Restored`]. Entered, and left on both
    /// timelines, with interrupts masked. From the capture until `live` returns it changes no saved memory.
    ///
    /// Sets the [resume address](CpuContext::set_resume_address) too, for people who read the image's header.
    #[doc(alias = "OEMTakeCPUSnapshot")]
    fn take_cpu_snapshot(&mut self, context: &mut CpuContext, live: &mut dyn FnMut(&CpuContext)) -> Fork;
}

/// Step 3, `OEMCompressSnapshot`: compresses one chunk.
#[doc(alias("OEMCompressSnapshot", "pfnCompress", "SnapshotSupport"))]
pub trait CompressSnapshot {
    /// The number that names the format in an image's header.
    const CODEC: u32;

    /// Bytes that `dst` must offer for a source of `len` bytes, whatever is in it.
    fn max_compressed_len(len: usize) -> usize;

    /// Compresses `src` into the start of `dst` and returns the length, or `None` if it was not
    /// compressed: the chunk is then stored raw.
    #[doc(alias = "OEMCompressSnapshot")]
    fn compress_snapshot(&mut self, src: &[u8], dst: &mut [u8]) -> Option<usize>;
}

/// The inverse of [`CompressSnapshot`].
pub trait DecompressSnapshot: CompressSnapshot {
    /// Decompresses `src`, whose checksum matched, into exactly `dst`. Nothing outside `dst` is written.
    ///
    /// # Errors
    /// [`CorruptStream`] if `src` does not decode to exactly `dst.len()` bytes; `dst` then holds anything.
    fn decompress_snapshot(&self, src: &[u8], dst: &mut [u8]) -> Result<(), CorruptStream>;
}

/// Compressed bytes that are not what the compressor writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct CorruptStream;

/// Storage for images; the hooks of steps 4 and 5 and of the boot side share its error.
pub trait Medium {
    /// The error of the storage.
    type Error: core::fmt::Debug;
}

/// The room that step 4 made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Prepared {
    /// The name of the image that will be there.
    pub id: ImageId,
    /// The slot that it will be in.
    pub slot: u8,
}

/// Step 4, `OEMPrepareSnapshot`: makes room, now that the size is known.
#[doc(alias("OEMPrepareSnapshot", "pfnPrepareSnapshot", "SnapshotSupport"))]
pub trait PrepareSnapshot: Medium {
    /// Reserves (and may erase) room for an image of `len` bytes, a multiple of 4096, that may be booted as
    /// often as `policy` says, and names it. The newest image that boots stays untouched if the storage has
    /// room for two.
    ///
    /// # Errors
    /// If it does not fit: before anything on the medium was changed.
    #[doc(alias = "OEMPrepareSnapshot")]
    fn prepare_snapshot(&mut self, len: u64, policy: BootPolicy) -> Result<Prepared, Self::Error>;
}

/// Step 5, `OEMWriteSnapshot`: writes the image, then commits it.
#[doc(alias("OEMWriteSnapshot", "pfnSnapWrite", "SnapshotSupport"))]
pub trait WriteSnapshot: Medium {
    /// Writes `data` at `offset` of the prepared image. Both `offset` and the length are multiples of 4096,
    /// offsets ascend without gaps.
    ///
    /// # Errors
    /// Of the medium, or if more is written than was prepared. The image is then never committed.
    #[doc(alias = "OEMWriteSnapshot")]
    fn write_snapshot(&mut self, data: &[u8], offset: u64) -> Result<(), Self::Error>;

    /// The last call, `(NULL, 0, 0)` in C: flushes, reads the image back (through `scratch`, a multiple of
    /// 4096 bytes) and checks it, then commits it. Until the commit is on the medium, the previous image
    /// boots.
    ///
    /// # Errors
    /// Of the medium, or if what is read back is not what was written. The image is then not committed,
    /// unless it was the commit itself that the medium reported as failed after it had stored it.
    #[doc(alias = "OEMWriteSnapshot")]
    fn finish_snapshot(&mut self, scratch: &mut [u8]) -> Result<(), Self::Error>;
}

/// The number of times that an image may be booted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum BootPolicy {
    /// Any number of times: instant-on.
    Always,
    /// Once: hibernate. The image is consumed before it is entered, and also when anything else is booted
    /// instead.
    Once,
}

/// An image that may boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Candidate {
    /// The image.
    pub id: ImageId,
    /// Its slot.
    pub slot: u8,
    /// Its length in bytes, as committed.
    pub len: u64,
    /// Its boot policy.
    pub policy: BootPolicy,
    /// Boots so far that nobody confirmed.
    pub attempts: u8,
}

/// Most images that a store can offer.
pub const MAX_CANDIDATES: usize = 4;

/// The images that a store offers at a boot.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Images to try, best (newest) first.
    pub candidates: Vec<Candidate, MAX_CANDIDATES>,
    /// The images that the store itself passed over, with the reasons, newest first.
    pub refused: Vec<Refusal, MAX_CANDIDATES>,
}

/// Boot, ours: which images there are, newest first, and what the boot policy remembers of them.
pub trait SelectSnapshot: Medium {
    /// Finds the images that may boot.
    ///
    /// # Errors
    /// The reason why there is nothing to choose from.
    fn select(&mut self) -> Result<Selection, Reason>;

    /// Remembers, before the image is loaded, that it is being tried; returns which attempt this is, from 1.
    ///
    /// # Errors
    /// Of the medium; the image must then not be entered.
    fn count_attempt(&mut self, id: ImageId) -> Result<u8, Self::Error>;

    /// Notes that an image was refused because of its content, so that the next snapshot rather takes its
    /// place than that of an image which is good. Need not be remembered beyond this power-on.
    fn refused(&mut self, id: ImageId);

    /// Remembers that every image of [`BootPolicy::Once`] is used up. Called before any image is entered, and
    /// before the system starts from scratch: whatever runs next, the state in those images is of the past
    /// then. Writes nothing if there is no such image.
    ///
    /// # Errors
    /// Of the medium; no image must then be entered.
    fn consume(&mut self) -> Result<(), Self::Error>;

    /// Remembers, once the restored system works, that the boot of `id` went well: its attempts are 0 again.
    ///
    /// # Errors
    /// Of the medium, or if there is no such image; the attempt then stays counted.
    fn confirm(&mut self, id: ImageId) -> Result<(), Self::Error>;
}

/// Boot, `OEMReadSnapshot`: reads a part of an image.
#[doc(alias("OEMReadSnapshot", "pfnSnapRead", "PFN_SnapReadAtOffset", "SnapshotSupport"))]
pub trait ReadSnapshot: Medium {
    /// Reads `buf.len()` bytes at `offset` of the image. Both are multiples of 4096.
    ///
    /// # Errors
    /// Of the medium, or if the range is not in the image.
    #[doc(alias = "OEMReadSnapshot")]
    fn read_snapshot(&mut self, id: ImageId, buf: &mut [u8], offset: u64) -> Result<(), Self::Error>;

    /// Whether [`read_snapshot_while`](ReadSnapshot::read_snapshot_while) has the medium work beside the CPU.
    fn reads_in_background(&self) -> bool {
        false
    }

    /// Reads as [`read_snapshot`](ReadSnapshot::read_snapshot) does, and calls `meanwhile`, once, while the
    /// data is on its way; by default, when it is there. When this returns nothing is on its way any more,
    /// whatever happened: [`BlockDevice::read_while`](crate::store::BlockDevice::read_while) says the rest.
    ///
    /// # Errors
    /// As for [`read_snapshot`](ReadSnapshot::read_snapshot); `meanwhile` may then not have been called.
    fn read_snapshot_while(
        &mut self,
        id: ImageId,
        buf: &mut [u8],
        offset: u64,
        meanwhile: &mut dyn FnMut(),
    ) -> Result<(), Self::Error> {
        self.read_snapshot(id, buf, offset)?;
        meanwhile();
        Ok(())
    }

    /// The whole image, as long as it was committed, where it lies in memory, if the medium is memory and the
    /// image lies there in one piece: NOR flash (a `SnapRestore` without a reader). Pages are then checked
    /// and decoded from there, with no copy between. `None`: [`read_snapshot`](ReadSnapshot::read_snapshot)
    /// is asked.
    ///
    /// Each byte is read once to check it and once more to decode it, so it must be the same both times: of a
    /// memory that something else can write to while a boot goes on (shared RAM, a device's buffer) an
    /// implementation gives `None`. Flash does not change by itself between an error-free check and the
    /// decoding that follows it.
    fn mapped_snapshot(&self, id: ImageId) -> Option<&[u8]> {
        let _ = id;
        None
    }
}

/// The boot side's last step: the registers come back, and with them the restored system.
pub trait RestoreCpu: TakeCpuSnapshot {
    /// The value of [`restore_cpu`](RestoreCpu::restore_cpu): it never returns on hardware
    /// ([`Infallible`](core::convert::Infallible)), something to look at in a host test.
    type Entered;

    /// Whether `context`, whose checksum matched, is one that this implementation wrote. Called before the
    /// first page is loaded.
    fn accepts(&self, context: &CpuContext) -> bool;

    /// Makes caches and TLBs agree with the memory just loaded and restores the CPU: execution goes on where
    /// [`take_cpu_snapshot`](TakeCpuSnapshot::take_cpu_snapshot) returns [`Fork::Restored`].
    fn restore_cpu(&mut self, context: &CpuContext) -> Self::Entered;
}

/// Boot, `OEMSnapshotResume`: the restored system's first code. Re-initialises platform and CPU-specific
/// hardware that no driver of its own looks after, as at a cold boot. Interrupts are masked.
///
/// ```
/// use oal_snapshot::hooks::SnapshotResume;
/// struct Board;
/// impl SnapshotResume for Board {
///     fn snapshot_resume(&mut self) {
///         // clocks, pads, USB, DMA, video...
///     }
/// }
/// ```
#[doc(alias("OEMSnapshotResume", "pfnSnapshotResume", "SnapshotSupport"))]
pub trait SnapshotResume {
    /// Called once at each snapshot boot, before the drivers are powered up.
    #[doc(alias = "OEMSnapshotResume")]
    fn snapshot_resume(&mut self) {}
}
