//! BCH codes beyond what vectors show: all single errors, many multiple ones, too many, and nonsense.

use super::super::bch::generator;
use super::*;
use proptest::prelude::*;

/// Bits of a unit with its ECC, without padding.
const BITS_4: usize = 4096 + 52;
const BITS_8: usize = 4096 + 104;

type Data<C> = <C as Ecc>::Unit;

fn random_unit<C: Ecc<Unit = [u8; 512], Code = [u8; N]>, const N: usize>(
    random: &mut Random,
) -> (Data<C>, C::Code) {
    let (mut data, mut ecc) = ([0; 512], [0; N]);
    random.fill(&mut data);
    C::encode(&data, &mut ecc);
    (data, ecc)
}

/// Whether these are a codeword.
fn is_valid<C: Ecc<Unit = [u8; 512], Code = [u8; N]>, const N: usize>(
    data: &[u8; 512],
    ecc: &[u8; N],
) -> bool {
    let mut expected = [0; N];
    C::encode(data, &mut expected);
    expected == *ecc
}

fn every_single_error<C: Ecc<Unit = [u8; 512], Code = [u8; N]>, const N: usize>(bits: usize) {
    let (data, ecc) = random_unit::<C, N>(&mut Random(3));
    for bit in 0..bits {
        let (mut d, mut e) = (data, ecc);
        flip(&mut d, &mut e, bit);
        assert_eq!(C::correct(&mut d, &mut e), Ok(Corrected { bits: 1 }), "bit {bit}");
        assert_eq!((d, e), (data, ecc));
    }
}

#[test]
fn every_single_error_is_corrected() {
    every_single_error::<Bch<4>, 7>(BITS_4);
    every_single_error::<Bch<8>, 13>(BITS_8);
}

fn up_to_strength<C: Ecc<Unit = [u8; 512], Code = [u8; N]>, const N: usize>(bits: usize) {
    let mut random = Random(4);
    for round in 0..5000 {
        let (data, ecc) = random_unit::<C, N>(&mut random);
        let (mut d, mut e) = (data, ecc);
        let count = round % (C::STRENGTH + 1);
        if round % 3 == 0 {
            // A burst: neighbours are as likely as any on a chip.
            let first = random.below(bits - count as usize);
            (first..first + count as usize).for_each(|bit| flip(&mut d, &mut e, bit));
        } else {
            flip_some(&mut random, &mut d, &mut e, count, bits);
        }
        assert_eq!(C::correct(&mut d, &mut e), Ok(Corrected { bits: count }));
        assert_eq!((d, e), (data, ecc));
    }
}

#[test]
fn as_many_errors_as_promised_are_corrected() {
    up_to_strength::<Bch<4>, 7>(BITS_4);
    up_to_strength::<Bch<8>, 13>(BITS_8);
}

#[test]
fn errors_in_the_ecc_bytes_alone_are_corrected() {
    let mut random = Random(5);
    for _ in 0..1000 {
        let (data, ecc) = random_unit::<Bch<8>, 13>(&mut random);
        let (mut d, mut e) = (data, ecc);
        for _ in 0..8 {
            flip(&mut [], &mut e, random.below(104));
        }
        assert!(Bch::<8>::correct(&mut d, &mut e).unwrap().bits <= 8);
        assert_eq!((d, e), (data, ecc));
    }
}

#[test]
fn padding_is_restored_and_not_counted() {
    let (data, ecc) = random_unit::<Bch<4>, 7>(&mut Random(6));
    assert_eq!(ecc[6] & 0x0f, 0x0f);
    let (mut d, mut e) = (data, ecc);
    e[6] &= 0xf0;
    assert_eq!(Bch::<4>::correct(&mut d, &mut e), Ok(Corrected { bits: 0 }));
    assert_eq!((d, e), (data, ecc));
}

/// Of `rounds` units with `count` flips each, more than the code's strength: how many pass as corrected.
fn miscorrected<C: Ecc<Unit = [u8; 512], Code = [u8; N]>, const N: usize>(
    bits: usize,
    count: u32,
    rounds: u32,
) -> u32 {
    let mut random = Random(7 + u64::from(count));
    let mut passed = 0;
    for _ in 0..rounds {
        let (mut d, mut e) = random_unit::<C, N>(&mut random);
        flip_some(&mut random, &mut d, &mut e, count, bits);
        let (received, received_ecc) = (d, e);
        match C::correct(&mut d, &mut e) {
            Err(Uncorrectable) => assert_eq!((d, e), (received, received_ecc), "left as it was"),
            Ok(Corrected { bits }) => {
                assert!(bits <= C::STRENGTH);
                assert!(is_valid::<C, N>(&d, &e));
                passed += 1;
            }
        }
    }
    passed
}

