//! The command `selftest`: a port tries itself on its own board, and says line by line what it found.
//!
//! | file | check |
//! |---|---|
//! | `memory_map` | regions, frame buffers and windows suit each other; all RAM is mapped to where it is |
//! | `ram` | RAM that is claimed is there, and is there once |
//! | `clock` | clock and tick run, and agree |
//! | `drivers` | down and up again: order, counts, registers |
//! | `cpu` | every register, through a capture and a restore in place |
//! | `caches` | the outer cache is cleaned where one is on |
//! | `nosave` | what must not be in the picture is not, and what must be is; nothing changes while a medium is written |
//! | `medium` | write, read back, compare; bad blocks; speed |
//! | `whole` | a snapshot, and a boot from it |
//!
//! All of it is the application's: nothing here is in nosave memory. Every wait is bounded.

mod caches;
mod clock;
mod cpu;
mod devices;
mod drivers;
mod medium;
mod memory_map;
mod nosave;
mod ram;
mod rehearsal;
mod report;
mod whole;

use crate::application::Application;
use crate::commands::Answer;
use crate::errors::Failure;
use crate::platform::Platform;
use report::{Findings, Tally};

/// What a check may be: it looks at the application and what is below it.
type Check<P> = fn(&mut Application<P>) -> Findings;

/// Each check with what it is about to do: where a board hangs, this is the last line.
fn checks<P: Platform>() -> [(&'static str, Check<P>); 8] {
    [
        ("Memory map: regions, frame buffers, translation.", memory_map::check),
        ("RAM: a word of each page.", ram::check),
        ("Clock and tick: do they run, and agree?", clock::check),
        ("Drivers: down and up three times.", drivers::check),
        ("CPU: every register through a capture and a restore in place.", cpu::check),
        ("Caches: what cleans them.", caches::check),
        ("Nosave: where things lie, and what changes while the medium is written.", nosave::check),
        ("Medium: write, read back, compare.", medium::check),
    ]
}

/// Runs all checks, then takes a snapshot; goes on where a boot from it restores the system. With `reboot` it resets the
/// board by itself in between.
pub fn command<P: Platform>(
    application: &mut Application<P>,
    argument: Option<&str>,
) -> Result<Answer, Failure> {
    let reboot = match argument {
        None => false,
        Some("reboot") => true,
        Some(_) => return Err(Failure::new("bad-argument", "selftest [reboot]")),
    };
    let mut tally = Tally::default();
    for (what, check) in checks::<P>() {
        say!(application.terminal(), "{what}");
        application.terminal().drain();
        let findings = check(application);
        tally.tell(application.terminal(), &findings);
    }
    whole::run(application, tally, reboot)
}
