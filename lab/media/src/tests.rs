//! Media as the firmware will meet them, read back with the project's own code.

use super::chip::{At, Cells};
use super::samples::{NAND, NOR, ONENAND};
use super::*;
use oal_snapshot::hooks::{BootPolicy, PrepareSnapshot, SelectSnapshot, WriteSnapshot};
use oal_snapshot::image::Header;
use oal_snapshot::image::ImageId;
use oal_snapshot::refusal::Reason;
use oal_snapshot::store::nand::{Ecc, LOG_BLOCKS, NandError, NandFlash, NandGeometry, NandPage, NandStore};
use oal_snapshot::store::{SlotState, Store, StoreSettings};

fn files() -> [text::TextFile; 1] {
    [text::TextFile { name: "A.TXT".into(), text: "hello world\n".into() }]
}

#[test]
fn a_disk_has_its_parts_where_the_table_says() {
    let dir = tempfile::tempdir().unwrap();
    for kind in [Kind::Sd, Kind::Emmc] {
        let layout = Layout::card(kind);
        let medium = Medium::fresh(&dir.path().join(kind.name()), layout, Sizes::SMALL, &files()).unwrap();
        let sector = medium.read(medium.user(), 512).unwrap();
        assert_eq!(sector[510..], [0x55, 0xaa]);
        let first = u32::from_le_bytes(sector[446 + 8..446 + 12].try_into().unwrap());
        assert_eq!(u64::from(first) * 512 + medium.user(), medium.fat().start);
        let boot = medium.read(medium.fat().start, 512).unwrap();
        assert_eq!(&boot[54..59], b"FAT16");
        assert!(medium.snapshot().end <= medium.user() + Sizes::SMALL.user * MIB);
    }
}

#[test]
fn a_chip_is_erased_but_for_its_text_and_a_copy_is_the_same_with_its_holes() {
    use std::os::unix::fs::MetadataExt;
    let dir = tempfile::tempdir().unwrap();
    for layout in [NOR, NAND, ONENAND] {
        let kind = layout.kind;
        let path = dir.path().join(kind.name());
        let medium = Medium::fresh(&path, layout, Sizes::SMALL, &files()).unwrap().temporary().unwrap();
        assert!(medium.store_bytes().unwrap().iter().all(|byte| *byte == 0xff), "{kind:?}");
        let (file, at) = match &medium.text {
            Some(text) => (text.clone(), 0),
            None => (medium.path.clone(), medium.fat().start),
        };
        let mut boot = [0; 512];
        File::open(file).unwrap().read_exact_at(&mut boot, at).unwrap();
        assert_eq!(&boot[54..59], b"FAT16", "{kind:?}");
        medium.write(12345, b"mark").unwrap();
        let copy = medium.copy(&path.with_extension("copy")).unwrap().temporary().unwrap();
        drop(copy.copy(&path.with_extension("copy2")).unwrap().temporary().unwrap());
        assert!(copy.text.as_ref().is_none_or(|text| text.exists()), "a copy took the text with it");
        for range in layout.used() {
            let size = (range.end - range.start) as usize;
            assert!(medium.read(range.start, size).unwrap() == copy.read(range.start, size).unwrap());
        }
        let meta = std::fs::metadata(&copy.path).unwrap();
        assert_eq!(meta.len(), layout.file_bytes());
        assert!(meta.blocks() * 512 < 80 << 20, "{kind:?}: {} blocks", meta.blocks());
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "files stayed behind");
}

/// The medium as the store sees it, through the same cells.
struct Flash<'a>(Cells<'a>);

impl NandFlash for Flash<'_> {
    type Error = String;

    fn geometry(&self) -> NandGeometry {
        NandGeometry { page_bytes: 2048, pages_per_block: 64, blocks: self.0.blocks() }
    }

    fn read_page(&mut self, at: NandPage, data: &mut [u8], _: &mut [u8]) -> Result<Ecc, NandError<String>> {
        match self.0.read(At { block: at.block, page: at.page }) {
            Ok(Some(page)) => {
                data.copy_from_slice(&page);
                Ok(Ecc::Clean)
            }
            Ok(None) => Err(NandError::Uncorrectable),
            Err(error) => Err(NandError::Device(error.to_string())),
        }
    }

    fn program_page(&mut self, at: NandPage, data: &[u8], _: &[u8]) -> Result<(), NandError<String>> {
        let at = At { block: at.block, page: at.page };
        self.0.write(at, data).map_err(|e| NandError::Device(e.to_string()))
    }

    fn erase_block(&mut self, block: u32) -> Result<(), NandError<String>> {
        for page in 0..64 {
            self.0.write(At { block, page }, &[0xff; 2048]).map_err(|e| NandError::Device(e.to_string()))?;
        }
        Ok(())
    }

    fn is_bad(&mut self, block: u32) -> Result<bool, String> {
        self.0.is_marked(block).map_err(|e| e.to_string())
    }

    fn mark_bad(&mut self, block: u32) -> Result<(), String> {
        self.0.mark_bad(block, 0).map_err(|e| e.to_string())
    }
}

