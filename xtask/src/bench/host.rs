//! The library's portable code on this machine, by criterion (`benches/host`): times that wander, as ratios
//! of one run.

use super::corpus::Corpus;
use super::figure::Figure;
use crate::toolchain::cargo;
use crate::{paths, shell};
use anyhow::{Context, Result};
use serde_json::Value;
use std::path::Path;

/// The package.
const PACKAGE: &str = "oal-bench-host";

/// A ratio: its name, the benchmark's group, and what is divided by what.
const RATIOS: [(&str, &str, &str, &str); 8] = [
    ("host.decode.vs_liblz4", "decode", "ours", "liblz4"),
    ("host.decode.vs_memcpy", "decode", "ours", "memcpy"),
    ("host.compress.fast.vs_liblz4", "compress", "ours", "liblz4"),
    ("host.compress.fast.vs_lz4_flex", "compress", "ours", "lz4_flex"),
    ("host.compress.high.vs_liblz4hc", "compress", "ours_high", "liblz4_hc"),
    ("host.crc32c.vs_table16", "checksum", "ours", "table16"),
    ("host.crc32c.vs_memcpy", "checksum", "ours", "memcpy"),
    ("host.zero_page.vs_memcpy", "zero_page", "ours", "memcpy"),
];

/// Runs the benchmarks on pages of the corpus.
pub fn measure(corpus: &Corpus, folder: &Path) -> Result<Vec<Figure>> {
    let pages = folder.join("pages");
    std::fs::write(&pages, &corpus.data)?;
    let mut command = cargo("bench");
    command.args(["--quiet", "--package", PACKAGE, "--bench", "codec", "--", "--quiet"]);
    command.env("OAL_BENCH_PAGES", &pages).env("CRITERION_HOME", folder.join("criterion"));
    shell::read(&mut command)?;
    let time = |group: &str, name: &str| median(&folder.join("criterion").join(group).join(name));
    let ratio = |(name, group, ours, other): &(&'static str, &str, &str, &str)| {
        let (ours_ns, other_ns) = (time(group, ours)?, time(group, other)?);
        Ok(Figure {
            name,
            value: ours_ns / other_ns,
            unit: "time ratio",
            reach: None,
            reference: None,
            how: format!(
                "this machine, criterion: median {:.3} ms to {:.3} ms",
                ours_ns / 1e6,
                other_ns / 1e6
            ),
        })
    };
    RATIOS.iter().map(ratio).collect()
}

/// Nanoseconds of one pass, as criterion stored them.
fn median(benchmark: &Path) -> Result<f64> {
    let file = benchmark.join("new/estimates.json");
    let text = std::fs::read_to_string(&file).with_context(|| {
        format!("cannot read `{}`", file.strip_prefix(paths::root()).unwrap_or(&file).display())
    })?;
    let estimates: Value = serde_json::from_str(&text)?;
    estimates["median"]["point_estimate"].as_f64().context("criterion stored no median")
}
