//! The application's screen: its name, what it is doing, and its figures.

use core::fmt::{self, Write};

use embedded_graphics::mono_font::{
    MonoTextStyle, MonoTextStyleBuilder, ascii::FONT_8X13, ascii::FONT_10X20,
};
use embedded_graphics::pixelcolor::Rgb565;
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use embedded_graphics::text::Text;
use heapless::String;

use super::FrameBuffer;
use super::frame_buffer::Canvas;

const BACKGROUND: Rgb565 = Rgb565::new(1, 6, 8);
const BAND: Rgb565 = Rgb565::new(3, 16, 14);
const INK: Rgb565 = Rgb565::new(28, 60, 28);
const FAINT: Rgb565 = Rgb565::new(20, 44, 23);
const LEFT: i32 = 24;
const LINE: i32 = 20;
const FIGURES_TOP: i32 = 130;
const SEARCH_TOP: i32 = 314;
/// Lines of a search that have room.
const HITS: usize = 7;
/// Characters in a line of figures.
const COLUMNS: usize = 72;

/// The drawings beside the text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// `cold`, `live` or `restored`.
    pub timeline: &'static str,
    /// Interrupts of the timer.
    pub ticks: u32,
    /// Steps of the computation in the VFP registers.
    pub vfp_steps: u64,
    /// Words of the index.
    pub words: u32,
    /// Postings of the index.
    pub postings: u32,
    /// Files in the index.
    pub files: u32,
    /// Bytes of their text.
    pub text_bytes: u32,
    /// Snapshot boots that lie behind the system.
    pub boots: u32,
}

/// The screen.
pub struct Screen {
    canvas: Canvas,
}

impl Screen {
    /// The screen, with what the frame buffer holds, if there is one.
    ///
    /// # Safety
    /// As for [`Canvas::new`].
    pub unsafe fn new(frame: Option<FrameBuffer>) -> Screen {
        // SAFETY: the caller's promise.
        Screen { canvas: unsafe { Canvas::new(frame) } }
    }

    /// Clears the screen and draws what does not change.
    pub fn start(&mut self, board: &str) {
        let band = Rectangle::new(Point::zero(), Size::new(self.canvas.size().width, 56));
        let Ok(()) = self.canvas.clear(BACKGROUND);
        let Ok(()) = self.canvas.fill_solid(&band, BAND);
        let title = MonoTextStyle::new(&FONT_10X20, Rgb565::WHITE);
        let mut line = String::<COLUMNS>::new();
        let _ = write!(line, "oal-snapshot on {board}");
        let Ok(_) = Text::new(&line, Point::new(LEFT, 34), title).draw(&mut self.canvas);
    }

    /// Shows what the application is doing.
    pub fn say(&mut self, text: fmt::Arguments<'_>) {
        self.line(90, INK, text);
    }

    /// Draws a bar for `done` of `total` below what [`Screen::say`] showed.
    pub fn progress(&mut self, done: u32, total: u32) {
        let all = self.canvas.size().width.saturating_sub(2 * LEFT as u32);
        let width = (u64::from(done.min(total)) * u64::from(all) / u64::from(total.max(1))) as u32;
        let (full, empty) = (Size::new(width, 6), Size::new(all - width, 6));
        let Ok(()) = self.canvas.fill_solid(&Rectangle::new(Point::new(LEFT, 102), full), FAINT);
        let Ok(()) =
            self.canvas.fill_solid(&Rectangle::new(Point::new(LEFT + width as i32, 102), empty), BAND);
    }

    /// Draws the figures.
    pub fn figures(&mut self, figures: &Figures) {
        let lines: [(&str, fmt::Arguments<'_>); 8] = [
            ("timeline", format_args!("{}", figures.timeline)),
            ("snapshot boots", format_args!("{}", figures.boots)),
            ("files", format_args!("{}", figures.files)),
            ("text bytes", format_args!("{}", figures.text_bytes)),
            ("words", format_args!("{}", figures.words)),
            ("postings", format_args!("{}", figures.postings)),
            ("timer ticks", format_args!("{}", figures.ticks)),
            ("VFP steps", format_args!("{}", figures.vfp_steps)),
        ];
        for (y, (name, value)) in (FIGURES_TOP..).step_by(LINE as usize).zip(lines) {
            self.line(y, FAINT, format_args!("{name:<20}{value}"));
        }
    }

    /// Shows what was looked for, and makes room for what was found.
    pub fn search(&mut self, text: fmt::Arguments<'_>) {
        self.line(SEARCH_TOP, INK, text);
        for row in 0..HITS {
            self.hit(row, format_args!(""));
        }
    }

    /// Shows a line that was found, if `row` is one of the first.
    pub fn hit(&mut self, row: usize, text: fmt::Arguments<'_>) {
        if row < HITS {
            self.line(SEARCH_TOP + LINE * (row as i32 + 1), FAINT, text);
        }
    }

    /// One line of text over what was there.
    fn line(&mut self, y: i32, color: Rgb565, text: fmt::Arguments<'_>) {
        let mut line = Cut(String::new());
        let _ = line.write_fmt(text);
        let Cut(mut line) = line;
        while line.push(' ').is_ok() {}
        let style = MonoTextStyleBuilder::new()
            .font(&FONT_8X13)
            .text_color(color)
            .background_color(BACKGROUND)
            .build();
        let Ok(_) = Text::new(&line, Point::new(LEFT, y), style).draw(&mut self.canvas);
    }
}

/// A line that takes what fits, and ends there.
struct Cut(String<COLUMNS>);

impl Write for Cut {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| self.0.push(c)).map_err(|_| fmt::Error)
    }
}
