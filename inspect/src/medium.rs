//! What a file is, and its store: the library's own, over media that refuse to be written to.

use super::image::ImageBytes;
use crate::media::chip::{At, Cells};
use crate::media::layout::{BLOCK, MIB, PAGE, PAGES, SPARE};
use crate::media::{Kind, Layout, Medium, Sizes};
use anyhow::{Context, Result, bail, ensure};
use oal_snapshot::crc32c::crc32c;
use oal_snapshot::hooks::{SelectSnapshot, Selection};
use oal_snapshot::image::ImageId;
use oal_snapshot::image::MAGIC;
use oal_snapshot::refusal::Reason;
use oal_snapshot::store::nand::{self, Ecc, NandError, NandFlash, NandGeometry, NandPage, NandStore};
use oal_snapshot::store::nor::{self, NorFlash, NorGeometry, NorStore};
use oal_snapshot::store::{
    BlockDevice, BlockStore, LOG_RECORDS, Partition, RECORD_LEN, RECORD_STRIDE, Record, RecordError,
    SECTOR_SIZE, SNAPSHOT_PARTITION_TYPE, SlotEntry, Store as AnyStore, StoreSettings,
};
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::os::unix::fs::{FileExt, FileTypeExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes of an erase block of NOR flash.
pub const NOR_BLOCK: u64 = 256 << 10;
/// Blocks that a store on NAND can have: its records have a bit for each.
const NAND_STORES: [u32; 4] = [2048, 1024, 512, 256];

/// What a file can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// An image without a store
    Image,
    /// The partition of a store, from its first sector on
    Store,
    /// A disk with a partition table: an SD card
    Sd,
    /// An eMMC device: boot partitions and RPMB before the user area
    Emmc,
    /// NOR flash in blocks of 256 KiB
    Nor,
    /// NAND cells in a bank of NOR flash, with ECC
    Nand,
    /// A OneNAND
    Onenand,
    /// A NAND chip without its spare area
    RawNand,
}

impl FileKind {
    /// What it is in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Image => "an image",
            Self::Store => "a store on a block device",
            Self::Sd => "an SD card",
            Self::Emmc => "an eMMC device",
            Self::Nor => "NOR flash",
            Self::Nand => "NAND cells in NOR flash",
            Self::Onenand => "a OneNAND",
            Self::RawNand => "a NAND chip without its spare area",
        }
    }

    /// What an entry of a record counts in.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Image | Self::Store | Self::Sd | Self::Emmc => "sectors",
            _ => "erase blocks",
        }
    }

    /// The chip's kind, if it is NAND.
    fn nand(self) -> Option<Kind> {
        match self {
            Self::Nand => Some(Kind::Nand),
            Self::Onenand => Some(Kind::OneNand),
            Self::RawNand => Some(Kind::RawNand),
            _ => None,
        }
    }
}

/// A file that is only read.
#[derive(Clone)]
pub struct Input {
    file: Arc<File>,
    path: PathBuf,
    len: u64,
}

impl Input {
    /// Opens a file, or a block device, for reading.
    ///
    /// # Errors
    /// If it is neither, or cannot be opened.
    pub fn open(path: &Path) -> Result<Input> {
        let shown = path.display();
        let meta = std::fs::metadata(path).with_context(|| format!("cannot find `{shown}`"))?;
        ensure!(
            meta.is_file() || meta.file_type().is_block_device(),
            "`{shown}` is neither a file nor a block device"
        );
        let mut file = File::open(path).with_context(|| format!("cannot open `{shown}`"))?;
        let len = file.seek(SeekFrom::End(0)).with_context(|| format!("cannot measure `{shown}`"))?;
        Ok(Input { file: Arc::new(file), path: path.to_path_buf(), len })
    }

