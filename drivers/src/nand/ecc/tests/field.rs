//! The field, against arithmetic one bit at a time.

use super::super::gf;
use super::*;

/// α^0, α^1, ... by multiplying with α bit by bit.
fn powers() -> impl Iterator<Item = u16> {
    core::iter::successors(Some(1u16), |&a| Some(if a & 0x1000 == 0 { a << 1 } else { (a << 1) ^ 0x201b }))
}

#[test]
fn alpha_generates_the_field() {
    let mut seen = [false; 8192];
    for (exponent, element) in (0..gf::ORDER).zip(powers()) {
        assert!(!core::mem::replace(&mut seen[usize::from(element)], true));
        assert_eq!(gf::power(exponent), element);
    }
    assert!(!seen[0]);
}

#[test]
fn products_add_exponents() {
    let powers: std::vec::Vec<u16> = powers().take(2 * 8191).collect();
    let mut random = Random(1);
    for _ in 0..100_000 {
        let (i, j) = (random.below(8191), random.below(8191));
        assert_eq!(gf::mul(powers[i], powers[j]), powers[i + j]);
        assert_eq!(gf::div(powers[i + j], powers[j]), powers[i]);
        assert_eq!(gf::mul(powers[i], 0), 0);
    }
    for (i, &element) in powers.iter().take(8191).enumerate() {
        for k in 1..10 {
            let other = 8190 - i;
            let product = gf::times_alpha(gf::both(element, powers[other]), k as u32);
            assert_eq!(product, gf::both(powers[i + k], powers[other + k]));
        }
        assert_eq!(gf::mul(element, gf::inverse(element)), 1);
        assert_eq!(gf::square(element), powers[2 * i]);
    }
    assert_eq!(gf::inverse(0), 0);
}

#[test]
fn logarithms_below_the_limit_are_found_and_no_others() {
    for (exponent, element) in (0..gf::ORDER).zip(powers()) {
        assert_eq!(gf::small_log(element), Some(exponent).filter(|&k| k < gf::LOG_LIMIT));
    }
    assert_eq!(gf::small_log(0), None);
}

#[test]
fn a_pair_is_found_from_sum_and_product() {
    let mut random = Random(2);
    for _ in 0..20_000 {
        let (a, b) = (random.below(8192) as u16, random.below(8192) as u16);
        let found = gf::pair(a ^ b, gf::mul(a, b));
        if a == b {
            assert_eq!(found, None);
        } else {
            assert!(found == Some([a, b]) || found == Some([b, a]));
        }
    }
    // Of all pairs of sum and product, sum not zero, half belong to two elements.
    let solvable = (0..=gf::ORDER as u16).filter(|&product| gf::pair(77, product).is_some()).count();
    assert_eq!(solvable, 4096);
}
