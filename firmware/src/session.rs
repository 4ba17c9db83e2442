//! [`Session`]: the running system, and how it came to where it is.

use oal_snapshot::store::Slots;

use crate::application::{Application, Timeline};
use crate::board::Board;
use crate::boot_stage::BootStage;
use crate::errors::{self, Failure};
use crate::platform::{Drivers as _, Platform};
use crate::storage::Storage;
use crate::terminal::Terminal;

/// The running system. It is saved, but for what `stage` refers to.
pub struct Session<P: Platform, A: Application<P>> {
    /// The hand-over from the boot stage: nosave memory.
    pub stage: &'static mut BootStage<P, A>,
    /// The system that the engine sees.
    pub board: Board<P, A>,
    /// The way in which the system was started.
    pub timeline: Timeline,
    /// The image that was taken last, or booted from.
    pub image: Option<u64>,
    /// The number of this attempt at it.
    pub attempt: Option<u8>,
    /// Whether the boot was confirmed.
    pub confirmed: bool,
    /// The use of the partition by the next snapshots.
    pub slots: Slots,
}

impl<P: Platform, A: Application<P>> Session<P, A> {
    /// The system after a cold boot.
    pub fn new(stage: &'static mut BootStage<P, A>, board: Board<P, A>) -> Self {
        Session {
            stage,
            board,
            timeline: Timeline::Cold,
            image: None,
            attempt: None,
            confirmed: false,
            slots: Slots::Two,
        }
    }

    /// The console.
    pub fn terminal(&mut self) -> &mut Terminal<P::Uart> {
        self.board.drivers.terminal()
    }

    /// Confirms the boot, if the system was booted from an image.
    ///
    /// # Errors
    /// `not-restored`, or of the store.
    pub fn confirm(&mut self) -> Result<(), Failure> {
        let stage = &mut *self.stage;
        let store = stage.storage.store().map_err(errors::no_store)?;
        let image = stage.report.confirm(store).map_err(|error| errors::store(&error))?;
        self.confirmed = image.is_some();
        match image {
            Some(_) => Ok(()),
            None => Err(Failure::new("not-restored", "This system was not booted from an image.")),
        }
    }

    /// Prints `@ok`, and resets the board or switches it off by `how`.
    pub fn end(&mut self, how: impl FnOnce()) -> ! {
        let terminal = self.terminal();
        say!(terminal, "@ok");
        terminal.drain();
        how();
        // The board needs a moment; if it does not go, there is nothing left to do.
        loop {
            core::hint::spin_loop();
        }
    }
}
