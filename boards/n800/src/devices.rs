//! The processor's devices: where their registers are (SWPU064, "Memory Mapping").

use oal_drivers::mmio::{Registers as _, Window, Window16};
use oal_drivers::nand::onenand;
use oal_drivers::omap::gptimer::{self, GpTimer};
use oal_drivers::omap::intc::{self, Intc, Line};
use oal_drivers::omap::prcm::{self, Prcm};
use oal_drivers::omap::sync_counter::{self, SyncCounter};
use oal_drivers::omap::uart::{self, OmapUart};
use oal_firmware::devices::window;

/// The 32 kHz counter.
pub type Clock = SyncCounter<Window<{ sync_counter::WINDOW }>>;
/// The interrupt controller.
pub type Interrupts = Intc<Window<{ intc::WINDOW }>>;
/// General-purpose timer 2.
pub type Timer = GpTimer<Window<{ gptimer::WINDOW }>>;
/// Clocks and resets.
pub type Clocks = Prcm<Window<{ prcm::WINDOW }>>;
/// UART 1.
pub type Uart1 = OmapUart<Window16<{ uart::WINDOW }>>;
/// The OneNAND's registers.
pub type FlashWindow = Window16<{ onenand::WINDOW }>;

/// The interrupt of timer 2.
pub const TIMER_LINE: Line = Line::TIMER2;

/// The memory controller, GPMC, and in it the configuration of chip select 0 (GPMC_CONFIG7).
const GPMC: usize = 0x6800_a000;
const GPMC_CONFIG7_0: usize = 0x78;
/// Valid, 16 MiB from 0x04000000.
const FLASH_AT_4000000: u32 = 0xf44;
const FLASH: usize = 0x0400_0000;

oal_firmware::devices! {
    /// The clock, which counts from power-on.
    clock() -> Clock = SyncCounter::new(window(0x4800_4000));
    /// The interrupt controller.
    interrupts() -> Interrupts = Intc::new(window(0x480f_e000));
    /// General-purpose timer 2.
    timer() -> Timer = GpTimer::new(window(0x4802_a000));
    /// Clocks and resets.
    clocks() -> Clocks = Prcm::new(window(0x4800_8000));
    /// UART 1.
    uart1() -> Uart1 = OmapUart::new(Window16::new(0x4806_a000 as *mut u16));
    /// The OneNAND, at chip select 0.
    flash() -> FlashWindow = {
        window::<0x400>(GPMC).write(GPMC_CONFIG7_0, FLASH_AT_4000000);
        Window16::new(FLASH as *mut u16)
    };
}
