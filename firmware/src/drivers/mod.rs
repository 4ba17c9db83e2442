//! The drivers that are powered down for a snapshot and up after it, and the tick's interrupt.
//!
//! The medium's driver is none of them: it is nosave, and the boot stage's.

mod clock_gate;
mod gic;
mod timer;
mod uart;

use portable_atomic::{AtomicU32, Ordering::Relaxed};

use heapless::Vec;
use oal_snapshot::power::{DriverList, PowerManaged, PowerUp};
use oal_snapshot::system::SuspendFailed;

use clock_gate::Gates;
pub use gic::{GicDriver, answer_tick};
pub use timer::{TICKS_PER_SECOND, Ticker, TimerDriver};
pub use uart::UartDriver;

use crate::history::{self, PowerHistory};
use crate::platform::{DriverVec, Drivers, MAX_DRIVERS, Platform};
use crate::terminal::Uart;

/// Interrupts of the timer, 100 in a second.
static TICKS: AtomicU32 = AtomicU32::new(0);

/// Interrupts of the timer so far.
pub fn ticks() -> u32 {
    TICKS.load(Relaxed)
}

/// Called by the IRQ vector, with interrupts masked. Uses no vector register: the application's are live.
pub fn interrupt<P: Platform>() {
    // SAFETY: interrupts are masked, and one is pending.
    if unsafe { P::interrupt() } {
        TICKS.store(ticks().wrapping_add(1), Relaxed);
    }
}

/// The drivers as the library takes them.
fn power_managed(all: DriverVec<'_>) -> Vec<&mut dyn PowerManaged, MAX_DRIVERS> {
    all.into_iter().map(|driver| driver as &mut dyn PowerManaged).collect()
}

/// Powers down all, in reverse order.
///
/// # Errors
/// The driver that would not.
pub fn power_down<U: Uart>(drivers: &mut impl Drivers<U>) -> Result<(), SuspendFailed> {
    DriverList::new(&mut power_managed(drivers.all())).power_down()
}

/// Powers all up, in order.
///
/// # Errors
/// The name of the first driver that did not come up.
pub fn power_up<U: Uart>(drivers: &mut impl Drivers<U>, why: PowerUp) -> Result<(), &'static str> {
    history::begin_power_up();
    DriverList::new(&mut power_managed(drivers.all())).power_up(why)
}

/// Name and history of each, in order.
pub fn histories<U: Uart>(drivers: &mut impl Drivers<U>) -> Vec<(&'static str, PowerHistory), MAX_DRIVERS> {
    drivers.all().iter().map(|driver| (driver.name(), driver.history())).collect()
}
