//! The media that the explorer knows, behind one face.

mod disk;
mod nand;
mod nor;
mod store;

use core::cell::Cell;

use oal_snapshot::store::{AttemptRegister, Store, StoreSettings};

use crate::mutant::Mutant;
use crate::point::Point;

pub use disk::{Disk, Kind};
pub use nand::{Nand, Rig};
pub use nor::Nor;
pub use store::Forgetful;

/// A register that survives power cuts, or none.
#[derive(Clone, Copy)]
pub struct Register<'a>(pub Option<&'a Cell<u32>>);

impl AttemptRegister for Register<'_> {
    fn get(&mut self) -> Option<u32> {
        self.0.map(Cell::get)
    }

    fn set(&mut self, value: u32) {
        if let Some(register) = self.0 {
            register.set(value);
        }
    }
}

/// How much was done to a medium.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Operations of every kind.
    pub operations: u64,
    /// Operations that change it: writes, discards and flushes, or programs and erases.
    pub changes: u64,
    /// Reads.
    pub reads: u64,
    /// Writes or programs.
    pub writes: u64,
    /// Erases.
    pub erases: u64,
    /// Bytes written or programmed.
    pub bytes: u64,
}

impl Count {
    /// What came on top of `before`.
    pub fn since(&self, before: &Count) -> Count {
        Count {
            operations: self.operations - before.operations,
            changes: self.changes - before.changes,
            reads: self.reads - before.reads,
            writes: self.writes - before.writes,
            erases: self.erases - before.erases,
            bytes: self.bytes - before.bytes,
        }
    }
}

/// What kind of operation a [`Step`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// A read of sectors or of a page.
    Read,
    /// Something else that changes nothing, or that no cut can tear.
    Look,
    /// A write, or a program.
    Write,
    /// A discard, or an erase.
    Erase,
    /// A flush.
    Flush,
}

/// An operation that was done to a medium.
#[derive(Clone, Debug)]
pub struct Step {
    /// What kind it is of.
    pub sort: Sort,
    /// Bytes at which it can be torn; 0 if a tear inside is not a matter of bytes.
    pub bytes: usize,
    /// What it was, in words.
    pub text: String,
}

impl Step {
    /// Whether it changes the medium.
    pub fn changes(&self) -> bool {
        matches!(self.sort, Sort::Write | Sort::Erase | Sort::Flush)
    }
}

/// What of a [`Point`] a medium can do.
#[derive(Clone, Copy, Debug)]
pub struct Abilities {
    /// Whether a change that was cut may hold noise beyond its bytes.
    pub noise: bool,
    /// Whether that noise may reach as far as the 4096-byte block.
    pub blocks: bool,
    /// Whether a torn sector may become unreadable.
    pub unreadable: bool,
    /// How many outcomes a tear has that is no matter of bytes: as many numbers are tried for them.
    pub outcomes: usize,
    /// Whether a read can be wrong, or stale, and nobody says so.
    pub stale: bool,
    /// Whether a write can go wrong, and nobody says so.
    pub silent_writes: bool,
    /// Whether a write that fails must not make the snapshot fail.
    pub survives_failures: bool,
    /// Whether images of two chunks are taken on it, so that one can be loaded while the other is read.
    pub two_chunks: bool,
    /// About as many changes as a session makes.
    pub changes: u64,
}

/// Which of the library's stores a medium is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `BlockStore`.
    Disk,
    /// `NandStore`.
    Nand,
    /// `NorStore`.
    Nor,
}

/// A medium that can be cut.
pub trait Medium: Clone + Send + Sync {
    /// Which store is on it.
    const FAMILY: Family;

    /// The store on it.
    type Store<'a>: Store
    where
        Self: 'a;

    /// The store, as it is opened at power-on.
    fn open<'a>(
        &'a mut self,
        settings: StoreSettings,
        register: Register<'a>,
    ) -> Forgetful<Self::Store<'a>, Self>;

    /// Plans what is to happen, counted from now on.
    fn plan(&mut self, point: Point);

    /// Whether power is off.
    fn is_off(&self) -> bool;

    /// Switches the power off, unless it is, and on again. `seed` decides what the cut leaves, where that is
    /// left open.
    fn power_cycle(&mut self, seed: u64);

    /// How much was done so far.
    fn count(&self) -> Count;

    /// Starts a journal.
    fn start_journal(&mut self);

    /// The operations since the journal was started or last taken.
    fn take_journal(&mut self) -> Vec<Step>;

    /// What it can do.
    fn abilities(&self) -> Abilities;

    /// The same medium under a store with something wrong.
    fn with_mutant(self, mutant: Option<Mutant>) -> Self;
}
