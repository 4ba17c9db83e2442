//! On the stored image and on small media made here, by the library's own stores.

use super::*;
use crate::media::chip::{At, Cells};
use crate::media::samples::{NAND, ONENAND, RAW_NAND};
use crate::media::{Kind, Medium, Sizes, images, mbr};
use medium::NOR_BLOCK;
use oal_snapshot::hooks::{BootPolicy, PrepareSnapshot, SelectSnapshot, WriteSnapshot};
use oal_snapshot::image::{HEADER_LEN, Header};
use oal_snapshot::store::nand::{Ecc, LOG_BLOCKS, NandError, NandFlash, NandGeometry, NandPage, NandStore};
use oal_snapshot::store::nor::{NorFlash, NorGeometry, NorStore};
use oal_snapshot::store::{BlockDevice, BlockStore, Partition, SNAPSHOT_PARTITION_TYPE, StoreSettings};
use std::fs::File;
use std::os::unix::fs::FileExt;

/// The image of `docs/image-format.md`.
const IMAGE: &[u8] = include_bytes!("../../tests/data/image-v1.bin");

/// It, under another number.
fn numbered(id: ImageId) -> Vec<u8> {
    let mut bytes = IMAGE.to_vec();
    let page: &mut [u8; HEADER_LEN] = bytes.first_chunk_mut().unwrap();
    let mut header = Header::decode(page).unwrap();
    header.id = id;
    header.encode(page);
    bytes
}

/// A file that is written to as a medium.
struct Writable(File);

impl Writable {
    fn open(path: &Path) -> Self {
        Self(File::options().read(true).write(true).open(path).unwrap())
    }
}

impl BlockDevice for Writable {
    type Error = ();

    fn sectors(&self) -> u64 {
        self.0.metadata().unwrap().len() / 512
    }

    fn read(&mut self, first: u64, buf: &mut [u8]) -> Result<(), ()> {
        self.0.read_exact_at(buf, first * 512).map_err(drop)
    }

    fn write(&mut self, first: u64, data: &[u8]) -> Result<(), ()> {
        self.0.write_all_at(data, first * 512).map_err(drop)
    }

    fn flush(&mut self) -> Result<(), ()> {
        Ok(())
    }
}

impl NorFlash for Writable {
    type Error = ();

    fn geometry(&self) -> NorGeometry {
        let blocks = (self.0.metadata().unwrap().len() / NOR_BLOCK) as u32;
        NorGeometry { block_bytes: NOR_BLOCK as u32, blocks, program_bytes: 4 }
    }

    fn read(&mut self, at: u64, buf: &mut [u8]) -> Result<(), ()> {
        self.0.read_exact_at(buf, at).map_err(drop)
    }

    fn program(&mut self, at: u64, data: &[u8]) -> Result<(), ()> {
        self.0.write_all_at(data, at).map_err(drop)
    }

    fn erase(&mut self, block: u32) -> Result<(), ()> {
        self.0.write_all_at(&vec![0xff; NOR_BLOCK as usize], u64::from(block) * NOR_BLOCK).map_err(drop)
    }
}

/// A chip whose cells are in a medium's file.
struct Chip<'a>(Cells<'a>);

impl NandFlash for Chip<'_> {
    type Error = ();

    fn geometry(&self) -> NandGeometry {
        NandGeometry { page_bytes: 2048, pages_per_block: 64, blocks: self.0.blocks() }
    }

    fn read_page(&mut self, at: NandPage, data: &mut [u8], _: &mut [u8]) -> Result<Ecc, NandError<()>> {
        let page = self.0.read(At { block: at.block, page: at.page }).unwrap();
        data.copy_from_slice(&page.ok_or(NandError::Uncorrectable)?);
        Ok(Ecc::Clean)
    }

    fn program_page(&mut self, at: NandPage, data: &[u8], _: &[u8]) -> Result<(), NandError<()>> {
        self.0.write(At { block: at.block, page: at.page }, data).map_err(|_| NandError::Failed)
    }

    fn erase_block(&mut self, block: u32) -> Result<(), NandError<()>> {
        (0..64)
            .try_for_each(|page| self.0.write(At { block, page }, &[0xff; 2048]))
            .map_err(|_| NandError::Failed)
    }

    fn is_bad(&mut self, block: u32) -> Result<bool, ()> {
        if self.0.has_spare() { self.0.is_marked(block).map_err(drop) } else { Ok(false) }
    }

    fn mark_bad(&mut self, block: u32) -> Result<(), ()> {
        self.0.mark_bad(block, 0).map_err(drop)
    }
}

