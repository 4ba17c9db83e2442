//! What a restore and a take do to bytes, on this machine, each beside what else could do it.
//! `cargo xtask bench` runs it and prints ratios of times that were taken in one run: decode and compress
//! against liblz4 and `lz4_flex`, the checksum against a table and against memcpy, zero-page detection
//! against memcpy.
//!
//! `OAL_BENCH_PAGES` names a file of pages, one after the other; without it they are made up.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use lz4::block::{CompressionMode, compress_to_buffer, decompress_to_buffer};
use oal_snapshot::codec::{Lz4, Lz4High};
use oal_snapshot::crc32c::crc32c;
use oal_snapshot::hooks::{CompressSnapshot, DecompressSnapshot};
use oal_snapshot::image::CHUNK_BYTES;
use oal_snapshot::mem::Page;

/// Most bytes of the file that are used.
const MOST: usize = 4 << 20;
const PAGE: usize = 4096;

/// Pages, a chunk's at a time.
fn chunks() -> Vec<Vec<u8>> {
    let bytes = match std::env::var_os("OAL_BENCH_PAGES") {
        Some(path) => std::fs::read(&path).expect("the file that OAL_BENCH_PAGES names"),
        None => made_up(),
    };
    // From the beginning, the middle and the end alike.
    let all: Vec<&[u8]> = bytes.chunks_exact(CHUNK_BYTES).collect();
    let step = all.len().div_ceil(MOST / CHUNK_BYTES).max(1);
    all.into_iter().step_by(step).map(<[u8]>::to_vec).collect()
}

/// Words of a few hundred, one behind the other, and every eighth page noise.
fn made_up() -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut bytes = Vec::with_capacity(MOST);
    while bytes.len() < MOST {
        if bytes.len() / PAGE % 8 == 7 {
            bytes.extend(next().to_le_bytes());
        } else {
            let word = next() % 300;
            bytes.extend(format!("{:x} ", word * word * 7919).bytes());
        }
    }
    bytes
}

fn compressed(chunks: &[Vec<u8>]) -> Vec<(Vec<u8>, usize)> {
    let mut codec = Lz4::new();
    let mut out = vec![0; CHUNK_BYTES];
    let pack = |chunk: &Vec<u8>| {
        codec.compress_snapshot(chunk, &mut out).map(|len| (out[..len].to_vec(), chunk.len()))
    };
    chunks.iter().filter_map(pack).collect()
}

fn decode(c: &mut Criterion, blocks: &[(Vec<u8>, usize)]) {
    let mut out = vec![0; CHUNK_BYTES];
    let mut group = c.benchmark_group("decode");
    group.throughput(Throughput::Bytes(blocks.iter().map(|(_, len)| *len as u64).sum()));
    let codec = Lz4::new();
    group.bench_function("ours", |b| {
        b.iter(|| {
            blocks.iter().for_each(|(block, len)| {
                codec.decompress_snapshot(block, &mut out[..*len]).expect("a right block");
            })
        })
    });
    group.bench_function("liblz4", |b| {
        b.iter(|| {
            blocks.iter().for_each(|(block, len)| {
                decompress_to_buffer(block, Some(*len as i32), &mut out).expect("a right block");
            })
        })
    });
    group.bench_function("lz4_flex", |b| {
        b.iter(|| {
            blocks.iter().for_each(|(block, len)| {
                lz4_flex::block::decompress_into(block, &mut out[..*len]).expect("a right block");
            })
        })
    });
    let plain = vec![7_u8; CHUNK_BYTES];
    group.bench_function("memcpy", |b| {
        b.iter(|| {
            blocks.iter().for_each(|(_, len)| {
                black_box(&mut out[..*len]).copy_from_slice(black_box(&plain[..*len]));
            })
        })
    });
    group.finish();
}

fn compress(c: &mut Criterion, chunks: &[Vec<u8>]) {
    let mut out = vec![0; 2 * CHUNK_BYTES];
    let mut group = c.benchmark_group("compress");
    group.throughput(Throughput::Bytes(chunks.iter().map(|chunk| chunk.len() as u64).sum()));
    let mut fast = Lz4::new();
    group.bench_function("ours", |b| {
        b.iter(|| {
            chunks.iter().for_each(|chunk| {
                black_box(fast.compress_snapshot(chunk, &mut out));
            })
        })
    });
    let mut high = Box::new(Lz4High::new());
    group.bench_function("ours_high", |b| {
        b.iter(|| {
            chunks.iter().for_each(|chunk| {
                black_box(high.compress_snapshot(chunk, &mut out));
            })
        })
    });
    for (name, mode) in
        [("liblz4", CompressionMode::DEFAULT), ("liblz4_hc", CompressionMode::HIGHCOMPRESSION(12))]
    {
        group.bench_function(name, |b| {
            b.iter(|| {
                chunks.iter().for_each(|chunk| {
                    compress_to_buffer(chunk, Some(mode), false, &mut out).expect("room for the worst");
                })
            })
        });
    }
    group.bench_function("lz4_flex", |b| {
        b.iter(|| {
            chunks.iter().for_each(|chunk| {
                lz4_flex::block::compress_into(chunk, &mut out).expect("room for the worst");
            })
        })
    });
    group.finish();
}

fn check(c: &mut Criterion, chunks: &[Vec<u8>]) {
    const TABLE: crc::Crc<u32, crc::Table<16>> = crc::Crc::<u32, crc::Table<16>>::new(&crc::CRC_32_ISCSI);
    let mut group = c.benchmark_group("checksum");
    group.throughput(Throughput::Bytes(chunks.iter().map(|chunk| chunk.len() as u64).sum()));
    group.bench_function("ours", |b| b.iter(|| chunks.iter().fold(0, |sum, chunk| sum ^ crc32c(chunk))));
    group.bench_function("table16", |b| {
        b.iter(|| chunks.iter().fold(0, |sum, chunk| sum ^ TABLE.checksum(chunk)))
    });
    let mut out = vec![0; CHUNK_BYTES];
    group.bench_function("memcpy", |b| {
        b.iter(|| {
            chunks
                .iter()
                .for_each(|chunk| black_box(&mut out[..chunk.len()]).copy_from_slice(black_box(chunk)))
        })
    });
    group.finish();
}

fn zero_pages(c: &mut Criterion) {
    let pages = vec![Page::ZERO; MOST / PAGE];
    let mut out = vec![Page::ZERO; MOST / PAGE];
    let mut group = c.benchmark_group("zero_page");
    group.throughput(Throughput::Bytes(MOST as u64));
    group.bench_function("ours", |b| {
        b.iter(|| black_box(&pages).iter().filter(|page| page.is_zero()).count())
    });
    group.bench_function("memcpy", |b| {
        b.iter(|| Page::bytes_mut(black_box(&mut out)).copy_from_slice(Page::bytes(black_box(&pages))))
    });
    group.finish();
}

fn all(c: &mut Criterion) {
    let chunks = chunks();
    decode(c, &compressed(&chunks));
    compress(c, &chunks);
    check(c, &chunks);
    zero_pages(c);
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .without_plots()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800));
    targets = all
}
criterion_main!(benches);
