//! Pixels in video RAM.

use core::convert::Infallible;

use embedded_graphics::pixelcolor::{IntoStorage, Rgb565};
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;

/// Pixels in a line.
pub const WIDTH: usize = 640;
/// Lines.
pub const HEIGHT: usize = 480;

/// A frame buffer, or none: what is drawn then is not kept.
pub struct FrameBuffer {
    pixels: Option<*mut u16>,
}

impl FrameBuffer {
    /// The frame buffer at `address`, if there is one.
    ///
    /// # Safety
    /// 640 by 480 pixels of video RAM at `address`, a multiple of four, are used by this value only.
    pub unsafe fn new(address: Option<u32>) -> FrameBuffer {
        FrameBuffer { pixels: address.map(|address| address as *mut u16) }
    }

    fn put(&mut self, at: usize, color: u16) {
        if let Some(pixels) = self.pixels
            && at < WIDTH * HEIGHT
        {
            // SAFETY: inside the frame buffer, as just checked, which `new`'s caller vouches for.
            unsafe { pixels.add(at).write_volatile(color) };
        }
    }
}

impl OriginDimensions for FrameBuffer {
    fn size(&self) -> Size {
        Size::new(WIDTH as u32, HEIGHT as u32)
    }
}

impl DrawTarget for FrameBuffer {
    type Color = Rgb565;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb565>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        for Pixel(point, color) in pixels {
            if let (Ok(x), Ok(y)) = (usize::try_from(point.x), usize::try_from(point.y))
                && x < WIDTH
            {
                self.put(y * WIDTH + x, color.into_storage());
            }
        }
        Ok(())
    }

    fn fill_solid(&mut self, area: &Rectangle, color: Rgb565) -> Result<(), Infallible> {
        let area = area.intersection(&self.bounding_box());
        let color = color.into_storage();
        let (left, width) = (area.top_left.x as usize, area.size.width as usize);
        for line in area.rows() {
            let start = line as usize * WIDTH + left;
            for at in start..start + width {
                self.put(at, color);
            }
        }
        Ok(())
    }
}
