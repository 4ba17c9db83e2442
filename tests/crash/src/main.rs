//! `oal-crash`: explores, replays a case, or proves that the exploration can fail. See
//! `docs/crash-testing.md`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use oal_crash::bench::Effort;
use oal_crash::mutant::Mutant;
use oal_crash::{explorer, mutant, table, wear};

/// Cuts power at every step of a snapshot store's use, and looks at what boots.
#[derive(Parser)]
struct Options {
    /// Some hundred thousand cases: minutes. This is the default.
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// Several million cases.
    #[arg(long)]
    full: bool,
    /// Runs one case, and tells every step of it.
    #[arg(long, value_name = "ID", conflicts_with_all = ["quick", "full", "mutants", "json"])]
    replay: Option<String>,
    /// With --replay: under a store with this wrong, by its name in the table.
    #[arg(long, value_name = "NAME", requires = "replay")]
    under: Option<String>,
    /// Tries stores with something wrong, each of which must be caught.
    #[arg(long)]
    mutants: bool,
    /// Writes all figures to a file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    // A panic is a case's failure, and told as such.
    std::panic::set_hook(Box::new(|_| {}));
    if let Some(name) = &options.replay {
        return replay(name, options.under.as_deref());
    }
    let start = Instant::now();
    let (mut rows, mut caught, mut wears) = (Vec::new(), Vec::new(), Vec::new());
    if options.mutants {
        caught = mutant::catch_all(&Effort::MUTANTS);
        print!("{}", table::mutants(&caught));
    } else {
        let effort = if options.full { Effort::FULL } else { Effort::QUICK };
        rows = explorer::explore(&explorer::all(None), &effort);
        wears = wear::boots(&rows);
        print!("{}\n{}\n{}", table::rows(&rows), table::wear(&wears), table::snapshots(&wear::snapshots()));
    }
    println!("\n{:.0} s", start.elapsed().as_secs_f64());
    for (name, error) in rows.iter().flat_map(|row| &row.failures) {
        println!("\nlost: {error}\n      replay with: cargo xtask crash-test --replay {name}");
    }
    if let Some(file) = &options.json
        && let Err(error) = std::fs::write(file, format!("{:#}\n", table::json(&rows, &caught, &wears)))
    {
        eprintln!("{}: {error}", file.display());
        return ExitCode::FAILURE;
    }
    let lost = rows.iter().any(|row| row.lost > 0) || caught.iter().any(|caught| caught.by == 0);
    if lost { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Runs one case, with everything printed.
fn replay(name: &str, under: Option<&str>) -> ExitCode {
    let wrong = under.map(|name| Mutant::ALL.into_iter().find(|mutant| mutant.name() == name));
    if wrong == Some(None) {
        eprintln!("no such wrong store");
        return ExitCode::FAILURE;
    }
    match explorer::find(wrong.flatten(), name) {
        Ok((bench, case)) => {
            let (notes, result) = bench.replay(&case);
            notes.iter().for_each(|note| println!("{note}"));
            match result {
                Ok(outcome) => {
                    println!("all is well: {outcome:?}");
                    ExitCode::SUCCESS
                }
                Err(error) => {
                    println!("LOST: {error}");
                    ExitCode::FAILURE
                }
            }
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
