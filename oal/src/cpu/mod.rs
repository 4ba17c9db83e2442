//! The CPU: on ARMv7-A the engine's own capture and restore, elsewhere the C side's.

use oal_snapshot::cpu::CpuContext;
use oal_snapshot::crc32c::Crc32c;
use oal_snapshot::image::Identity;

use crate::types::OAL_CPU_CONTEXT_BYTES;

mod functions;
#[cfg(all(target_arch = "arm", target_has_atomic = "32"))]
#[path = "own.rs"]
mod imp;
#[cfg(not(all(target_arch = "arm", target_has_atomic = "32")))]
#[path = "table.rs"]
mod imp;

pub use functions::OalCpu;
#[cfg(all(target_arch = "arm", target_has_atomic = "32"))]
pub(crate) use imp::FRAME_WORDS;
pub(crate) use imp::{ARCHITECTURE, Cpu};

use functions::CONTEXT_WORDS;

/// The content of `pCpuContext` after `OEMTakeCPUSnapshot`: registers, and their identity.
#[derive(Clone)]
#[repr(C)]
pub(crate) struct Record {
    magic: u32,
    architecture: u32,
    /// Words in use.
    count: u32,
    ram_digest: u32,
    board: [u8; 16],
    build: [u8; 32],
    check: u32,
    reserved: [u32; 3],
    words: [u32; CONTEXT_WORDS],
}

const _: () = assert!(size_of::<Record>() == OAL_CPU_CONTEXT_BYTES as usize && align_of::<Record>() == 4);

/// "OALC".
const MAGIC: u32 = 0x434c_414f;

impl Record {
    /// Fills a record with registers, the engine's first, then those of the hook's caller.
    pub fn fill(&mut self, context: &CpuContext, frame: &[u32], identity: &Identity, ram_digest: u32) {
        self.magic = MAGIC;
        self.architecture = ARCHITECTURE.0;
        self.ram_digest = ram_digest;
        self.board = identity.board;
        self.build = identity.build;
        self.reserved = [0; 3];
        self.words = [0; CONTEXT_WORDS];
        let words = context.words().iter().chain(frame);
        let places = self.words.iter_mut();
        self.count = places.zip(words).map(|(place, word)| *place = *word).count() as u32;
        self.check = self.checksum();
    }

    /// A record of any bytes.
    pub fn decode(bytes: &[u8; OAL_CPU_CONTEXT_BYTES as usize]) -> Record {
        // SAFETY: a record is made of numbers only, any bytes are one, and there are as many as it has.
        unsafe { bytes.as_ptr().cast::<Record>().read_unaligned() }
    }

    /// The words in use.
    pub fn words(&self) -> &[u32] {
        self.words.get(..self.count as usize).unwrap_or(&[])
    }

    /// Whether `OEMTakeCPUSnapshot` made it, on any board.
    pub fn is_whole(&self) -> bool {
        self.magic == MAGIC && self.count as usize <= CONTEXT_WORDS && self.check == self.checksum()
    }

    /// The architecture, board, build and RAM that it belongs to.
    pub fn owner(&self) -> (u32, Identity, u32) {
        (self.architecture, Identity { board: self.board, build: self.build }, self.ram_digest)
    }

    fn checksum(&self) -> u32 {
        let mut crc = Crc32c::new();
        let head = [self.magic, self.architecture, self.count, self.ram_digest];
        head.iter().for_each(|word| crc.update(&word.to_le_bytes()));
        crc.update(&self.board);
        crc.update(&self.build);
        self.reserved.iter().chain(&self.words).for_each(|word| crc.update(&word.to_le_bytes()));
        crc.finish()
    }
}
