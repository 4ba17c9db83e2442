//! `cargo test`, read while it runs: how many tests there were, and how to run the failed ones again.

use crate::cases::report::Summary;
use anyhow::{Context, Result};
use std::io::{BufRead, BufReader};
use std::process::Command;

/// What the tests came to.
#[derive(Debug, Default)]
pub struct Tested {
    /// How many there were.
    pub count: Summary,
    /// A command for each failed test, which runs it alone.
    pub again: Vec<String>,
}

impl Tested {
    /// Both together.
    pub fn and(mut self, other: Tested) -> Tested {
        self.count = self.count.plus(other.count);
        self.again.extend(other.again);
        self
    }
}

/// Runs tests, prints what they print, and counts them by cargo's own closing lines.
pub fn run(command: &mut Command) -> Result<Tested> {
    // One pipe for both, so that the line that names a program stands before those of its tests.
    let (output, into) = std::io::pipe().context("cannot make a pipe")?;
    command.stdout(into.try_clone()?).stderr(into);
    let mut child = command.spawn().context("cannot start cargo")?;
    // The command holds the writing end: without this, the reading end never comes to its end.
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let mut reading = Reading::default();
    for line in BufReader::new(output).lines() {
        let line = line?;
        println!("{line}");
        reading.line(&line);
    }
    let ok = child.wait()?.success();
    let mut tested = reading.tested;
    if !ok && tested.count.failed == 0 {
        // Something did not even compile: no closing line counts that as a failure.
        tested.count.failed = 1;
    }
    Ok(tested)
}

/// What was read of a run so far.
#[derive(Default)]
struct Reading {
    tested: Tested,
    /// The options that choose the program whose tests are running.
    program: String,
}

impl Reading {
    fn line(&mut self, line: &str) {
        if let Some(program) = program(line) {
            self.program = program;
        } else if let Some(count) = count(line) {
            self.tested.count = self.tested.count.plus(count);
        } else if let Some(name) =
            line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED"))
        {
            // A documentation test is named by its file and line, and is chosen by its item: the line is enough.
            let name = name.split(" - ").last().unwrap_or(name);
            self.tested.again.push(format!("cargo test {} '{name}'", self.program));
        }
    }
}

/// The options of `cargo test` that choose the program of a line such as `Running tests/codec.rs
/// (target/debug/deps/codec-b0ab)`.
fn program(line: &str) -> Option<String> {
    let line = line.trim_start();
    if let Some(package) = line.strip_prefix("Doc-tests ") {
        return Some(format!("--package {} --doc", package.replace('_', "-")));
    }
    let (what, binary) = line.strip_prefix("Running ")?.split_once(" (")?;
    let stem = binary.trim_end_matches(')').rsplit('/').next()?.rsplit_once('-')?.0;
    match what.strip_prefix("unittests ") {
        Some(file) if file.ends_with("lib.rs") => Some(format!("--package {} --lib", stem.replace('_', "-"))),
        Some(_) => Some(format!("--bin {stem}")),
        None => Some(format!("--test {stem}")),
    }
}

/// Reads `test result: ok. 3 passed; 0 failed; 1 ignored; ...`.
fn count(line: &str) -> Option<Summary> {
    let counts = line.strip_prefix("test result: ")?;
    let number = |word: &str| {
        let before = counts.split(&format!(" {word}")).next()?;
        before.rsplit([' ', ';']).next()?.parse().ok()
    };
    Some(Summary { passed: number("passed")?, failed: number("failed")?, skipped: number("ignored")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_closing_lines_of_cargo_test() {
        let line =
            "test result: ok. 25 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.04s";
        assert_eq!(count(line), Some(Summary { passed: 25, failed: 1, skipped: 2 }));
        assert_eq!(count("test a ... ok"), None);
    }

    #[test]
    fn a_failed_test_comes_with_the_command_that_runs_it_alone() {
        let mut reading = Reading::default();
        for line in [
            "     Running unittests src/lib.rs (target/debug/deps/oal_snapshot-306b9fc37e1aa9b7)",
            "test a::fails ... FAILED",
            "     Running unittests src/main.rs (target/debug/deps/xtask-306b9fc37e1aa9b7)",
            "test b ... FAILED",
            "     Running tests/store_log.rs (target/debug/deps/store_log-30cbf1d2a0b1c497)",
            "test passes ... ok",
            "test c ... FAILED",
            "   Doc-tests oal_snapshot",
            "test src/frame.rs - frame::Pfn (line 12) ... FAILED",
        ] {
            reading.line(line);
        }
        let again = [
            "cargo test --package oal-snapshot --lib 'a::fails'",
            "cargo test --bin xtask 'b'",
            "cargo test --test store_log 'c'",
            "cargo test --package oal-snapshot --doc 'frame::Pfn (line 12)'",
        ];
        assert_eq!(reading.tested.again, again);
    }
}
