//! The driver of parallel NAND chips against chips that follow their data sheets. Each test of a command
//! sequence names the heading it comes from ("ONFI": Open NAND Flash Interface Specification 1.0; "K9F2808":
//! Samsung K9F2808U0C).

use oal_drivers::nand::raw::RawNand;
use oal_drivers::nand::{EccStatus, Error, Geometry, NandDevice, Wait};
use oal_sim::Rng;
use oal_sim::nand::raw::{Model, RawChip};
use oal_sim::nand::{Beyond, Change, Cut, Failure, Shared, Time, Violation, When};

type Nand = RawNand<Shared<RawChip>, Time>;

fn onfi() -> Model {
    Model::onfi(Geometry { page_bytes: 4096, spare_bytes: 224, pages_per_block: 128, blocks: 64 }, 2)
}

fn models() -> [Model; 4] {
    [Model::k9f1g08(), Model::k9f2808(), Model::tc58512(), onfi()]
}

fn nand_with(model: &Model, pin: bool) -> (Nand, Shared<RawChip>) {
    let time = Time::new();
    let chip = Shared::new(RawChip::new(model.clone(), time.clone()));
    chip.chip().has_pin = pin;
    let nand = RawNand::identify(chip.clone(), time).expect("a known chip");
    (nand, chip)
}

fn nand(model: &Model) -> (Nand, Shared<RawChip>) {
    nand_with(model, false)
}

/// The commands given by `action`, without looks at the status.
fn commands<T>(chip: &Shared<RawChip>, action: impl FnOnce() -> Result<T, Error>) -> Vec<u8> {
    chip.chip().bench.commands.clear();
    assert!(action().is_ok());
    chip.chip().bench.commands.iter().copied().filter(|command| *command != 0x70).collect()
}

fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut bytes = vec![0; len];
    Rng::new(seed).fill(&mut bytes);
    bytes
}

#[test]
fn every_chip_is_known_for_what_it_is() {
    for model in models() {
        let (nand, chip) = nand(&model);
        assert_eq!(nand.geometry(), model.geometry);
        assert_eq!(nand.chip().marker, model.marker);
        assert_eq!(chip.chip().violations(), []);
    }
}

/// ONFI, "Reset Definition", "Read ID Definition", "Read Parameter Page Definition".
#[test]
fn identification_is_a_reset_ids_and_the_parameter_page() {
    for (model, expected) in
        [(onfi(), vec![0xff, 0x90, 0xec, 0x00]), (Model::k9f1g08(), vec![0xff, 0x90, 0x90, 0x90])]
    {
        let (_, chip) = nand(&model);
        let sent: Vec<u8> =
            chip.chip().bench.commands.iter().copied().filter(|command| *command != 0x70).collect();
        assert_eq!(sent, expected);
    }
    // With a ready/busy pin there is no look at the status, and no need to go back to the data.
    let (_, chip) = nand_with(&onfi(), true);
    assert_eq!(chip.chip().bench.commands, [0xff, 0x90, 0xec]);
}

/// ONFI, "Read Definition".
#[test]
fn large_pages_are_read_by_00_30() {
    let (mut nand, chip) = nand(&Model::k9f1g08());
    let (mut data, mut spare) = ([0; 2048], [0; 64]);
    // By status: 00h brings the data back.
    assert_eq!(commands(&chip, || nand.read_page(3, 5, &mut data, &mut spare)), [0x00, 0x30, 0x00]);
    let (mut nand, chip) = nand_with(&Model::k9f1g08(), true);
    assert_eq!(commands(&chip, || nand.read_page(3, 5, &mut data, &mut spare)), [0x00, 0x30]);
    assert_eq!((data, spare), ([0xff; 2048], [0xff; 64]));
    let counters = chip.chip().counters();
    assert_eq!(commands(&chip, || nand.read_page(3, 5, &mut [], &mut spare)), [0x00, 0x30]);
    assert_eq!(chip.chip().counters().bytes_out - counters.bytes_out, 64, "no data for the spare area alone");
    assert_eq!(chip.chip().violations(), []);
}

/// ONFI, "Page Program Definition" and "Read Status Definition".
#[test]
fn large_pages_are_programmed_by_80_10() {
    let (mut nand, chip) = nand(&Model::k9f1g08());
    assert_eq!(commands(&chip, || nand.program_page(3, 0, &[1; 2048], &[2; 64])), [0x80, 0x10]);
    assert_eq!(chip.chip().bench.commands.first(), Some(&0x70), "protection is looked at first");
    assert_eq!(chip.chip().bench.commands.last(), Some(&0x70), "and the result at the end");
    assert_eq!(commands(&chip, || nand.program_page(3, 1, &[], &[3; 64])), [0x80, 0x10]);
    let peek = |page| chip.chip().array.peek(3, page);
    assert_eq!(peek(0), [vec![1; 2048], vec![2; 64]].concat());
    assert_eq!(peek(1), [vec![0xff; 2048], vec![3; 64]].concat());
    assert_eq!(chip.chip().violations(), []);
}

