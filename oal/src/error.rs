//! Errors as C sees them: a number that says what went wrong and at which stage, and texts for both.

use core::ffi::{CStr, c_char};

use oal_snapshot::frame::RegionError;
use oal_snapshot::memory_map::MapError;
use oal_snapshot::refusal::{Reason, Stage};
use oal_snapshot::store::StoreError;
use oal_snapshot::take::TakeError;

/// A text of the library as C has texts: with a NUL at its end.
macro_rules! c_text {
    ($text:expr) => {{
        const TEXT: &[u8] = $text.as_bytes();
        const WITH_NUL: [u8; TEXT.len() + 1] = {
            let mut bytes = [0; TEXT.len() + 1];
            let (text, _) = bytes.split_at_mut(TEXT.len());
            text.copy_from_slice(TEXT);
            bytes
        };
        match CStr::from_bytes_with_nul(&WITH_NUL) {
            Ok(text) => text,
            Err(_) => panic!("a NUL in a text"),
        }
    }};
}

macro_rules! named {
    ($name:ident $all:ident { $($variant:ident $text:expr,)+ }) => {
        /// Every value, with its text.
        const $all: &[($name, &CStr)] = &[$(($name::$variant, $text),)+];
    };
}

/// The error: the low 16 bits of what the functions return. Numbers keep their meaning from version to
/// version.
///
/// cbindgen:rename-all=QualifiedScreamingSnakeCase
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum OalError {
    /// Nothing.
    None = 0,
    /// An argument is NULL.
    NullArgument = 16,
    /// An argument, or what it points to, is not aligned as it must be.
    Unaligned = 17,
    /// An argument has a value that it may not have.
    BadArgument = 18,
    /// A buffer is too small; `oal_snapshot_error_info` says how much is needed.
    TooSmall = 19,
    /// `oal_snapshot_init` was not called, or failed.
    NotInitialised = 20,
    /// The library is at work: it was called from one of the functions that it called.
    Busy = 21,
    /// The configuration is of another version of the library: `size` is not `sizeof(OalConfig)`.
    WrongVersion = 22,
    /// A function that is needed here is NULL in its table.
    MissingFunction = 23,
    /// The configuration has no store, or not just the device of its kind.
    NoStore = 24,
    /// The device has a size or geometry that the store cannot be on.
    BadGeometry = 25,
    /// The workspace, or the boot report, lies in saved memory: name its pages in the nosave table.
    InSavedMemory = 26,
    /// A region of RAM is empty.
    RegionEmpty = 32,
    /// A region of RAM does not start or end on a page.
    RegionUnaligned = 33,
    /// A region of RAM passes the end of the address space.
    RegionTooLarge = 34,
    /// Two regions overlap.
    RegionsOverlap = 35,
    /// A table has more than 16 regions.
    TooManyRegions = 36,
    /// A snapshot or a boot is under way.
    WrongState = 48,
    /// The system would not come to rest; `who` in the error's details says who.
    SuspendFailed = 49,
    /// RAM of the tables cannot be reached by the library.
    Unreachable = 50,
    /// The staging area is not free throughout.
    StagingNotFree = 51,
    /// The memory map has more pieces than the page map has room for.
    TooManyExtents = 52,
    /// RAM is larger than the workspace was made for.
    TooManyChunks = 53,
    /// Saved memory changed while it was written.
    MemoryChanged = 54,
    /// The function that must not return returned: `restore` of `OalCpu`.
    CpuReturned = 55,
    /// The CPU cannot be captured.
    CpuFailed = 56,
    /// The image does not fit its slot.
    DoesNotFit = 64,
    /// The device failed; `device` in the error's details is what its function returned.
    Device = 65,
    /// The bytes that were read back differ from those written.
    Verify = 66,
    /// More was written than was prepared, in another order, not in whole pages, or less before the last
    /// call.
    OutOfSequence = 67,
    /// No such image in the store.
    NoSuchImage = 68,
    /// The range is not in the image.
    OutOfImage = 69,
    /// The log's sequence numbers are used up, or none of its blocks can be written.
    LogExhausted = 70,
    /// A page of the image has more wrong bits than can be corrected.
    Uncorrectable = 71,
    /// So many blocks went bad while the image was written that there is no room for it.
    TooManyBadBlocks = 72,
    /// The image that was booted has a pageable area, which the next snapshot might replace: read what is
    /// needed of it, then call `oal_snapshot_paged_in`.
    PagedFrom = 73,
    /// No device answered.
    NoMedium = 96,
    /// The device answered with an error.
    MediumError = 97,
    /// The device holds nothing at all.
    Blank = 98,
    /// The device holds something, but no partition table.
    NoPartitionTable = 99,
    /// The partition table has no partition for snapshots.
    NoPartition = 100,
    /// The store is in order, and empty.
    NoImage = 101,
    /// None of the store's records can be read.
    LogCorrupt = 102,
    /// The store's newest record is of a later version of the software.
    NewerRecord = 103,
    /// An image to be booted once was booted.
    Consumed = 104,
    /// The image was tried as often as allowed, and never confirmed.
    AttemptsExhausted = 105,
    /// There is less of the image than its header or its record says.
    Truncated = 106,
    /// No image starts here.
    BadMagic = 107,
    /// The image is of a later version of the format.
    NewerVersion = 108,
    /// A checksum does not match.
    BadCrc = 109,
    /// A field holds what no version of the software writes.
    BadField = 110,
    /// The image is of another architecture, or of registers that this build does not know.
    WrongArchitecture = 111,
    /// The image is of another board.
    WrongBoard = 112,
    /// The image is of another build of the firmware.
    WrongBuild = 113,
    /// The image is of a board with other RAM.
    WrongRam = 114,
    /// The image is compressed in a way that this build cannot undo.
    WrongCodec = 115,
    /// The image says that it is another one than the store's record says.
    WrongImage = 116,
    /// A page lies outside the RAM that may be restored.
    OutOfRange = 117,
    /// Pages are mapped twice, or out of order.
    Overlap = 118,
    /// A chunk's checksum matches, but it does not decompress.
    CorruptStream = 119,
    /// The medium failed to read the image.
    ReadFailed = 120,
    /// The medium failed to remember the attempt, or that the image is consumed.
    WriteFailed = 121,
    /// The board's own memory map is wrong.
    BadMemoryMap = 122,
    /// Bytes that fill up the image to the next multiple of 4, 16 or 4096 are not zero.
    BadPadding = 123,
    /// The image uses a feature of the format that this version does not support.
    UnsupportedFeature = 124,
    /// The image's CPU context is larger than there is room for.
    ContextTooLarge = 125,
    /// Something that this version has no number for.
    Other = 255,
}

