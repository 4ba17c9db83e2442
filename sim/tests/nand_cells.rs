//! The cells under all simulated chips, and ECC in software over a chip that flips bits.

use oal_drivers::nand::bus::WithReadyPin;
use oal_drivers::nand::ecc::{Bch, Ecc, Hamming};
use oal_drivers::nand::marker::MarkerRule;
use oal_drivers::nand::raw::{GuardedNand, RawNand};
use oal_drivers::nand::{EccStatus, Error, Geometry, NandDevice};
use oal_sim::Rng;
use oal_sim::nand::raw::{Model, RawChip};
use oal_sim::nand::{Array, Beyond, Change, Cut, Failure, Shared, Time, Violation, When};
use proptest::prelude::*;

const GEOMETRY: Geometry = Geometry { page_bytes: 512, spare_bytes: 16, pages_per_block: 32, blocks: 16 };

fn page(seed: u64, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    Rng::new(seed).fill(&mut bytes);
    bytes
}

#[test]
fn a_cut_tears_the_page_that_was_being_programmed_and_no_other() {
    let mut array = Array::new(GEOMETRY, 1);
    let whole = page(1, 528);
    assert!(array.program(0, 0, 0, &whole));
    array.cut_at(Cut { after: 1, bytes: 100, beyond: Beyond::Unstable });
    assert!(array.program(0, 1, 0, &whole));
    assert!(!array.program(0, 2, 0, &whole));
    assert!(array.is_off());
    assert!(!array.program(0, 3, 0, &whole) && !array.erase(1));
    assert_eq!(array.counters().changes(), 3, "nothing happens without power");
    array.power_on();
    assert_eq!((array.read(0, 0), array.read(0, 1)), (whole.clone(), whole.clone()));
    assert_ne!(array.peek(0, 2), whole);
    assert_eq!(array.read(0, 3), [0xff; 528]);
    assert_eq!(array.programmed().collect::<Vec<_>>(), [(0, 0), (0, 1)]);
    // Erased and programmed again, it is a page like any other.
    assert!(array.erase(0) && array.program(0, 0, 0, &whole));
    assert_eq!(array.read(0, 2), [0xff; 528]);
    assert_eq!(array.violations(), []);
}

#[test]
fn a_cut_comes_at_the_very_byte() {
    let whole = page(1, 528);
    for bytes in (0..540).step_by(7) {
        let mut array = Array::new(GEOMETRY, 1);
        array.reseed(bytes as u64);
        array.cut_at(Cut { after: 0, bytes, beyond: Beyond::Old });
        assert!(!array.program(0, 0, 0, &whole));
        array.power_on();
        let left = array.read(0, 0);
        assert_eq!(array.read(0, 0), left, "no bit is unstable");
        let done = bytes.min(528);
        assert_eq!(left[..done], whole[..done]);
        if done < 528 {
            assert_eq!(left[done] & whole[done], whole[done], "no bit is cleared that should not be");
            assert!(left[done + 1..].iter().all(|byte| *byte == 0xff));
        }
    }
}

#[test]
fn unstable_bits_read_one_way_the_other_and_in_between() {
    let whole = page(1, 528);
    let mut array = Array::new(GEOMETRY, 1);
    array.cut_at(Cut { after: 0, bytes: 30, beyond: Beyond::Unstable });
    assert!(!array.program(0, 0, 0, &whole));
    array.power_on();
    let wrong = |read: &[u8]| -> u32 { read.iter().zip(&whole).map(|(a, b)| (a ^ b).count_ones()).sum() };
    let mut seen = [false; 4];
    for _ in 0..100 {
        let read = array.read(0, 0);
        assert_eq!(read[..30], whole[..30]);
        assert!(
            read.iter().zip(&whole).all(|(byte, whole)| byte & whole == *whole),
            "only bits that were meant"
        );
        let erased = read[31..].iter().all(|byte| *byte == 0xff);
        seen[match wrong(&read) {
            0 => 0,
            _ if erased => 1,
            1..=20 => 2,
            _ => 3,
        }] = true;
    }
    assert_eq!(seen, [true; 4], "as programmed, as erased, with a few wrong bits, with many");
}

