//! The hooks of a store through a `&mut`, every method passed on, so that no ability is lost on the way.

use super::{
    BootPolicy, Medium, PrepareSnapshot, Prepared, ReadSnapshot, SelectSnapshot, Selection, WriteSnapshot,
};
use crate::image::ImageId;
use crate::refusal::Reason;

impl<S: Medium + ?Sized> Medium for &mut S {
    type Error = S::Error;
}

impl<S: PrepareSnapshot + ?Sized> PrepareSnapshot for &mut S {
    fn prepare_snapshot(&mut self, len: u64, policy: BootPolicy) -> Result<Prepared, Self::Error> {
        (**self).prepare_snapshot(len, policy)
    }
}

impl<S: WriteSnapshot + ?Sized> WriteSnapshot for &mut S {
    fn write_snapshot(&mut self, data: &[u8], offset: u64) -> Result<(), Self::Error> {
        (**self).write_snapshot(data, offset)
    }

    fn finish_snapshot(&mut self, scratch: &mut [u8]) -> Result<(), Self::Error> {
        (**self).finish_snapshot(scratch)
    }
}

impl<S: SelectSnapshot + ?Sized> SelectSnapshot for &mut S {
    fn select(&mut self) -> Result<Selection, Reason> {
        (**self).select()
    }

    fn count_attempt(&mut self, id: ImageId) -> Result<u8, Self::Error> {
        (**self).count_attempt(id)
    }

    fn refused(&mut self, id: ImageId) {
        (**self).refused(id);
    }

    fn consume(&mut self) -> Result<(), Self::Error> {
        (**self).consume()
    }

    fn confirm(&mut self, id: ImageId) -> Result<(), Self::Error> {
        (**self).confirm(id)
    }
}

impl<S: ReadSnapshot + ?Sized> ReadSnapshot for &mut S {
    fn read_snapshot(&mut self, id: ImageId, buf: &mut [u8], offset: u64) -> Result<(), Self::Error> {
        (**self).read_snapshot(id, buf, offset)
    }

    fn reads_in_background(&self) -> bool {
        (**self).reads_in_background()
    }

    fn read_snapshot_while(
        &mut self,
        id: ImageId,
        buf: &mut [u8],
        offset: u64,
        meanwhile: &mut dyn FnMut(),
    ) -> Result<(), Self::Error> {
        (**self).read_snapshot_while(id, buf, offset, meanwhile)
    }

    fn mapped_snapshot(&self, id: ImageId) -> Option<&[u8]> {
        (**self).mapped_snapshot(id)
    }
}
