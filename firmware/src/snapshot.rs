//! The command `snapshot`: two ways out of one call.

use oal_snapshot::hooks::BootPolicy;
use oal_snapshot::take::{Settings, Snapshot, TakeReport, Timeline as Taken};

use crate::application::{Application, Timeline};
use crate::commands::{self, Answer};
use crate::drivers::STATE;
use crate::errors::{self, Failure};
use crate::platform::Platform;
use crate::regs_test::Outcome;
use crate::storage::{Storage, Store};
use crate::system::Registers;

/// The pause of pass 2: enough here, where nothing has to become resident.
const PAUSE_MS: u32 = 1000;

/// What the command was told.
pub struct Options {
    /// How often the image may boot.
    pub policy: BootPolicy,
    /// Whether the restored system confirms the boot.
    pub confirm: bool,
    /// Whether every register is filled with patterns, and looked at afterwards.
    pub registers: bool,
}

fn parse(line: &str) -> Result<Options, Failure> {
    let mut options = Options { policy: BootPolicy::Always, confirm: true, registers: false };
    for word in line.split_ascii_whitespace().skip(1) {
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
pub fn command<P: Platform>(application: &mut Application<P>, line: &str) -> Result<Answer, Failure> {
    let options = parse(line)?;
    let answer =
        if perform(application, &options)?.0 == Timeline::Restored { Answer::Ready } else { Answer::Ok };
    Ok(answer)
}

/// Takes a snapshot and tells of it. Comes back on both timelines, and says on which; and what became of the registers.
pub fn perform<P: Platform>(
    application: &mut Application<P>,
    options: &Options,
) -> Result<(Timeline, Option<Outcome>), Failure> {
    application.board.registers = if options.registers { Registers::Wanted } else { Registers::Idle };
    let result = take(application, options.policy);
    let registers = core::mem::replace(&mut application.board.registers, Registers::Idle);
    match result? {
        Taken::Live(report) => live(application, &report),
        Taken::Restored => restored(application, options.confirm),
    }
    let outcome = if let Registers::Checked(outcome) = registers { Some(outcome) } else { None };
    if let Some(outcome) = &outcome {
        let terminal = application.terminal();
        say!(terminal, "@regs checked={} wrong={}", outcome.checked, outcome.wrong);
        for reg in &outcome.first {
            let (want, got) = (reg.want, reg.got);
            match reg.number {
                Some(number) => say!(terminal, "@reg name={}{number} want={want:x} got={got:x}", reg.name),
                None => say!(terminal, "@reg name={} want={want:x} got={got:x}", reg.name),
            }
        }
    }
    Ok((application.timeline, outcome))
}

/// Everything but the settings and the system is nosave memory, the boot stage's own.
fn take<P: Platform>(application: &mut Application<P>, policy: BootPolicy) -> Result<Taken, Failure> {
    let slots = application.slots;
    let stage = &mut *application.stage;
    let store = stage.storage.store().map_err(errors::no_store)?;
    store.settings_mut().slots = slots;
    let mut snapshot = Snapshot {
        system: &mut application.board,
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

fn live<P: Platform>(application: &mut Application<P>, report: &TakeReport) {
    application.timeline = Timeline::Live;
    application.image = Some(report.id.0);
    say!(
        application.terminal(),
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

fn restored<P: Platform>(application: &mut Application<P>, confirm: bool) {
    application.timeline = Timeline::Restored;
    let booted = application.stage.report.booted;
    application.image = booted.map(|candidate| candidate.id.0);
    application.attempt = Some(application.stage.report.attempt);
    application.confirmed = false;
    let seq = application.image.unwrap_or(0);
    say!(application.terminal(), "@restored seq={seq}");
    if confirm && let Err(failure) = commands::confirm(application) {
        say!(application.terminal(), "This boot could not be confirmed: {}", failure.sentence);
    }
}