    /// Its length in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// What it is, by what it holds.
    ///
    /// # Errors
    /// If nothing in it tells.
    pub fn detect(&self) -> Result<FileKind> {
        let starts_with_image = self.bytes(0, MAGIC.len()).is_ok_and(|bytes| bytes == MAGIC);
        if starts_with_image {
            return Ok(FileKind::Image);
        }
        for kind in [FileKind::Sd, FileKind::Emmc] {
            if Partition::find(self.disk(kind), SNAPSHOT_PARTITION_TYPE).is_ok() {
                return Ok(kind);
            }
        }
        for kind in [FileKind::Nand, FileKind::Onenand, FileKind::RawNand] {
            if self.has_records(kind) {
                return Ok(kind);
            }
        }
        // A log in NOR flash may hold records where one on a block device has them: the better match counts.
        let matches = [FileKind::Nor, FileKind::Store].map(|kind| (self.log_match(kind), kind));
        if let Some((found, kind)) = matches.into_iter().max_by_key(|(found, _)| *found)
            && found.0 > 0
        {
            return Ok(kind);
        }
        bail!(
            "cannot tell what `{}` is: no image, no partition for snapshots and no commit record is where one belongs; \
             `--kind` says what to take it for",
            self.path.display()
        )
    }

    /// How many records the log holds if it is of this kind, and how many images begin where they say.
    fn log_match(&self, kind: FileKind) -> (usize, usize) {
        let places = log(self, kind, 0).unwrap_or_default();
        let unit = if kind == FileKind::Nor { NOR_BLOCK } else { SECTOR_SIZE as u64 };
        let begins = |entry: &SlotEntry| {
            let at = entry.first.checked_mul(unit);
            at.is_some_and(|at| self.bytes(at, MAGIC.len()).is_ok_and(|bytes| bytes == MAGIC))
        };
        let slots = places.iter().filter_map(|place| place.found.ok()).flat_map(|record| record.slots);
        let images = slots.flatten().filter(begins).count();
        (places.iter().filter(|place| is_record(place)).count(), images)
    }

    /// Whether it is a NAND chip whose log holds a record.
    fn has_records(&self, kind: FileKind) -> bool {
        let places = kind.nand().and_then(|chip| nand_log(&self.medium(chip)?).ok()).unwrap_or_default();
        places.iter().any(|place| place.found.is_ok())
    }

    fn bytes(&self, offset: u64, len: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; len];
        self.file.read_exact_at(&mut bytes, offset).context("the file is too short")?;
        Ok(bytes)
    }

    fn disk(&self, kind: FileKind) -> Disk {
        let start = if kind == FileKind::Emmc { Kind::Emmc.user_area() } else { 0 };
        Disk { input: self.clone(), start }
    }

    /// The file as a NAND chip, if it has the size of one. How much of the chip the store has is what its
    /// records say: the map of bad blocks in front of a record's checksum has a bit for each block.
    fn medium(&self, kind: Kind) -> Option<Medium> {
        let (block, erase_block_kib) = match kind {
            Kind::Nand => (NOR_BLOCK, NOR_BLOCK >> 10),
            Kind::OneNand => (BLOCK / PAGE as u64 * (PAGE + SPARE) as u64, 0),
            _ => (BLOCK, 0),
        };
        let blocks = u32::try_from(self.len / block).ok().filter(|_| self.len.is_multiple_of(block))?;
        let mib = if kind == Kind::OneNand { u64::from(blocks) * BLOCK / MIB } else { self.len / MIB };
        let chip = |store_blocks| {
            let layout = Layout { kind, mib, erase_block_kib, store_blocks, text_blocks: 0 };
            Medium::existing(self.path.clone(), layout, Sizes::SMALL)
        };
        let has_record =
            |medium: &Medium| nand_log(medium).is_ok_and(|log| log.iter().any(|p| p.found.is_ok()));
        let mut stores = NAND_STORES.into_iter().filter(|count| *count <= blocks).map(chip);
        let whole = chip(blocks.min(NAND_STORES[0]));
        Some(stores.find(has_record).unwrap_or(whole))
    }
}

/// All of a file as an image.
impl ImageBytes for Input {
    fn len(&self) -> u64 {
        self.len
    }

    fn read(&mut self, offset: u64, buf: &mut [u8]) -> Result<()> {
        self.file.read_exact_at(buf, offset).context("the file is too short")
    }
}

