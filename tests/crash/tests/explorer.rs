//! The explorer loses nothing, names its cases, and can fail.

use oal_crash::bench::Effort;
use oal_crash::explorer::{self, Row};
use oal_crash::mutant::Mutant;

#[test]
fn a_small_exploration_of_everything_loses_nothing() {
    let rows = explorer::explore(&explorer::all(None), &Effort::TEST);
    let failures: Vec<_> = rows.iter().flat_map(|row| &row.failures).collect();
    assert!(failures.is_empty(), "{failures:#?}");
    let sum = |of: fn(&Row) -> u64| rows.iter().map(of).sum::<u64>();
    println!("{} cases", sum(|row| row.cases));
    assert!(sum(|row| row.cases) > 500);
    assert!(sum(|row| row.old) > 200 && sum(|row| row.new) > 20 && sum(|row| row.cold) > 20);
    assert!(rows.iter().all(|row| row.cases > 0));
}

/// Cases that show what is wrong with each mutant.
const CAUGHT: [(Mutant, &str); 18] = [
    (Mutant::CommitBeforeData, "disk.first.0.4@512o"),
    (Mutant::CommitBeforeData, "nand.second.0.12@700n"),
    (Mutant::CommitBeforeData, "nor.second.0.r140"),
    (Mutant::NoFlush, "disk-cached.first.0.r0"),
    (Mutant::CommitNotDurable, "disk-cached.first.0.r0"),
    (Mutant::CommitNotDurable, "disk-emmc.second.0.1@0w"),
    (Mutant::LogErasedFirst, "disk.second.0.r11"),
    (Mutant::LogErasedFirst, "nand.second.0.3@0o"),
    (Mutant::AttemptNotCounted, "disk.attempt.0.r0"),
    (Mutant::AttemptNotCounted, "nand.attempt.0.r0"),
    (Mutant::AttemptNotCounted, "nor.attempt.0.r0"),
    (Mutant::OnceNotConsumed, "disk.once.0.r0"),
    (Mutant::OnceNotConsumed, "nand.once.0.r0"),
    (Mutant::OnceNotConsumed, "nor.once.0.r0"),
    (Mutant::RecordChecksumIgnored, "disk.second.0.5@60o"),
    (Mutant::RecordReadAgain, "disk.register.45.fr8"),
    (Mutant::ReadBackIgnored, "disk.first.0.sw1"),
    (Mutant::BadBlockNotSkipped, "nand.first.0.ew8"),
];

#[test]
fn every_wrong_store_is_caught_where_the_right_one_loses_nothing() {
    for mutant in Mutant::ALL {
        assert!(CAUGHT.iter().any(|(caught, _)| *caught == mutant), "{mutant:?}");
    }
    for (mutant, name) in CAUGHT {
        let run = |mutant| {
            let (bench, case) = explorer::find(mutant, name).unwrap();
            bench.replay(&case).1
        };
        assert!(run(Some(mutant)).is_err(), "{mutant:?} is not caught by {name}");
        assert!(run(None).is_ok(), "{name}");
    }
}

#[test]
fn a_case_that_failed_can_be_run_again_by_its_name() {
    let mutant = Some(Mutant::LogErasedFirst);
    let benches = explorer::some(mutant, &|medium, scenario| (medium, scenario) == ("disk", "confirm"));
    let rows = explorer::explore(&benches, &Effort::TEST);
    let (name, error) = rows[0].failures.first().expect("a failure");
    let (bench, case) = explorer::find(mutant, name).unwrap();
    let (notes, again) = bench.replay(&case);
    assert_eq!(again.as_ref(), Err(error));
    assert!(notes.iter().any(|note| note.contains("change 0")), "{notes:#?}");
    for wrong in
        ["", "disk.confirm.0", "disk.nothing.0.-", "tape.confirm.0.-", "disk.confirm.x.-", "disk.confirm.0.9"]
    {
        assert!(explorer::find(None, wrong).is_err(), "{wrong}");
    }
}

#[test]
fn two_runs_of_the_same_case_end_the_same() {
    for name in
        ["nand.chain-counted.7.-", "disk-cached.chain.3.-", "nor.chain.5.-", "disk.second.1.2@700n+4@300b"]
    {
        let (bench, case) = explorer::find(None, name).unwrap();
        let (first, second) = (bench.replay(&case), bench.replay(&case));
        assert_eq!(first, second, "{name}");
        assert!(first.1.is_ok(), "{name}: {:?}", first.1);
    }
}

/// What only these media show. An image that is booted where it lies is not read, and one of two chunks takes
/// more than one read where the second chunk comes while the first one is loaded.
#[test]
fn images_boot_where_they_lie_and_with_reads_in_flight() {
    let reads = |medium: &str| {
        let benches = explorer::some(None, &|of, scenario| of == medium && scenario == "boot");
        benches[0].steps().reads
    };
    assert!(reads("nor-mapped") < reads("nor"), "{}, {}", reads("nor-mapped"), reads("nor"));
    assert!(reads("disk-dma") > reads("disk-cached"), "{}, {}", reads("disk-dma"), reads("disk-cached"));
}
