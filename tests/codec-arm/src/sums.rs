//! The checksum against the table of crate `crc`.

use crc::{CRC_32_ISCSI, Crc, Table};
use oal_snapshot::crc32c::{Crc32c, crc32c};
use semihosting::println;

use crate::arena::{Against, source};
use crate::random::Random;

static TWIN: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);

/// Every length up to 3000 at each end of the arena, then long ones, in one and in several parts.
pub fn run(random: &mut Random) {
    let mut sums = 0_u32;
    for byte in source(1 << 20, Against::Start) {
        *byte = (random.next() >> 24) as u8;
    }
    let long = (0..200).map(|_| 3000 + random.below(70_000) as usize);
    let mut parts = Random::new(7);
    for len in (0..3000).chain(long) {
        for against in [Against::Start, Against::End] {
            let bytes = &*source(len, against);
            let expected = TWIN.checksum(bytes);
            let mut crc = Crc32c::new();
            let mut rest = bytes;
            while !rest.is_empty() {
                let (part, behind) = rest.split_at(1 + parts.below(rest.len() as u32) as usize);
                crc.update(part);
                rest = behind;
            }
            let (whole, split) = (crc32c(bytes), crc.finish());
            if whole != expected || split != expected {
                println!(
                    "FAILED: checksum of {len} bytes: {whole:#x} and {split:#x}, expected {expected:#x}"
                );
                semihosting::process::exit(1);
            }
            sums += 2;
        }
    }
    println!("checksum: {sums} alike");
}