#[test]
fn a_cut_tears_the_block_that_was_being_erased() {
    let programmed = || {
        let mut array = Array::new(GEOMETRY, 1);
        (0..4).for_each(|n| assert!(array.program(5, n, 0, &[0; 528])));
        array
    };
    let mut array = programmed();
    array.cut_at(Cut { after: 0, bytes: 528 + 10, beyond: Beyond::Old });
    assert!(!array.erase(5));
    array.power_on();
    assert!(array.read(5, 0) == [0xff; 528] && array.read(5, 2) == [0; 528]);
    let torn = array.read(5, 1);
    assert!(torn[..10] == [0xff; 10] && torn[11..] == [0; 517]);
    assert!(array.erase(5));
    assert_eq!(array.read(5, 2), [0xff; 528]);

    // Somewhere: each page by itself is as before, erased, or neither.
    let mut seen = [false; 3];
    for seed in 0..20 {
        let mut array = programmed();
        array.reseed(seed);
        array.cut_after(0);
        assert!(!array.erase(5));
        array.power_on();
        for page in 0..4 {
            let left = array.peek(5, page);
            seen[if left == [0; 528] { 0 } else { 1 + usize::from(left == [0xff; 528]) }] = true;
        }
        assert!(array.erase(5) && array.read(5, 0) == [0xff; 528]);
    }
    assert_eq!(seen, [true; 3]);
}

#[test]
fn a_clone_goes_its_own_way_from_the_same_place() {
    let mut first = Array::new(GEOMETRY, 1);
    (0..20).for_each(|n| assert!(first.program(n / 8, n % 8, 0, &page(n.into(), 528))));
    first.flip_on_read(3);
    first.cut_after(2);
    let mut second = first.clone();
    let run = |array: &mut Array| {
        let erased = [array.erase(1), array.erase(0), array.erase(2)];
        array.power_on();
        let read: Vec<_> = (0..8).map(|n| array.read(2, n)).collect();
        (erased, read)
    };
    let outcome = run(&mut first);
    assert_eq!(outcome.0, [true, true, false]);
    assert_eq!(second.peek(0, 7), page(7, 528), "it has its own cells");
    assert_eq!(run(&mut second), outcome, "and the same noise");
}

#[test]
fn a_store_can_be_held_to_erasing_first() {
    let mut array = Array::new(GEOMETRY, 1);
    array.erase_first(true);
    array.program(0, 0, 0, &[0; 528]);
    assert!(array.erase(1) && array.program(1, 0, 0, &[0; 528]));
    array.cut_after(0);
    array.program(1, 1, 0, &[0; 528]);
    array.power_on();
    array.program(1, 2, 0, &[0; 528]);
    let expected = [(0, 0), (1, 2)].map(|(block, page)| Violation::NotErased { block, page });
    assert_eq!(array.violations(), expected);
}

#[test]
fn rules_that_are_broken_are_noted() {
    let mut array = Array::new(GEOMETRY, 2);
    array.plant_bad(3, MarkerRule::SmallPage);
    array.program(0, 1, 0, &[0]);
    array.program(0, 0, 0, &[0]);
    (0..3).for_each(|_| assert!(array.program(1, 0, 0, &[0])));
    assert!(!array.erase(3));
    array.read(16, 0);
    let expected = [
        Violation::OutOfOrder { block: 0, page: 0 },
        Violation::TooOften { block: 1, page: 0 },
        Violation::FactoryBad { block: 3 },
        Violation::Address,
    ];
    assert_eq!(array.violations(), expected);
    assert_eq!(array.erases(3), 1);
}

#[test]
fn failures_come_when_they_are_due() {
    let mut array = Array::new(GEOMETRY, 1);
    array.fail(Failure { change: Change::Program, when: When::Block(2) });
    array.fail(Failure { change: Change::Erase, when: When::After(1) });
    assert!(array.program(1, 0, 0, &[0]) && !array.program(2, 0, 0, &[0]) && !array.program(2, 1, 0, &[0]));
    assert!(array.erase(1) && !array.erase(1) && array.erase(1));
    let counters = array.counters();
    assert_eq!((counters.programs, counters.erases), (3, 3));
}