named!(OalError ERRORS {
    None c"no error",
    NullArgument c"an argument is NULL",
    Unaligned c"an argument is not aligned",
    BadArgument c"an argument has a value that it may not have",
    TooSmall c"a buffer is too small",
    NotInitialised c"oal_snapshot_init was not called, or failed",
    Busy c"the library was called from a function that it called",
    WrongVersion c"the configuration is of another version of the library",
    MissingFunction c"a function that is needed is NULL in its table",
    NoStore c"the configuration has no store, or not just the device of its kind",
    BadGeometry c"the device has a geometry that the store cannot be on",
    InSavedMemory c"the workspace or the boot report is not in nosave memory",
    RegionEmpty c"a region of RAM is empty",
    RegionUnaligned c"a region of RAM does not start or end on a page",
    RegionTooLarge c"a region of RAM passes the end of the address space",
    RegionsOverlap c"two regions of RAM overlap",
    TooManyRegions c"a table has more than 16 regions",
    WrongState c"a snapshot or a boot is under way",
    SuspendFailed c"the system did not come to rest",
    Unreachable c"the tables name RAM that cannot be reached",
    StagingNotFree c"the staging area is not free throughout",
    TooManyExtents c"the memory map has too many pieces",
    TooManyChunks c"the workspace is too small for this RAM",
    MemoryChanged c"saved memory changed while it was written",
    CpuReturned c"the function that restores the CPU returned",
    CpuFailed c"the CPU cannot be captured",
    DoesNotFit c"the image does not fit its slot",
    Device c"the device failed",
    Verify c"what was read back is not what was written",
    OutOfSequence c"the image was not written in order, in whole pages, and in full",
    NoSuchImage c"no such image in the store",
    OutOfImage c"the range is not in the image",
    LogExhausted c"the log of the store can take no more",
    Uncorrectable c"a page has more wrong bits than can be corrected",
    TooManyBadBlocks c"too many blocks went bad",
    PagedFrom c"the image that was booted is still paged from",
    NoMedium c_text!(Reason::NoMedium.sentence()),
    MediumError c_text!(Reason::MediumError.sentence()),
    Blank c_text!(Reason::Blank.sentence()),
    NoPartitionTable c_text!(Reason::NoPartitionTable.sentence()),
    NoPartition c_text!(Reason::NoPartition.sentence()),
    NoImage c_text!(Reason::NoImage.sentence()),
    LogCorrupt c_text!(Reason::LogCorrupt.sentence()),
    NewerRecord c_text!(Reason::NewerRecord.sentence()),
    Consumed c_text!(Reason::Consumed.sentence()),
    AttemptsExhausted c_text!(Reason::AttemptsExhausted.sentence()),
    Truncated c_text!(Reason::Truncated.sentence()),
    BadMagic c_text!(Reason::BadMagic.sentence()),
    NewerVersion c_text!(Reason::NewerVersion.sentence()),
    BadCrc c_text!(Reason::BadCrc.sentence()),
    BadField c_text!(Reason::BadField.sentence()),
    WrongArchitecture c_text!(Reason::WrongArchitecture.sentence()),
    WrongBoard c_text!(Reason::WrongBoard.sentence()),
    WrongBuild c_text!(Reason::WrongBuild.sentence()),
    WrongRam c_text!(Reason::WrongRam.sentence()),
    WrongCodec c_text!(Reason::WrongCodec.sentence()),
    WrongImage c_text!(Reason::WrongImage.sentence()),
    OutOfRange c_text!(Reason::OutOfRange.sentence()),
    Overlap c_text!(Reason::Overlap.sentence()),
    CorruptStream c_text!(Reason::CorruptStream.sentence()),
    ReadFailed c_text!(Reason::ReadFailed.sentence()),
    WriteFailed c_text!(Reason::WriteFailed.sentence()),
    BadMemoryMap c_text!(Reason::BadMemoryMap.sentence()),
    BadPadding c_text!(Reason::BadPadding.sentence()),
    UnsupportedFeature c_text!(Reason::UnsupportedFeature.sentence()),
    ContextTooLarge c_text!(Reason::ContextTooLarge.sentence()),
    Other c"an error without a number",
});