#[test]
fn more_errors_are_detected_but_for_the_share_that_is_documented() {
    // 1 in 365 is expected: 11 of 4000.
    for count in [5, 6, 20] {
        let passed = miscorrected::<Bch<4>, 7>(BITS_4, count, 4_000);
        std::println!("t = 4, {count} errors: {passed} of 4000 miscorrected");
        assert!(passed < 30);
    }
    for count in [9, 10, 60] {
        assert_eq!(miscorrected::<Bch<8>, 13>(BITS_8, count, 1_500), 0);
    }
}

fn erased<C: Ecc<Unit = [u8; 512], Code = [u8; N]>, const N: usize>(bits: usize) {
    let mut random = Random(8);
    assert!(is_valid::<C, N>(&[0xff; 512], &[0xff; N]));
    for round in 0..2000 {
        let (mut d, mut e) = ([0xff; 512], [0xff; N]);
        let count = round % (C::STRENGTH + 3);
        flip_some(&mut random, &mut d, &mut e, count, bits);
        if count > C::STRENGTH {
            assert_eq!(C::is_erased(&d, &e), None);
        } else {
            assert_eq!(C::is_erased(&d, &e), Some(count));
            assert_eq!(C::correct(&mut d, &mut e), Ok(Corrected { bits: count }));
            assert_eq!((d, e), ([0xff; 512], [0xff; N]));
        }
    }
}

#[test]
fn an_erased_unit_with_flips_reads_as_erased() {
    erased::<Bch<4>, 7>(BITS_4);
    erased::<Bch<8>, 13>(BITS_8);
}

#[test]
fn zeros_are_no_codeword() {
    assert_eq!(Bch::<4>::correct(&mut [0; 512], &mut [0; 7]), Err(Uncorrectable));
    assert_eq!(Bch::<8>::correct(&mut [0; 512], &mut [0; 13]), Err(Uncorrectable));
}

/// Locates errors with these syndromes; what comes out must have them.
fn hostile_syndromes<const T: usize>(odd: [u16; T], length: u32) {
    use super::super::{gf, locate::locate};
    let Ok(errors) = locate(&odd, length) else { return };
    assert!((1..=T).contains(&errors.positions().len()));
    for (k, &syndrome) in (0u32..).zip(&odd) {
        let sum = errors.positions().iter().fold(0, |sum, &at| sum ^ gf::power(u32::from(at) * (2 * k + 1)));
        assert_eq!(sum, syndrome);
    }
}

#[test]
fn any_syndromes_give_their_errors_or_none() {
    let mut random = Random(9);
    let element = |random: &mut Random| match random.below(3) {
        0 => 0,
        1 => 1 << random.below(13),
        _ => random.below(8192) as u16,
    };
    for _ in 0..3_000 {
        hostile_syndromes::<4>([0; 4].map(|_: u16| element(&mut random)), BITS_4 as u32);
        hostile_syndromes::<8>([0; 8].map(|_: u16| element(&mut random)), BITS_8 as u32);
    }
    hostile_syndromes::<4>([0; 4], BITS_4 as u32);
    hostile_syndromes::<8>([0; 8], BITS_8 as u32);
}

#[test]
fn the_generators_have_the_roots_and_the_degree() {
    use super::super::gf;
    for t in [4, 8] {
        let coefficients = generator(t) >> (128 - 13 * t);
        assert_eq!(coefficients & 1, 1);
        for root in 1..=2 * t as u32 {
            let sum = (0..13 * t as u32)
                .filter(|&i| (coefficients >> i) & 1 != 0)
                .fold(gf::power(13 * t as u32 * root), |sum, i| sum ^ gf::power(i * root));
            assert_eq!(sum, 0);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_bytes_are_corrected_to_a_codeword_or_left_alone(
        seed in 1u64..,
        kind in 0u8..3,
        ecc in any::<[u8; 13]>(),
    ) {
        let mut data = [0; 512];
        match kind {
            0 => data.fill(0xff),
            1 => data.fill(0),
            _ => Random(seed).fill(&mut data),
        }
        let (mut d, mut e) = (data, ecc);
        match Bch::<8>::correct(&mut d, &mut e) {
            Ok(_) => prop_assert!(is_valid::<Bch<8>, 13>(&d, &e)),
            Err(Uncorrectable) => prop_assert_eq!((d, e), (data, ecc)),
        }
        let short: [u8; 7] = *ecc.first_chunk().unwrap();
        let (mut d, mut e) = (data, short);
        match Bch::<4>::correct(&mut d, &mut e) {
            Ok(_) => prop_assert!(is_valid::<Bch<4>, 7>(&d, &e)),
            Err(Uncorrectable) => prop_assert_eq!((d, e), (data, short)),
        }
    }
}