/// Why a file cannot be taken for a chip.
const NO_CHIP: &str = "the file has not the size of such a chip";

/// What a place of the log holds.
pub struct Place {
    /// Where: a sector, or a block and a page or place of it.
    pub name: String,
    /// The record, or why there is none.
    pub found: Result<Record, RecordError>,
    /// NAND: the map of bad blocks beside it.
    pub bad: Vec<u8>,
}

/// Whether it holds a record, of this version or a later one.
fn is_record(place: &Place) -> bool {
    matches!(place.found, Ok(_) | Err(RecordError::Newer { .. }))
}

/// Every place of the log that is not blank; the store begins at the byte `start`. Read by the format's own
/// places, without the store's help.
fn log(input: &Input, kind: FileKind, start: u64) -> Result<Vec<Place>> {
    let mut places = Vec::new();
    let mut take = |name: String, bytes: &[u8]| {
        let found = bytes.first_chunk().map_or(Err(RecordError::Corrupt), Record::decode);
        if found != Err(RecordError::Blank) {
            places.push(Place { name, found, bad: Vec::new() });
        }
    };
    if let Some(chip) = kind.nand() {
        return nand_log(&input.medium(chip).context(NO_CHIP)?);
    }
    if kind == FileKind::Nor {
        for block in 0..u64::from(nor::LOG_BLOCKS) {
            for i in 0..u64::from(nor::BLOCK_RECORDS) {
                let bytes = input.bytes(block * NOR_BLOCK + i * RECORD_LEN as u64, RECORD_LEN)?;
                take(format!("block {block}, place {i}"), &bytes);
            }
        }
    } else {
        for i in 0..LOG_RECORDS {
            let sector = i * RECORD_STRIDE;
            let bytes = input.bytes(start + sector * SECTOR_SIZE as u64, RECORD_LEN)?;
            take(format!("sector {sector}"), &bytes);
        }
    }
    Ok(places)
}

fn nand_log(medium: &Medium) -> Result<Vec<Place>> {
    let cells = Cells::of(medium).context("this medium has no pages")?;
    let mut places = Vec::new();
    for (block, page) in (0..nand::LOG_BLOCKS).flat_map(|block| (0..PAGES).map(move |page| (block, page))) {
        let name = format!("block {block}, page {page}");
        let bytes = cells.read(At { block, page })?;
        if bytes.as_ref().is_some_and(|bytes| bytes.iter().all(|byte| *byte == 0xff)) {
            continue;
        }
        let len = RECORD_LEN + cells.map_bytes();
        let bytes = bytes.unwrap_or_default();
        let mut found = bytes.first_chunk().map_or(Err(RecordError::Corrupt), Record::decode);
        let guarded = bytes.get(..len).zip(bytes.get(len..len + 4));
        let right = guarded.is_some_and(|(record, crc)| crc == crc32c(record).to_le_bytes());
        if found.is_ok() && !right {
            found = Err(RecordError::Corrupt);
        }
        places.push(Place { name, found, bad: bytes.get(RECORD_LEN..len).unwrap_or_default().to_vec() });
    }
    Ok(places)
}

/// A store, whatever it is on.
pub trait Shelf {
    /// The newest record.
    fn record(&mut self) -> Result<Record>;

    /// Which images the store offers a boot, by the library's own selection.
    fn select(&mut self) -> Result<Selection, Reason>;

    /// Reads from an image.
    fn read(&mut self, id: ImageId, offset: u64, buf: &mut [u8]) -> Result<()>;
}

/// A store in a file.
pub struct Store {
    /// The store.
    pub shelf: Box<dyn Shelf>,
    /// Every place of its log that is not blank.
    pub log: Vec<Place>,
    /// Where it is and how large, in words.
    pub place: String,
    /// NAND: each bad block, with whether the newest record's map has it and whether it is marked.
    pub bad: Vec<(u32, bool, bool)>,
}

