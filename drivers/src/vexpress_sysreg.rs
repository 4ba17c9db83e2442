//! System registers of the Versatile Express motherboard: power, reset, oscillators, flags, switches.
//!
//! Reference: Motherboard Express µATX V2M-P1 TRM, DUI 0447, chapter 4.
#![forbid(unsafe_code)]

use crate::clock::{Clock, Deadline};
use crate::mmio::Registers;

/// Bytes of registers.
pub const WINDOW: usize = 0x1000;

const ID: usize = 0x00;
const FLAGS: usize = 0x30;
const FLAGS_CLEAR: usize = 0x34;
const NV_FLAGS: usize = 0x38;
const NV_FLAGS_CLEAR: usize = 0x3c;
const MCI: usize = 0x48;
const COUNT_24MHZ: usize = 0x5c;
const CONFIG_DATA: usize = 0xa0;
const CONFIG_CONTROL: usize = 0xa4;
const CONFIG_STATUS: usize = 0xa8;

/// SYS_CFGCTRL.
const START: u32 = 1 << 31;
const WRITE: u32 = 1 << 30;
const FUNCTION_SHIFT: u32 = 20;
const SITE_SHIFT: u32 = 16;

/// SYS_CFGSTAT.
const COMPLETE: u32 = 1;
const FAILED: u32 = 2;

/// The motherboard controller answers within milliseconds; setting an oscillator takes the longest.
const CONFIG_US: u64 = 500_000;

/// The functions that the motherboard controller can set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(u32)]
pub enum Function {
    /// Frequency of an oscillator in Hz.
    Oscillator = 1,
    /// The site whose video goes to the DVI connector.
    VideoSource = 7,
    /// Power off.
    Shutdown = 8,
    /// Reset of the whole board.
    Reboot = 9,
    /// Mode of the DVI connector's chip, 0 for VGA.
    DviMode = 11,
}

/// The place of a function that the motherboard controller sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(u32)]
pub enum Site {
    /// The motherboard.
    Motherboard = 0,
    /// The daughterboard in site 1, where the CoreTile sits.
    Daughterboard1 = 1,
    /// The daughterboard in site 2.
    Daughterboard2 = 2,
}

/// The motherboard controller's response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// Nothing within the time allowed.
    Timeout,
    /// It knows no such thing, or the value does not suit it.
    Refused,
}

/// The system registers.
#[derive(Debug)]
pub struct SysReg<R> {
    regs: R,
}

impl<R: Registers> SysReg<R> {
    /// The registers at `regs`.
    pub const fn new(regs: R) -> Self {
        Self { regs }
    }

    /// SYS_ID: board and revision.
    pub fn id(&mut self) -> u32 {
        self.regs.read(ID)
    }

    /// SYS_FLAGS, which a reset clears.
    pub fn flags(&mut self) -> u32 {
        self.regs.read(FLAGS)
    }

    /// Sets SYS_FLAGS to `value`.
    pub fn set_flags(&mut self, value: u32) {
        self.regs.write(FLAGS_CLEAR, !value);
        self.regs.write(FLAGS, value);
    }

    /// SYS_NVFLAGS, which live through resets but not through a power cut.
    pub fn nv_flags(&mut self) -> u32 {
        self.regs.read(NV_FLAGS)
    }

    /// Sets bits of SYS_NVFLAGS.
    pub fn set_nv_flags(&mut self, bits: u32) {
        self.regs.write(NV_FLAGS, bits);
    }

    /// Clears bits of SYS_NVFLAGS.
    pub fn clear_nv_flags(&mut self, bits: u32) {
        self.regs.write(NV_FLAGS_CLEAR, bits);
    }

    /// Whether a card is in the slot (SYS_MCI).
    pub fn card_present(&mut self) -> bool {
        self.regs.read(MCI) & 1 != 0
    }

    /// Whether the card's write protection switch is on (SYS_MCI).
    pub fn card_protected(&mut self) -> bool {
        self.regs.read(MCI) & 2 != 0
    }

    /// SYS_24MHZ: counts at 24 MHz from reset and wraps after 178 s.
    pub fn count_24mhz(&mut self) -> u32 {
        self.regs.read(COUNT_24MHZ)
    }

