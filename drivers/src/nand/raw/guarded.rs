//! [`GuardedNand`]: a raw chip with ECC in software, of the same shape as chips that have their own.
#![forbid(unsafe_code)]

use embedded_hal::delay::DelayNs;

use super::RawNand;
use crate::nand::bus::RawBus;
use crate::nand::device::NandDevice;
use crate::nand::ecc::{Ecc, Marker, PageEcc, PageLayout};
use crate::nand::error::Error;
use crate::nand::geometry::{EccStatus, Geometry, Region};
use crate::nand::marker::MarkerRule;

/// A [`RawNand`] whose pages are guarded by the code `C`, with ECC bytes at the end of its `SPARE` bytes of
/// spare area.
///
/// ```no_run
/// use oal_drivers::nand::{EccStatus, Error, NandDevice, bus::RawBus, ecc::Bch, raw::{GuardedNand, RawNand}};
/// # fn demo(bus: impl RawBus, delay: impl embedded_hal::delay::DelayNs) -> Result<(), Error> {
/// let chip = RawNand::identify(bus, delay)?;
/// let mut nand = GuardedNand::<_, _, Bch<4>, 64>::new(chip)?;
/// let mut page = [0; 2048];
/// if nand.read_page(0, 0, &mut page, &mut [])? == EccStatus::Uncorrectable {
///     // ...
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct GuardedNand<B, D, C, const SPARE: usize> {
    nand: RawNand<B, D>,
    ecc: PageEcc<C>,
    spare: [u8; SPARE],
}

impl<B: RawBus, D: DelayNs, C: Ecc, const SPARE: usize> GuardedNand<B, D, C, SPARE> {
    /// Puts `C` over a chip.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] if the chip's spare area has not `SPARE` bytes, is too small for the ECC bytes,
    /// or if the chip asks for a stronger code.
    pub fn new(nand: RawNand<B, D>) -> Result<Self, Error> {
        let Geometry { page_bytes, spare_bytes, .. } = nand.geometry();
        let enough = nand.chip().ecc_bits.is_none_or(|bits| u32::from(bits) <= C::STRENGTH);
        if spare_bytes != SPARE || !enough {
            return Err(Error::Unsupported);
        }
        let marker = match nand.chip().marker {
            MarkerRule::SmallPage => Marker::SMALL_PAGE,
            _ => Marker::LARGE_PAGE,
        };
        let bytes = ecc_bytes::<C>(page_bytes).ok_or(Error::Unsupported)?;
        let ecc_offset = spare_bytes.checked_sub(bytes).ok_or(Error::Unsupported)?;
        let layout = PageLayout { page_bytes, spare_bytes, ecc_offset, marker };
        let ecc = PageEcc::new(layout).map_err(|_| Error::Unsupported)?;
        Ok(Self { nand, ecc, spare: [0xff; SPARE] })
    }

    /// The chip without its ECC.
    pub fn into_inner(self) -> RawNand<B, D> {
        self.nand
    }

    /// The bytes of the spare area between marker and ECC, free to use. **The ECC does not guard them.**
    pub const fn free(&self) -> Region {
        let layout = self.ecc.layout();
        let first = layout.marker.offset + layout.marker.bytes;
        Region::new(first, layout.ecc_offset.saturating_sub(first))
    }
}

impl<B: RawBus, D: DelayNs, C: Ecc, const SPARE: usize> NandDevice for GuardedNand<B, D, C, SPARE> {
    fn geometry(&self) -> Geometry {
        self.nand.geometry()
    }

    /// Reads a page's data, corrected, and its spare area, of which only the ECC bytes are. `spare` may be
    /// empty, `data` may not: [`Error::BadLength`].
    ///
    /// A page that was erased reads as FFh, and up to the code's strength of flipped bits in it are
    /// corrected.
    fn read_page(
        &mut self,
        block: u32,
        page: u32,
        data: &mut [u8],
        spare: &mut [u8],
    ) -> Result<EccStatus, Error> {
        self.geometry().check(block, page, data.len(), spare.len())?;
        if data.is_empty() {
            return Err(Error::BadLength);
        }
        self.nand.read_page(block, page, data, &mut self.spare)?;
        let corrected = self.ecc.correct_page(data, &mut self.spare);
        if !spare.is_empty() {
            spare.copy_from_slice(&self.spare);
        }
        Ok(match corrected {
            Err(_) => EccStatus::Uncorrectable,
            Ok(page) if page.worst == 0 => EccStatus::Clean,
            Ok(page) => EccStatus::Corrected {
                bits: u8::try_from(page.worst).unwrap_or(u8::MAX),
                refresh: 2 * page.worst >= C::STRENGTH,
            },
        })
    }

    /// Programs a page's data with its ECC. `spare` may be empty, `data` may not: [`Error::BadLength`].
    fn program_page(&mut self, block: u32, page: u32, data: &[u8], spare: &[u8]) -> Result<(), Error> {
        self.geometry().check(block, page, data.len(), spare.len())?;
        self.spare.fill(0xff);
        if !spare.is_empty() {
            self.spare.copy_from_slice(spare);
        }
        self.ecc.encode_page(data, &mut self.spare).map_err(|_| Error::BadLength)?;
        self.nand.program_page(block, page, data, &self.spare)
    }

    fn erase_block(&mut self, block: u32) -> Result<(), Error> {
        self.nand.erase_block(block)
    }

    fn is_bad(&mut self, block: u32) -> Result<bool, Error> {
        self.nand.is_bad(block)
    }

    fn mark_bad(&mut self, block: u32) -> Result<(), Error> {
        self.nand.mark_bad(block)
    }
}

/// ECC bytes of a page: asked of the code by a layout with room for any.
fn ecc_bytes<C: Ecc>(page_bytes: usize) -> Option<usize> {
    let marker = Marker { offset: 0, bytes: 0 };
    let roomy = PageLayout { page_bytes, spare_bytes: page_bytes, ecc_offset: 0, marker };
    PageEcc::<C>::new(roomy).ok().map(|ecc| ecc.ecc_range().len())
}
