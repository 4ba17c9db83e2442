//! The Hamming code of SmartMedia cards, for units of 256 bytes.

use super::{Corrected, Ecc, Uncorrectable};

/// Bytes of data in a unit.
const UNIT: usize = 256;

/// The Hamming code of SmartMedia cards and of many small-page chips: 22 bits for 256 bytes, corrects
/// one flipped bit and detects two. No tables.
///
/// A bit of the data has an address of 11 bits: the byte's index in the upper eight, the bit's number in
/// the byte (0 the least significant) in the lower three. For each bit of this address there are two
/// parities: over the data bits in whose address it is 0 (even index), and over those in whose address
/// it is 1 (odd index):
///
/// ```text
///             bit 7   6    5    4    3    2    1    0
///   byte 0     LP07 LP06 LP05 LP04 LP03 LP02 LP01 LP00     LP00, LP01: address bit 0 of the byte's index
///   byte 1     LP15 LP14 LP13 LP12 LP11 LP10 LP09 LP08     LP14, LP15: address bit 7
///   byte 2     CP5  CP4  CP3  CP2  CP1  CP0   1    1       CP0, CP1: bit 0 of the bit's number
/// ```
///
/// All are stored inverted, so that the ECC of 0xff bytes (and of zeros as well) is 0xff bytes. This is
/// the byte order of the SmartMedia specification; Linux uses it where asked to, and by default has
/// bytes 0 and 1 swapped.
///
/// Beyond two errors: an odd number of flipped data bits always passes for a single one, and a bit more
/// is flipped unless it happens to be one of them; an even number is detected, or, from four on, may
/// pass unnoticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hamming;

/// Bits of an address within the unit.
const ADDRESS_BITS: u32 = 11;

/// Every second of 22 bits: the parities with even index.
const EVEN: u32 = 0x15_5555;

/// The parities over the bits whose address has bit i set, in bit i, and the parity over all bits.
fn parities(data: &[u8; UNIT]) -> (u32, u32) {
    // Exclusive or of all words, and of those whose index has bit i set.
    let mut all = 0;
    let mut by_index = [0; 6];
    for (index, word) in (0u32..).zip(data.as_chunks().0) {
        let word = u32::from_le_bytes(*word);
        all ^= word;
        for (bit, sum) in by_index.iter_mut().enumerate() {
            // All ones if the index has the bit set.
            *sum ^= word & 0u32.wrapping_sub((index >> bit) & 1);
        }
    }
    let parity = |word: u32| word.count_ones() & 1;
    // Within a word, the address is a bit's place in it.
    let mut address = 0;
    for (bit, mask) in
        [0xaaaa_aaaa, 0xcccc_cccc, 0xf0f0_f0f0, 0xff00_ff00, 0xffff_0000].into_iter().enumerate()
    {
        address |= parity(all & mask) << bit;
    }
    for (bit, sum) in by_index.into_iter().enumerate() {
        address |= parity(sum) << (5 + bit);
    }
    (address, parity(all))
}

/// Puts a zero to the right of each of the lower 16 bits: bit i goes to 2i + 1.
const fn spread(bits: u32) -> u32 {
    let bits = (bits | (bits << 8)) & 0x00ff_00ff;
    let bits = (bits | (bits << 4)) & 0x0f0f_0f0f;
    let bits = (bits | (bits << 2)) & 0x3333_3333;
    let bits = (bits | (bits << 1)) & 0x5555_5555;
    bits << 1
}

/// The parities in pairs as in the ECC: CP0 to CP5 in bits 0 to 5, LP00 to LP15 above.
fn pairs(data: &[u8; UNIT]) -> u32 {
    let (odd, all) = parities(data);
    let even = odd ^ (0u32.wrapping_sub(all) & ((1 << ADDRESS_BITS) - 1));
    spread(odd) | (spread(even) >> 1)
}

/// What a unit suffers from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// Nothing.
    Clean,
    /// The data bit with this address is wrong.
    Data {
        /// The byte's index times eight, and the bit's number.
        address: u32,
    },
    /// A parity is wrong.
    Ecc,
}

/// Judges by the difference of computed and stored pairs of parities, 22 bits.
pub(super) fn diagnose(difference: u32) -> Result<Finding, Uncorrectable> {
    let odd = (difference >> 1) & EVEN;
    if difference == 0 {
        Ok(Finding::Clean)
    } else if odd ^ (difference & EVEN) == EVEN {
        // One of each pair: a data bit, and the parities of odd index spell its address.
        let address = (0..ADDRESS_BITS).fold(0, |sum, bit| sum | (((odd >> (2 * bit)) & 1) << bit));
        Ok(Finding::Data { address })
    } else if difference.is_power_of_two() {
        Ok(Finding::Ecc)
    } else {
        Err(Uncorrectable)
    }
}

impl Hamming {
    const fn store(pairs: u32) -> [u8; 3] {
        let inverted = !pairs;
        [(inverted >> 6) as u8, (inverted >> 14) as u8, (inverted << 2) as u8 | 3]
    }

    const fn load(ecc: &[u8; 3]) -> u32 {
        let stored = ((ecc[1] as u32) << 16) | ((ecc[0] as u32) << 8) | ecc[2] as u32;
        (!stored & 0xff_ffff) >> 2
    }
}

impl Ecc for Hamming {
    type Unit = [u8; UNIT];
    type Code = [u8; 3];
    const STRENGTH: u32 = 1;

    fn encode(data: &[u8; UNIT], ecc: &mut [u8; 3]) {
        *ecc = Self::store(pairs(data));
    }

    fn correct(data: &mut [u8; UNIT], ecc: &mut [u8; 3]) -> Result<Corrected, Uncorrectable> {
        let computed = pairs(data);
        let finding = diagnose(computed ^ Self::load(ecc))?;
        match finding {
            Finding::Clean => ecc[2] |= 3,
            Finding::Data { address } => {
                if let Some(byte) = data.get_mut((address >> 3) as usize) {
                    *byte ^= 1 << (address & 7);
                }
                ecc[2] |= 3;
            }
            Finding::Ecc => *ecc = Self::store(computed),
        }
        Ok(Corrected { bits: u32::from(finding != Finding::Clean) })
    }
}
