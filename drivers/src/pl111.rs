//! ARM PrimeCell Color LCD Controller, PL111: a TFT panel or monitor fed from a frame buffer.
//!
//! Reference: PL111 TRM, DDI 0293, chapter 3.
#![forbid(unsafe_code)]

use crate::clock::{Clock, Deadline};
use crate::mmio::Registers;

/// Bytes of registers.
pub const WINDOW: usize = 0x1000;

const TIMING0: usize = 0x00;
const TIMING1: usize = 0x04;
const TIMING2: usize = 0x08;
const UPPER_BASE: usize = 0x10;
const LOWER_BASE: usize = 0x14;
const CONTROL: usize = 0x18;
const MASK: usize = 0x1c;

/// A common panel's wait between its signals and its power, in microseconds: the manual's 20 ms.
pub const PANEL_US: u32 = 20_000;

/// LCDControl.
const ENABLE: u32 = 1;
const TFT: u32 = 1 << 5;
const SWAP_RED_BLUE: u32 = 1 << 8;
const POWER: u32 = 1 << 11;

/// LCDTiming2.
const INVERT_VSYNC: u32 = 1 << 11;
const INVERT_HSYNC: u32 = 1 << 12;
const BYPASS_DIVIDER: u32 = 1 << 26;

/// The layout of a pixel in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Format {
    /// 16 bits: red 5, green 6, blue 5 from the top.
    Rgb565,
    /// 32 bits: 8 unused, red, green, blue from the top.
    Xrgb8888,
}

impl Format {
    /// Bytes of a pixel.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Rgb565 => 2,
            Self::Xrgb8888 => 4,
        }
    }

    /// LcdBpp of LCDControl.
    const fn code(self) -> u32 {
        match self {
            Self::Rgb565 => 6,
            Self::Xrgb8888 => 5,
        }
    }
}

/// One axis of a video mode, in pixels or lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Axis {
    /// Visible.
    pub visible: u16,
    /// From the last visible one to the sync pulse.
    pub front: u16,
    /// Sync pulse.
    pub sync: u16,
    /// From the sync pulse to the first visible one.
    pub back: u16,
}

/// A video mode. The board sets the pixel clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Mode {
    /// Pixels of a line; a multiple of 16 up to 1024 visible.
    pub horizontal: Axis,
    /// Lines of a frame; up to 1024 visible.
    pub vertical: Axis,
    /// Pixel clock in Hz that the mode wants.
    pub pixel_hz: u32,
}

impl Mode {
    /// 640 by 480 at 60 Hz, both syncs active low.
    pub const VGA: Self = Self {
        horizontal: Axis { visible: 640, front: 16, sync: 96, back: 48 },
        vertical: Axis { visible: 480, front: 10, sync: 2, back: 33 },
        pixel_hz: 25_175_000,
    };

    /// Bytes of a frame in `format`.
    pub const fn frame_bytes(&self, format: Format) -> usize {
        self.horizontal.visible as usize * self.vertical.visible as usize * format.bytes()
    }

    /// Whether every figure fits its register field (LCDTiming0, LCDTiming1).
    const fn fits(&self) -> bool {
        let (h, v) = (&self.horizontal, &self.vertical);
        h.visible >= 16
            && h.visible <= 1024
            && h.visible.is_multiple_of(16)
            && in_field(h.front, 256)
            && in_field(h.sync, 256)
            && in_field(h.back, 256)
            && v.visible >= 1
            && v.visible <= 1024
            && v.front <= 255
            && in_field(v.sync, 64)
            && v.back <= 255
    }
}

const fn in_field(value: u16, most: u16) -> bool {
    value >= 1 && value <= most
}

/// A mode that the controller cannot show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// The mode does not fit the registers.
    Mode,
    /// The frame buffer is not aligned to eight bytes.
    Alignment,
}

/// The registers of the controller, for a snapshot of the system and to see what a boot stage left on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Context {
    /// The four timing registers.
    pub timing: [u32; 4],
    /// Physical address of the frame buffer.
    pub base: u32,
    /// Control register.
    pub control: u32,
    /// Interrupt mask.
    pub mask: u32,
}