#[test]
fn reads_and_age_flip_bits() {
    let mut array = Array::new(GEOMETRY, 1);
    array.program(0, 0, 0, &[0; 528]);
    let ones = |page: &[u8]| page.iter().map(|byte| byte.count_ones()).sum::<u32>();
    array.flip_on_read(1);
    assert_eq!(ones(&array.read(0, 0)), 1);
    array.flip_on_read(0);
    assert_eq!(ones(&array.read(0, 0)), 0);
    array.age(3);
    assert!((1..=3).contains(&ones(&array.read(0, 0))));
    array.disturb_every(Some(10));
    let before: Vec<_> = (0..32).map(|n| array.peek(0, n)).collect();
    (0..100).for_each(|_| drop(array.read(0, 0)));
    let changed = (0..32).filter(|n| array.peek(0, *n) != before[*n as usize]).count();
    assert!(changed > 0);
}

fn guarded<C: Ecc, const SPARE: usize>(
    model: Model,
) -> (GuardedNand<Shared<RawChip>, Time, C, SPARE>, Shared<RawChip>) {
    let time = Time::new();
    let chip = Shared::new(RawChip::new(model, time.clone()));
    let raw = RawNand::identify(chip.clone(), time).unwrap();
    (GuardedNand::new(raw).unwrap(), chip)
}

fn corrects<C: Ecc, const SPARE: usize>(model: Model) {
    let (mut nand, chip) = guarded::<C, SPARE>(model);
    let g = nand.geometry();
    let (data, spare) = (page(5, g.page_bytes), page(6, g.spare_bytes));
    let mut marked = spare.clone();
    marked[if g.page_bytes == 512 { 5 } else { 0 }] = 0xff;
    nand.program_page(2, 0, &data, &marked).unwrap();
    let (mut got, mut got_spare) = (vec![0; g.page_bytes], vec![0; g.spare_bytes]);
    for bits in 0..=C::STRENGTH {
        let expected = match bits {
            0 => EccStatus::Clean,
            _ => EccStatus::Corrected { bits: bits as u8, refresh: 2 * bits >= C::STRENGTH },
        };
        assert_eq!(nand.read_page(2, 0, &mut got, &mut got_spare), Ok(expected));
        assert_eq!(got, data);
        let free = nand.free();
        assert_eq!(
            got_spare[free.offset..free.offset + free.len],
            spare[free.offset..free.offset + free.len]
        );
        chip.chip().array.flip(2, 0, 17 + 97 * bits as usize);
    }
    nand.program_page(2, 1, &data, &[]).unwrap();
    assert_eq!(nand.read_page(2, 1, &mut got, &mut got_spare), Ok(EccStatus::Clean));
    let free = nand.free();
    let left = &got_spare[free.offset..free.offset + free.len];
    assert!(left.iter().all(|byte| *byte == 0xff), "nothing left over from the page before");
    let outcome = nand.read_page(2, 0, &mut got, &mut []).unwrap();
    assert_eq!(outcome, EccStatus::Uncorrectable);
    chip.chip().array.flip(3, 0, 40);
    assert!(matches!(nand.read_page(3, 0, &mut got, &mut []), Ok(EccStatus::Corrected { bits: 1, .. })));
    assert!(got.iter().all(|byte| *byte == 0xff), "an erased page");
    assert_eq!(nand.is_bad(2), Ok(false));
    nand.mark_bad(2).unwrap();
    assert_eq!(nand.is_bad(2), Ok(true));
    assert_eq!(chip.chip().violations(), []);
}

#[test]
fn software_ecc_over_every_kind_of_chip() {
    let onfi = Geometry { page_bytes: 4096, spare_bytes: 224, pages_per_block: 64, blocks: 64 };
    corrects::<Bch<4>, 64>(Model::k9f1g08());
    corrects::<Bch<8>, 64>(Model::k9f1g08());
    corrects::<Bch<4>, 16>(Model::tc58512());
    corrects::<Bch<8>, 224>(Model::onfi(onfi, 1));
}

#[test]
fn codes_that_do_not_fit_are_refused() {
    fn new<C: Ecc, const SPARE: usize>(model: Model) -> Option<Error> {
        let time = Time::new();
        let raw = RawNand::identify(RawChip::new(model, time.clone()), time).unwrap();
        GuardedNand::<_, _, C, SPARE>::new(raw).err()
    }
    let onfi =
        || Model::onfi(Geometry { page_bytes: 2048, spare_bytes: 64, pages_per_block: 64, blocks: 64 }, 1);
    assert_eq!(new::<Bch<4>, 64>(onfi()), None);
    assert_eq!(new::<Bch<4>, 128>(onfi()), Some(Error::Unsupported), "not its spare area");
    assert_eq!(new::<Hamming, 64>(onfi()), Some(Error::Unsupported), "it asks for four bits");
    assert_eq!(new::<Bch<8>, 16>(Model::k9f2808()), Some(Error::Unsupported), "over the marker");
}

