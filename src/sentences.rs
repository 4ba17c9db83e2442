//! The sentences of the library's errors: the cause, the stage, and what to do. Consoles and logs for
//! programs print [`Reason::name`] and [`Stage::name`](crate::refusal::Stage::name) instead. What an error
//! holds of its cause is in its sentence, so `source` gives nothing.

use core::error::Error;
use core::fmt::{Display, Formatter, Result};

use crate::frame::RegionError;
use crate::hooks::CorruptStream;
use crate::memory_map::{MAX_REGIONS, MapError};
use crate::power::DriverFailed;
use crate::refusal::{ColdBoot, Reason, Refusal};
use crate::store::{PartitionError, RecordError, WindowError};
use crate::system::SuspendFailed;
use crate::take::TakeError;

impl Reason {
    /// The cause, as a clause.
    pub const fn sentence(self) -> &'static str {
        match self {
            Reason::NoMedium => "no device answered",
            Reason::MediumError => "the device answered with an error",
            Reason::Blank => "the device is blank",
            Reason::NoPartitionTable => "the device has no partition table",
            Reason::NoPartition => "the device has no partition for snapshots",
            Reason::NoImage => "the store is in order, and empty",
            Reason::LogCorrupt => "the store's log holds something, but no commit record that is whole",
            Reason::NewerRecord => "the store's newest record is of a later version of the software",
            Reason::Consumed => "the image was to be booted once, and was",
            Reason::AttemptsExhausted => {
                "the image was tried as often as allowed, and no boot of it was confirmed"
            }
            Reason::Truncated => "there is less of the image than its header or its record says",
            Reason::BadMagic => "no image starts where it should",
            Reason::NewerVersion => "the image is of a later version of the format",
            Reason::BadCrc => "a checksum does not match",
            Reason::BadField => "a field holds what no version of the software writes",
            Reason::WrongArchitecture => {
                "the image is of another architecture, or of registers that this build does not know"
            }
            Reason::WrongBoard => "the image is of another board",
            Reason::WrongBuild => "the image is of another build of the firmware",
            Reason::WrongRam => "the image was taken with other RAM or nosave memory",
            Reason::WrongCodec => "the image is compressed in a way that this build does not know",
            Reason::WrongImage => "the image's header has another number than its record",
            Reason::OutOfRange => "a page of the image lies outside the RAM that may be restored",
            Reason::Overlap => "pages of the image are mapped twice, or out of order",
            Reason::TooManyExtents => "the page map is larger than the workspace",
            Reason::TooManyChunks => "the chunk index is larger than the workspace",
            Reason::CorruptStream => "a chunk's checksum matches, but it does not decompress",
            Reason::ReadFailed => "the medium failed to read the image",
            Reason::WriteFailed => "the medium failed to record the attempt, or that the image is consumed",
            Reason::BadMemoryMap => "the board's own memory map is wrong",
            Reason::UnsupportedFeature => "the image needs a feature that this build does not know",
            Reason::BadPadding => "padding holds something else than zeroes",
            Reason::ContextTooLarge => "the image's CPU context is larger than this build has room for",
        }
    }

    /// The remedy, as a clause.
    pub const fn remedy(self) -> &'static str {
        match self {
            Reason::NoMedium => "check that the device is there and powered",
            Reason::MediumError | Reason::ReadFailed | Reason::WriteFailed => {
                "check the device and its driver"
            }
            Reason::Blank | Reason::NoPartitionTable | Reason::NoPartition => {
                "partition it, with a partition for snapshots"
            }
            Reason::NoImage
            | Reason::Consumed
            | Reason::WrongBuild
            | Reason::WrongBoard
            | Reason::WrongArchitecture
            | Reason::ContextTooLarge
            | Reason::WrongCodec
            | Reason::LogCorrupt => "take a new snapshot",
            Reason::NewerRecord | Reason::NewerVersion | Reason::UnsupportedFeature => {
                "update the firmware, or invalidate the store and take a new snapshot"
            }
            Reason::AttemptsExhausted => "find out why the restored system does not confirm its boot",
            Reason::Truncated
            | Reason::BadMagic
            | Reason::BadCrc
            | Reason::BadField
            | Reason::BadPadding
            | Reason::WrongImage
            | Reason::CorruptStream => {
                "check that the medium returns what was written, and take a new snapshot"
            }
            Reason::WrongRam | Reason::OutOfRange | Reason::Overlap => {
                "give the boot the regions of the capture, or take a new snapshot"
            }
            Reason::TooManyExtents => "make EXTENTS of the boot's workspace larger",
            Reason::TooManyChunks => "make CHUNKS of the boot's workspace larger",
            Reason::BadMemoryMap => "correct the regions in the board's code",
        }
    }
}