/// Takes a snapshot into a store.
fn take<S: PrepareSnapshot + WriteSnapshot>(store: &mut S, policy: BootPolicy) -> ImageId {
    let id = store.prepare_snapshot(IMAGE.len() as u64, policy).unwrap().id;
    store.write_snapshot(&numbered(id), 0).unwrap();
    store.finish_snapshot(&mut [0; 4096]).unwrap();
    id
}

/// A card of 1 MiB with a partition from sector 8 on, or that partition alone.
fn card(path: &Path, table: bool) -> Partition<Writable> {
    let file = File::create(path).unwrap();
    file.set_len(1 << 20).unwrap();
    if !table {
        return Partition::whole(Writable::open(path));
    }
    let partition = mbr::Partition { kind: mbr::SNAPSHOT, first: 8, count: 1024 };
    file.write_all_at(&mbr::sector(&[partition]), 0).unwrap();
    Partition::find(Writable::open(path), SNAPSHOT_PARTITION_TYPE).map_err(|(_, e)| e).unwrap()
}

/// A card with two images; the newer one is to be booted once.
fn card_of_two(path: &Path) {
    let mut store = BlockStore::new(card(path, true), StoreSettings::default()).unwrap();
    take(&mut store, BootPolicy::Always);
    take(&mut store, BootPolicy::Once);
}

fn options(path: &Path) -> Options {
    Options { file: Some(path.to_path_buf()), max_attempts: 3, ..Options::default() }
}

fn text(options: &Options) -> String {
    let Outcome { text, faults } = inspect(options).unwrap();
    assert_eq!(faults, 0, "{text}");
    text
}

fn compare(name: &str, text: &str) {
    stored::compare(name, text).unwrap();
}

#[test]
fn an_image_is_told_in_words_and_every_checksum_of_it_is_right() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("image.bin");
    std::fs::write(&path, IMAGE).unwrap();
    compare("image.txt", &text(&Options { verify: true, ..options(&path) }));
    assert!(std::fs::read(&path).unwrap() == IMAGE, "the input was changed");
}

#[test]
fn a_card_is_told_with_its_log_its_slots_and_what_would_boot() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("card");
    card_of_two(&path);
    let before = std::fs::read(&path).unwrap();
    compare("card.txt", &text(&Options { verify: true, ..options(&path) }));
    let older = text(&Options { image: Some(2), ..options(&path) });
    assert!(older.contains("\nImage 2\n"), "{older}");
    assert!(std::fs::read(&path).unwrap() == before, "the input was changed");

    let mut store = BlockStore::new(
        Partition::find(Writable::open(&path), SNAPSHOT_PARTITION_TYPE).map_err(|(_, e)| e).unwrap(),
        StoreSettings::default(),
    )
    .unwrap();
    store.consume().unwrap();
    for _ in 0..3 {
        store.count_attempt(ImageId(2)).unwrap();
    }
    let none = text(&options(&path));
    for words in [
        "not image 4 in slot 1: the image was to be booted once, and was (consumed, at the stage select)",
        "not image 2 in slot 0: the image was tried as often as allowed, and no boot of it was confirmed",
        "nothing else: a cold boot",
    ] {
        assert!(none.contains(words), "{none}");
    }
    assert!(text(&Options { max_attempts: 0, ..options(&path) }).contains("image 2 in slot 0, attempt 4"));
}

