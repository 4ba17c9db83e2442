//! The drivers that are powered down for a snapshot and up after it.

use oal_drivers::pxa27x::intc::{Context, Source};
use oal_drivers::pxa27x::os_timer;
use oal_firmware::drivers::{TICKS_PER_SECOND, Ticker, TimerDriver, UartDriver};
use oal_firmware::history::PowerHistory;
use oal_firmware::platform::{self, Driver, DriverVec};
use oal_firmware::terminal::Terminal;
use oal_snapshot::power::{DriverFailed, PowerManaged, PowerUp};

use crate::devices::{self, Interrupts, Timer};
use crate::uart::Console;

/// Counts of a tick.
const TICK: u32 = os_timer::HZ / TICKS_PER_SECOND;

/// The operating system timer ticks.
pub struct Tick(Timer);

impl Ticker for Tick {
    fn start(&mut self) {
        self.0.start_periodic(TICK);
    }

    fn stop(&mut self) {
        self.0.stop();
    }
}

/// The interrupt controller.
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
        intc.init();
        intc.enable(Source::OS_TIMER_0);
        IntcDriver { intc, context: Context::default(), history: PowerHistory::new() }
    }
}

impl PowerManaged for IntcDriver {
    fn name(&self) -> &'static str {
        "intc"
    }

    fn power_down(&mut self) -> Result<(), DriverFailed> {
        self.context = self.intc.save();
        self.intc.silence();
        Ok(())
    }

    fn power_up(&mut self, why: PowerUp) -> Result<(), DriverFailed> {
        self.history.up(why);
        self.intc.restore(&self.context);
        Ok(())
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
    // SAFETY: the drivers touch these devices only with this interrupt masked or off.
    let (mut intc, mut timer) = unsafe { (devices::interrupts(), devices::timer()) };
    let is_tick = intc.is_pending(Source::OS_TIMER_0);
    if is_tick {
        timer.answer(TICK);
    }
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
