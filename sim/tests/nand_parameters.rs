//! Parameter pages: whole, damaged, and made up. ONFI, "Parameter Page Data Structure Definition".

use oal_drivers::nand::bus::{BusFault, RawBus};
use oal_drivers::nand::raw::RawNand;
use oal_drivers::nand::{Error, Geometry, NandDevice, onfi};
use oal_sim::nand::Time;
use oal_sim::nand::raw::{Model, RawChip, parameter_page, seal};
use proptest::prelude::*;

const GEOMETRY: Geometry = Geometry { page_bytes: 2048, spare_bytes: 64, pages_per_block: 64, blocks: 2048 };

fn identify(copies: [[u8; 256]; 3]) -> Result<Geometry, Error> {
    let time = Time::new();
    let chip = RawChip::new(Model { parameters: Some(copies), ..Model::onfi(GEOMETRY, 1) }, time.clone());
    RawNand::identify(chip, time).map(|nand| nand.geometry())
}

#[test]
fn what_a_page_says_is_understood() {
    let page = parameter_page(&GEOMETRY, 2, 3);
    let chip = onfi::decode(&[page; 3]).unwrap();
    assert_eq!((chip.geometry, chip.blocks_per_lun), (GEOMETRY, 1024));
    assert_eq!((chip.column_cycles, chip.row_cycles), (2, 3));
    assert_eq!((chip.ecc_bits, chip.programs_per_page), (Some(4), 4));
    assert_eq!((chip.times.read_us, chip.times.program_us, chip.times.erase_us), (25, 600, 3000));
}

#[test]
fn any_one_whole_copy_will_do() {
    let page = parameter_page(&GEOMETRY, 1, 3);
    for whole in 0..3 {
        let mut copies = [[0x5a; 256]; 3];
        copies[whole] = page;
        assert_eq!(identify(copies), Ok(GEOMETRY), "copy {whole}");
    }
}

#[test]
fn three_damaged_copies_give_a_whole_one() {
    let mut copies = [parameter_page(&GEOMETRY, 1, 3); 3];
    for (n, copy) in copies.iter_mut().enumerate() {
        copy[10 * n + 3] ^= 0x41;
        copy[200 + n] = !copy[200 + n];
    }
    assert_eq!(identify(copies), Ok(GEOMETRY));
    copies[0][100] ^= 1;
    copies[1][100] ^= 1;
    assert_eq!(identify(copies), Err(Error::BadParameterPage), "two against one");
}

#[test]
fn nonsense_with_a_right_crc_is_refused() {
    let spoil = |at: usize, bytes: &[u8]| {
        let mut page = parameter_page(&GEOMETRY, 1, 3);
        page[at..at + bytes.len()].copy_from_slice(bytes);
        seal(&mut page);
        identify([page; 3])
    };
    assert_eq!(spoil(32, b"anyone"), Ok(GEOMETRY));
    assert_eq!(spoil(6, &[1, 0]), Err(Error::Unsupported), "16 data lines");
    for (at, bytes, what) in [
        (80, vec![0, 0, 0, 0], "page of nothing"),
        (80, vec![0, 9, 0, 0], "page of 2304"),
        (80, vec![0, 0, 0, 0x80], "page of 2 GiB"),
        (84, vec![0, 0], "no spare area"),
        (84, vec![0xff, 0xff], "huge spare area"),
        (92, vec![0, 0, 0, 0], "no pages"),
        (92, vec![0xff; 4], "too many pages"),
        (96, vec![0, 0, 0, 0], "no blocks"),
        (96, vec![0xff; 4], "too many blocks"),
        (100, vec![0], "no unit"),
        (100, vec![0xff], "too many units"),
        (101, vec![0x13], "one column cycle"),
        (101, vec![0x22], "two row cycles for 2^17 pages"),
        (101, vec![0xff], "fifteen cycles"),
    ] {
        assert_eq!(spoil(at, &bytes), Err(Error::BadParameterPage), "{what}");
    }
}

/// A bus with noise on it.
struct Noise(Vec<u8>, usize);

impl RawBus for Noise {
    fn command(&mut self, _: u8) -> Result<(), BusFault> {
        Ok(())
    }
    fn address(&mut self, _: &[u8]) -> Result<(), BusFault> {
        Ok(())
    }
    fn write(&mut self, _: &[u8]) -> Result<(), BusFault> {
        Ok(())
    }
    fn read(&mut self, data: &mut [u8]) -> Result<(), BusFault> {
        for byte in data {
            *byte = self.0[self.1 % self.0.len()];
            self.1 += 1;
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Fields of any value under a right CRC: refused, or a chip whose pages can all be addressed.
    #[test]
    fn any_page_is_refused_or_makes_sense(bytes in proptest::collection::vec(any::<u8>(), 128), at in 70_usize..100) {
        let mut page = parameter_page(&GEOMETRY, 1, 3);
        let len = bytes.len().min(142 - at);
        // Some of the fields at random, the others as they should be.
        page[at..at + len].iter_mut().zip(&bytes).for_each(|(byte, other)| *byte ^= other & other.rotate_left(3) & other.rotate_left(5));
        seal(&mut page);
        if let Ok(chip) = onfi::decode(&[page; 3]) {
            let g = chip.geometry;
            prop_assert!(g.page_bytes.is_power_of_two() && (2048..=16384).contains(&g.page_bytes));
            prop_assert!((g.page_bytes / 64..=g.page_bytes / 4).contains(&g.spare_bytes));
            prop_assert!(u64::from(g.blocks) * u64::from(g.pages_per_block) <= 1 << 24);
            prop_assert!(g.blocks > 0 && g.pages_per_block > 0 && g.bytes() > 0);
        }
    }

    #[test]
    fn any_bytes_are_refused_or_make_sense(mut bytes in proptest::collection::vec(any::<u8>(), 256)) {
        bytes[..4].copy_from_slice(b"ONFI");
        let mut page: [u8; 256] = bytes.try_into().unwrap();
        let _ = onfi::decode(&[page; 3]);
        seal(&mut page);
        let _ = onfi::decode(&[page; 3]);
    }

    #[test]
    fn noise_on_the_bus_ends_in_an_answer(noise in proptest::collection::vec(any::<u8>(), 1..900)) {
        if let Ok(mut nand) = RawNand::identify(Noise(noise, 0), Time::new()) {
            let _ = nand.is_bad(0);
            let _ = nand.erase_block(0);
            let _ = nand.mark_bad(nand.geometry().blocks - 1);
        }
    }
}
