#![deny(unsafe_code)]
//! What the fuzz targets do with their bytes.
//!
//! A fuzzer makes up bytes; a target makes of them a medium, a chip, an image or what somebody types, and
//! lets the code under test loose on it. Two programs do that with the same targets: libFuzzer (`fuzz/`),
//! which looks for bytes that reach new code, and the [`runner`] of this package, which changes bytes at
//! random and needs nothing but a stable compiler.
//!
//! | target | the code under test | what the bytes are |
//! |---|---|---|
//! | `image` | checking and loading an image | an image; changes to a real one; parts with right checksums |
//! | `lz4` | the codec | a stream and the length that it is to have |
//! | `block_store` | log, policy and boot on a block device | what the device holds, and what is done to it |
//! | `nand_store` | the same on NAND, page by page | the same |
//! | `nor_store` | the same on NOR | the same |
//! | `partition` | the partition table | the first sector |
//! | `card` | the SD and eMMC driver | registers (CID, CSD, EXT_CSD, SCR, OCR) and answers of a card |
//! | `nand_chip` | the NAND drivers | id bytes, ONFI parameter page, status and pages of a chip |
//! | `cfi` | the NOR driver | query data and status of a chip |
//! | `console` | the firmware's line input | what is typed |
//!
//! Random bytes die at the first checksum. So wherever there is one, a part of the inputs is **sealed**: the
//! target puts the right checksum under bytes that are wrong ([`seal`]), and what lies behind the check is
//! tried too.
//!
//! A target fails by a panic, and by an assertion of its own: memory outside saved memory stays as it was, a
//! cold boot leaves the CPU alone, a snapshot that was acknowledged boots.

pub mod chips;
pub mod console;
pub mod image;
pub mod input;
pub mod lz4;
pub mod machine;
pub mod partition;
pub mod runner;
pub mod seal;
pub mod store;

/// A fuzz target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// Tries some bytes. Says whether they got all the way: an image was entered, a chip identified, a stream
    /// decoded.
    ///
    /// # Panics
    /// If the code under test does, or does what it must not.
    pub run: fn(&[u8]) -> bool,
    /// Bytes to start from; some of them get all the way.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All targets.
pub static TARGETS: [Target; 10] = [
    Target { name: "image", run: image::run, seeds: image::seeds },
    Target { name: "lz4", run: lz4::run, seeds: lz4::seeds },
    Target { name: "block_store", run: store::block::run, seeds: store::seeds },
    Target { name: "nand_store", run: store::nand::run, seeds: store::seeds },
    Target { name: "nor_store", run: store::nor::run, seeds: store::seeds },
    Target { name: "partition", run: partition::run, seeds: partition::seeds },
    Target { name: "card", run: chips::card::run, seeds: chips::card::seeds },
    Target { name: "nand_chip", run: chips::nand::run, seeds: chips::nand::seeds },
    Target { name: "cfi", run: chips::cfi::run, seeds: chips::cfi::seeds },
    Target { name: "console", run: console::run, seeds: console::seeds },
];

/// The target with this name.
pub fn named(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
