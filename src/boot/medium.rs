//! [`Witness`]: the medium of a boot, with the error of the read that failed.

use crate::hooks::{Medium, ReadSnapshot};
use crate::image::ImageId;

/// Reads from a store, and keeps the first error.
pub(super) struct Witness<'a, R: ReadSnapshot> {
    /// The store.
    pub store: &'a mut R,
    /// What it failed with.
    pub failed: Option<R::Error>,
}

/// A read failed; the error is kept.
#[derive(Debug)]
pub(super) struct Failed;

impl<R: ReadSnapshot> Witness<'_, R> {
    fn keep(&mut self, result: Result<(), R::Error>) -> Result<(), Failed> {
        result.map_err(|error| {
            self.failed.get_or_insert(error);
            Failed
        })
    }
}

impl<R: ReadSnapshot> Medium for Witness<'_, R> {
    type Error = Failed;
}

impl<R: ReadSnapshot> ReadSnapshot for Witness<'_, R> {
    fn read_snapshot(&mut self, id: ImageId, buf: &mut [u8], offset: u64) -> Result<(), Failed> {
        let result = self.store.read_snapshot(id, buf, offset);
        self.keep(result)
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
    ) -> Result<(), Failed> {
        let result = self.store.read_snapshot_while(id, buf, offset, meanwhile);
        self.keep(result)
    }

    fn mapped_snapshot(&self, id: ImageId) -> Option<&[u8]> {
        self.store.mapped_snapshot(id)
    }
}
