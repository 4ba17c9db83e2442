//! What an independent implementation computed, in both directions of ours.

use super::vectors::VECTORS;
use super::*;

/// The data of a vector, 512 bytes.
pub(super) enum Data {
    /// All 0xff.
    Erased,
    /// All zero.
    Zeros,
    /// All zero but the byte at an index.
    Byte(usize, u8),
    /// From a linear congruential generator with this seed.
    Noise(u32),
}

impl Data {
    fn bytes(&self) -> [u8; 512] {
        match *self {
            Data::Erased => [0xff; 512],
            Data::Zeros => [0; 512],
            Data::Byte(at, value) => core::array::from_fn(|i| if i == at { value } else { 0 }),
            Data::Noise(mut seed) => [0; 512].map(|_: u8| {
                seed = seed.wrapping_mul(1664525).wrapping_add(1013904223);
                (seed >> 24) as u8
            }),
        }
    }
}

/// Data and its ECC bytes; Hamming over the first 256 bytes.
pub(super) struct Vector {
    pub(super) data: Data,
    pub(super) bch4: [u8; 7],
    pub(super) bch8: [u8; 13],
    pub(super) hamming: [u8; 3],
}

/// Encodes `data`, and corrects `theirs` after flips, as many as the code is good for.
fn compare<C: Ecc>(data: &C::Unit, theirs: &C::Code, bits: usize)
where
    C::Unit: Copy + PartialEq + core::fmt::Debug,
    C::Code: Copy + PartialEq + core::fmt::Debug,
{
    let mut ours = *theirs;
    ours.as_mut().fill(0);
    C::encode(data, &mut ours);
    assert_eq!(ours, *theirs);

    let mut random = Random(0x5eed);
    for round in 0..200 {
        let (mut received, mut ecc) = (*data, *theirs);
        let count = round % (C::STRENGTH + 1);
        flip_some(&mut random, received.as_mut(), ecc.as_mut(), count, bits);
        assert_eq!(C::correct(&mut received, &mut ecc), Ok(Corrected { bits: count }));
        assert_eq!((received, ecc), (*data, *theirs));
    }
}

#[test]
fn bch_agrees_with_the_linux_implementation() {
    for vector in &VECTORS {
        compare::<Bch<4>>(&vector.data.bytes(), &vector.bch4, 4096 + 52);
        compare::<Bch<8>>(&vector.data.bytes(), &vector.bch8, 4096 + 104);
    }
}

#[test]
fn hamming_agrees_with_the_definition() {
    for vector in &VECTORS {
        let data = vector.data.bytes();
        compare::<Hamming>(data.first_chunk().unwrap(), &vector.hamming, 2048 + 22);
    }
}
