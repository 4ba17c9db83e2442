//! The progress bar, in a frame buffer of its own that no snapshot holds.

use core::marker::PhantomData;

use embedded_graphics::mono_font::{MonoTextStyle, ascii::FONT_10X20};
use embedded_graphics::pixelcolor::Rgb565;
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use embedded_graphics::text::Text;

use super::FrameBuffer;
use crate::platform::Platform;

const BACKGROUND: Rgb565 = Rgb565::new(2, 4, 6);
const TROUGH: Rgb565 = Rgb565::new(6, 14, 10);
const FILL: Rgb565 = Rgb565::new(28, 40, 4);
const LEFT: i32 = 80;
const TOP: i32 = 240;
const WIDTH: u32 = 480;
const HEIGHT: u32 = 24;

/// The bar.
pub struct Bar<P> {
    filled: u32,
    board: PhantomData<P>,
}

impl<P: Platform> Bar<P> {
    /// Nothing on the LCD yet.
    pub const fn new() -> Self {
        Bar { filled: 0, board: PhantomData }
    }

    /// The bar's frame buffer and its address, if the board has one.
    fn frame() -> Option<(FrameBuffer, u32)> {
        // SAFETY: this part of video RAM is the bar's.
        P::PROGRESS_BUFFER.map(|address| (unsafe { FrameBuffer::new(Some(address)) }, address))
    }

    /// Draws an empty bar under `title` and puts it on the LCD.
    pub fn show(&mut self, title: &str) {
        self.filled = 0;
        let Some((mut frame, address)) = Self::frame() else { return };
        let style = MonoTextStyle::new(&FONT_10X20, Rgb565::WHITE);
        let trough = Rectangle::new(Point::new(LEFT, TOP), Size::new(WIDTH, HEIGHT));
        let Ok(()) = frame.clear(BACKGROUND);
        let Ok(()) = frame.fill_solid(&trough, TROUGH);
        let Ok(_) = Text::new(title, Point::new(LEFT, TOP - 16), style).draw(&mut frame);
        // SAFETY: the LCD's driver is powered down, or not there yet; it sets the controller up when it comes back.
        unsafe { P::show(address) };
    }

    /// Fills the bar to `done` of `total` of the part from `from` to `to` percent.
    pub fn set(&mut self, done: u64, total: u64, from: u64, to: u64) {
        let permille = from * 10 + done.min(total) * (to - from) * 10 / total.max(1);
        let filled = (permille * u64::from(WIDTH) / 1000) as u32;
        if filled > self.filled
            && let Some((mut frame, _)) = Self::frame()
        {
            let corner = Point::new(LEFT + self.filled as i32, TOP);
            let more = Rectangle::new(corner, Size::new(filled - self.filled, HEIGHT));
            let Ok(()) = frame.fill_solid(&more, FILL);
            self.filled = filled;
        }
    }
}
