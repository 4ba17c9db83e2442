//! The progress bar, in a frame buffer of its own that is never saved.

use core::marker::PhantomData;

use embedded_graphics::mono_font::{MonoTextStyle, ascii::FONT_10X20};
use embedded_graphics::pixelcolor::Rgb565;
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use embedded_graphics::text::Text;

use oal_snapshot::progress::{Observer, Progress};

use super::Display;
use super::frame_buffer::Canvas;

const BACKGROUND: Rgb565 = Rgb565::new(2, 4, 6);
const TROUGH: Rgb565 = Rgb565::new(6, 14, 10);
const FILL: Rgb565 = Rgb565::new(28, 40, 4);
/// Lines of the bar.
const HEIGHT: u32 = 24;

/// The bar.
pub struct Bar<P> {
    filled: u32,
    board: PhantomData<P>,
}

impl<P: Display> Bar<P> {
    /// Nothing on the display yet.
    pub const fn new() -> Self {
        Bar { filled: 0, board: PhantomData }
    }

    /// The bar's place: three quarters of a line, in the middle; and what to draw on, if there is a frame
    /// buffer.
    fn place() -> Option<(Canvas, Rectangle)> {
        let frame = P::PROGRESS?;
        let size = Size::new(frame.width / 4 * 3, HEIGHT);
        let corner = Point::new((frame.width / 8) as i32, (frame.height / 2) as i32);
        // SAFETY: this memory is the bar's.
        Some((unsafe { Canvas::new(Some(frame)) }, Rectangle::new(corner, size)))
    }

    /// Draws an empty bar under `title` and shows it.
    fn show(&mut self, title: &str) {
        self.filled = 0;
        let Some((mut canvas, bar)) = Self::place() else { return };
        let style = MonoTextStyle::new(&FONT_10X20, Rgb565::WHITE);
        let Ok(()) = canvas.clear(BACKGROUND);
        let Ok(()) = canvas.fill_solid(&bar, TROUGH);
        let Ok(_) = Text::new(title, bar.top_left - Point::new(0, 16), style).draw(&mut canvas);
        if let Some(frame) = P::PROGRESS {
            // SAFETY: the display's driver is powered down, or not there yet; it sets the controller up when it comes back.
            unsafe { P::show(frame) };
        }
    }

    /// Fills the bar to `done` of `total` of the part from `from` to `to` percent.
    fn set(&mut self, done: u64, total: u64, from: u64, to: u64) {
        let Some((mut canvas, bar)) = Self::place() else { return };
        let permille = from * 10 + done.min(total) * (to - from) * 10 / total.max(1);
        let filled = (permille * u64::from(bar.size.width) / 1000) as u32;
        if filled > self.filled {
            let corner = bar.top_left + Point::new(self.filled as i32, 0);
            let more = Rectangle::new(corner, Size::new(filled - self.filled, HEIGHT));
            let Ok(()) = canvas.fill_solid(&more, FILL);
            self.filled = filled;
        }
    }
}

impl<P: Display> Observer for Bar<P> {
    fn observe(&mut self, progress: Progress) {
        match progress {
            Progress::Captured => self.show("Taking a snapshot"),
            // Looking at the pages is quick, and so is compressing compared with writing.
            Progress::Scan { done, total } => self.set(done, total, 0, 10),
            Progress::Compress { done, total } => self.set(done, total, 10, 40),
            Progress::Write { done, total } => self.set(done, total, 40, 100),
            Progress::Chosen { .. } => self.show("Booting from a snapshot"),
            Progress::Load { done, total } => self.set(done, total, 0, 100),
            _ => {}
        }
    }
}
