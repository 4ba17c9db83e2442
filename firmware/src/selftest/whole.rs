//! The whole of it: a snapshot, and what a boot from it brings back.
//!
//! This function goes on in the restored system, with all that it knew.

use oal_snapshot::hooks::BootPolicy;
use oal_snapshot::store::{Slots, Store};

use super::devices::{self, Values, tick_comes};
use super::drivers::{Histories, histories};
use super::rehearsal;
use super::report::{Findings, Guide, Tally};
use crate::application::{Application, Timeline};
use crate::command::Answer;
use crate::cpu;
use crate::errors::Failure;
use crate::history::STATE;
use crate::platform::Platform;
use crate::register_test::Outcome;
use crate::session::Session;
use crate::snapshot::{self, Options};
use crate::storage::Storage;

/// The values that a restored system must find again.
struct Before {
    boots: u32,
    digest: u32,
    registers: Values,
    histories: Histories,
    ticked: bool,
}

impl Before {
    fn of<P: Platform, A: Application<P>>(session: &mut Session<P, A>) -> Before {
        Before {
            boots: STATE.boots(),
            digest: session.board.application.digest(),
            registers: devices::read::<P>(),
            histories: histories::<P>(&mut session.board.drivers),
            ticked: tick_comes::<P>(),
        }
    }
}

/// Takes a snapshot to be booted once, and goes on behind it on both timelines.
pub fn run<P: Platform, A: Application<P>>(
    session: &mut Session<P, A>,
    mut tally: Tally,
    reboot: bool,
) -> Result<Answer, Failure> {
    let mut findings = Findings::new("snapshot", Guide::Snapshot);
    say!(session.terminal(), "Snapshot: all of it, to be booted once.");
    if tally.failed > 0 {
        return Ok(without(session, tally, findings.skip("checks-failed")));
    }
    if let Err(obstacle) = rehearsal::may_write(session.stage) {
        return Ok(without(session, tally, findings.skip(obstacle)));
    }
    let before = Before::of(session);
    let slots = core::mem::replace(&mut session.slots, Slots::Two);
    let taken =
        snapshot::perform(session, &Options { policy: BootPolicy::Once, confirm: true, registers: true });
    session.slots = slots;
    let (timeline, outcome) = match taken {
        Ok(taken) => taken,
        Err(failure) => {
            say!(session.terminal(), "{}", failure.sentence);
            findings.fault(
                failure.reason,
                format_args!(""),
                "No snapshot was taken: the sentence above says why.",
            );
            return Ok(without(session, tally, findings));
        }
    };
    if timeline == Timeline::Live {
        registers(&outcome, &mut findings);
        findings.fact(format_args!("seq={}", session.image.unwrap_or(0)));
        tally.print(session.terminal(), &findings);
        let Tally { passed, failed, skipped } = tally;
        say!(session.terminal(), "@selftest half passed={passed} failed={failed} skipped={skipped}");
        if reboot {
            // SAFETY: the last use of anything.
            session.end(|| unsafe { P::reset() });
        }
        say!(session.terminal(), "Switch the power off and on, or type `reboot`: the other half follows.");
        return Ok(Answer::Ok);
    }
    // What the live half printed of the snapshot belongs to another timeline: it counts here, since it was booted.
    tally.passed += 1;
    let findings = restored(session, &before, &outcome);
    tally.print(session.terminal(), &findings);
    say_end(session, tally);
    Ok(Answer::Ready)
}

/// The end without a boot.
fn without<P: Platform, A: Application<P>>(
    session: &mut Session<P, A>,
    mut tally: Tally,
    findings: Findings,
) -> Answer {
    tally.print(session.terminal(), &findings);
    say_end(session, tally);
    Answer::Ok
}

fn say_end<P: Platform, A: Application<P>>(session: &mut Session<P, A>, tally: Tally) {
    let Tally { passed, failed, skipped } = tally;
    say!(session.terminal(), "@selftest end passed={passed} failed={failed} skipped={skipped}");
}