/// ONFI, "Block Erase Definition".
#[test]
fn blocks_are_erased_by_60_d0() {
    for model in models() {
        let (mut nand, chip) = nand(&model);
        let last = model.geometry.blocks - 1;
        nand.program_page(last, 0, &vec![0; model.geometry.page_bytes], &[]).unwrap();
        assert_eq!(commands(&chip, || nand.erase_block(last)), [0x60, 0xd0]);
        let page = chip.chip().array.peek(last, 0);
        assert!(page.iter().all(|byte| *byte == 0xff));
        assert_eq!(chip.chip().violations(), []);
    }
}

/// K9F2808, "Page Read" and "Page Program", "Pointer Operation".
#[test]
fn small_pages_take_pointer_commands() {
    let (mut nand, chip) = nand_with(&Model::k9f2808(), true);
    let (mut data, mut spare) = ([0; 512], [0; 16]);
    assert_eq!(commands(&chip, || nand.program_page(9, 0, &[7; 512], &[8; 16])), [0x00, 0x80, 0x10]);
    assert_eq!(commands(&chip, || nand.program_page(9, 1, &[], &[9; 16])), [0x50, 0x80, 0x10]);
    assert_eq!(commands(&chip, || nand.read_page(9, 0, &mut data, &mut spare)), [0x00]);
    assert_eq!((data, spare), ([7; 512], [8; 16]));
    assert_eq!(commands(&chip, || nand.read_page(9, 1, &mut [], &mut spare)), [0x50]);
    assert_eq!(spare, [9; 16]);
    assert_eq!(chip.chip().violations(), []);
}

#[test]
fn pages_come_back_as_they_were_programmed_whatever_the_chip() {
    for (model, pin) in models().iter().zip([false, true].into_iter().cycle()) {
        let (mut nand, chip) = nand_with(model, pin);
        let g = model.geometry;
        let places =
            [(0, 0), (0, g.pages_per_block - 1), (g.blocks / 2, 1), (g.blocks - 1, g.pages_per_block - 1)];
        for (seed, (block, page)) in places.into_iter().enumerate() {
            let (data, spare) = (noise(g.page_bytes, seed as u64), noise(g.spare_bytes, 77 + seed as u64));
            nand.program_page(block, page, &data, &spare).unwrap();
        }
        for (seed, (block, page)) in places.into_iter().enumerate() {
            let (mut data, mut spare) = (vec![0; g.page_bytes], vec![0; g.spare_bytes]);
            nand.read_page(block, page, &mut data, &mut spare).unwrap();
            assert_eq!(data, noise(g.page_bytes, seed as u64));
            assert_eq!(spare, noise(g.spare_bytes, 77 + seed as u64));
        }
        assert_eq!(chip.chip().violations(), []);
    }
}

#[test]
fn programming_again_only_clears_bits() {
    let (mut nand, chip) = nand(&Model::k9f1g08());
    nand.program_page(1, 0, &[0xf0; 2048], &[]).unwrap();
    nand.program_page(1, 0, &[0xcc; 2048], &[]).unwrap();
    let mut data = [0; 2048];
    nand.read_page(1, 0, &mut data, &mut []).unwrap();
    assert_eq!(data, [0xc0; 2048]);
    nand.program_page(1, 2, &data, &[]).unwrap();
    nand.program_page(1, 1, &data, &[]).unwrap();
    let complaints = chip.chip().violations();
    assert_eq!(complaints, [Violation::OutOfOrder { block: 1, page: 1 }], "the chip notices");
}

/// ONFI, "Factory Defect Mapping"; K9F1G08 and K9F2808, "Identifying Initial Invalid Block(s)".
#[test]
fn factory_marks_are_found_and_others_made() {
    for model in models() {
        let (mut nand, chip) = nand(&model);
        for block in [1, 7] {
            chip.chip().array.plant_bad(block, model.marker);
        }
        let bad: Vec<u32> = (0..12).filter(|&block| nand.is_bad(block).unwrap()).collect();
        assert_eq!(bad, [1, 7]);
        nand.program_page(5, 0, &vec![0; model.geometry.page_bytes], &[]).unwrap();
        nand.mark_bad(5).unwrap();
        assert!(nand.is_bad(5).unwrap());
        // The marks are where another driver would look for them, on each page that may have one.
        let at = model.geometry.page_bytes + if model.small { 5 } else { 0 };
        for page in model.marker.pages(model.geometry.pages_per_block) {
            assert_eq!(chip.chip().array.peek(5, page)[at], 0);
        }
        assert_eq!(chip.chip().violations(), []);
    }
}

