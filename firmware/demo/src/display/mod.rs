//! The application's display, on a frame buffer of any size with 16 bits a pixel, or on none.

mod bar;
mod frame_buffer;
mod screen;

use oal_firmware::Platform;
use oal_snapshot::frame::RamRegion;

pub use bar::Bar;
pub use frame_buffer::FrameBuffer;
pub use screen::{Figures, Screen};

/// A board as this application wants it: with a display of any size, or without one.
pub trait Display: Platform {
    /// The frame buffer of the screen, if there is a display. It lies in a region of [`Platform::OEM`], so
    /// that it comes back, and in
    /// [`Platform::UNCACHED`].
    const SCREEN: Option<FrameBuffer> = None;
    /// The frame buffer of the progress bar, if there is room for one: in [`Platform::UNCACHED`], and never
    /// saved.
    const PROGRESS: Option<FrameBuffer> = None;

    /// Shows a frame buffer, whatever was shown before.
    ///
    /// # Safety
    /// Nobody else uses the display's controller meanwhile.
    unsafe fn show(_frame: FrameBuffer) {}
}

/// The memory that the progress bar is drawn in.
pub const fn memory<P: Display>() -> &'static [RamRegion] {
    const {
        match P::PROGRESS {
            Some(frame) => &[frame.region()],
            None => &[],
        }
    }
}
