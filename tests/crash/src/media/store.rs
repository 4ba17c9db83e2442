//! [`Forgetful`]: a store of the library, with its medium, that leaves out what a [`Mutant`] wants left out.

use oal_snapshot::hooks::{
    BootPolicy, Medium, PrepareSnapshot, Prepared, ReadSnapshot, SelectSnapshot, Selection, WriteSnapshot,
};
use oal_snapshot::image::ImageId;
use oal_snapshot::refusal::Reason;
use oal_snapshot::store::Store;

use crate::mutant::Mutant;

/// The store `S` on the medium `M`.
pub struct Forgetful<S, M> {
    /// The library's store.
    pub store: S,
    /// What is left out.
    pub mutant: Option<Mutant>,
    /// What the store is on.
    pub medium: fn(&mut S) -> &mut M,
}

impl<S, M> Forgetful<S, M> {
    /// What the store is on.
    pub fn medium(&mut self) -> &mut M {
        (self.medium)(&mut self.store)
    }
}

impl<S: Store, M> Medium for Forgetful<S, M> {
    type Error = S::Error;
}

impl<S: Store, M> PrepareSnapshot for Forgetful<S, M> {
    fn prepare_snapshot(&mut self, len: u64, policy: BootPolicy) -> Result<Prepared, S::Error> {
        self.store.prepare_snapshot(len, policy)
    }
}

impl<S: Store, M> WriteSnapshot for Forgetful<S, M> {
    fn write_snapshot(&mut self, data: &[u8], offset: u64) -> Result<(), S::Error> {
        self.store.write_snapshot(data, offset)
    }

    fn finish_snapshot(&mut self, scratch: &mut [u8]) -> Result<(), S::Error> {
        self.store.finish_snapshot(scratch)
    }
}

impl<S: Store, M> SelectSnapshot for Forgetful<S, M> {
    fn select(&mut self) -> Result<Selection, Reason> {
        self.store.select()
    }

    fn count_attempt(&mut self, id: ImageId) -> Result<u8, S::Error> {
        match self.mutant {
            Some(Mutant::AttemptNotCounted) => Ok(1),
            _ => self.store.count_attempt(id),
        }
    }

    fn refused(&mut self, id: ImageId) {
        self.store.refused(id);
    }

    fn consume(&mut self) -> Result<(), S::Error> {
        match self.mutant {
            Some(Mutant::OnceNotConsumed) => Ok(()),
            _ => self.store.consume(),
        }
    }

    fn confirm(&mut self, id: ImageId) -> Result<(), S::Error> {
        self.store.confirm(id)
    }
}

impl<S: Store, M> ReadSnapshot for Forgetful<S, M> {
    fn read_snapshot(&mut self, id: ImageId, buf: &mut [u8], offset: u64) -> Result<(), S::Error> {
        self.store.read_snapshot(id, buf, offset)
    }

    fn reads_in_background(&self) -> bool {
        self.store.reads_in_background()
    }

    fn read_snapshot_while(
        &mut self,
        id: ImageId,
        buf: &mut [u8],
        offset: u64,
        meanwhile: &mut dyn FnMut(),
    ) -> Result<(), S::Error> {
        self.store.read_snapshot_while(id, buf, offset, meanwhile)
    }

    fn mapped_snapshot(&self, id: ImageId) -> Option<&[u8]> {
        self.store.mapped_snapshot(id)
    }
}