/// The registers that a test of them found wrong.
fn registers(outcome: &Option<Outcome>, findings: &mut Findings) {
    let Some(outcome) = outcome else { return };
    for wrong in &outcome.first {
        findings.fault_of(
            Guide::Cpu,
            "register-forgotten",
            format_args!(
                "register={}{} want={:x} got={:x}",
                wrong.name,
                Number(wrong.number),
                wrong.want,
                wrong.got
            ),
            "This register is not what it was at the capture.",
        );
    }
    findings.fact(format_args!("registers={}", outcome.checked));
}

/// The number of a register, where it has one.
struct Number(Option<u8>);

impl core::fmt::Display for Number {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.map_or(Ok(()), |number| write!(f, "{number}"))
    }
}

/// The values after the boot.
fn restored<P: Platform, A: Application<P>>(
    session: &mut Session<P, A>,
    before: &Before,
    outcome: &Option<Outcome>,
) -> Findings {
    let mut findings = Findings::new("restored", Guide::Boot);
    registers(outcome, &mut findings);
    let boots = STATE.boots().wrapping_sub(before.boots);
    if boots != 1 {
        findings.fault(
            "boots-not-counted",
            format_args!("boots={boots}"),
            "The snapshot's state counts one boot at each: it must be saved, and only the engine move it.",
        );
    }
    if session.board.application.digest() != before.digest || !session.board.application.is_consistent() {
        findings.fault_of(
            Guide::MemoryMap,
            "memory-differs",
            format_args!("digest={:08x} want={:08x}", session.board.application.digest(), before.digest),
            "The application's memory is not what it was: RAM that no region names, or that a region names as nosave.",
        );
    }
    if cpu::cleanings() == 0 {
        findings.fault_of(
            Guide::Caches,
            "hook-not-called",
            format_args!("calls=0"),
            "The restore did not clean the outer cache: the CPU must be made with the firmware's outer cache.",
        );
    }
    devices_are_back(session, before, &mut findings);
    let store = session.stage.storage.store();
    if store.is_err() || store.is_ok_and(|store| store.record().is_err()) {
        findings.fault_of(
            Guide::Medium,
            "medium-lost",
            format_args!(""),
            "The medium does not answer after the boot: its driver's state must be what the boot stage left in nosave memory.",
        );
    }
    findings.fact(format_args!("boots={}", STATE.boots()));
    findings
}

/// The devices, which were off.
fn devices_are_back<P: Platform, A: Application<P>>(
    session: &mut Session<P, A>,
    before: &Before,
    findings: &mut Findings,
) {
    if let Some(name) = session.board.failed_driver {
        findings.fault_of(
            Guide::Drivers,
            "did-not-come-up",
            format_args!("driver={name}"),
            "power_up() of this driver failed after the boot.",
        );
    }
    let now = histories::<P>(&mut session.board.drivers);
    for ((name, was, gate_was), (_, is, gate_is)) in before.histories.iter().zip(&now) {
        // Pass 1 resumed it once more, then the boot brought it up.
        if is.boots.wrapping_sub(was.boots) != 1 {
            findings.fault_of(
                Guide::Drivers,
                "not-re-initialised",
                format_args!("driver={name} boots={}", is.boots.wrapping_sub(was.boots)),
                "This driver was not told, or did not heed, that its device was off: power_up(SnapshotBoot) must initialise it.",
            );
        }
        if let (Some(was), Some(is)) = (gate_was, gate_is)
            && is.opened.wrapping_sub(was.opened) != 2
        {
            findings.fault_of(
                Guide::Drivers,
                "gate-stayed-shut",
                format_args!("driver={name} opened={}", is.opened.wrapping_sub(was.opened)),
                "The clock's gate was shut by the power-off, and its count of users said that it is open: count with RefCount.",
            );
        }
    }
    if before.ticked && !tick_comes::<P>() {
        findings.fault_of(
            Guide::Drivers,
            "no-tick-after-boot",
            format_args!(""),
            "The tick does not go on after a boot: the timer's or the interrupt controller's driver does not initialise it.",
        );
    }
    devices::compare::<P>(&before.registers, &devices::read::<P>(), "boot", findings);
}
