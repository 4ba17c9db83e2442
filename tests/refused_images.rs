//! Every fault of an image has a stage and a reason of its own. Alone it ends in a cold boot; with an older
//! image in the other slot that one boots, and the report says why. Memory outside saved memory is never
//! touched.

use std::sync::LazyLock;

use oal_sim::image::seal_header;
use oal_sim::machine::{frames, region};
use oal_sim::{Image, Machine, RamDisk, Shelf, layout};
use oal_snapshot::codec::Lz4;
use oal_snapshot::cpu::{Architecture, CpuContext};
use oal_snapshot::crc32c::crc32c;
use oal_snapshot::frame::PAGE_SIZE;
use oal_snapshot::image::{
    ChunkEntry, Contents, Extent, ExtentKind, HEADER_LEN, Header, MAX_CONTEXT_BYTES, Reader, feature,
};
use oal_snapshot::refusal::{Reason, Stage};
use oal_snapshot::store::{BlockStore, Slots, StoreSettings};
use oal_snapshot::workspace::STORED_BYTES;

const SETTINGS: StoreSettings = StoreSettings { slots: Slots::Two, max_attempts: 0 };

/// A disk with the sample machines 1 and 2, and the names of both images.
static TWO: LazyLock<(RamDisk, u64, u64)> = LazyLock::new(|| {
    let mut disk = RamDisk::blank(64 + 2 * 120 * 8);
    let mut take = |seed| {
        let _ = Machine::sample(seed).take(&mut BlockStore::new(&mut disk, SETTINGS).unwrap()).unwrap();
        let record = layout::newest(&mut disk).unwrap();
        record.slots.iter().flatten().map(|entry| entry.id.0).max().unwrap()
    };
    let (older, newer) = (take(1), take(2));
    (disk, older, newer)
});

/// The bytes of the newer image.
fn image() -> Vec<u8> {
    let (disk, _, newer) = &*TWO;
    layout::image_mut(&mut disk.clone(), *newer).to_vec()
}

fn parsed() -> Image {
    Image::parse(&image()).unwrap()
}

/// Boots `bytes` in place of the newer image, alone and with the older one.
#[track_caller]
fn refused(bytes: Vec<u8>, stage: Stage, reason: Reason) {
    let (disk, older, newer) = &*TWO;
    let noise = Machine::sample(0).restarted(5);

    let mut machine = noise.clone();
    let booted = machine.boot(&mut Shelf::with_image(bytes.clone(), *newer));
    assert_eq!(booted.cold(), Some((stage, reason)));
    assert_eq!(booted.refused(), [(stage, reason)]);
    assert_eq!((booted.report.booted, booted.report.attempt), (None, 0));
    assert!(machine.has_the_rest_of(&noise), "memory outside saved memory was touched");
    assert!(stage == Stage::Chunk || machine.has_ram_of(&noise), "memory was touched before all was checked");
    assert_eq!(machine.cpu, noise.cpu, "not entered");

    let mut disk = disk.clone();
    let mut record = layout::newest(&mut disk).unwrap();
    let entry = record.slots.iter_mut().flatten().find(|entry| entry.id.0 == *newer).unwrap();
    entry.image_len = bytes.len() as u64;
    entry.span = entry.span.max(entry.image_len / 512);
    record.sequence += 1;
    layout::put_record(&mut disk, &record);
    layout::image_mut(&mut disk, *newer).copy_from_slice(&bytes);
    let mut machine = noise.clone();
    let booted = machine.boot(&mut BlockStore::new(&mut disk, SETTINGS).unwrap());
    assert_eq!(booted.id(), Some(*older));
    assert_eq!(booted.refused(), [(stage, reason)]);
    assert_eq!(booted.report.refused[0].id.map(|id| id.0), Some(*newer));
    assert!(machine.is_as(&Machine::sample(1)), "the older image is not whole");
    assert!(machine.has_the_rest_of(&noise));
}

/// An image whose header was changed by its bytes, with a right checksum.
fn with_header(change: impl Fn(&mut [u8])) -> Vec<u8> {
    let mut bytes = image();
    change(&mut bytes[..PAGE_SIZE]);
    seal_header(&mut bytes);
    bytes
}

/// An image whose parts were changed, with right checksums.
fn with_parts(change: impl Fn(&mut Image)) -> Vec<u8> {
    let mut image = parsed();
    change(&mut image);
    image.build()
}

