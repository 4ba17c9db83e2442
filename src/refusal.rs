//! The reason why an image was not booted, and the stage at which it was found.

use crate::image::id::ImageId;

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[non_exhaustive]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// Every value.
            pub const ALL: &[$name] = &[$($name::$variant,)+];

            /// The name in kebab case, as consoles and logs print it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

    };
}

named! {
    /// The stage of a boot at which something was found wrong.
    Stage {
        /// Bringing up the device that holds the images.
        Medium = "medium",
        /// Finding the snapshots' partition on it.
        Partition = "partition",
        /// Choosing an image by the store's records.
        Select = "select",
        /// The image's header.
        Header = "header",
        /// The CPU context.
        Context = "context",
        /// The page map.
        Map = "map",
        /// The chunk index.
        Index = "index",
        /// The chunks: the pages themselves.
        Chunk = "chunk",
        /// The last step before the image is entered.
        Cpu = "cpu",
    }
}

impl core::fmt::Display for Stage {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

named! {
    /// The reason of a refusal.
    Reason {
        /// No device answered: no card, for instance.
        NoMedium = "no-medium",
        /// The device answered with an error.
        MediumError = "medium-error",
        /// The device holds nothing at all.
        Blank = "blank",
        /// The device holds something, but no partition table.
        NoPartitionTable = "no-partition-table",
        /// The partition table has no partition for snapshots.
        NoPartition = "no-partition",
        /// The store is in order, and empty.
        NoImage = "no-image",
        /// None of the store's records can be read.
        LogCorrupt = "log-corrupt",
        /// The store's newest record is of a later version of the software.
        NewerRecord = "newer-record",
        /// An image to be booted once was booted.
        Consumed = "consumed",
        /// The image was tried as often as allowed, and never confirmed.
        AttemptsExhausted = "attempts-exhausted",
        /// There is less of the image than its header says, or than its record says.
        Truncated = "truncated",
        /// No image starts here.
        BadMagic = "bad-magic",
        /// The image is of a later version of the format.
        NewerVersion = "newer-version",
        /// A checksum does not match.
        #[doc(alias = "SNAP_ERR_CHECKSUM_FAILURE")]
        BadCrc = "bad-crc",
        /// A field holds what no version of the software writes.
        BadField = "bad-field",
        /// The image uses a feature of the format that this build does not support: boot it with a build that
        /// does.
        UnsupportedFeature = "unsupported-feature",
        /// Padding behind a part or a chunk, where every writer stores zeroes, holds something else.
        BadPadding = "bad-padding",
        /// The CPU context is larger than the place that this build has for one.
        ContextTooLarge = "context-too-large",
        /// The image is of another architecture, or of registers that this build does not know.
        WrongArchitecture = "wrong-architecture",
        /// The image is of another board.
        WrongBoard = "wrong-board",
        /// The image is of another build of the firmware.
        WrongBuild = "wrong-build",
        /// The image is of a board with other RAM.
        WrongRam = "wrong-ram",
        /// The image is compressed in a way that this build cannot undo.
        WrongCodec = "wrong-codec",
        /// The image says that it is another one than the store's record says.
        WrongImage = "wrong-image",
        /// A page lies outside the RAM that may be restored.
        OutOfRange = "out-of-range",
        /// Pages are mapped twice, or out of order.
        Overlap = "overlap",
        /// The page map is larger than the workspace.
        #[doc(alias = "SNAP_ERR_INSUFFICIENT_BUFFER")]
        TooManyExtents = "too-many-extents",
        /// The chunk index is larger than the workspace.
        #[doc(alias = "SNAP_ERR_INSUFFICIENT_BUFFER")]
        TooManyChunks = "too-many-chunks",
        /// A chunk's checksum matches, but it does not decompress.
        CorruptStream = "corrupt-stream",
        /// The medium failed to read the image.
        #[doc(alias = "SNAP_ERR_READ_FAILURE")]
        ReadFailed = "read-failed",
        /// The medium failed to remember the attempt, or that the image is consumed.
        WriteFailed = "write-failed",
        /// The board's own memory map is wrong: no image can be checked against it.
        BadMemoryMap = "bad-memory-map",
    }
}

/// An image, or a record of one, that was looked at and not booted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Refusal {
    /// The image, if a record names it.
    pub id: Option<ImageId>,
    /// Its slot, if a record names it.
    pub slot: Option<u8>,
    /// The stage at which it failed.
    pub stage: Stage,
    /// The reason.
    pub reason: Reason,
    /// Where in the image that came out, in bytes from its start: of a chunk, a part or a read that failed,
    /// the first byte. 0 where no byte of the image is to blame.
    pub at: u64,
}

/// No image was entered: the system starts from scratch, for this reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ColdBoot {
    /// The stage at which the newest image, or the search for one, failed.
    pub stage: Stage,
    /// The cause.
    pub reason: Reason,
}
