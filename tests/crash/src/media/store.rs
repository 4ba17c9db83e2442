//! [`Store`]: what the explorer does to a store besides what the engine does.

use oal_snapshot::hooks::{
    BootPolicy, Medium, PrepareSnapshot, Prepared, ReadSnapshot, SelectSnapshot, Selection, WriteSnapshot,
};
use oal_snapshot::image::ImageId;
use oal_snapshot::refusal::Reason;

use crate::mutant::Mutant;

/// A store of the library on a medium of the explorer.
pub trait Store: PrepareSnapshot + WriteSnapshot + SelectSnapshot + ReadSnapshot {
    /// What it is on.
    type On;

    /// What it is on.
    fn medium(&mut self) -> &mut Self::On;

    /// Forgets every image.
    fn invalidate(&mut self) -> Result<(), Self::Error>;

    /// Moves an image, where the store can.
    fn refresh(&mut self, id: ImageId) -> Option<Result<(), Self::Error>>;
}

/// A store that leaves out what a [`Mutant`] wants left out.
pub struct Forgetful<S> {
    pub store: S,
    pub mutant: Option<Mutant>,
}

impl<S: Store> Medium for Forgetful<S> {
    type Error = S::Error;
}

impl<S: Store> PrepareSnapshot for Forgetful<S> {
    fn prepare_snapshot(&mut self, len: u64, policy: BootPolicy) -> Result<Prepared, S::Error> {
        self.store.prepare_snapshot(len, policy)
    }
}

impl<S: Store> WriteSnapshot for Forgetful<S> {
    fn write_snapshot(&mut self, data: &[u8], offset: u64) -> Result<(), S::Error> {
        self.store.write_snapshot(data, offset)
    }

    fn finish_snapshot(&mut self, scratch: &mut [u8]) -> Result<(), S::Error> {
        self.store.finish_snapshot(scratch)
    }
}

impl<S: Store> SelectSnapshot for Forgetful<S> {
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

impl<S: Store> ReadSnapshot for Forgetful<S> {
    fn read_snapshot(&mut self, id: ImageId, buf: &mut [u8], offset: u64) -> Result<(), S::Error> {
        self.store.read_snapshot(id, buf, offset)
    }
}

impl<S: Store> Store for Forgetful<S> {
    type On = S::On;

    fn medium(&mut self) -> &mut S::On {
        self.store.medium()
    }

    fn invalidate(&mut self) -> Result<(), S::Error> {
        self.store.invalidate()
    }

    fn refresh(&mut self, id: ImageId) -> Option<Result<(), S::Error>> {
        self.store.refresh(id)
    }
}
