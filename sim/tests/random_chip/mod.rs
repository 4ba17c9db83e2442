//! A chip of any kind, with its ECC, and the pages of a store on it.

use std::ops::Range;

use oal_drivers::nand::Geometry;
use oal_drivers::nand::ecc::{Bch, Bytes, Ecc, Hamming};
use oal_drivers::nand::marker::MarkerRule;
use oal_drivers::nand::onenand::{OneNand, Options};
use oal_drivers::nand::raw::{GuardedNand, RawNand};
use oal_drivers::nand::spi::SpiNand;
use oal_drivers::nand::spi::family::FAMILIES;
use oal_sim::nand::onenand::OneNandChip;
use oal_sim::nand::raw::{Model, RawChip, parameter_page, seal};
use oal_sim::nand::spi::SpiChip;
use oal_sim::nand::{Array, Shared, Time};
use oal_sim::rng::Rng;
use oal_sim::{NandBoard, nand_board};
use oal_snapshot::store::nand::{LOG_BLOCKS, NandPage};
use oal_snapshot::store::{RECORD_LEN, Record};

/// Bytes of the map of bad blocks.
pub const MAP: usize = 6;

type OnArray<'a> = &'a mut dyn FnMut(&mut Array);

/// A chip, how a board opens it at power-on, and how a test reaches for its cells.
pub struct RandomChip {
    /// What it is.
    pub name: String,
    /// Its measures; of its blocks only the store's count.
    pub geometry: Geometry,
    /// How its maker marks bad blocks.
    pub marker: MarkerRule,
    /// Wrong bits in a codeword that are corrected.
    pub strength: usize,
    /// The bytes of a page (data, then spare area) that belong to each codeword.
    pub codewords: Vec<Vec<Range<usize>>>,
    /// Low bits of a codeword's last byte that mean nothing.
    padding: usize,
    /// Whether the ECC is the chip's own.
    on_die: bool,
    /// Blocks that the store uses.
    pub blocks: u32,
    open: Box<dyn Fn() -> NandBoard<'static>>,
    reach: Box<dyn Fn(OnArray<'_>)>,
    violations: Box<dyn Fn() -> String>,
}

impl RandomChip {
    /// A chip of any kind.
    pub fn new(rng: &mut Rng) -> RandomChip {
        match rng.below(14) {
            0 => raw::<Hamming, 16>(rng, 512),
            1 => raw::<Bch<4>, 16>(rng, 512),
            2 => raw::<Hamming, 64>(rng, 2048),
            3 => raw::<Bch<4>, 64>(rng, 2048),
            4 => raw::<Bch<8>, 64>(rng, 2048),
            5 => raw::<Hamming, 128>(rng, 4096),
            6 => raw::<Bch<4>, 128>(rng, 4096),
            7 => raw::<Bch<8>, 224>(rng, 4096),
            8 => raw::<Hamming, 256>(rng, 8192),
            9 => raw::<Bch<4>, 256>(rng, 8192),
            10 => raw::<Bch<8>, 448>(rng, 8192),
            11 => onenand(rng),
            _ => spi(rng),
        }
    }

    /// The board at power-on: a driver that knows nothing yet.
    pub fn open(&self) -> NandBoard<'static> {
        (self.open)()
    }

    /// Does something to the cells.
    pub fn cells<T>(&self, act: impl FnOnce(&mut Array) -> T) -> T {
        let (mut act, mut result) = (Some(act), None);
        (self.reach)(&mut |array| result = act.take().map(|act| act(array)));
        result.expect("the chip was reached")
    }

    /// The rules that were broken.
    pub fn violations(&self) -> String {
        (self.violations)()
    }

    /// Pages of a record.
    fn record_pages(&self) -> u32 {
        (RECORD_LEN + MAP + 4).div_ceil(self.geometry.page_bytes) as u32
    }

    /// The log as its cells have it, which nothing may have flipped: every record with its first page.
    fn records(&self) -> Vec<(NandPage, Record, [u8; MAP])> {
        let mut records = Vec::new();
        self.cells(|array| {
            for block in 0..LOG_BLOCKS {
                for page in (0..self.geometry.pages_per_block).step_by(self.record_pages() as usize) {
                    let pages = (0..self.record_pages()).map(|i| array.peek(block, page + i));
                    let bytes = pages.flat_map(|bytes| bytes[..self.geometry.page_bytes].to_vec());
                    let bytes: Vec<u8> = bytes.collect();
                    if bytes.iter().all(|byte| *byte == 0xff) {
                        break;
                    }
                    let (sector, map) = bytes.split_first_chunk().unwrap();
                    if let Ok(record) = Record::decode(sector) {
                        records.push((NandPage { block, page }, record, *map.first_chunk().unwrap()));
                    }
                }
            }
        });
        records
    }

