//! The compressor's blocks against liblz4 and `lz4_flex`, which must both decode them, and liblz4's against
//! our decoder. `OAL_CODEC_BLOCKS` says how many texts (300 if not set), `OAL_CODEC_SEED` where they start.

use lz4::block::CompressionMode;
use oal_snapshot::codec::{Lz4, Lz4High};
use oal_snapshot::hooks::{CompressSnapshot, DecompressSnapshot};

/// xorshift64 (G. Marsaglia, "Xorshift RNGs", 2003).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((u128::from(self.0) * limit as u128) >> 64) as usize
    }

    /// A text of letters from a small or large alphabet, with copies of what went before, near and far.
    fn text(&mut self, len: usize) -> Vec<u8> {
        let letters = [1, 2, 4, 16, 256][self.below(5)];
        let copies = self.below(4) * 12;
        let mut text = Vec::with_capacity(len);
        while text.len() < len {
            let longest = if self.below(30) == 0 { 1000 } else { 40 };
            let run = (1 + self.below(longest)).min(len - text.len());
            if !text.is_empty() && self.below(40) < copies {
                let back = 1 + self.below(text.len());
                for _ in 0..run {
                    text.push(text[text.len() - back]);
                }
            } else {
                text.extend((0..run).map(|_| self.below(letters) as u8));
            }
        }
        text
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |value| value.parse().expect("a number"))
}

/// The lengths of the first texts are those at which the format's rules for a block's end begin to matter,
/// and the longest that are taken.
fn texts() -> impl Iterator<Item = Vec<u8>> {
    let mut random = Random(setting("OAL_CODEC_SEED", 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    (0..setting("OAL_CODEC_BLOCKS", 300) as usize).map(move |i| {
        let len = match i {
            0..60 => i / 2,
            60..64 => 65536 - (i - 60),
            _ if random.below(16) == 0 => random.below(65537),
            _ => random.below(2000),
        };
        random.text(len)
    })
}

fn check<Z: CompressSnapshot + DecompressSnapshot>(codec: &mut Z) {
    let mut packed = vec![0; 65536];
    let (mut blocks, mut raw) = (0, 0);
    for text in texts() {
        let room = Z::max_compressed_len(text.len());
        let Some(len) = codec.compress_snapshot(&text, &mut packed[..room]) else {
            raw += 1;
            continue;
        };
        blocks += 1;
        let block = &packed[..len];
        assert!(len < text.len());
        assert_eq!(lz4::block::decompress(block, Some(text.len() as i32)).expect("liblz4 decodes it"), text);
        let mut back = vec![0; text.len()];
        assert_eq!(
            lz4_flex::block::decompress_into(block, &mut back).expect("lz4_flex decodes it"),
            text.len()
        );
        assert_eq!(back, text);
        back.fill(0);
        codec.decompress_snapshot(block, &mut back).expect("we decode it");
        assert_eq!(back, text);
        ends_as_the_format_says(block, text.len());

        let mut again = vec![0; room];
        assert_eq!(codec.compress_snapshot(&text, &mut again), Some(len), "the same text, the same block");
        assert_eq!(again[..len], *block);
        let mut tight = vec![0; len];
        assert_eq!(codec.compress_snapshot(&text, &mut tight), Some(len), "just enough room");
        assert_eq!(codec.compress_snapshot(&text, &mut tight[..len - 1]), None, "too little room");
    }
    println!("{blocks} blocks, {raw} left raw");
    assert!(blocks > raw);
}

/// The last five bytes are literals, and the last match starts at least twelve bytes before the end.
fn ends_as_the_format_says(block: &[u8], decoded: usize) {
    let mut bytes = block.iter().copied().map(usize::from).peekable();
    let (mut at, mut last_match) = (0, None);
    loop {
        let token = bytes.next().expect("a token");
        let length = |short: usize, bytes: &mut dyn Iterator<Item = usize>| {
            let mut more = if short == 15 { 255 } else { 0 };
            let mut length = short;
            while more == 255 {
                more = bytes.next().expect("a length");
                length += more;
            }
            length
        };
        let literals = length(token >> 4, &mut bytes);
        bytes.by_ref().take(literals).for_each(drop);
        at += literals;
        if bytes.peek().is_none() {
            assert_eq!(at, decoded);
            assert!(last_match.is_none() || literals >= 5, "{literals} literals at the end");
            assert!(last_match.is_none_or(|start| start + 12 <= decoded), "a match at {last_match:?}");
            return;
        }
        bytes.by_ref().take(2).for_each(drop);
        last_match = Some(at);
        at += 4 + length(token & 15, &mut bytes);
    }
}

#[test]
fn others_decode_what_the_fast_level_compresses() {
    check(&mut Lz4::new());
}

#[test]
fn others_decode_what_the_high_level_compresses() {
    let mut codec = Box::new(Lz4High::new());
    check(codec.as_mut());
}

#[test]
fn blocks_of_liblz4_decode_and_their_truncations_do_not() {
    let codec = Lz4::new();
    let mut random = Random(7);
    for (i, text) in texts().enumerate().filter(|(_, text)| !text.is_empty()) {
        let mode = if i % 2 == 0 { CompressionMode::FAST(1) } else { CompressionMode::HIGHCOMPRESSION(12) };
        let block = lz4::block::compress(&text, Some(mode), false).expect("liblz4 compresses");
        let mut back = vec![0; text.len()];
        codec.decompress_snapshot(&block, &mut back).expect("we decode it");
        assert_eq!(back, text);
        let cut = random.below(block.len());
        assert!(codec.decompress_snapshot(&block[..cut], &mut back).is_err());
    }
}

#[test]
fn more_than_64_kib_are_left_as_they_are() {
    let text = vec![7; 65537];
    let mut packed = vec![0; 65537];
    assert_eq!(Lz4::new().compress_snapshot(&text, &mut packed), None);
    let mut high = Box::new(Lz4High::new());
    assert_eq!(high.compress_snapshot(&text, &mut packed), None);
    assert!(Lz4::new().compress_snapshot(&text[1..], &mut packed).is_some());
}
