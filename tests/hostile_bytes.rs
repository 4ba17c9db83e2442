//! Any bytes on the medium give an image or a reason: never a panic, a hang, or a write outside saved memory.

use std::sync::LazyLock;

use oal_sim::image::seal_header;
use oal_sim::{Machine, RamDisk, Shelf, layout};
use oal_snapshot::boot::BootEnd;
use oal_snapshot::crc32c::crc32c;
use oal_snapshot::image::{ChunkEntry, Extent, HEADER_LEN, Header, MAGIC};
use oal_snapshot::store::{
    BlockStore, LOG_RECORDS, Partition, Record, SNAPSHOT_PARTITION_TYPE, Slots, StoreSettings,
};
use proptest::collection::vec;
use proptest::prelude::*;

const SETTINGS: StoreSettings = StoreSettings { slots: Slots::Two, max_attempts: 2 };

/// A disk with two images of the tiny machine.
static DISK: LazyLock<RamDisk> = LazyLock::new(|| {
    let mut disk = RamDisk::blank(64 + 2 * 12 * 8);
    for seed in [1, 2] {
        let _ = Machine::tiny(seed).take(&mut BlockStore::new(&mut disk, SETTINGS).unwrap()).unwrap();
    }
    disk
});

/// Boots from `disk`, takes a snapshot, boots again: whatever happens, memory outside saved memory stays.
fn survives(disk: &mut RamDisk) {
    let noise = Machine::tiny(0).restarted(3);
    for _ in 0..2 {
        let mut machine = noise.clone();
        let booted = machine.boot(&mut BlockStore::new(&mut *disk, SETTINGS).unwrap());
        assert!(machine.has_the_rest_of(&noise));
        assert!(!matches!(booted.end, BootEnd::Cold(_)) || machine.cpu == noise.cpu);
        // It may be refused for want of sequence numbers, but not more.
        let _ = Machine::tiny(4).take(&mut BlockStore::new(&mut *disk, SETTINGS).unwrap());
    }
}

/// Makes the checksum of every part of a header right that lies within the image.
fn seal_parts(image: &mut [u8]) {
    for part in [120, 136, 152] {
        let offset = u64::from_le_bytes(image[part..part + 8].try_into().unwrap()) as usize;
        let len = u32::from_le_bytes(image[part + 8..part + 12].try_into().unwrap()) as usize;
        let Some(bytes) = offset.checked_add(len).and_then(|end| image.get(offset..end)) else { continue };
        let crc = crc32c(bytes);
        image[part + 12..part + 16].copy_from_slice(&crc.to_le_bytes());
    }
    seal_header(image);
}

/// Bytes to write over others: interesting values more often than others.
fn tampering(within: usize) -> impl Strategy<Value = Vec<(usize, Vec<u8>)>> {
    let value = prop_oneof![
        vec(any::<u8>(), 1..9),
        (1_usize..9).prop_map(|len| vec![0xff; len]),
        (1_usize..9).prop_map(|len| vec![0; len]),
        (0_u32..70000).prop_map(|number| number.to_le_bytes().to_vec()),
    ];
    vec((0..within, value), 1..6)
}