#[test]
fn the_image_boots_when_nothing_is_wrong_with_it() {
    let (_, _, newer) = &*TWO;
    let mut machine = Machine::sample(0).restarted(5);
    let rebuilt = with_parts(|_| ());
    assert!(rebuilt == image());
    assert_eq!(machine.boot(&mut Shelf::with_image(rebuilt, *newer)).id(), Some(*newer));
    assert!(machine.is_as(&Machine::sample(2)));
}

#[test]
fn one_flipped_bit_in_any_part_is_found_where_it_is() {
    let flipped = |at: usize| {
        let mut bytes = image();
        bytes[at] ^= 1 << (at % 8);
        bytes
    };
    let image = parsed();
    let header = &image.header;
    for at in [0, 7] {
        refused(flipped(at), Stage::Header, Reason::BadMagic);
    }
    for at in [8, 16, 40, 64, 200, 208, 4000, 4092, 4095] {
        refused(flipped(at), Stage::Header, Reason::BadCrc);
    }
    for (stage, part) in
        [(Stage::Context, &header.context), (Stage::Map, &header.map), (Stage::Index, &header.index)]
    {
        let start = part.offset as usize;
        for at in [start, start + part.len as usize / 2, start + part.len as usize - 1] {
            refused(flipped(at), stage, Reason::BadCrc);
        }
    }
    let mut at = header.chunks_offset as usize;
    assert!(image.index.len() >= 3);
    for entry in &image.index {
        for byte in [at, at + entry.len() / 2, at + entry.len() - 1] {
            refused(flipped(byte), Stage::Chunk, Reason::BadCrc);
        }
        at += entry.padded_len();
    }
}

#[test]
fn no_bit_of_the_header_goes_unchecked() {
    let bytes = image();
    let mut machine = Machine::sample(0).restarted(5);
    for at in (0..PAGE_SIZE).filter(|at| *at < 220 || at % 97 == 0 || *at >= 4088) {
        let mut bytes = bytes.clone();
        bytes[at] ^= 0x10;
        let cold = machine.boot(&mut Shelf::with_image(bytes, TWO.2)).cold();
        assert!(
            matches!(cold, Some((Stage::Header, Reason::BadMagic | Reason::BadCrc))),
            "byte {at}: {cold:?}"
        );
    }
}

#[test]
fn an_image_cut_short_is_truncated() {
    let bytes = image();
    for len in [4096, bytes.len() / 2 / 4096 * 4096, bytes.len() - 4096] {
        refused(bytes[..len].to_vec(), Stage::Header, Reason::Truncated);
    }
    // Not even a header: no store commits that.
    let mut machine = Machine::sample(0).restarted(5);
    for len in [0, 4095] {
        let cold = machine.boot(&mut Shelf::with_image(bytes[..len].to_vec(), TWO.2)).cold();
        assert_eq!(cold, Some((Stage::Header, Reason::Truncated)));
    }
}

#[test]
fn an_image_of_another_machine_says_what_is_different() {
    refused(with_parts(|i| i.header.identity.board[15] ^= 1), Stage::Header, Reason::WrongBoard);
    refused(with_parts(|i| i.header.identity.build[31] ^= 1), Stage::Header, Reason::WrongBuild);
    refused(with_parts(|i| i.header.ram_digest ^= 1), Stage::Header, Reason::WrongRam);
    let armv7a = |i: &mut Image| i.header.architecture = Architecture::ARMV7A;
    refused(with_parts(armv7a), Stage::Header, Reason::WrongArchitecture);
    refused(with_parts(|i| i.header.codec = 0), Stage::Header, Reason::WrongCodec);
    refused(with_parts(|i| i.header.id.0 += 1), Stage::Header, Reason::WrongImage);
    refused(with_parts(|i| i.context.truncate(252)), Stage::Context, Reason::WrongArchitecture);
    refused(with_parts(|i| i.context.clear()), Stage::Context, Reason::WrongArchitecture);
}

