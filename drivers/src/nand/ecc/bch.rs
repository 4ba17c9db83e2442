//! Binary BCH codes over GF(2^13) for units of 512 bytes.

use super::gf;
use super::locate::{Errors, locate};
use super::{Corrected, Ecc, Uncorrectable};

/// Bytes of data in a unit.
const UNIT: usize = 512;

/// Places in the longest codeword: whoever locates errors must be able to name them all.
const _: () = assert!(8 * UNIT + Bch::<8>::ECC_BITS <= gf::LOG_LIMIT as usize);

/// A binary BCH code that corrects `T` bits in 512 bytes of data and their ECC: [`Ecc`] is implemented for
/// `T` = 4 and `T` = 8.
///
/// | | `Bch<4>` | `Bch<8>` |
/// |---|---|---|
/// | ECC bits | 52 | 104 |
/// | ECC bytes | 7, the last four bits padding | 13 |
/// | remainder table in flash | 256 × 8 = 2048 bytes | 256 × 16 = 4096 bytes |
/// | syndrome table in flash | 52 × 4 × 2 = 416 bytes | 104 × 8 × 2 = 1664 bytes |
/// | a unit of random bits passes as correctable | 1 in 365 | 1 in 8 million |
///
/// # The code
///
/// The field is GF(2^13) with the primitive polynomial x^13 + x^4 + x^3 + x + 1 (0x201b), α its root. The
/// generator polynomial g is the product of the minimal polynomials of α, α^3, ..., α^(2T-1), of degree 13T.
/// The full length of 8191 bits is shortened to 4096 + 13T.
///
/// * **Data as a polynomial d**: the most significant bit of byte 0 is the coefficient of x^4095, the least
///   significant bit of byte 511 that of x^0.
/// * **ECC**: the remainder of d·x^(13T) divided by g, the coefficient of x^(13T-1) in the most significant
///   bit of ECC byte 0 and so on downwards. Bits left over at the end are zero (only in `Bch<4>`: the low
///   four of byte 6). Then all bits, these too, are exclusive-ored with a constant such that the ECC of 512
///   bytes of 0xff is all 0xff.
///
/// Before that constant these are the bytes that Linux's `lib/bch.c` computes with its default polynomial and
/// without bit swapping; with it, what its software BCH driver for NAND writes.
///
/// # Beyond `T` errors
///
/// Any two codewords differ in 2T + 1 bits or more. More than T flips are noticed unless they lead to
/// within T bits of another codeword. For a pattern of many errors that has the probability of the
/// table: the sum of the number of ways to place up to T errors, over 2^(13T). Then correction makes up
/// to T more bits wrong.
///
/// # Time
///
/// Encoding and the check whether a unit has errors at all are one pass over the data, one table look-up
/// a byte. One and two errors are located directly. For three and more, Chien's search goes through the
/// at most 4200 places until all but two are found. In instructions on ARMv7-A, for one pattern of each
/// kind (counted in QEMU):
///
/// | | `Bch<4>` | `Bch<8>` |
/// |---|---|---|
/// | encode, or correct without errors | 5 200 | 10 300 |
/// | 1 error | 10 600 | 18 600 |
/// | 2 errors | 17 000 | 24 800 |
/// | 3 errors | 47 000 | 56 800 |
/// | 4 errors | 96 400 | 106 200 |
/// | 5 to 8 errors | | 190 500 to 201 100 |
/// | too many, about the most it can take | 124 900 | 275 200 |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bch<const T: usize>;

/// The generator polynomial without its leading term, left-aligned: the coefficient of x^(13T-1) in bit 127.
pub(super) const fn generator(t: usize) -> u128 {
    let mut product: u128 = 1;
    let mut i = 0;
    while i < t {
        let factor = minimal_polynomial(gf::power(2 * i as u32 + 1));
        let mut next = 0;
        let mut bit = 0;
        while bit <= gf::BITS {
            if (factor >> bit) & 1 != 0 {
                next ^= product << bit;
            }
            bit += 1;
        }
        product = next;
        i += 1;
    }
    product << (128 - 13 * t)
}

