//! The drivers that are powered down for a snapshot and up after it.

use oal_firmware::drivers::{GicDriver, TICKS_PER_SECOND, Ticker, TimerDriver, UartDriver, answer_tick};
use oal_firmware::platform::{self, DriverVec};
use oal_firmware::terminal::Terminal;

use crate::devices::{self, CpuInterface, Distributor, PERIPHCLK_HZ, TIMER_INTERRUPT, Timer};
use crate::uart::Console;

/// The core's own timer ticks.
pub struct Tick(Timer);

impl Ticker for Tick {
    fn start(&mut self) {
        self.0.start_periodic(PERIPHCLK_HZ / TICKS_PER_SECOND);
    }

    fn stop(&mut self) {
        self.0.stop();
    }
}

/// Answers an interrupt; `true` if it was the tick.
///
/// # Safety
/// As for [`Platform::interrupt`](oal_firmware::Platform::interrupt).
pub unsafe fn interrupt() -> bool {
    // SAFETY: the drivers touch other registers of these devices, and only with this interrupt masked or off.
    let (mut gic, mut timer) = unsafe { (devices::interrupts(), devices::timer()) };
    answer_tick(&mut gic, TIMER_INTERRUPT, || timer.clear())
}

/// All drivers.
pub struct Drivers {
    /// Interrupts, which the timer needs.
    gic: GicDriver<Distributor, CpuInterface>,
    timer: TimerDriver<Tick>,
    uart: UartDriver<Console>,
}

impl platform::Drivers<Console> for Drivers {
    unsafe fn init() -> Drivers {
        // SAFETY: the caller's promise; each driver has its own device. They are powered up in this order.
        unsafe {
            Drivers {
                gic: GicDriver::init(devices::interrupts(), TIMER_INTERRUPT),
                timer: TimerDriver::init(Tick(devices::timer())),
                uart: UartDriver::init(),
            }
        }
    }

    fn all(&mut self) -> DriverVec<'_> {
        DriverVec::from_iter([&mut self.gic as _, &mut self.timer as _, &mut self.uart as _])
    }

    fn terminal(&mut self) -> &mut Terminal<Console> {
        &mut self.uart.terminal
    }
}
