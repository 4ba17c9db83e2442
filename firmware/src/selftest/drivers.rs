//! Drivers: all go down in reverse order and come up in order, three times, the third time as after a
//! snapshot boot; and then the devices are what they were.

use heapless::Vec;
use oal_snapshot::power::PowerUp;

use super::devices::{self, tick_comes, tick_goes_on};
use super::report::{Findings, Guide};
use crate::application::Application;
use crate::arch::{mask_interrupts, unmask_interrupts};
use crate::board::Board;
use crate::boot_stage::BootStage;
use crate::drivers;
use crate::history::{GateUse, PowerHistory};
use crate::platform::{Drivers as _, MAX_DRIVERS, Platform};

/// Name, history and gate of each driver.
pub type Histories = Vec<(&'static str, PowerHistory, Option<GateUse>), MAX_DRIVERS>;

/// The histories of all drivers.
pub fn histories<P: Platform>(drivers: &mut P::Drivers) -> Histories {
    drivers.all().iter().map(|driver| (driver.name(), driver.history(), driver.gate())).collect()
}

/// The check.
pub fn check<P: Platform, A: Application<P>>(_: &mut BootStage<P, A>, board: &mut Board<P, A>) -> Findings {
    let mut findings = Findings::new("drivers", Guide::Drivers);
    let all = &mut board.drivers;
    let names = histories::<P>(all);
    for (place, (name, ..)) in names.iter().enumerate() {
        if names.iter().take(place).any(|(other, ..)| other == name) {
            findings.fault(
                "listed-twice",
                format_args!("driver={name}"),
                "Drivers::all() must name each driver once.",
            );
        }
    }
    let registers = devices::read::<P>();
    let ticked = tick_comes::<P>();
    for (round, why) in [PowerUp::Resume, PowerUp::Resume, PowerUp::SnapshotBoot].into_iter().enumerate() {
        let before = histories::<P>(all);
        if !go_down::<P>(all, ticked && round == 0, &mut findings) {
            return findings;
        }
        let down = histories::<P>(all);
        if let Err(name) = drivers::power_up(all, why) {
            findings.fault(
                "did-not-come-up",
                format_args!("driver={name}"),
                "power_up() of this driver failed.",
            );
        }
        unmask_interrupts();
        let after = histories::<P>(all);
        told(&before, &after, why, &mut findings);
        gates(&before, &down, &after, &mut findings);
        let when = if why == PowerUp::Resume { "resume" } else { "re-initialisation" };
        devices::compare::<P>(&registers, &devices::read::<P>(), when, &mut findings);
        if ticked && !tick_comes::<P>() {
            findings.fault(
                "no-tick-after-power-up",
                format_args!("when={when}"),
                "The tick does not go on: power_up() of the timer or of the interrupt controller does too little.",
            );
        }
        if findings.is_bad() {
            break;
        }
    }
    findings.fact(format_args!("drivers={}", names.len()));
    findings.fact(format_args!("registers={}", registers.len()));
    findings
}

/// Powers down all drivers, in reverse order, and leaves interrupts masked. With `look` it reports when the
/// tick stops: before the first driver of the list, which others need, goes down. `false` if a driver would
/// not; all are up again then.
fn go_down<P: Platform>(drivers: &mut P::Drivers, look: bool, findings: &mut Findings) -> bool {
    let mut list = drivers.all();
    let mut late = false;
    for place in (0..list.len()).rev() {
        let Some((driver, behind)) = list.get_mut(place..).and_then(<[_]>::split_first_mut) else { continue };
        if driver.power_down().is_err() {
            findings.fault(
                "did-not-stop",
                format_args!("driver={}", driver.name()),
                "power_down() of this driver failed.",
            );
            for driver in behind {
                // The error that is reported is the first one.
                let _ = driver.power_up(PowerUp::Resume);
            }
            return false;
        }
        // With one driver left the timer's own is down, if the timer is not that one.
        if look && place == 1 {
            late = tick_goes_on::<P>();
        }
    }
    if look && tick_goes_on::<P>() {
        findings.fault(
            "tick-not-stopped",
            format_args!(""),
            "Interrupts come while all drivers are down: power_down() of the timer must stop it.",
        );
    } else if late {
        findings.fault(
            "tick-stopped-too-late",
            format_args!("by={}", list.first().map_or("-", |driver| driver.name())),
            "The tick went on until the first driver of the list went down: power_down() of the timer must stop it, and it must \
             come behind the interrupt controller in Drivers::all().",
        );
    }
    mask_interrupts();
    true
}

/// Each driver was powered up once, in its turn.
fn told(before: &Histories, after: &Histories, why: PowerUp, findings: &mut Findings) {
    for (place, ((name, was, _), (_, is, _))) in (1..).zip(before.iter().zip(after)) {
        let ups = match why {
            PowerUp::Resume => is.resumes.wrapping_sub(was.resumes),
            PowerUp::SnapshotBoot => is.boots.wrapping_sub(was.boots),
        };
        if ups != 1 {
            findings.fault(
                "power-up-ignored",
                format_args!("driver={name} times={ups}"),
                "power_up() of this driver did not run as it should: it must call PowerHistory::up() and start its device.",
            );
        } else if is.order != place {
            findings.fault(
                "out-of-order",
                format_args!("driver={name} place={} wanted={place}", is.order),
                "Drivers::all() must give the drivers in the same order at every call.",
            );
        }
    }
}

/// Each gate was shut while its driver was down, and opened once.
fn gates(before: &Histories, down: &Histories, after: &Histories, findings: &mut Findings) {
    for ((name, _, was), ((_, _, down), (_, _, is))) in before.iter().zip(down.iter().zip(after)) {
        let (Some(was), Some(down), Some(is)) = (was, down, is) else { continue };
        if down.shut.wrapping_sub(was.shut) != 1 || is.opened.wrapping_sub(was.opened) != 1 {
            findings.fault(
                "count-not-balanced",
                format_args!("driver={name} opened={} shut={}", is.opened, is.shut),
                "The clock's count of users must go to 0 when the driver goes down, and back to 1.",
            );
        }
    }
}
