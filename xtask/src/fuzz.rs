//! `cargo xtask fuzz`: all fuzz targets, in libFuzzer where it can be built, else in the runner of
//! `oal-fuzzing`.
//!
//! libFuzzer needs a C++ compiler and code with counters in it, which a stable compiler puts there
//! (`-Cpasses=sancov-module`). The address sanitizer comes on top where the compiler has its runtime: that is
//! the one thing that a stable compiler has to be told to allow (`RUSTC_BOOTSTRAP`). `docs/fuzzing.md` says
//! more.

use crate::toolchain::cargo;
use crate::{paths, shell, table};
use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// Counters at every edge, and the operands of comparisons: what libFuzzer goes by.
const COVERAGE: [&str; 6] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "--cfg=fuzzing",
];
const ADDRESS: &str = "-Zsanitizer=address";
/// Seconds that an input may take, and MiB that a target may.
const LIMITS: [&str; 2] = ["-timeout=20", "-rss_limit_mb=2048"];
/// Seconds for each target with `--smoke`.
const SMOKE: u64 = 10;

/// Options of the task.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// Minutes for each target
    #[arg(long, default_value_t = 1, conflicts_with = "smoke")]
    minutes: u64,
    /// Ten seconds for each target
    #[arg(long)]
    smoke: bool,
    /// A target; all if there is none
    #[arg(long = "target", value_name = "TARGET")]
    targets: Vec<String>,
    /// Targets that run at the same time
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Use the runner that needs no C++ compiler, also if there is one
    #[arg(long)]
    stable: bool,
}

/// What a target's run came to.
struct Ran {
    target: String,
    executions: Option<u64>,
    covered: Option<u64>,
    /// Where the input of a failure is; of a target that ended without one, how it ended.
    finding: Option<String>,
}

impl Options {
    /// All targets, for ten seconds each.
    pub fn smoke() -> Options {
        Options { minutes: 1, smoke: true, targets: Vec::new(), jobs: 2, stable: false }
    }
}

/// Runs the targets, and prints how often each was executed.
pub fn main(options: &Options) -> Result<()> {
    let runner = build_runner()?;
    let all = shell::read(Command::new(&runner).arg("list"))?;
    let all: Vec<&str> = all.lines().collect();
    for target in &options.targets {
        ensure!(
            all.contains(&target.as_str()),
            "there is no target `{target}`; there are {}",
            all.join(", ")
        );
    }
    let targets: Vec<String> = match options.targets.as_slice() {
        [] => all.iter().map(ToString::to_string).collect(),
        some => some.to_vec(),
    };
    let seconds = if options.smoke { SMOKE } else { options.minutes * 60 };
    let how = if options.stable { Err("asked for".to_string()) } else { build_for_libfuzzer() };
    let ran = match how {
        Ok((folder, with)) => {
            println!("libFuzzer with {with}, {seconds} seconds for each target");
            shell::run(Command::new(&runner).arg("seeds").arg(fuzz().join("corpus")))?;
            in_turns(&targets, options.jobs, |target| libfuzzer(&folder, target, seconds))?
        }
        Err(why) => {
            println!("the stable runner without libFuzzer ({why}), {seconds} seconds for each target");
            in_turns(&targets, options.jobs, |target| stable(&runner, target, seconds))?
        }
    };
    report(&ran, seconds)
}

fn report(ran: &[Ran], seconds: u64) -> Result<()> {
    let number = |n: Option<u64>| n.map_or("-".to_string(), |n| n.to_string());
    let row = |ran: &Ran| {
        let finding = ran.finding.clone().unwrap_or("none".to_string());
        let rate = ran.executions.map(|n| n / seconds.max(1));
        vec![ran.target.clone(), number(ran.executions), number(rate), number(ran.covered), finding]
    };
    let rows: Vec<Vec<String>> = ran.iter().map(row).collect();
    println!("{}", table::render(&["target", "executions", "per second", "edges", "finding"], &rows));
    let sum: u64 = ran.iter().filter_map(|ran| ran.executions).sum();
    let findings = ran.iter().filter(|ran| ran.finding.is_some()).count() as u64;
    println!("{sum} executions, {}", table::count(findings, "finding"));
    if findings > 0 {
        bail!("fix it, and move its input to fuzz/regressions/TARGET, where `cargo test` keeps trying it");
    }
    Ok(())
}

fn fuzz() -> PathBuf {
    paths::root().join("fuzz")
}

/// Where the targets are built: their flags are those of no other build.
fn folder() -> PathBuf {
    paths::target().join("fuzz")
}

fn build_runner() -> Result<PathBuf> {
    // The profile of a release in which a panic can be caught.
    shell::run(cargo("build").args(["--quiet", "--profile", "crash-test", "--package", "oal-fuzzing"]))?;
    Ok(paths::target().join("crash-test").join("oal-fuzzing"))
}

/// Builds the targets; says where they are and with what, or why that cannot be.
fn build_for_libfuzzer() -> Result<(PathBuf, &'static str), String> {
    let text = shell::read(Command::new("rustc").arg("-vV")).map_err(|error| error.to_string())?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("no host")?.to_string();
    if !host.ends_with("-linux-gnu") {
        return Err(format!("it is set up for Linux, and this is {host}"));
    }
    if !["c++", "g++", "clang++"].iter().any(|name| shell::which(name).is_some()) {
        return Err("there is no C++ compiler".to_string());
    }
    let address = has_address_sanitizer(&host);
    let mut flags = COVERAGE.to_vec();
    flags.extend(address.then_some(ADDRESS));
    let mut command = cargo("build");
    command
        .current_dir(fuzz())
        .args(["--quiet", "--release", "--target", &host, "--target-dir"])
        .arg(folder());
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f")).env("RUSTC_BOOTSTRAP", "1");
    shell::run(&mut command).map_err(|error| error.to_string())?;
    let with = if address { "the address sanitizer" } else { "no sanitizer: the compiler has none" };
    Ok((folder().join(host).join("release"), with))
}