fn tamper(bytes: &mut [u8], changes: &[(usize, Vec<u8>)]) {
    for (at, value) in changes {
        let at = at % bytes.len();
        let len = value.len().min(bytes.len() - at);
        bytes[at..at + len].copy_from_slice(&value[..len]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_header_of_any_bytes_decodes_to_what_encodes_to_it_or_not_at_all(
        changes in tampering(HEADER_LEN),
        noise in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let mut page = [0; HEADER_LEN];
        if noise {
            oal_sim::Rng::new(seed).fill(&mut page[..256]);
            page[..8].copy_from_slice(&MAGIC);
        } else {
            let entry = layout::newest(&mut DISK.clone()).unwrap().slots[0].unwrap();
            page.copy_from_slice(&layout::image_mut(&mut DISK.clone(), entry.id.0)[..HEADER_LEN]);
        }
        tamper(&mut page[..256], &changes);
        seal_header(&mut page);
        if let Ok(header) = Header::decode(&page) {
            let mut again = [0; HEADER_LEN];
            header.encode(&mut again);
            // Compatible feature bits that this reader does not know are ignored: they do not come back.
            page[116..120].fill(0);
            seal_header(&mut page);
            prop_assert!(again == page);
        }
    }

    #[test]
    fn a_record_of_any_bytes_decodes_to_what_encodes_to_it_or_not_at_all(
        changes in tampering(120),
        seal in any::<bool>(),
        noise in any::<[u8; 32]>(),
    ) {
        let mut bytes = layout::newest(&mut DISK.clone()).unwrap().encode();
        bytes[32..64].copy_from_slice(&noise);
        tamper(&mut bytes[..120], &changes);
        if seal {
            let crc = crc32c(&bytes[..508]);
            bytes[508..].copy_from_slice(&crc.to_le_bytes());
        }
        if let Ok(record) = Record::decode(&bytes) {
            let again = record.encode();
            prop_assert_eq!(Record::decode(&again), Ok(record));
        }
    }

    #[test]
    fn extents_and_index_entries_decode_to_what_encodes_to_them_or_not_at_all(
        extent in any::<[u8; 16]>(),
        kind in 0_u8..4,
        entry in any::<[u8; 8]>(),
    ) {
        let mut extent = extent;
        extent[12..].copy_from_slice(&[kind, 0, 0, 0]);
        if let Ok(decoded) = Extent::decode(&extent) {
            prop_assert_eq!(decoded.encode(), extent);
        }
        if let Ok(decoded) = ChunkEntry::decode(&entry) {
            prop_assert_eq!(decoded.encode(), entry);
        }
    }

    #[test]
    fn a_medium_of_noise_gives_a_cold_boot_and_takes_a_snapshot(seed in any::<u64>()) {
        survives(&mut RamDisk::noise(64 + 2 * 12 * 8, seed));
        prop_assert!(Partition::find(RamDisk::noise(1, seed), SNAPSHOT_PARTITION_TYPE).is_err());
    }

    #[test]
    fn a_tampered_log_with_right_checksums_does_no_harm(
        changes in vec((0..LOG_RECORDS, tampering(120)), 1..4),
    ) {
        let mut disk = DISK.clone();
        for (i, changes) in &changes {
            let bytes = layout::record_bytes(&mut disk, *i);
            tamper(&mut bytes[..120], changes);
            let crc = crc32c(&bytes[..508]);
            bytes[508..].copy_from_slice(&crc.to_le_bytes());
        }
        survives(&mut disk);
    }

    #[test]
    fn a_tampered_image_with_right_checksums_does_no_harm(
        changes in tampering(5 * 4096),
        small in tampering(256),
        sealed in any::<bool>(),
    ) {
        let mut disk = DISK.clone();
        let id = layout::newest(&mut disk).unwrap().slots.iter().flatten().map(|entry| entry.id.0).max().unwrap();
        let image = layout::image_mut(&mut disk, id);
        if sealed {
            // Magic and version stay, so that the rest is looked at. The parts' beginnings matter most.
            tamper(&mut image[16..208], &small[..1]);
            for page in 1..4 {
                tamper(&mut image[page * 4096..page * 4096 + 64], &small);
            }
            seal_parts(image);
        } else {
            tamper(image, &changes);
        }
        survives(&mut disk);
    }

    #[test]
    fn tampered_chunks_with_right_checksums_do_no_harm(changes in tampering(65536)) {
        let mut disk = DISK.clone();
        let id = layout::newest(&mut disk).unwrap().slots.iter().flatten().map(|entry| entry.id.0).max().unwrap();
        let mut image = oal_sim::Image::parse(layout::image_mut(&mut disk, id)).unwrap();
        for i in 0..image.chunks.len() {
            tamper(&mut image.chunks[i], &changes);
            let raw = image.index[i].is_raw();
            image.index_chunk(i, raw);
        }
        let noise = Machine::tiny(0).restarted(3);
        let mut machine = noise.clone();
        machine.boot(&mut Shelf::with_image(image.build(), id));
        prop_assert!(machine.has_the_rest_of(&noise));
    }
}
