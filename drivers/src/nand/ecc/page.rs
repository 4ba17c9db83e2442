//! A code over a whole page, its ECC bytes in the spare area.

use core::marker::PhantomData;
use core::ops::Range;

use super::{Bytes, Ecc};

/// The place of the bad-block marker in the spare area. No ECC bytes are put there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Marker {
    /// The marker's first byte, from the start of the spare area.
    pub offset: usize,
    /// The number of bytes to leave alone.
    pub bytes: usize,
}

impl Marker {
    /// Chips with pages of 2048 bytes and more: bytes 0 and 1. The marker is byte 0, or, on a bus of 16 bits,
    /// the first word (ONFI, "Factory Defect Mapping").
    pub const LARGE_PAGE: Self = Self { offset: 0, bytes: 2 };

    /// Chips with pages of 512 bytes on a bus of 8 bits: byte 5, the sixth (SmartMedia, and Samsung's
    /// data sheets).
    pub const SMALL_PAGE: Self = Self { offset: 5, bytes: 1 };
}

/// The measures of a page, and where in it the ECC goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PageLayout {
    /// Bytes of data in a page: a multiple of the code's unit, 512 to 16384.
    pub page_bytes: usize,
    /// Bytes of spare area of a page.
    pub spare_bytes: usize,
    /// The start of the ECC bytes in the spare area: those of the first unit, of the second, and so on
    /// without gaps.
    pub ecc_offset: usize,
    /// Bytes that are left alone.
    pub marker: Marker,
}

/// The reason why a [`PageLayout`] is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum LayoutError {
    /// The page is not made of whole units, or smaller than 512 or larger than 16384 bytes.
    Page,
    /// The ECC bytes or the marker do not fit into the spare area; this many bytes would be needed.
    Spare {
        /// Bytes of spare area that the layout needs at least.
        needed: usize,
    },
    /// The ECC bytes would lie on the marker.
    Marker,
}

/// The reason why a page was not encoded or not corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PageError {
    /// Data or spare area are not as long as the layout says. Nothing was changed.
    BadLength,
    /// This unit, counted from 0, has more wrong bits than the code corrects. The units before it are
    /// corrected; it and those after it are as they were read.
    Uncorrectable {
        /// The unit's number.
        unit: usize,
    },
}

/// The corrections of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PageCorrected {
    /// Bits corrected in all units together.
    pub total: u32,
    /// Bits corrected in the unit that had most of them; compared with [`Ecc::STRENGTH`] it tells how
    /// close the page is to being lost.
    pub worst: u32,
}

/// The code `C` applied to pages of one layout. Other bytes of the spare area are neither used nor protected.
///
/// ```
/// use oal_drivers::nand::ecc::{Bch, Marker, PageEcc, PageLayout};
///
/// let layout = PageLayout { page_bytes: 2048, spare_bytes: 64, ecc_offset: 12, marker: Marker::LARGE_PAGE };
/// let ecc = PageEcc::<Bch<8>>::new(layout).expect("4 × 13 bytes from 12 on fit into 64");
///
/// let (mut data, mut spare) = ([0x11; 2048], [0xff; 64]);
/// ecc.encode_page(&data, &mut spare)?;
/// data[700] ^= 1;
/// assert_eq!(ecc.correct_page(&mut data, &mut spare)?.worst, 1);
/// assert_eq!(data, [0x11; 2048]);
/// # Ok::<(), oal_drivers::nand::ecc::PageError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageEcc<C> {
    layout: PageLayout,
    ecc_end: usize,
    code: PhantomData<C>,
}

impl<C: Ecc> PageEcc<C> {
    /// The code over pages of this layout.
    ///
    /// # Errors
    ///
    /// See [`LayoutError`].
    pub fn new(layout: PageLayout) -> Result<Self, LayoutError> {
        let PageLayout { page_bytes, spare_bytes, ecc_offset, marker } = layout;
        if !(512..=16384).contains(&page_bytes) || !page_bytes.is_multiple_of(C::Unit::BYTES) {
            return Err(LayoutError::Page);
        }
        let ecc_end = ecc_offset.saturating_add(page_bytes / C::Unit::BYTES * C::Code::BYTES);
        let marker_end = marker.offset.saturating_add(marker.bytes);
        let needed = ecc_end.max(marker_end);
        if needed > spare_bytes {
            return Err(LayoutError::Spare { needed });
        }
        if ecc_offset < marker_end && marker.offset < ecc_end && marker.bytes > 0 {
            return Err(LayoutError::Marker);
        }
        Ok(Self { layout, ecc_end, code: PhantomData })
    }

    /// The layout.
    pub const fn layout(&self) -> PageLayout {
        self.layout
    }

    /// The bytes of the spare area that hold ECC.
    pub const fn ecc_range(&self) -> Range<usize> {
        self.layout.ecc_offset..self.ecc_end
    }

    /// Computes the ECC bytes of `data` into `spare`, both of a whole page. Other bytes of `spare` stay
    /// as they are.
    ///
    /// # Errors
    ///
    /// [`PageError::BadLength`].
    pub fn encode_page(&self, data: &[u8], spare: &mut [u8]) -> Result<(), PageError> {
        self.check(data, spare)?;
        let codes = spare.get_mut(self.ecc_range()).ok_or(PageError::BadLength)?;
        for (unit, code) in C::Unit::pieces(data).iter().zip(C::Code::pieces_mut(codes)) {
            C::encode(unit, code);
        }
        Ok(())
    }

    /// Corrects data and ECC bytes of a page in place. An erased page is a valid one of 0xff bytes.
    ///
    /// # Errors
    ///
    /// See [`PageError`].
    pub fn correct_page(&self, data: &mut [u8], spare: &mut [u8]) -> Result<PageCorrected, PageError> {
        self.check(data, spare)?;
        let codes = spare.get_mut(self.ecc_range()).ok_or(PageError::BadLength)?;
        let mut page = PageCorrected::default();
        let units = C::Unit::pieces_mut(data).iter_mut().zip(C::Code::pieces_mut(codes));
        for (number, (unit, code)) in units.enumerate() {
            let bits = C::correct(unit, code).map_err(|_| PageError::Uncorrectable { unit: number })?.bits;
            page.total += bits;
            page.worst = page.worst.max(bits);
        }
        Ok(page)
    }

    /// The number of bits in which data and ECC bytes differ from an erased page, if no unit differs in
    /// more than [`Ecc::STRENGTH`] bits; `None` for any other page. Other bytes of the spare area are
    /// not looked at.
    ///
    /// # Errors
    ///
    /// [`PageError::BadLength`].
    pub fn is_erased(&self, data: &[u8], spare: &[u8]) -> Result<Option<u32>, PageError> {
        self.check(data, spare)?;
        let codes = spare.get(self.ecc_range()).ok_or(PageError::BadLength)?;
        let mut units = C::Unit::pieces(data).iter().zip(C::Code::pieces(codes));
        Ok(units.try_fold(0, |total, (unit, code)| Some(total + C::is_erased(unit, code)?)))
    }

    fn check(&self, data: &[u8], spare: &[u8]) -> Result<(), PageError> {
        let fits = data.len() == self.layout.page_bytes && spare.len() == self.layout.spare_bytes;
        if fits { Ok(()) } else { Err(PageError::BadLength) }
    }
}
