//! What the application shows: 640 by 480 pixels of 16 bits.

mod bar;
mod frame_buffer;
mod screen;

pub use bar::Bar;
pub use frame_buffer::FrameBuffer;
pub use screen::{Figures, Screen};