/// An image of `pages` pages of 4 KiB, each of which but the header holds its number.
fn image(id: ImageId, pages: u64) -> Vec<u8> {
    use oal_snapshot::image::{CHUNK_PAGES, ChunkEntry, Identity, Part};
    let chunks = pages.div_ceil(u64::from(CHUNK_PAGES)) as u32;
    let part = |len| Part { offset: 0, len, crc: 0 };
    let mut header = Header {
        version: oal_snapshot::image::VERSION,
        identity: Identity { board: [0; 16], build: [0; 32] },
        architecture: oal_snapshot::cpu::Architecture(0),
        codec: 0,
        oem_data: 0,
        id,
        resume_address: 0,
        ram_digest: 0,
        context: part(0),
        map: part(0),
        index: part(chunks * ChunkEntry::BYTES as u32),
        chunks_offset: 0,
        chunks_len: 0,
        data_pages: u64::from(chunks * CHUNK_PAGES),
        zero_pages: 0,
        extents: 0,
        chunks,
    };
    header.lay_out();
    header.chunks_len = pages * 4096 - header.chunks_offset;
    let mut bytes: Vec<u8> = (0..pages * 4096).map(|i| (i / 4096) as u8).collect();
    header.encode(bytes.first_chunk_mut().unwrap());
    bytes
}

fn take<const MAP: usize>(medium: &Medium, pages: u64) -> u64 {
    let flash = Flash(Cells::of(medium).unwrap());
    let mut store = NandStore::<_, 2048, MAP>::new(flash, StoreSettings::default()).unwrap();
    let id = store.prepare_snapshot(pages * 4096, BootPolicy::Always).unwrap().id;
    store.write_snapshot(&image(id, pages), 0).unwrap();
    store.finish_snapshot(&mut [0; 4096]).unwrap();
    store.record().unwrap().sequence
}

#[test]
fn images_and_records_of_the_nand_store_are_found_and_changed_around_bad_blocks() {
    let dir = tempfile::tempdir().unwrap();
    for layout in [NAND, ONENAND] {
        let kind = layout.kind;
        let medium = Medium::blank(&dir.path().join(kind.name()), layout, Sizes::SMALL).unwrap();
        let cells = Cells::of(&medium).unwrap();
        let planted = [0, LOG_BLOCKS, LOG_BLOCKS + 2];
        planted.iter().for_each(|b| cells.mark_bad(*b, *b as usize % 2).unwrap());
        let take = if kind == Kind::Nand { take::<32> } else { take::<64> };
        let sequence = take(&medium, 100);
        let newest = records::newest(&medium).unwrap();
        assert_eq!((newest.record.sequence, newest.places.len()), (sequence, 2), "{kind:?}");
        assert!(planted.iter().all(|b| newest.is_bad(*b)) && !newest.is_bad(LOG_BLOCKS + 1));

        let found = images::newest(&medium).unwrap();
        let first = LOG_BLOCKS;
        assert_eq!(found.blocks(), [first + 1, first + 3, first + 4, first + 5], "{kind:?}");
        assert_eq!(found.read(&medium, 33 * 4096 - 1, 2).unwrap(), [32, 33]);
        images::flip(&medium, &found, 33 * 4096, 7).unwrap();
        assert_eq!(found.read(&medium, 33 * 4096 - 1, 2).unwrap(), [32, 33 ^ 0x80]);
        let at = found.page(33 * 4096).unwrap();
        assert_eq!(at, At { block: first + 3, page: 2 });

        take(&medium, 50);
        assert_eq!(images::find(&medium).unwrap().len(), 2);
        records::cut_short(&medium).unwrap();
        let record = records::newest(&medium).unwrap().record;
        let committed = record.slots.iter().flatten().filter(|s| s.state == SlotState::Committed);
        let lengths: Vec<u64> = committed.map(|s| s.image_len / 4096).collect();
        assert_eq!(lengths, [100, 49], "{kind:?}");

        records::of_a_newer_version(&medium).unwrap();
        let left = if kind == Kind::Nand { look::<32> } else { look::<64> };
        assert_eq!(left(&medium), (vec![Reason::NewerRecord], 1), "{kind:?}");
    }
}

/// What the store refuses, and how many images it would boot.
fn look<const MAP: usize>(medium: &Medium) -> (Vec<Reason>, usize) {
    let flash = Flash(Cells::of(medium).unwrap());
    let mut store = NandStore::<_, 2048, MAP>::new(flash, StoreSettings::default()).unwrap();
    let selection = store.select().unwrap();
    (selection.refused.iter().map(|refused| refused.reason).collect(), selection.candidates.len())
}
