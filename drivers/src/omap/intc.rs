//! The interrupt controller of the processor: 96 level-triggered lines.
//!
//! Reference: SWPU064, chapter "Interrupt Controller", registers INTC_*. Every line is used as an IRQ.
#![forbid(unsafe_code)]

use crate::mmio::Registers;

/// Bytes of registers.
pub const WINDOW: usize = 0x1000;
/// Lines.
pub const LINES: usize = 96;

/// Lines in a bank, and banks.
const BANK: usize = 32;
const BANKS: usize = LINES / BANK;
/// Bytes from a bank's registers to the next one's.
const STRIDE: usize = 0x20;

const CONFIGURATION: usize = 0x10;
const STATUS: usize = 0x14;
const ACTIVE: usize = 0x40;
const CONTROL: usize = 0x48;
const IDLE: usize = 0x50;
const MASK: usize = 0x84;
const MASK_CLEAR: usize = 0x88;
const MASK_SET: usize = 0x8c;
const SOFTWARE_SET: usize = 0x90;
const PENDING: usize = 0x98;
const PRIORITY: usize = 0x100;

/// INTC_SYSCONFIG.
const AUTO_IDLE: u32 = 1;
const SOFT_RESET: u32 = 1 << 1;
/// INTC_SYSSTATUS.
const RESET_DONE: u32 = 1;
/// INTC_CONTROL: the next interrupt may be presented (NEWIRQAGR, NEWFIQAGR).
const NEW_IRQ: u32 = 1;
const NEW_FIQ: u32 = 1 << 1;

/// Looks at the status until a reset is given up. It takes a few cycles.
const RESET_POLLS: u32 = 10_000;

/// A line, 0 to 95.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Line(u8);

impl Line {
    /// General-purpose timer 2.
    pub const TIMER2: Self = Self(38);
    /// UART 1.
    pub const UART1: Self = Self(72);

    /// The line of this number, if there is one.
    pub const fn new(number: u8) -> Option<Self> {
        if (number as usize) < LINES { Some(Self(number)) } else { None }
    }

    /// Its number.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Offset of its bank's registers, and its bit.
    const fn place(self) -> (usize, u32) {
        (self.0 as usize / BANK * STRIDE, 1 << (self.0 as usize % BANK))
    }
}

/// An interrupt that was acknowledged and must be ended.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "as long as an interrupt is not ended, no other comes"]
pub struct Acknowledged(Line);

impl Acknowledged {
    /// The number of the line.
    pub const fn line(&self) -> Line {
        self.0
    }
}

/// The registers of the controller that a snapshot of the system holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(C)]
pub struct Context {
    /// Lines that are held back, a bit each.
    pub mask: [u32; BANKS],
    /// Interrupts raised by software, a bit each.
    pub software: [u32; BANKS],
    /// Priority of each line.
    pub priority: [u32; LINES],
    /// INTC_SYSCONFIG.
    pub configuration: u32,
    /// INTC_IDLE.
    pub idle: u32,
}

impl Context {
    /// A controller that holds every line back.
    pub const fn new() -> Self {
        Self {
            mask: [u32::MAX; BANKS],
            software: [0; BANKS],
            priority: [0; LINES],
            configuration: 0,
            idle: 0,
        }
    }
}

impl Default for Context {
    fn default() -> Self {
        Self::new()
    }
}

/// The controller did not come out of its reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ResetFailed;

/// The controller.
#[derive(Debug)]
pub struct Intc<R> {
    regs: R,
}

impl<R: Registers> Intc<R> {
    /// The controller at `regs`.
    pub const fn new(regs: R) -> Self {
        Self { regs }
    }

    /// From any state to: every line held back, an IRQ of the highest priority, and nothing raised by
    /// software.
    ///
    /// Quiet the devices before: QEMU's controller forgets the lines that are high at the reset, and sees
    /// them again only when they rise.
    ///
    /// # Errors
    ///
    /// [`ResetFailed`] if the controller's reset does not end.
    pub fn init(&mut self) -> Result<(), ResetFailed> {
        self.regs.write(CONFIGURATION, SOFT_RESET);
        let mut polls = 0..RESET_POLLS;
        if !polls.any(|_| self.regs.read(STATUS) & RESET_DONE != 0) {
            return Err(ResetFailed);
        }
        self.regs.write(CONFIGURATION, AUTO_IDLE);
        self.silence();
        for line in 0..LINES {
            self.regs.write(PRIORITY + 4 * line, 0);
        }
        self.agree();
        Ok(())
    }

    /// Holds every line back.
    pub fn silence(&mut self) {
        for bank in 0..BANKS {
            self.regs.write(bank * STRIDE + MASK_SET, u32::MAX);
        }
    }

    /// Lets a line through.
    pub fn enable(&mut self, line: Line) {
        let (bank, bit) = line.place();
        self.regs.write(bank + MASK_CLEAR, bit);
    }