impl Store {
    /// The store in a file of this kind. `max_attempts` is what the board allows.
    ///
    /// # Errors
    /// If the file has no room for one, or its disk no partition.
    pub fn open(input: &Input, kind: FileKind, max_attempts: u8) -> Result<Store> {
        let settings = StoreSettings { max_attempts, ..StoreSettings::default() };
        if let Some(chip) = kind.nand() {
            return Self::open_nand(input, chip, settings);
        }
        if kind == FileKind::Nor {
            let store = NorStore::new(Nor(input.clone()), settings);
            let shelf = Box::new(store.context("there is no store")?);
            let place = format!("{} erase blocks of {} KiB", input.len / NOR_BLOCK, NOR_BLOCK / 1024);
            return Ok(Store { shelf, log: log(input, kind, 0)?, place, bad: Vec::new() });
        }
        let disk = input.disk(kind);
        let start = disk.start;
        let partition = match kind {
            FileKind::Store => Partition::whole(disk),
            _ => Partition::find(disk, SNAPSHOT_PARTITION_TYPE)
                .map_err(|(_, error)| anyhow::anyhow!("there is no store: {}", Reason::from(error)))?,
        };
        let first = partition.first_sector();
        let sectors = partition.sectors();
        let log = log(input, kind, start + first * SECTOR_SIZE as u64);
        let log = log.context("the file ends within the log")?;
        let shelf = Box::new(BlockStore::new(partition, settings).context("there is no store")?);
        Ok(Store { shelf, log, place: format!("{sectors} sectors from sector {first} on"), bad: Vec::new() })
    }

    fn open_nand(input: &Input, chip: Kind, settings: StoreSettings) -> Result<Store> {
        let medium = input.medium(chip).context(NO_CHIP)?;
        let cells = Cells::of(&medium).context("this medium has no pages")?;
        let log = nand_log(&medium)?;
        let newest =
            log.iter().filter(|place| place.found.is_ok()).max_by_key(|p| p.found.map_or(0, |r| r.sequence));
        let map = newest.map(|place| place.bad.as_slice()).unwrap_or_default();
        let mut bad = Vec::new();
        let flash = Nand { medium: medium.clone() };
        for block in 0..cells.blocks() {
            let mapped = map.get(block as usize / 8).is_some_and(|byte| byte & (1 << (block % 8)) != 0);
            let marked = flash.marked(block)?;
            if mapped || marked {
                bad.push((block, mapped, marked));
            }
        }
        let place = format!("{} erase blocks of {PAGES} pages of {PAGE} bytes", cells.blocks());
        let shelf: Result<Box<dyn Shelf>, _> = match cells.map_bytes() {
            ..=32 => NandStore::<_, PAGE, 32>::new(flash, settings).map(|s| Box::new(s) as _),
            33..=64 => NandStore::<_, PAGE, 64>::new(flash, settings).map(|s| Box::new(s) as _),
            65..=128 => NandStore::<_, PAGE, 128>::new(flash, settings).map(|s| Box::new(s) as _),
            _ => NandStore::<_, PAGE, 256>::new(flash, settings).map(|s| Box::new(s) as _),
        };
        Ok(Store { shelf: shelf.context("there is no store")?, log, place, bad })
    }

    /// An image of the store.
    pub fn image(&mut self, entry: &SlotEntry) -> InStore<'_> {
        InStore { shelf: &mut *self.shelf, id: entry.id, len: entry.image_len }
    }
}

/// An image in a store.
pub struct InStore<'a> {
    shelf: &'a mut dyn Shelf,
    id: ImageId,
    len: u64,
}

impl ImageBytes for InStore<'_> {
    fn len(&self) -> u64 {
        self.len
    }

    fn read(&mut self, offset: u64, buf: &mut [u8]) -> Result<()> {
        self.shelf.read(self.id, offset, buf)
    }
}

impl<S: AnyStore> Shelf for S {
    fn record(&mut self) -> Result<Record> {
        AnyStore::record(self).map_err(|error| anyhow::anyhow!("the log cannot be read: {error:?}"))
    }

    fn select(&mut self) -> Result<Selection, Reason> {
        SelectSnapshot::select(self)
    }

