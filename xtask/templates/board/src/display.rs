//! Memory outside RAM that belongs to the picture: a display's.

// FILL display: nothing, for a board without a display of 640 by 480 pixels of 16 bits.
/// The MiB of memory outside RAM with frame buffers: first byte and number of bytes, or 0.
pub const VIDEO: (u32, u32) = (0, 0);

/// The frame buffer in it: the application draws there, and it comes back with a snapshot.
pub const FRAME_BUFFER: Option<u32> = None;
// FILL END