#[test]
fn a_machine_with_other_memory_refuses_the_image() {
    type Change = fn(&mut Machine);
    let cases: [Change; 4] = [
        |m| m.system.ram[1].len += 4096,
        |m| m.system.oem.clear(),
        |m| m.system.nosave[0].base += 4096,
        |m| m.system.nosave.push(region(0x90010, 1)),
    ];
    for change in cases {
        let mut machine = Machine::sample(0);
        change(&mut machine);
        let cold = machine.boot(&mut Shelf::with_image(image(), TWO.2)).cold();
        assert_eq!(cold, Some((Stage::Header, Reason::WrongRam)));
    }
    let mut machine = Machine::sample(0);
    machine.system.oem.push(region(0x80000, 1));
    let cold = machine.boot(&mut Shelf::with_image(image(), TWO.2)).cold();
    assert_eq!(cold, Some((Stage::Select, Reason::BadMemoryMap)), "the board's own fault");
}

#[test]
fn a_header_of_a_later_version_or_of_no_version_is_refused() {
    refused(with_header(|page| page[8] = 3), Stage::Header, Reason::NewerVersion);
    refused(with_header(|page| page[8..12].fill(0xff)), Stage::Header, Reason::NewerVersion);
    // Version 0, header length, page size, pages of a chunk, image length.
    for (at, value) in [(8, 0), (13, 0x20), (29, 0x20), (32, 32), (41, 0x12)] {
        let bytes = with_header(|page| page[at] = value);
        refused(bytes, Stage::Header, Reason::BadField);
    }
    // Parts that are not where they belong, or lengths that do not go with the counts.
    for at in [120, 136, 144, 152, 160, 168, 176, 200, 204] {
        let bytes = with_header(|page| page[at] = page[at].wrapping_add(1));
        refused(bytes, Stage::Header, Reason::BadField);
    }
    // Numbers that overflow when they are added.
    for at in [40, 120, 136, 152, 168, 176, 184, 192] {
        let bytes = with_header(|page| page[at..at + 8].fill(0xff));
        // The zero pages are counted in the map.
        let stage = if at == 192 { Stage::Map } else { Stage::Header };
        refused(bytes, stage, Reason::BadField);
    }
}

/// A header with the bit `bit` of the word at `at` set, and nothing else that could be believed: garbage from
/// the architecture on.
fn with_feature_and_garbage(at: usize, bit: u32) -> Vec<u8> {
    with_header(|page| {
        page[12..20].fill(0xaa);
        page[24..112].fill(0xaa);
        page[120..4092].fill(0xaa);
        page[at + bit as usize / 8] |= 1 << (bit % 8);
    })
}

#[test]
fn each_incompatible_feature_is_refused_before_any_other_field_is_believed() {
    for bit in 0..32 {
        let bytes = with_header(|page| page[20 + bit / 8] |= 1 << (bit % 8));
        refused(bytes, Stage::Header, Reason::UnsupportedFeature);
    }
    for bit in [feature::SEALED, feature::ENCRYPTED, feature::HOT_CHUNKS_FIRST, 1 << 31] {
        let bytes = with_feature_and_garbage(20, bit.trailing_zeros());
        refused(bytes, Stage::Header, Reason::UnsupportedFeature);
    }
    // A later version is told first: what its bits mean is not known.
    let later = with_header(|page| (page[8], page[20]) = (3, 1));
    refused(later, Stage::Header, Reason::NewerVersion);
    // In version 1 both are fields that must be zero.
    for at in 20..24 {
        let older = with_header(|page| (page[8], page[at]) = (1, 1));
        refused(older, Stage::Header, Reason::BadField);
    }
}

#[test]
fn each_compatible_feature_is_ignored_with_what_it_adds_to_the_header() {
    let boots = |bytes: Vec<u8>| {
        let mut machine = Machine::sample(0).restarted(5);
        assert_eq!(machine.boot(&mut Shelf::with_image(bytes, TWO.2)).id(), Some(TWO.2));
        assert!(machine.is_as(&Machine::sample(2)));
    };
    for bit in 0..32 {
        boots(with_header(|page| page[116 + bit / 8] |= 1 << (bit % 8)));
    }
    boots(with_header(|page| {
        page[116] = 1;
        page[352..4076].fill(0xaa);
    }));
    // Not with what the seal has fields for.
    for at in [208, 351, 4076, 4091] {
        refused(with_header(|page| (page[116], page[at]) = (1, 1)), Stage::Header, Reason::BadField);
    }
    for at in 116..120 {
        refused(with_header(|page| (page[8], page[at]) = (1, 1)), Stage::Header, Reason::BadField);
    }
}