    fn read(&mut self, id: ImageId, offset: u64, buf: &mut [u8]) -> Result<()> {
        let done = self.read_snapshot(id, buf, offset);
        done.map_err(|error| anyhow::anyhow!("image {} cannot be read at byte {offset}: {error:?}", id.0))
    }
}

/// Why nothing is ever written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The medium is only looked at.
    ReadOnly,
    /// The file could not be read there.
    Unreadable,
}

/// A file, or all behind a part of it, as a block device.
pub struct Disk {
    input: Input,
    /// The device's first byte in the file.
    start: u64,
}

impl BlockDevice for Disk {
    type Error = Refused;

    fn sectors(&self) -> u64 {
        self.input.len.saturating_sub(self.start) / SECTOR_SIZE as u64
    }

    fn read(&mut self, first: u64, buf: &mut [u8]) -> Result<(), Refused> {
        let offset = first.checked_mul(SECTOR_SIZE as u64).and_then(|at| at.checked_add(self.start));
        let read = self.input.file.read_exact_at(buf, offset.ok_or(Refused::Unreadable)?);
        read.map_err(|_| Refused::Unreadable)
    }

    fn write(&mut self, _: u64, _: &[u8]) -> Result<(), Refused> {
        Err(Refused::ReadOnly)
    }

    fn flush(&mut self) -> Result<(), Refused> {
        Err(Refused::ReadOnly)
    }
}

/// A file as NOR flash.
pub struct Nor(Input);

impl NorFlash for Nor {
    type Error = Refused;

    fn geometry(&self) -> NorGeometry {
        let blocks = u32::try_from(self.0.len / NOR_BLOCK).unwrap_or(u32::MAX);
        NorGeometry { block_bytes: NOR_BLOCK as u32, blocks, program_bytes: 4 }
    }

    fn read(&mut self, at: u64, buf: &mut [u8]) -> Result<(), Refused> {
        self.0.file.read_exact_at(buf, at).map_err(|_| Refused::Unreadable)
    }

    fn program(&mut self, _: u64, _: &[u8]) -> Result<(), Refused> {
        Err(Refused::ReadOnly)
    }

    fn erase(&mut self, _: u32) -> Result<(), Refused> {
        Err(Refused::ReadOnly)
    }
}

/// A file as a NAND chip.
pub struct Nand {
    medium: Medium,
}

impl Nand {
    /// Whether a block carries a mark; none does where the file has no spare area.
    fn marked(&self, block: u32) -> Result<bool> {
        match Cells::of(&self.medium) {
            Some(cells) if cells.has_spare() => cells.is_marked(block),
            _ => Ok(false),
        }
    }
}

impl NandFlash for Nand {
    type Error = Refused;

    fn geometry(&self) -> NandGeometry {
        let blocks = Cells::of(&self.medium).map_or(0, Cells::blocks);
        NandGeometry { page_bytes: PAGE as u32, pages_per_block: PAGES, blocks }
    }

    fn read_page(&mut self, at: NandPage, data: &mut [u8], _: &mut [u8]) -> Result<Ecc, NandError<Refused>> {
        let device = NandError::Device(Refused::Unreadable);
        let cells = Cells::of(&self.medium).ok_or(device)?;
        match cells.read(At { block: at.block, page: at.page }) {
            Ok(Some(page)) if page.len() == data.len() => {
                data.copy_from_slice(&page);
                Ok(Ecc::Clean)
            }
            Ok(None) => Err(NandError::Uncorrectable),
            Ok(Some(_)) | Err(_) => Err(device),
        }
    }

    fn program_page(&mut self, _: NandPage, _: &[u8], _: &[u8]) -> Result<(), NandError<Refused>> {
        Err(NandError::Device(Refused::ReadOnly))
    }

    fn erase_block(&mut self, _: u32) -> Result<(), NandError<Refused>> {
        Err(NandError::Device(Refused::ReadOnly))
    }

    fn is_bad(&mut self, block: u32) -> Result<bool, Refused> {
        self.marked(block).map_err(|_| Refused::Unreadable)
    }

    fn mark_bad(&mut self, _: u32) -> Result<(), Refused> {
        Err(Refused::ReadOnly)
    }
}