    /// Holds a line back.
    pub fn disable(&mut self, line: Line) {
        let (bank, bit) = line.place();
        self.regs.write(bank + MASK_SET, bit);
    }

    /// Whether a line is let through.
    pub fn is_enabled(&mut self, line: Line) -> bool {
        let (bank, bit) = line.place();
        self.regs.read(bank + MASK) & bit == 0
    }

    /// Sets a line's priority, 0 (the most urgent) to 63; larger ones count as 63.
    pub fn set_priority(&mut self, line: Line, priority: u8) {
        let at = PRIORITY + 4 * usize::from(line.0);
        self.regs.write(at, u32::from(priority.min(63)) << 2);
    }

    /// The most urgent interrupt (INTC_SIR_IRQ), or none if its line went low meanwhile; that is ended here.
    pub fn acknowledge(&mut self) -> Option<Acknowledged> {
        let number = self.regs.read(ACTIVE) & 0x7f;
        let line = u8::try_from(number).ok().and_then(Line::new);
        let pending = line.filter(|line| {
            let (bank, bit) = line.place();
            self.regs.read(bank + PENDING) & bit != 0
        });
        if pending.is_none() {
            self.agree();
        }
        pending.map(Acknowledged)
    }

    /// Ends an interrupt, after its device took the line back (INTC_CONTROL, NEWIRQAGR). The caller sees to
    /// it, by a barrier, that both writes have arrived before interrupts are unmasked.
    pub fn end(&mut self, _interrupt: Acknowledged) {
        self.regs.write(CONTROL, NEW_IRQ);
    }

    /// Reads every setting. Interrupts should be masked, and none be under way.
    pub fn save(&mut self, context: &mut Context) {
        for (bank, mask) in context.mask.iter_mut().enumerate() {
            *mask = self.regs.read(bank * STRIDE + MASK);
        }
        for (bank, software) in context.software.iter_mut().enumerate() {
            *software = self.regs.read(bank * STRIDE + SOFTWARE_SET);
        }
        for (line, priority) in context.priority.iter_mut().enumerate() {
            *priority = self.regs.read(PRIORITY + 4 * line);
        }
        context.configuration = self.regs.read(CONFIGURATION);
        context.idle = self.regs.read(IDLE);
    }

    /// Puts every setting back, in an order in which no interrupt fires half-configured: all held back, then
    /// priorities, then what software raised, and the masks last.
    ///
    /// # Errors
    ///
    /// [`ResetFailed`] as for [`Intc::init`].
    pub fn restore(&mut self, context: &Context) -> Result<(), ResetFailed> {
        self.init()?;
        for (line, priority) in context.priority.iter().enumerate() {
            self.regs.write(PRIORITY + 4 * line, *priority);
        }
        self.regs.write(IDLE, context.idle);
        self.regs.write(CONFIGURATION, context.configuration & AUTO_IDLE);
        for (bank, software) in context.software.iter().enumerate() {
            self.regs.write(bank * STRIDE + SOFTWARE_SET, *software);
        }
        for (bank, mask) in context.mask.iter().enumerate() {
            self.regs.write(bank * STRIDE + MASK_CLEAR, !mask);
        }
        Ok(())
    }