#[test]
fn each_reserved_byte_of_the_header_is_refused_if_it_is_set() {
    let image = image();
    for version in [1, 2] {
        for at in 208..4092 {
            let mut page: [u8; HEADER_LEN] = *image.first_chunk().unwrap();
            (page[8], page[at]) = (version, 1 << (at % 8));
            seal_header(&mut page);
            assert_eq!(Header::decode(&page), Err(Reason::BadField), "version {version}, byte {at}");
        }
        for at in [208, 216, 240, 256, 320, 351, 352, 4075, 4076, 4091] {
            let bytes = with_header(|page| (page[8], page[at]) = (version, 1));
            refused(bytes, Stage::Header, Reason::BadField);
        }
    }
}

#[test]
fn an_extent_of_hot_data_is_an_unsupported_feature() {
    let mut bytes = image();
    let header = parsed().header;
    let map = header.map.offset as usize;
    bytes[map + 12] = 3;
    let crc = crc32c(&bytes[map..map + header.map.len as usize]);
    bytes[148..152].copy_from_slice(&crc.to_le_bytes());
    seal_header(&mut bytes);
    refused(bytes, Stage::Map, Reason::UnsupportedFeature);
}

/// An image with a context of `len` bytes.
fn with_context(version: u32, len: usize) -> Vec<u8> {
    with_parts(|image| {
        image.header.version = version;
        image.context = (0..len).map(|i| i as u8).collect();
    })
}

#[test]
fn a_context_of_any_length_is_refused_for_what_it_is() {
    let capacity = CpuContext::CAPACITY;
    // The machine's own has 256 bytes.
    for len in [0, 1, 255, 257, 4 * 64 + 4, capacity - 1, capacity] {
        refused(with_context(2, len), Stage::Context, Reason::WrongArchitecture);
    }
    for len in [capacity + 1, PAGE_SIZE, PAGE_SIZE + 1, MAX_CONTEXT_BYTES - 1, MAX_CONTEXT_BYTES] {
        refused(with_context(2, len), Stage::Context, Reason::ContextTooLarge);
    }
    refused(with_context(2, MAX_CONTEXT_BYTES + 1), Stage::Header, Reason::BadField);
    // In version 1 it is made of words, and at most 1024 bytes long.
    for (len, stage, reason) in [
        (0, Stage::Context, Reason::WrongArchitecture),
        (255, Stage::Context, Reason::BadField),
        (1024, Stage::Context, Reason::WrongArchitecture),
        (1025, Stage::Header, Reason::BadField),
    ] {
        refused(with_context(1, len), stage, reason);
    }
}

/// An image with one more extent, counted in the header, before the extent `at`.
fn with_extent(at: usize, extent: Extent) -> Vec<u8> {
    with_parts(|image| {
        let at = at.min(image.extents.len());
        image.extents.insert(at, extent);
        image.header.extents += 1;
        image.header.zero_pages += u64::from(extent.frames.count);
    })
}

#[test]
fn a_map_with_right_checksums_and_wrong_frames_is_refused() {
    let zero = |first, count| Extent { frames: frames(first, count), kind: ExtentKind::Zero };
    let last = usize::MAX;
    // Outside RAM, across its end, in nosave memory, across the edge of it.
    for extent in [zero(0x7ffff, 1), zero(0, 1)] {
        refused(with_extent(0, extent), Stage::Map, Reason::OutOfRange);
    }
    for extent in [zero(0xa0003, 1), zero(u64::MAX >> 12, 1), zero(0xb0000, u32::MAX)] {
        refused(with_extent(last, extent), Stage::Map, Reason::OutOfRange);
    }
    let nosave = |extent: Extent| {
        with_parts(|image| {
            image.extents = vec![extent];
            image.index.clear();
            image.chunks.clear();
            image.count();
        })
    };
    for extent in [zero(0x80006, 1), zero(0x80005, 2), zero(0x8000a, 2), zero(0x80000, 44), zero(0x8002b, 2)]
    {
        refused(nosave(extent), Stage::Map, Reason::OutOfRange);
    }
    // Twice, in the wrong order, half over another.
    let first = parsed().extents[0];
    refused(with_extent(1, zero(first.frames.first.0, 1)), Stage::Map, Reason::Overlap);
    refused(with_extent(1, zero(first.frames.end().0 - 1, 1)), Stage::Map, Reason::Overlap);
    refused(with_extent(last, zero(0x80000, 1)), Stage::Map, Reason::Overlap);
    refused(with_parts(|image| image.extents.reverse()), Stage::Map, Reason::Overlap);
}

