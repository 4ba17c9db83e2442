//! The drivers that are powered down for a snapshot and up after it.

mod lcd;

use oal_drivers::sp804::Which;
use oal_firmware::drivers::{GicDriver, TICKS_PER_SECOND, Ticker, TimerDriver, UartDriver, answer_tick};
use oal_firmware::platform::{self, DriverVec};
use oal_firmware::terminal::Terminal;

pub use lcd::LcdDriver;

use crate::devices::{self, CpuInterface, Distributor, TIMER_HZ, TIMER_INTERRUPT, Timers};
use crate::uart::Pl011;

/// Timer 0 ticks.
pub struct Tick(pub Timers);

impl Ticker for Tick {
    fn start(&mut self) {
        self.0.start_periodic(Which::First, TIMER_HZ / TICKS_PER_SECOND);
    }

    fn stop(&mut self) {
        self.0.stop(Which::First);
    }
}

/// Answers an interrupt; `true` if it was the tick.
///
/// # Safety
/// As for [`Platform::interrupt`](platform::Platform::interrupt).
pub unsafe fn interrupt() -> bool {
    // SAFETY: the drivers touch other registers of these devices, and only with this interrupt masked or off.
    let (mut gic, mut timers) = unsafe { (devices::interrupts(), devices::timers()) };
    answer_tick(&mut gic, TIMER_INTERRUPT, || timers.clear(Which::First))
}

/// All drivers.
pub struct Drivers {
    /// Interrupts, which the timer needs.
    gic: GicDriver<Distributor, CpuInterface>,
    timer: TimerDriver<Tick>,
    uart: UartDriver<Pl011>,
    lcd: LcdDriver,
}

impl platform::Drivers<Pl011> for Drivers {
    unsafe fn init() -> Drivers {
        // SAFETY: the caller's promise; each driver has its own device. They are powered up in this order.
        unsafe {
            Drivers {
                gic: GicDriver::init(devices::interrupts(), TIMER_INTERRUPT),
                timer: TimerDriver::init(Tick(devices::timers())),
                uart: UartDriver::init(),
                lcd: LcdDriver::init(),
            }
        }
    }

    fn all(&mut self) -> DriverVec<'_> {
        DriverVec::from_iter([
            &mut self.gic as _,
            &mut self.timer as _,
            &mut self.uart as _,
            &mut self.lcd as _,
        ])
    }

    fn terminal(&mut self) -> &mut Terminal<Pl011> {
        &mut self.uart.terminal
    }
}
