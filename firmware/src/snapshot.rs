//! The command `snapshot`: two ways out of one call.

use oal_snapshot::hooks::BootPolicy;
use oal_snapshot::store::Store;
use oal_snapshot::take::{Settings, Snapshot, TakeReport, Timeline as Taken};

use crate::application::{Application, Timeline};
use crate::board::Registers;
use crate::command::Answer;
use crate::errors::{self, Failure};
use crate::history::STATE;
use crate::platform::Platform;
use crate::register_test::Outcome;
use crate::session::Session;
use crate::storage::Storage;

/// The pause of pass 2: enough here, where nothing has to become resident.
const PAUSE_MS: u32 = 1000;

/// The options of the command.
pub struct Options {
    /// The image's boot policy.
    pub policy: BootPolicy,
    /// Whether the restored system confirms the boot.
    pub confirm: bool,
    /// Whether every register is filled with patterns, and looked at afterwards.
    pub registers: bool,
}

fn parse(words: &str) -> Result<Options, Failure> {
    let mut options = Options { policy: BootPolicy::Always, confirm: true, registers: false };
    for word in words.split_ascii_whitespace() {
        match word {
            "always" => options.policy = BootPolicy::Always,
            "once" => options.policy = BootPolicy::Once,
            "noconfirm" => options.confirm = false,
            "regs" => options.registers = true,
            _ => return Err(Failure::new("bad-argument", "snapshot [always|once] [noconfirm] [regs]")),
        }
    }
    Ok(options)
}

/// Takes a snapshot. Comes back on the machine that took it, and on every one that boots from it.
pub fn command<P: Platform, A: Application<P>>(
    session: &mut Session<P, A>,
    arguments: &str,
) -> Result<Answer, Failure> {
    let options = parse(arguments)?;
    let answer = if perform(session, &options)?.0 == Timeline::Restored { Answer::Ready } else { Answer::Ok };
    Ok(answer)
}

/// Takes a snapshot and prints what it took. Comes back on both timelines, and says on which; and what became
/// of the registers.
pub fn perform<P: Platform, A: Application<P>>(
    session: &mut Session<P, A>,
    options: &Options,
) -> Result<(Timeline, Option<Outcome>), Failure> {
    session.board.registers = if options.registers { Registers::Wanted } else { Registers::Idle };
    let result = take(session, options.policy);
    let registers = core::mem::replace(&mut session.board.registers, Registers::Idle);
    match result? {
        Taken::Live(report) => live(session, &report),
        Taken::Restored => restored(session, options.confirm),
    }
    let outcome = if let Registers::Checked(outcome) = registers { Some(outcome) } else { None };
    if let Some(outcome) = &outcome {
        let terminal = session.terminal();
        say!(terminal, "@regs checked={} wrong={}", outcome.checked, outcome.wrong);
        for reg in &outcome.first {
            let (want, got) = (reg.want, reg.got);
            match reg.number {
                Some(number) => say!(terminal, "@reg name={}{number} want={want:x} got={got:x}", reg.name),
                None => say!(terminal, "@reg name={} want={want:x} got={got:x}", reg.name),
            }
        }
    }
    Ok((session.timeline, outcome))
}

/// Everything but the settings and the system is nosave memory, the boot stage's own.
fn take<P: Platform, A: Application<P>>(
    session: &mut Session<P, A>,
    policy: BootPolicy,
) -> Result<Taken, Failure> {
    let slots = session.slots;
    let stage = &mut *session.stage;
    let store = stage.storage.store().map_err(errors::no_store)?;
    store.settings_mut().slots = slots;
    let mut snapshot = Snapshot {
        system: &mut session.board,
        state: &STATE,
        identity: &stage.identity,
        memory: &mut stage.memory,
        cpu: &mut stage.cpu,
        codec: &mut *stage.codec,
        store,
        observer: &mut stage.watcher,
        settings: Settings { policy, pause_ms: PAUSE_MS, oem_data: 0 },
    };
    snapshot.take(stage.workspace).map_err(|error| errors::take(&error))
}

fn live<P: Platform, A: Application<P>>(session: &mut Session<P, A>, report: &TakeReport) {
    session.timeline = Timeline::Live;
    session.image = Some(report.id.0);
    say!(
        session.terminal(),
        "@taken seq={} slot={} bytes={} pages={} zero={} free={} chunks={} raw={}",
        report.id.0,
        report.slot,
        report.image_len,
        report.pages,
        report.zero_pages,
        report.free_pages,
        report.chunks,
        report.raw_chunks
    );
}

fn restored<P: Platform, A: Application<P>>(session: &mut Session<P, A>, confirm: bool) {
    session.timeline = Timeline::Restored;
    let booted = session.stage.report.booted;
    session.image = booted.map(|candidate| candidate.id.0);
    session.attempt = Some(session.stage.report.attempt);
    session.confirmed = false;
    let seq = session.image.unwrap_or(0);
    say!(session.terminal(), "@restored seq={seq}");
    if confirm && let Err(failure) = session.confirm() {
        say!(session.terminal(), "This boot could not be confirmed: {}", failure.sentence);
    }
}
