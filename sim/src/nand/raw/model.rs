//! [`Model`]: which parallel chip is simulated.

use oal_drivers::nand::marker::MarkerRule;
use oal_drivers::nand::{Geometry, onfi};

/// A kind of chip: its measures, how it is addressed and how it describes itself.
#[derive(Clone, Debug)]
pub struct Model {
    /// Its measures.
    pub geometry: Geometry,
    /// Units into which its blocks are divided.
    pub luns: u32,
    /// Whether it takes the commands of small pages.
    pub small: bool,
    /// Column and row cycles.
    pub cycles: (usize, usize),
    /// What it answers to READ ID at address 0.
    pub id: [u8; 5],
    /// What it answers to READ PARAMETER PAGE; none if it is no ONFI chip.
    pub parameters: Option<[[u8; onfi::BYTES]; onfi::COPIES]>,
    /// How its factory marks bad blocks.
    pub marker: MarkerRule,
    /// How often a page may be programmed between erases.
    pub programs_per_page: u8,
    /// tR, tPROG and tBERS in microseconds.
    pub times_us: [u64; 3],
}

impl Model {
    /// Samsung K9F1G08: ec f1, 128 MiB, 2048 + 64 bytes, blocks of 64 pages.
    pub fn k9f1g08() -> Self {
        let geometry = Geometry { page_bytes: 2048, spare_bytes: 64, pages_per_block: 64, blocks: 1024 };
        Self::plain(geometry, (2, 2), [0xec, 0xf1, 0x00, 0x95, 0x40])
    }

    /// Samsung K9F2808: ec 73, 16 MiB, 512 + 16 bytes, blocks of 32 pages.
    pub fn k9f2808() -> Self {
        let geometry = Geometry { page_bytes: 512, spare_bytes: 16, pages_per_block: 32, blocks: 1024 };
        Self::plain(geometry, (1, 2), [0xec, 0x73, 0xa5, 0xc0, 0x00])
    }

    /// Toshiba TC58512: 98 76, 64 MiB, 512 + 16 bytes, blocks of 32 pages.
    pub fn tc58512() -> Self {
        let geometry = Geometry { page_bytes: 512, spare_bytes: 16, pages_per_block: 32, blocks: 4096 };
        Self::plain(geometry, (1, 3), [0x98, 0x76, 0xa5, 0xc0, 0x00])
    }

    fn plain(geometry: Geometry, cycles: (usize, usize), id: [u8; 5]) -> Self {
        let small = geometry.page_bytes == 512;
        let marker = if small { MarkerRule::SmallPage } else { MarkerRule::FirstOrSecondPage };
        Self {
            geometry,
            luns: 1,
            small,
            cycles,
            id,
            parameters: None,
            marker,
            programs_per_page: 4,
            times_us: [25, 200, 1500],
        }
    }

    /// An ONFI chip of these measures, in `luns` units, with a parameter page that says so.
    pub fn onfi(geometry: Geometry, luns: u32) -> Self {
        let page = parameter_page(&geometry, luns, 3);
        Self {
            luns,
            parameters: Some([page; onfi::COPIES]),
            marker: MarkerRule::FirstOrLastPage,
            ..Self::plain(geometry, (2, 3), [0x2c, 0x00, 0x10, 0x00, 0x00])
        }
    }

    /// The ONFI chip of a board that keeps its cells in NOR flash: 32 MiB, 2048 + 64 bytes, blocks of 64
    /// pages, and in need of an ECC of 4 bits. Its place there:
    /// [`Layout::IN_NOR`](crate::nand::Layout::IN_NOR).
    pub fn onfi_32_mib() -> Self {
        Self::onfi(Geometry { page_bytes: 2048, spare_bytes: 64, pages_per_block: 64, blocks: 256 }, 1)
    }
}

/// A parameter page as an ONFI 1.0 chip would have it: 4 bits of ECC, 4 programs per page, 25 µs, 600 µs, 3
/// ms.
pub fn parameter_page(geometry: &Geometry, luns: u32, row_cycles: u8) -> [u8; onfi::BYTES] {
    let mut page = [0; onfi::BYTES];
    let mut put = |at: usize, bytes: &[u8]| page[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"ONFI");
    put(4, &[2, 0]);
    put(32, b"OAL         ");
    put(44, b"SIMULATED           ");
    put(80, &(geometry.page_bytes as u32).to_le_bytes());
    put(84, &(geometry.spare_bytes as u16).to_le_bytes());
    put(92, &geometry.pages_per_block.to_le_bytes());
    put(96, &(geometry.blocks / luns).to_le_bytes());
    put(100, &[luns as u8, 0x20 | row_cycles, 1]);
    put(110, &[4, 0, 4]);
    put(133, &600_u16.to_le_bytes());
    put(135, &3000_u16.to_le_bytes());
    put(137, &25_u16.to_le_bytes());
    seal(&mut page);
    page
}

/// Makes the CRC of a parameter page right, whatever it says.
pub fn seal(page: &mut [u8; onfi::BYTES]) {
    // By the polynomial's definition, bit by bit through a 16-bit register: not the driver's code.
    let mut register = 0x4f4e_u32;
    for bit in (0..254 * 8).map(|n| u32::from(page[n / 8] >> (7 - n % 8) & 1)) {
        let out = (register >> 15 & 1) ^ bit;
        register = (register << 1 & 0xffff) ^ (out * 0x8005);
    }
    page[254..].copy_from_slice(&(register as u16).to_le_bytes());
}
