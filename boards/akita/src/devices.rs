//! The processor's devices: where their registers are (280000, chapter 28 "Memory Map and Registers").

use oal_drivers::mmio::Window;
use oal_drivers::pxa27x::intc::{self, Intc};
use oal_drivers::pxa27x::os_timer::{self, Counter, OsTimer};
use oal_firmware::devices::window;
use oal_firmware::platform::DeviceRegister;

/// The clock.
pub type Clock = Counter<Window<{ os_timer::WINDOW }>>;
/// The tick.
pub type Timer = OsTimer<Window<{ os_timer::WINDOW }>>;
/// The interrupt controller.
pub type Interrupts = Intc<Window<{ intc::WINDOW }>>;

const OS_TIMER: usize = 0x40a0_0000;
const INTERRUPTS: usize = 0x40d0_0000;

/// Registers that say how the devices of the drivers are set up.
pub const SET_UP: [DeviceRegister; 3] = [
    DeviceRegister { name: "ICMR", address: INTERRUPTS + 0x04, mask: u32::MAX },
    DeviceRegister { name: "OIER", address: OS_TIMER + 0x1c, mask: u32::MAX },
    DeviceRegister { name: "FFLCR", address: crate::uart::REGISTERS + 0x0c, mask: 0xff },
];

oal_firmware::devices! {
    /// The clock, which counts from power-on or reset.
    clock() -> Clock = Counter::new(window(OS_TIMER));
    /// The tick.
    timer() -> Timer = OsTimer::new(window(OS_TIMER));
    /// The interrupt controller.
    interrupts() -> Interrupts = Intc::new(window(INTERRUPTS));
}
