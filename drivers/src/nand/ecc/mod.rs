//! Error correction in software, for NAND chips that leave it to the host.
//!
//! ```text
//!   PageEcc<C>      a whole page: data in units, their ECC bytes at a place in the spare area
//!    └ Ecc          a code over one unit: encode, correct
//!       ├ Bch<4>    512 bytes, 7 bytes of ECC, corrects 4 bits      bch     the code and its tables
//!       ├ Bch<8>    512 bytes, 13 bytes of ECC, corrects 8 bits     locate  where the errors are
//!       └ Hamming   256 bytes, 3 bytes of ECC, corrects 1 bit       gf      arithmetic in GF(2^13)
//! ```
//!
//! Common to all codes:
//!
//! 1. **The ECC of 0xff bytes is 0xff bytes**, padding included. So an erased unit is a valid one, and its
//!    flipped bits are corrected like any others. A unit of zeros with zeros for ECC is *not* valid.
//! 2. **The ECC protects itself**: flips in the ECC bytes count and are corrected like those in the data.
//! 3. **All or nothing**: a unit is either brought back to a valid codeword, or left as it was read.
//! 4. **Bounded**: loops are bounded by the code's parameters, stack by a few hundred bytes, and the time
//!    of `correct` by the search described in [`Bch`].
//!
//! No code detects everything. How much can pass as corrected and yet be wrong is stated at each code;
//! what must not be wrong needs a checksum of its own.
#![forbid(unsafe_code)]

mod bch;
mod bytes;
mod gf;
mod hamming;
mod locate;
mod page;

#[cfg(test)]
mod tests;

pub use bch::Bch;
pub use bytes::Bytes;
pub use hamming::Hamming;
pub use page::{LayoutError, Marker, PageCorrected, PageEcc, PageError, PageLayout};

/// An error correcting code over one unit of data. The sizes are in the types: nothing can be of the
/// wrong length.
///
/// ```
/// use oal_drivers::nand::ecc::{Bch, Corrected, Ecc};
///
/// let mut data = [0x5a; 512];
/// let mut ecc = [0; 7];
/// Bch::<4>::encode(&data, &mut ecc);
/// data[100] ^= 0x81;
/// ecc[3] ^= 0x10;
/// assert_eq!(Bch::<4>::correct(&mut data, &mut ecc), Ok(Corrected { bits: 3 }));
/// assert_eq!(data, [0x5a; 512]);
/// ```
pub trait Ecc {
    /// The data of one unit, a byte array.
    type Unit: Bytes;

    /// The ECC bytes of one unit, a byte array.
    type Code: Bytes;

    /// Flipped bits per unit, of data and ECC bytes together, that are always corrected.
    const STRENGTH: u32;

    /// Computes the ECC bytes of `data`.
    fn encode(data: &Self::Unit, ecc: &mut Self::Code);

    /// Corrects data and ECC bytes in place. Padding bits of the ECC bytes are set to one and not counted.
    ///
    /// # Errors
    ///
    /// [`Uncorrectable`] if no codeword is within [`STRENGTH`](Self::STRENGTH) bits: nothing has been
    /// changed. With more flips than that, the unit may also come out as another codeword; see the codes
    /// for how often.
    fn correct(data: &mut Self::Unit, ecc: &mut Self::Code) -> Result<Corrected, Uncorrectable>;

    /// The number of bits that differ from an erased unit, padding of the ECC bytes included, if there
    /// are at most [`STRENGTH`](Self::STRENGTH) of them; `None` for any other unit. Looks, does not correct.
    ///
    /// An erased unit and one programmed with nothing but 0xff are the same bits on the chip, and the
    /// same here.
    fn is_erased(data: &Self::Unit, ecc: &Self::Code) -> Option<u32> {
        let mut zeros = 0;
        for byte in data.as_ref().iter().chain(ecc.as_ref()) {
            zeros += byte.count_zeros();
            if zeros > Self::STRENGTH {
                return None;
            }
        }
        Some(zeros)
    }
}

/// The corrections of a unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Corrected {
    /// Bits that were flipped back, in data and ECC bytes; 0 for a unit without errors. How close this
    /// comes to the code's strength says how soon the block wants refreshing.
    pub bits: u32,
}

/// More bits of a unit are wrong than its code corrects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Uncorrectable;
