//! The SPI NAND driver against chips of each family. The data sheets' headings are named where families differ; the
//! sequences themselves are the same in all ("Page Read", "Page Program", "Block Erase", "Feature Operations").

use oal_media::Rng;
use oal_media::nand::spi::SpiChip;
use oal_media::nand::{Change, Failure, Shared, Time, When};
use oal_parts::nand::marker::MarkerRule;
use oal_parts::nand::spi::SpiNand;
use oal_parts::nand::spi::family::{FAMILIES, Family, GD5F1GQ5, MT29F1G01, MT29F2G01, W25N01GV, W25N02KV};
use oal_parts::nand::{EccStatus, Error, Wait};

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

/// "Device Reset", "Read ID", then protection (A0h) lifted and configuration (B0h) set.
#[test]
fn each_family_is_identified_and_configured() {
    let config = [0x18, 0x1f, 0x11, 0x10, 0x10];
    for (family, config) in FAMILIES.into_iter().zip(config) {
        let (nand, chip) = nand(family);
        assert_eq!((nand.family().name, nand.geometry()), (family.name, family.geometry));
        assert_eq!(chip.chip().registers(), (0x00, config), "{}", family.name);
        let sent = [
            vec![0xff],
            vec![0x9f],
            vec![0x1f, 0xa0, 0x00],
            vec![0x0f, 0xa0],
            vec![0x0f, 0xb0],
            vec![0x1f, 0xb0, config],
        ];
        assert_eq!(chip.chip().log, sent);
        assert_eq!(chip.chip().violations(), []);
    }
}

#[test]
fn strangers_and_empty_buses_are_refused() {
    for id in [vec![0xff; 3], vec![0; 3], vec![0xef, 0xaa, 0x20], vec![0xc8, 0x52], vec![0x2c, 0x15], vec![]]
    {
        let time = Time::new();
        let mut chip = SpiChip::new(&W25N01GV, time.clone());
        chip.id = id;
        assert_eq!(SpiNand::identify(chip, time).err(), Some(Error::BadId));
    }
}

/// "Page Data Read" (13h, a dummy byte and the row), "Read from Cache" (0Bh, the column and a dummy byte).
#[test]
fn reads() {
    for family in FAMILIES {
        let (mut nand, chip) = nand(family);
        let (mut data, mut spare) = (vec![0; 2048], vec![0; family.geometry.spare_bytes]);
        let sent = log(&chip, || nand.read_page(0x3fe, 0x21, &mut data, &mut spare));
        // Block 3FEh, page 21h: row FFA1h.
        assert_eq!(sent, [vec![0x13, 0x00, 0xff, 0xa1], vec![0x0b, 0, 0, 0]]);
        assert!(data.iter().chain(&spare).all(|byte| *byte == 0xff));
        let sent = log(&chip, || nand.read_page(0x3fe, 0x21, &mut [], &mut spare));
        assert_eq!(sent, [vec![0x13, 0x00, 0xff, 0xa1], vec![0x0b, 0x08, 0, 0]]);
        assert!(chip.chip().polls > 2);
        assert_eq!(chip.chip().violations(), []);
    }
}

/// MT29F2G01, "Array Organization": bit 12 of the column selects the plane; chips of one plane have no such bit.
#[test]
fn the_plane_is_part_of_the_column() {
    for (family, odd) in [(&MT29F2G01, 0x18), (&MT29F1G01, 0x08), (&W25N02KV, 0x08)] {
        let (mut nand, chip) = nand(family);
        let mut spare = vec![0; 128];
        let sent = log(&chip, || nand.read_page(1, 0, &mut [], &mut spare));
        assert_eq!(sent, [vec![0x13, 0, 0, 0x40], vec![0x0b, odd, 0, 0]]);
        let sent = log(&chip, || nand.program_page(1, 0, &[], &spare));
        assert_eq!(sent[1][..3], [0x02, odd, 0]);
        let sent = log(&chip, || nand.read_page(2, 0, &mut [], &mut spare));
        assert_eq!(sent[1], [0x0b, 0x08, 0, 0]);
        assert_eq!(chip.chip().violations(), []);
    }
}

/// Rows of 2 Gb chips have 17 bits.
#[test]
fn rows_beyond_sixteen_bits() {
    for family in [&W25N02KV, &MT29F2G01] {
        let (mut nand, chip) = nand(family);
        let sent = log(&chip, || nand.erase_block(2046));
        assert_eq!(sent, [vec![0x06], vec![0xd8, 0x01, 0xff, 0x80]]);
        assert_eq!(chip.chip().violations(), []);
    }
}

