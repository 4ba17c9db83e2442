//! The board's drivers, with another timer or screen among them.

use oal_firmware::drivers::{GicDriver, TimerDriver, UartDriver};
use oal_firmware::platform::{self, Driver, DriverVec};
use oal_firmware::terminal::Terminal;
use vexpress_a9::devices::{self, CpuInterface, Distributor, TIMER_INTERRUPT};
use vexpress_a9::drivers::{LcdDriver, Tick};

use crate::GoodUart;

/// The timer's driver without a fault.
pub type GoodTimer = TimerDriver<Tick>;
/// The screen's.
pub type GoodScreen = LcdDriver;

/// All drivers, in the good order.
pub struct Drivers<T, S = GoodScreen> {
    gic: GicDriver<Distributor, CpuInterface>,
    timer: T,
    uart: UartDriver<GoodUart>,
    screen: S,
}

impl<T: Driver + From<GoodTimer>, S: Driver + From<GoodScreen>> platform::Drivers<GoodUart>
    for Drivers<T, S>
{
    unsafe fn init() -> Self {
        // SAFETY: the caller's promise; each driver has its own device.
        unsafe {
            Drivers {
                gic: GicDriver::init(devices::interrupts(), TIMER_INTERRUPT),
                timer: TimerDriver::init(Tick(devices::timers())).into(),
                uart: UartDriver::init(),
                screen: LcdDriver::init().into(),
            }
        }
    }

    fn all(&mut self) -> DriverVec<'_> {
        DriverVec::from_iter([
            &mut self.gic as _,
            &mut self.timer as _,
            &mut self.uart as _,
            &mut self.screen as _,
        ])
    }

    fn terminal(&mut self) -> &mut Terminal<GoodUart> {
        &mut self.uart.terminal
    }
}