#[test]
fn what_a_boot_would_refuse_is_named_with_the_image_that_boots_instead() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("card");
    card_of_two(&path);
    // Where image 4 begins: behind the partition's start, the log, and slot 0.
    let slot = (8 + 64 + 480) * 512;
    for (byte, words) in [
        (slot + 100, "not image 4 in slot 1: a checksum does not match (bad-crc, at the stage header)"),
        (slot + 0x1000, "(bad-crc, at the stage context)"),
        (slot + 0x2000, "(bad-crc, at the stage map)"),
        (slot + 0x3000, "(bad-crc, at the stage index)"),
    ] {
        let file = Writable::open(&path).0;
        let mut old = [0];
        file.read_exact_at(&mut old, byte).unwrap();
        file.write_all_at(&[old[0] ^ 1], byte).unwrap();
        let Outcome { text, faults } = inspect(&Options { verify: true, ..options(&path) }).unwrap();
        assert!(text.contains(words), "{text}");
        assert!(text.contains("\nimage 2 in slot 0, attempt 1"), "{text}");
        assert!(text.contains("image 4: WRONG") && faults == 1, "{text}");
        file.write_all_at(&old, byte).unwrap();
    }
    let file = Writable::open(&path).0;
    file.write_all_at(b"?", slot + 0x4005).unwrap();
    let Outcome { text, faults } = inspect(&Options { verify: true, ..options(&path) }).unwrap();
    assert!(text.contains("not image 4 in slot 1: a checksum does not match (bad-crc, at the stage chunk)"));
    assert!(text.contains("image 4: WRONG") && text.contains("\nImage 2\n") && faults == 1, "{text}");
    let Outcome { text, faults } =
        inspect(&Options { verify: true, image: Some(4), ..options(&path) }).unwrap();
    assert!(text.contains("WRONG: bad-crc") && text.contains("1 chunk wrong") && faults == 2, "{text}");
    let quick = inspect(&options(&path)).unwrap();
    assert!(quick.text.contains("\nimage 4 in slot 1, attempt 1, ") && quick.faults == 0, "{}", quick.text);
}

#[test]
fn a_store_without_a_partition_table_and_one_on_nor_flash_are_known_by_their_records() {
    let dir = tempfile::tempdir().unwrap();
    let store = dir.path().join("store");
    take(&mut BlockStore::new(card(&store, false), StoreSettings::default()).unwrap(), BootPolicy::Always);
    assert!(text(&options(&store)).starts_with("store: a store on a block device, 1048576 bytes\n"));
    let nor = dir.path().join("nor");
    std::fs::write(&nor, vec![0xff; 8 * NOR_BLOCK as usize]).unwrap();
    let mut flash = NorStore::new(Writable::open(&nor), StoreSettings::default()).unwrap();
    take(&mut flash, BootPolicy::Always);
    assert!(text(&options(&nor)).starts_with("nor: NOR flash, "));
    take(&mut flash, BootPolicy::Always);
    let before = std::fs::read(&nor).unwrap();
    compare("nor.txt", &text(&Options { verify: true, ..options(&nor) }));
    assert!(std::fs::read(&nor).unwrap() == before, "the input was changed");
}

#[test]
fn bad_blocks_of_nand_are_told_and_an_image_is_read_around_them() {
    let dir = tempfile::tempdir().unwrap();
    for layout in [NAND, ONENAND] {
        let kind = layout.kind;
        let medium = Medium::blank(&dir.path().join(kind.name()), layout, Sizes::SMALL).unwrap();
        let cells = Cells::of(&medium).unwrap();
        [0, LOG_BLOCKS, 200].into_iter().for_each(|block| cells.mark_bad(block, 0).unwrap());
        match kind {
            Kind::Nand => take(
                &mut NandStore::<_, 2048, 32>::new(Chip(cells), StoreSettings::default()).unwrap(),
                BootPolicy::Always,
            ),
            _ => take(
                &mut NandStore::<_, 2048, 64>::new(Chip(cells), StoreSettings::default()).unwrap(),
                BootPolicy::Always,
            ),
        };
        let before = medium.store_bytes().unwrap();
        compare(&format!("{}.txt", kind.name()), &text(&Options { verify: true, ..options(&medium.path) }));
        assert!(medium.store_bytes().unwrap() == before, "the input was changed");
        let image = images::newest(&medium).unwrap();
        images::flip(&medium, &image, image.chunk_byte(), 3).unwrap();
        let Outcome { text, faults } = inspect(&Options { verify: true, ..options(&medium.path) }).unwrap();
        assert!(text.contains("WRONG: bad-crc") && faults == 2, "{text}");
    }
}

#[test]
fn a_chip_without_its_spare_area_has_no_marks_and_its_image_is_told_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let medium = Medium::blank(&dir.path().join("raw-nand"), RAW_NAND, Sizes::SMALL).unwrap();
    let chip = Chip(Cells::of(&medium).unwrap());
    let mut store = NandStore::<_, 2048, 128>::new(chip, StoreSettings::default()).unwrap();
    take(&mut store, BootPolicy::Always);
    take(&mut store, BootPolicy::Once);
    let before = medium.store_bytes().unwrap();
    compare("raw-nand.txt", &text(&Options { verify: true, ..options(&medium.path) }));
    assert!(medium.store_bytes().unwrap() == before, "the input was changed");
    let image = images::newest(&medium).unwrap();
    images::flip(&medium, &image, 70, 0).unwrap();
    let told = inspect(&Options { verify: true, ..options(&medium.path) }).unwrap();
    assert!(told.text.contains("a checksum does not match (bad-crc, at the stage header)"), "{}", told.text);
    assert_eq!(told.faults, 1, "{}", told.text);
}

