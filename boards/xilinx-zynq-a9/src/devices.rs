//! The processor's devices: where their registers are (UG585, chapter 4 and appendix B).

use oal_drivers::a9_timer::{GLOBAL_WINDOW, GlobalTimer, PRIVATE_WINDOW, PrivateTimer};
use oal_drivers::gic::{CPU_WINDOW, DISTRIBUTOR_WINDOW, Gic, IntId};
use oal_drivers::mmc::BusWidth;
use oal_drivers::mmio::Window;
use oal_drivers::sdhci::{self, Config, Sdhci};
use oal_drivers::zynq::slcr::{self, Slcr};
use oal_drivers::zynq::uart;
use oal_firmware::devices::window;
use oal_firmware::dma::ToRam;
use oal_firmware::platform::DeviceRegister;

/// The board's clock.
pub type Clock = GlobalTimer<Window<GLOBAL_WINDOW>>;
/// The interrupt controller's two sets of registers.
pub type Distributor = Window<DISTRIBUTOR_WINDOW>;
/// As above.
pub type CpuInterface = Window<CPU_WINDOW>;
/// The core's own timer.
pub type Timer = PrivateTimer<Window<PRIVATE_WINDOW>>;
/// The eMMC's controller.
pub type CardHost = Sdhci<Window<{ sdhci::WINDOW }>, Clock, ToRam>;
/// A UART.
pub type Uart = uart::Uart<Window<{ uart::WINDOW }>>;
/// The system-level control registers.
pub type System = Slcr<Window<{ slcr::WINDOW }>>;

/// The timer's interrupt.
pub const TIMER_INTERRUPT: IntId = IntId::PRIVATE_TIMER;
/// The clock of the global and private timers: 100 MHz in QEMU. On hardware it is half the core's clock, 333
/// MHz on a ZC702.
pub const PERIPHCLK_HZ: u32 = 100_000_000;
/// The global timer's registers: the first instructions start it.
pub const GLOBAL_TIMER: usize = 0xf8f0_0200;

/// The registers of the outer cache's controller, an L2C-310 (UG585, 3.4). The firmware leaves it off.
pub const OUTER_CACHE: usize = 0xf8f0_2000;

/// Registers that say how the devices of the drivers are set up.
pub const SET_UP: [DeviceRegister; 6] = [
    set_up("ICCICR", 0xf8f0_0100, 1),
    set_up("ICCPMR", 0xf8f0_0104, 0xff),
    set_up("ICDDCR", 0xf8f0_1000, 1),
    set_up("Private_Timer_Load", 0xf8f0_0600, u32::MAX),
    set_up("Private_Timer_Control", 0xf8f0_0608, 0xff07),
    set_up("UART0.Baud_rate_gen", 0xe000_0018, 0xffff),
];

const fn set_up(name: &'static str, address: usize, mask: u32) -> DeviceRegister {
    DeviceRegister { name, address, mask }
}

/// The UARTs' reference clock, as the first-stage loader of a ZC702 sets it. QEMU sends at any speed.
pub const UART_CLOCK_HZ: u32 = 50_000_000;
/// The eMMC is soldered; its controller gets 50 MHz from the first-stage loader.
const CARD_CONFIG: Config =
    Config { input_hz: 50_000_000, max_hz: 25_000_000, widest: BusWidth::Four, removable: false };

oal_firmware::devices! {
    /// The clock, which counts from power-on or reset.
    clock() -> Clock = GlobalTimer::new(window(GLOBAL_TIMER), PERIPHCLK_HZ);
    /// The interrupt controller.
    interrupts() -> Gic<Distributor, CpuInterface> = Gic::new(window(0xf8f0_1000), window(0xf8f0_0100));
    /// The core's own timer.
    timer() -> Timer = PrivateTimer::new(window(0xf8f0_0600));
    /// The eMMC's controller, SDIO 1. Its DMA reaches all of DDR; what the CPU's caches hold of it, it does
    /// not see.
    card_host() -> CardHost =
        Sdhci::new(window(0xe010_1000), clock(), CARD_CONFIG).with_dma(ToRam::new());
    /// UART 0.
    uart0() -> Uart = Uart::new(window(0xe000_0000));
    /// The system-level control registers.
    system() -> System = Slcr::new(window(0xf800_0000));
}
