//! The drivers that are powered down for a snapshot and up after it.

use oal_drivers::omap::gptimer;
use oal_drivers::omap::intc::Context;
use oal_drivers::omap::prcm::Device;
use oal_firmware::arch::cache;
use oal_firmware::drivers::{TICKS_PER_SECOND, Ticker, TimerDriver, UartDriver};
use oal_firmware::history::PowerHistory;
use oal_firmware::platform::{self, Driver, DriverVec};
use oal_firmware::terminal::Terminal;
use oal_snapshot::power::{DriverFailed, PowerManaged, PowerUp};

use crate::devices::{self, Interrupts, TIMER_LINE, Timer};
use crate::uart::Console;

/// Timer 2 ticks.
pub struct Tick(Timer);

impl Ticker for Tick {
    fn start(&mut self) {
        // SAFETY: one core, and no other driver changes the clocks while this one does.
        unsafe { devices::clocks() }.enable(Device::Timer2);
        self.0.start_periodic(gptimer::HZ / TICKS_PER_SECOND);
    }

    fn stop(&mut self) {
        self.0.stop();
    }
}

/// The interrupt controller, which comes back register by register.
pub struct IntcDriver {
    intc: Interrupts,
    context: Context,
    history: PowerHistory,
}

impl IntcDriver {
    /// Initialises the controller and lets the timer's interrupt through.
    ///
    /// # Safety
    /// Nobody else uses the controller, the interrupt handler excepted.
    unsafe fn init() -> Self {
        // SAFETY: the caller's promise.
        let mut intc = unsafe { devices::interrupts() };
        // A controller that does not reset leaves the board without a tick, which `status` shows.
        let _ = intc.init();
        intc.enable(TIMER_LINE);
        IntcDriver { intc, context: Context::new(), history: PowerHistory::new() }
    }
}

impl PowerManaged for IntcDriver {
    fn name(&self) -> &'static str {
        "intc"
    }

    fn power_down(&mut self) -> Result<(), DriverFailed> {
        self.intc.save(&mut self.context);
        self.intc.silence();
        Ok(())
    }

    fn power_up(&mut self, why: PowerUp) -> Result<(), DriverFailed> {
        self.history.up(why);
        self.intc.restore(&self.context).map_err(|_| DriverFailed)
    }
}

impl Driver for IntcDriver {
    fn history(&self) -> PowerHistory {
        self.history
    }
}

/// Answers an interrupt; `true` if it was the tick.
///
/// # Safety
/// As for [`Platform::interrupt`](oal_firmware::Platform::interrupt).
pub unsafe fn interrupt() -> bool {
    // SAFETY: the drivers touch other registers of these devices, and only with this interrupt masked or off.
    let (mut intc, mut timer) = unsafe { (devices::interrupts(), devices::timer()) };
    let Some(taken) = intc.acknowledge() else { return false };
    let is_tick = taken.line() == TIMER_LINE;
    if is_tick {
        timer.clear();
    }
    intc.end(taken);
    // Both writes arrive before interrupts are unmasked.
    cache::barrier();
    is_tick
}

/// All drivers.
pub struct Drivers {
    /// Interrupts, which the timer needs.
    intc: IntcDriver,
    timer: TimerDriver<Tick>,
    uart: UartDriver<Console>,
}

impl platform::Drivers<Console> for Drivers {
    unsafe fn init() -> Drivers {
        // SAFETY: the caller's promise; each driver has its own device. They are powered up in this order.
        unsafe {
            Drivers {
                intc: IntcDriver::init(),
                timer: TimerDriver::init(Tick(devices::timer())),
                uart: UartDriver::init(),
            }
        }
    }

    fn all(&mut self) -> DriverVec<'_> {
        DriverVec::from_iter([&mut self.intc as _, &mut self.timer as _, &mut self.uart as _])
    }

    fn terminal(&mut self) -> &mut Terminal<Console> {
        &mut self.uart.terminal
    }
}
