//! From syndromes to the places of the errors.
//!
//! Sources: Lin and Costello, *Error Control Coding*, chapter 6 (binary BCH codes: the iterative algorithm
//! of Berlekamp and Massey for the binary case, and Chien's search); Berlekamp, *Algebraic Coding Theory*,
//! for the quadratic equation.

use super::Uncorrectable;
use super::gf;

/// The largest number of errors that any code here corrects.
pub(super) const MAX: usize = 8;

/// A polynomial over the field, coefficient of x^i at i.
type Polynomial = [u16; MAX + 1];

/// The positions of the errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Errors {
    at: [u16; MAX],
    count: usize,
}

impl Errors {
    /// Exponents of the codeword polynomial whose coefficients are wrong, in no order, all different.
    pub(super) fn positions(&self) -> &[u16] {
        self.at.get(..self.count).unwrap_or_default()
    }

    fn push(&mut self, position: u16) -> Result<(), Uncorrectable> {
        if self.positions().contains(&position) {
            return Err(Uncorrectable);
        }
        *self.at.get_mut(self.count).ok_or(Uncorrectable)? = position;
        self.count += 1;
        Ok(())
    }
}

/// Finds up to `T` errors in a codeword of `length` bits, from the `T` odd syndromes S1, S3, S5...
///
/// What is returned has these syndromes: flipping the bits gives a codeword. `length` is at most
/// [`gf::LOG_LIMIT`].
pub(super) fn locate<const T: usize>(odd: &[u16; T], length: u32) -> Result<Errors, Uncorrectable> {
    const { assert!(T <= MAX) };
    let (locator, degree) = error_locator(odd)?;
    roots::<T>(&locator, degree, length)
}

/// The polynomial of least degree with constant term 1 that generates the syndromes, and its degree, 1
/// to `T`.
///
/// Massey's synthesis of the shortest shift register, where for binary codes every second discrepancy is
/// zero and its step nothing but a shift.
fn error_locator<const T: usize>(odd: &[u16; T]) -> Result<(Polynomial, usize), Uncorrectable> {
    // S1, S2, ... S2T at 0, 1, ...: S2i is the square of Si.
    let mut syndromes = [0; 2 * MAX];
    for (pair, &syndrome) in syndromes.as_chunks_mut::<2>().0.iter_mut().zip(odd) {
        pair[0] = syndrome;
    }
    for i in 0..T.min(MAX) {
        syndromes[2 * i + 1] = gf::square(syndromes[i]);
    }

    let mut locator: Polynomial = [0; MAX + 1];
    locator[0] = 1;
    let mut degree = 0;
    // The locator before its degree last rose, the inverse of its discrepancy, and how far to shift it.
    let (mut before, mut scale, mut shift) = (locator, 1, 1);

    for step in (0..2 * T).step_by(2) {
        // Newest syndrome first.
        let recent = syndromes.iter().take(step + 1).rev();
        let discrepancy =
            locator.iter().take(degree + 1).zip(recent).fold(0, |sum, (&c, &s)| sum ^ gf::mul(c, s));
        if discrepancy != 0 {
            let old = locator;
            let factor = gf::mul(discrepancy, scale);
            for (c, &b) in locator.iter_mut().skip(shift).zip(&before) {
                *c ^= gf::mul(factor, b);
            }
            if 2 * degree <= step {
                degree = step + 1 - degree;
                if degree > T {
                    return Err(Uncorrectable);
                }
                (before, scale, shift) = (old, gf::inverse(discrepancy), 0);
            }
        }
        shift += 2;
    }
    Ok((locator, degree))
}

