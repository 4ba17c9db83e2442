//! What goes on, for a person who waits: bars and spinners on a terminal, plain lines elsewhere.

use crate::shell;
use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

/// A bar over a known number of steps.
pub fn bar(steps: u64, what: &str) -> ProgressBar {
    let bar = ProgressBar::new(steps);
    let style = ProgressStyle::with_template("{msg} [{bar:32}] {pos}/{len} {elapsed}");
    bar.set_style(style.expect("the template is constant").progress_chars("=> "));
    bar.set_message(what.to_string());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// A sign of life for a step of unknown length. On a log, where no bar can be drawn, the step is printed
/// once.
pub fn spinner(what: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if bar.is_hidden() {
        println!("{what}");
    }
    bar.set_message(what.to_string());
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// Runs a build and shows its newest line; on a log, each crate that is compiled. Returns what it said on its
/// standard error.
///
/// # Errors
/// If it cannot be started or fails: with the command, and all that it said.
pub fn watch(what: &str, command: &mut Command) -> Result<String> {
    let shown = shell::line(command);
    let spinner = spinner(what);
    let started = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let mut child = started.with_context(|| format!("cannot start `{shown}`"))?;
    let mut said = String::new();
    let output = child.stderr.take().context("the build has no standard error")?;
    for line in BufReader::new(output).lines() {
        let line = line.context("what the build says is no text")?;
        let step = line.trim();
        if step.starts_with("Compiling ") {
            if spinner.is_hidden() {
                println!("  {step}");
            }
            spinner.set_message(format!("{what}: {step}"));
        }
        said.push_str(&line);
        said.push('\n');
    }
    let status = child.wait()?;
    spinner.finish_and_clear();
    if !status.success() {
        bail!("{what}: `{shown}` ended with {status}:\n{said}");
    }
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_build_says_is_kept_and_is_part_of_the_error_if_it_fails() {
        let sh = |script: &str| watch("building", Command::new("sh").args(["-c", script]));
        assert_eq!(sh("echo one >&2; echo two >&2").unwrap(), "one\ntwo\n");
        let error = sh("echo why >&2; exit 3").unwrap_err().to_string();
        assert!(error.starts_with("building: `sh") && error.ends_with(":\nwhy\n"), "{error}");
    }
}
