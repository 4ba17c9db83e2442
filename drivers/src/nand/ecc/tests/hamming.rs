//! The Hamming code: small enough to try everything.

use super::super::hamming::{Finding, diagnose};
use super::*;
use std::vec::Vec;

const BITS: usize = 2048 + 22;

/// The ECC by its definition, one parity at a time over all bits.
fn reference(data: &[u8; 256]) -> [u8; 3] {
    let parity = |shift: usize, value: usize| {
        let ones =
            (0..2048).filter(|&at| (at >> shift) & 1 == value && (data[at / 8] >> (at % 8)) & 1 != 0).count();
        (ones % 2) as u8
    };
    // LP00 and LP01 are about bit 3 of a data bit's address, CP0 and CP1 about bit 0.
    let line = |n: usize| parity(3 + n / 2, n % 2) << (n % 8);
    let column = |n: usize| parity(n / 2, n % 2) << (2 + n);
    [!(0..8).map(line).sum::<u8>(), !(8..16).map(line).sum::<u8>(), !(0..6).map(column).sum::<u8>()]
}

fn unit(seed: u64) -> ([u8; 256], [u8; 3]) {
    let (mut data, mut ecc) = ([0; 256], [0; 3]);
    Random(seed).fill(&mut data);
    Hamming::encode(&data, &mut ecc);
    (data, ecc)
}

#[test]
fn the_encoder_computes_the_parities() {
    for seed in 1..300 {
        let (data, ecc) = unit(seed);
        assert_eq!(ecc, reference(&data));
    }
    for at in 0..2048 {
        let mut data = [0; 256];
        data[at / 8] = 1 << (at % 8);
        let mut ecc = [0; 3];
        Hamming::encode(&data, &mut ecc);
        assert_eq!(ecc, reference(&data));
    }
}

#[test]
fn every_single_error_is_corrected() {
    let (data, ecc) = unit(11);
    for bit in 0..BITS {
        let (mut d, mut e) = (data, ecc);
        flip(&mut d, &mut e, bit);
        assert_eq!(Hamming::correct(&mut d, &mut e), Ok(Corrected { bits: 1 }));
        assert_eq!((d, e), (data, ecc));
    }
    assert_eq!(Hamming::correct(&mut data.clone(), &mut ecc.clone()), Ok(Corrected { bits: 0 }));
}

#[test]
fn every_double_error_is_detected() {
    // The code is linear: what a flip changes in the difference of computed and stored ECC does not depend on
    // the data, and two flips change the exclusive or of both.
    let difference = |bit: usize| {
        let (mut d, mut e) = ([0; 256], [0xff; 3]);
        flip(&mut d, &mut e, bit);
        let computed = reference(&d);
        let [a, b, c] = core::array::from_fn(|i| computed[i] ^ e[i]);
        u32::from_be_bytes([0, b, a, c]) >> 2
    };
    let differences: Vec<u32> = (0..BITS).map(difference).collect();
    for (i, a) in differences.iter().enumerate() {
        assert_ne!(diagnose(*a), Ok(Finding::Clean));
        assert!(diagnose(*a).is_ok());
        for b in &differences[..i] {
            assert_eq!(diagnose(a ^ b), Err(Uncorrectable));
        }
    }
    let accepted = (0..1 << 22).filter(|&difference| diagnose(difference).is_ok()).count();
    assert_eq!(accepted, 1 + BITS);
}

#[test]
fn double_errors_are_detected_with_real_flips() {
    let (data, ecc) = unit(13);
    let mut random = Random(14);
    for _ in 0..5_000 {
        let (mut d, mut e) = (data, ecc);
        flip_some(&mut random, &mut d, &mut e, 2, BITS);
        let received = (d, e);
        assert_eq!(Hamming::correct(&mut d, &mut e), Err(Uncorrectable));
        assert_eq!((d, e), received);
    }
}

#[test]
fn three_flipped_data_bits_pass_for_one() {
    let (data, ecc) = unit(15);
    let mut random = Random(16);
    for _ in 0..100 {
        let (mut d, mut e) = (data, ecc);
        flip_some(&mut random, &mut d, &mut e, 3, 2048);
        assert_eq!(Hamming::correct(&mut d, &mut e), Ok(Corrected { bits: 1 }));
        assert_eq!(e, ecc);
        assert_ne!(d, data);
    }
}

#[test]
fn an_erased_unit_with_a_flip_reads_as_erased() {
    assert_eq!(Hamming::is_erased(&[0xff; 256], &[0xff; 3]), Some(0));
    for bit in 0..BITS {
        let (mut d, mut e) = ([0xff; 256], [0xff; 3]);
        flip(&mut d, &mut e, bit);
        assert_eq!(Hamming::is_erased(&d, &e), Some(1));
        assert_eq!(Hamming::correct(&mut d, &mut e), Ok(Corrected { bits: 1 }));
        assert_eq!((d, e), ([0xff; 256], [0xff; 3]));
        flip(&mut d, &mut e, bit);
        flip(&mut d, &mut e, (bit + 700) % BITS);
        assert_eq!(Hamming::is_erased(&d, &e), None);
    }
}

#[test]
fn zeros_are_no_codeword() {
    assert_eq!(Hamming::correct(&mut [0; 256], &mut [0; 3]), Err(Uncorrectable));
}

#[test]
fn padding_is_restored_and_not_counted() {
    let (data, ecc) = unit(17);
    for padding in 0..3 {
        let (mut d, mut e) = (data, ecc);
        e[2] = (e[2] & 0xfc) | padding;
        assert_eq!(Hamming::correct(&mut d, &mut e), Ok(Corrected { bits: 0 }));
        assert_eq!((d, e), (data, ecc));
    }
}

#[test]
fn any_ecc_bytes_give_a_codeword_or_an_error() {
    let data = unit(18).0;
    // All of them would take minutes in a debug build.
    for number in (0..1u32 << 24).step_by(2011) {
        let [a, b, c, _] = number.to_le_bytes();
        let (mut d, mut e) = (data, [a, b, c]);
        if Hamming::correct(&mut d, &mut e).is_ok() {
            let mut expected = [0; 3];
            Hamming::encode(&d, &mut expected);
            assert_eq!(e, expected);
        } else {
            assert_eq!((d, e), (data, [a, b, c]));
        }
    }
}
