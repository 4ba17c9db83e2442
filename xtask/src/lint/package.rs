//! What a user of the crates gets: each that can be published is packaged, unpacked in a folder of its own,
//! and built there, for the host and for the targets that its documentation is made for.

use super::features::package;
use crate::shell;
use crate::toolchain::{Target, Toolchain, cargo};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What must be among the files that the build and the documentation leave.
const LEFT: [(&str, &str); 2] = [
    ("the CPU of a board in the documentation", "doc/oal_snapshot/cpu/armv7a/struct.Armv7a.html"),
    ("an index of the drivers in the documentation", "doc/oal_drivers/index.html"),
];
/// The linker script that a firmware includes.
const SCRIPT: &str = "oal-snapshot.x";

/// A package as it would be published.
struct Packed {
    name: String,
    version: String,
    targets: Vec<String>,
}

/// Packages, unpacks and builds.
pub fn check(metadata: &Value) -> Result<()> {
    let packed = published(metadata)?;
    let elsewhere = tempfile::tempdir()?;
    let target_dir = elsewhere.path().join("target");
    let mut pack = cargo("package");
    pack.args(["--quiet", "--allow-dirty", "--no-verify", "--target-dir"]).arg(&target_dir);
    pack.args(packed.iter().flat_map(|p| ["--package", &p.name]));
    shell::read(&mut pack)?;

    for p in &packed {
        let archive = target_dir.join("package").join(format!("{}.crate", p.folder()));
        shell::read(Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(elsewhere.path()))?;
    }
    for p in &packed {
        let alone = |mut command: Command| {
            command.current_dir(elsewhere.path().join(p.folder()));
            command.args(["--quiet", "--all-features", "--target-dir"]).arg(&target_dir);
            // The others are not in a registry yet, so they are taken from beside it.
            for other in packed.iter().filter(|other| p.depends_on(metadata, &other.name)) {
                let path = elsewhere.path().join(other.folder());
                command.args(["--config", &format!("patch.crates-io.{}.path={path:?}", other.name)]);
            }
            command
        };
        shell::run(&mut alone(cargo("build")))?;
        for triple in &p.targets {
            let target = Target::ALL.into_iter().find(|t| t.triple() == triple);
            let toolchain = Toolchain::require(target.context("no toolchain is known for that target")?)?;
            shell::run(&mut alone(toolchain.cargo("build")))?;
            shell::run(alone(toolchain.cargo("doc")).arg("--no-deps"))?;
        }
    }
    left_behind(&target_dir.join(Target::Armv7a.triple()))
}

/// The documentation shows what only the target has, and a firmware's linker finds the script.
fn left_behind(built: &Path) -> Result<()> {
    for (what, file) in LEFT {
        ensure!(built.join(file).is_file(), "there is not {what}: no `{file}`");
    }
    let scripts = std::fs::read_dir(built.join("debug/build"))?.flatten();
    let script = |folder: PathBuf| folder.join("out").join(SCRIPT).is_file();
    ensure!(scripts.map(|entry| entry.path()).any(script), "the build script did not provide `{SCRIPT}`");
    Ok(())
}

/// The packages of the workspace that say nothing against being published.
fn published(metadata: &Value) -> Result<Vec<Packed>> {
    let all = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    let packed: Vec<Packed> = all
        .iter()
        .filter(|p| p["source"].is_null() && p["publish"].is_null())
        .map(|p| Packed {
            name: text(&p["name"]),
            version: text(&p["version"]),
            targets: p["metadata"]["docs"]["rs"]["targets"]
                .as_array()
                .map(|targets| targets.iter().map(text).collect())
                .unwrap_or_default(),
        })
        .collect();
    ensure!(packed.iter().any(|p| p.name == "oal-snapshot"), "`oal-snapshot` cannot be published");
    let names: Vec<String> = packed.iter().map(Packed::folder).collect();
    println!("    {}", names.join(", "));
    Ok(packed)
}

impl Packed {
    fn folder(&self) -> String {
        format!("{}-{}", self.name, self.version)
    }

    fn depends_on(&self, metadata: &Value, other: &str) -> bool {
        let dependencies = package(metadata, &self.name).and_then(|p| p["dependencies"].as_array());
        dependencies.is_some_and(|all| all.iter().any(|d| d["name"] == other))
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_string()
}