/// The polynomial over GF(2), of degree 13, whose roots are `element` and its 12 conjugates; `element` is
/// neither 0 nor 1. (The field has no subfield but GF(2), 13 being prime, so there are always 13.)
const fn minimal_polynomial(element: u16) -> u32 {
    // The product of (x + root), built root by root.
    let mut product = [0u16; gf::BITS as usize + 1];
    product[0] = 1;
    let mut root = element;
    let mut degree = 0;
    while degree < gf::BITS as usize {
        let mut k = degree + 1;
        while k > 0 {
            product[k] = product[k - 1] ^ gf::mul(product[k], root);
            k -= 1;
        }
        product[0] = gf::mul(product[0], root);
        root = gf::square(root);
        degree += 1;
    }
    let mut bits = 0;
    let mut k = 0;
    while k <= gf::BITS as usize {
        assert!(product[k] < 2);
        bits |= (product[k] as u32) << k;
        k += 1;
    }
    bits
}

/// The effect of eight data bits on the remainder register: entry b is b(x)·x^(13T) modulo g, left-aligned.
const fn remainders(generator: u128) -> [u128; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut register = (byte as u128) << 120;
        let mut bit = 0;
        while bit < 8 {
            let feedback = register >> 127 != 0;
            register <<= 1;
            if feedback {
                register ^= generator;
            }
            bit += 1;
        }
        table[byte] = register;
        byte += 1;
    }
    table
}

/// The upper halves.
const fn upper(table: &[u128; 256]) -> [u64; 256] {
    let mut result = [0; 256];
    let mut i = 0;
    while i < 256 {
        result[i] = (table[i] >> 64) as u64;
        i += 1;
    }
    result
}

/// The share of the coefficient of x^i in the odd syndromes: entry i, k is α^(i(2k+1)).
const fn syndrome_terms<const T: usize, const BITS: usize>() -> [[u16; T]; BITS] {
    let mut table = [[0; T]; BITS];
    let mut i = 0;
    while i < BITS {
        let mut k = 0;
        while k < T {
            table[i][k] = gf::power((i * (2 * k + 1)) as u32);
            k += 1;
        }
        i += 1;
    }
    table
}

/// The odd syndromes S1, S3, ... of a remainder, left-aligned.
///
/// A received word and its remainder modulo g agree at the roots of g, so the few bits of the remainder do.
fn odd_syndromes<const T: usize, const BITS: usize>(
    mut remainder: u128,
    terms: &[[u16; T]; BITS],
) -> [u16; T] {
    let mut odd = [0; T];
    for row in terms.iter().rev() {
        if remainder >> 127 != 0 {
            for (syndrome, term) in odd.iter_mut().zip(row) {
                *syndrome ^= term;
            }
        }
        remainder <<= 1;
    }
    odd
}

/// Flips the bits of a codeword whose ECC has `ecc_bits` bits.
fn flip(data: &mut [u8], ecc: &mut [u8], ecc_bits: usize, errors: &Errors) {
    for position in errors.positions().iter().map(|&position| usize::from(position)) {
        // Counted from the first bit of the first byte.
        let (bytes, bit) = match position.checked_sub(ecc_bits) {
            Some(exponent) => (&mut *data, (8 * UNIT - 1).wrapping_sub(exponent)),
            None => (&mut *ecc, ecc_bits - 1 - position),
        };
        if let Some(byte) = bytes.get_mut(bit / 8) {
            *byte ^= 0x80 >> (bit % 8);
        }
    }
}

impl Bch<4> {
    const ECC_BITS: usize = 52;
    /// The bits of a register that are used. The others take no part and stay zero.
    const USED: u64 = !0 << (64 - Self::ECC_BITS);
    /// Makes 0xff of the ECC of 0xff.
    const MASK: u64 = !Self::remainder(&[0xff; UNIT]);