    /// Lets the next interrupt be presented.
    fn agree(&mut self) {
        self.regs.write(CONTROL, NEW_IRQ | NEW_FIQ);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMER3: Line = Line(39);

    /// The controller: lines, masks, priorities, and one interrupt presented at a time.
    struct Model {
        inputs: [u32; BANKS],
        mask: [u32; BANKS],
        software: [u32; BANKS],
        priority: [u32; LINES],
        configuration: u32,
        idle: u32,
        active: u32,
        /// An interrupt was presented and not ended.
        busy: bool,
        ready: bool,
    }

    impl Model {
        fn new() -> Self {
            Self {
                inputs: [0; BANKS],
                mask: [0x55; BANKS],
                software: [1; BANKS],
                priority: [7; LINES],
                configuration: 0,
                idle: 0,
                active: 0,
                busy: true,
                ready: true,
            }
        }

        fn pending(&self, bank: usize) -> u32 {
            (self.inputs[bank] | self.software[bank]) & !self.mask[bank]
        }

        /// Presents an interrupt, if one is due: the IRQ line of the core.
        fn irq(&mut self) -> bool {
            if !self.busy {
                let due = (0..LINES).filter(|line| self.pending(line / BANK) >> (line % BANK) & 1 != 0);
                if let Some(line) = due.min_by_key(|line| self.priority[*line]) {
                    (self.active, self.busy) = (line as u32, true);
                }
            }
            self.busy
        }
    }

    impl Registers for Model {
        fn read(&mut self, offset: usize) -> u32 {
            match offset {
                CONFIGURATION => self.configuration,
                STATUS => u32::from(self.ready),
                ACTIVE => self.active,
                IDLE => self.idle,
                0x80..0xe0 => {
                    let bank = (offset - 0x80) / STRIDE;
                    match offset - bank * STRIDE {
                        MASK => self.mask[bank],
                        SOFTWARE_SET => self.software[bank],
                        PENDING => self.pending(bank),
                        other => unreachable!("read of {other:#x}"),
                    }
                }
                PRIORITY..0x280 => self.priority[(offset - PRIORITY) / 4],
                _ => unreachable!("read of {offset:#x}"),
            }
        }

        fn write(&mut self, offset: usize, value: u32) {
            match offset {
                CONFIGURATION if value & SOFT_RESET != 0 => {
                    let ready = self.ready;
                    *self = Self::new();
                    (self.mask, self.software, self.priority) = ([u32::MAX; BANKS], [0; BANKS], [0; LINES]);
                    (self.busy, self.ready) = (false, ready);
                }
                CONFIGURATION => self.configuration = value,
                CONTROL => self.busy &= value & NEW_IRQ == 0,
                IDLE => self.idle = value,
                0x80..0xe0 => {
                    let bank = (offset - 0x80) / STRIDE;
                    match offset - bank * STRIDE {
                        MASK_CLEAR => self.mask[bank] &= !value,
                        MASK_SET => self.mask[bank] |= value,
                        SOFTWARE_SET => self.software[bank] |= value,
                        other => unreachable!("write of {other:#x}"),
                    }
                }
                PRIORITY..0x280 => self.priority[(offset - PRIORITY) / 4] = value,
                _ => unreachable!("write of {offset:#x}"),
            }
        }
    }

    fn started() -> Intc<Model> {
        let mut intc = Intc::new(Model::new());
        intc.init().unwrap();
        intc
    }

    fn raise(intc: &mut Intc<Model>, line: Line) {
        intc.regs.inputs[usize::from(line.number()) / BANK] |= line.place().1;
    }

    #[test]
    fn a_line_comes_through_once_it_is_enabled_and_again_once_it_is_ended() {
        let mut intc = started();
        raise(&mut intc, Line::TIMER2);
        assert!(!intc.regs.irq());
        intc.enable(Line::TIMER2);
        assert!(intc.regs.irq());
        let taken = intc.acknowledge().unwrap();
        assert_eq!(taken.line().number(), 38);
        intc.regs.inputs = [0; BANKS];
        intc.end(taken);
        assert!(!intc.regs.irq());
        raise(&mut intc, Line::TIMER2);
        assert!(intc.regs.irq());
        intc.disable(Line::TIMER2);
        assert!(!intc.is_enabled(Line::TIMER2));
    }

    #[test]
    fn an_interrupt_whose_line_went_low_is_none_and_blocks_no_other() {
        let mut intc = started();
        intc.enable(TIMER3);
        raise(&mut intc, TIMER3);
        assert!(intc.regs.irq());
        intc.regs.inputs = [0; BANKS];
        assert!(intc.acknowledge().is_none());
        raise(&mut intc, TIMER3);
        assert!(intc.regs.irq());
        assert!(intc.acknowledge().is_some());
    }

    #[test]
    fn the_most_urgent_line_is_first() {
        let mut intc = started();
        for (line, priority) in [(Line::TIMER2, 9), (Line::UART1, 200), (TIMER3, 8)] {
            intc.set_priority(line, priority);
            intc.enable(line);
            raise(&mut intc, line);
        }
        assert_eq!(intc.regs.priority[72], 63 << 2);
        assert!(intc.regs.irq());
        assert_eq!(intc.acknowledge().unwrap().line(), TIMER3);
    }

    #[test]
    fn what_is_saved_is_put_back() {
        let mut intc = started();
        intc.set_priority(Line::TIMER2, 5);
        intc.enable(Line::TIMER2);
        intc.enable(Line::UART1);
        intc.regs.write(2 * STRIDE + SOFTWARE_SET, 1 << 30);
        let mut saved = Context::new();
        intc.save(&mut saved);
        let mut other = Intc::new(Model::new());
        other.restore(&saved).unwrap();
        let mut again = Context::new();
        other.save(&mut again);
        assert_eq!(again, saved);
        assert!(other.is_enabled(Line::TIMER2) && other.is_enabled(Line::UART1));
        assert!(!other.is_enabled(TIMER3));
    }

    #[test]
    fn a_controller_that_does_not_answer_is_an_error() {
        let mut model = Model::new();
        model.ready = false;
        assert_eq!(Intc::new(model).init(), Err(ResetFailed));
    }

    #[test]
    fn there_are_96_lines() {
        assert_eq!(Line::new(95).map(Line::number), Some(95));
        assert_eq!(Line::new(96), None);
    }
}