/// Whether the compiler came with the sanitizer's runtime.
fn has_address_sanitizer(host: &str) -> bool {
    let libraries = Command::new("rustc").args(["--print", "target-libdir", "--target", host]).output().ok();
    let folder = libraries.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_string());
    let files = folder.and_then(|folder| std::fs::read_dir(folder).ok());
    files.into_iter().flatten().flatten().any(|file| {
        let name = file.file_name();
        let name = name.to_string_lossy();
        name.starts_with("librustc") && name.ends_with("_rt.asan.a")
    })
}

/// Runs `each` for all targets, `jobs` at a time, in the order given.
fn in_turns(targets: &[String], jobs: usize, each: impl Fn(&str) -> Result<Ran> + Sync) -> Result<Vec<Ran>> {
    let next = Mutex::new(targets.iter().enumerate());
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, targets.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let Some((i, target)) = next.lock().expect("no panic holds it").next() else { return };
                    let ran = each(target);
                    done.lock().expect("no panic holds it").push((i, ran));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("no panic held it");
    done.sort_by_key(|(i, _)| *i);
    done.into_iter().map(|(_, ran)| ran).collect()
}

fn libfuzzer(binaries: &Path, target: &str, seconds: u64) -> Result<Ran> {
    let (corpus, artifacts) = (fuzz().join("corpus").join(target), fuzz().join("artifacts").join(target));
    std::fs::create_dir_all(&artifacts)?;
    let mut command = Command::new(binaries.join(target));
    command.arg(&corpus).args(LIMITS).args(["-print_final_stats=1", "-max_len=4096"]);
    let regressions = fuzz().join("regressions").join(target);
    if regressions.is_dir() {
        command.arg(regressions);
    }
    command.arg(format!("-max_total_time={seconds}"));
    command.arg(format!("-artifact_prefix={}/", artifacts.display()));
    // The leak detector needs to trace the program, which a container may forbid; nothing here leaks between runs.
    command.env("ASAN_OPTIONS", "detect_leaks=0");
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start {target}"))?;
    let log = folder().join(format!("{target}.log"));
    std::fs::write(&log, &output.stderr)?;
    let text = String::from_utf8_lossy(&output.stderr);
    let ended = || format!("no input; it ended with {}, see {}", output.status, log.display());
    let finding = (!output.status.success()).then(|| written(&text).unwrap_or_else(ended));
    Ok(Ran { target: target.to_string(), executions: executed(&text), covered: covered(&text), finding })
}

/// `stat::number_of_executed_units: 123`.
fn executed(log: &str) -> Option<u64> {
    log.lines()
        .rev()
        .find_map(|line| line.strip_prefix("stat::number_of_executed_units:")?.trim().parse().ok())
}

/// `#123 REDUCE cov: 456 ft: ...`.
fn covered(log: &str) -> Option<u64> {
    log.lines().rev().find_map(|line| line.split(" cov: ").nth(1)?.split(' ').next()?.parse().ok())
}

/// `...; Test unit written to PATH`.
fn written(log: &str) -> Option<String> {
    log.lines().rev().find_map(|line| line.split("Test unit written to ").nth(1)).map(str::to_string)
}

fn stable(runner: &Path, target: &str, seconds: u64) -> Result<Ran> {
    let artifacts = fuzz().join("artifacts");
    // Another seed every day, and the same all day.
    let day = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs() / 86_400;
    let mut command = Command::new(runner);
    command.args(["run", &seconds.to_string(), &day.to_string()]).arg(&artifacts).arg(target);
    let output = command.stdin(Stdio::null()).output().context("cannot start the runner")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let executions = text
        .lines()
        .find_map(|line| line.strip_prefix(target)?.strip_prefix(": ")?.split(' ').next()?.parse().ok());
    let finding = (!output.status.success()).then(|| artifacts.join(target).display().to_string());
    if finding.is_some() {
        eprintln!("{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(Ran { target: target.to_string(), executions, covered: None, finding })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_libfuzzer_says() {
        let log = "#2\tINITED cov: 12 ft: 34 corp: 1/1b\n#9\tNEW    cov: 56 ft: 78 corp: 2/3b\n\
            artifact_prefix='a/'; Test unit written to a/crash-1\nstat::number_of_executed_units: 123\n";
        assert_eq!((executed(log), covered(log)), (Some(123), Some(56)));
        assert_eq!(written(log).as_deref(), Some("a/crash-1"));
        assert_eq!((executed(""), covered("cov"), written("")), (None, None, None));
    }

    #[test]
    fn every_target_has_its_turn_and_the_order_stays() {
        let targets: Vec<String> = ["a", "b", "c"].map(String::from).to_vec();
        let each = |target: &str| {
            Ok(Ran { target: target.to_string(), executions: None, covered: None, finding: None })
        };
        let names = |ran: Vec<Ran>| ran.into_iter().map(|ran| ran.target).collect::<Vec<_>>();
        assert_eq!(names(in_turns(&targets, 2, each).unwrap()), targets);
        assert_eq!(names(in_turns(&targets, 0, each).unwrap()), targets);
    }
}