#[test]
fn an_emmc_device_is_known_by_the_partition_table_of_its_user_area() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("emmc");
    card_of_two(&path);
    let user = std::fs::read(&path).unwrap();
    // Boot partitions and RPMB before it hold what looks like a table, but is none.
    let mut device = vec![0x55; Kind::Emmc.user_area() as usize];
    device.extend(&user);
    std::fs::write(&path, &device).unwrap();
    compare("emmc.txt", &text(&Options { verify: true, ..options(&path) }));
    let older =
        Options { image: Some(2), extract: Some("0x111000..0x112000".parse().unwrap()), ..options(&path) };
    let out = dir.path().join("page");
    inspect(&Options { out: Some(out.clone()), ..older }).unwrap();
    let numbers: Vec<u8> = (0x1000_u16..0x1800).flat_map(u16::to_le_bytes).collect();
    assert!(std::fs::read(&out).unwrap() == numbers);
    assert!(std::fs::read(&path).unwrap() == device, "the input was changed");
    // As an SD card the same file is nothing.
    let error = inspect(&Options { kind: Some(FileKind::Sd), ..options(&path) }).err().unwrap().to_string();
    assert!(error.starts_with("there is no store: "), "{error}");
}

#[test]
fn json_tells_what_the_text_tells() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("card");
    card_of_two(&path);
    let json = |options: &Options| -> serde_json::Value {
        serde_json::from_str(&inspect(&Options { json: true, ..options.clone() }).unwrap().text).unwrap()
    };
    let told = json(&Options { verify: true, ..options(&path) });
    assert_eq!(
        (&told["file"], &told["kind"], &told["bytes"]),
        (&"card".into(), &"sd".into(), &(1 << 20).into())
    );
    let store = &told["store"];
    assert_eq!(store["log"][3]["place"], "sector 32");
    assert_eq!(store["log"][3]["slots"][1]["image"], 4);
    assert_eq!(store["slots"][1], store["log"][3]["slots"][1]);
    assert_eq!(
        (&store["slots"][1]["policy"], &store["slots"][1]["crc"]),
        (&"once".into(), &"c4702cbe".into())
    );
    assert_eq!((&store["boots"], &store["whole"][1]["found"]), (&4.into(), &"c4702cbe".into()));
    let image = &told["image"];
    assert_eq!((&image["number"], &image["fault"]), (&4.into(), &serde_json::Value::Null));
    assert_eq!(image["header"]["board"], "example board");
    assert_eq!(
        image["extents"][1],
        serde_json::json!({"from": 0x11_0000, "to": 0x11_1000, "pages": 1, "what": "zero"})
    );
    assert_eq!(
        image["chunks"][1],
        serde_json::json!({
            "from": 0x11_1000, "runs": 1, "pages": 1, "at": 0x4110, "stored": 4096, "raw": true,
            "crc": "42a68abc", "check": "right"
        })
    );
    let alone = dir.path().join("image");
    std::fs::write(&alone, &IMAGE[..0x4200]).unwrap();
    let told = json(&options(&alone));
    assert_eq!(
        (&told["store"], &told["image"]["fault"]["reason"]),
        (&serde_json::Value::Null, &"truncated".into())
    );
    assert_eq!(told["image"]["fault"]["stage"], "header");
}