impl Display for Reason {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(self.sentence())
    }
}

impl Display for Refusal {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Refusal { id, slot, stage, reason, at } = self;
        match id {
            Some(id) => write!(f, "image {}", id.0)?,
            None => f.write_str("an image")?,
        }
        if let Some(slot) = slot {
            write!(f, " in slot {slot}")?;
        }
        write!(f, " was refused at the stage {stage}")?;
        if *at > 0 {
            write!(f, ", byte {at} of the image")?;
        }
        write!(f, ": {reason}; {}", reason.remedy())
    }
}

impl Display for ColdBoot {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let ColdBoot { stage, reason } = self;
        write!(f, "cold boot at the stage {stage}: {reason}; {}", reason.remedy())
    }
}

impl<E: Display> Display for TakeError<E> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            TakeError::WrongState(state) => write!(
                f,
                "another snapshot or a boot is under way (state {}); try again when it has ended",
                state.name()
            ),
            TakeError::Suspend { pass, failed } => {
                write!(f, "in pass {pass}, {failed}; find out what it waits for")
            }
            TakeError::Regions(error) => {
                write!(f, "the memory map is wrong: {error}; correct the regions in the board's code")
            }
            TakeError::Unreachable => f.write_str(
                "the memory map names memory that cannot be reached; correct the regions or what `Memory` reaches",
            ),
            TakeError::StagingNotFree => {
                f.write_str("the staging area is in use; offer free memory of the system only")
            }
            TakeError::TooManyExtents => {
                f.write_str("the page map is larger than the workspace; make its EXTENTS larger")
            }
            TakeError::TooManyChunks => {
                f.write_str("RAM has more chunks than the workspace; make its CHUNKS larger")
            }
            TakeError::MemoryChanged => f.write_str(
                "memory changed after the capture; find the interrupt, core, DMA or object outside nosave memory \
                 that changed it",
            ),
            TakeError::Prepare(error) => write!(f, "in step 4, prepare: {error}"),
            TakeError::Write(error) => write!(f, "in step 5, write: {error}"),
        }
    }
}

impl Display for SuspendFailed {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} did not stop", self.who)
    }
}

impl Display for DriverFailed {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("the device could not be stopped or started")
    }
}

impl Display for CorruptStream {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("the bytes are not what the compressor writes")
    }
}

impl<E: Display> Display for PartitionError<E> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let reason = match self {
            PartitionError::Device(error) => return write!(f, "the first sector cannot be read: {error}"),
            PartitionError::Blank => Reason::Blank,
            PartitionError::NoTable => Reason::NoPartitionTable,
            PartitionError::NotFound => Reason::NoPartition,
        };
        write!(f, "{reason}; {}", reason.remedy())
    }
}

impl<E: Display> Display for WindowError<E> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            WindowError::OutOfRange => f.write_str("the range passes the partition's end"),
            WindowError::Device(error) => error.fmt(f),
        }
    }
}

impl Display for RecordError {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            RecordError::Blank => f.write_str("there is no record here"),
            RecordError::Newer { sequence } => {
                write!(f, "record {sequence} is of a later version of the software")
            }
            RecordError::Corrupt => f.write_str("the record is torn or corrupt"),
        }
    }
}

impl Display for MapError {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            MapError::Ram(region, error) => write!(f, "RAM region {region}: {error}"),
            MapError::RamOverlaps(one, other) => write!(f, "RAM regions {one} and {other} overlap"),
            MapError::Oem(region, error) => write!(f, "OEM region {region}: {error}"),
            MapError::OemOverlaps(one, other) => write!(f, "OEM regions {one} and {other} overlap"),
            MapError::OemInRam(oem, ram) => write!(f, "OEM region {oem} overlaps RAM region {ram}"),
            MapError::Nosave(region, error) => write!(f, "nosave region {region}: {error}"),
            MapError::TooMany => write!(f, "there are more than {MAX_REGIONS} regions of one kind"),
        }
    }
}

impl Display for RegionError {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            RegionError::Unaligned => "the region does not start and end on a multiple of 4096",
            RegionError::Empty => "the region is empty",
            RegionError::TooLarge => "the region passes the end of the address space",
        })
    }
}

impl Error for Reason {}
impl Error for RegionError {}
impl Error for SuspendFailed {}
impl Error for DriverFailed {}
impl Error for CorruptStream {}
impl Error for Refusal {}
impl Error for ColdBoot {}
impl Error for MapError {}
impl Error for RecordError {}

impl<E: core::fmt::Debug + Display> Error for PartitionError<E> {}
impl<E: core::fmt::Debug + Display> Error for WindowError<E> {}
impl<E: core::fmt::Debug + Display> Error for TakeError<E> {}
