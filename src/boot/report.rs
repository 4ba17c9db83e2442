//! [`BootReport`]: what a boot found.

use heapless::Vec;

use crate::hooks::{Candidate, MAX_CANDIDATES, SelectSnapshot};
use crate::image::ImageId;
use crate::refusal::Refusal;

/// The findings of a boot, for the system that was restored, or started from scratch. Keep it in nosave
/// memory.
#[must_use]
#[derive(Clone, Debug, Default)]
pub struct BootReport {
    /// The image that was entered.
    pub booted: Option<Candidate>,
    /// The number of this attempt at it, from 1; 0 if none was entered.
    pub attempt: u8,
    /// The images and records that were found and not booted, newest first.
    pub refused: Vec<Refusal, { 2 * MAX_CANDIDATES }>,
}

impl BootReport {
    /// Nothing found yet.
    pub const fn new() -> BootReport {
        BootReport { booted: None, attempt: 0, refused: Vec::new() }
    }

    /// Confirms the boot, once the restored system works: the attempts at its image are 0 again
    /// ([`SelectSnapshot::confirm`]). Returns the image, or `None` if none was entered, and nothing was
    /// written.
    ///
    /// # Errors
    /// Of the store; the attempt then stays counted.
    pub fn confirm<S: SelectSnapshot>(&self, store: &mut S) -> Result<Option<ImageId>, S::Error> {
        match self.booted {
            Some(image) => store.confirm(image.id).map(|()| Some(image.id)),
            None => Ok(None),
        }
    }

    pub(super) fn refuse(&mut self, refusal: Refusal) {
        let newer = self.refused.iter().take_while(|other| other.id >= refusal.id).count();
        // A store gives at most as many refusals and candidates as there is room for.
        if self.refused.push(refusal).is_ok()
            && let Some(older @ [_, ..]) = self.refused.get_mut(newer..)
        {
            older.rotate_right(1);
        }
    }
}
