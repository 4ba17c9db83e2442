//! The drivers that are powered down for a snapshot and up after it, and the tick's interrupt.
//!
//! The medium's driver is none of them: it is nosave, and the boot stage's.

mod clock_gate;
mod gic;
mod timer;
mod uart;

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use heapless::Vec;
use oal_snapshot::power::{DriverList, PowerManaged, PowerUp};
use oal_snapshot::state::{SnapshotState, StateCell};
use oal_snapshot::system::SuspendFailed;

pub use clock_gate::GateUse;
use clock_gate::Gates;
pub use gic::{GicDriver, answer_tick};
pub use timer::{TICKS_PER_SECOND, Ticker, TimerDriver};
pub use uart::UartDriver;

use crate::platform::{DriverVec, Drivers, MAX_DRIVERS, Platform};
use crate::terminal::Uart;

/// The system's snapshot state, in the picture.
pub static STATE: StateCell = StateCell::new();

/// Interrupts of the timer, 100 in a second.
static TICKS: AtomicU32 = AtomicU32::new(0);

/// Interrupts of the timer so far.
pub fn ticks() -> u32 {
    TICKS.load(Relaxed)
}

/// Called by the IRQ vector, with interrupts masked. Uses no VFP register: the application's are live.
pub fn interrupt<P: Platform>() {
    // SAFETY: interrupts are masked, and one is pending.
    if unsafe { P::interrupt() } {
        TICKS.store(ticks().wrapping_add(1), Relaxed);
    }
}

/// What a driver remembers of its life, for `status`.
#[derive(Clone, Copy, Debug)]
pub struct Story {
    /// Times it was powered up after rest.
    pub resumes: u32,
    /// Times it was powered up after a snapshot boot.
    pub boots: u32,
    /// The snapshot state when it was last powered up.
    pub last_state: SnapshotState,
    /// Its place among all drivers at that time, from 1.
    pub order: u32,
}

/// The place of the driver that comes up next.
static NEXT_PLACE: AtomicU32 = AtomicU32::new(1);

impl Story {
    /// A driver that was initialised at a cold boot.
    #[expect(clippy::new_without_default, reason = "each new one takes the next place")]
    pub fn new() -> Story {
        Story { resumes: 0, boots: 0, last_state: SnapshotState::None, order: next_place() }
    }

    /// The driver comes up.
    pub fn up(&mut self, why: PowerUp) {
        match why {
            PowerUp::Resume => self.resumes += 1,
            PowerUp::SnapshotBoot => self.boots += 1,
        }
        self.last_state = STATE.get();
        self.order = next_place();
    }
}

fn next_place() -> u32 {
    let place = NEXT_PLACE.load(Relaxed);
    NEXT_PLACE.store(place + 1, Relaxed);
    place
}

/// The drivers as the library takes them.
fn power_managed(all: DriverVec<'_>) -> Vec<&mut dyn PowerManaged, MAX_DRIVERS> {
    all.into_iter().map(|driver| driver as &mut dyn PowerManaged).collect()
}

/// Powers all down, last first.
///
/// # Errors
/// The driver that would not.
pub fn power_down<U: Uart>(drivers: &mut impl Drivers<U>) -> Result<(), SuspendFailed> {
    DriverList::new(&mut power_managed(drivers.all())).power_down()
}

/// Powers all up, first first.
///
/// # Errors
/// The name of the first driver that did not come up.
pub fn power_up<U: Uart>(drivers: &mut impl Drivers<U>, why: PowerUp) -> Result<(), &'static str> {
    NEXT_PLACE.store(1, Relaxed);
    DriverList::new(&mut power_managed(drivers.all())).power_up(why)
}

/// Name and story of each, in order.
pub fn stories<U: Uart>(drivers: &mut impl Drivers<U>) -> Vec<(&'static str, Story), MAX_DRIVERS> {
    drivers.all().iter().map(|driver| (driver.name(), driver.story())).collect()
}
