//! Common to the checks of devices: the board's list of registers, and waiting for the tick.

use heapless::Vec;
use oal_drivers::clock::{Clock, Deadline};

use super::report::{Findings, Guide};
use crate::drivers;
use crate::platform::{DeviceRegister, Platform};

/// Registers that are compared; of a longer list the first ones.
const MAX_REGISTERS: usize = 32;

/// Microseconds in which a tick must come: a hundred of them, for an emulator on a busy machine.
const TICK_WAIT_US: u64 = 1_000_000;

/// Microseconds without a tick after which it has stopped.
const SILENCE_US: u64 = 100_000;

/// The values of the registers of [`Platform::REGISTERS`].
pub type Values = Vec<u32, MAX_REGISTERS>;

/// Reads them. All devices are powered up.
pub fn read<P: Platform>() -> Values {
    P::REGISTERS
        .iter()
        .take(MAX_REGISTERS)
        .map(|DeviceRegister { address, mask, .. }| {
            // SAFETY: the board vouches for the address: a register that reading does not change.
            mask & unsafe { (*address as *const u32).read_volatile() }
        })
        .collect()
}

/// Compares them with what they held before.
pub fn compare<P: Platform>(before: &Values, after: &Values, when: &str, findings: &mut Findings) {
    for (register, (want, got)) in P::REGISTERS.iter().zip(before.iter().zip(after)) {
        if want != got {
            findings.fault_of(
                Guide::Drivers,
                "register-not-restored",
                format_args!("register={} want={want:x} got={got:x} when={when}", register.name),
                "The driver of this register's device must bring it back in power_up(), from the state that power-on leaves \
                 if it is told SnapshotBoot.",
            );
        }
    }
}

/// Waits for so many microseconds, or until `done`; tells which. Ends even if the clock stands still.
pub fn wait<P: Platform>(us: u64, mut done: impl FnMut() -> bool) -> bool {
    let mut clock = P::clock();
    let mut deadline = Deadline::new(clock.now_us(), us);
    while !deadline.passed(clock.now_us()) {
        if done() {
            return true;
        }
    }
    done()
}

/// Whether the tick goes on, where it should not. Interrupts are let in.
pub fn tick_goes_on<P: Platform>() -> bool {
    let before = drivers::ticks();
    wait::<P>(SILENCE_US, || drivers::ticks() != before)
}

/// Whether a tick comes. Interrupts are let in.
pub fn tick_comes<P: Platform>() -> bool {
    let before = drivers::ticks();
    wait::<P>(TICK_WAIT_US, || drivers::ticks() != before)
}