#[test]
fn a_flipped_bit_in_the_marker_condemns_no_block() {
    let (mut nand, chip) = nand(&Model::k9f1g08());
    chip.chip().array.flip(2, 0, 8 * 2048 + 3);
    assert_eq!(nand.is_bad(2), Ok(false));
}

#[test]
fn blocks_that_cannot_be_erased_can_be_marked() {
    let (mut nand, chip) = nand(&Model::k9f1g08());
    nand.program_page(4, 0, &[0x55; 2048], &[]).unwrap();
    nand.program_page(4, 1, &[0x55; 2048], &[]).unwrap();
    chip.chip().array.fail(Failure { change: Change::Erase, when: When::Block(4) });
    assert_eq!(nand.erase_block(4), Err(Error::EraseFailed));
    nand.mark_bad(4).unwrap();
    assert_eq!(nand.is_bad(4), Ok(true));
    assert_eq!(chip.chip().violations(), []);
}

#[test]
fn failures_are_reported_where_they_happen() {
    for model in models() {
        let (mut nand, chip) = nand(&model);
        let page = vec![0; model.geometry.page_bytes];
        chip.chip().array.fail(Failure { change: Change::Program, when: When::After(1) });
        assert_eq!(nand.program_page(2, 0, &page, &[]), Ok(()));
        assert_eq!(nand.program_page(2, 1, &page, &[]), Err(Error::ProgramFailed));
        assert_eq!(nand.program_page(3, 0, &page, &[]), Ok(()), "the next is none the worse");
        chip.chip().array.fail(Failure { change: Change::Erase, when: When::After(0) });
        assert_eq!(nand.erase_block(3), Err(Error::EraseFailed));
        assert_eq!(nand.erase_block(3), Ok(()));
    }
}

/// ONFI, "Read Status Definition": WP_n.
#[test]
fn a_protected_chip_is_not_written() {
    let (mut nand, chip) = nand(&Model::k9f1g08());
    chip.chip().protected = true;
    assert_eq!(nand.program_page(0, 0, &[0; 2048], &[]), Err(Error::WriteProtected));
    assert_eq!(nand.erase_block(0), Err(Error::WriteProtected));
    assert_eq!(nand.mark_bad(0), Err(Error::WriteProtected));
    assert_eq!(chip.chip().array.counters().programs, 0);
    chip.chip().protected = false;
    assert_eq!(nand.program_page(0, 0, &[0; 2048], &[]), Ok(()));
}

#[test]
fn waits_end() {
    for pin in [false, true] {
        let (mut nand, chip) = nand_with(&Model::k9f1g08(), pin);
        chip.chip().bench.stuck = true;
        assert_eq!(nand.read_page(0, 0, &mut [0; 2048], &mut []), Err(Error::Timeout { what: Wait::Read }));
        assert_eq!(
            chip.chip().bench.commands.iter().filter(|command| **command == 0xff).count(),
            2,
            "a reset follows"
        );
        chip.chip().bench.stuck = false;
        assert_eq!(
            nand.read_page(0, 0, &mut [0; 2048], &mut []),
            Ok(EccStatus::Clean),
            "and the chip works again"
        );
    }
    let time = Time::new();
    let mut chip = RawChip::new(Model::k9f1g08(), time.clone());
    chip.bench.stuck = true;
    let refused = RawNand::identify(chip, time.clone()).err();
    assert_eq!(refused, Some(Error::Timeout { what: Wait::Reset }));
    assert!(time.now_ns() < 50_000_000, "within 50 ms");
}

#[test]
fn programs_and_erases_that_never_end_are_noticed() {
    for (what, limit_ms) in [(Wait::Program, 100), (Wait::Erase, 200)] {
        let time = Time::new();
        let chip = Shared::new(RawChip::new(Model::k9f1g08(), time.clone()));
        let mut nand = RawNand::identify(chip.clone(), time.clone()).unwrap();
        // Long enough to be ready for the look at the protection, then busy without end.
        time.advance(1_000_000);
        chip.chip().bench.stuck_after = Some(if what == Wait::Program { 0x10 } else { 0xd0 });
        let before = time.now_ns();
        let outcome = if what == Wait::Program {
            nand.program_page(0, 0, &[0; 2048], &[])
        } else {
            nand.erase_block(0)
        };
        assert_eq!(outcome, Err(Error::Timeout { what }));
        assert!(time.now_ns() - before < limit_ms * 1_000_000);
    }
}

