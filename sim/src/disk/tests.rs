//! The disk does what the tests that run on it count on.

use super::*;

const OLD: [u8; 1024] = [0xaa; 1024];
const NEW: [u8; 1024] = [0x55; 1024];

fn disk() -> RamDisk {
    RamDisk::from_bytes(vec![0xaa; 16 * SECTOR_SIZE])
}

#[test]
fn a_cut_operation_is_done_up_to_its_byte_and_the_disk_is_off() {
    for (beyond, rest) in [(Beyond::Old, Some(0xaa)), (Beyond::New, Some(0x55)), (Beyond::Noise, None)] {
        let mut disk = disk();
        disk.cut(Cut { after: 1, bytes: 700, beyond });
        assert_eq!(disk.flush(), Ok(()));
        assert_eq!(disk.write(3, &NEW), Err(DiskError::PowerOff));
        assert_eq!(disk.read(0, &mut [0; 512]), Err(DiskError::PowerOff));
        let bytes = &disk.bytes()[3 * 512..5 * 512];
        assert!(bytes[..700].iter().all(|byte| *byte == 0x55));
        assert!(rest.is_none_or(|rest| bytes[700..].iter().all(|byte| *byte == rest)));
        assert!(disk.bytes()[5 * 512..].iter().all(|byte| *byte == 0xaa));
        disk.power_cycle();
        assert_eq!(disk.read(0, &mut [0; 512]), Ok(()));
    }
}

#[test]
fn noise_in_a_block_reaches_sectors_that_were_not_written() {
    let mut disk = disk();
    disk.cut(Cut { after: 0, bytes: 0, beyond: Beyond::NoiseInBlock });
    assert_eq!(disk.write_reliable(9, &NEW), Err(DiskError::PowerOff));
    assert!(disk.bytes()[..4096].iter().all(|byte| *byte == 0xaa), "but not those of other blocks");
    assert_ne!(disk.bytes()[4096..4608], OLD[..512]);
    assert_ne!(disk.bytes()[7680..], OLD[..512]);
}

#[test]
fn a_cache_is_lost_unless_it_was_flushed_or_passed_by() {
    let mut lost = 0;
    for seed in 0..16 {
        let mut disk = disk().with_cache().with_seed(seed);
        disk.write(0, &NEW).unwrap();
        disk.flush().unwrap();
        disk.write(2, &NEW).unwrap();
        disk.write_reliable(4, &NEW).unwrap();
        let mut seen = [0; 1024];
        disk.read(2, &mut seen).unwrap();
        assert_eq!(seen, NEW, "a reader sees what is in the cache");
        disk.power_cycle();
        assert_eq!((&disk.bytes()[..1024], &disk.bytes()[2048..3072]), (&NEW[..], &NEW[..]));
        lost += usize::from(disk.bytes()[1024..2048] != NEW);
    }
    assert!(lost > 0);
}

#[test]
fn faults_hit_the_operation_they_are_meant_for() {
    let mut disk = disk();
    disk.fail(Fault { operation: Operation::Write, after: 1, effect: Effect::Error });
    disk.fail(Fault { operation: Operation::Read, after: 0, effect: Effect::FlippedBit });
    assert_eq!(disk.write(0, &NEW), Ok(()));
    assert_eq!(disk.write(4, &NEW), Err(DiskError::Failed));
    assert_eq!(disk.write(6, &NEW), Ok(()));
    let mut seen = [0; 512];
    disk.read(0, &mut seen).unwrap();
    let wrong: u32 = seen.iter().zip(&NEW).map(|(a, b)| (a ^ b).count_ones()).sum();
    assert_eq!(wrong, 1);
    disk.read(0, &mut seen).unwrap();
    assert_eq!(seen, NEW[..512]);
    let counters = disk.counters();
    assert_eq!((counters.writes, counters.sectors_written, counters.reads), (3, 6, 2));
}

#[test]
fn a_range_past_the_end_is_refused() {
    let mut disk = disk();
    for (first, len) in [(15, 1024), (16, 512), (u64::MAX, 512), (0, 0), (0, 100)] {
        assert_eq!(disk.read(first, &mut vec![0; len]), Err(DiskError::BadRange));
        assert_eq!(disk.write(first, &vec![0; len]), Err(DiskError::BadRange));
    }
    assert_eq!(disk.counters(), Counters::default());
}

#[test]
fn an_atomic_reliable_write_leaves_old_or_new_sectors() {
    for bytes in 0..=1024 {
        for beyond in [Beyond::Old, Beyond::New, Beyond::Noise, Beyond::NoiseInBlock, Beyond::Unreadable] {
            let mut disk = disk().with_cache().with_atomic_writes();
            disk.cut(Cut { after: 0, bytes, beyond });
            assert_eq!(disk.write_reliable(3, &NEW), Err(DiskError::PowerOff));
            disk.power_cycle();
            let whole = if beyond == Beyond::New { 1024 } else { bytes / 512 * 512 };
            let mut seen = [0; 1024];
            disk.read(3, &mut seen).unwrap();
            assert!(seen[..whole] == NEW[..whole] && seen[whole..] == OLD[whole..], "{bytes} {beyond:?}");
            assert!(disk.bytes()[5 * 512..].iter().all(|byte| *byte == 0xaa));
        }
    }
}