    const fn remainder(data: &[u8; UNIT]) -> u64 {
        static TABLE: [u64; 256] = upper(&remainders(generator(4)));
        const fn step(register: u64, byte: u8) -> u64 {
            (register << 8) ^ TABLE[((register >> 56) as u8 ^ byte) as usize]
        }
        let words = data.as_chunks::<4>().0;
        let mut register = 0;
        let mut i = 0;
        while i < words.len() {
            // Four bytes in a row: one sixth of the time goes if the loop's own cost does.
            let [a, b, c, d] = words[i];
            register = step(step(step(step(register, a), b), c), d);
            i += 1;
        }
        register
    }

    fn load(ecc: &[u8; 7]) -> u64 {
        let [a, b, c, d, e, f, g] = *ecc;
        (u64::from_be_bytes([a, b, c, d, e, f, g, 0]) ^ Self::MASK) & Self::USED
    }

    fn store(remainder: u64) -> [u8; 7] {
        let [a, b, c, d, e, f, g, _] = (remainder ^ Self::MASK).to_be_bytes();
        [a, b, c, d, e, f, g]
    }
}

impl Ecc for Bch<4> {
    type Unit = [u8; UNIT];
    type Code = [u8; 7];
    const STRENGTH: u32 = 4;

    fn encode(data: &[u8; UNIT], ecc: &mut [u8; 7]) {
        *ecc = Self::store(Self::remainder(data));
    }

    fn correct(data: &mut [u8; UNIT], ecc: &mut [u8; 7]) -> Result<Corrected, Uncorrectable> {
        static TERMS: [[u16; 4]; Bch::<4>::ECC_BITS] = syndrome_terms();
        let mut errors = Errors::default();
        let difference = Self::remainder(data) ^ Self::load(ecc);
        if difference != 0 {
            let odd = odd_syndromes(u128::from(difference) << 64, &TERMS);
            errors = locate(&odd, (8 * UNIT + Self::ECC_BITS) as u32)?;
            flip(data, ecc, Self::ECC_BITS, &errors);
        }
        ecc[6] |= 0x0f;
        Ok(Corrected { bits: errors.positions().len() as u32 })
    }
}

impl Bch<8> {
    const ECC_BITS: usize = 104;
    /// Makes 0xff of the ECC of 0xff.
    const MASK: u128 = !Self::remainder(&[0xff; UNIT]) & (!0 << 24);

    const fn remainder(data: &[u8; UNIT]) -> u128 {
        static TABLE: [u128; 256] = remainders(generator(8));
        let mut register: u128 = 0;
        let mut i = 0;
        while i < UNIT {
            register = (register << 8) ^ TABLE[((register >> 120) as u8 ^ data[i]) as usize];
            i += 1;
        }
        register
    }

    fn load(ecc: &[u8; 13]) -> u128 {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m] = *ecc;
        u128::from_be_bytes([a, b, c, d, e, f, g, h, i, j, k, l, m, 0, 0, 0]) ^ Self::MASK
    }

    fn store(remainder: u128) -> [u8; 13] {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, ..] = (remainder ^ Self::MASK).to_be_bytes();
        [a, b, c, d, e, f, g, h, i, j, k, l, m]
    }
}

impl Ecc for Bch<8> {
    type Unit = [u8; UNIT];
    type Code = [u8; 13];
    const STRENGTH: u32 = 8;

    fn encode(data: &[u8; UNIT], ecc: &mut [u8; 13]) {
        *ecc = Self::store(Self::remainder(data));
    }

    fn correct(data: &mut [u8; UNIT], ecc: &mut [u8; 13]) -> Result<Corrected, Uncorrectable> {
        static TERMS: [[u16; 8]; Bch::<8>::ECC_BITS] = syndrome_terms();
        let difference = Self::remainder(data) ^ Self::load(ecc);
        if difference == 0 {
            return Ok(Corrected { bits: 0 });
        }
        let errors = locate(&odd_syndromes(difference, &TERMS), (8 * UNIT + Self::ECC_BITS) as u32)?;
        flip(data, ecc, Self::ECC_BITS, &errors);
        Ok(Corrected { bits: errors.positions().len() as u32 })
    }
}