    /// The newest record with its map, and the first page of each of its copies.
    pub fn newest_record(&self) -> (Record, [u8; MAP], Vec<NandPage>) {
        let records = self.records();
        let (_, newest, map) =
            *records.iter().max_by_key(|(_, record, _)| record.sequence).expect("a record");
        let copies = records.iter().filter(|(_, record, _)| record.sequence == newest.sequence);
        (newest, map, copies.map(|(at, ..)| *at).collect())
    }

    /// All pages of the log that hold something, and the one behind the last of each block.
    pub fn log_pages(&self) -> Vec<NandPage> {
        let mut pages = Vec::new();
        self.cells(|array| {
            for block in 0..LOG_BLOCKS {
                for page in 0..self.geometry.pages_per_block {
                    pages.push(NandPage { block, page });
                    if array.peek(block, page)[..self.geometry.page_bytes].iter().all(|byte| *byte == 0xff) {
                        break;
                    }
                }
            }
        });
        pages
    }

    /// The pages of the image in slot `slot`, in their order.
    pub fn image_pages(&self, record: &Record, map: &[u8; MAP], slot: usize) -> Vec<NandPage> {
        let Some(entry) = record.slots[slot] else { return Vec::new() };
        let is_good = |block: &u32| map[*block as usize / 8] >> (block % 8) & 1 == 0;
        let blocks = (entry.first as u32..(entry.first + entry.span) as u32).filter(is_good);
        let pages = blocks
            .flat_map(|block| (0..self.geometry.pages_per_block).map(move |page| NandPage { block, page }));
        pages.take(entry.image_len.div_ceil(self.geometry.page_bytes as u64) as usize).collect()
    }

    /// How many codewords hold data; the others are behind them.
    pub fn data_codewords(&self) -> usize {
        self.codewords.iter().filter(|ranges| ranges[0].start < self.geometry.page_bytes).count()
    }

    /// The codewords of a record's first page that hold nothing but a part of it.
    pub fn record_codewords(&self) -> usize {
        RECORD_LEN * self.data_codewords() / self.geometry.page_bytes
    }

    /// `count` different bits of a codeword, none of them padding. If they are to be more than are corrected,
    /// they are where the chip's own ECC, if it has one, counts them: the simulated one has no bytes of its
    /// own that matter.
    pub fn bits(&self, codeword: usize, count: usize, rng: &mut Rng) -> Vec<usize> {
        let all = &self.codewords[codeword];
        let ranges = if self.on_die && count > self.strength { &all[..1] } else { all };
        let bytes: usize = ranges.iter().map(|range| range.len()).sum();
        let mut bits: Vec<usize> = Vec::new();
        while bits.len() < count {
            let at = rng.below(8 * bytes as u64) as usize;
            if at / 8 + 1 == bytes && at % 8 < self.padding {
                continue;
            }
            let mut byte = at / 8;
            let inside = ranges.iter().find_map(|range| match byte.checked_sub(range.len()) {
                Some(left) => {
                    byte = left;
                    None
                }
                None => Some(range.start + byte),
            });
            let bit = 8 * inside.expect("a byte of the codeword") + at % 8;
            if !bits.contains(&bit) {
                bits.push(bit);
            }
        }
        bits
    }
}

fn store_blocks(rng: &mut Rng) -> u32 {
    32 + rng.below(8 * MAP as u64 - 32 + 1) as u32
}

