//! Every fuzz target for a moment, with the stable runner; and every input that ever failed.

use std::path::Path;

use oal_fuzzing::runner::{self, Until};
use oal_fuzzing::{TARGETS, named};

/// Executions of each target.
const SMOKE: u64 = if cfg!(debug_assertions) { 100 } else { 20_000 };

#[test]
fn every_target_survives_a_moment_of_fuzzing_and_its_checks_are_passed_and_failed() {
    for target in &TARGETS {
        let mut last = Vec::new();
        let ran = runner::run(target, 1, Until::Executions(SMOKE), |bytes| bytes.clone_into(&mut last));
        println!("{}: {} executions, {} all the way", target.name, ran.executions, ran.all_the_way);
        assert_eq!(ran.executions, SMOKE);
        // Else the inputs would be all refused at the door, or nothing would ever be refused.
        assert!(ran.all_the_way > SMOKE / 100, "{}: {ran:?}", target.name);
        assert!(ran.all_the_way < SMOKE, "{}: {ran:?}", target.name);
    }
}

#[test]
fn inputs_that_ever_failed_do_not_fail_again() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/regressions");
    let mut tried = 0;
    for target in std::fs::read_dir(folder).expect("the folder of regressions").map(Result::unwrap) {
        let name = target.file_name().into_string().unwrap();
        if !target.path().is_dir() {
            continue;
        }
        let run = named(&name).unwrap_or_else(|| panic!("no target {name}")).run;
        for input in std::fs::read_dir(target.path()).unwrap().map(Result::unwrap) {
            println!("{}", input.path().display());
            run(&std::fs::read(input.path()).unwrap());
            tried += 1;
        }
    }
    assert!(tried > 0);
}

#[test]
fn the_runner_finds_a_panic_and_has_its_input() {
    static WRONG: oal_fuzzing::Target = oal_fuzzing::Target {
        name: "wrong",
        run: |bytes| {
            assert!(bytes.first() != Some(&0x80));
            true
        },
        seeds: || vec![vec![1, 2, 3]],
    };
    let mut last = Vec::new();
    let tried = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        runner::run(&WRONG, 1, Until::Executions(100_000), |bytes| bytes.clone_into(&mut last))
    }));
    assert!(tried.is_err());
    assert_eq!(last.first(), Some(&0x80));
}
