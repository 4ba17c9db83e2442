//! Pixels in memory.

use core::convert::Infallible;

use embedded_graphics::pixelcolor::{IntoStorage, Rgb565};
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use oal_snapshot::frame::RamRegion;

/// The place and size of a frame buffer: of 16 bits (5-6-5), line after line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameBuffer {
    /// Its first byte.
    pub address: usize,
    /// Pixels in a line.
    pub width: u32,
    /// Lines.
    pub height: u32,
}

impl FrameBuffer {
    /// Its memory, in whole pages.
    pub const fn region(&self) -> RamRegion {
        let bytes = self.width as u64 * self.height as u64 * 2;
        RamRegion::new(self.address as u64, bytes.next_multiple_of(4096))
    }
}

/// A surface to draw on: a frame buffer, or nothing.
pub struct Canvas {
    frame: Option<FrameBuffer>,
}

impl Canvas {
    /// A canvas over `frame`, if there is one.
    ///
    /// # Safety
    /// Its memory is used by this value only, and its address is a multiple of two.
    pub const unsafe fn new(frame: Option<FrameBuffer>) -> Canvas {
        Canvas { frame }
    }

    fn put(&mut self, x: usize, y: usize, color: u16) {
        if let Some(FrameBuffer { address, width, height }) = self.frame
            && x < width as usize
            && y < height as usize
        {
            let pixels = address as *mut u16;
            // SAFETY: inside the frame buffer, as just checked, which `new`'s caller vouches for.
            unsafe { pixels.add(y * width as usize + x).write_volatile(color) };
        }
    }
}

impl OriginDimensions for Canvas {
    fn size(&self) -> Size {
        self.frame.map_or(Size::zero(), |frame| Size::new(frame.width, frame.height))
    }
}

impl DrawTarget for Canvas {
    type Color = Rgb565;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb565>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        for Pixel(point, color) in pixels {
            if let (Ok(x), Ok(y)) = (usize::try_from(point.x), usize::try_from(point.y)) {
                self.put(x, y, color.into_storage());
            }
        }
        Ok(())
    }

    fn fill_solid(&mut self, area: &Rectangle, color: Rgb565) -> Result<(), Infallible> {
        let area = area.intersection(&self.bounding_box());
        let color = color.into_storage();
        for y in area.rows() {
            for x in area.columns() {
                self.put(x as usize, y as usize, color);
            }
        }
        Ok(())
    }
}
