//! The LCD: 640 by 480 pixels of 16 bits, in video RAM.

mod bar;
mod frame_buffer;
mod screen;

pub use bar::Bar;
pub use frame_buffer::FrameBuffer;
pub use screen::{Figures, Screen};

use oal_parts::pl111::{Error, Format, Mode};

use crate::devices;

/// Shows the frame buffer at `base`, whatever was shown before.
///
/// # Errors
/// If the figures do not suit the controller.
///
/// # Safety
/// Nobody else uses the LCD controller meanwhile.
pub unsafe fn show(base: u32) -> Result<(), Error> {
    // SAFETY: the caller's promise.
    unsafe { devices::lcd() }.show(&Mode::VGA, Format::Rgb565, base)
}