/// The stage of the error: bits 16 to 23 of what the functions return.
///
/// cbindgen:rename-all=QualifiedScreamingSnakeCase
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum OalStage {
    /// In the arguments.
    Call = 0,
    /// In the configuration.
    Init = 1,
    /// Take: the first pass.
    Pass1 = 2,
    /// Take: the second pass, before anything is captured.
    Pass2 = 3,
    /// Take: the memory map.
    Regions = 4,
    /// Take: looking for pages and compressing them.
    Compress = 5,
    /// Take: making room.
    Prepare = 6,
    /// Take: writing and committing.
    Write = 7,
    /// Boot: bringing up the device.
    Medium = 16,
    /// Boot: finding the partition.
    Partition = 17,
    /// Boot: choosing an image by the store's records.
    Select = 18,
    /// Boot: the image's header.
    Header = 19,
    /// Boot: the CPU context.
    Context = 20,
    /// Boot: the page map, or a kernel image's table.
    Map = 21,
    /// Boot: the chunk index.
    Index = 22,
    /// Boot: the pages themselves.
    Chunk = 23,
    /// The CPU: captured, or about to be restored.
    Cpu = 24,
    /// Reading an image, or changing what the store remembers of it.
    Store = 25,
}

named!(OalStage STAGES {
    Call c"call",
    Init c"init",
    Pass1 c"pass1",
    Pass2 c"pass2",
    Regions c"regions",
    Compress c"compress",
    Prepare c"prepare",
    Write c"write",
    Medium c"medium",
    Partition c"partition",
    Select c"select",
    Header c"header",
    Context c"context",
    Map c"map",
    Index c"index",
    Chunk c"chunk",
    Cpu c"cpu",
    Store c"store",
});

/// An error, with all that is known of it.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct OalErrorInfo {
    /// Stage and error, as the function returned it; 0 if nothing went wrong yet.
    pub error: u32,
    /// `OAL_ERROR_DEVICE`: what the device's function returned.
    pub device: i32,
    /// `OAL_ERROR_TOO_SMALL`, `OAL_ERROR_DOES_NOT_FIT`: bytes that are needed.
    pub needed: u64,
    /// And bytes that there are.
    pub available: u64,
    /// `OAL_ERROR_SUSPEND_FAILED`: what the system's function returned; else NULL.
    pub who: *const c_char,
}