    /// Asks the motherboard controller to set something, and waits for its answer.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if it says so, [`Error::Timeout`] if it says nothing for half a second.
    pub fn configure(
        &mut self,
        function: Function,
        site: Site,
        device: u16,
        value: u32,
        clock: &mut impl Clock,
    ) -> Result<(), Error> {
        self.ask(function, site, device, value);
        let mut deadline = Deadline::new(clock.now_us(), CONFIG_US);
        loop {
            match self.regs.read(CONFIG_STATUS) {
                status if status & FAILED != 0 => return Err(Error::Refused),
                status if status & COMPLETE != 0 => return Ok(()),
                _ if deadline.passed(clock.now_us()) => return Err(Error::Timeout),
                _ => {}
            }
        }
    }

    fn ask(&mut self, function: Function, site: Site, device: u16, value: u32) {
        let what =
            (function as u32) << FUNCTION_SHIFT | (site as u32) << SITE_SHIFT | u32::from(device & 0xfff);
        self.regs.write(CONFIG_STATUS, 0);
        self.regs.write(CONFIG_DATA, value);
        self.regs.write(CONFIG_CONTROL, START | WRITE | what);
    }

    /// Sets the pixel clock of the CoreTile Express A9x4's LCD controller (its oscillator 1) and sends
    /// that controller's picture to the connector.
    ///
    /// # Errors
    ///
    /// As for [`SysReg::configure`].
    pub fn set_up_video(&mut self, pixel_hz: u32, clock: &mut impl Clock) -> Result<(), Error> {
        let tile = Site::Daughterboard1;
        self.configure(Function::Oscillator, tile, 1, pixel_hz, clock)?;
        let source = tile as u32;
        self.configure(Function::VideoSource, Site::Motherboard, 0, source, clock)?;
        self.configure(Function::DviMode, Site::Motherboard, 0, 0, clock)
    }

    /// Powers the board off. The power goes within milliseconds, so the caller should loop behind this.
    pub fn power_off(&mut self) {
        self.ask(Function::Shutdown, Site::Motherboard, 0, 0);
    }

    /// Resets the board. RAM and SYS_NVFLAGS may live on; the caller should loop behind this.
    pub fn reset(&mut self) {
        self.ask(Function::Reboot, Site::Motherboard, 0, 0);
    }
}

/// SYS_24MHZ as a clock. It must be asked at least once in 178 s, or it loses a wrap.
#[derive(Debug)]
pub struct Counter24MHz<R> {
    regs: R,
    last: u32,
    ticks: u64,
}

impl<R: Registers> Counter24MHz<R> {
    /// A clock from the system registers at `regs`, of which it reads the counter only.
    pub const fn new(regs: R) -> Self {
        Self { regs, last: 0, ticks: 0 }
    }
}

impl<R: Registers> Clock for Counter24MHz<R> {
    fn now_us(&mut self) -> u64 {
        let now = self.regs.read(COUNT_24MHZ);
        self.ticks = self.ticks.wrapping_add(u64::from(now.wrapping_sub(self.last)));
        self.last = now;
        self.ticks / 24
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Board {
        written: [u32; 64],
        status: u32,
        count: u32,
    }
    impl Registers for Board {
        fn read(&mut self, offset: usize) -> u32 {
            match offset {
                CONFIG_STATUS => self.status,
                COUNT_24MHZ => self.count,
                _ => self.written[offset / 4],
            }
        }
        fn write(&mut self, offset: usize, value: u32) {
            self.written[offset / 4] = value;
        }
    }
    struct Ticking(u64);
    impl Clock for Ticking {
        fn now_us(&mut self) -> u64 {
            self.0 += 100;
            self.0
        }
    }
    fn board(status: u32) -> Board {
        Board { written: [0; 64], status, count: 0 }
    }

    #[test]
    fn requests_are_spelled_as_the_manual_says() {
        let mut sys = SysReg::new(board(0));
        sys.power_off();
        assert_eq!(sys.regs.written[CONFIG_CONTROL / 4], 0xc080_0000);
        sys.reset();
        assert_eq!(sys.regs.written[CONFIG_CONTROL / 4], 0xc090_0000);
    }

    #[test]
    fn the_controllers_answer_is_waited_for() {
        let set = |status| {
            SysReg::new(board(status)).configure(
                Function::Oscillator,
                Site::Daughterboard1,
                1,
                25_175_000,
                &mut Ticking(0),
            )
        };
        assert_eq!(set(1), Ok(()));
        assert_eq!(set(3), Err(Error::Refused));
        assert_eq!(set(0), Err(Error::Timeout));
    }

    #[test]
    fn the_counter_wraps() {
        let mut clock = Counter24MHz::new(board(0));
        clock.regs.count = u32::MAX;
        let before = clock.now_us();
        clock.regs.count = 23;
        assert_eq!(clock.now_us(), before + 1);
    }
}
