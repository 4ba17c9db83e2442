//! NOR flash: query data and status of a chip, or of two side by side.

use oal_drivers::cfi::{Bus, Cfi};

use crate::chips::{Answers, NoDelay, Patience};
use crate::input::Input;

/// Words of the window over the chips.
const WORDS: usize = 1 << 16;
/// Words of query data.
const QUERY: usize = 0x200;

/// What a read shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Array,
    Query,
    Status,
    Id,
}

/// Chips behind a bus of `LANES` times 16 lines.
struct Chip<'a, const LANES: u32> {
    query: Vec<u8>,
    /// Words of the query data in which the lanes differ.
    differ: Option<usize>,
    status: Answers<'a>,
    patience: Patience,
    mode: Mode,
    array: Vec<u8>,
}

impl<const LANES: u32> Bus for Chip<'_, LANES> {
    const LANES: u32 = LANES;

    fn words(&self) -> usize {
        WORDS
    }

    fn read(&mut self, word: usize) -> u32 {
        let value = match self.mode {
            Mode::Array => return 0xffff_ffff,
            Mode::Query => u32::from(self.query.get(word).copied().unwrap_or(0)),
            Mode::Id => u32::from(self.status.byte() & 1),
            Mode::Status => {
                let status = u32::from(self.status.byte());
                if status & 0x80 == 0 && self.patience.allows() { status } else { status | 0x80 }
            }
        };
        let differs = self.mode == Mode::Query && self.differ == Some(word);
        if LANES == 2 { value | (value ^ u32::from(differs)) << 16 } else { value }
    }

    fn write(&mut self, _: usize, value: u32) {
        self.mode = match value & 0xff {
            0x98 => Mode::Query,
            0x90 => Mode::Id,
            0xff => Mode::Array,
            _ => Mode::Status,
        };
    }

    fn bytes(&self) -> &[u8] {
        &self.array
    }
}

/// Options, query data, status bytes.
///
/// # Panics
/// See [`Target::run`](crate::Target::run).
pub fn run(bytes: &[u8]) -> bool {
    let mut input = Input::new(bytes);
    if input.flag() { used::<2>(&mut input) } else { used::<1>(&mut input) }
}

fn used<const LANES: u32>(input: &mut Input<'_>) -> bool {
    let how = input.byte();
    let mut query = sample();
    for _ in 0..how >> 4 {
        let at = input.half() % QUERY as u16;
        let patch = input.slice();
        crate::input::overwrite(&mut query, at.into(), patch);
    }
    let differ = (how & 2 != 0).then(|| input.below(QUERY));
    let chip = Chip::<LANES> {
        query,
        differ,
        status: Answers::new(input.rest()),
        patience: Patience::default(),
        mode: Mode::Array,
        array: vec![0xff; WORDS * 2 * LANES as usize],
    };
    let Ok(mut flash) = Cfi::identify(chip, NoDelay) else {
        return false;
    };
    let geometry = *flash.geometry();
    let bytes = geometry.bytes;
    let sum: usize = geometry.regions().map(|r| r.blocks as usize * r.block_bytes as usize).sum();
    assert!(bytes <= WORDS * 2 * LANES as usize && sum == bytes, "{geometry:?}");
    assert_eq!(geometry.block(bytes), None);
    for at in [0, bytes / 2, bytes - 1] {
        let block = geometry.block(at).expect("a block for every byte");
        assert!((block.start..block.start + block.len).contains(&at) && block.start + block.len <= bytes);
        let _ = flash.erase(block.start);
        let _ = flash.erase(at);
    }
    let data = [0x5a; 1024];
    for at in [0, 4, bytes / 2 - 512, bytes - 1024] {
        let _ = flash.program(at, &data);
        let _ = flash.program(at + 2, &data[..510]);
    }
    for at in [bytes - 4, bytes, usize::MAX - 3] {
        assert!(flash.program(at, &data).is_err(), "programmed outside");
    }
    assert!(flash.bytes().is_none_or(|array| array.len() == bytes));
    true
}

/// 128 KiB in blocks of 32 KiB and four of 8 KiB, with a buffer of 32 bytes and instant locking.
fn sample() -> Vec<u8> {
    let mut bytes = vec![0; QUERY];
    bytes[0x10..0x17].copy_from_slice(b"QRY\x01\x00\x0a\x01");
    bytes[0x1f..0x27].copy_from_slice(&[8, 9, 10, 0, 1, 2, 2, 0]);
    bytes[0x27..0x2d].copy_from_slice(&[17, 1, 0, 5, 0, 2]);
    bytes[0x2d..0x35].copy_from_slice(&[2, 0, 0x80, 0, 3, 0, 0x20, 0]);
    bytes[0x10a..0x110].copy_from_slice(b"PRI15\x20");
    bytes
}

/// Chips that work, one that does not, two that differ.
pub fn seeds() -> Vec<Vec<u8>> {
    vec![
        vec![0, 0, 0x80],
        vec![1, 1, 0x80],
        vec![1, 2, 0x27, 0, 0x80],
        vec![0, 0, 0x80, 0x00, 0x90, 0x80, 0xa0, 0x81, 0x82],
        // Another region, and no buffer.
        vec![0, 0x20, 0x2a, 0, 1, 0, 0x2c, 0, 9, 1, 3, 0, 0x80, 0, 0, 0, 0, 0, 0x80],
    ]
}