#[test]
fn a_map_that_is_not_what_the_header_counts_is_refused() {
    refused(with_parts(|i| i.header.zero_pages += 1), Stage::Map, Reason::BadField);
    refused(with_header(|page| page[184] += 1), Stage::Map, Reason::BadField);
    let swapped = with_parts(|image| {
        let zero = image.extents.iter_mut().find(|extent| extent.kind == ExtentKind::Zero).unwrap();
        zero.kind = ExtentKind::Data;
    });
    refused(swapped, Stage::Map, Reason::BadField);
    // An extent of an unknown kind, or of no frames: through the bytes, since no `Extent` can say so.
    for (at, value) in [(12, 4), (12, 0), (8, 0)] {
        let mut bytes = image();
        let header = parsed().header;
        let map = header.map.offset as usize;
        bytes[map + at..map + at + 4].copy_from_slice(&u32::to_le_bytes(value));
        let crc = crc32c(&bytes[map..map + header.map.len as usize]);
        bytes[148..152].copy_from_slice(&crc.to_le_bytes());
        seal_header(&mut bytes);
        refused(bytes, Stage::Map, Reason::BadField);
    }
}

#[test]
fn an_index_that_does_not_add_up_is_refused() {
    let entry = |len, raw| ChunkEntry::new(len, raw, 0);
    // The last chunk is shorter than 16 pages; the first is full.
    for (change, len, raw) in
        [(0, 4, false), (0, 0, false), (0, 65536, false), (0, 4096, true), (0, 65535, true)]
    {
        let bytes = with_parts(|image| image.index[change] = entry(len, raw));
        refused(bytes, Stage::Index, Reason::BadField);
    }
    let shorter = with_parts(|image| image.header.chunks_len -= 4);
    refused(shorter, Stage::Index, Reason::BadField);
    // A length of more than a chunk, which no `ChunkEntry` can say.
    let mut bytes = image();
    let header = parsed().header;
    let index = header.index.offset as usize;
    bytes[index..index + 4].copy_from_slice(&65540_u32.to_le_bytes());
    let crc = crc32c(&bytes[index..index + header.index.len as usize]);
    bytes[164..168].copy_from_slice(&crc.to_le_bytes());
    seal_header(&mut bytes);
    refused(bytes, Stage::Index, Reason::BadField);
}

#[test]
fn a_chunk_with_a_right_checksum_that_decodes_wrong_is_refused() {
    let noise: Vec<u8> = (0..300_u32).map(|i| (i * i) as u8).collect();
    for (i, pages) in [(0, 15), (0, 17), (1, 1)] {
        let source = vec![7; pages * PAGE_SIZE];
        let packed = lz4::block::compress(&source, None, false).unwrap();
        for chunk in [&packed[..], &packed[..packed.len() - 1], &noise, &[0], &[0xff; 64]] {
            let bytes = with_parts(|image| {
                image.chunks[i] = chunk.to_vec();
                image.index_chunk(i, false);
                image.count();
            });
            refused(bytes, Stage::Chunk, Reason::CorruptStream);
        }
    }
}

#[test]
fn an_image_too_large_for_the_workspace_is_refused() {
    let mut machine = Machine::sample(0).restarted(5);
    let mut shelf = Shelf::with_image(image(), TWO.2);
    let booted = machine.boot_with::<4, 16, _, _, _>(&Lz4::new(), &mut shelf, &mut ());
    assert_eq!(booted.cold(), Some((Stage::Map, Reason::TooManyExtents)));
    let booted = machine.boot_with::<64, 2, _, _, _>(&Lz4::new(), &mut shelf, &mut ());
    assert_eq!(booted.cold(), Some((Stage::Index, Reason::TooManyChunks)));
}