impl OalErrorInfo {
    /// Nothing went wrong.
    pub(crate) const NONE: OalErrorInfo =
        OalErrorInfo { error: 0, device: 0, needed: 0, available: 0, who: core::ptr::null() };

    /// Only the number.
    pub(crate) const fn new(stage: OalStage, error: OalError) -> OalErrorInfo {
        OalErrorInfo { error: number(stage, error), ..Self::NONE }
    }

    /// A buffer of `available` bytes that needs `needed`.
    pub(crate) const fn too_small(stage: OalStage, needed: u64, available: u64) -> OalErrorInfo {
        OalErrorInfo { needed, available, ..Self::new(stage, OalError::TooSmall) }
    }

    /// An error of the store, at `stage`.
    pub(crate) fn store(stage: OalStage, error: StoreError<i32>) -> OalErrorInfo {
        let new = |error| Self::new(stage, error);
        match error {
            StoreError::DoesNotFit { needed, slot, .. } => {
                OalErrorInfo { needed, available: slot, ..new(OalError::DoesNotFit) }
            }
            StoreError::Device(device) => OalErrorInfo { device, ..new(OalError::Device) },
            StoreError::Verify => new(OalError::Verify),
            StoreError::OutOfSequence => new(OalError::OutOfSequence),
            StoreError::NoSuchImage => new(OalError::NoSuchImage),
            StoreError::OutOfRange => new(OalError::OutOfImage),
            StoreError::LogExhausted => new(OalError::LogExhausted),
            StoreError::Uncorrectable => new(OalError::Uncorrectable),
            StoreError::TooManyBadBlocks => new(OalError::TooManyBadBlocks),
            _ => new(OalError::Other),
        }
    }

    /// An error of the call that takes a snapshot.
    pub(crate) fn take(error: TakeError<StoreError<i32>>) -> OalErrorInfo {
        let (stage, error) = match error {
            TakeError::Prepare(error) => return Self::store(OalStage::Prepare, error),
            TakeError::Write(error) => return Self::store(OalStage::Write, error),
            TakeError::Regions(error) => (OalStage::Regions, map(error)),
            TakeError::WrongState(_) => (OalStage::Call, OalError::WrongState),
            TakeError::Suspend { pass: 1, .. } => (OalStage::Pass1, OalError::SuspendFailed),
            TakeError::Suspend { .. } => (OalStage::Pass2, OalError::SuspendFailed),
            TakeError::StagingNotFree => (OalStage::Regions, OalError::StagingNotFree),
            TakeError::Unreachable => (OalStage::Compress, OalError::Unreachable),
            TakeError::TooManyExtents => (OalStage::Compress, OalError::TooManyExtents),
            TakeError::TooManyChunks => (OalStage::Compress, OalError::TooManyChunks),
            TakeError::MemoryChanged => (OalStage::Write, OalError::MemoryChanged),
            _ => (OalStage::Write, OalError::Other),
        };
        Self::new(stage, error)
    }

    /// The reason why an image was not booted.
    pub(crate) fn refusal(stage: Stage, why: Reason) -> OalErrorInfo {
        Self::new(boot_stage(stage), reason(why))
    }
}

/// Stage and error in one number; 0 for no error.
pub(crate) const fn number(stage: OalStage, error: OalError) -> u32 {
    if matches!(error, OalError::None) { 0 } else { (stage as u32) << 16 | error as u32 }
}

/// The error of a memory map.
pub(crate) fn map(error: MapError) -> OalError {
    match error {
        MapError::Ram(_, error) | MapError::Oem(_, error) | MapError::Nosave(_, error) => match error {
            RegionError::Empty => OalError::RegionEmpty,
            RegionError::Unaligned => OalError::RegionUnaligned,
            _ => OalError::RegionTooLarge,
        },
        MapError::RamOverlaps(..) | MapError::OemOverlaps(..) | MapError::OemInRam(..) => {
            OalError::RegionsOverlap
        }
        MapError::TooMany => OalError::TooManyRegions,
        _ => OalError::BadMemoryMap,
    }
}

