//! Byte arrays of a size that a code decides.

mod sealed {
    pub trait Sealed {}
    impl<const N: usize> Sealed for [u8; N] {}
}

/// A byte array: what an [`Ecc`](super::Ecc) names as its unit and its code. Implemented for every
/// `[u8; N]`, and for nothing else.
pub trait Bytes: AsRef<[u8]> + AsMut<[u8]> + Sized + sealed::Sealed {
    /// The number of bytes.
    const BYTES: usize;

    /// `bytes` in pieces of this size. What is left at the end is dropped.
    fn pieces(bytes: &[u8]) -> &[Self];

    /// `bytes` in pieces of this size, to be changed. What is left at the end is dropped.
    fn pieces_mut(bytes: &mut [u8]) -> &mut [Self];
}

impl<const N: usize> Bytes for [u8; N] {
    const BYTES: usize = N;

    fn pieces(bytes: &[u8]) -> &[Self] {
        const { assert!(N > 0) };
        bytes.as_chunks().0
    }

    fn pieces_mut(bytes: &mut [u8]) -> &mut [Self] {
        const { assert!(N > 0) };
        bytes.as_chunks_mut().0
    }
}
