//! The target `lz4`: a stream that is to decode to a certain length.

use oal_snapshot::codec::{Lz4, Lz4High, Raw};
use oal_snapshot::hooks::{CompressSnapshot, CorruptStream, DecompressSnapshot};
use oal_snapshot::image::CHUNK_BYTES;

use crate::input::Input;

/// Bytes on both sides of the destination that must not change.
const GUARD: usize = 64;

/// Decodes what is left after the length; then packs it and unpacks it again.
///
/// # Panics
/// See [`Target::run`](crate::Target::run).
pub fn run(bytes: &[u8]) -> bool {
    let mut input = Input::new(bytes);
    let len = 1 + usize::from(input.half());
    let short = usize::from(input.byte());
    let stream = input.rest();

    let mut around = vec![0xa5; GUARD + len + GUARD];
    let inside = GUARD..GUARD + len;
    let decoded = Lz4::new().decompress_snapshot(stream, &mut around[inside.clone()]);
    assert!(around[..GUARD].iter().chain(&around[inside.end..]).all(|byte| *byte == 0xa5), "wrote outside");
    assert_eq!(Raw.decompress_snapshot(stream, &mut around[inside.clone()]), Err(CorruptStream));
    let plain = if decoded.is_ok() { &around[inside] } else { &stream[..stream.len().min(CHUNK_BYTES)] };
    there_and_back(Lz4::new(), plain, short);
    there_and_back(Lz4High::new(), plain, short);
    decoded.is_ok()
}

/// Packs `plain` and unpacks it; also with too little room, which must be said, and with a codec that was
/// used before.
fn there_and_back<C: DecompressSnapshot>(mut codec: C, plain: &[u8], short: usize) {
    let mut packed = vec![0; C::max_compressed_len(plain.len())];
    let Some(len) = codec.compress_snapshot(plain, &mut packed) else { return };
    unpacks(&codec, &packed[..len], plain);
    let other: Vec<u8> = plain.iter().rev().copied().collect();
    if let Some(len) = codec.compress_snapshot(&other, &mut packed) {
        unpacks(&codec, &packed[..len], &other);
    }
    let mut tight = vec![0; len.saturating_sub(short)];
    if let Some(len) = codec.compress_snapshot(plain, &mut tight) {
        unpacks(&codec, &tight[..len], plain);
    }
}

/// A stream unpacks to `plain`, and to nothing that is shorter or longer.
fn unpacks<C: DecompressSnapshot>(codec: &C, packed: &[u8], plain: &[u8]) {
    let mut back = vec![0; plain.len()];
    assert_eq!(codec.decompress_snapshot(packed, &mut back), Ok(()));
    assert_eq!(back, plain);
    back.push(0);
    assert_eq!(codec.decompress_snapshot(packed, &mut back), Err(CorruptStream));
    if let Some(less) = plain.len().checked_sub(1).filter(|less| *less > 0) {
        assert_eq!(codec.decompress_snapshot(packed, &mut back[..less]), Err(CorruptStream));
    }
}

/// Streams of the compressor.
pub fn seeds() -> Vec<Vec<u8>> {
    let text = b"the quick brown fox jumps over the lazy dog; the quick brown fox sleeps. ".repeat(8);
    let plains = [vec![0; 4096], text, (0..=255).collect(), vec![7]];
    let stream = |plain: &Vec<u8>| {
        let mut packed = vec![0; Lz4::max_compressed_len(plain.len())];
        let len = Lz4::new().compress_snapshot(plain, &mut packed).unwrap_or(0);
        let mut seed = (plain.len() as u16 - 1).to_le_bytes().to_vec();
        seed.push(1);
        seed.extend_from_slice(&packed[..len]);
        seed
    };
    plains.iter().map(stream).collect()
}
