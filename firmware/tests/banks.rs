//! RAM in banks with holes between them: what is mapped, and what is free.

use oal_firmware::heap::{PageHeap, free_of};
use oal_firmware::mapping::{GRANULE, Map, Mapping, ReadWindow};
use oal_snapshot::frame::{PAGE_SIZE, Pfn, RamRegion};

const MIB: u64 = GRANULE;

/// Two banks of memory of this process, apart by at least a page: their places, and the memory that must
/// outlive them.
fn two_banks() -> ([RamRegion; 2], Vec<u8>) {
    let memory = vec![0_u8; 12 * PAGE_SIZE];
    let start = (memory.as_ptr() as u64).next_multiple_of(PAGE_SIZE as u64);
    let page = PAGE_SIZE as u64;
    ([RamRegion::new(start, 4 * page), RamRegion::new(start + 6 * page, 5 * page)], memory)
}

#[test]
fn banks_are_mapped_as_ram_and_the_hole_between_them_as_a_device() {
    let ram = [RamRegion::new(4 * MIB, 2 * MIB), RamRegion::new(8 * MIB, MIB)];
    let oem = [RamRegion::new(9 * MIB + 4096, 4096), RamRegion::new(12 * MIB, 4096)];
    let uncached = [RamRegion::new(12 * MIB, MIB)];
    let window = Some(ReadWindow { at: 20 * MIB, physical: 100 * MIB, bytes: 2 * MIB });
    let map = Map { code: 4 * MIB..5 * MIB, ram: &ram, oem: &oem, uncached: &uncached, window };
    let at = |mib: u64| map.at(mib * MIB);
    assert_eq!(at(0), Mapping::None);
    assert_eq!(
        [at(4), at(5), at(6), at(7), at(8)],
        [Mapping::Code, Mapping::Ram, Mapping::Device, Mapping::Device, Mapping::Ram]
    );
    // A region outside RAM is cached where nothing says otherwise, be it a part of its MiB only.
    assert_eq!([at(9), at(10), at(12)], [Mapping::Ram, Mapping::Device, Mapping::Uncached]);
    assert_eq!(at(21), Mapping::Window(101 * MIB));
    assert_eq!(at(22), Mapping::Device);
}

#[test]
fn what_is_free_is_the_rest_of_the_statics_bank_and_all_of_the_others() {
    let ram = [RamRegion::new(4 * MIB, 2 * MIB), RamRegion::new(8 * MIB, MIB), RamRegion::new(16 * MIB, MIB)];
    let mib = MIB as usize;
    let free: Vec<_> = free_of(&ram, 8 * mib + 4096).collect();
    assert_eq!(free, [4 * mib..6 * mib, 8 * mib + 4096..9 * mib, 16 * mib..17 * mib]);
}

#[test]
fn pages_come_from_the_first_bank_that_has_them_or_from_the_end_of_the_last_one_and_never_from_the_hole() {
    let (banks, memory) = two_banks();
    let start = banks[0].base as usize;
    // SAFETY: the banks are this test's own memory, which outlives the heap.
    let mut heap = unsafe { PageHeap::new(free_of(&banks, start + PAGE_SIZE)) };
    assert_eq!(heap.longest(), 5 * PAGE_SIZE);
    assert_eq!(heap.free().map(|run| run.count).collect::<Vec<_>>(), [3, 5]);

    let place = |bytes: &[u8]| (bytes.as_ptr() as usize - start) / PAGE_SIZE;
    assert_eq!(place(heap.take_bottom(2 * PAGE_SIZE).unwrap()), 1);
    // The first bank has one page left.
    assert_eq!(place(heap.take_bottom(PAGE_SIZE + 1).unwrap()), 6);
    assert_eq!(place(heap.take_top(PAGE_SIZE).unwrap()), 10);
    assert_eq!(place(heap.take_bottom(1).unwrap()), 3);
    assert!(heap.take_bottom(3 * PAGE_SIZE).is_none());
    assert_eq!(heap.free().map(|run| run.count).collect::<Vec<_>>(), [2]);

    let frame = |page: usize| Pfn::containing((start + page * PAGE_SIZE) as u64);
    let free: Vec<usize> = (0..11).filter(|page| heap.is_free(frame(*page))).collect();
    assert_eq!(free, [8, 9]);
    drop(memory);
}

#[test]
fn trimming_a_bank_leaves_the_other_one_as_it_is() {
    let (banks, memory) = two_banks();
    let start = banks[0].base as usize;
    // SAFETY: as above.
    let mut heap = unsafe { PageHeap::new(free_of(&banks, start)) };
    heap.take_bottom(4 * PAGE_SIZE).unwrap();
    heap.take_bottom(4 * PAGE_SIZE).unwrap();
    let end = start + 7 * PAGE_SIZE - 100;
    let pages = |runs: Vec<core::ops::Range<usize>>| -> Vec<usize> {
        runs.iter().map(|run| run.len() / PAGE_SIZE).collect()
    };
    assert_eq!(pages(heap.free_once_trimmed(Some(end)).collect()), [0, 4]);
    assert_eq!(pages(heap.free_once_trimmed(None).collect()), [0, 1]);
    // SAFETY: what was taken is not used.
    unsafe { heap.trim_bottom(end) };
    assert_eq!(heap.free().map(|run| run.count).collect::<Vec<_>>(), [4]);
    drop(memory);
}