/// Where an image has padding, and the stage at which it is checked.
fn padding(image: &Image) -> Vec<(Stage, std::ops::Range<usize>)> {
    let header = &image.header;
    let mut padding = Vec::new();
    let mut pad =
        |stage, end: u64, to: u64| padding.push((stage, end as usize..end.next_multiple_of(to) as usize));
    for (stage, part) in
        [(Stage::Context, &header.context), (Stage::Map, &header.map), (Stage::Index, &header.index)]
    {
        pad(stage, part.offset + u64::from(part.len), PAGE_SIZE as u64);
    }
    let mut at = header.chunks_offset;
    for entry in &image.index {
        pad(Stage::Chunk, at + entry.len() as u64, 4);
        at += entry.padded_len() as u64;
    }
    pad(Stage::Chunk, at, PAGE_SIZE as u64);
    padding
}

#[test]
fn each_byte_of_padding_that_is_not_zero_is_refused() {
    let (bytes, image) = (image(), parsed());
    let padding = padding(&image);
    let lens: Vec<usize> = padding.iter().map(|(_, range)| range.len()).collect();
    assert!(
        lens[..3].iter().all(|len| *len > 0) && lens[3..lens.len() - 1].iter().any(|len| *len > 0),
        "{lens:?}"
    );
    assert!(lens.last().is_some_and(|len| *len > 0), "the last page is full");
    for (stage, range) in &padding {
        let boots = range.clone().step_by(509).chain(range.clone().last());
        for at in boots {
            let mut bytes = bytes.clone();
            bytes[at] = 1 << (at % 8);
            refused(bytes, *stage, Reason::BadPadding);
        }
    }
    // Every byte: by the reader that a boot uses too.
    let mut shelf = Shelf::with_image(bytes, TWO.2);
    let mut buffer = [0; STORED_BYTES];
    for (stage, range) in padding {
        for at in range {
            shelf.image[at] = 1 << (at % 8);
            assert_eq!(
                read_all(&mut shelf, &image, &mut buffer),
                Err((stage, Reason::BadPadding)),
                "byte {at}"
            );
            shelf.image[at] = 0;
        }
    }
    assert_eq!(read_all(&mut shelf, &image, &mut buffer), Ok(()));
}

/// Reads the parts and the chunks of an image whose header is known, in their order.
fn read_all(shelf: &mut Shelf, image: &Image, buffer: &mut [u8]) -> Result<(), (Stage, Reason)> {
    let (header, len) = (&image.header, shelf.image.len() as u64);
    let mut reader = Reader { medium: shelf, id: header.id, len, buffer };
    reader.context(header, |_| ())?;
    reader.map(header, None, |_| Ok(()))?;
    reader.index(header, &image.extents, |_| Ok(()))?;
    reader.tail(header)?;
    let contents = Contents { header, extents: &image.extents, index: &image.index };
    for chunk in contents.chunks() {
        reader.chunk(&chunk)?;
    }
    Ok(())
}

#[test]
fn an_image_of_version_1_may_have_anything_in_its_padding() {
    let older = with_parts(|image| image.header.version = 1);
    for (_, range) in padding(&parsed()) {
        let mut bytes = older.clone();
        bytes[range].fill(0xee);
        let mut machine = Machine::sample(0).restarted(5);
        assert!(machine.boot(&mut Shelf::with_image(bytes, TWO.2)).id().is_some());
        assert!(machine.is_as(&Machine::sample(2)));
    }
}

#[test]
fn every_byte_of_an_image_is_checked() {
    let bytes = image();
    let mut machine = Machine::sample(0).restarted(5);
    let mut looked_at = 0;
    for at in (0..bytes.len()).step_by(251) {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1 << (looked_at % 8);
        let booted = machine.boot(&mut Shelf::with_image(bytes, TWO.2));
        assert!(booted.cold().is_some(), "byte {at} was not looked at");
        looked_at += 1;
    }
    assert!(looked_at > 300, "{looked_at}");
}

#[test]
fn when_both_images_are_wrong_the_newer_ones_reason_is_told_first() {
    let (disk, older, newer) = &*TWO;
    let mut disk = disk.clone();
    layout::image_mut(&mut disk, *older)[0] ^= 1;
    layout::image_mut(&mut disk, *newer)[100] ^= 1;
    let booted = Machine::sample(0).restarted(5).boot(&mut BlockStore::new(&mut disk, SETTINGS).unwrap());
    assert_eq!(booted.cold(), Some((Stage::Header, Reason::BadCrc)));
    assert_eq!(booted.refused(), [(Stage::Header, Reason::BadCrc), (Stage::Header, Reason::BadMagic)]);
}