/// A parallel chip with the code `C`: ONFI if its pages are large, else known by its id.
fn raw<C: Ecc + 'static, const SPARE: usize>(rng: &mut Rng, page_bytes: usize) -> RandomChip {
    let blocks = store_blocks(rng);
    let model = if page_bytes == 512 {
        [Model::k9f2808, Model::tc58512][rng.below(2) as usize]()
    } else {
        let pages_per_block = [16, 32, 48, 64, 128][rng.below(5) as usize];
        let luns = 1 + rng.below(2) as u32;
        let blocks = (blocks + rng.below(9) as u32).next_multiple_of(luns);
        let geometry = Geometry { page_bytes, spare_bytes: SPARE, pages_per_block, blocks };
        let mut page = parameter_page(&geometry, luns, 3);
        page[112] = C::STRENGTH as u8;
        seal(&mut page);
        Model { parameters: Some([page; 3]), ..Model::onfi(geometry, luns) }
    };
    let (geometry, marker) = (model.geometry, model.marker);
    let (unit, code) = (C::Unit::BYTES, C::Code::BYTES);
    let units = page_bytes / unit;
    // Bits of ECC: 22 of Hamming's three bytes, 52 of BCH's seven, all of its thirteen.
    let padding =
        [(3, 2), (7, 4), (13, 0)].into_iter().find(|(bytes, _)| *bytes == code).expect("a known code").1;
    let first = page_bytes + SPARE - units * code;
    let time = Time::new();
    let mut chip = RawChip::new(model, time.clone());
    chip.has_pin = rng.below(2) == 0;
    let chip = Shared::new(chip);
    let (for_open, for_cells, for_violations) = (chip.clone(), chip.clone(), chip);
    RandomChip {
        name: format!("raw, {geometry:?}, {} bits in {unit} bytes", C::STRENGTH),
        geometry,
        marker,
        strength: C::STRENGTH as usize,
        codewords: (0..units)
            .map(|i| vec![i * unit..(i + 1) * unit, first + i * code..first + (i + 1) * code])
            .collect(),
        padding,
        on_die: false,
        blocks,
        open: Box::new(move || {
            let nand = RawNand::identify(for_open.clone(), time.clone()).expect("the chip");
            nand_board(GuardedNand::<_, _, C, SPARE>::new(nand).expect("room for the code"), blocks)
        }),
        reach: Box::new(move |act| act(&mut for_cells.chip().array)),
        violations: Box::new(move || format!("{:?}", for_violations.chip().violations())),
    }
}

/// KFG1G16Q2 data sheet, "Spare Area Assignment": each sector's ECC in bytes 8 to 10 of its sixteen, that of
/// spare bytes 2 to 4 in 11 and 12.
fn onenand(rng: &mut Rng) -> RandomChip {
    let blocks = store_blocks(rng);
    let time = Time::new();
    let chip = Shared::new(OneNandChip::new(1 + rng.below(2) as u32, time.clone()));
    let geometry = chip.chip().array.geometry();
    let spare = |i: usize, from: usize, to: usize| 2048 + 16 * i + from..2048 + 16 * i + to;
    let main = (0..4).map(|i| vec![512 * i..512 * (i + 1), spare(i, 8, 11)]);
    let small = (0..4).map(|i| vec![spare(i, 2, 5), spare(i, 11, 13)]);
    let (for_open, for_cells, for_violations) = (chip.clone(), chip.clone(), chip);
    RandomChip {
        name: "OneNAND".into(),
        geometry,
        marker: MarkerRule::FirstOrSecondPage,
        strength: 1,
        codewords: main.chain(small).collect(),
        padding: 0,
        on_die: true,
        blocks,
        open: Box::new(move || {
            let nand = OneNand::identify(for_open.clone(), time.clone(), Options::default());
            nand_board(nand.expect("the chip"), blocks)
        }),
        reach: Box::new(move |act| act(&mut for_cells.chip().array)),
        violations: Box::new(move || format!("{:?}", for_violations.chip().violations())),
    }
}

/// The marker's two bytes are left out of the codewords that cover them: it is read without ECC.
fn spi(rng: &mut Rng) -> RandomChip {
    let family = FAMILIES[rng.below(FAMILIES.len() as u64) as usize];
    let blocks = store_blocks(rng);
    let time = Time::new();
    let chip = Shared::new(SpiChip::new(family, time.clone()));
    let spare = |from: usize, to: usize| 2048 + from..2048 + to;
    let codeword = |i: usize| match family.geometry.spare_bytes {
        64 => vec![512 * i..512 * (i + 1), spare(16 * i + 4, 16 * i + 16)],
        _ => vec![
            512 * i..512 * (i + 1),
            spare(16 * i + if i == 0 { 2 } else { 0 }, 16 * i + 16),
            spare(64 + 16 * i, 80 + 16 * i),
        ],
    };
    let (for_open, for_cells, for_violations) = (chip.clone(), chip.clone(), chip);
    RandomChip {
        name: family.name.into(),
        geometry: family.geometry,
        marker: MarkerRule::FirstPage,
        strength: family.strength.into(),
        codewords: (0..4).map(codeword).collect(),
        padding: 0,
        on_die: true,
        blocks,
        open: Box::new(move || {
            nand_board(SpiNand::identify(for_open.clone(), time.clone()).expect("the chip"), blocks)
        }),
        reach: Box::new(move |act| act(&mut for_cells.chip().array)),
        violations: Box::new(move || format!("{:?}", for_violations.chip().violations())),
    }
}