/// The controller, with its registers and a clock for the panel's power.
#[derive(Debug)]
pub struct Pl111<R, C> {
    regs: R,
    clock: C,
    panel_us: u32,
}

impl<R: Registers, C: Clock> Pl111<R, C> {
    /// The controller at `regs`. `panel_us` is how long the panel's signals must run before its power comes,
    /// and after it went (power-up and power-down sequence of the manual): [`PANEL_US`] or what the panel's
    /// data sheet says; 0 for a monitor, whose power is its own, or for no panel at all.
    pub const fn new(regs: R, clock: C, panel_us: u32) -> Self {
        Self { regs, clock, panel_us }
    }

    fn wait_for_panel(&mut self) {
        if self.panel_us != 0 {
            let mut deadline = Deadline::new(self.clock.now_us(), u64::from(self.panel_us));
            while !deadline.passed(self.clock.now_us()) {}
        }
    }

    /// Shows the frame buffer at physical address `base` (aligned to eight bytes), after a wait for the panel
    /// if there is one.
    ///
    /// # Errors
    ///
    /// Checked before a register is touched.
    pub fn show(&mut self, mode: &Mode, format: Format, base: u32) -> Result<(), Error> {
        if !mode.fits() {
            return Err(Error::Mode);
        }
        self.check_base(base)?;
        let (h, v) = (&mode.horizontal, &mode.vertical);
        let [pixels, h_front, h_sync, h_back] = [h.visible / 16, h.front, h.sync, h.back].map(less_one);
        let [lines, v_sync] = [v.visible, v.sync].map(less_one);
        let (v_front, v_back) = (u32::from(v.front), u32::from(v.back));
        self.off();
        self.regs.write(TIMING0, pixels << 2 | h_sync << 8 | h_front << 16 | h_back << 24);
        self.regs.write(TIMING1, lines | v_sync << 10 | v_front << 16 | v_back << 24);
        let clocks = less_one(h.visible) << 16;
        self.regs.write(TIMING2, INVERT_VSYNC | INVERT_HSYNC | BYPASS_DIVIDER | clocks);
        self.regs.write(MASK, 0);
        self.regs.write(UPPER_BASE, base);
        self.regs.write(LOWER_BASE, 0);
        self.on(format.code() << 1 | TFT | SWAP_RED_BLUE | ENABLE | POWER);
        Ok(())
    }

    /// Switches on as far as `control` says: the signals, then the panel's power.
    fn on(&mut self, control: u32) {
        self.regs.write(CONTROL, control & !POWER);
        if control & POWER != 0 {
            self.wait_for_panel();
            self.regs.write(CONTROL, control);
        }
    }

    /// Shows another frame buffer from the next frame on.
    ///
    /// # Errors
    ///
    /// [`Error::Alignment`].
    pub fn set_base(&mut self, base: u32) -> Result<(), Error> {
        self.check_base(base)?;
        self.regs.write(UPPER_BASE, base);
        Ok(())
    }

    fn check_base(&self, base: u32) -> Result<(), Error> {
        if base.is_multiple_of(8) { Ok(()) } else { Err(Error::Alignment) }
    }

    /// Physical address of the frame buffer that is set.
    pub fn base(&mut self) -> u32 {
        self.regs.read(UPPER_BASE)
    }

    /// Whether a picture is shown.
    pub fn is_on(&mut self) -> bool {
        self.regs.read(CONTROL) & (ENABLE | POWER) == ENABLE | POWER
    }

    /// Switches off: the panel's power, then the signals, after a wait if the panel had power.
    pub fn off(&mut self) {
        let control = self.regs.read(CONTROL);
        self.regs.write(CONTROL, control & !POWER);
        if control & POWER != 0 {
            self.wait_for_panel();
        }
        self.regs.write(CONTROL, control & !(POWER | ENABLE));
    }

