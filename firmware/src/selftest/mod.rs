//! The command `selftest`: a port tests itself on its own board, and prints line by line what it found.
//!
//! | file | check |
//! |---|---|
//! | `memory_map` | banks of RAM, regions and windows suit each other; all RAM is mapped to where it is |
//! | `ram` | RAM that is claimed is there, and is there once |
//! | `clock` | clock and tick run, and agree |
//! | `drivers` | down and up again: order, counts, registers |
//! | `cpu` | every register, through a capture and a restore in place |
//! | `caches` | the outer cache is cleaned where one is on |
//! | `nosave` | what must not be saved is not, and what must be is; nothing changes while a medium is written |
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
use crate::board::Board;
use crate::boot_stage::BootStage;
use crate::command::Answer;
use crate::errors::Failure;
use crate::platform::Platform;
use crate::session::Session;
use report::{Findings, Tally};

/// A check: it looks at the system, and at what the boot stage left.
type Check<P, A> = fn(&mut BootStage<P, A>, &mut Board<P, A>) -> Findings;

/// Each check with what it is about to do: where a board hangs, this is the last line.
fn checks<P: Platform, A: Application<P>>() -> [(&'static str, Check<P, A>); 8] {
    [
        ("Memory map: regions, windows, translation.", memory_map::check),
        ("RAM: a word of each page.", ram::check),
        ("Clock and tick: do they run, and agree?", clock::check),
        ("Drivers: down and up three times.", drivers::check),
        ("CPU: every register through a capture and a restore in place.", cpu::check),
        ("Caches: what cleans them.", caches::check),
        ("Nosave: where things lie, and what changes while the medium is written.", nosave::check),
        ("Medium: write, read back, compare.", medium::check),
    ]
}

/// Runs all checks, then takes a snapshot; goes on where a boot from it restores the system. With `reboot` it
/// resets the board by itself in between.
pub fn command<P: Platform, A: Application<P>>(
    session: &mut Session<P, A>,
    argument: &str,
) -> Result<Answer, Failure> {
    let reboot = match argument.trim_ascii() {
        "" => false,
        "reboot" => true,
        _ => return Err(Failure::new("bad-argument", "selftest [reboot]")),
    };
    let mut tally = Tally::default();
    for (what, check) in checks::<P, A>() {
        say!(session.terminal(), "{what}");
        session.terminal().drain();
        let findings = check(session.stage, &mut session.board);
        tally.print(session.terminal(), &findings);
    }
    whole::run(session, tally, reboot)
}
