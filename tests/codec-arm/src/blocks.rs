//! Blocks to decode: sequences drawn at random, right by construction.

use crate::random::Random;

/// A block under construction.
pub struct Block<'a> {
    bytes: &'a mut [u8],
    len: usize,
    decoded: usize,
}

impl Block<'_> {
    fn push(&mut self, byte: u32) {
        self.bytes[self.len] = byte as u8;
        self.len += 1;
    }

    fn push_length(&mut self, length: u32) {
        let mut rest = length - 15;
        while rest >= 255 {
            self.push(255);
            rest -= 255;
        }
        self.push(rest);
    }
}

/// Fills `bytes` with a block of some sequences; its length and that of what it decodes to.
pub fn draw(random: &mut Random, bytes: &mut [u8]) -> (usize, usize) {
    let mut block = Block { bytes, len: 0, decoded: 0 };
    let sequences = match random.below(16) {
        0 => random.below(200),
        1..4 => random.below(40),
        _ => random.below(10),
    };
    for _ in 0..sequences {
        let literals = length(random);
        let matched = length(random);
        put_literals(random, &mut block, literals, matched.min(15));
        let most = block.decoded.min(65535) as u32;
        if most == 0 {
            // Nothing to repeat yet: give it something.
            block.len -= 1;
            put_literals(random, &mut block, 1, matched.min(15));
        }
        let most = block.decoded.min(65535) as u32;
        let offset = match random.below(4) {
            0 => 1 + random.below(most.min(40)),
            1 => 1 + random.below(most.min(8)),
            2 => (1 + random.below(most / 4 + 1)) * 4,
            _ => 1 + random.below(most),
        }
        .min(most);
        block.push(offset & 0xff);
        block.push(offset >> 8);
        if matched >= 15 {
            block.push_length(matched);
        }
        block.decoded += matched as usize + 4;
    }
    let literals = length(random);
    let nibble = random.below(16);
    put_literals(random, &mut block, literals, nibble);
    (block.len, block.decoded)
}

fn put_literals(random: &mut Random, block: &mut Block<'_>, literals: u32, low: u32) {
    block.push(literals.min(15) << 4 | low);
    if literals >= 15 {
        block.push_length(literals);
    }
    for _ in 0..literals {
        let byte = random.next();
        block.push(byte >> 24);
    }
    block.decoded += literals as usize;
}

/// A length: mostly short, often just what fits the token, at times past the bytes that the length field
/// grows by.
fn length(random: &mut Random) -> u32 {
    match random.below(64) {
        0 => random.below(600),
        1 | 2 => 250 + random.below(40),
        3..8 => random.below(80),
        8..20 => random.below(20),
        20..28 => 11 + random.below(5),
        _ => random.below(8),
    }
}