    /// The controller's registers.
    pub fn save(&mut self) -> Context {
        Context {
            timing: [0x00, 0x04, 0x08, 0x0c].map(|offset| self.regs.read(offset)),
            base: self.regs.read(UPPER_BASE),
            control: self.regs.read(CONTROL),
            mask: self.regs.read(MASK),
        }
    }

    /// Puts back what [`Pl111::save`] found, with the same waits as [`Pl111::show`].
    pub fn restore(&mut self, context: &Context) {
        self.off();
        for (offset, value) in [0x00, 0x04, 0x08, 0x0c].into_iter().zip(context.timing) {
            self.regs.write(offset, value);
        }
        self.regs.write(UPPER_BASE, context.base);
        self.regs.write(MASK, context.mask);
        self.on(context.control);
    }
}

/// Register fields hold one less than the figure.
fn less_one(value: u16) -> u32 {
    u32::from(value.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::vec::Vec;

    /// The registers, and when power or signals were switched, by a clock that goes on with every look.
    struct Words<'a>([u32; 8], &'a Cell<u64>, Vec<(u32, u64)>);
    impl Registers for Words<'_> {
        fn read(&mut self, offset: usize) -> u32 {
            self.0[offset / 4]
        }
        fn write(&mut self, offset: usize, value: u32) {
            if offset == CONTROL && (self.0[CONTROL / 4] ^ value) & (ENABLE | POWER) != 0 {
                self.2.push((value & (ENABLE | POWER), self.1.get()));
            }
            self.0[offset / 4] = value;
        }
    }

    struct Ticking<'a>(&'a Cell<u64>);
    impl Clock for Ticking<'_> {
        fn now_us(&mut self) -> u64 {
            self.0.set(self.0.get() + 1);
            self.0.get()
        }
    }

    fn lcd(now: &Cell<u64>, panel_us: u32) -> Pl111<Words<'_>, Ticking<'_>> {
        Pl111::new(Words([0; 8], now, Vec::new()), Ticking(now), panel_us)
    }

    #[test]
    fn vga_in_the_registers() {
        let now = Cell::new(0);
        let mut lcd = lcd(&now, 0);
        lcd.show(&Mode::VGA, Format::Rgb565, 0x4c00_0000).unwrap();
        let saved = lcd.save();
        assert_eq!(saved.timing[0], 39 << 2 | 95 << 8 | 15 << 16 | 47 << 24);
        assert_eq!(saved.timing[1], 479 | 1 << 10 | 10 << 16 | 33 << 24);
        assert_eq!(saved.control & 0xf, 0xd);
        assert!(lcd.is_on());
        lcd.off();
        assert!(!lcd.is_on());
        lcd.restore(&saved);
        assert_eq!(lcd.save(), saved);
    }

    #[test]
    fn a_panel_has_power_only_while_its_signals_run() {
        for panel_us in [0, PANEL_US] {
            let now = Cell::new(0);
            let mut lcd = lcd(&now, panel_us);
            lcd.show(&Mode::VGA, Format::Rgb565, 0).unwrap();
            let saved = lcd.save();
            lcd.off();
            lcd.restore(&saved);
            let steps = &lcd.regs.2;
            let states: Vec<u32> = steps.iter().map(|step| step.0).collect();
            assert_eq!(states, [ENABLE, ENABLE | POWER, ENABLE, 0, ENABLE, ENABLE | POWER]);
            for i in [0, 2, 4] {
                assert!(steps[i + 1].1 - steps[i].1 >= u64::from(panel_us));
            }
            assert_eq!(panel_us == 0, now.get() == 0);
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let now = Cell::new(0);
        let mut lcd = lcd(&now, 0);
        let mut mode = Mode::VGA;
        mode.horizontal.visible = 641;
        assert_eq!(lcd.show(&mode, Format::Rgb565, 0), Err(Error::Mode));
        assert_eq!(lcd.show(&Mode::VGA, Format::Rgb565, 4), Err(Error::Alignment));
        assert_eq!(lcd.regs.0, [0; 8]);
    }
}