#[test]
fn a_bus_that_fails_is_an_error() {
    let (mut nand, chip) = nand(&Model::k9f1g08());
    chip.chip().bench.broken = true;
    assert_eq!(nand.read_page(0, 0, &mut [0; 2048], &mut []), Err(Error::Bus));
    assert_eq!(nand.erase_block(0), Err(Error::Bus));
    // In the middle of an erase, too: the chip is then busy, and the next call has to end that.
    chip.chip().bench.broken = false;
    chip.chip().bench.break_after = Some(0xd0);
    assert_eq!(nand.erase_block(0), Err(Error::Bus));
    chip.chip().bench.broken = false;
    assert_eq!(nand.read_page(0, 0, &mut [0; 2048], &mut []), Ok(EccStatus::Clean));
    assert_eq!(chip.chip().violations(), []);
}

#[test]
fn power_that_goes_inside_a_program_tears_the_page_and_a_clone_goes_on() {
    let (mut nand, chip) = nand(&Model::k9f1g08());
    nand.program_page(3, 0, &[1; 2048], &[2; 64]).unwrap();
    let whole = chip.chip().clone();
    chip.chip().array.cut_at(Cut { after: 0, bytes: 700, beyond: Beyond::Old });
    assert_eq!(nand.program_page(3, 1, &[3; 2048], &[4; 64]), Err(Error::Bus));
    assert_eq!(nand.read_page(3, 0, &mut [0; 2048], &mut []), Err(Error::Bus), "no power, no answer");
    chip.chip().array.power_on();
    let mut nand = RawNand::identify(chip.clone(), Time::new()).unwrap();
    let (mut data, mut spare) = ([0; 2048], [0; 64]);
    nand.read_page(3, 0, &mut data, &mut spare).unwrap();
    assert_eq!((data, spare), ([1; 2048], [2; 64]));
    nand.read_page(3, 1, &mut data, &mut spare).unwrap();
    assert!(data[..700] == [3; 700] && data[701..] == [0xff; 2048 - 701] && spare == [0xff; 64]);

    let mut nand = RawNand::identify(Shared::new(whole), Time::new()).unwrap();
    nand.program_page(3, 1, &[3; 2048], &[4; 64]).unwrap();
    nand.read_page(3, 1, &mut data, &mut spare).unwrap();
    assert_eq!((data, spare), ([3; 2048], [4; 64]));
    assert_eq!(chip.chip().violations(), []);
}

#[test]
fn nothing_is_sent_for_wrong_places_and_lengths() {
    let (mut nand, chip) = nand(&Model::k9f1g08());
    chip.chip().bench.commands.clear();
    for (block, page) in [(1024, 0), (0, 64), (u32::MAX, u32::MAX)] {
        assert_eq!(nand.read_page(block, page, &mut [0; 2048], &mut []), Err(Error::OutOfRange));
        assert_eq!(nand.program_page(block, page, &[0; 2048], &[]), Err(Error::OutOfRange));
    }
    assert_eq!(nand.erase_block(1024), Err(Error::OutOfRange));
    assert_eq!(nand.is_bad(1024), Err(Error::OutOfRange));
    assert_eq!(nand.mark_bad(1024), Err(Error::OutOfRange));
    for (data, spare) in [(0, 0), (2047, 64), (2048, 63), (4096, 0), (2112, 0), (0, 65)] {
        assert_eq!(nand.read_page(0, 0, &mut vec![0; data], &mut vec![0; spare]), Err(Error::BadLength));
        assert_eq!(nand.program_page(0, 0, &vec![0; data], &vec![0; spare]), Err(Error::BadLength));
    }
    assert_eq!(chip.chip().bench.commands, []);
}

#[test]
fn little_but_the_data_goes_over_the_bus() {
    let (mut nand, chip) = nand_with(&Model::k9f1g08(), true);
    let before = chip.chip().counters();
    let mut data = [0; 2048];
    for page in 0..64 {
        nand.read_page(0, page, &mut data, &mut []).unwrap();
    }
    let after = chip.chip().counters();
    let bytes = after.bytes_out - before.bytes_out;
    let others = after.commands + after.addresses - before.commands - before.addresses;
    assert_eq!((bytes, others), (64 * 2048, 64 * 6));
    assert_eq!(chip.chip().array.counters().reads, 64, "no page is read twice");
}
