//! The CFI driver against chips that follow their data sheets (JESD68.01, Intel StrataFlash P30 and J3:
//! headings named).

use oal_drivers::cfi::{Block, Cfi, Error, Wait};
use oal_sim::Rng;
use oal_sim::nand::Time;
use oal_sim::nor::chip::{Model, NorChips, PARAMETER_BLOCKS, Trouble, UNIFORM};

type Flash<'a, const LANES: usize> = Cfi<&'a mut NorChips<LANES>, Time>;

fn flash<const LANES: usize>(chips: &mut NorChips<LANES>) -> Flash<'_, LANES> {
    Cfi::identify(chips, Time::new()).expect("a known chip")
}

fn refused<const LANES: usize>(chips: &mut NorChips<LANES>) -> Option<Error> {
    Cfi::identify(&mut *chips, Time::new()).err()
}

fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut bytes = vec![0; len];
    Rng::new(seed).fill(&mut bytes);
    bytes
}

/// Runs `act` on fresh chips, and gives what it gave, the chips and the commands that it took.
fn on<const LANES: usize, T>(
    model: Model,
    trouble: Option<Trouble>,
    act: impl FnOnce(&mut Flash<'_, LANES>) -> T,
) -> (T, NorChips<LANES>) {
    let mut chips = NorChips::new(model);
    chips.trouble = trouble;
    let given = act(&mut flash(&mut chips));
    assert_eq!(chips.violations, [""; 0]);
    (given, chips)
}

/// "Query": geometry of one chip and of two side by side.
#[test]
fn chips_tell_what_they_are() {
    fn run<const LANES: usize>() {
        let mut chips = NorChips::<LANES>::new(PARAMETER_BLOCKS);
        {
            let flash = flash(&mut chips);
            let geometry = flash.geometry();
            assert_eq!((geometry.bytes, geometry.word_bytes), (LANES << 17, 2 * LANES as u32));
            assert_eq!(geometry.buffer_bytes, 64 * LANES as u32);
            let regions: Vec<_> = geometry.regions().map(|r| (r.blocks, r.block_bytes)).collect();
            assert_eq!(regions, [(12, 8192 * LANES as u32), (16, 2048 * LANES as u32)]);
            let last = Block { start: (LANES << 17) - 2048 * LANES, len: 2048 * LANES };
            assert_eq!(geometry.block((LANES << 17) - 1), Some(last));
            assert_eq!(flash.bytes().map(<[u8]>::len), Some(LANES << 17));
        }
        let all = if LANES == 2 { 0x0001_0001 } else { 1 };
        assert_eq!(chips.commands, [0xff * all, 0x98 * all, 0xff * all]);
        assert!(chips.shows_array() && chips.violations.is_empty());
    }
    run::<1>();
    run::<2>();
}

#[test]
fn query_data_of_every_kind_is_refused_by_name() {
    for (word, value, error) in [
        (0x10, b'R', Error::NoChip),
        (0x13, 2, Error::Unsupported),
        (0x27, 18, Error::BadQuery),
        (0x2a, 200, Error::BadQuery),
        (0x2c, 0, Error::BadQuery),
        (0x2f, 0x21, Error::BadQuery),
        (0x41, b'X', Error::BadQuery),
    ] {
        let mut chips = NorChips::<2>::new(UNIFORM);
        (0..2).for_each(|lane| chips.pretend(lane, word, value));
        assert_eq!(refused(&mut chips), Some(error), "{word:#x}");
        assert!(chips.shows_array());
        // Said by one of the two only.
        let mut chips = NorChips::<2>::new(UNIFORM);
        chips.pretend(1, word, value);
        assert!(matches!(refused(&mut chips), Some(Error::NoChip | Error::BadQuery)), "{word:#x}");
    }
    let mut chips = NorChips::<2>::new(UNIFORM);
    chips.words -= 1;
    assert_eq!(refused(&mut chips), Some(Error::WindowTooSmall));
}

/// Query data of any bytes: a flash that keeps inside its window, or an error.
#[test]
fn any_query_data_gives_a_flash_within_its_window_or_an_error() {
    let mut identified = 0;
    for seed in 0..3000 {
        let mut rng = Rng::new(seed);
        let mut chips = NorChips::<2>::new(UNIFORM);
        for _ in 0..=rng.below(3) {
            let (word, value) = (0x10 + rng.below(0x38) as usize, rng.bits() as u8);
            (0..2).for_each(|lane| chips.pretend(lane, word, value));
        }
        if let Ok(flash) = Cfi::identify(&mut chips, Time::new()) {
            identified += 1;
            let bytes = flash.geometry().bytes;
            assert!(bytes <= 1 << 20 && flash.bytes().is_some_and(|all| all.len() == bytes));
        }
    }
    assert!(identified > 100, "{identified}");
}

/// "Write to Buffer Flowchart": E8h, count less one, data, D0h; never across the buffer's boundary.
#[test]
fn the_buffer_is_programmed_within_its_boundaries() {
    let data = noise(200, 1);
    let (result, chips) = on::<2, _>(UNIFORM, None, |flash| flash.program(100, &data));
    assert_eq!(result, Ok(()));
    assert_eq!(chips.array()[100..300], data);
    assert_eq!((chips.counters.buffers, chips.counters.words), (3, 0));
    let count = |words: u32| (words - 1) * 0x0001_0001;
    let mut expected = vec![0x00ff_00ff, 0x0098_0098, 0x00ff_00ff];
    for words in [7, 32, 11] {
        expected.extend([0x00e8_00e8, count(words), 0x00d0_00d0]);
    }
    expected.push(0x00ff_00ff);
    assert_eq!(chips.commands, expected);
}

/// "Word Program Flowchart": 40h, data.
#[test]
fn a_chip_without_a_buffer_is_programmed_word_by_word() {
    let model = Model { buffer: 0, ..UNIFORM };
    let data = noise(20, 2);
    let (result, chips) = on::<1, _>(model, None, |flash| flash.program(8190, &data));
    assert_eq!(result, Ok(()));
    assert_eq!(chips.array()[8190..8210], data);
    assert_eq!(chips.counters.words, 10);
    // The array is shown again at the end of each block.
    assert_eq!(chips.commands[3..], [vec![0x40, 0xff], vec![0x40; 9], vec![0xff]].concat());
}

#[test]
fn programming_clears_bits_and_erasing_sets_them() {
    let ((), chips) = on::<2, _>(UNIFORM, None, |flash| {
        flash.program(0, &[0x0f; 8]).unwrap();
        flash.program(4, &[0x3c; 8]).unwrap();
        flash.program(16384, &[0; 4]).unwrap();
        let expected = [[0x0f; 4], [0x0c; 4], [0x3c; 4], [0xff; 4]];
        assert_eq!(flash.bytes().unwrap()[..16], *expected.as_flattened());
        flash.erase(0).unwrap();
        assert_eq!(flash.bytes().unwrap()[..16384], [0xff; 16384]);
        assert_eq!(flash.bytes().unwrap()[16384..16388], [0; 4]);
    });
    assert_eq!(chips.counters.erases, 1);
    assert_eq!(chips.commands.iter().filter(|command| **command == 0x0020_0020).count(), 1);
}

/// "Block Lock Operations Flowchart": 90h, lock state, 60h D0h; once for a block.
#[test]
fn a_locked_block_is_unlocked_when_it_is_written_and_no_other() {
    let (result, mut chips) = on::<2, _>(PARAMETER_BLOCKS, None, |flash| {
        flash.program(0, &[1; 4]).and_then(|()| flash.program(4, &[2; 4])).and_then(|()| flash.erase(16384))
    });
    assert_eq!(result, Ok(()));
    assert_eq!((chips.counters.unlocks, chips.array()[..8].to_vec()), (2, vec![1, 1, 1, 1, 2, 2, 2, 2]));
    chips.lock(5, true);
    let before = chips.array().to_vec();
    let mut flash = flash(&mut chips);
    assert_eq!(flash.program(5 * 16384, &[0; 4]), Err(Error::Locked));
    assert_eq!(flash.erase(5 * 16384), Err(Error::Locked));
    assert_eq!(flash.bytes(), Some(before.as_slice()));
    // Where locks are not the kind that power-on sets, nobody lifts them.
    let mut chips = NorChips::<2>::new(UNIFORM);
    chips.lock(3, false);
    let mut flash = self::flash(&mut chips);
    assert_eq!(flash.program(3 * 16384, &[0; 4]), Err(Error::Locked));
    assert_eq!(flash.erase(3 * 16384), Err(Error::Locked));
    assert_eq!(flash.program(4 * 16384, &[0; 4]), Ok(()));
    assert_eq!(chips.violations, [""; 0]);
}

/// "Status Register": a failure in either lane, by name, and the chips work on.
#[test]
fn a_failure_of_either_lane_is_reported_and_over_with_the_next_call() {
    for lane in 0..2 {
        for (trouble, program, erase) in [
            (Trouble::Program { lane, after: 1 }, Err(Error::ProgramFailed), Ok(())),
            (Trouble::Erase { lane }, Ok(()), Err(Error::EraseFailed)),
            (Trouble::Vpp { lane }, Err(Error::VppLow), Err(Error::VppLow)),
        ] {
            let ((programmed, erased), mut chips) = on::<2, _>(UNIFORM, Some(trouble), |flash| {
                let outcome = (flash.program(0, &[0; 512]), flash.erase(16384));
                assert!(flash.bytes().is_some());
                outcome
            });
            assert_eq!((programmed, erased), (program, erase), "{trouble:?}");
            assert!(chips.shows_array());
            chips.trouble = None;
            let mut flash = flash(&mut chips);
            assert_eq!((flash.program(32768, &[5; 512]), flash.erase(0)), (Ok(()), Ok(())));
            assert_eq!(flash.bytes().unwrap()[32768..33280], [5; 512]);
        }
    }
}

#[test]
fn a_chip_that_stays_busy_times_out_and_its_array_is_not_lent() {
    for (trouble, what) in [
        (Trouble::Stuck { lane: 0 }, Wait::Program),
        (Trouble::Stuck { lane: 1 }, Wait::Program),
        (Trouble::NoBuffer { lane: 1 }, Wait::Buffer),
    ] {
        let mut chips = NorChips::<2>::new(UNIFORM);
        let time = Time::new();
        chips.trouble = Some(trouble);
        let mut flash = Cfi::identify(&mut chips, time.clone()).unwrap();
        assert_eq!(flash.program(0, &[0; 4]), Err(Error::Timeout { what }));
        assert!(time.now_ns() < 200_000_000, "{} ns", time.now_ns());
        assert_eq!(flash.bytes(), None);
        assert!(matches!(flash.erase(0), Err(Error::Timeout { .. })));
        assert_eq!(flash.bytes(), None);
    }
    let mut chips = NorChips::<1>::new(UNIFORM);
    let time = Time::new();
    chips.trouble = Some(Trouble::Stuck { lane: 0 });
    let mut flash = Cfi::identify(&mut chips, time.clone()).unwrap();
    assert_eq!(flash.erase(0), Err(Error::Timeout { what: Wait::Erase }));
    assert!(time.now_ns() < 61_000_000_000, "{} ns", time.now_ns());
}

#[test]
fn what_was_too_slow_is_waited_for_by_the_next_call() {
    for lane in 0..2 {
        for (trouble, what, programmed) in [
            (Trouble::Slow { lane, reads: 1500 }, Wait::Program, 7),
            (Trouble::LateBuffer { lane, reads: 1500 }, Wait::Buffer, 0xff),
        ] {
            let mut chips = NorChips::<2>::new(UNIFORM);
            chips.trouble = Some(trouble);
            let mut flash = flash(&mut chips);
            assert_eq!(flash.program(0, &[7; 4]), Err(Error::Timeout { what }));
            assert_eq!(flash.bytes(), None);
            assert_eq!(flash.program(4, &[8; 4]), Ok(()));
            assert_eq!(flash.bytes().unwrap()[..8], [[programmed; 4], [8; 4]].concat());
            assert_eq!(chips.violations, [""; 0]);
        }
    }
}

#[test]
fn what_does_not_lie_on_words_blocks_or_the_array_is_not_sent() {
    let ((), chips) = on::<2, _>(UNIFORM, None, |flash| {
        for (at, len, error) in [
            (2, 4, Error::Unaligned),
            (0, 6, Error::Unaligned),
            (1 << 20, 4, Error::OutOfRange),
            ((1 << 20) - 4, 8, Error::OutOfRange),
            (usize::MAX - 3, 8, Error::OutOfRange),
        ] {
            assert_eq!(flash.program(at, &noise(len, 1)), Err(error));
        }
        assert_eq!(flash.program(1 << 20, &[]), Ok(()));
        for at in [4, 16380, 1 << 20, usize::MAX] {
            assert_eq!(flash.erase(at), Err(Error::OutOfRange));
        }
    });
    assert_eq!(chips.commands.len(), 3);
}

/// "Write to Buffer Flowchart": nothing is sent before every lane has its buffer; E8h again would be a count
/// to one that has.
#[test]
fn a_buffer_that_is_not_free_yet_is_waited_for() {
    for lane in 0..2 {
        let trouble = Some(Trouble::LateBuffer { lane, reads: 5 });
        let (result, chips) = on::<2, _>(UNIFORM, trouble, |flash| flash.program(0, &[3; 64]));
        assert_eq!((result, chips.array()[..64].to_vec()), (Ok(()), vec![3; 64]));
        assert_eq!(chips.commands.iter().filter(|command| **command == 0x00e8_00e8).count(), 1);
    }
}
