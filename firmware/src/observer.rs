//! Observes snapshots and boots: markers for a debugger, lines on the console, and the application's own
//! observer.
//!
//! All of it is nosave memory and hardware, because it runs while the saved memory must not change, or is
//! overwritten.

use core::fmt::{Debug, Write};

use heapless::String;
use oal_snapshot::progress::{Observer, Progress};

use crate::application::Application;
use crate::marker;
use crate::platform::Platform;
use crate::terminal::{Dash, Terminal};

/// The observer.
pub struct Watcher<P: Platform, A: Application<P>> {
    application: A::Observer,
    /// What the medium failed with, for the refusal that follows.
    device: OneWord,
}

impl<P: Platform, A: Application<P>> Watcher<P, A> {
    /// Nothing observed yet.
    pub fn new() -> Self {
        Watcher { application: A::observer(), device: OneWord(String::new()) }
    }
}

impl<P: Platform, A: Application<P>> Observer for Watcher<P, A> {
    fn observe(&mut self, progress: Progress) {
        match progress {
            Progress::Captured => marker::oal_marker_captured(),
            Progress::Written => marker::oal_marker_written(),
            Progress::Refused(refused) => {
                // SAFETY: in the boot stage, which has no other user of the UART while a boot is under way.
                let mut terminal = unsafe { Terminal::<P::Uart>::new() };
                let (id, slot) = (Dash(refused.id.map(|id| id.0)), Dash(refused.slot.map(u64::from)));
                let (stage, reason, at) = (refused.stage, refused.reason.name(), refused.at);
                let device = core::mem::take(&mut self.device);
                let device = if device.0.is_empty() { "-" } else { &device.0 };
                say!(
                    terminal,
                    "@refused seq={id} slot={slot} stage={stage} reason={reason} offset={at} device={device}"
                );
            }
            Progress::Chosen { id, slot, attempt, pages } => {
                // SAFETY: in the boot stage, which has no other user of the UART while a boot is under way.
                let mut terminal = unsafe { Terminal::<P::Uart>::new() };
                say!(terminal, "@boot image seq={} slot={slot} attempt={attempt} pages={pages}", id.0);
            }
            Progress::Loaded => marker::oal_marker_loaded(),
            _ => {}
        }
        self.application.observe(progress);
    }

    fn medium_failed(&mut self, error: &dyn Debug) {
        self.device = OneWord::default();
        // A longer error ends early.
        let _ = write!(self.device, "{error:?}");
    }
}

/// Text without blanks, as a value on a line of the console.
#[derive(Default)]
struct OneWord(String<64>);

impl Write for OneWord {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        text.chars()
            .filter(|c| !c.is_whitespace())
            .try_for_each(|c| self.0.push(c).map_err(|_| core::fmt::Error))
    }
}