fn boot_stage(stage: Stage) -> OalStage {
    match stage {
        Stage::Medium => OalStage::Medium,
        Stage::Partition => OalStage::Partition,
        Stage::Select => OalStage::Select,
        Stage::Header => OalStage::Header,
        Stage::Context => OalStage::Context,
        Stage::Map => OalStage::Map,
        Stage::Index => OalStage::Index,
        Stage::Chunk => OalStage::Chunk,
        _ => OalStage::Cpu,
    }
}

fn reason(reason: Reason) -> OalError {
    match reason {
        Reason::NoMedium => OalError::NoMedium,
        Reason::MediumError => OalError::MediumError,
        Reason::Blank => OalError::Blank,
        Reason::NoPartitionTable => OalError::NoPartitionTable,
        Reason::NoPartition => OalError::NoPartition,
        Reason::NoImage => OalError::NoImage,
        Reason::LogCorrupt => OalError::LogCorrupt,
        Reason::NewerRecord => OalError::NewerRecord,
        Reason::Consumed => OalError::Consumed,
        Reason::AttemptsExhausted => OalError::AttemptsExhausted,
        Reason::Truncated => OalError::Truncated,
        Reason::BadMagic => OalError::BadMagic,
        Reason::NewerVersion => OalError::NewerVersion,
        Reason::BadCrc => OalError::BadCrc,
        Reason::BadField => OalError::BadField,
        Reason::WrongArchitecture => OalError::WrongArchitecture,
        Reason::WrongBoard => OalError::WrongBoard,
        Reason::WrongBuild => OalError::WrongBuild,
        Reason::WrongRam => OalError::WrongRam,
        Reason::WrongCodec => OalError::WrongCodec,
        Reason::WrongImage => OalError::WrongImage,
        Reason::OutOfRange => OalError::OutOfRange,
        Reason::Overlap => OalError::Overlap,
        Reason::TooManyExtents => OalError::TooManyExtents,
        Reason::TooManyChunks => OalError::TooManyChunks,
        Reason::CorruptStream => OalError::CorruptStream,
        Reason::ReadFailed => OalError::ReadFailed,
        Reason::WriteFailed => OalError::WriteFailed,
        Reason::BadMemoryMap => OalError::BadMemoryMap,
        Reason::BadPadding => OalError::BadPadding,
        Reason::UnsupportedFeature => OalError::UnsupportedFeature,
        Reason::ContextTooLarge => OalError::ContextTooLarge,
        _ => OalError::Other,
    }
}

/// The text of an error: what went wrong. Any number has one. The text is constant and never freed.
#[unsafe(no_mangle)]
pub extern "C" fn oal_snapshot_strerror(error: u32) -> *const c_char {
    let known = ERRORS.iter().find(|(value, _)| *value as u32 == error & 0xffff);
    known.map_or(c"an unknown error", |(_, text)| text).as_ptr()
}

/// The name of an error's stage: where it went wrong. Any number has one. The text is constant and never
/// freed.
#[unsafe(no_mangle)]
pub extern "C" fn oal_snapshot_strstage(error: u32) -> *const c_char {
    let known = STAGES.iter().find(|(value, _)| *value as u32 == error >> 16);
    known.map_or(c"unknown", |(_, text)| text).as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_are_each_used_once() {
        for (i, (value, text)) in ERRORS.iter().enumerate() {
            assert!(text.to_bytes().len() > 5, "{value:?}");
            for (other, other_text) in &ERRORS[..i] {
                assert!(*value as u32 != *other as u32 && text != other_text, "{value:?} and {other:?}");
            }
        }
        for (i, (value, text)) in STAGES.iter().enumerate() {
            for (other, other_text) in &STAGES[..i] {
                assert!(*value as u32 != *other as u32 && text != other_text, "{value:?} and {other:?}");
            }
        }
    }

    #[test]
    fn every_number_has_a_text() {
        let text = |number| {
            // SAFETY: the texts are constants with a NUL at their end.
            let of = |text| unsafe { CStr::from_ptr(text) }.to_str().unwrap();
            (of(oal_snapshot_strstage(number)), of(oal_snapshot_strerror(number)))
        };
        assert_eq!(text(number(OalStage::Map, OalError::BadCrc)), ("map", "a checksum does not match"));
        assert_eq!(text(number(OalStage::Map, OalError::None)), ("call", "no error"));
        assert_eq!(text(0xffff_ffff), ("unknown", "an unknown error"));
        assert_eq!(text(0x0017_00fe), ("chunk", "an unknown error"));
    }
}
