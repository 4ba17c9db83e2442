//! Runs fuzz targets without a fuzzer: `oal-fuzzing run`, or writes their first inputs for one:
//! `oal-fuzzing seeds`.
//!
//! ```text
//! oal-fuzzing run SECONDS SEED FOLDER [TARGET]...    the input of a failure is left in FOLDER/TARGET/
//! oal-fuzzing seeds FOLDER                           FOLDER/TARGET/seed-N
//! oal-fuzzing list
//! ```

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use oal_fuzzing::runner::{self, Until};
use oal_fuzzing::{TARGETS, Target, named};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["list"] => {
            TARGETS.iter().for_each(|target| println!("{}", target.name));
            Ok(())
        }
        ["seeds", folder] => seeds(Path::new(folder)),
        ["run", seconds, seed, folder, names @ ..] => run(seconds, seed, folder, names),
        _ => Err("oal-fuzzing list | seeds FOLDER | run SECONDS SEED FOLDER [TARGET]...".to_string()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Writes every target's seeds.
fn seeds(folder: &Path) -> Result<(), String> {
    for target in &TARGETS {
        for (n, seed) in (target.seeds)().iter().enumerate() {
            write(&folder.join(target.name).join(format!("seed-{n}")), seed)?;
        }
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let failed = |error| format!("{}: {error}", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(path, bytes).map_err(failed)
}

/// Runs targets one after the other, and prints what each came to.
fn run(seconds: &str, seed: &str, folder: &str, names: &[&str]) -> Result<(), String> {
    let number = |text: &str| text.parse::<u64>().map_err(|error| format!("{text}: {error}"));
    let (seconds, seed) = (number(seconds)?, number(seed)?);
    let find = |name: &&str| named(name).ok_or(format!("there is no target {name}"));
    let targets: Vec<&Target> = match names {
        [] => TARGETS.iter().collect(),
        names => names.iter().map(find).collect::<Result<_, _>>()?,
    };
    let mut failed = Vec::new();
    for target in targets {
        let mut last = Vec::new();
        let until = Until::Elapsed(Duration::from_secs(seconds));
        let tried = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            runner::run(target, seed, until, |bytes| bytes.clone_into(&mut last))
        }));
        match tried {
            Ok(ran) => {
                println!("{}: {} executions, {} all the way", target.name, ran.executions, ran.all_the_way)
            }
            Err(_) => {
                let path = PathBuf::from(folder).join(target.name).join(format!("crash-{seed:016x}"));
                write(&path, &last)?;
                println!("{}: FAILED, see {}", target.name, path.display());
                failed.push(target.name);
            }
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}
