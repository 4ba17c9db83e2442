//! The board's devices: where their registers are (motherboard DUI 0447, tile DUI 0448), and what they are
//! wired to.

use oal_demo::FrameBuffer;
use oal_drivers::a9_timer::{GLOBAL_WINDOW, GlobalTimer};
use oal_drivers::cfi::{self, Cfi};
use oal_drivers::gic::{CPU_WINDOW, DISTRIBUTOR_WINDOW, Gic, IntId};
use oal_drivers::mmio::{FlashWindow, Window};
use oal_drivers::pl031::{self, Pl031};
use oal_drivers::pl111::{self, Format, Mode, Pl111};
use oal_drivers::pl181::{self, Config, Pl181};
use oal_drivers::sp804::{self, Sp804};
use oal_drivers::vexpress_sysreg::{self, SysReg};
use oal_firmware::devices::window;
use oal_firmware::mapping::ReadWindow;
use oal_firmware::platform::DeviceRegister;
use oal_firmware::wait::Wait;
use oal_snapshot::frame::RamRegion;

/// The board's clock for time-outs.
pub type Clock = GlobalTimer<Window<GLOBAL_WINDOW>>;
/// The card's controller.
pub type Mmci = Pl181<Window<{ pl181::WINDOW }>, Clock>;
/// The interrupt controller's two sets of registers.
pub type Distributor = Window<DISTRIBUTOR_WINDOW>;
/// As above.
pub type CpuInterface = Window<CPU_WINDOW>;
/// The timers of the motherboard.
pub type Timers = Sp804<Window<{ sp804::WINDOW }>>;
/// The LCD controller of the tile.
pub type Lcd = Pl111<Window<{ pl111::WINDOW }>, Clock>;
/// The real-time clock.
pub type Rtc = Pl031<Window<{ pl031::WINDOW }>>;
/// A bank of NOR flash: two chips of 16 bits side by side.
pub type NorBank = Cfi<FlashWindow<u32>, Wait<Clock>>;
/// Power, reset and the like.
pub type System = SysReg<Window<{ vexpress_sysreg::WINDOW }>>;

/// The interrupt of timers 0 and 1.
pub const TIMER_INTERRUPT: IntId = IntId::shared(2);
/// The timers' clock.
pub const TIMER_HZ: u32 = 1_000_000;

/// The global timer's registers: the first instructions start it.
pub const GLOBAL_TIMER: usize = 0x1e00_0200;

/// First byte of RAM.
pub const RAM_START: usize = 0x6000_0000;
/// Video RAM on the motherboard.
pub const VIDEO: RamRegion = RamRegion::new(0x4c00_0000, 8 << 20);
/// The application's screen.
pub const SCREEN: FrameBuffer = FrameBuffer { address: VIDEO.base as usize, width: 640, height: 480 };
/// The frame buffer of the progress bar.
pub const PROGRESS: FrameBuffer = FrameBuffer { address: SCREEN.address + (1 << 20), ..SCREEN };

/// The tile's level 2 cache controller, which stays off.
pub const OUTER_CACHE: usize = 0x1e00_a000;

/// Registers that say how the devices of the drivers are set up.
pub const SET_UP: [DeviceRegister; 10] = [
    set_up("GICC_CTLR", 0x1e00_0100, 1),
    set_up("GICC_PMR", 0x1e00_0104, 0xff),
    set_up("GICD_CTLR", 0x1e00_1000, 1),
    set_up("GICD_ISENABLER1", 0x1e00_1104, u32::MAX),
    set_up("TIMER1LOAD", 0x1001_1000, u32::MAX),
    set_up("TIMER1CONTROL", 0x1001_1008, 0xef),
    set_up("UARTIBRD", 0x1000_9024, 0xffff),
    set_up("UARTLCR_H", 0x1000_902c, 0xff),
    set_up("LCDTIMING0", 0x1002_0000, u32::MAX),
    set_up("LCDUPBASE", 0x1002_0010, u32::MAX),
];

const fn set_up(name: &'static str, address: usize, mask: u32) -> DeviceRegister {
    DeviceRegister { name, address, mask }
}

const PERIPHCLK_HZ: u32 = 100_000_000;
/// A monitor on a connector, or in QEMU nothing: no panel that waits for its power.
const PANEL_US: u32 = 0;
const MMCI_CONFIG: Config =
    Config { input_hz: 24_000_000, max_hz: 24_000_000, four_lines: false, long_reads: false };

/// Bytes of a bank of NOR flash.
const NOR_BANK_BYTES: usize = 64 << 20;
const NOR_BANK_0: usize = 0x4000_0000;
/// Both banks as memory, where the board has nothing else: RAM ends at 0xa0000000.
pub const NOR_WINDOW: ReadWindow =
    ReadWindow { at: 0xc000_0000, physical: NOR_BANK_0 as u64, bytes: 2 * NOR_BANK_BYTES as u64 };

oal_firmware::devices! {
    /// The clock, which counts from power-on or reset.
    clock() -> Clock = {
        let mut clock = GlobalTimer::new(window(GLOBAL_TIMER), PERIPHCLK_HZ);
        clock.start();
        clock
    };
    /// The card's controller.
    mmci() -> Mmci = Pl181::new(window(0x1000_5000), clock(), MMCI_CONFIG);
    /// The interrupt controller.
    interrupts() -> Gic<Distributor, CpuInterface> = Gic::new(window(0x1e00_1000), window(0x1e00_0100));
    /// Timers 0 and 1.
    timers() -> Timers = Sp804::new(window(0x1001_1000));
    /// The LCD controller of the tile.
    lcd() -> Lcd = Pl111::new(window(0x1002_0000), clock(), PANEL_US);
    /// The real-time clock.
    rtc() -> Rtc = Pl031::new(window(0x1001_7000));
    /// The motherboard's system registers.
    system() -> System = SysReg::new(window(0x1000_0000));
}

/// Shows a frame buffer of the size of [`SCREEN`], whatever was shown before.
///
/// # Errors
/// If the figures do not suit the controller.
///
/// # Safety
/// Nobody else uses the LCD controller meanwhile.
pub unsafe fn show(frame: FrameBuffer) -> Result<(), pl111::Error> {
    // SAFETY: the caller's promise.
    unsafe { lcd() }.show(&Mode::VGA, Format::Rgb565, frame.address as u32)
}

/// Bank 0 of the NOR flash, which the stores use.
///
/// # Errors
/// If the chips do not say what they are.
///
/// # Safety
/// Nobody else uses the bank.
pub unsafe fn nor_bank_0() -> Result<NorBank, cfi::Error> {
    let (base, array) = (NOR_BANK_0 as *mut u32, NOR_WINDOW.at as usize as *const u8);
    // SAFETY: the bank is mapped as device memory at the one address and as Normal memory at the other, and the caller
    // promises that there is no other user. Anybody may read the clock.
    let (window, clock) = unsafe { (FlashWindow::with_array(base, array, NOR_BANK_BYTES), clock()) };
    Cfi::identify(window, Wait(clock))
}

/// Bank 1 of the NOR flash, which is only read.
pub fn nor_bank_1() -> &'static [u8] {
    // SAFETY: the bank shows its array, for nobody gives it commands, and its contents do not change.
    unsafe {
        core::slice::from_raw_parts((NOR_WINDOW.at as usize + NOR_BANK_BYTES) as *const u8, NOR_BANK_BYTES)
    }
}
