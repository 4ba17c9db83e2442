//! Instructions for a byte, over the chunks that the host loaded. One instruction is 16 ns of the global
//! timer's time under `-icount shift=4`.

use oal_snapshot::codec::{Lz4, Lz4High};
use oal_snapshot::crc32c::crc32c;
use oal_snapshot::hooks::{CompressSnapshot, DecompressSnapshot};
use oal_snapshot::mem::{self, Page};
use semihosting::println;

use crate::arena::{Against, Large, target};

static CODEC: Lz4 = Lz4::new();
static ZERO: Page = Page::ZERO;

/// The global timer of the Cortex-A9 (ARM DDI 0407I 4.4), 100 MHz on this board.
pub fn ticks() -> u64 {
    let (low, high) = (0x1e00_0200 as *const u32, 0x1e00_0204 as *const u32);
    // SAFETY: the timer is mapped as Device memory, and reading it changes nothing.
    unsafe { u64::from(high.read_volatile()) << 32 | u64::from(low.read_volatile()) }
}

/// The instructions of `ticks`.
pub fn instructions_of(ticks: u64) -> u64 {
    ticks * 10 / 16
}

/// Switches the global timer on.
pub fn start_timer() {
    // SAFETY: the timer's control register; nobody else uses it.
    unsafe { (0x1e00_0208 as *mut u32).write_volatile(1) };
}

fn instructions(since: u64) -> u64 {
    instructions_of(ticks() - since)
}

/// A chunk.
static OUT: Large<[u8; 1 << 16]> = Large::new([0; 1 << 16]);
static FAST: Large<Lz4> = Large::new(Lz4::new());
static HIGH: Large<Lz4High> = Large::new(Lz4High::new());

/// Compresses every 8th chunk by both levels.
fn compress(corpus: &[u8]) {
    // SAFETY: this function alone uses the statics, once.
    let (fast, high, out) = unsafe { (FAST.get(), HIGH.get(), OUT.get()) };
    let word = |at: usize| u32::from_le_bytes([corpus[at], corpus[at + 1], corpus[at + 2], corpus[at + 3]]);
    let (mut at, mut chunk, mut raw, mut by_fast, mut by_high) = (0, 0, 0_u64, 0, 0);
    let (mut fast_len, mut high_len) = (0, 0);
    while word(at) != 0 {
        let (len, of) = (word(at) as usize, word(at + 4) as usize);
        let bytes = &corpus[at + 8..at + 8 + len];
        at += 8 + len.next_multiple_of(4);
        chunk += 1;
        if len == of || chunk % 8 != 0 {
            continue;
        }
        let dst = target(of, Against::End);
        assert!(CODEC.decompress_snapshot(bytes, dst).is_ok());
        let start = ticks();
        fast_len += fast.compress_snapshot(dst, out).unwrap_or(of);
        by_fast += instructions(start);
        let start = ticks();
        high_len += high.compress_snapshot(dst, out).unwrap_or(of);
        by_high += instructions(start);
        raw += of as u64;
    }
    let per = |count: u64| (count * 1000 / raw) as f32 / 1000.0;
    println!(
        "compress {} per byte to {fast_len}, high {} to {high_len}, of {raw}",
        per(by_fast),
        per(by_high)
    );
}

/// Prints what each thing takes.
pub fn run(corpus: &[u8]) {
    start_timer();
    let (mut at, mut raw, mut stored) = (0, 0_u64, 0_u64);
    let (mut decode, mut check, mut copy, mut scan, mut pages, mut clear) = (0, 0, 0, 0, 0_u64, 0);
    let (mut chunks, mut twin) = (0_u32, 0);
    let word = |at: usize| u32::from_le_bytes([corpus[at], corpus[at + 1], corpus[at + 2], corpus[at + 3]]);
    while word(at) != 0 {
        let (len, of) = (word(at) as usize, word(at + 4) as usize);
        let bytes = &corpus[at + 8..at + 8 + len];
        at += 8 + len.next_multiple_of(4);
        let dst = target(of, Against::End);
        if len == of {
            let start = ticks();
            mem::copy(dst, bytes);
            copy += instructions(start);
        } else {
            // SAFETY: what the last round took is no longer used.
            let expected = &mut unsafe { OUT.get() }[..of];
            let start = ticks();
            assert!(lz4_flex::block::decompress_into(bytes, expected).is_ok());
            twin += instructions(start);
            let start = ticks();
            let right = CODEC.decompress_snapshot(bytes, dst).is_ok();
            decode += instructions(start);
            assert!(right && dst == expected, "decoded as the twin does");
        }
        let start = ticks();
        core::hint::black_box(crc32c(bytes));
        check += instructions(start);
        let (as_pages, _) = dst.as_chunks::<4096>();
        for page in as_pages {
            // SAFETY: a page has the layout of its bytes, and the target is aligned.
            let page = unsafe { &*page.as_ptr().cast::<Page>() };
            let start = ticks();
            core::hint::black_box(page.is_zero());
            scan += instructions(start);
            pages += 1;
        }
        chunks += 1;
        raw += of as u64;
        stored += len as u64;
    }
    compress(corpus);
    let start = ticks();
    core::hint::black_box(core::hint::black_box(&ZERO).is_zero());
    let zero = instructions(start);
    let start = ticks();
    mem::clear(target(1 << 16, Against::End));
    clear += instructions(start);
    // SAFETY: what the last round took is no longer used.
    let from = unsafe { OUT.get() };
    let start = ticks();
    mem::copy(target(1 << 16, Against::End), core::hint::black_box(&*from));
    let plain = instructions(start);
    let to = target(1 << 16, Against::End);
    let start = ticks();
    to.copy_from_slice(core::hint::black_box(&*from));
    let memcpy = instructions(start);
    let per = |count: u64, bytes: u64| (count * 1000 / bytes) as f32 / 1000.0;
    println!("{chunks} chunks, {raw} bytes, stored {stored}");
    println!("decode {} per byte restored (the twin: {})", per(decode + copy, raw), per(twin, raw));
    println!("of that, raw chunks {copy}");
    println!("checksum {} per byte stored, {} per byte restored", per(check, stored), per(check, raw));
    println!("zero scan {} per byte, {} for a zero page", per(scan, pages * 4096), per(zero, 4096));
    println!("clear {} per byte", per(clear, 65536));
    println!("copy {} per byte (the compiler's memcpy: {})", per(plain, 65536), per(memcpy, 65536));
}
