//! The firmware's own commands. Each answers with one last line, `@ok` or `@error reason=...`.

use core::fmt;

use oal_snapshot::store::{Slots, Store};

use crate::application::Application;
use crate::boot_stage;
use crate::command::{Answer, Command};
use crate::drivers;
use crate::errors::{self, Failure};
use crate::history::STATE;
use crate::layout;
use crate::platform::{Drivers as _, Platform};
use crate::selftest;
use crate::session::Session;
use crate::snapshot;
use crate::storage::Storage;
use crate::terminal::Dash;

/// The commands, in the order of `help`.
pub fn all<P: Platform, A: Application<P>>() -> &'static [Command<P, A>] {
    const {
        &[
            Command { name: "status", arguments: "", what: "what the system knows of itself", run: status },
            Command { name: "memory", arguments: "", what: "the memory map", run: memory },
            Command {
                name: "snapshot",
                arguments: "[always|once] [noconfirm] [regs]",
                what: "takes a snapshot",
                run: snapshot::command,
            },
            Command {
                name: "selftest",
                arguments: "[reboot]",
                what: "tests the board, a snapshot and a boot from it",
                run: selftest::command,
            },
            Command {
                name: "slots",
                arguments: "one|two",
                what: "how the next snapshots use the partition",
                run: slots,
            },
            Command { name: "confirm", arguments: "", what: "this boot was a good one", run: confirm },
            Command { name: "invalidate", arguments: "", what: "forgets every image", run: invalidate },
            Command { name: "reboot", arguments: "", what: "resets the board", run: reboot },
            Command { name: "poweroff", arguments: "", what: "switches the board off", run: power_off },
        ]
    }
}

fn status<P: Platform, A: Application<P>>(session: &mut Session<P, A>, _: &str) -> Result<Answer, Failure> {
    let board = &mut session.board;
    let histories = drivers::histories(&mut board.drivers);
    let (application, terminal) = (&board.application, board.drivers.terminal());
    let (writer_used, writer_size) = boot_stage::writer_stack_use();
    let (boot_used, boot_size) = layout::boot_stack_use();
    say!(
        terminal,
        "@status state={} timeline={} ticks={}{} boots={} image_seq={} attempts={} confirmed={}",
        STATE.get().name(),
        session.timeline.name(),
        drivers::ticks(),
        fmt::from_fn(|f| application.status(f)),
        STATE.boots(),
        Dash(session.image),
        Dash(session.attempt.map(u64::from)),
        u8::from(session.confirmed),
    );
    for (name, history) in histories {
        say!(
            terminal,
            "@driver name={name} up_resume={} up_boot={} last_state={} order={}",
            history.resumes,
            history.boots,
            history.last_state.name(),
            history.order
        );
    }
    say!(
        terminal,
        "@stack writer_used={writer_used} writer_size={writer_size} boot_used={boot_used} boot_size={boot_size}"
    );
    if let Some(name) = board.failed_driver {
        say!(terminal, "The driver {name} did not come up.");
    }
    Ok(Answer::Ok)
}

fn memory<P: Platform, A: Application<P>>(session: &mut Session<P, A>, _: &str) -> Result<Answer, Failure> {
    let board = &mut session.board;
    let terminal = board.drivers.terminal();
    let mut print = |name: &str, start: u64, end: u64| {
        if start < end {
            say!(terminal, "@{name} range={start:#010x}..{end:#010x}");
        }
    };
    let (ram, nosave) = (&session.stage.ram[..], layout::nosave());
    for (name, regions) in [("ram", ram), ("oem", P::OEM), ("nosave", &nosave)] {
        regions.iter().for_each(|region| print(name, region.base, region.base + region.len));
    }
    // What the reclaim of pass 1 will give back counts as free.
    for free in board.heap.free_once_trimmed(board.application.reclaimable_from()) {
        print("free", free.start as u64, free.end as u64);
    }
    Ok(Answer::Ok)
}

fn slots<P: Platform, A: Application<P>>(session: &mut Session<P, A>, how: &str) -> Result<Answer, Failure> {
    session.slots = match how.trim_ascii() {
        "one" => Slots::One,
        "two" => Slots::Two,
        _ => return Err(Failure::new("bad-argument", "One or two?")),
    };
    Ok(Answer::Ok)
}

fn confirm<P: Platform, A: Application<P>>(session: &mut Session<P, A>, _: &str) -> Result<Answer, Failure> {
    session.confirm()?;
    Ok(Answer::Ok)
}

fn invalidate<P: Platform, A: Application<P>>(
    session: &mut Session<P, A>,
    _: &str,
) -> Result<Answer, Failure> {
    let store = session.stage.storage.store().map_err(errors::no_store)?;
    store.invalidate().map_err(|error| errors::store(&error))?;
    Ok(Answer::Ok)
}

fn reboot<P: Platform, A: Application<P>>(session: &mut Session<P, A>, _: &str) -> Result<Answer, Failure> {
    // SAFETY: the last use of anything.
    session.end(|| unsafe { P::reset() })
}

fn power_off<P: Platform, A: Application<P>>(
    session: &mut Session<P, A>,
    _: &str,
) -> Result<Answer, Failure> {
    // SAFETY: the last use of anything.
    session.end(|| unsafe { P::power_off() })
}
