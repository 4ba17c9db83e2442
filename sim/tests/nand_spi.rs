//! The SPI NAND driver against chips of each family: every sequence with the heading of the family's data
//! sheet that it is from, every code of its ECC, protection, time-outs.

use embedded_hal::spi::SpiDevice;
use oal_drivers::nand::marker::MarkerRule;
use oal_drivers::nand::spi::SpiNand;
use oal_drivers::nand::spi::family::{FAMILIES, Family, GD5F1GQ5, MT29F1G01, MT29F2G01, W25N01GV, W25N02KV};
use oal_drivers::nand::{EccStatus, Error, NandDevice, Wait};
use oal_sim::Rng;
use oal_sim::nand::spi::SpiChip;
use oal_sim::nand::{Change, Failure, Shared, Time, When};

type Nand = SpiNand<Shared<SpiChip>, Time>;

fn nand(family: &'static Family) -> (Nand, Shared<SpiChip>) {
    let time = Time::new();
    let chip = Shared::new(SpiChip::new(family, time.clone()));
    (SpiNand::identify(chip.clone(), time).expect("a known chip"), chip)
}

fn log<T>(chip: &Shared<SpiChip>, action: impl FnOnce() -> Result<T, Error>) -> Vec<Vec<u8>> {
    chip.chip().log.clear();
    assert!(action().is_ok());
    chip.chip().log.clone()
}

fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut bytes = vec![0; len];
    Rng::new(seed).fill(&mut bytes);
    bytes
}