#[test]
fn the_ready_pin_may_be_a_pin_of_its_own() {
    struct Pin(Shared<RawChip>);
    impl embedded_hal::digital::ErrorType for Pin {
        type Error = core::convert::Infallible;
    }
    impl embedded_hal::digital::InputPin for Pin {
        fn is_high(&mut self) -> Result<bool, Self::Error> {
            use oal_drivers::nand::bus::RawBus;
            let mut chip = self.0.chip();
            chip.has_pin = true;
            let ready = chip.ready() == Ok(Some(true));
            chip.has_pin = false;
            Ok(ready)
        }
        fn is_low(&mut self) -> Result<bool, Self::Error> {
            self.is_high().map(|high| !high)
        }
    }
    let time = Time::new();
    let chip = Shared::new(RawChip::new(Model::k9f1g08(), time.clone()));
    let bus = WithReadyPin { bus: chip.clone(), pin: Pin(chip.clone()) };
    let mut nand = RawNand::identify(bus, time).unwrap();
    nand.program_page(0, 0, &[3; 2048], &[]).unwrap();
    chip.chip().bench.commands.clear();
    let mut data = [0; 2048];
    nand.read_page(0, 0, &mut data, &mut []).unwrap();
    assert_eq!((data, chip.chip().bench.commands.as_slice()), ([3; 2048], [0x00, 0x30].as_slice()));
    assert_eq!(chip.chip().violations(), []);
}

/// What is done to a chip in the next test.
#[derive(Clone, Debug)]
enum Step {
    Program(u32, u64),
    Erase(u32),
    MarkBad(u32),
    FailProgram,
    FailErase,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..8_u32, any::<u64>()).prop_map(|(block, seed)| Step::Program(block, seed)),
        3 => (0..8_u32).prop_map(Step::Erase),
        1 => (0..8_u32).prop_map(Step::MarkBad),
        1 => Just(Step::FailProgram),
        1 => Just(Step::FailErase),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Any run of operations, with failures: what the driver said was programmed is there, through flipped
    /// bits.
    #[test]
    fn what_was_programmed_is_there(steps in proptest::collection::vec(step(), 1..60), flips in 0..4_u32) {
        let (mut nand, chip) = guarded::<Bch<4>, 64>(Model::k9f1g08());
        let mut blocks: [Vec<u64>; 8] = Default::default();
        let mut bad = [false; 8];
        for step in steps {
            match step {
                Step::Program(block, seed) => {
                    let b = block as usize;
                    if bad[b] || blocks[b].len() == 64 {
                        continue;
                    }
                    match nand.program_page(block, blocks[b].len() as u32, &page(seed, 2048), &[]) {
                        Ok(()) => blocks[b].push(seed),
                        Err(error) => {
                            prop_assert_eq!(error, Error::ProgramFailed);
                            bad[b] = true;
                        }
                    }
                }
                Step::Erase(block) if !bad[block as usize] => {
                    blocks[block as usize].clear();
                    bad[block as usize] = nand.erase_block(block).is_err();
                }
                Step::Erase(_) => {}
                Step::MarkBad(block) => {
                    bad[block as usize] = true;
                    blocks[block as usize].clear();
                    if nand.mark_bad(block).is_ok() {
                        prop_assert_eq!(nand.is_bad(block), Ok(true));
                    }
                }
                Step::FailProgram => chip.chip().array.fail(Failure { change: Change::Program, when: When::After(1) }),
                Step::FailErase => chip.chip().array.fail(Failure { change: Change::Erase, when: When::After(0) }),
            }
        }
        chip.chip().array.flip_on_read(flips);
        for (block, pages) in (0..).zip(&blocks) {
            for (number, seed) in (0..).zip(pages) {
                let mut data = vec![0; 2048];
                let outcome = nand.read_page(block, number, &mut data, &mut []).unwrap();
                prop_assert_ne!(outcome, EccStatus::Uncorrectable);
                prop_assert!(data == page(*seed, 2048));
            }
        }
        prop_assert_eq!(chip.chip().violations(), []);
    }
}