/// "Write Enable" (06h), "Load Program Data" (02h), "Program Execute" (10h); "Block Erase" (D8h).
#[test]
fn programs_and_erases() {
    for family in FAMILIES {
        let (mut nand, chip) = nand(family);
        let spare = vec![0xff; family.geometry.spare_bytes];
        let sent = log(&chip, || nand.program_page(2, 0, &[0x77; 2048], &spare));
        assert_eq!(sent, [vec![0x06], vec![0x02, 0, 0, 0x77], vec![0x10, 0, 0, 0x80]]);
        assert_eq!(log(&chip, || nand.erase_block(2)), [vec![0x06], vec![0xd8, 0, 0, 0x80]]);
        assert_eq!(chip.chip().violations(), []);
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

/// W25N "Status Register" (ECC-1, ECC-0) and "Maximum Bit Flip Report"; GD5F "ECC Status" (ECCS, ECCSE); MT29F "Status
/// Register" (ECCS2 to ECCS0): every code, and the second register where there is one.
#[test]
fn every_ecc_code_of_every_family() {
    use EccStatus::{Clean, Uncorrectable};
    let corrected = |bits, refresh| EccStatus::Corrected { bits, refresh };
    let cases: [(&Family, u8, u8, EccStatus); 24] = [
        (&W25N01GV, 0x00, 0, Clean),
        (&W25N01GV, 0x10, 0, corrected(1, true)),
        (&W25N01GV, 0x20, 0, Uncorrectable),
        (&W25N01GV, 0x30, 0, Uncorrectable),
        (&W25N02KV, 0x00, 0, Clean),
        (&W25N02KV, 0x10, 0x10, corrected(1, false)),
        (&W25N02KV, 0x10, 0x30, corrected(3, false)),
        (&W25N02KV, 0x30, 0x80, corrected(8, true)),
        (&W25N02KV, 0x10, 0x00, corrected(8, true)),
        (&W25N02KV, 0x20, 0xf0, Uncorrectable),
        (&GD5F1GQ5, 0x00, 0x30, Clean),
        (&GD5F1GQ5, 0x10, 0x00, corrected(1, false)),
        (&GD5F1GQ5, 0x10, 0x10, corrected(2, true)),
        (&GD5F1GQ5, 0x10, 0x30, corrected(4, true)),
        (&GD5F1GQ5, 0x20, 0, Uncorrectable),
        (&GD5F1GQ5, 0x30, 0, Uncorrectable),
        (&MT29F1G01, 0x00, 0, Clean),
        (&MT29F1G01, 0x10, 0, corrected(3, false)),
        (&MT29F1G01, 0x20, 0, Uncorrectable),
        (&MT29F1G01, 0x30, 0, corrected(6, true)),
        (&MT29F1G01, 0x40, 0, Uncorrectable),
        (&MT29F1G01, 0x50, 0, corrected(8, true)),
        (&MT29F1G01, 0x60, 0, Uncorrectable),
        (&MT29F2G01, 0x70, 0, Uncorrectable),
    ];
    for (family, status, extra, expected) in cases {
        let family = FAMILIES.into_iter().find(|known| known.name == family.name).unwrap();
        let (mut nand, chip) = nand(family);
        chip.chip().report = Some((status, extra));
        let outcome = nand.read_page(0, 0, &mut [0; 2048], &mut []);
        assert_eq!(outcome, Ok(expected), "{} {status:#x} {extra:#x}", family.name);
        assert_eq!(chip.chip().violations(), []);
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

/// "Initial Invalid Blocks", "Bad Block Management": the marker is read and written without ECC, which is on again for data.
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

#[test]
fn waits_end_and_the_chip_is_configured_again() {
    let time = Time::new();
    let mut chip = SpiChip::new(&GD5F1GQ5, time.clone());
    chip.stuck = true;
    assert_eq!(SpiNand::identify(chip, time.clone()).err(), Some(Error::Timeout { what: Wait::Reset }));
    assert!(time.now_ns() < 100_000_000);
    for family in FAMILIES {
        let (mut nand, chip) = nand(family);
        for (opcode, what) in [(0x13, Wait::Read), (0x10, Wait::Program), (0xd8, Wait::Erase)] {
            chip.chip().stuck_after = Some(opcode);
            let outcome = match what {
                Wait::Read => nand.read_page(0, 0, &mut [0; 2048], &mut []).map(|_| ()),
                Wait::Program => nand.program_page(0, 0, &[0; 2048], &[]),
                _ => nand.erase_block(0),
            };
            assert_eq!(outcome, Err(Error::Timeout { what }));
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