/// What a family's data sheet calls its commands.
struct Sheet {
    family: &'static Family,
    reset: &'static str,
    id: &'static str,
    features: &'static str,
    protection: &'static str,
    configuration: &'static str,
    read: [&'static str; 2],
    enable: &'static str,
    program: [&'static str; 2],
    erase: &'static str,
    /// What B0h is set to, if it is found as after power-on.
    config: u8,
    /// Bit 12 of the column for odd blocks.
    odd: u8,
}

const WINBOND: Sheet = Sheet {
    family: &W25N01GV,
    reset: "Device Reset (FFh)",
    id: "Read JEDEC ID (9Fh)",
    features: "Read Status Register (0Fh / 05h), Write Status Register (1Fh / 01h)",
    protection: "Protection Register / Status Register-1",
    configuration: "Configuration Register / Status Register-2: ECC-E, BUF",
    read: ["Page Data Read (13h)", "Fast Read (0Bh), BUF = 1"],
    enable: "Write Enable (06h)",
    program: ["Load Program Data (02h)", "Program Execute (10h)"],
    erase: "128KB Block Erase (D8h)",
    config: 0x18,
    odd: 0,
};

const GIGADEVICE: Sheet = Sheet {
    family: &GD5F1GQ5,
    reset: "Reset (FFH)",
    id: "Read ID (9FH)",
    features: "Get Features (0FH) and Set Features (1FH)",
    protection: "Feature Operation: protection (A0H)",
    configuration: "Feature Operation: feature (B0H), ECC_EN",
    read: ["Page Read to Cache (13H)", "Read From Cache (03H or 0BH)"],
    enable: "Write Enable (WREN) (06H)",
    program: ["Program Load (PL) (02H)", "Program Execute (PE) (10H)"],
    erase: "Block Erase (D8H)",
    config: 0x11,
    odd: 0,
};

const MICRON: Sheet = Sheet {
    family: &MT29F1G01,
    reset: "RESET Operation (FFh)",
    id: "READ ID (9Fh)",
    features: "GET FEATURES (0Fh) and SET FEATURES (1Fh)",
    protection: "Feature Operations: block lock (A0h)",
    configuration: "Feature Operations: configuration (B0h)",
    read: ["PAGE READ (13h)", "READ FROM CACHE x1 (03h or 0Bh)"],
    enable: "WRITE ENABLE (06h)",
    program: ["PROGRAM LOAD (02h)", "PROGRAM EXECUTE (10h)"],
    erase: "BLOCK ERASE (D8h)",
    config: 0x10,
    odd: 0,
};

const SHEETS: [Sheet; 5] = [
    WINBOND,
    Sheet { family: &W25N02KV, config: 0x1f, ..WINBOND },
    GIGADEVICE,
    MICRON,
    // "Array Organization": two planes.
    Sheet { family: &MT29F2G01, odd: 0x10, ..MICRON },
];

/// Compares what was sent with what the data sheet has under the headings.
#[track_caller]
fn assert_sent(sheet: &Sheet, sent: &[Vec<u8>], wanted: &[(&str, Vec<u8>)]) {
    for (step, (heading, bytes)) in wanted.iter().enumerate() {
        let sent = sent.get(step);
        assert_eq!(sent, Some(bytes), "{}, step {step}, \"{heading}\"", sheet.family.name);
    }
    assert_eq!(sent.len(), wanted.len(), "{}: {sent:x?}", sheet.family.name);
}

/// The dummy byte of READ FROM CACHE follows the column; that of PAGE READ, PROGRAM EXECUTE and BLOCK ERASE
/// is the first of the row's three (2 Gb chips use its lowest bit).
#[test]
fn every_sequence_is_the_one_under_its_heading_in_the_familys_data_sheet() {
    assert_eq!(SHEETS.each_ref().map(|sheet| sheet.family.name), FAMILIES.map(|family| family.name));
    for sheet in SHEETS {
        let (mut nand, chip) = nand(sheet.family);
        let name = sheet.family.name;
        assert_eq!((nand.family().name, nand.geometry()), (name, sheet.family.geometry));
        assert_sent(
            &sheet,
            &chip.chip().log,
            &[
                (sheet.reset, vec![0xff]),
                (sheet.id, vec![0x9f]),
                (sheet.protection, vec![0x1f, 0xa0, 0x00]),
                (sheet.features, vec![0x0f, 0xa0]),
                (sheet.features, vec![0x0f, 0xb0]),
                (sheet.configuration, vec![0x1f, 0xb0, sheet.config]),
            ],
        );
        assert_eq!(chip.chip().registers(), (0x00, sheet.config), "{name}");

        let (mut data, mut spare) = (vec![0; 2048], vec![0; sheet.family.geometry.spare_bytes]);
        // The last block but one, page 21h: row FFA1h of 1 Gb, 1FFA1h of 2 Gb.
        let even = sheet.family.geometry.blocks - 2;
        let high = (even >> 10) as u8;
        let sent = log(&chip, || nand.read_page(even, 0x21, &mut data, &mut spare));
        let page_read = (sheet.read[0], vec![0x13, high, 0xff, 0xa1]);
        assert_sent(&sheet, &sent, &[page_read.clone(), (sheet.read[1], vec![0x0b, 0x00, 0x00, 0x00])]);
        assert!(data.iter().chain(&spare).all(|byte| *byte == 0xff));
        // The spare area alone: column 800h.
        let sent = log(&chip, || nand.read_page(even, 0x21, &mut [], &mut spare));
        assert_sent(&sheet, &sent, &[page_read, (sheet.read[1], vec![0x0b, 0x08, 0x00, 0x00])]);
        // An odd block: row 40h.
        let sent = log(&chip, || nand.read_page(1, 0, &mut [], &mut spare));
        let page_read = (sheet.read[0], vec![0x13, 0, 0, 0x40]);
        assert_sent(&sheet, &sent, &[page_read, (sheet.read[1], vec![0x0b, 0x08 | sheet.odd, 0, 0])]);

        let sent = log(&chip, || nand.program_page(2, 0, &[0x77; 2048], &spare));
        let (load, execute) = (sheet.program[0], sheet.program[1]);
        let wanted =
            [(sheet.enable, vec![0x06]), (load, vec![0x02, 0, 0, 0x77]), (execute, vec![0x10, 0, 0, 0x80])];
        assert_sent(&sheet, &sent, &wanted);
        let sent = log(&chip, || nand.program_page(1, 0, &[], &spare));
        let wanted = [
            (sheet.enable, vec![0x06]),
            (load, vec![0x02, 0x08 | sheet.odd, 0, 0xff]),
            (execute, vec![0x10, 0, 0, 0x40]),
        ];
        assert_sent(&sheet, &sent, &wanted);

        let sent = log(&chip, || nand.erase_block(even));
        assert_sent(
            &sheet,
            &sent,
            &[(sheet.enable, vec![0x06]), (sheet.erase, vec![0xd8, high, 0xff, 0x80])],
        );
        assert!(chip.chip().polls > 6, "{name}: \"{}\" tells when it is done", sheet.features);
        assert_eq!(chip.chip().violations(), [], "{name}");
    }
}

/// The same headings: a chip that was still erasing when the board was reset.
#[test]
fn identification_ends_what_the_chip_was_at() {
    for family in FAMILIES {
        let (nand, chip) = nand(family);
        let (mut spi, time) = nand.release();
        spi.write(&[0x06]).unwrap();
        spi.write(&[0xd8, 0, 0, 0x80]).unwrap();
        let nand = SpiNand::identify(spi, time);
        assert_eq!(nand.map(|nand| nand.family().name), Ok(family.name));
        assert_eq!(chip.chip().violations(), []);
    }
}

#[test]
fn strangers_and_empty_buses_are_refused() {
    // The last two: a dummy byte too few, and one too many.
    let ids = [
        vec![0xff; 3],
        vec![0; 3],
        vec![0xef, 0xaa, 0x20],
        vec![0xc8, 0x52],
        vec![0x2c, 0x15],
        vec![],
        vec![0xaa, 0x21],
        vec![0x00, 0xef, 0xaa, 0x21],
    ];
    for id in ids {
        let time = Time::new();
        let mut chip = SpiChip::new(&W25N01GV, time.clone());
        chip.id = id;
        assert_eq!(SpiNand::identify(chip, time).err(), Some(Error::BadId));
    }
}

/// "ECC Protection", "Spare Area": what is free comes back, the rest is the chip's.
#[test]
fn data_and_the_free_bytes_of_the_spare_area_come_back() {
    for family in FAMILIES {
        let (mut nand, chip) = nand(family);
        let g = family.geometry;
        let places = [(0, 0), (1, 0), (1, 1), (g.blocks - 1, 63)];
        for (seed, (block, page)) in (0..).zip(places) {
            nand.program_page(block, page, &noise(2048, seed), &noise(g.spare_bytes, 50 + seed)).unwrap();
        }
        // Wrong bits, as many as the ECC is for, in the free bytes as well.
        let first = 8 * (2048 + family.free[0].offset);
        (0..usize::from(family.strength)).for_each(|n| chip.chip().array.flip(1, 1, first + n));
        for (seed, (block, page)) in (0..).zip(places) {
            let (mut data, mut spare) = (vec![0; 2048], vec![0; g.spare_bytes]);
            nand.read_page(block, page, &mut data, &mut spare).unwrap();
            assert_eq!(data, noise(2048, seed));
            for region in family.free {
                let bytes = region.offset..region.offset + region.len;
                assert_eq!(spare[bytes.clone()], noise(g.spare_bytes, 50 + seed)[bytes], "{}", family.name);
            }
        }
        assert_eq!(chip.chip().violations(), []);
    }
}

/// What the data sheet says of bits 6 to 4 of C0h, and of bits 7 to 4 of the second register where there is
/// one. The driver's own share: a block is to be refreshed from half of what can be corrected on.
fn outcome_by_the_data_sheet(family: &Family, status: u8, extra: u8) -> EccStatus {
    use EccStatus::{Clean, Uncorrectable};
    let corrected = |bits, refresh| EccStatus::Corrected { bits, refresh };
    match (family.name, status >> 4 & 7, extra >> 4) {
        // "Status Register-3", ECC-1 and ECC-0. Bit 6 is LUT-F, which says nothing about the page; the second register
        // is not read.
        ("W25N01GV", code, _) => {
            [Clean, corrected(1, true), Uncorrectable, Uncorrectable][usize::from(code & 3)]
        }
        // The same, and "Maximum Bit Flip Report" (30h); a report of 0, or of more than 8, is taken for the worst.
        ("W25N02KV", 0 | 4, _) => Clean,
        ("W25N02KV", 1 | 3 | 5 | 7, bits @ 1..=7) => corrected(bits, bits >= 4),
        ("W25N02KV", 1 | 3 | 5 | 7, _) => corrected(8, true),
        ("W25N02KV", ..) => Uncorrectable,
        // "Status Register" (C0H), ECCS1 and ECCS0; "ECC Status" (F0H), ECCSE1 and ECCSE0. Bit 6 is reserved.
        ("GD5F1GQ5UE", 0 | 4, _) => Clean,
        ("GD5F1GQ5UE", 1 | 5, bits) => [(1, false), (2, true), (3, true), (4, true)]
            .map(|(bits, refresh)| corrected(bits, refresh))[usize::from(bits & 3)],
        ("GD5F1GQ5UE", ..) => Uncorrectable,
        // "Status Register", ECCS2 to ECCS0: 1 to 3, 4 to 6, 7 or 8 bits; 010 uncorrectable, the others reserved.
        ("MT29F1G01" | "MT29F2G01", 0, _) => Clean,
        ("MT29F1G01" | "MT29F2G01", 1, _) => corrected(3, false),
        ("MT29F1G01" | "MT29F2G01", 3, _) => corrected(6, true),
        ("MT29F1G01" | "MT29F2G01", 5, _) => corrected(8, true),
        ("MT29F1G01" | "MT29F2G01", ..) => Uncorrectable,
        (name, ..) => panic!("no data sheet for {name}"),
    }
}

#[test]
fn every_ecc_code_of_every_family() {
    for family in FAMILIES {
        for (status, extra) in (0..=u8::MAX).map(|n| (n & 0xf0, n << 4)) {
            let (mut nand, chip) = nand(family);
            chip.chip().report = Some((status, extra));
            let outcome = nand.read_page(0, 0, &mut [0; 2048], &mut []);
            let expected = outcome_by_the_data_sheet(family, status, extra);
            assert_eq!(outcome, Ok(expected), "{} {status:#x} {extra:#x}", family.name);
            assert_eq!(chip.chip().violations(), []);
        }
    }
}

#[test]
fn wrong_bits_up_to_the_strength_are_corrected_and_more_are_reported() {
    for family in FAMILIES {
        for wrong in 0..=family.strength + 1 {
            let (mut nand, chip) = nand(family);
            nand.program_page(0, 0, &noise(2048, 3), &[]).unwrap();
            (0..usize::from(wrong)).for_each(|n| chip.chip().array.flip(0, 0, 8 * 600 + 31 * n));
            let mut data = vec![0; 2048];
            let outcome = nand.read_page(0, 0, &mut data, &mut []).unwrap();
            match outcome {
                EccStatus::Clean => assert_eq!(wrong, 0),
                EccStatus::Corrected { bits, .. } => {
                    assert!(wrong >= 1 && bits >= wrong && bits <= family.strength)
                }
                EccStatus::Uncorrectable => assert!(wrong > family.strength),
            }
            assert_eq!(data == noise(2048, 3), wrong <= family.strength);
        }
    }
}

/// "Initial Invalid Blocks", "Bad Block Management": the marker is read and written without ECC, which is on
/// again for data.
#[test]
fn bad_blocks() {
    for family in FAMILIES {
        let (mut nand, chip) = nand(family);
        chip.chip().array.plant_bad(3, MarkerRule::FirstPage);
        let sent = log(&chip, || nand.is_bad(3));
        assert_eq!(sent[1][..2], [0x1f, 0xb0]);
        assert_eq!(sent[1][2] & 0x10, 0, "ECC off");
        assert_eq!([2, 3, 4].map(|block| nand.is_bad(block)), [Ok(false), Ok(true), Ok(false)]);
        nand.program_page(5, 0, &noise(2048, 1), &[]).unwrap();
        nand.program_page(5, 1, &noise(2048, 2), &[]).unwrap();
        assert_eq!(chip.chip().registers().1 & 0x10, 0x10, "ECC on");
        let mut data = vec![0; 2048];
        assert_eq!(nand.read_page(5, 1, &mut data, &mut []), Ok(EccStatus::Clean));
        nand.mark_bad(5).unwrap();
        assert_eq!(nand.is_bad(5), Ok(true));
        let marked = chip.chip().array.peek(5, 0);
        assert_eq!(marked[2048], 0);
        assert!(marked[2049..].iter().all(|byte| *byte == 0xff), "no ECC over the marker");
        chip.chip().array.fail(Failure { change: Change::Erase, when: When::Block(6) });
        nand.mark_bad(6).unwrap();
        assert_eq!(nand.is_bad(6), Ok(true));
        assert_eq!(chip.chip().violations(), []);
    }
}

/// "Status Register": P-FAIL and E-FAIL.
#[test]
fn failures() {
    for family in FAMILIES {
        let (mut nand, chip) = nand(family);
        chip.chip().array.fail(Failure { change: Change::Program, when: When::After(0) });
        assert_eq!(nand.program_page(0, 0, &[0; 2048], &[]), Err(Error::ProgramFailed));
        assert_eq!(nand.program_page(1, 0, &[0; 2048], &[]), Ok(()));
        chip.chip().array.fail(Failure { change: Change::Erase, when: When::After(0) });
        assert_eq!(nand.erase_block(0), Err(Error::EraseFailed));
        assert_eq!(nand.erase_block(0), Ok(()));
    }
}

/// "Protection Register": a chip whose protection stays can be read, and is not written.
#[test]
fn locked_protection() {
    for family in FAMILIES {
        let time = Time::new();
        let chip = Shared::new(SpiChip::new(family, time.clone()));
        chip.chip().locked = true;
        let mut nand = SpiNand::identify(chip.clone(), time).unwrap();
        assert_eq!(nand.read_page(0, 0, &mut [0; 2048], &mut []), Ok(EccStatus::Clean));
        assert_eq!(nand.program_page(0, 0, &[0; 2048], &[]), Err(Error::WriteProtected));
        assert_eq!(nand.erase_block(0), Err(Error::WriteProtected));
        assert_eq!(nand.mark_bad(0), Err(Error::WriteProtected));
        let counters = chip.chip().array.counters();
        assert_eq!((counters.programs, counters.erases), (0, 0));
    }
}

/// The bound is four times what the data sheet allows and a millisecond, in the driver's looks at the status.
#[test]
fn waits_end_and_the_chip_is_configured_again() {
    for family in FAMILIES {
        let time = Time::new();
        let mut chip = SpiChip::new(family, time.clone());
        chip.stuck = true;
        let outcome = SpiNand::identify(chip, time.clone());
        assert_eq!(outcome.err(), Some(Error::Timeout { what: Wait::Reset }));
        assert!(time.now_ns() < 100_000_000);
    }
    for family in FAMILIES {
        let time = Time::new();
        let chip = Shared::new(SpiChip::new(family, time.clone()));
        let mut nand = SpiNand::identify(chip.clone(), time.clone()).unwrap();
        for (opcode, what) in [(0x13, Wait::Read), (0x10, Wait::Program), (0xd8, Wait::Erase)] {
            chip.chip().stuck_after = Some(opcode);
            let start_ns = time.now_ns();
            let outcome = match what {
                Wait::Read => nand.read_page(0, 0, &mut [0; 2048], &mut []).map(|_| ()),
                Wait::Program => nand.program_page(0, 0, &[0; 2048], &[]),
                _ => nand.erase_block(0),
            };
            assert_eq!(outcome, Err(Error::Timeout { what }));
            assert!(time.now_ns() - start_ns < 300_000_000, "{what:?}");
            // The reset that follows a time-out has brought the protection back.
            assert_ne!(chip.chip().registers().0, 0);
            chip.chip().stuck = false;
            assert_eq!(nand.erase_block(0), Ok(()));
            assert_eq!(chip.chip().registers().0, 0);
        }
        assert_eq!(chip.chip().violations(), []);
    }
}

#[test]
fn a_bus_that_fails_is_an_error_and_nothing_is_taken_for_granted_after_it() {
    let (mut nand, chip) = nand(&W25N01GV);
    chip.chip().broken = true;
    assert_eq!(nand.is_bad(0), Err(Error::Bus));
    assert_eq!(nand.read_page(0, 0, &mut [0; 2048], &mut []), Err(Error::Bus));
    chip.chip().broken = false;
    chip.chip().break_after = Some(0xd8);
    assert_eq!(nand.erase_block(0), Err(Error::Bus));
    chip.chip().broken = false;
    assert_eq!(nand.program_page(0, 0, &noise(2048, 1), &[]), Ok(()));
    assert_eq!(chip.chip().violations(), []);
    assert_eq!(nand.read_page(0, 0, &mut [0; 2048], &mut []), Ok(EccStatus::Clean));
}

#[test]
fn nothing_is_sent_for_wrong_places_and_lengths() {
    for family in FAMILIES {
        let (mut nand, chip) = nand(family);
        chip.chip().log.clear();
        let blocks = family.geometry.blocks;
        for (block, page) in [(blocks, 0), (0, 64), (u32::MAX, 0)] {
            assert_eq!(nand.read_page(block, page, &mut [0; 2048], &mut []), Err(Error::OutOfRange));
            assert_eq!(nand.program_page(block, page, &[0; 2048], &[]), Err(Error::OutOfRange));
        }
        assert_eq!(nand.erase_block(blocks), Err(Error::OutOfRange));
        assert_eq!(nand.is_bad(blocks), Err(Error::OutOfRange));
        assert_eq!(nand.mark_bad(blocks), Err(Error::OutOfRange));
        for (data, spare) in [(0, 0), (2047, 0), (0, 63), (2112, 0)] {
            assert_eq!(nand.read_page(0, 0, &mut vec![0; data], &mut vec![0; spare]), Err(Error::BadLength));
            assert_eq!(nand.program_page(0, 0, &vec![0; data], &vec![0; spare]), Err(Error::BadLength));
        }
        assert!(chip.chip().log.is_empty());
    }
}