#[test]
fn pages_are_extracted_and_the_input_is_never_the_output() {
    let dir = tempfile::tempdir().unwrap();
    let (path, out) = (dir.path().join("image"), dir.path().join("out"));
    std::fs::write(&path, IMAGE).unwrap();
    let extract = |range: &str, out: &Path| {
        inspect(&Options {
            extract: Some(range.parse().unwrap()),
            out: Some(out.to_path_buf()),
            ..options(&path)
        })
        .map(|outcome| outcome.text)
    };
    let said = extract("0x10f000..0x114000", &out).unwrap();
    assert_eq!(
        said,
        "0x10f000..0x114000: 5 pages written, of which 2 not in the image and written as zeroes\n"
    );
    let numbers: Vec<u8> = (0x1000_u16..0x1800).flat_map(u16::to_le_bytes).collect();
    let expected = [b"OAL!".repeat(1024), vec![0; 4096], numbers, vec![0; 8192]].concat();
    assert!(std::fs::read(&out).unwrap() == expected);
    let same = dir.path().join("link");
    std::fs::hard_link(&path, &same).unwrap();
    for input in [&path, &same] {
        let error = extract("0x100000..0x101000", input).unwrap_err().to_string();
        assert!(error.contains("is the input, which is never written to"), "{error}");
    }
    assert!(std::fs::read(&path).unwrap() == IMAGE);
    assert_eq!(extract("0..4096", &out).unwrap_err().to_string(), "the image has no page of 0x0..0x1000");
    for (range, why) in [
        ("1..2", "both ends must be multiples of 4096"),
        ("4096", "a range is written ADDR..ADDR"),
        ("4096..0", "the range is empty"),
        ("0x1000..zero", "`zero` is no address"),
    ] {
        assert_eq!(range.parse::<Addresses>(), Err(why.to_string()));
    }
}

#[test]
fn pages_that_differ_are_told_and_only_those() {
    let dir = tempfile::tempdir().unwrap();
    let (a, b, card) = (dir.path().join("a"), dir.path().join("b"), dir.path().join("card"));
    std::fs::write(&a, IMAGE).unwrap();
    // Another image: its last page in RAM, which is a raw chunk, is changed, and the zero page is not in it.
    let mut bytes = IMAGE.to_vec();
    bytes[0x4110 + 7] ^= 1;
    let crc = oal_snapshot::crc32c::crc32c(&bytes[0x4110..0x5110]);
    bytes[0x300c..0x3010].copy_from_slice(&crc.to_le_bytes());
    bytes.copy_within(0x2020..0x2030, 0x2010);
    bytes[0x2020..0x2030].fill(0);
    let crc = |range: std::ops::Range<usize>| oal_snapshot::crc32c::crc32c(&bytes[range]);
    let mut header = Header::decode(bytes.first_chunk().unwrap()).unwrap();
    (header.extents, header.zero_pages, header.map.len) = (2, 0, 32);
    (header.map.crc, header.index.crc) = (crc(0x2000..0x2020), crc(0x3000..0x3010));
    header.encode(bytes.first_chunk_mut().unwrap());
    std::fs::write(&b, &bytes).unwrap();
    let diff = |file: Option<&Path>, a: &Path, b: &Path| {
        let diff = vec![a.to_path_buf(), b.to_path_buf()];
        text(&Options { diff, file: file.map(Path::to_path_buf), max_attempts: 3, ..Options::default() })
    };
    assert_eq!(diff(None, &a, &a), "18 pages the same, 0 different, 0 only in A, 0 only in B\n");
    let expected = "16 pages the same, 1 different, 1 only in A, 0 only in B\n\n\
                    from      to        pages  what\n\
                    --------  --------  -----  ---------\n\
                    0x110000  0x111000  1      only in A\n\
                    0x111000  0x112000  1      differs\n";
    assert_eq!(diff(None, &a, &b), expected);
    assert!(diff(None, &b, &a).contains("0x110000  0x111000  1      only in B\n"));
    card_of_two(&card);
    assert!(diff(Some(&card), Path::new("2"), Path::new("4")).starts_with("18 pages the same, 0 different"));
    assert!(diff(None, &card, &b).starts_with("16 pages the same, 1 different"));
}

#[test]
fn a_map_of_ram_shows_each_page_as_what_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("image");
    std::fs::write(&path, IMAGE).unwrap();
    let draw = |name: &str, ram: &[&str], nosave: &[&str]| {
        let all = |list: &[&str]| list.iter().map(|range| range.parse().unwrap()).collect();
        let out = dir.path().join(name);
        inspect(&Options { ram_map: Some(out.clone()), ram: all(ram), nosave: all(nosave), ..options(&path) })
            .map(|_| std::fs::read(out).unwrap())
    };
    let svg = draw("a.svg", &["0x100000..0x114000"], &["0x113000..0x114000"]).unwrap();
    compare("ram-map.svg", std::str::from_utf8(&svg).unwrap());
    let png = draw("a.png", &["0x100000..0x114000"], &["0x113000..0x114000"]).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(&png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((info.width, info.height), (768, 6));
    let cells: Vec<&[u8]> = pixels[..768 * 3].chunks(6 * 3).map(|cell| &cell[..3]).take(20).collect();
    let runs: Vec<usize> = cells.chunk_by(|a, b| a == b).map(<[_]>::len).collect();
    assert_eq!(runs, [16, 1, 1, 1, 1], "well compressed, zero, raw, free, nosave");
    let error = draw("b.svg", &["0x100000..0x114000"], &[]).unwrap_err().to_string();
    assert!(error.contains("wrong-ram"), "{error}");
    assert!(draw("b.gif", &[], &[]).is_err() && !dir.path().join("b.gif").exists());
}

