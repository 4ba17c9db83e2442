//! Arithmetic in GF(2^13), without tables.
//!
//! An element is a polynomial in α over GF(2) of degree 12 at most, bit i its coefficient of α^i; α is a
//! root of the primitive polynomial x^13 + x^4 + x^3 + x + 1 (0x201b), so α^13 = α^4 + α^3 + α + 1.
//!
//! Logarithm and antilogarithm tables would take 32 KiB and half of a small data cache. They are not
//! needed. Of the field's operations only "times α^k, k small" is done thousands of times for a unit,
//! and with the low weight and the high gap of this polynomial it is a handful of shifts and exclusive
//! ors, two elements at a time. Products (45 instructions on ARMv7-A) are needed by the hundred,
//! quotients one for each error, logarithms for one or two.

/// Bits in an element.
pub(super) const BITS: u32 = 13;

/// The number of elements other than zero, and the order of α.
pub(super) const ORDER: u32 = (1 << BITS) - 1;

const MASK: u32 = ORDER;

/// Folds the coefficients from α^13 up, of degree 13 + 12 at most, back once: the result is congruent.
const fn fold(polynomial: u32) -> u32 {
    let high = polynomial >> BITS;
    (polynomial & MASK) ^ high ^ (high << 1) ^ (high << 3) ^ (high << 4)
}

/// Two elements, one in each half of a word.
pub(super) const fn both(low: u16, high: u16) -> u32 {
    low as u32 | ((high as u32) << 16)
}

/// Both elements of `pair` times α^`k`, for `k` from 1 to 9: what leaves an element at the top, `k`
/// bits, is folded back and stays within its half.
#[inline(always)]
pub(super) const fn times_alpha(pair: u32, k: u32) -> u32 {
    let leaves = both((1 << k) - 1, (1 << k) - 1);
    let high = (pair >> (BITS - k)) & leaves;
    // Shifted by 13, it takes out of the other shift what left, the bits that strayed into the other
    // half included.
    (pair << k) ^ (high << BITS) ^ high ^ (high << 1) ^ (high << 3) ^ (high << 4)
}

/// `element` times α^13.
const fn times_alpha_13(element: u16) -> u16 {
    fold(fold((element as u32) << 13)) as u16
}

/// The product of two elements.
pub(super) const fn mul(a: u16, b: u16) -> u16 {
    let mut product = 0;
    let mut bit = 0;
    while bit < BITS {
        // All ones if the bit of `b` is set.
        let mask = 0u32.wrapping_sub((b as u32 >> bit) & 1);
        product ^= ((a as u32) << bit) & mask;
        bit += 1;
    }
    // 12 bits too many become 3, and then none.
    fold(fold(product)) as u16
}

/// The square of an element.
pub(super) const fn square(a: u16) -> u16 {
    mul(a, a)
}

/// α to the power of `exponent`.
pub(super) const fn power(exponent: u32) -> u16 {
    let mut result = 1;
    let mut factor = 2;
    let mut rest = exponent % ORDER;
    while rest != 0 {
        if rest & 1 != 0 {
            result = mul(result, factor);
        }
        factor = square(factor);
        rest >>= 1;
    }
    result
}

/// The inverse of `a`; 0 for 0. It is a^(2^13 - 2): a^2 · a^4 · a^8 ... a^4096.
pub(super) fn inverse(a: u16) -> u16 {
    let mut factor = a;
    let mut result = 1;
    for _ in 1..BITS {
        factor = square(factor);
        result = mul(result, factor);
    }
    result
}

/// `a` divided by `b`; 0 if `b` is.
pub(super) fn div(a: u16, b: u16) -> u16 {
    mul(a, inverse(b))
}

/// One step of [`small_log`] covers this many exponents.
const STRIDE: u32 = BITS;

/// Steps of [`small_log`] after the first.
const STEPS: u32 = 324;

/// Exponents below this are found by [`small_log`].
pub(super) const LOG_LIMIT: u32 = STRIDE * (STEPS + 1);

/// The k below [`LOG_LIMIT`] for which α^k is `element`, if there is one.
///
/// α^0 to α^12 are the elements with a single bit. Multiplied by α^13 again and again, an element becomes
/// one of them when its exponent reaches 2^13 - 1; moved up by a constant first, an exponent below the
/// limit gets there in 0 to `STEPS` steps of ten instructions.
pub(super) fn small_log(element: u16) -> Option<u32> {
    const UP: u16 = power(ORDER - STRIDE * STEPS);
    let mut moved = mul(element, UP);
    for steps in 0..=STEPS {
        if moved.is_power_of_two() {
            return Some(STRIDE * (STEPS - steps) + moved.trailing_zeros());
        }
        moved = times_alpha_13(moved);
    }
    None
}

/// The elements whose sum and whose product these are, if there are two of them that differ.
///
/// They are the roots of z² + `sum`·z + `product`; with z = `sum`·y that is y² + y = c, c = `product` /
/// `sum`². Where the field has an odd number of bits, the half trace of c, c + c^4 + c^16 + ... + c^4096,
/// solves it, or nothing does.
pub(super) fn pair(sum: u16, product: u16) -> Option<[u16; 2]> {
    if sum == 0 {
        return None;
    }
    let c = div(product, square(sum));
    let mut half_trace = c;
    let mut term = c;
    for _ in 0..BITS / 2 {
        term = square(square(term));
        half_trace ^= term;
    }
    if square(half_trace) ^ half_trace != c {
        return None;
    }
    let first = mul(sum, half_trace);
    Some([first, first ^ sum])
}
