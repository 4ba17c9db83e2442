//! The console's UART, as text.

use core::fmt;

/// A UART that the console can use. Every wait is bounded.
pub trait Uart {
    /// The UART as it is.
    ///
    /// # Safety
    /// Nobody else uses the UART meanwhile.
    unsafe fn new() -> Self;

    /// Initialises the UART: 115200 8N1, FIFOs on, no interrupts.
    fn init(&mut self);

    /// Waits until everything is sent.
    fn drain(&mut self);

    /// A byte that has come, if one has. What came damaged is dropped.
    fn read(&mut self) -> Option<u8>;

    /// Sends a byte.
    fn write(&mut self, byte: u8);
}

/// A UART, with lines that end as a terminal wants it.
pub struct Terminal<U>(U);

impl<U: Uart> Terminal<U> {
    /// The console's UART as it is.
    ///
    /// # Safety
    /// As for [`Uart::new`].
    pub unsafe fn new() -> Self {
        // SAFETY: the caller's promise.
        Terminal::over(unsafe { U::new() })
    }

    /// A UART that the caller has.
    pub const fn over(uart: U) -> Self {
        Terminal(uart)
    }

    /// As [`Uart::init`], when what is being sent is out.
    pub fn init(&mut self) {
        self.0.drain();
        self.0.init();
    }

    /// As [`Uart::drain`].
    pub fn drain(&mut self) {
        self.0.drain();
    }

    /// As [`Uart::read`].
    pub fn read(&mut self) -> Option<u8> {
        self.0.read()
    }

    /// As [`Uart::write`].
    pub fn write(&mut self, byte: u8) {
        self.0.write(byte);
    }
}

impl<U: Uart> fmt::Write for Terminal<U> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if byte == b'\n' {
                self.write(b'\r');
            }
            self.write(byte);
        }
        Ok(())
    }
}

/// A number, or a dash.
pub struct Dash(pub Option<u64>);

impl fmt::Display for Dash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(number) => write!(f, "{number}"),
            None => f.write_str("-"),
        }
    }
}

/// `writeln!` to a [`Terminal`], which does not fail.
#[macro_export]
macro_rules! say {
    ($terminal:expr, $($text:tt)*) => {{
        use core::fmt::Write as _;
        let _ = writeln!($terminal, $($text)*);
    }};
}