/// Looks at bytes in every way, and returns how often something was told.
fn look(path: &Path, bytes: &[u8], kind: Option<FileKind>) -> bool {
    std::fs::write(path, bytes).unwrap();
    let told = inspect(&Options { verify: true, kind, ..options(path) });
    if let Err(error) = &told {
        assert!(!format!("{error:#}").is_empty());
    }
    let out = path.with_extension("svg");
    let _ = inspect(&Options { ram_map: Some(out), kind, ..options(path) });
    let diff = vec![path.to_path_buf(); 2];
    let _ = inspect(&Options { file: None, diff, kind, ..options(path) });
    let (extract, out) = ("0x100000..0x112000".parse().ok(), Some(path.with_extension("out")));
    let _ = inspect(&Options { extract, out, kind, ..options(path) });
    if let Ok(json) = inspect(&Options { json: true, kind, ..options(path) }) {
        serde_json::from_str::<serde_json::Value>(&json.text).unwrap();
    }
    assert!(std::fs::read(path).unwrap() == bytes, "the input was changed");
    told.is_ok()
}

#[test]
fn truncated_flipped_and_random_files_end_in_a_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    let mut noise = crate::media::noise::Noise::new(42);
    let mut random = |below: usize| {
        let mut bytes = [0; 8];
        noise.fill(&mut bytes);
        (u64::from_le_bytes(bytes) % below as u64) as usize
    };
    for len in (0..IMAGE.len()).step_by(511) {
        look(&path, &IMAGE[..len], Some(FileKind::Image));
    }
    let mut told = 0;
    for _ in 0..150 {
        let mut bytes = IMAGE.to_vec();
        // Header, map and index with checksums that are right: what a writer with bad intentions would make.
        let at = [32 + random(176), 0x2000 + random(48), 0x3000 + random(16)][random(3)];
        bytes[at] = random(256) as u8;
        let crc = oal_snapshot::crc32c::crc32c;
        let (map, index) = (crc(&bytes[0x2000..0x2030]), crc(&bytes[0x3000..0x3010]));
        if at >= 0x2000 {
            bytes[148..152].copy_from_slice(&map.to_le_bytes());
            bytes[164..168].copy_from_slice(&index.to_le_bytes());
        }
        let header = crc(&bytes[..4092]);
        bytes[4092..4096].copy_from_slice(&header.to_le_bytes());
        told += usize::from(look(&path, &bytes, None));
    }
    assert_eq!(told, 150, "an image is an image, whatever is wrong with it");
    let card_path = dir.path().join("card");
    card_of_two(&card_path);
    let card = std::fs::read(&card_path).unwrap()[..600 * 512].to_vec();
    for _ in 0..60 {
        let mut bytes = card.clone();
        // In the partition table, in the log, in the images.
        let at = [446 + random(66), 4096 + random(64) * 512, 4096 + random(bytes.len() - 4096)][random(3)];
        bytes[at] ^= 1 << random(8);
        bytes.truncate(bytes.len() - [0, random(bytes.len())][random(2)]);
        look(&path, &bytes, None);
        look(&path, &bytes, Some(FileKind::Sd));
    }
    for kind in
        [FileKind::Image, FileKind::Store, FileKind::Sd, FileKind::Emmc, FileKind::Nor, FileKind::Nand]
    {
        for len in [0, 1, 511, 4096, 70_000] {
            let bytes: Vec<u8> = (0..len).map(|_| random(256) as u8).collect();
            look(&path, &bytes, Some(kind));
            assert!(!look(&path, &bytes, None), "noise was taken for something");
        }
    }
    let error = inspect(&options(dir.path())).err().unwrap().to_string();
    assert!(error.contains("is neither a file nor a block device"), "{error}");
}