#[test]
fn a_lost_cache_leaves_sectors_in_every_state_the_trait_allows() {
    let middle = [0x66; 512];
    let (mut old, mut new, mut between, mut torn, mut noise, mut unreadable) = (0, 0, 0, 0, 0, 0);
    for seed in 0..200 {
        let mut disk = disk().with_cache().with_unreadable_sectors().with_seed(seed);
        disk.write(2, &middle).unwrap();
        disk.write(2, &NEW[..512]).unwrap();
        disk.power_cycle();
        let mut seen = [0; 512];
        if disk.read(2, &mut seen).is_err() {
            unreadable += 1;
            disk.write(2, &OLD[..512]).unwrap();
            assert_eq!(disk.read(2, &mut seen), Ok(()), "writing makes a sector readable again");
            continue;
        }
        let one_of = |byte: &u8| [0xaa, 0x55, 0x66].contains(byte);
        match seen {
            _ if seen == OLD[..512] => old += 1,
            _ if seen == NEW[..512] => new += 1,
            _ if seen == middle => between += 1,
            _ if seen.iter().all(one_of) => torn += 1,
            _ => noise += 1,
        }
    }
    assert!([old, new, between, torn, noise, unreadable].iter().all(|count| *count > 5));
}

#[test]
fn a_torn_sector_can_be_unreadable_until_it_is_written() {
    let mut disk = disk();
    disk.cut(Cut { after: 0, bytes: 600, beyond: Beyond::Unreadable });
    assert_eq!(disk.write_reliable(3, &NEW), Err(DiskError::PowerOff));
    disk.power_cycle();
    let mut seen = [0; 512];
    assert_eq!([disk.read(3, &mut seen), disk.read(4, &mut seen)], [Ok(()), Err(DiskError::Failed)]);
    // A write of it that is cut short brings nothing back.
    disk.cut(Cut { after: 0, bytes: 100, beyond: Beyond::Old });
    assert_eq!(disk.write_reliable(4, &NEW[..512]), Err(DiskError::PowerOff));
    disk.power_cycle();
    assert_eq!(disk.read(4, &mut seen), Err(DiskError::Failed));
    disk.write(4, &NEW[..512]).unwrap();
    assert_eq!(disk.read(4, &mut seen), Ok(()));
}

#[test]
fn a_stale_read_gives_what_was_there_before_and_a_stale_write_is_lost() {
    let mut disk = disk().with_cache().with_history();
    disk.write(3, &NEW).unwrap();
    disk.flush().unwrap();
    disk.fail(Fault { operation: Operation::Read, after: 0, effect: Effect::Stale });
    disk.fail(Fault { operation: Operation::Write, after: 0, effect: Effect::Stale });
    let mut seen = [0; 1024];
    disk.read(3, &mut seen).unwrap();
    assert_eq!(seen, OLD);
    disk.write_reliable(3, &[0; 512]).unwrap();
    disk.read(3, &mut seen).unwrap();
    assert_eq!(seen, NEW);
}

#[test]
fn discarded_sectors_read_as_asked_for() {
    for (trim, byte) in [(Trim::Zeroes, Some(0)), (Trim::Ones, Some(0xff)), (Trim::Noise, None)] {
        let mut disk = disk().with_trim(trim);
        disk.discard(3, 2).unwrap();
        let seen = &disk.bytes()[3 * 512..5 * 512];
        assert!(byte.is_none_or(|byte| seen.iter().all(|seen| *seen == byte)) && seen != OLD);
    }
}

#[test]
fn power_can_go_between_any_two_operations_and_a_reset_keeps_the_cache() {
    for operations in 0..3 {
        let mut disk = disk().with_cache();
        disk.start_journal();
        disk.cut_between(operations);
        let mut seen = [0; 512];
        let results = [disk.write(0, &NEW).is_ok(), disk.read(0, &mut seen).is_ok(), disk.flush().is_ok()];
        assert_eq!(results, [0, 1, 2].map(|i| i < operations));
        assert!(disk.is_off());
        assert_eq!(disk.take_journal().len() as u64, operations);
    }
    let mut disk = disk().with_cache();
    disk.write(0, &NEW).unwrap();
    disk.reset();
    disk.flush().unwrap();
    assert_eq!(disk.bytes()[..1024], NEW);
}

#[test]
fn a_clone_is_a_disk_of_its_own() {
    let first = disk();
    let mut second = first.clone();
    second.write(0, &NEW).unwrap();
    assert_eq!((first.bytes()[0], second.bytes()[0]), (0xaa, 0x55));
}