/// The exponents of the roots' inverses, which must be as many as the degree, different, and below `length`.
fn roots<const T: usize>(locator: &Polynomial, degree: usize, length: u32) -> Result<Errors, Uncorrectable> {
    // A root that the degree promises, but that is not there.
    let leading = *locator.get(degree).filter(|&&c| c != 0 && degree > 0).ok_or(Uncorrectable)?;
    let mut search =
        Search { left: degree, sum: locator[1], product: leading, length, errors: Errors::default() };

    if degree > 2 {
        // The roots of the reciprocal polynomial are the inverses themselves.
        let mut reciprocal: Polynomial = [0; MAX + 1];
        for (r, &c) in reciprocal.iter_mut().zip(locator.iter().take(degree + 1).rev()) {
            *r = c;
        }
        if T > 4 && degree > 4 {
            search.chien::<8>(&reciprocal)?;
        } else {
            search.chien::<4>(&reciprocal)?;
        }
    }
    match search.left {
        1 => search.solved(search.sum)?,
        2 => {
            for root in gf::pair(search.sum, search.product).ok_or(Uncorrectable)? {
                search.solved(root)?;
            }
        }
        _ => return Err(Uncorrectable),
    }
    Ok(search.errors)
}

/// The roots found, and what is known of the others.
struct Search {
    /// How many are not found.
    left: usize,
    /// Their sum.
    sum: u16,
    /// Their product.
    product: u16,
    /// Exponents of roots are below this.
    length: u32,
    errors: Errors,
}

impl Search {
    /// Looks for roots of `polynomial`, of degree `TERMS` at most, until two or fewer are left.
    ///
    /// Chien's search: the polynomial is evaluated at α^0, α^1, ... by multiplying its term of x^k by
    /// α^k for each step. Done for both halves of the codeword at once, the upper half in the upper half
    /// of each word.
    fn chien<const TERMS: usize>(&mut self, polynomial: &Polynomial) -> Result<(), Uncorrectable> {
        let half = self.length.div_ceil(2);
        let ahead = gf::power(half);
        let mut terms = [0; TERMS];
        let mut factor = 1;
        for (term, &c) in terms.iter_mut().zip(polynomial.iter().skip(1)) {
            factor = gf::mul(factor, ahead);
            *term = gf::both(c, gf::mul(c, factor));
        }
        let constant = gf::both(polynomial[0], polynomial[0]);

        let mut position = 0;
        while self.left > 2
            && let Some(values) = next_root(&mut terms, constant, &mut position, half)
        {
            // `position` is one further by now.
            if values & 0xffff == 0 {
                self.found(position - 1, gf::power(position - 1))?;
            }
            if values >> 16 == 0 {
                self.found(position - 1 + half, gf::power(position - 1 + half))?;
            }
        }
        Ok(())
    }

    /// Takes in a root that came as an element.
    fn solved(&mut self, root: u16) -> Result<(), Uncorrectable> {
        self.found(gf::small_log(root).ok_or(Uncorrectable)?, root)
    }

    /// Takes in a root, α^`position`.
    fn found(&mut self, position: u32, root: u16) -> Result<(), Uncorrectable> {
        if position >= self.length {
            return Err(Uncorrectable);
        }
        self.errors.push(position as u16)?;
        self.left = self.left.saturating_sub(1);
        self.sum ^= root;
        self.product = gf::div(self.product, root);
        Ok(())
    }
}

/// Goes on from `position` to behind the next root in either half, and returns both values there; `None`
/// at `end`. A function of its own, with copies of its own, because most of the time of [`locate`] is
/// spent here.
#[inline(never)]
fn next_root<const TERMS: usize>(
    terms: &mut [u32; TERMS],
    constant: u32,
    position: &mut u32,
    end: u32,
) -> Option<u32> {
    let mut here = *terms;
    for at in *position..end {
        let mut values = constant;
        for (k, term) in (1..).zip(&mut here) {
            values ^= *term;
            *term = gf::times_alpha(*term, k);
        }
        if values & 0xffff == 0 || values >> 16 == 0 {
            (*terms, *position) = (here, at + 1);
            return Some(values);
        }
    }
    None
}
