//! Watches snapshots and boots: markers for a debugger, a bar on the LCD, a line on the console.
//!
//! All of it is nosave memory and hardware, because it runs while the picture must not change, or is overwritten.

use oal_snapshot::progress::{Observer, Progress};

use crate::boot_stage::Dash;
use crate::display::Bar;
use crate::marker;
use crate::platform::Platform;
use crate::terminal::Terminal;

/// Watches.
pub struct Watcher<P> {
    bar: Bar<P>,
}

impl<P: Platform> Watcher<P> {
    /// Shows nothing yet.
    pub const fn new() -> Self {
        Watcher { bar: Bar::new() }
    }
}

impl<P: Platform> Observer for Watcher<P> {
    fn observe(&mut self, progress: Progress) {
        match progress {
            Progress::Captured => {
                marker::oal_marker_captured();
                self.bar.show("Taking a snapshot");
            }
            // Looking at the pages is quick, and so is compressing compared with writing.
            Progress::Scan { done, total } => self.bar.set(done, total, 0, 10),
            Progress::Compress { done, total } => self.bar.set(done, total, 10, 40),
            Progress::Write { done, total } => self.bar.set(done, total, 40, 100),
            Progress::Written => marker::oal_marker_written(),
            Progress::Refused(refused) => {
                // SAFETY: in the boot stage, which has no other user of the UART while a boot is under way.
                let mut terminal = unsafe { Terminal::<P::Uart>::new() };
                let (id, slot) = (Dash(refused.id.map(|id| id.0)), Dash(refused.slot.map(u64::from)));
                let (stage, reason) = (refused.stage, refused.reason.name());
                say!(terminal, "@refused seq={id} slot={slot} stage={stage} reason={reason}");
            }
            Progress::Chosen { id, slot, attempt, pages } => {
                // SAFETY: in the boot stage, which has no other user of the UART while a boot is under way.
                let mut terminal = unsafe { Terminal::<P::Uart>::new() };
                say!(terminal, "@boot image seq={} slot={slot} attempt={attempt} pages={pages}", id.0);
                self.bar.show("Booting from a snapshot");
            }
            Progress::Load { done, total } => self.bar.set(done, total, 0, 100),
            Progress::Loaded => marker::oal_marker_loaded(),
            _ => {}
        }
    }
}
