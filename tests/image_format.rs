//! `docs/image-format.md` is right: its worked example is a real image, and images of every version of the
//! format keep decoding.

use oal_sim::machine::{frames, region};
use oal_sim::{FakeSystem, Image, Machine, RamDisk, Shelf, layout};
use oal_snapshot::frame::Pfn;
use oal_snapshot::image::{Chunks, ExtentKind};
use oal_snapshot::store::{BlockStore, Slots, StoreSettings};

mod listing;

const DOCUMENT: &str = include_str!("../docs/image-format.md");
const VERSION_1: &[u8] = include_bytes!("data/image-v1.bin");
const VERSION_2: &[u8] = include_bytes!("data/image-v2.bin");

/// The machine of the worked example.
fn machine() -> Machine {
    let mut machine = Machine::new(FakeSystem {
        ram: vec![region(0x100, 20)],
        nosave: vec![region(0x113, 1)],
        free: vec![frames(0x112, 1)],
        ..FakeSystem::default()
    });
    for frame in 0x100..0x110 {
        machine.ram.page_mut(Pfn(frame)).as_chunks_mut().0.fill(*b"OAL!");
    }
    for (number, word) in (0x1000_u16..).zip(machine.ram.page_mut(Pfn(0x111)).as_chunks_mut().0) {
        *word = number.to_le_bytes();
    }
    machine.cpu.registers[..4].copy_from_slice(&[0x6000_0100, 0x1df, 0x6010_0000, 0xcafe_f00d]);
    machine.identity.board = *b"example board\0\0\0";
    machine.identity.build = *b"build 2026-01-01 12:00 of main\0\0";
    machine.settings.oem_data = 0x0123_4567;
    machine
}

/// Boots `image` on the example's machine, full of noise.
fn boot(image: &[u8]) -> Machine {
    let mut booted = machine().restarted(1);
    let end = booted.boot(&mut Shelf::with_image(image.to_vec(), 2));
    assert_eq!(end.id(), Some(2), "{end:?}");
    booted
}

#[test]
fn the_worked_example_is_what_a_snapshot_of_its_machine_writes() {
    // The library's LZ4 may change what it writes one day: then the example changes, and the format does not.
    let mut disk = RamDisk::blank(64 + 2 * 8 * 8);
    let settings = StoreSettings { slots: Slots::Two, max_attempts: 3 };
    let _ = machine().take(&mut BlockStore::new(&mut disk, settings).unwrap()).unwrap();
    listing::assert_same(&listing::read(DOCUMENT, "worked example"), layout::image_mut(&mut disk, 2));
}

#[test]
fn the_worked_example_decodes_to_what_its_text_says() {
    let bytes = listing::read(DOCUMENT, "worked example");
    let image = Image::parse(&bytes).unwrap();
    let extents: Vec<_> = image.extents.iter().map(|e| (e.frames.first.0, e.frames.count, e.kind)).collect();
    let expected =
        [(0x100, 16, ExtentKind::Data), (0x110, 1, ExtentKind::Zero), (0x111, 1, ExtentKind::Data)];
    assert_eq!(extents, expected);
    let chunks: Vec<_> = Chunks::new(&image.extents).collect();
    assert_eq!(chunks, [&[frames(0x100, 16)][..], &[frames(0x111, 1)]]);
    assert!(!image.index[0].is_raw() && image.index[1].is_raw());
    assert_eq!((image.header.data_pages, image.header.zero_pages), (17, 1));
    assert!(boot(&bytes).is_as(&machine()));
}

/// Boots a stored image of the example's machine, and puts it together again.
fn keeps_decoding(stored: &[u8], version: u32, resume_address: u64) {
    assert_eq!(stored[8..12], version.to_le_bytes());
    let image = Image::parse(stored).unwrap();
    assert_eq!((image.header.version, image.header.id.0), (version, 2));
    assert_eq!((image.header.oem_data, image.header.resume_address), (0x0123_4567, resume_address));
    assert!(boot(stored).is_as(&machine()));
    assert!(image.build() == stored, "the test's own writer writes another image");
}

#[test]
fn images_of_format_version_1_keep_decoding() {
    keeps_decoding(VERSION_1, 1, 0x6000_0100);
}

#[test]
fn images_of_format_version_2_keep_decoding() {
    keeps_decoding(VERSION_2, 2, 0x01df_6000_0100);
}
