//! The drivers that are powered down for a snapshot and up after it, and the timer's interrupt.

mod clock_gate;
mod gic;
mod lcd;
mod timer;
mod uart;

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use oal_parts::sp804::Which;
use oal_snapshot::drivers::{DriverList, PowerManaged, PowerUp};
use oal_snapshot::state::{SnapshotState, StateCell};
use oal_snapshot::system::SuspendFailed;

pub use clock_gate::Gates;
pub use gic::GicDriver;
pub use lcd::LcdDriver;
pub use timer::TimerDriver;
pub use uart::UartDriver;

use crate::devices;

/// The system's snapshot state, in the picture.
pub static STATE: StateCell = StateCell::new();

/// Interrupts of the timer, 100 in a second.
static TICKS: AtomicU32 = AtomicU32::new(0);

/// Interrupts of the timer so far.
pub fn ticks() -> u32 {
    TICKS.load(Relaxed)
}

/// Called by the IRQ vector, with interrupts masked. Uses no VFP register: the application's are live.
pub extern "C" fn interrupt() {
    // SAFETY: the drivers touch other registers of these devices, and only with this interrupt masked or off.
    let (mut gic, mut timers) = unsafe { (devices::interrupts(), devices::timers()) };
    if let Some(taken) = gic.acknowledge() {
        if taken.id() == devices::TIMER_INTERRUPT {
            timers.clear(Which::First);
            TICKS.store(ticks().wrapping_add(1), Relaxed);
        }
        gic.end(taken);
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
    pub fn new() -> Story {
        Story { resumes: 0, boots: 0, last_state: SnapshotState::None, order: next_place() }
    }

    /// The driver comes up.
    fn up(&mut self, why: PowerUp) {
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

/// All drivers. The card is none of them: it is nosave, and the boot stage's.
pub struct Drivers {
    /// Interrupts, which the timer needs.
    pub gic: GicDriver,
    /// The tick.
    pub timer: TimerDriver,
    /// The console.
    pub uart: UartDriver,
    /// The screen.
    pub lcd: LcdDriver,
}

impl Drivers {
    /// Initialises all devices after a cold boot.
    ///
    /// # Safety
    /// Nobody else uses them, the interrupt handler excepted; interrupts are masked.
    pub unsafe fn init() -> Drivers {
        // SAFETY: the caller's promise; each driver has its own device.
        unsafe {
            Drivers {
                gic: GicDriver::init(),
                timer: TimerDriver::init(),
                uart: UartDriver::init(),
                lcd: LcdDriver::init(),
            }
        }
    }

    /// Powers all down, last first.
    ///
    /// # Errors
    /// The driver that would not.
    pub fn power_down(&mut self) -> Result<(), SuspendFailed> {
        DriverList::new(&mut [&mut self.gic, &mut self.timer, &mut self.uart, &mut self.lcd]).power_down()
    }

    /// Powers all up, first first.
    ///
    /// # Errors
    /// The name of the first driver that did not come up.
    pub fn power_up(&mut self, why: PowerUp) -> Result<(), &'static str> {
        NEXT_PLACE.store(1, Relaxed);
        DriverList::new(&mut [&mut self.gic, &mut self.timer, &mut self.uart, &mut self.lcd]).power_up(why)
    }

    /// Name and story of each, in order.
    pub fn stories(&self) -> [(&'static str, Story); 4] {
        [
            (self.gic.name(), self.gic.story),
            (self.timer.name(), self.timer.story),
            (self.uart.name(), self.uart.story),
            (self.lcd.name(), self.lcd.story),
        ]
    }
}
